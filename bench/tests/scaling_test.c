/* scaling_test.c: which cells `simul cores` makes for machines that are described: counts, placements, work. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../driver/cores.h"
#include "../driver/scaling.h"
#include "../machine/described.h"

struct swept {
	struct machine machine;
	struct scaling scaling;
	struct texts workloads;
};

static void assert_counts(const char *description, double quota, const char *asked, const char *expected)
{
	unsigned counts[SCALING_COUNTS_MAX];
	char reason[REASON_MAX], list[512] = "";
	struct texts texts = {.items = NULL};
	struct machine machine;
	int count;

	assert_int_equal(machine_open(&machine, &(struct machine_source){.synthetic = description}), 0);
	machine.quota_cores = quota;
	if (asked)
		assert_int_equal(texts_split(&texts, asked, ','), 0);
	count = scaling_counts(&machine, &texts, counts, reason);
	assert_true(count > 0);
	for (int i = 0; i < count; i++)
		snprintf(list + strlen(list), sizeof list - strlen(list), "%s%u", i ? " " : "", counts[i]);
	assert_string_equal(list, expected);
	texts_clear(&texts);
	machine_close(&machine);
}

static void counts_are_those_of_the_machine(void **state)
{
	(void)state;
	assert_counts("pack:2 core:8 pu:2", 0, NULL, "1 2 4 8 16 32 64");
	assert_counts("pack:2 numa:2 l3:1 core:4 pu:2", 0, NULL, "1 2 4 8 16 32 64");
	assert_counts("numa:1 core:6 pu:1", 0, NULL, "1 2 4 6 12");
	assert_counts("core:6 pu:2", 0, NULL, "1 2 4 6 8 12 24");
	assert_counts("core:1 pu:1", 0, NULL, "1 2");
	assert_counts("core:8 pu:1", 2.5, NULL, "1 2");
	assert_counts("core:8 pu:1", 0, "8,3,3,1", "1 3 8");
}

/* The counts of a machine's sweep and the PUs that each takes, as "1: 8; 2: 8,10", core first. */
static void assert_rungs(const struct machine *machine, const char *expected)
{
	unsigned counts[SCALING_COUNTS_MAX];
	char reason[REASON_MAX], text[1024] = "";
	int count = scaling_counts(machine, NULL, counts, reason);

	for (int i = 0; i < count; i++) {
		bool over = counts[i] > machine->allowed_count;
		struct placement placement;
		char pus[256];

		assert_int_equal(
			placement_choose(machine, over ? machine->allowed_count : counts[i], &placement, reason), 0);
		hwloc_bitmap_list_snprintf(pus, sizeof pus, placement.cores);
		snprintf(text + strlen(text), sizeof text - strlen(text), "%s%u: %s", i ? "; " : "", counts[i], pus);
		placement_clear(&placement);
	}
	assert_string_equal(text, expected);
}

/* The fast cores before the slow ones, siblings last; and twice as many workers on all. */
static void fast_cores_are_swept_first(void **state)
{
	struct machine machine;

	(void)state;
	assert_int_equal(described_hybrid(&machine), 0);
	assert_rungs(&machine, "1: 8; 2: 8,10; 4: 0,2,8,10; 6: 0,2,4,6,8,10; 8: 0,2,4,6,8-11; 16: 0,2,4,6,8-11");
	machine_close(&machine);
}

static void a_cgroup_is_swept_within_its_cpuset(void **state)
{
	struct machine machine;

	(void)state;
	assert_int_equal(described_part(&machine), 0);
	assert_rungs(&machine, "1: 1; 2: 1-2; 4: 1-2,4,18; 5: 1-2,4,18,20; 8: 1-5,18-20; 9: 1-5,18-21; 18: 1-5,18-21");
	machine_close(&machine);
}

static int make(struct swept *swept, const char *description, const char *workload,
		const struct scaling_request *request, char reason[REASON_MAX])
{
	*swept = (struct swept){.workloads = {.items = NULL}};
	assert_int_equal(machine_open(&swept->machine, &(struct machine_source){.synthetic = description}), 0);
	assert_int_equal(texts_split(&swept->workloads, workload, ','), 0);
	return scaling_make(request, &swept->machine, &swept->workloads, &cores_profile, &swept->scaling, reason);
}

