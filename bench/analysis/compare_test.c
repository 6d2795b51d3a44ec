/* compare_test.c: verdicts on known numbers, how often they are wrong, and which cells are refused. */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "compare.h"

/* --- simulated invocations ------------------------------------------------------------------------------------ */

static uint64_t state64;

/* 0 to 1, not 0. xorshift64* (Vigna 2016). */
static double uniform(void)
{
	state64 ^= state64 >> 12, state64 ^= state64 << 25, state64 ^= state64 >> 27;
	return ((double)((state64 * UINT64_C(2685821657736338717)) >> 11) + 0.5) / 9007199254740992.0;
}

/* Box & Muller 1958. */
static double normal(void)
{
	return sqrt(-2 * log(uniform())) * cos(2 * M_PI * uniform());
}

/* Times as a shared machine gives them: log-normal of that spread, and one in ten held up by some spreads more. */
static void invocations(double *values, size_t n, double spread, double factor)
{
	for (size_t i = 0; i < n; i++) {
		values[i] = 20e6 * factor * exp(spread * normal());
		if (uniform() < 0.1)
			values[i] *= 1 - 5 * spread * log(uniform());
	}
}

static const struct compare_options usual = {.min_effect = 0.02, .seed = 1};

static enum verdict verdict_of(const double *base, const double *other, size_t n, uint64_t seed)
{
	struct compare_options options = {.min_effect = 0.02, .seed = seed};
	struct comparison comparison;

	assert_int_equal(compare_values(base, n, other, n, &options, &comparison), 0);
	return comparison.verdict;
}

/* How many of `trials` comparisons find each verdict, of n invocations a side. */
static void count_verdicts(size_t trials, size_t n, double spread, double factor, size_t of[VERDICTS])
{
	double base[20], other[20];

	memset(of, 0, sizeof(size_t) * VERDICTS);
	for (size_t trial = 0; trial < trials; trial++) {
		invocations(base, n, spread, 1);
		invocations(other, n, spread, factor);
		of[verdict_of(base, other, n, trial)]++;
	}
}

/* The shapes of noise: of a quiet machine; held up now and then; with tails so heavy that there is no mean; and a
 * machine that becomes three spreads slower during the run. at: 0 to 1, when in the run. */
enum shape { NORMAL, HELD_UP, CAUCHY, DRIFT, SHAPES };

static double noise(enum shape shape, double spread, double at)
{
	double value = exp(spread * (shape == CAUCHY ? tan(M_PI * (uniform() - 0.5)) / 3 : normal()));

	if (shape == HELD_UP && uniform() < 0.1)
		value *= 1 - 5 * spread * log(uniform());
	return shape == DRIFT ? value * exp(3 * spread * at) : value;
}

/* A thing and itself, in random order. */
static void alike(enum shape shape, double spread, size_t n, double *base, double *other)
{
	size_t left = n, right = n;

	while (left + right > 0) {
		double value = noise(shape, spread, 1 - (double)(left + right) / (double)(2 * n));

		if (uniform() * (double)(left + right) < (double)left)
			base[--left] = value;
		else
			other[--right] = value;
	}
}

/* A thing and itself, for each shape and at two levels of noise: at most 3 of 100 comparisons call it slower or faster,
 * where the rank test allows 2; and of 100 with a spread as of a quiet machine at most 5. */
static void test_alike(void **state)
{
	static const double spreads[] = {0.03, 0.1};
	size_t of[VERDICTS], trials = 0, wrong = 0;
	double base[20], other[20];

	(void)state;
	state64 = 20261122;
	for (size_t i = 0; i < 2 * (size_t)SHAPES; i++) {
		memset(of, 0, sizeof of);
		for (size_t trial = 0; trial < 100; trial++) {
			alike((enum shape)(i / 2), spreads[i % 2], 10, base, other);
			of[verdict_of(base, other, 10, trial)]++;
		}
		print_message("alike, shape %zu, spread %.0f %%: %zu slower, %zu faster of 100\n", i / 2,
			      spreads[i % 2] * 100, of[VERDICT_SLOWER], of[VERDICT_FASTER]);
		trials += 100;
		wrong += of[VERDICT_SLOWER] + of[VERDICT_FASTER];
	}
	assert_true(wrong * 100 <= 3 * trials);
	count_verdicts(100, 10, 0.01, 1, of);
	assert_true(of[VERDICT_SLOWER] + of[VERDICT_FASTER] <= 5);
}

/* A slowdown of 5 %, ten invocations a side, at the noise of a quiet machine with two cores (medians of chess and
 * counting spread by 1 to 1.5 % there). */
