/* machines_test.c: three machines with known times: speeds, per core, against their own core, and what is refused. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "machines.h"

/* A machine that divides at some speed, on one core and on all. */
struct made {
	const char *identity, *version;
	int allowed, present;
	int division_ps;
	double one_core_ns, efficiency; /* of all cores */
	int invocations;
	const char *checksum; /* NULL: "aa" */
	int asked_ps;         /* the division's cost by --set; 0: as calibrated */
};

static const struct made whole = {"aa", "1", 4, 4, 2000, 8e6, 1, 5, NULL, 0};
static const struct made part = {"aa", "1", 1, 4, 2000, 8e6, 1, 5, NULL, 0};
static const struct made fast = {"bb", "1", 8, 8, 1000, 4e6, 0.5, 5, NULL, 0};
static const struct made other_version = {"cc", "2", 2, 2, 1000, 4e6, 1, 5, NULL, 0};
/* Surely faster, by less than matters; and much faster, by too few invocations. */
static const struct made slightly = {"dd", "1", 4, 4, 2000, 7.92e6, 1, 5, NULL, 0};
static const struct made few = {"ee", "1", 4, 4, 2000, 4e6, 1, 4, NULL, 0};
/* Other work, as it was calibrated there; and as somebody asked for. */
static const struct made paced = {"ff", "1", 4, 4, 1000, 7e6, 1, 5, "bb", 0};
static const struct made asked = {"gg", "1", 4, 4, 1000, 7e6, 1, 5, "bb", 1500};

static const struct compare_options options = {.min_effect = COMPARE_LEAST_EFFECT, .seed = 1};

enum { SIDES = 8 };
static char folders[SIDES][64];
static struct samples samples[SIDES];

static json_t *cores_json(int count)
{
	json_t *cores = json_array();

	for (int i = 0; i < count; i++)
		json_array_append_new(cores, json_integer(i));
	return cores;
}

static json_t *cell_json(const struct made *made, int cores)
{
	char name[80];

	snprintf(name, sizeof(name), "counting/thread/limit=5/cores=%d", cores);
	return json_pack("{s:s, s:s, s:s, s:s, s:{s:i, s:i}, s:o}", "name", name, "group", "g", "workload", "counting",
			 "runtime", "thread", "parameters", "limit", 5, "division",
			 made->asked_ps ? made->asked_ps : made->division_ps, "cores", cores_json(cores));
}

static void records_write(FILE *out, const struct made *made, int cores)
{
	double wall = made->one_core_ns / cores / (cores > 1 ? made->efficiency : 1);

	for (int i = 0; i < made->invocations; i++)
		fprintf(out,
			"{\"cell\": \"counting/thread/limit=5/cores=%d\", \"repetition\": %d, \"status\": \"ok\", "
			"\"record\": {\"time_ns\": {\"wall\": %.0f}, \"audit\": {\"checksum\": \"%s\"}}}\n",
			cores, i, wall, made->checksum ? made->checksum : "aa");
}

static void bundle_write(const char *folder, const struct made *made)
{
	json_t *cells = json_array();
	char path[128];

	json_array_append_new(cells, cell_json(made, 1));
	if (made->allowed > 1)
		json_array_append_new(cells, cell_json(made, made->allowed));
	json_t *manifest = json_pack("{s:i, s:s, s:s, s:{s:i}, s:{s:s, s:o, s:i, s:i}, s:o}", "format", 1, "profile",
				     "quick", "version", made->version, "calibration", "division_ps", made->division_ps,
				     "machine", "identity", made->identity, "cores_allowed", cores_json(made->allowed),
				     "cores_present", made->present, "cores_physical", made->allowed, "cells", cells);

	snprintf(path, sizeof(path), "%.60s/manifest.json", folder);
	assert_int_equal(json_dump_file(manifest, path, 0), 0);
	json_decref(manifest);
	snprintf(path, sizeof(path), "%.60s/records.jsonl", folder);
	FILE *out = fopen(path, "w");

	assert_non_null(out);
	records_write(out, made, 1);
	if (made->allowed > 1)
		records_write(out, made, made->allowed);
	fclose(out);
}

static int open_all(void **state)
{
	const struct made *const all[SIDES] = {&whole, &part, &fast, &other_version, &slightly, &few, &paced, &asked};

	(void)state;
	for (int i = 0; i < SIDES; i++) {
		strcpy(folders[i], "/tmp/simul-machines-XXXXXX");
		if (!mkdtemp(folders[i]))
			return -1;
		bundle_write(folders[i], all[i]);
		if (samples_open(folders[i], &samples[i]))
			return -1;
	}
	return 0;
}

static int close_all(void **state)
{
	char path[128];

	(void)state;
	for (int i = 0; i < SIDES; i++) {
		samples_close(&samples[i]);
		snprintf(path, sizeof(path), "%.60s/manifest.json", folders[i]);
		unlink(path);
		snprintf(path, sizeof(path), "%.60s/records.jsonl", folders[i]);
		unlink(path);
		rmdir(folders[i]);
	}
	return 0;
}

static const struct machine_point *point_at(const struct machines *machines, unsigned machine, double cores)
{
	for (size_t i = 0; i < machines->point_count; i++) {
		if (machines->points[i].machine == machine && machines->points[i].cores == cores)
			return &machines->points[i];
	}
	fail_msg("no point of machine %u on %.0f cores", machine, cores);
	return NULL;
}

