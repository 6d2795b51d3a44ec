/* bundle_test.c: the reader on good, broken and hostile bundles: bounded, a sentence, never a crash. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "bundle.h"

static char folder[64];

static int folder_make(void **state)
{
	(void)state;
	strcpy(folder, "/tmp/simul-bundle-XXXXXX");
	return mkdtemp(folder) ? 0 : -1;
}

static char *path_of(const char *name)
{
	static char path[128];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

static int folder_remove(void **state)
{
	(void)state;
	unlink(path_of("manifest.json"));
	unlink(path_of("records.jsonl"));
	return rmdir(folder);
}

static void write_text(const char *name, const char *text)
{
	FILE *file = fopen(path_of(name), "w");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

#define CELL(name) "{\"name\": \"" name "\", \"group\": \"g\", \"workload\": \"w\", \"runtime\": \"r\"}"
#define MANIFEST(cells) "{\"format\": 1, \"cells\": [" cells "]}"
#define OK(cell, repetition, wall)                                                                                     \
	"{\"cell\": \"" cell "\", \"repetition\": " repetition ", \"status\": \"ok\", \"record\": {\"time_ns\": {"     \
	"\"wall\": " wall "}}}\n"

static void open_good(const char *records, struct bundle *bundle)
{
	write_text("manifest.json", MANIFEST(CELL("c")));
	write_text("records.jsonl", records);
	assert_int_equal(bundle_open(folder, bundle), 0);
}

static void test_reads(void **state)
{
	struct bundle bundle;
	double values[3];

	(void)state;
	open_good(OK("c", "1", "20") OK("c", "0", "10") OK("c", "2", "40"), &bundle);
	assert_int_equal(bundle.cell_count, 1);
	assert_int_equal(cell_values(&bundle.cells[0], MEASURE_WALL_NS, values), 3);
	assert_float_equal(values[0], 10, 0);
	assert_float_equal(values[2], 40, 0);
	assert_float_equal(cell_summary(&bundle.cells[0], MEASURE_WALL_NS).median, 20, 0);
	assert_int_equal(cell_values(&bundle.cells[0], MEASURE_CPU_NS, values), 0);
	bundle_close(&bundle);
}

/* An invocation's own bound, else the cell's. */
static void test_times_bound(void **state)
{
	struct bundle bundle;
	double values[2];

	(void)state;
	open_good(OK("c", "0", "30") "{\"cell\": \"c\", \"repetition\": 1, \"status\": \"ok\", \"bound_ns\": 20, "
				     "\"record\": {\"time_ns\": {\"wall\": 30}}}\n",
		  &bundle);
	assert_int_equal(cell_values(&bundle.cells[0], MEASURE_BOUND_NS, values), 1);
	assert_float_equal(values[0], 20, 0);
	assert_int_equal(cell_values(&bundle.cells[0], MEASURE_TIMES_BOUND, values), 1);
	assert_float_equal(values[0], 1.5, 0);
	bundle_close(&bundle);
}

/* Of two cores' 100 ns each; without the switches there are none a task, and not 0. */
static void test_resources(void **state)
{
	struct bundle bundle;

	(void)state;
	write_text("manifest.json",
		   MANIFEST("{\"name\": \"c\", \"group\": \"g\", \"workload\": \"w\", \"runtime\": \"r\", "
			    "\"cores\": [0, 1]}"));
	write_text(
		"records.jsonl",
		"{\"cell\": \"c\", \"repetition\": 0, \"status\": \"ok\", \"record\": {\"time_ns\": {\"setup\": 20, "
		"\"wall\": "
		"70, \"teardown\": 10}, \"cpu_ns\": {\"user\": 50, \"system\": 30}, \"switches\": {\"voluntary\": 5, "
		"\"involuntary\": 1}, \"audit\": {\"tasks\": 4}}}\n"
		"{\"cell\": \"c\", \"repetition\": 1, \"status\": \"ok\", \"record\": {\"time_ns\": {\"wall\": 70}, "
		"\"cpu_ns\": {\"user\": 50, \"system\": 30}, \"audit\": {\"tasks\": 4}}}\n");
	assert_int_equal(bundle_open(folder, &bundle), 0);
	const double *value = bundle.cells[0].invocations[0].value;

	assert_float_equal(value[MEASURE_USER_PERCENT], 25, 1e-9);
	assert_float_equal(value[MEASURE_SYSTEM_PERCENT], 15, 1e-9);
	assert_float_equal(value[MEASURE_IDLE_PERCENT], 60, 1e-9);
	assert_float_equal(value[MEASURE_SWITCHES_PER_TASK], 1.5, 1e-9);
	value = bundle.cells[0].invocations[1].value;
	assert_true(isnan(value[MEASURE_IDLE_PERCENT]) && isnan(value[MEASURE_SWITCHES_PER_TASK]));
	bundle_close(&bundle);
}

