/* trial_test.c: the bound of each invocation, and what becomes of a play that is faster than any: explained by the
 * machine, or a lie.
 *
 * The player is a shell that says what it is told to; what the machine's cost is found to be is the test's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../driver/calibration.h"
#include "../driver/trial.h"

/* What the cost is found to be before a play, after it, and from then on. */
static struct {
	uint64_t before, after, later;
	unsigned runs;
} machine_costs;

static uint64_t measure(void)
{
	enum { BESIDE = 3 };
	unsigned run = machine_costs.runs++;

	return run < BESIDE ? machine_costs.before : run < 2 * BESIDE ? machine_costs.after : machine_costs.later;
}

/* Those for a play that is too fast, of 50 runs each. */
static unsigned measurements(void)
{
	return machine_costs.runs / 50;
}

/* Of 1000 operations, which take together what the calibrated step does. */

static const struct parameter parameters[] = {
	{.name = "step", .type = PARAMETER_COUNT, .fallback = "0", .most = 1000000000, .calibrate = measure},
	{.name = NULL},
};

static void expect(const struct values *values, struct stage stage, struct expectation *expectation)
{
	(void)stage;
	*expectation = (struct expectation){.operations = 1000, .bound_ns = values_cost(values, 0)};
}

static const struct workload_spec spec = {.name = "test", .parameters = parameters, .expect = expect};

/* One trial of a player whose wall time is fixed. */
struct fixture {
	struct machine machine;
	struct ledger ledger;
	struct cell cell;
	struct player player;
	struct placement placement;
	json_t *costs; /* the least so far */
	uint64_t first_ns;
	char folder[32], script[400];
	char *argv[4];
	struct trial trial;
	json_t *lines;
};

static void lower(void *context, const struct cell *cell, const json_t *moments)
{
	struct fixture *fixture = context;

	assert_ptr_equal(cell, &fixture->cell);
	if (calibration_take_least(moments, &spec, fixture->costs) <= 0)
		return;
	assert_true(calibration_find(fixture->costs, &parameters[0], &fixture->cell.values.cost[0]));
	fixture->cell.bound_ns = fixture->cell.expectation.bound_ns = fixture->cell.values.cost[0];
}

static int set_up(void **state)
{
	static struct fixture fixture;
	char reason[REASON_MAX], path[64];

	fixture = (struct fixture){.folder = "trial_test.XXXXXX", .costs = json_pack("{s:i}", "step_ps", 100000000)};
	*state = &fixture;
	if (!mkdtemp(fixture.folder) || machine_open(&fixture.machine, NULL) < 0 ||
	    placement_choose(&fixture.machine, 1, &fixture.placement, reason) < 0)
		return -1;
	snprintf(path, sizeof path, "%s/bundle", fixture.folder);
	return ledger_create(&fixture.ledger, path);
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;
	char command[64];

	json_decref(fixture->lines);
	json_decref(fixture->costs);
	ledger_close(&fixture->ledger);
	placement_clear(&fixture->placement);
	machine_close(&fixture->machine);
	snprintf(command, sizeof command, "rm -r %s", fixture->folder);
	return system(command);
}

static int keep_line(void *context, const json_t *line)
{
	return json_array_append(context, (json_t *)line);
}

