/* gbench_test.c: what gbench.h promises. Each run happens in a forked child, since a process can run only once; what
 * the child prints goes into files of a temporary folder, which is removed after each test. */
#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "gbench.h"

enum { REPETITIONS = 3, TEXT_MAX = 1 << 16 };

static char folder[64];

/* A path in the temporary folder; a few of them live at a time. */
static const char *path_of(const char *name)
{
	static char paths[4][128];
	static int next;
	char *path = paths[next++ % 4];

	snprintf(path, sizeof(paths[0]), "%s/%s", folder, name);
	return path;
}

static int make_folder(void **state)
{
	(void)state;
	snprintf(folder, sizeof(folder), "%s/gbench-test-XXXXXX", P_tmpdir);
	return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
	(void)state;
	unlink(path_of("out"));
	unlink(path_of("err"));
	unlink(path_of("json"));
	unlink(path_of("other"));
	return rmdir(folder);
}

static const char *read_file(const char *path)
{
	static char text[TEXT_MAX];
	FILE *file = fopen(path, "r");
	size_t length;

	if (!file)
		return NULL;
	length = fread(text, 1, sizeof(text) - 1, file);
	fclose(file);
	text[length] = '\0';
	return text;
}

static const char *printed(void)
{
	return read_file(path_of("out"));
}

static const char *complaints(void)
{
	return read_file(path_of("err"));
}