static void clear(struct swept *swept)
{
	scaling_clear(&swept->scaling);
	texts_clear(&swept->workloads);
	machine_close(&swept->machine);
}

static void assert_sweep(const struct sweep *sweep, unsigned cores, const char *axis, const char *workers, double work)
{
	assert_int_equal(sweep->cores, cores);
	assert_string_equal(sweep->axes[0], axis);
	if (workers)
		assert_string_equal(sweep->workers, workers);
	else
		assert_null(sweep->workers);
	assert_true(sweep->rung->work > 0.999 * work && sweep->rung->work < 1.001 * work);
}

static void strong_work_stays(void **state)
{
	char reason[REASON_MAX] = "";
	struct swept swept;

	(void)state;
	assert_int_equal(make(&swept, "core:6 pu:1", "chess", &(struct scaling_request){.wanted = true}, reason), 0);
	assert_sweep(&swept.scaling.sweeps[0], 1, "boards+pairs=400+7", NULL, 1);
	assert_sweep(&swept.scaling.sweeps[3], 6, "boards+pairs=400+7", NULL, 1);
	assert_sweep(&swept.scaling.sweeps[4], 6, "boards+pairs=400+7", "12", 1);
	assert_null(swept.scaling.sweeps[5].workload);
	clear(&swept);
	/* Machines of about as many cores do the same work. */
	assert_int_equal(make(&swept, "core:8 pu:1", "chess", &(struct scaling_request){.wanted = true}, reason), 0);
	assert_sweep(&swept.scaling.sweeps[0], 1, "boards+pairs=400+7", NULL, 1);
	clear(&swept);
	for (int cores = 1; cores <= 2; cores++) {
		assert_int_equal(make(&swept, cores == 1 ? "core:1 pu:1" : "core:2 pu:1", "chess",
				      &(struct scaling_request){.wanted = true}, reason),
				 0);
		assert_sweep(&swept.scaling.sweeps[0], 1, "boards+pairs=100+30", NULL, 1);
		clear(&swept);
	}
}

/* One board after another, 600 us a pair, within what a cell of the sweep may take. */
static void strong_chess_can_be_played_by_everybody(void **state)
{
	static const char *const machines[] = {"core:1 pu:1", "core:3 pu:1", "core:8 pu:1", "core:9 pu:1",
					       "core:32 pu:1"};
	char reason[REASON_MAX] = "";
	unsigned long boards, pairs;
	struct swept swept;

	(void)state;
	for (size_t i = 0; i < sizeof machines / sizeof *machines; i++) {
		assert_int_equal(make(&swept, machines[i], "chess", &(struct scaling_request){.wanted = true}, reason),
				 0);
		assert_int_equal(sscanf(swept.scaling.sweeps[0].axes[0], "boards+pairs=%lu+%lu", &boards, &pairs), 2);
		assert_true(boards * pairs * 600000 <= cores_profile.limit_ns);
		clear(&swept);
	}
}

static void weak_work_grows_with_cores(void **state)
{
	const struct scaling_request request = {.wanted = true, .weak = true};
	char reason[REASON_MAX] = "";
	struct swept swept;

	(void)state;
	assert_int_equal(make(&swept, "core:6 pu:1", "chess", &request, reason), 0);
	assert_sweep(&swept.scaling.sweeps[0], 1, "boards=50", NULL, 1);
	assert_sweep(&swept.scaling.sweeps[2], 4, "boards=200", NULL, 4);
	assert_sweep(&swept.scaling.sweeps[4], 6, "boards=300", "12", 6);
	clear(&swept);
}

/* Twice the work of counting is less than twice the numbers: larger ones take more divisions. */
static void weak_counting_grows_by_its_work(void **state)
{
	const struct scaling_request request = {.wanted = true, .weak = true};
	char reason[REASON_MAX] = "";
	unsigned long limit, slices;
	struct swept swept;

	(void)state;
	assert_int_equal(make(&swept, "core:2 pu:1", "counting", &request, reason), 0);
	assert_int_equal(sscanf(swept.scaling.sweeps[1].axes[0], "limit+slices=%lu+%lu", &limit, &slices), 2);
	assert_in_range(limit, 700000, 950000);
	assert_int_equal(slices, 16);
	assert_true(swept.scaling.sweeps[1].rung->work > 1.99 && swept.scaling.sweeps[1].rung->work < 2.01);
	assert_true(swept.scaling.sweeps[1].rung->operations > 1.99 * 166666);
	clear(&swept);
}