/* Plays with a bound of 100 ms at first. */
static void play_beside(struct fixture *fixture, uint64_t wall_ns, uint64_t before, uint64_t after, uint64_t later)
{
	struct trial_table table = {
		.machine = &fixture->machine,
		.ledger = &fixture->ledger,
		.timeout_ns = UINT64_C(10000000000),
		.first_ns = fixture->first_ns,
		.lower = lower,
		.context = fixture,
	};

	snprintf(
		fixture->script, sizeof fixture->script,
		"echo '{\"protocol\": 1, \"runtime\": \"x\", \"workload\": \"test\", \"parameters\": {},"
		"\"time_ns\": {\"wall\": %llu}, \"audit\": {\"tasks\": 0, \"operations\": 1000, \"checksum\": \"0\"}}'",
		(unsigned long long)wall_ns);
	memcpy(fixture->argv, (char *[]){(char *)"/bin/sh", (char *)"-c", fixture->script, NULL}, sizeof fixture->argv);
	machine_costs.before = before;
	machine_costs.after = after;
	machine_costs.later = later;
	machine_costs.runs = 0;
	fixture->player.name = "x";
	fixture->cell = (struct cell){
		.name = (char *)"test/x/cores=1",
		.spec = &spec,
		.player = &fixture->player,
		.stage = {.cores = 1},
		.values = {.value = {100000000}},
		.placement = &fixture->placement,
		.argv = {.items = fixture->argv, .count = 3},
		.bound_ns = 100000000,
	};
	expect(&fixture->cell.values, fixture->cell.stage, &fixture->cell.expectation);
	trial_play(&table, &fixture->cell, 0, &fixture->trial);
	fixture->lines = json_array();
	assert_int_equal(ledger_each(&fixture->ledger, keep_line, fixture->lines), 0);
}

/* The machine is then as fast as when it was calibrated, and changes, if at all, when a play turns out to be too fast.
 */
static void play(struct fixture *fixture, uint64_t wall_ns, uint64_t later)
{
	play_beside(fixture, wall_ns, 100000000, 100000000, later);
}

static const char *reason_of(const struct fixture *fixture, size_t line)
{
	const json_t *disturbance = json_object_get(json_array_get(fixture->lines, line), "disturbance");
	const char *reason = json_string_value(json_object_get(disturbance, "reason"));

	assert_true(!reason || json_is_true(json_object_get(disturbance, "disturbed")));
	return reason ? reason : "";
}

/* The own bound follows the clock, by the mean of its speeds; the gate's is the least of all that was seen. */
static void each_invocation_has_its_bound(void **state)
{
	struct fixture *fixture = *state;
	const json_t *line, *costs;

	play_beside(fixture, 100000000, 80000000, 120000000, 96000000);
	assert_int_equal(fixture->trial.status, TRIAL_OK);
	assert_int_equal(fixture->trial.bound_ns, 96000000);
	assert_int_equal(fixture->cell.bound_ns, 80000000);
	line = json_array_get(fixture->lines, 0);
	costs = json_object_get(line, "costs");
	assert_int_equal(json_integer_value(json_object_get(line, "bound_ns")), 96000000);
	assert_int_equal(json_array_size(costs), 2);
	assert_int_equal(json_integer_value(json_object_get(json_array_get(costs, 1), "step_ps")), 120000000);
	assert_true(json_is_integer(json_object_get(json_array_get(costs, 0), "core")));
	trial_recall(line, &fixture->trial);
	assert_int_equal(fixture->trial.bound_ns, 96000000);
}

/* Faster than the own bound is what a play may well be: the clock was faster in between. */
static void only_the_least_cost_is_a_gate(void **state)
{
	struct fixture *fixture = *state;

	play_beside(fixture, 100000000, 110000000, 110000000, 110000000);
	assert_int_equal(fixture->trial.status, TRIAL_OK);
	assert_int_equal(fixture->trial.bound_ns, 110000000);
	assert_int_equal(measurements(), 0);
	assert_string_equal(reason_of(fixture, 0), "");
}

/* A machine that cannot be measured has the bound of the run. */
static void no_cost_no_bound(void **state)
{
	struct fixture *fixture = *state;

	play_beside(fixture, 100000000, 0, 0, 0);
	assert_int_equal(fixture->trial.status, TRIAL_OK);
	assert_int_equal(fixture->trial.bound_ns, 0);
	assert_null(json_object_get(json_array_get(fixture->lines, 0), "bound_ns"));
	assert_null(json_object_get(json_array_get(fixture->lines, 0), "costs"));
}

static void above_the_bound_nothing_is_measured(void **state)
{
	struct fixture *fixture = *state;

	play(fixture, 100000000, 50000000);
	assert_int_equal(fixture->trial.status, TRIAL_OK);
	assert_int_equal(measurements(), 0);
	assert_string_equal(reason_of(fixture, 0), "");
}