/* Runs body in a child with the flags as its command line; returns its exit status, or 1000 + signal. */
static int in_child(int (*body)(int argc, char **argv), const char *flags)
{
	char copy[512], *argv[16] = {"program"};
	int argc = 1, status;
	pid_t child;

	snprintf(copy, sizeof(copy), "%s", flags);
	for (char *word = strtok(copy, " "); word; word = strtok(NULL, " "))
		argv[argc++] = word;
	fflush(NULL);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		setenv("CMOCKA_TEST_ABORT", "1", 1); /* a failed assertion must not go on with the parent's tests */
		if (!freopen(path_of("out"), "w", stdout) || !freopen(path_of("err"), "w", stderr))
			_exit(99);
		status = body(argc, argv);
		fflush(NULL);
		_exit(status);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

/* ---- benchmarks ---------------------------------------------------------------------------------------------------
 */

static int calls;

/* The n-th call takes n ms: three repetitions take 1, 2 and 3. */
static void growing(struct gbench_state *state, void *argument)
{
	(void)argument;
	calls++;
	while (gbench_next(state))
		gbench_set_time(state, 1e-3 * calls);
	gbench_counter(state, "sim_calls", calls);
	gbench_counter(state, "sim_calls", 10 * calls);
	gbench_counter(state, "sim_zero", 0);
	gbench_label(state, "a \"label\"\n\x01 of \xc3\xa9\xff");
}

/* Fails in the call that *argument counts, before the first iteration if it is negative. */
static void failing(struct gbench_state *state, void *argument)
{
	int when = *(int *)argument;

	calls++;
	if (calls == -when) {
		gbench_skip(state, "broke \"early\"");
		gbench_skip(state, "a second reason");
	}
	while (gbench_next(state)) {
		gbench_set_time(state, 1e-3);
		if (calls == when)
			gbench_skip(state, "broke");
	}
	gbench_counter(state, "sim_calls", calls);
	assert_false(gbench_next(state));
}

static void computing(struct gbench_state *state, void *argument)
{
	volatile unsigned sum = 0;

	(void)argument;
	while (gbench_next(state))
		sum++;
}

static const struct gbench_options manual = {
	.iterations = 1, .repetitions = REPETITIONS, .manual_time = 1, .unit = GBENCH_MS};

static void add_three(void)
{
	assert_int_equal(gbench_register("a/first", growing, NULL, &manual), 0);
	assert_int_equal(gbench_register("a/second", growing, NULL, &manual), 0);
	assert_int_equal(gbench_register("b/first", growing, NULL, &manual), 0);
}

/* Exit status of a run: 0, or the error as a positive number. */
static int run_quietly(const char *json)
{
	struct gbench_run_options options = {.quiet = 1, .json_path = json};

	return -gbench_run(&options, NULL);
}

static int run_three(int argc, char **argv)
{
	if (gbench_initialize(&argc, argv) != 0)
		return 100;
	add_three();
	return run_quietly(path_of("json"));
}

static json_t *benchmarks_of(json_t *root)
{
	json_t *benchmarks = json_object_get(root, "benchmarks");

	assert_true(json_is_array(benchmarks));
	return benchmarks;
}

static json_t *load_json(const char *path)
{
	json_error_t error;
	json_t *root = json_load_file(path, JSON_REJECT_DUPLICATES, &error);

	if (!root)
		fail_msg("%s: line %d: %s", path, error.line, error.text);
	return root;
}

static double number(json_t *object, const char *key)
{
	json_t *value = json_object_get(object, key);

	if (!json_is_number(value))
		fail_msg("no number \"%s\"", key);
	return json_number_value(value);
}

static const char *text(json_t *object, const char *key)
{
	const char *value = json_string_value(json_object_get(object, key));

	return value ? value : "(absent)";
}

/* ---- reports ------------------------------------------------------------------------------------------------------
 */

static void json_holds_what_was_reported(void **state)
{
	json_t *root, *benchmarks, *run;

	(void)state;
	assert_int_equal(in_child(run_three, "--benchmark_filter=a/first"), 0);
	assert_string_equal(printed(), "");
	assert_string_equal(complaints(), "");
	root = load_json(path_of("json"));
	benchmarks = benchmarks_of(root);
	assert_int_equal(json_array_size(benchmarks), REPETITIONS + 4);
	for (int i = 0; i < REPETITIONS; i++) {
		run = json_array_get(benchmarks, i);
		assert_string_equal(text(run, "name"), "a/first");
		assert_string_equal(text(run, "run_type"), "iteration");
		assert_string_equal(text(run, "time_unit"), "ms");
		assert_string_equal(text(run, "label"), "a \"label\"?? of \xc3\xa9?");
		assert_int_equal(number(run, "repetition_index"), i);
		assert_int_equal(number(run, "iterations"), 1);
		assert_true(fabs(number(run, "real_time") - (i + 1)) < 1e-9);
		assert_true(fabs(number(run, "sim_calls") - 10 * (i + 1)) < 1e-9);
	}
	json_decref(root);
}

static void aggregates_are_right_and_finite(void **state)
{
	static const char *const names[] = {"a/first_mean", "a/first_median", "a/first_stddev"};
	static const double expected[] = {2, 2, 1};
	json_t *root, *run;

	(void)state;
	assert_int_equal(in_child(run_three, "--benchmark_filter=a/first --benchmark_report_aggregates_only"), 0);
	root = load_json(path_of("json"));
	assert_int_equal(json_array_size(benchmarks_of(root)), 4);
	for (int i = 0; i < 3; i++) {
		run = json_array_get(benchmarks_of(root), i);
		assert_string_equal(text(run, "name"), names[i]);
		assert_true(fabs(number(run, "real_time") - expected[i]) < 1e-9);
		assert_true(fabs(number(run, "sim_calls") - 10 * expected[i]) < 1e-9);
	}
	run = json_array_get(benchmarks_of(root), 3);
	assert_true(fabs(number(run, "real_time") - 0.5) < 1e-9);
	assert_null(json_object_get(run, "sim_zero"));
	json_decref(root);
}

static int run_with_context(int argc, char **argv)
{
	struct gbench_run_options options = {.quiet = 1, .json_path = path_of("json"), .hide_host = 1};

	assert_int_equal(gbench_context("sim_profile", "quick\t\"one\""), 0);
	assert_int_equal(gbench_context("sim_profile", "twice"), -EINVAL);
	assert_int_equal(gbench_context("num_cpus", "9"), -EINVAL);
	assert_int_equal(gbench_context("", "9"), -EINVAL);
	assert_int_equal(gbench_context(NULL, "9"), -EINVAL);
	if (gbench_initialize(&argc, argv) != 0)
		return 100;
	add_three();
	return -gbench_run(&options, NULL);
}

static void context_is_written_once(void **state)
{
	json_t *root, *context;

	(void)state;
	assert_int_equal(in_child(run_with_context, "--benchmark_context=sim_a=1,sim_b=2"), 0);
	root = load_json(path_of("json"));
	context = json_object_get(root, "context");
	assert_string_equal(text(context, "sim_profile"), "quick?\"one\"");
	assert_string_equal(text(context, "sim_a"), "1");
	assert_string_equal(text(context, "sim_b"), "2");
	assert_string_equal(text(context, "host_name"), "");
	assert_string_equal(text(context, "executable"), "program");
	json_decref(root);
	assert_int_equal(in_child(run_with_context, "--benchmark_context=sim_profile=1"), 100);
	assert_int_equal(in_child(run_with_context, "--benchmark_context=load_avg=1"), 100);
	assert_int_equal(in_child(run_with_context, "--benchmark_context=sim_a=1,sim_a=2"), 100);
}

static int run_different_counters(int argc, char **argv)
{
	if (gbench_initialize(&argc, argv) != 0)
		return 100;
	gbench_register("plain", computing, NULL, &(struct gbench_options){.iterations = 1});
	gbench_register("counted", growing, NULL, &manual);
	return run_quietly(NULL);
}

static void csv_takes_counters_that_come_later(void **state)
{
	(void)state;
	assert_int_equal(in_child(run_different_counters, "--benchmark_format=csv"), 0);
	assert_non_null(strstr(printed(), "\"sim_calls\""));
	assert_non_null(strstr(printed(), "\"counted_mean\""));
}

static void a_given_format_speaks_despite_quiet(void **state)
{
	json_t *root;

	(void)state;
	assert_int_equal(in_child(run_three, "--benchmark_format=console"), 0);
	assert_non_null(strstr(printed(), "a/first_median"));
	assert_null(strstr(printed(), "manual_time"));
	assert_int_equal(in_child(run_three, "--benchmark_format=json"), 0);
	root = load_json(path_of("out"));
	assert_int_equal(json_array_size(benchmarks_of(root)), 3 * (REPETITIONS + 4));
	json_decref(root);
}

static void a_given_output_file_wins(void **state)
{
	char flags[256];
	json_t *root;

	(void)state;
	snprintf(flags, sizeof(flags), "--benchmark_out=%s", path_of("other"));
	assert_int_equal(in_child(run_three, flags), 0);
	assert_null(read_file(path_of("json")));
	root = load_json(path_of("other"));
	assert_int_equal(json_array_size(benchmarks_of(root)), 3 * (REPETITIONS + 4));
	json_decref(root);
	strcat(flags, " --benchmark_out_format=csv");
	assert_int_equal(in_child(run_three, flags), 0);
	assert_non_null(strstr(read_file(path_of("other")), "\nname,iterations,real_time,"));
}

static void an_output_that_cannot_be_written_is_an_error(void **state)
{
	(void)state;
	assert_int_equal(in_child(run_three, "--benchmark_out=/nonexistent/file"), ENOENT);
	assert_non_null(strstr(complaints(), "/nonexistent/file cannot be written"));
	assert_int_equal(in_child(run_three, "--benchmark_out=/dev/full"), EIO);
	assert_non_null(strstr(complaints(), "/dev/full could not be written in full"));
}

/* ---- failures -----------------------------------------------------------------------------------------------------
 */

static int failing_call;

/* Exit status: the failed runs, or 50 + error. */
static int run_failing(int argc, char **argv)
{
	struct gbench_options options = manual;
	struct gbench_run_options quiet = {.quiet = 1, .json_path = path_of("json")};
	struct gbench_summary summary = {0};
	int error;

	assert_int_equal(gbench_initialize(&argc, argv), 0);
	options.repetitions = 4;
	assert_int_equal(gbench_register("fails", failing, &failing_call, &options), 0);
	assert_int_equal(gbench_register("stands", growing, NULL, &manual), 0);
	error = gbench_run(&quiet, &summary);
	assert_int_equal(summary.matched, 2);
	return error ? 50 - error : (int)summary.failed;
}

static size_t count_errors(const char *message)
{
	json_t *root = load_json(path_of("json")), *run;
	size_t index, errors = 0;

	json_array_foreach(benchmarks_of(root), index, run)
	{
		if (!json_is_true(json_object_get(run, "error_occurred")))
			continue;
		errors++;
		if (errors == 1)
			assert_string_equal(text(run, "error_message"), message);
	}
	json_decref(root);
	return errors;
}

static void a_failed_repetition_leaves_the_others(void **state)
{
	(void)state;
	failing_call = 2;
	assert_int_equal(in_child(run_failing, ""), 1);
	assert_int_equal(count_errors("broke"), 1);
	failing_call = -2;
	assert_int_equal(in_child(run_failing, ""), 1);
	assert_int_equal(count_errors("broke \"early\""), 1);
}

/* 1.7.1 reads an uninitialised pointer here, or aborts. */
static void a_failed_first_repetition_does_not_crash(void **state)
{
	json_t *root, *run;

	(void)state;
	failing_call = 1;
	assert_int_equal(in_child(run_failing, ""), 1);
	assert_int_equal(count_errors("broke"), 1);
	root = load_json(path_of("json"));
	assert_int_equal(json_array_size(benchmarks_of(root)), 4 + REPETITIONS + 4);
	for (int i = 1; i < 4; i++) {
		run = json_array_get(benchmarks_of(root), i);
		assert_null(json_object_get(run, "error_occurred"));
		assert_true(fabs(number(run, "real_time") - 1) < 1e-9);
		assert_true(fabs(number(run, "sim_calls") - (i + 1)) < 1e-9);
	}
	json_decref(root);
	failing_call = -1;
	assert_int_equal(in_child(run_failing, ""), 1);
	assert_int_equal(count_errors("broke \"early\""), 1);
}

static void returns_early(struct gbench_state *state, void *argument)
{
	(void)argument;
	gbench_next(state);
	gbench_set_time(state, 1);
}

static void never_loops(struct gbench_state *state, void *argument)
{
	(void)state;
	(void)argument;
}

static void sets_no_time(struct gbench_state *state, void *argument)
{
	(void)argument;
	while (gbench_next(state))
		;
}

static void sets_a_bad_time(struct gbench_state *state, void *argument)
{
	while (gbench_next(state))
		gbench_set_time(state, *(double *)argument);
}

static void times_too_early(struct gbench_state *state, void *argument)
{
	(void)argument;
	gbench_set_time(state, 1);
	while (gbench_next(state))
		gbench_set_time(state, 1);
}

static int run_misbehaving(int argc, char **argv)
{
	static double below = -1, infinite = INFINITY, undefined = NAN, good = 1;
	struct gbench_options once = {.iterations = 2, .manual_time = 1}, untimed = {.iterations = 2};
	struct gbench_run_options quiet = {.quiet = 1, .json_path = path_of("json")};
	struct gbench_summary summary;

	assert_int_equal(gbench_initialize(&argc, argv), 0);
	gbench_register("returns early", returns_early, NULL, &once);
	gbench_register("never loops", never_loops, NULL, &once);
	gbench_register("sets no time", sets_no_time, NULL, &once);
	gbench_register("below", sets_a_bad_time, &below, &once);
	gbench_register("infinite", sets_a_bad_time, &infinite, &once);
	gbench_register("undefined", sets_a_bad_time, &undefined, &once);
	gbench_register("not manual", sets_a_bad_time, &good, &untimed);
	gbench_register("too early", times_too_early, NULL, &once);
	gbench_register("good", sets_a_bad_time, &good, &once);
	assert_int_equal(gbench_run(&quiet, &summary), 0);
	assert_int_equal(summary.matched, 9);
	return (int)summary.failed;
}

static void misbehaviour_is_a_failed_run(void **state)
{
	(void)state;
	assert_int_equal(in_child(run_misbehaving, ""), 8);
	assert_int_equal(count_errors("The function returned before gbench_next() gave 0."), 8);
}

/* libstdc++'s way of throwing std::bad_alloc, called from C by its mangled name. */
extern void throw_bad_alloc(void) __asm__("_ZSt17__throw_bad_allocv") __attribute__((noreturn));

static void throwing(struct gbench_state *state, void *argument)
{
	(void)argument;
	while (gbench_next(state))
		throw_bad_alloc();
}

static int run_throwing(int argc, char **argv)
{
	struct gbench_run_options quiet = {.quiet = 1, .json_path = path_of("json")};
	struct gbench_summary summary;

	assert_int_equal(gbench_initialize(&argc, argv), 0);
	gbench_register("throws", throwing, NULL, &manual);
	gbench_register("stands", growing, NULL, &manual);
	assert_int_equal(gbench_run(&quiet, &summary), 0);
	return (int)summary.failed;
}

static void exceptions_stay_inside(void **state)
{
	(void)state;
	assert_int_equal(in_child(run_throwing, ""), REPETITIONS);
	assert_int_equal(count_errors("The function threw an exception: std::bad_alloc"), REPETITIONS);
}

static void forking(struct gbench_state *state, void *argument)
{
	int status;
	pid_t child = fork();

	(void)argument;
	if (child == 0) /* the child that forgets _exit() */
		return;
	waitpid(child, &status, 0);
	gbench_counter(state, "sim_status", WEXITSTATUS(status));
	while (gbench_next(state))
		gbench_set_time(state, 1);
}

static int run_forking(int argc, char **argv)
{
	struct gbench_run_options quiet = {.quiet = 1, .json_path = path_of("json")};

	assert_int_equal(gbench_initialize(&argc, argv), 0);
	gbench_register("forks", forking, NULL, &(struct gbench_options){.iterations = 1, .manual_time = 1});
	gbench_register("stands", growing, NULL, &manual);
	return -gbench_run(&quiet, NULL);
}

static void a_forgotten_child_is_ended(void **state)
{
	json_t *root;

	(void)state;
	assert_int_equal(in_child(run_forking, ""), 0);
	assert_non_null(strstr(complaints(), "\"forks\" forked returned from it"));
	root = load_json(path_of("json"));
	assert_int_equal(json_array_size(benchmarks_of(root)), 1 + REPETITIONS + 4);
	assert_int_equal(number(json_array_get(benchmarks_of(root), 0), "sim_status"), EXIT_FAILURE);
	json_decref(root);
}

/* ---- registering and running --------------------------------------------------------------------------------------
 */

static void bad_counters(struct gbench_state *state, void *argument)
{
	(void)argument;
	assert_int_equal(gbench_counter(state, "iterations", 1), -EINVAL);
	assert_int_equal(gbench_counter(state, "threads", 1), -EINVAL);
	assert_int_equal(gbench_counter(state, "real_time", 1), -EINVAL);
	assert_int_equal(gbench_counter(state, "label", 1), -EINVAL);
	assert_int_equal(gbench_counter(state, "", 1), -EINVAL);
	assert_int_equal(gbench_counter(state, NULL, 1), -EINVAL);
	assert_int_equal(gbench_counter(state, "new\nline", 1), -EINVAL);
	assert_int_equal(gbench_counter(state, "sim_nan", NAN), -EINVAL);
	assert_int_equal(gbench_counter(state, "sim_iterations", 1), 0);
	while (gbench_next(state))
		;
}

static int register_badly(int argc, char **argv)
{
	struct gbench_options endless = {.manual_time = 1}, negative = {.iterations = -1}, unit = {.unit = 9};

	(void)argc;
	(void)argv;
	assert_int_equal(gbench_run(NULL, NULL), -EINVAL);
	assert_int_equal(gbench_register("x", growing, NULL, &endless), -EINVAL);
	assert_int_equal(gbench_register("x", growing, NULL, &negative), -EINVAL);
	assert_int_equal(gbench_register("x", growing, NULL, &unit), -EINVAL);
	assert_int_equal(gbench_register("x", NULL, NULL, NULL), -EINVAL);
	assert_int_equal(gbench_register(NULL, growing, NULL, NULL), -EINVAL);
	assert_int_equal(gbench_register("", growing, NULL, NULL), -EINVAL);
	assert_int_equal(gbench_register("bad \xc3 name", growing, NULL, NULL), -EINVAL);
	assert_int_equal(gbench_register("x", bad_counters, NULL, &(struct gbench_options){.iterations = 1}), 0);
	assert_int_equal(gbench_register("x", bad_counters, NULL, NULL), -EEXIST);
	assert_int_equal(run_quietly(NULL), 0);
	assert_int_equal(run_quietly(NULL), EALREADY);
	assert_int_equal(gbench_register("y", growing, NULL, &manual), -EALREADY);
	assert_int_equal(gbench_context("sim_late", "1"), -EALREADY);
	return 42;
}

static void bad_calls_are_refused(void **state)
{
	(void)state;
	assert_int_equal(in_child(register_badly, ""), 42);
	assert_non_null(strstr(complaints(), "manual time needs a fixed number of iterations"));
}

static int run_free(int argc, char **argv)
{
	assert_int_equal(gbench_initialize(&argc, argv), 0);
	assert_int_equal(gbench_register("free", computing, NULL, NULL), 0);
	return run_quietly(path_of("json"));
}

static void the_library_may_choose_the_iterations(void **state)
{
	json_t *root, *run;

	(void)state;
	assert_int_equal(in_child(run_free, "--benchmark_min_time=0.01 --benchmark_time_unit=us"), 0);
	root = load_json(path_of("json"));
	run = json_array_get(benchmarks_of(root), 0);
	assert_true(number(run, "iterations") > 1);
	assert_true(number(run, "real_time") > 0);
	assert_string_equal(text(run, "time_unit"), "us");
	json_decref(root);
}

/* ---- flags --------------------------------------------------------------------------------------------------------
 */

static int keep_the_rest(int argc, char **argv)
{
	if (gbench_initialize(&argc, argv) != 0)
		return 100;
	assert_int_equal(argc, 5);
	assert_string_equal(argv[0], "program");
	assert_string_equal(argv[1], "run");
	assert_string_equal(argv[2], "--help");
	assert_string_equal(argv[3], "--v=2");
	assert_string_equal(argv[4], "-benchmark_x");
	assert_null(argv[5]);
	return 42;
}

static void other_arguments_stay(void **state)
{
	(void)state;
	assert_int_equal(
		in_child(keep_the_rest, "run --benchmark_repetitions=2 --help --v=2 --benchmark_color=no -benchmark_x"),
		42);
}

static void malformed_flags_are_refused(void **state)
{
	static const char *const bad[] = {"--benchmark_repetitions=abc",
					  "--benchmark_repetitions=0",
					  "--benchmark_repetitions=-1",
					  "--benchmark_repetitions=99999999999",
					  "--benchmark_repetitions=",
					  "--benchmark_repetitions",
					  "--benchmark_min_time=abc",
					  "--benchmark_min_time=-1",
					  "--benchmark_min_time=nan",
					  "--benchmark_min_time=1x",
					  "--benchmark_format=xml",
					  "--benchmark_out_format=yaml",
					  "--benchmark_out=",
					  "--benchmark_time_unit=h",
					  "--benchmark_color=",
					  "--benchmark_color=blue",
					  "--benchmark_list_tests=maybe",
					  "--benchmark_filter=(",
					  "--benchmark_filter=-[",
					  "--benchmark_filter",
					  "--benchmark_context=abc",
					  "--benchmark_context=a=b=c",
					  "--benchmark_context==b",
					  "--benchmark_bogus",
					  "--benchmark_bogus=1",
					  "--benchmark_",
					  "--benchmark_context=num_cpus=2"};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (in_child(run_three, bad[i]) != 100)
			fail_msg("%s was accepted", bad[i]);
		assert_true(strlen(complaints()) > 20);
	}
}