static void concurrency_is_another_axis(void **state)
{
	struct scaling_request request = {.wanted = true, .concurrency = true};
	char reason[REASON_MAX] = "";
	struct swept swept;
	size_t count = 0;

	(void)state;
	assert_int_equal(make(&swept, "core:2 pu:1", "chess,counting", &request, reason), 0);
	while (swept.scaling.sweeps[count].workload)
		count++;
	/* chess from 1 to 100,000 a core; counting ends at the 100,000 slices that it takes, before 200,000. */
	assert_int_equal(count, 6 + 5);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(swept.scaling.sweeps[i].cores, 2);
	assert_int_equal(swept.scaling.sweeps[3].rung->tasks_per_core, 1000);
	assert_string_equal(swept.scaling.sweeps[3].axes[0], "boards+pairs+move+reply=2000+2+10us+1ms");
	clear(&swept);
}

static void placements_are_an_axis(void **state)
{
	struct scaling_request request = {.wanted = true};
	char reason[REASON_MAX] = "";
	struct swept swept;

	(void)state;
	assert_int_equal(texts_split(&request.placements, "compact,smt-first,compact", ','), 0);
	assert_int_equal(texts_split(&request.counts, "2,4", ','), 0);
	assert_int_equal(make(&swept, "pack:2 core:2 pu:2", "spawn", &request, reason), 0);
	assert_int_equal(swept.scaling.sweeps[0].placement, PLACEMENT_COMPACT);
	assert_int_equal(swept.scaling.sweeps[2].placement, PLACEMENT_SMT_FIRST);
	assert_null(swept.scaling.sweeps[4].workload);
	clear(&swept);
	texts_clear(&request.placements);
	texts_clear(&request.counts);
}

static void assert_refused(struct scaling_request request, const char *workload, const char *counts,
			   const char *placements, const char *per_core, const char *expected)
{
	char reason[REASON_MAX] = "";
	struct swept swept;

	if (counts)
		assert_int_equal(texts_split(&request.counts, counts, ','), 0);
	if (placements)
		assert_int_equal(texts_split(&request.placements, placements, ','), 0);
	if (per_core)
		assert_int_equal(texts_split(&request.per_core, per_core, ','), 0);
	assert_true(make(&swept, "core:2 pu:1", workload, &request, reason) < 0);
	assert_string_equal(reason, expected);
	clear(&swept);
	texts_clear(&request.counts);
	texts_clear(&request.placements);
	texts_clear(&request.per_core);
}

static void nonsense_is_refused(void **state)
{
	struct scaling_request strong = {.wanted = true}, weak = {.wanted = true, .weak = true};

	(void)state;
	assert_refused(strong, "chess", "0", NULL, NULL, "--counts=0: it takes whole numbers from 1 to 4096");
	assert_refused(strong, "chess", "1,x", NULL, NULL, "--counts=x: it takes whole numbers from 1 to 4096");
	assert_refused(strong, "chess", NULL, "near", NULL,
		       "--placement=near: the placements are compact, scatter, core-first and smt-first");
	assert_refused(strong, "chess", NULL, NULL, "5",
		       "--per-core goes with --scaling=weak or --concurrency; the work of strong scaling is set by "
		       "--set");
	assert_refused(weak, "chess", NULL, NULL, "5,6", "--per-core takes one number with --scaling=weak");
	assert_refused(weak, "skynet", NULL, NULL, NULL,
		       "skynet has nothing that could grow with the cores; it is played with --scaling=strong");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts_are_those_of_the_machine),
		cmocka_unit_test(fast_cores_are_swept_first),
		cmocka_unit_test(a_cgroup_is_swept_within_its_cpuset),
		cmocka_unit_test(strong_work_stays),
		cmocka_unit_test(strong_chess_can_be_played_by_everybody),
		cmocka_unit_test(weak_work_grows_with_cores),
		cmocka_unit_test(weak_counting_grows_by_its_work),
		cmocka_unit_test(concurrency_is_another_axis),
		cmocka_unit_test(placements_are_an_axis),
		cmocka_unit_test(nonsense_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