static void test_slowdown(void **state)
{
	size_t of[VERDICTS];

	(void)state;
	state64 = 5;
	count_verdicts(20, 10, 0.01, 1.05, of);
	print_message("5 %% slower, spread 1 %%: %zu of 20 found\n", of[VERDICT_SLOWER]);
	assert_true(of[VERDICT_SLOWER] >= 19);
	assert_int_equal(of[VERDICT_FASTER], 0);
	count_verdicts(20, 10, 0.015, 1.05, of);
	print_message("5 %% slower, spread 1.5 %%: %zu of 20 found\n", of[VERDICT_SLOWER]);
	assert_true(of[VERDICT_SLOWER] >= 18);
}

/* --- verdicts ------------------------------------------------------------------------------------------------- */

static void spread_evenly(double *values, size_t n, double middle, double share)
{
	for (size_t i = 0; i < n; i++)
		values[i] = middle * (1 + share * (2 * (double)i / (double)(n - 1) - 1));
}

static void test_verdicts(void **state)
{
	double base[10], other[10];

	(void)state;
	spread_evenly(base, 10, 100, 0.005);
	spread_evenly(other, 10, 105, 0.005);
	assert_int_equal(verdict_of(base, other, 10, 1), VERDICT_SLOWER);
	assert_int_equal(verdict_of(other, base, 10, 1), VERDICT_FASTER);
	spread_evenly(other, 10, 100.5, 0.005);
	assert_int_equal(verdict_of(base, other, 10, 1), VERDICT_SAME);
	/* Sure to differ, but by less than matters. */
	spread_evenly(other, 10, 101, 0.0005);
	spread_evenly(base, 10, 100, 0.0005);
	assert_int_equal(verdict_of(base, other, 10, 1), VERDICT_SAME);
	spread_evenly(base, 10, 100, 0.2);
	spread_evenly(other, 10, 105, 0.2);
	assert_int_equal(verdict_of(base, other, 10, 1), VERDICT_UNDECIDED);
}

/* Three a side decide nothing, however far they are apart. */
static void test_too_few(void **state)
{
	static const double base[] = {100, 100.1, 100.2}, other[] = {200, 200.1, 200.2};
	struct comparison comparison;

	(void)state;
	assert_int_equal(verdict_of(base, other, 3, 1), VERDICT_UNDECIDED);
	assert_int_equal(verdict_of(base, base, 3, 1), VERDICT_UNDECIDED);
	assert_int_equal(compare_values(base, 1, other, 1, &usual, &comparison), 0);
	assert_int_equal(comparison.verdict, VERDICT_UNDECIDED);
	assert_float_equal(comparison.ratio, 2, 0);
}

/* --- bundles -------------------------------------------------------------------------------------------------- */

/* What a bundle of one cell a runtime is made with. */
struct made {
	const char *profile, *version, *checksum;
	int boards, step;
	double wall;
	bool without_thread;
};

static const struct made plain = {
	.profile = "quick", .version = "1", .checksum = "aa", .boards = 24, .step = 1500, .wall = 1e6};

static char folders[2][64];

static json_t *cell_made(const struct made *made, const char *runtime)
{
	char name[64];

	snprintf(name, sizeof(name), "chess/%s/cores=1", runtime);
	return json_pack("{s:s, s:s, s:s, s:s, s:{s:i, s:i}, s:[i]}", "name", name, "group", "chess/cores=1",
			 "workload", "chess", "runtime", runtime, "parameters", "boards", made->boards, "step",
			 made->step, "cores", 0);
}

static void records_make(const struct made *made, const char *runtime, double factor, FILE *out)
{
	for (int i = 0; i < 6; i++)
		fprintf(out,
			"{\"cell\": \"chess/%s/cores=1\", \"repetition\": %d, \"sequence\": %d, \"status\": \"ok\", "
			"\"record\": {\"time_ns\": {\"wall\": %.0f}, \"audit\": {\"checksum\": \"%s\"}}}\n",
			runtime, i, (i * 5) % 6, made->wall * factor * (1 + 0.001 * (i * 3 % 7)), made->checksum);
}

static void bundle_make(const char *folder, const struct made *made)
{
	json_t *cells = json_array();
	char path[160];

	json_array_append_new(cells, cell_made(made, "coroutine"));
	if (!made->without_thread)
		json_array_append_new(cells, cell_made(made, "thread"));
	json_t *manifest = json_pack("{s:i, s:s, s:s, s:{s:i}, s:o}", "format", 1, "profile", made->profile, "version",
				     made->version, "calibration", "step_ps", made->step, "cells", cells);

	snprintf(path, sizeof(path), "%s/manifest.json", folder);
	assert_int_equal(json_dump_file(manifest, path, 0), 0);
	json_decref(manifest);
	snprintf(path, sizeof(path), "%s/records.jsonl", folder);
	FILE *out = fopen(path, "w");

	assert_non_null(out);
	records_make(made, "coroutine", 1, out);
	if (!made->without_thread)
		records_make(made, "thread", 1.5, out);
	fclose(out);
}

