/* options_test.c: what `simul run` understands, keeps for the manifest, and refuses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "../../runtimes/clock.h"
#include "../driver/driver.h"
#include "../driver/run_options.h"

enum { ARGUMENTS_MAX = 20 };

/* argv in memory that may be written, as main() gets it. */
struct line {
	char *argv[ARGUMENTS_MAX + 1];
	int argc;
};

static struct line line_of(const char *const words[])
{
	struct line line = {.argc = 0};

	line.argv[line.argc++] = strdup("run");
	for (; words[line.argc - 1]; line.argc++)
		line.argv[line.argc] = strdup(words[line.argc - 1]);
	return line;
}

static void line_clear(struct line *line)
{
	for (int i = 0; i < line->argc; i++)
		free(line->argv[i]);
}

static void everything_is_understood(void **state)
{
	const char *const words[] = {"--profile=full",
				     "--workload=chess,echo",
				     "--runtime",
				     "thread",
				     "--set",
				     "boards=1,2",
				     "--set=move=50us",
				     "--cores=1,all",
				     "--seed=0",
				     "--timeout=1.5s",
				     "--peers",
				     "--no-host-name",
				     "--no-plots",
				     "--benchmark_filter=x",
				     "--benchmark_repetitions=7",
				     NULL};
	struct line line = line_of(words);
	struct run_options options;

	(void)state;
	assert_int_equal(run_options_parse(&options, line.argc, line.argv), 0);
	assert_string_equal(options.profile->name, "full");
	assert_int_equal(options.workloads.count, 2);
	assert_string_equal(options.runtimes.items[0], "thread");
	assert_int_equal(options.settings.count, 2);
	assert_string_equal(options.settings.items[0], "boards=1,2");
	assert_string_equal(options.cores.items[1], "all");
	assert_true(options.seeded);
	assert_int_equal(options.seed, 0);
	assert_int_equal(options.timeout_ns, 1500 * NS_PER_MS);
	assert_int_equal(options.repetitions, 7);
	assert_true(options.peers && options.no_host_name && options.no_plots);
	assert_string_equal(options.benchmark.items[0], "--benchmark_filter=x");
	assert_int_equal(options.benchmark.count, 1);
	assert_string_equal(options.given.items[0], "--profile=full");
	assert_true(texts_have(&options.given, "--runtime=thread"));
	assert_true(texts_have(&options.given, "--no-plots"));
	assert_true(texts_have(&options.given, "--repetitions=7"));
	run_options_clear(&options);
	line_clear(&line);
}

static void nothing_is_the_quick_profile(void **state)
{
	const char *const words[] = {NULL};
	struct line line = line_of(words);
	struct run_options options;

	(void)state;
	assert_int_equal(run_options_parse(&options, line.argc, line.argv), 0);
	assert_string_equal(options.profile->name, "quick");
	assert_false(options.seeded);
	assert_int_equal(options.repetitions, 0);
	run_options_clear(&options);
	line_clear(&line);
}

static void nonsense_is_refused(void **state)
{
	static const char *const wrong[][4] = {
		{"--profile=quickly"},
		{"--no-such-option"},
		{"-x"},
		{"--seed=-1"},
		{"--seed=many"},
		{"--repetitions=0"},
		{"--timeout=soon"},
		{"--timeout=0"},
		{"--timeout=18446744073709551615"},
		{"--out="},
		{"word"},
		{"--resume=x", "--seed=1"},
		{"--resume=x", "--set", "boards=1"},
		{"--benchmark_repetitions=x"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		struct line line = line_of(wrong[i]);
		struct run_options options;

		assert_int_not_equal(run_options_parse(&options, line.argc, line.argv), 0);
		run_options_clear(&options);
		line_clear(&line);
	}
}

/* A continued run keeps what the first one was asked for, but not where Google Benchmark's output went. */
static void recall_gives_the_same(void **state)
{
	const char *const words[] = {"--resume=x", NULL};
	struct line line = line_of(words);
	struct texts arguments = {.items = NULL};
	struct run_options options;

	(void)state;
	assert_int_equal(run_options_parse(&options, line.argc, line.argv), 0);
	texts_split(&arguments, "run --profile=standard --set=boards=1 --benchmark_format=json --benchmark_filter=a",
		    ' ');
	assert_int_equal(run_options_recall(&options, &arguments), 0);
	assert_string_equal(options.profile->name, "standard");
	assert_string_equal(options.settings.items[0], "boards=1");
	assert_string_equal(options.benchmark.items[0], "--benchmark_filter=a");
	assert_false(options.wants_benchmark_output);
	assert_string_equal(options.resume, "x");
	run_options_clear(&options);
	texts_clear(&arguments);
	line_clear(&line);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(everything_is_understood),
		cmocka_unit_test(nothing_is_the_quick_profile),
		cmocka_unit_test(nonsense_is_refused),
		cmocka_unit_test(recall_gives_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