static void good_flags_are_taken(void **state)
{
	static const char *const good[] = {"--benchmark_min_time=0.5",
					   "--benchmark_min_warmup_time=0",
					   "--benchmark_repetitions=2",
					   "--benchmark_enable_random_interleaving=true",
					   "--benchmark_display_aggregates_only",
					   "--benchmark_color=auto",
					   "--benchmark_counters_tabular=1 --benchmark_format=console",
					   "--benchmark_time_unit=s",
					   "--benchmark_filter=",
					   "--benchmark_filter=all"};

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		if (in_child(run_three, good[i]) != 0)
			fail_msg("%s was refused: %s", good[i], complaints());
}

static void a_warm_up_of_manual_times_is_refused(void **state)
{
	(void)state;
	assert_int_equal(in_child(run_three, "--benchmark_min_warmup_time=0.1"), EINVAL);
	assert_non_null(strstr(complaints(), "--benchmark_min_warmup_time cannot be honoured"));
	assert_int_equal(in_child(run_free, "--benchmark_min_warmup_time=0.01 --benchmark_min_time=0.01"), 0);
}

static void the_environment_is_checked_too(void **state)
{
	(void)state;
	setenv("BENCHMARK_FORMAT", "xml", 1);
	assert_int_equal(in_child(run_three, ""), 100);
	assert_non_null(strstr(complaints(), "BENCHMARK_FORMAT"));
	unsetenv("BENCHMARK_FORMAT");
	setenv("BENCHMARK_FILTER", "b/", 1);
	assert_int_equal(in_child(run_three, "--benchmark_list_tests"), 0);
	assert_string_equal(printed(), "b/first\n");
	unsetenv("BENCHMARK_FILTER");
}