static int folders_make(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++) {
		strcpy(folders[i], "/tmp/simul-compare-XXXXXX");
		if (!mkdtemp(folders[i]))
			return -1;
	}
	return 0;
}

static int folders_remove(void **state)
{
	char path[160];

	(void)state;
	for (int i = 0; i < 2; i++) {
		snprintf(path, sizeof(path), "%s/manifest.json", folders[i]);
		unlink(path);
		snprintf(path, sizeof(path), "%s/records.jsonl", folders[i]);
		unlink(path);
		rmdir(folders[i]);
	}
	return 0;
}

struct opened {
	struct samples base, other;
	struct comparisons comparisons;
};

static void open_two(struct opened *opened, const struct made *base, const struct made *other)
{
	bundle_make(folders[0], base);
	bundle_make(folders[1], other);
	assert_int_equal(samples_open(folders[0], &opened->base), 0);
	assert_int_equal(samples_open(folders[1], &opened->other), 0);
	assert_int_equal(compare_samples(&opened->base, &opened->other, &usual, &opened->comparisons), 0);
}

static void close_two(struct opened *opened)
{
	comparisons_clear(&opened->comparisons);
	samples_close(&opened->base);
	samples_close(&opened->other);
}

static void test_bundles(void **state)
{
	struct made slow = plain;
	struct opened opened;

	(void)state;
	slow.wall *= 1.1;
	open_two(&opened, &plain, &slow);
	assert_int_equal(opened.comparisons.count, 2);
	assert_int_equal(opened.comparisons.of[VERDICT_SLOWER], 2);
	assert_int_equal(opened.comparisons.standing, 2);
	assert_float_equal(opened.comparisons.items[0].ratio, 1.1, 1e-6);
	/* 1 - 0.95^2 */
	assert_float_equal(opened.comparisons.false_any, 0.0396, 1e-12);
	close_two(&opened);
}

/* Each difference is a reason of its own, that names it. */
static void test_refused(void **state)
{
	struct made profile = plain, version = plain, boards = plain, work = plain, fewer = plain;
	const struct {
		const struct made *other;
		const char *reason;
	} cases[] = {
		{&profile, "profile"},
		{&version, "version"},
		{&boards, "boards=24 and boards=25"},
		{&work, "--set step=1500"},
	};
	struct opened opened;

	(void)state;
	profile.profile = "standard";
	version.version = "2";
	boards.boards = 25;
	work.step = 1600, work.checksum = "bb";
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		open_two(&opened, &plain, cases[i].other);
		assert_int_equal(opened.comparisons.of[VERDICT_REFUSED], 2);
		assert_int_equal(opened.comparisons.compared, 0);
		assert_non_null(strstr(opened.comparisons.items[0].reason, cases[i].reason));
		close_two(&opened);
	}
	/* The others are compared. */
	fewer.without_thread = true;
	open_two(&opened, &plain, &fewer);
	assert_int_equal(opened.comparisons.of[VERDICT_REFUSED], 1);
	assert_int_equal(opened.comparisons.of[VERDICT_SAME], 1);
	close_two(&opened);
	open_two(&opened, &fewer, &plain);
	assert_int_equal(opened.comparisons.of[VERDICT_REFUSED], 1);
	assert_non_null(strstr(opened.comparisons.items[1].reason, "no such cell"));
	close_two(&opened);
}

/* A calibration that was measured anew is no difference where the audits show the same work. */
static void test_calibrated(void **state)
{
	struct made other = plain;
	struct opened opened;

	(void)state;
	other.step = 1600;
	open_two(&opened, &plain, &other);
	assert_int_equal(opened.comparisons.of[VERDICT_SAME], 2);
	close_two(&opened);
}

static void test_runtimes(void **state)
{
	struct comparisons comparisons;
	struct samples samples;

	(void)state;
	bundle_make(folders[0], &plain);
	assert_int_equal(samples_open(folders[0], &samples), 0);
	assert_int_equal(compare_runtimes(&samples, "thread", "coroutine", &usual, &comparisons), 0);
	assert_int_equal(comparisons.count, 1);
	assert_int_equal(comparisons.items[0].verdict, VERDICT_SLOWER);
	assert_float_equal(comparisons.items[0].ratio, 1.5, 1e-6);
	comparisons_clear(&comparisons);
	assert_int_equal(compare_runtimes(&samples, "thread", "goroutine", &usual, &comparisons), -ENOENT);
	samples_close(&samples);
}