/* A repetition that stands more than once: the last good one counts, even if a failure follows it. */
static void test_repeated(void **state)
{
	struct bundle bundle;
	double value;
	char reason[300];

	(void)state;
	open_good("{\"cell\": \"c\", \"repetition\": 0, \"status\": \"failed\", \"reason\": \"first\"}\n" OK("c", "0",
													     "10")
			  OK("c", "0", "30") "{\"cell\": \"c\", \"repetition\": 0, \"status\": \"failed\"}\n"
					     "{\"cell\": \"c\", \"repetition\": 1, \"status\": \"failed\", \"reason\": "
					     "\"s\\u0007x\"}\n",
		  &bundle);
	assert_int_equal(cell_values(&bundle.cells[0], MEASURE_WALL_NS, &value), 1);
	assert_float_equal(value, 30, 0);
	assert_int_equal(bundle.cells[0].count[STATUS_FAILED], 1);
	cell_reason(&bundle, &bundle.cells[0], reason, sizeof(reason));
	assert_string_equal(reason, "s?x");
	bundle_close(&bundle);
}

/* A refusal of the machine or two failures end a cell; one failure has been played; a repeat is none more. */
static void test_unplayed(void **state)
{
	struct bundle bundle;
	size_t planned;

	(void)state;
	write_text("manifest.json", "{\"format\": 1, \"repetitions\": 5, \"cells\": [" CELL("a") ", " CELL("b") ", " CELL(
					    "c") ", {\"name\": \"d\", \"group\": \"g\", \"workload\": \"w\", "
						 "\"runtime\": \"r\", \"refused\": \"why\"}]}");
	write_text("records.jsonl",
		   OK("a", "0", "10") OK("a", "0", "10")
			   OK("a", "3", "10") "{\"cell\": \"a\", \"repetition\": 1, \"status\": \"failed\"}\n"
					      "{\"cell\": \"a\", \"repetition\": 2, \"status\": \"interrupted\"}\n"
					      "{\"cell\": \"b\", \"repetition\": 0, \"status\": \"failed\"}\n"
					      "{\"cell\": \"b\", \"repetition\": 1, \"status\": \"failed\"}\n"
					      "{\"cell\": \"c\", \"repetition\": 0, \"status\": \"refused\"}\n");
	assert_int_equal(bundle_open(folder, &bundle), 0);
	assert_int_equal(bundle_unplayed(&bundle, &planned), 2);
	assert_int_equal(planned, 15);
	bundle_close(&bundle);
	open_good(OK("c", "0", "10"), &bundle);
	assert_int_equal(bundle_unplayed(&bundle, &planned), 0);
	bundle_close(&bundle);
}

static void test_truncated(void **state)
{
	struct bundle bundle;

	(void)state;
	open_good(OK("c", "0", "10") "{\"cell\": \"c\", \"repe", &bundle);
	assert_true(bundle.truncated);
	assert_int_equal(bundle.malformed, 0);
	assert_int_equal(bundle.cells[0].count[STATUS_OK], 1);
	bundle_close(&bundle);
}

/* None of these is a time; none of them may become one. */
static void test_impossible_times(void **state)
{
	struct bundle bundle;

	(void)state;
	open_good(OK("c", "0", "-5") OK("c", "1", "0") OK("c", "2", "1e300") OK("c", "3", "\"7\"") OK("c", "4", "true")
			  OK("c", "5", "null") OK("c", "6", "[1]"),
		  &bundle);
	assert_int_equal(bundle.cells[0].count[STATUS_OK], 0);
	assert_int_equal(bundle.cells[0].count[STATUS_FAILED], 7);
	bundle_close(&bundle);
}