/* ---- filter and list ----------------------------------------------------------------------------------------------
 */

static const char *names_of(const char *filter)
{
	char flags[128];

	snprintf(flags, sizeof(flags), "--benchmark_list_tests --benchmark_filter=%s", filter);
	assert_int_equal(in_child(run_three, flags), 0);
	return printed();
}

static void the_filter_chooses_what_is_listed(void **state)
{
	(void)state;
	assert_string_equal(names_of(""), "a/first\na/second\nb/first\n");
	assert_string_equal(names_of("all"), "a/first\na/second\nb/first\n");
	assert_string_equal(names_of("first$"), "a/first\nb/first\n");
	assert_string_equal(names_of("-first$"), "a/second\n");
	assert_string_equal(names_of("^a/(first|third)"), "a/first\n");
	assert_string_equal(names_of("second|b"), "a/second\nb/first\n");
	assert_null(read_file(path_of("json")));
}

static int match_names(int argc, char **argv)
{
	assert_int_equal(gbench_initialize(&argc, argv), 0);
	assert_int_equal(gbench_lists_only(), 0);
	return gbench_matches("a/first") + 2 * gbench_matches("b/first") + 4 * gbench_matches("DISABLED_a") +
	       8 * gbench_matches(NULL);
}

static void names_are_matched_as_the_library_does(void **state)
{
	(void)state;
	assert_int_equal(in_child(match_names, ""), 3);
	assert_int_equal(in_child(match_names, "--benchmark_filter=all"), 3);
	assert_int_equal(in_child(match_names, "--benchmark_filter=^a"), 1);
	assert_int_equal(in_child(match_names, "--benchmark_filter=-^a"), 2);
	assert_int_equal(in_child(match_names, "--benchmark_filter=-"), 0);
	assert_int_equal(in_child(match_names, "--benchmark_filter=^a --benchmark_filter=^b"), 2);
}