/* A tenth too fast, and the core is a fifth faster now: kept, marked, played again, and held against the new bound. */
static void a_faster_core_explains_it(void **state)
{
	struct fixture *fixture = *state;

	play(fixture, 90000000, 80000000);
	assert_int_equal(fixture->trial.status, TRIAL_OK);
	assert_true(json_array_size(fixture->lines) >= 2);
	assert_string_equal(reason_of(fixture, 0), "the core ran faster than when it was calibrated");
	assert_string_equal(reason_of(fixture, 1), "");
}

/* The clock may have changed back before it could be measured. */
static void the_tolerance_covers_the_rest(void **state)
{
	struct fixture *fixture = *state;

	fixture->first_ns = UINT64_C(100000000000);
	play(fixture, 90000000, 94000000);
	assert_int_equal(fixture->trial.status, TRIAL_OK);
	assert_int_equal(json_array_size(fixture->lines), 3);
	for (size_t i = 0; i < 3; i++)
		assert_string_equal(reason_of(fixture, i), "the core ran faster than when it was calibrated");
}

/* Where nothing was played before, the second play is more than half of the first. */
static void repeats_are_a_part_of_the_run(void **state)
{
	struct fixture *fixture = *state;

	play(fixture, 90000000, 94000000);
	assert_int_equal(fixture->trial.status, TRIAL_OK);
	assert_in_range(json_array_size(fixture->lines), 2, 3);
}

static void else_it_is_a_lie(void **state)
{
	struct fixture *fixture = *state;

	play(fixture, 90000000, 100000000);
	assert_int_equal(fixture->trial.status, TRIAL_FAILED);
	assert_int_equal(measurements(), 3);
	assert_int_equal(json_array_size(fixture->lines), 1);
	assert_string_equal(fixture->trial.reason,
			    "wall 90 ms is below the bound of 100 ms: no correct play can be that fast");
}

static void a_little_faster_is_not_enough(void **state)
{
	struct fixture *fixture = *state;

	play(fixture, 50000000, 80000000);
	assert_int_equal(fixture->trial.status, TRIAL_FAILED);
	assert_string_equal(fixture->trial.reason,
			    "wall 50 ms is below the bound of 80 ms: no correct play can be that fast");
}

/* On the machine itself: a cost that was too high goes down, one that nothing can be below stays. */
static void costs_only_go_down(void **state)
{
	struct fixture *fixture = *state;
	const struct workload_spec *chess = workload_find("chess");
	json_t *costs = json_pack("{s:i, s:i}", "step_ps", 1000000, "floor_ns", 1000000);
	json_int_t step;

	assert_int_equal(calibration_lower(&fixture->machine, fixture->placement.cores, chess, costs), 1);
	step = json_integer_value(json_object_get(costs, "step_ps"));
	assert_true(step > 0 && step < 1000000);
	assert_int_equal(json_integer_value(json_object_get(costs, "floor_ns")), 1000000);
	json_object_set_new(costs, "step_ps", json_integer(1));
	assert_int_equal(calibration_lower(&fixture->machine, fixture->placement.cores, chess, costs), 0);
	assert_int_equal(json_integer_value(json_object_get(costs, "step_ps")), 1);
	json_decref(costs);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(each_invocation_has_its_bound, set_up, tear_down),
		cmocka_unit_test_setup_teardown(only_the_least_cost_is_a_gate, set_up, tear_down),
		cmocka_unit_test_setup_teardown(no_cost_no_bound, set_up, tear_down),
		cmocka_unit_test_setup_teardown(above_the_bound_nothing_is_measured, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_faster_core_explains_it, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_tolerance_covers_the_rest, set_up, tear_down),
		cmocka_unit_test_setup_teardown(repeats_are_a_part_of_the_run, set_up, tear_down),
		cmocka_unit_test_setup_teardown(else_it_is_a_lie, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_little_faster_is_not_enough, set_up, tear_down),
		cmocka_unit_test_setup_teardown(costs_only_go_down, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