static void test_rubbish_lines(void **state)
{
	struct bundle bundle;

	(void)state;
	open_good("NaN\n\n[]\n" OK("c", "0", "NaN") OK("c", "-1", "5") OK("c", "1e400", "5") OK("c", "{}", "5")
			  OK("other", "0", "5")
				  OK("c", "3", "5") "{\"cell\": 7, \"repetition\": 0}\n"
						    "{\"cell\": \"c\", \"cell\": \"c\", \"repetition\": 0}\n\xff\xfe\n",
		  &bundle);
	assert_int_equal(bundle.malformed, 10);
	assert_int_equal(bundle.first_malformed, 1);
	assert_int_equal(bundle.unknown_cells, 1);
	assert_int_equal(bundle.cells[0].count[STATUS_OK], 1);
	bundle_close(&bundle);
}

static void test_deep_and_long_lines(void **state)
{
	struct bundle bundle;
	FILE *file;

	(void)state;
	write_text("manifest.json", MANIFEST(CELL("c")));
	file = fopen(path_of("records.jsonl"), "w");
	assert_non_null(file);
	for (int i = 0; i < 100000; i++)
		fputc('[', file);
	fputs("\n" OK("c", "0", "5") "{\"cell\": \"", file);
	for (int i = 0; i < BUNDLE_LINE_MAX; i++)
		fputc('x', file);
	fputs("\"}\n" OK("c", "1", "5"), file);
	fclose(file);
	assert_int_equal(bundle_open(folder, &bundle), 0);
	assert_int_equal(bundle.malformed, 2);
	assert_int_equal(bundle.cells[0].count[STATUS_OK], 2);
	bundle_close(&bundle);
}

static void test_markup_in_names(void **state)
{
	struct bundle bundle;

	(void)state;
	write_text("manifest.json",
		   "{\"format\": 1, \"cells\": [{\"name\": \"c\\u0000x\", \"group\": \"g\", \"workload\": \"w\", "
		   "\"runtime\": \"r\"}]}");
	assert_int_equal(bundle_open(folder, &bundle), -EINVAL);
	write_text("manifest.json",
		   "{\"format\": 1, \"cells\": [{\"name\": \"a\\tb\", \"group\": \"g\", \"workload\": \"w\", "
		   "\"runtime\": \"<b>\\u001b[2J\\\"`$(x)\\u202e\\n\"}]}");
	write_text("records.jsonl", OK("a\\tb", "0", "5"));
	assert_int_equal(bundle_open(folder, &bundle), 0);
	assert_string_equal(bundle.runtimes[0], "<b>?[2J'?$(x)? ");
	assert_int_equal(bundle.cells[0].count[STATUS_OK], 1);
	bundle_close(&bundle);
}

static void test_refused_manifests(void **state)
{
	static const struct {
		const char *text;
		int error;
	} manifests[] = {
		{"", -EINVAL},
		{"[]", -EINVAL},
		{"{}", -EINVAL},
		{"{\"format\": 2, \"cells\": []}", -EINVAL},
		{"{\"format\": \"1\", \"cells\": []}", -EINVAL},
		{"{\"format\": 1}", -EINVAL},
		{"{\"format\": 1, \"cells\": {}}", -EINVAL},
		{"{\"format\": 1, \"cells\": [7]}", -EINVAL},
		{"{\"format\": 1, \"cells\": [{\"name\": \"\"}]}", -EINVAL},
		{"{\"format\": 1, \"cells\": [", -EINVAL},
	};
	struct bundle bundle;

	(void)state;
	assert_int_equal(bundle_open(folder, &bundle), -ENOENT);
	for (size_t i = 0; i < sizeof(manifests) / sizeof(*manifests); i++) {
		write_text("manifest.json", manifests[i].text);
		assert_int_equal(bundle_open(folder, &bundle), manifests[i].error);
	}
}

static void test_no_records(void **state)
{
	struct bundle bundle;
	char reason[64];

	(void)state;
	write_text("manifest.json", MANIFEST(CELL("c") ", " CELL("c")));
	assert_int_equal(bundle_open(folder, &bundle), 0);
	assert_int_equal(bundle.duplicate_cells, 1);
	cell_reason(&bundle, &bundle.cells[0], reason, sizeof(reason));
	assert_string_equal(reason, "not played: the run ended before it");
	bundle_close(&bundle);
}