static void an_empty_match_is_an_error(void **state)
{
	(void)state;
	assert_int_equal(in_child(run_three, "--benchmark_filter=nothing"), EINVAL);
	assert_non_null(strstr(complaints(), "No benchmark matches --benchmark_filter=nothing"));
	assert_null(read_file(path_of("json")));
	assert_int_equal(in_child(run_three, "--benchmark_list_tests --benchmark_filter=nothing"), EINVAL);
}

/* ---- the example --------------------------------------------------------------------------------------------------
 */

static int run_example(int argc, char **argv)
{
	argv[argc] = NULL;
	execv(GBENCH_EXAMPLE, argv);
	return 99;
}

static void the_example_runs(void **state)
{
	(void)state;
	assert_int_equal(in_child(run_example, "--benchmark_min_time=0.001"), 0);
	assert_non_null(strstr(printed(), "sleeping/1ms"));
	assert_non_null(strstr(printed(), "bytes=4"));
	assert_int_equal(in_child(run_example, "--benchmark_list_tests"), 0);
	assert_string_equal(printed(), "copying/page\nsleeping/1ms\n");
	assert_int_equal(in_child(run_example, "--benchmark_format=xml"), 2);
	assert_int_equal(in_child(run_example, "--other"), 2);
	assert_int_equal(in_child(run_example, "--benchmark_filter=x"), 1);
}