/* Values stand in the order of the run, not of the repetitions, and a run that slows down is said to. */
static void test_drift(void **state)
{
	struct samples samples;

	(void)state;
	bundle_make(folders[0], &plain);
	char path[160];

	snprintf(path, sizeof(path), "%s/records.jsonl", folders[0]);
	FILE *out = fopen(path, "w");

	for (int i = 0; i < 8; i++)
		fprintf(out,
			"{\"cell\": \"chess/thread/cores=1\", \"repetition\": %d, \"sequence\": %d, \"status\": "
			"\"ok\", "
			"\"record\": {\"time_ns\": {\"wall\": %d}}}\n",
			i, 7 - i, 1000 - i * 10);
	fclose(out);
	assert_int_equal(samples_open(folders[0], &samples), 0);
	const struct sample *sample = samples_find(&samples, "chess/thread/cores=1");

	assert_float_equal(sample->values[0], 930, 0);
	assert_float_equal(sample->values[7], 1000, 0);
	assert_true(sample->drift < DRIFT_P);
	assert_float_equal(sample->drift_share, 70 / 965.0, 1e-12);
	assert_non_null(samples_find(&samples, "chess/coroutine/cores=1")->missing);
	samples_close(&samples);
}

/* --- Google Benchmark ----------------------------------------------------------------------------------------- */

static const char *benchmark_file(const char *text)
{
	static char path[160];
	snprintf(path, sizeof(path), "%s/manifest.json", folders[0]);
	FILE *out = fopen(path, "w");

	assert_non_null(out);
	fputs(text, out);
	fclose(out);
	return path;
}

static void test_google(void **state)
{
	struct samples samples;

	(void)state;
	assert_int_equal(samples_open(benchmark_file("{\"benchmarks\": ["
						     "{\"name\": \"f/1\", \"run_name\": \"f/1\", \"run_type\": "
						     "\"iteration\", \"real_time\": 2, \"time_unit\": \"us\"},"
						     "{\"name\": \"g\", \"real_time\": 7, \"time_unit\": \"ns\"},"
						     "{\"name\": \"f/1\", \"run_name\": \"f/1\", \"run_type\": "
						     "\"iteration\", \"real_time\": 4, \"time_unit\": \"us\"},"
						     "{\"name\": \"f/1_mean\", \"run_name\": \"f/1\", \"run_type\": "
						     "\"aggregate\", \"real_time\": 3, \"time_unit\": \"us\"},"
						     "{\"name\": \"h_mean\", \"run_name\": \"h\", \"run_type\": "
						     "\"aggregate\", \"real_time\": 3, \"time_unit\": \"us\"},"
						     "{\"name\": \"e\", \"error_occurred\": true, \"error_message\": "
						     "\"no\\u001b[2J disk\"}]}"),
				      &samples),
			 0);
	assert_int_equal(samples.count, 4);
	assert_int_equal(samples_find(&samples, "f/1")->count, 2);
	assert_float_equal(samples_find(&samples, "f/1")->summary.median, 3000, 1e-9);
	assert_float_equal(samples_find(&samples, "g")->values[0], 7, 0);
	assert_non_null(strstr(samples_find(&samples, "h")->missing, "repetition"));
	assert_string_equal(samples_find(&samples, "e")->missing, "no?[2J disk");
	samples_close(&samples);
}

static void test_google_broken(void **state)
{
	static const char *const texts[] = {"",
					    "[]",
					    "{}",
					    "{\"benchmarks\": 7}",
					    "{\"benchmarks\": [7]}",
					    "{\"benchmarks\": [{\"real_time\": 1}]}",
					    "{\"benchmarks\": ["};
	struct samples samples;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		assert_int_equal(samples_open(benchmark_file(texts[i]), &samples), -EINVAL);
	assert_int_equal(samples_open("/nowhere/at/all", &samples), -ENOENT);
	/* Times that are none are no values. */
	assert_int_equal(
		samples_open(benchmark_file("{\"benchmarks\": [{\"name\": \"a\", \"real_time\": -1, \"time_unit\": "
					    "\"ns\"}, {\"name\": \"a\", \"real_time\": 1, \"time_unit\": \"weeks\"}]}"),
			     &samples),
		0);
	assert_int_equal(samples.items[0].count, 0);
	samples_close(&samples);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_alike),
		cmocka_unit_test(test_slowdown),
		cmocka_unit_test(test_verdicts),
		cmocka_unit_test(test_too_few),
		cmocka_unit_test_setup_teardown(test_bundles, folders_make, folders_remove),
		cmocka_unit_test_setup_teardown(test_refused, folders_make, folders_remove),
		cmocka_unit_test_setup_teardown(test_calibrated, folders_make, folders_remove),
		cmocka_unit_test_setup_teardown(test_runtimes, folders_make, folders_remove),
		cmocka_unit_test_setup_teardown(test_drift, folders_make, folders_remove),
		cmocka_unit_test_setup_teardown(test_google, folders_make, folders_remove),
		cmocka_unit_test_setup_teardown(test_google_broken, folders_make, folders_remove),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