static void test_many_records(void **state)
{
	enum { RECORDS = 200000 };
	struct bundle bundle;
	FILE *file;

	(void)state;
	write_text("manifest.json", MANIFEST(CELL("c")));
	file = fopen(path_of("records.jsonl"), "w");
	assert_non_null(file);
	for (int i = 0; i < RECORDS; i++)
		fprintf(file,
			"{\"cell\": \"c\", \"repetition\": %d, \"status\": \"ok\", \"record\": {\"time_ns\": "
			"{\"wall\": %d}}}\n",
			RECORDS - i, i + 1);
	fclose(file);
	assert_int_equal(bundle_open(folder, &bundle), 0);
	assert_int_equal(bundle.cells[0].count[STATUS_OK], RECORDS);
	assert_float_equal(cell_summary(&bundle.cells[0], MEASURE_WALL_NS).median, (RECORDS + 1) / 2.0, 0);
	bundle_close(&bundle);
}

static void test_latencies_are_merged(void **state)
{
	static const char line[] =
		"{\"cell\": \"c\", \"repetition\": %d, \"status\": \"ok\", \"load\": {\"messages\": %d, "
		"\"time_ns\": {\"wall\": 1000}, \"latency_ns\": %s}}\n";
	struct histogram *histogram = calloc(1, sizeof(*histogram));
	struct bundle bundle;
	FILE *file;

	(void)state;
	assert_non_null(histogram);
	write_text("manifest.json", MANIFEST(CELL("c")));
	file = fopen(path_of("records.jsonl"), "w");
	assert_non_null(file);
	fprintf(file, line, 0, 99,
		"{\"count\": 99, \"min\": 10, \"max\": 10, \"mean\": 10, \"histogram\": {\"relative_error\": "
		"0.0078125, "
		"\"buckets\": [[10, 99]]}}");
	fprintf(file, line, 1, 1,
		"{\"count\": 1, \"min\": 200, \"max\": 200, \"mean\": 200, \"histogram\": {\"relative_error\": "
		"0.0078125, "
		"\"buckets\": [[200, 1]]}}");
	fprintf(file, line, 2, 1, "{\"count\": 5, \"histogram\": {\"buckets\": [[-1, 5], [1e300, 5]]}}");
	fclose(file);
	assert_int_equal(bundle_open(folder, &bundle), 0);
	assert_int_equal(cell_latency(&bundle, &bundle.cells[0], histogram), 0);
	assert_int_equal(histogram->count, 100);
	assert_int_equal(histogram_percentile(histogram, 99), 10);
	assert_int_equal(histogram_percentile(histogram, 100), 200);
	assert_float_equal(bundle.cells[0].invocations[0].value[MEASURE_RATE], 99e6, 1e-3);
	bundle_close(&bundle);
	free(histogram);
}

/* By the median time, 2 us, and not between the two rates: else they could rank two runtimes differently. */
static void test_rates_rank_as_times(void **state)
{
	static const char line[] = "{\"cell\": \"c\", \"repetition\": %d, \"status\": \"ok\", \"load\": "
				   "{\"messages\": 100, \"time_ns\": {\"wall\": %d}}}\n";
	struct bundle bundle;
	struct summary rate;
	FILE *file;

	(void)state;
	write_text("manifest.json", MANIFEST(CELL("c")));
	file = fopen(path_of("records.jsonl"), "w");
	assert_non_null(file);
	fprintf(file, line, 0, 1000);
	fprintf(file, line, 1, 3000);
	fclose(file);
	assert_int_equal(bundle_open(folder, &bundle), 0);
	rate = cell_summary(&bundle.cells[0], MEASURE_RATE);
	assert_float_equal(rate.median, 100 / 2000e-9, 1);
	assert_float_equal(rate.interval.low, 100 / 3000e-9, 1);
	assert_float_equal(rate.interval.high, 100 / 1000e-9, 1);
	bundle_close(&bundle);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, folder_make, folder_remove)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_reads),
		TEST(test_rates_rank_as_times),
		TEST(test_resources),
		TEST(test_times_bound),
		TEST(test_repeated),
		TEST(test_unplayed),
		TEST(test_truncated),
		TEST(test_impossible_times),
		TEST(test_rubbish_lines),
		TEST(test_deep_and_long_lines),
		TEST(test_markup_in_names),
		TEST(test_refused_manifests),
		TEST(test_no_records),
		TEST(test_many_records),
		TEST(test_latencies_are_merged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