static void the_readme_shows_the_example(void **state)
{
	static char example[TEXT_MAX];

	(void)state;
	strcpy(example, read_file(GBENCH_SOURCE_DIR "/example.c"));
	assert_non_null(strstr(read_file(GBENCH_SOURCE_DIR "/README.md"), example));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_folder, remove_folder)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(json_holds_what_was_reported),
		TEST(aggregates_are_right_and_finite),
		TEST(context_is_written_once),
		TEST(csv_takes_counters_that_come_later),
		TEST(a_given_format_speaks_despite_quiet),
		TEST(a_given_output_file_wins),
		TEST(an_output_that_cannot_be_written_is_an_error),
		TEST(a_failed_repetition_leaves_the_others),
		TEST(a_failed_first_repetition_does_not_crash),
		TEST(misbehaviour_is_a_failed_run),
		TEST(exceptions_stay_inside),
		TEST(a_forgotten_child_is_ended),
		TEST(bad_calls_are_refused),
		TEST(the_library_may_choose_the_iterations),
		TEST(other_arguments_stay),
		TEST(malformed_flags_are_refused),
		TEST(good_flags_are_taken),
		TEST(a_warm_up_of_manual_times_is_refused),
		TEST(the_environment_is_checked_too),
		TEST(the_filter_chooses_what_is_listed),
		TEST(names_are_matched_as_the_library_does),
		TEST(an_empty_match_is_an_error),
		TEST(the_example_runs),
		TEST(the_readme_shows_the_example),
	};

	return cmocka_run_group_tests_name("gbench", tests, NULL, NULL);
}