static void test_speeds(void **state)
{
	struct machines machines;

	(void)state;
	assert_int_equal(machines_compare(samples, SIDES, &options, &machines), 0);
	assert_int_equal(machines.row_count, 1);
	assert_string_equal(machines.rows[0].name, "counting/thread/limit=5");
	assert_float_equal(machines.rows[0].base->cores, 4, 0);
	/* 8 ms / 4 on the base; 4 ms / 8 / 0.5 = 1 ms on the fast one: twice as fast, with twice the cores, each of
	 * which divides twice as fast. */
	const struct machine_point *point = point_at(&machines, 2, 8);

	assert_float_equal(point->speed, 2, 1e-9);
	assert_float_equal(point->interval.low, 2, 1e-9);
	assert_float_equal(point->per_core, 1, 1e-9);
	assert_float_equal(point->calibrated, 1, 1e-9);
	assert_float_equal(point->efficiency, 0.5, 1e-9);
	assert_float_equal(point->share, 1, 0);
	point = point_at(&machines, 0, 1);
	assert_float_equal(point->speed, 0.25, 1e-9);
	assert_float_equal(point->share, 0.25, 0);
	assert_float_equal(point_at(&machines, 0, 4)->efficiency, 1, 1e-9);
	machines_clear(&machines);
}

static void test_verdicts(void **state)
{
	struct machines machines;

	(void)state;
	assert_int_equal(machines_compare(samples, SIDES, &options, &machines), 0);
	assert_int_equal(point_at(&machines, 1, 1)->verdict, VERDICT_SLOWER);
	assert_int_equal(point_at(&machines, 2, 8)->verdict, VERDICT_FASTER);
	assert_int_equal(point_at(&machines, 3, 2)->verdict, VERDICT_REFUSED);
	assert_int_equal(point_at(&machines, 4, 4)->verdict, VERDICT_SAME);
	assert_float_equal(point_at(&machines, 4, 4)->interval.low, 1 / 0.99, 1e-9);
	assert_int_equal(point_at(&machines, 5, 4)->verdict, VERDICT_UNDECIDED);
	machines_clear(&machines);
}

/* 0 has a row on 1 and on 4 cores; each machine counts once, with its most cores. */
static void test_counts(void **state)
{
	static const struct {
		unsigned machine;
		enum verdict verdict;
	} expected[] = {{1, VERDICT_SLOWER}, {2, VERDICT_FASTER},    {3, VERDICT_REFUSED},
			{4, VERDICT_SAME},   {5, VERDICT_UNDECIDED}, {7, VERDICT_REFUSED}};
	struct machines machines;
	size_t of[VERDICTS];

	(void)state;
	assert_int_equal(machines_compare(samples, SIDES, &options, &machines), 0);
	for (size_t i = 0; i < sizeof(expected) / sizeof(*expected); i++) {
		machines_count(&machines, expected[i].machine, of);
		for (int k = 0; k < VERDICTS; k++)
			assert_int_equal(of[k], k == (int)expected[i].verdict);
	}
	machines_clear(&machines);
}

static void test_equal_durations(void **state)
{
	struct machines machines;

	(void)state;
	assert_int_equal(machines_compare(samples, SIDES, &options, &machines), 0);
	assert_true(point_at(&machines, 6, 4)->paced);
	assert_float_equal(point_at(&machines, 6, 4)->speed, 8. / 7, 1e-9);
	assert_float_equal(point_at(&machines, 6, 4)->calibrated, 8. / 7, 1e-9);
	assert_false(point_at(&machines, 2, 8)->paced);
	assert_non_null(strstr(point_at(&machines, 7, 4)->refused, "different work"));
	machines_clear(&machines);
}

static void test_tags(void **state)
{
	struct machines machines;

	(void)state;
	assert_int_equal(machines_compare(samples, SIDES, &options, &machines), 0);
	assert_false(machines.sides[0].emulated);
	assert_true(machines.sides[1].emulated);
	assert_false(machines.sides[2].emulated);
	/* One core of the whole machine is as fast as its part. */
	assert_float_equal(point_at(&machines, 1, 1)->speed, 0.25, 1e-9);
	assert_float_equal(point_at(&machines, 1, 1)->share, 1, 0);
	machines_clear(&machines);
}

static void test_refuses(void **state)
{
	struct machines machines;

	(void)state;
	assert_int_equal(machines_compare(samples, SIDES, &options, &machines), 0);
	assert_int_equal(machines.refused, 4);
	assert_int_equal(machines.compared, 9);
	assert_int_equal(machines.paced, 2);
	assert_non_null(strstr(point_at(&machines, 3, 2)->refused, "version"));
	assert_true(isnan(point_at(&machines, 3, 2)->speed));
	machines_clear(&machines);
	assert_int_equal(machines_compare(samples, 1, &options, &machines), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_speeds), cmocka_unit_test(test_verdicts), cmocka_unit_test(test_equal_durations),
		cmocka_unit_test(test_tags),   cmocka_unit_test(test_refuses),  cmocka_unit_test(test_counts),
	};

	return cmocka_run_group_tests(tests, open_all, close_all);
}
