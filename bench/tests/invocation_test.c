/* invocation_test.c: every way in which a player can misbehave, and what it costs: its own cell, and nothing else.
 *
 * The program marks its environment before it starts anything, so whoever descends from it can be found in /proc
 * however it has left its parents; after each test there must be nobody. */
#include <dirent.h>
#include <errno.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../runtimes/clock.h"
#include "../driver/invocation.h"

#define MARKER "SIMUL_INVOCATION_TEST"

static const uint64_t patience_ns = 30 * NS_PER_S;
static const char *const good_line = "{\"protocol\":1,\"runtime\":\"misbehave\"}";

static volatile sig_atomic_t stop;

/* Processes that carry our marker, ourselves not counted. */
static unsigned marked_processes(void)
{
	char path[300], environment[1 << 16];
	const char *marker = getenv(MARKER);
	struct dirent *entry;
	DIR *proc = opendir("/proc");
	unsigned count = 0;

	assert_non_null(proc);
	while ((entry = readdir(proc))) {
		size_t length = 0;
		FILE *file;

		if (atoi(entry->d_name) <= 0 || atoi(entry->d_name) == getpid())
			continue;
		snprintf(path, sizeof(path), "/proc/%s/environ", entry->d_name);
		file = fopen(path, "re");
		if (file) {
			length = fread(environment, 1, sizeof(environment), file);
			fclose(file);
		}
		count += memmem(environment, length, marker, strlen(marker)) != NULL;
	}
	closedir(proc);
	return count;
}

static unsigned open_descriptors(void)
{
	DIR *folder = opendir("/proc/self/fd");
	unsigned count = 0;

	while (readdir(folder))
		count++;
	closedir(folder);
	return count;
}

static int nobody_is_left(void **state)
{
	(void)state;
	stop = 0;
	assert_int_equal(marked_processes(), 0);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
	return 0;
}

static void play(const char *act, const char *load, uint64_t timeout_ns, struct invocation_result *result)
{
	const char *const argv[] = {MISBEHAVE, act, NULL};
	const char *const load_argv[] = {MISBEHAVE, load, NULL};
	struct invocation_plan plan = {
		.argv = argv,
		.load_argv = load ? load_argv : NULL,
		.timeout_ns = timeout_ns,
		.stop = &stop,
	};

	assert_int_equal(invocation_play(&plan, result), 0);
	assert_non_null(result->messages);
}

struct scene {
	const char *act, *load;
	uint64_t timeout_ns; /* 0: more than it needs */
	enum invocation_status status;
	const char *reason; /* how it begins; NULL where the status is INVOCATION_OK */
	unsigned leftover;
	bool has_output;
	bool output_is_open; /* whether there is one depends on who was faster */
};

static void check_scene(const struct scene *scene)
{
	struct invocation_result result;

	play(scene->act, scene->load, scene->timeout_ns ? scene->timeout_ns : patience_ns, &result);
	if (result.status != scene->status ||
	    (scene->reason && strncmp(result.reason, scene->reason, strlen(scene->reason))))
		fail_msg("%s: status %d, \"%s\"", scene->act, (int)result.status, result.reason);
	if (result.leftover != scene->leftover)
		fail_msg("%s: %u left over", scene->act, result.leftover);
	if (!scene->output_is_open && scene->has_output != (result.output != NULL))
		fail_msg("%s: output %s", scene->act, result.output ? result.output : "missing");
	if (marked_processes() != 0)
		fail_msg("%s: somebody is left", scene->act);
	invocation_clear(&result);
	assert_null(result.messages);
}

#define SCENES_TEST(test)                                                                                              \
	static void test(void **state)                                                                                 \
	{                                                                                                              \
		(void)state;                                                                                           \
		for (size_t i = 0; i < sizeof(test##_scenes) / sizeof(test##_scenes[0]); i++)                          \
			check_scene(&test##_scenes[i]);                                                                \
	}

static const struct scene good_scenes[] = {
	{.act = "good", .has_output = true},
	{.act = "good-without-newline", .has_output = true},
	{.act = "good-among-blank-lines", .has_output = true},
	{.act = "talkative", .has_output = true},
	{.act = "long-record", .has_output = true},
	{.act = "leave-briefly", .has_output = true},
	{.act = "close-output-after-record", .has_output = true},
	{.act = "terminate-warden", .has_output = true},
	{.act = "odd-messages", .has_output = true},
};
SCENES_TEST(good)

static const struct scene rubbish_scenes[] = {
	{.act = "silent", .status = INVOCATION_FAILED, .reason = "printed no record"},
	{.act = "two-records", .status = INVOCATION_FAILED, .reason = "printed 2 lines where one was due"},
	{.act = "record-then-rubbish", .status = INVOCATION_FAILED, .reason = "printed 2 lines where one was due"},
	{.act = "binary", .status = INVOCATION_FAILED, .reason = "printed "},
	{.act = "invalid-utf8", .status = INVOCATION_FAILED, .reason = "printed what is no record: not JSON"},
	{.act = "zero-byte", .status = INVOCATION_FAILED, .reason = "printed a zero byte"},
	{.act = "not-an-object", .status = INVOCATION_FAILED, .reason = "printed what is no record: not a JSON object"},
	{.act = "other-protocol",
	 .status = INVOCATION_FAILED,
	 .reason = "printed what is no record: speaks protocol 2"},
	{.act = "close-output-early", .status = INVOCATION_FAILED, .reason = "printed no record"},
};
SCENES_TEST(rubbish)

static const struct scene endings_scenes[] = {
	{.act = "crash", .status = INVOCATION_FAILED, .reason = "was killed by SIGSEGV"},
	{.act = "crash-after-record", .status = INVOCATION_FAILED, .reason = "was killed by SIGSEGV"},
	{.act = "exit-1",
	 .status = INVOCATION_FAILED,
	 .reason = "exited with status 1 (it failed or its result was wrong): the checksum is ?[31mwrong"},
	{.act = "exit-1-after-record", .status = INVOCATION_FAILED, .reason = "exited with status 1"},
	{.act = "exit-2", .status = INVOCATION_FAILED, .reason = "exited with status 2 (it was called wrongly)"},
	{.act = "exit-42", .status = INVOCATION_FAILED, .reason = "exited with status 42"},
	{.act = "refuse", .status = INVOCATION_REFUSED, .reason = "no more threads", .has_output = true},
	{.act = "refuse-silently", .status = INVOCATION_FAILED, .reason = "exited with status 3 without a refusal"},
	{.act = "refuse-with-record",
	 .status = INVOCATION_FAILED,
	 .has_output = true,
	 .reason = "exited with status 3 but its line is no refusal"},
	{.act = "refuse-with-0",
	 .status = INVOCATION_FAILED,
	 .has_output = true,
	 .reason = "refused but exited with status 0"},
};
SCENES_TEST(endings)

static const struct scene limits_scenes[] = {
	{.act = "hang",
	 .timeout_ns = 200 * NS_PER_MS,
	 .status = INVOCATION_FAILED,
	 .reason = "did not end within 200 ms"},
	{.act = "stop-itself",
	 .timeout_ns = 200 * NS_PER_MS,
	 .status = INVOCATION_FAILED,
	 .reason = "did not end within"},
	{.act = "hang-with-children",
	 .timeout_ns = 200 * NS_PER_MS,
	 .status = INVOCATION_FAILED,
	 .reason = "did not end within"},
	{.act = "flood-output", .status = INVOCATION_FAILED, .reason = "flooded its output: more than 1024 KiB"},
	{.act = "flood-errors", .status = INVOCATION_FAILED, .reason = "flooded standard error: more than 64 MiB"},
};
SCENES_TEST(limits)

static const struct scene leftover_scenes[] = {
	{.act = "leave-3",
	 .status = INVOCATION_FAILED,
	 .reason = "left 3 processes behind",
	 .leftover = 3,
	 .has_output = true},
	{.act = "leave-daemon",
	 .status = INVOCATION_FAILED,
	 .reason = "left 1 process behind",
	 .leftover = 1,
	 .has_output = true},
	{.act = "leave-grandchildren",
	 .status = INVOCATION_FAILED,
	 .reason = "left 3 processes behind",
	 .leftover = 3,
	 .has_output = true},
	{.act = "crash-leaving-child", .status = INVOCATION_FAILED, .reason = "was killed by SIGSEGV", .leftover = 1},
};
SCENES_TEST(leftover)

static const struct scene load_scenes[] = {
	{.act = "serve", .load = "load", .has_output = true},
	{.act = "serve",
	 .status = INVOCATION_FAILED,
	 .reason = "says that it listens, but nothing was to be connected"},
	{.act = "good",
	 .load = "load",
	 .status = INVOCATION_FAILED,
	 .has_output = true,
	 .reason = "ended without waiting for its load"},
	{.act = "serve-twice", .load = "hang", .status = INVOCATION_FAILED, .reason = "said twice that it listens"},
	{.act = "serve-nowhere",
	 .load = "load",
	 .status = INVOCATION_FAILED,
	 .reason = "says that it listens at port 70000, which cannot be"},
	{.act = "serve-and-hang",
	 .load = "exit-1",
	 .status = INVOCATION_FAILED,
	 .reason = "the load exited with status 1 (it failed or its result was wrong): the checksum"},
	{.act = "serve",
	 .load = "crash",
	 .status = INVOCATION_FAILED,
	 .output_is_open = true,
	 .reason = "the load was killed by SIGSEGV"},
	{.act = "serve-and-hang",
	 .load = "load",
	 .timeout_ns = 500 * NS_PER_MS,
	 .status = INVOCATION_FAILED,
	 .reason = "did not end within 500 ms"},
	{.act = "serve",
	 .load = "silent",
	 .status = INVOCATION_FAILED,
	 .has_output = true,
	 .reason = "the load printed no record"},
	{.act = "serve",
	 .load = "two-records",
	 .status = INVOCATION_FAILED,
	 .has_output = true,
	 .reason = "the load printed 2 lines where one was due"},
	{.act = "serve",
	 .load = "flood-output",
	 .status = INVOCATION_FAILED,
	 .output_is_open = true,
	 .reason = "the load flooded its output"},
	{.act = "serve",
	 .load = "leave-daemon",
	 .timeout_ns = NS_PER_S,
	 .status = INVOCATION_FAILED,
	 .reason = "did not end within 1 s"},
	{.act = "serve-and-crash", .load = "hang", .status = INVOCATION_FAILED, .reason = "was killed by SIGSEGV"},
	{.act = "serve-and-hang",
	 .load = "refuse",
	 .status = INVOCATION_REFUSED,
	 .has_output = true,
	 .reason = "the load no more threads"},
};
SCENES_TEST(load)

/* Whether the load is started, refused or left alone depends on who is faster: the cell fails in each case, in time. */
static void server_may_leave(void **state)
{
	struct invocation_result result;

	(void)state;
	play("serve-and-leave", "hang", 300 * NS_PER_MS, &result);
	assert_int_equal(result.status, INVOCATION_FAILED);
	invocation_clear(&result);
}

static void hydra_is_caught(void **state)
{
	struct invocation_result result;

	(void)state;
	play("hydra", NULL, patience_ns, &result);
	assert_int_equal(result.status, INVOCATION_FAILED);
	assert_int_equal(marked_processes(), 0);
	invocation_clear(&result);
}

static void result_is_complete(void **state)
{
	struct invocation_result result;

	(void)state;
	play("serve", "load", patience_ns, &result);
	assert_int_equal(result.status, INVOCATION_OK);
	assert_string_equal(result.output, good_line);
	assert_string_equal(result.load_output, "{\"protocol\":1,\"load\":\"misbehave\"}");
	assert_string_equal(result.messages, "");
	assert_string_equal(result.reason, "");
	assert_true(WIFEXITED(result.exit_status) && WEXITSTATUS(result.exit_status) == 0);
	assert_true(result.elapsed_ns > 0);
	invocation_clear(&result);

	play("crash", NULL, patience_ns, &result);
	assert_true(WIFSIGNALED(result.exit_status) && WTERMSIG(result.exit_status) == SIGSEGV);
	invocation_clear(&result);
}

static void messages_are_clean(void **state)
{
	struct invocation_result result;

	(void)state;
	play("odd-messages", NULL, patience_ns, &result);
	assert_string_equal(result.messages, "caf\xc3\xa9 ?? ?[2J? tab\there? ?? ??? end\n");
	invocation_clear(&result);

	play("talkative", NULL, patience_ns, &result);
	assert_true(strlen(result.messages) > 1000 && strlen(result.messages) <= 4096);
	assert_non_null(strstr(result.messages, "xxx\nthe end"));
	invocation_clear(&result);
}

static void player_has_a_clean_start(void **state)
{
	struct invocation_result result;
	int inheritable = dup(STDIN_FILENO);
	sigset_t set, old;

	(void)state;
	assert_true(inheritable > STDERR_FILENO);
	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, &old);
	play("inspect", NULL, patience_ns, &result);
	sigprocmask(SIG_SETMASK, &old, NULL);
	signal(SIGPIPE, SIG_DFL);
	close(inheritable);
	assert_string_equal(result.reason, "");
	assert_int_equal(result.status, INVOCATION_OK);
	invocation_clear(&result);
}

static hwloc_topology_t topology_of(const char *synthetic)
{
	hwloc_topology_t topology;

	assert_int_equal(hwloc_topology_init(&topology), 0);
	if (synthetic)
		assert_int_equal(hwloc_topology_set_synthetic(topology, synthetic), 0);
	assert_int_equal(hwloc_topology_load(topology), 0);
	return topology;
}

static void player_runs_where_it_is_told(void **state)
{
	const char *const argv[] = {MISBEHAVE, "where", NULL};
	hwloc_topology_t topology = topology_of(NULL);
	hwloc_bitmap_t allowed = hwloc_bitmap_alloc();
	struct invocation_result result;
	char expected[64];
	int core;

	(void)state;
	assert_int_equal(hwloc_get_cpubind(topology, allowed, HWLOC_CPUBIND_PROCESS), 0);
	core = hwloc_bitmap_last(allowed);
	hwloc_bitmap_only(allowed, (unsigned)core);
	snprintf(expected, sizeof(expected), "{\"protocol\":1,\"core\":%d}", core);
	assert_int_equal(invocation_play(&(struct invocation_plan){.argv = argv,
								   .topology = topology,
								   .cores = allowed,
								   .timeout_ns = patience_ns},
					 &result),
			 0);
	assert_string_equal(result.reason, "");
	assert_string_equal(result.output, expected);
	invocation_clear(&result);
	hwloc_bitmap_free(allowed);
	hwloc_topology_destroy(topology);
}

static void impossible_core_is_said(void **state)
{
	const char *const argv[] = {MISBEHAVE, "good", NULL};
	hwloc_topology_t topology = topology_of(NULL), other = topology_of("pack:8 core:64 pu:1");
	hwloc_bitmap_t far = hwloc_bitmap_alloc();
	struct invocation_result result;
	struct invocation_plan plan = {.argv = argv, .topology = topology, .cores = far, .timeout_ns = patience_ns};

	(void)state;
	hwloc_bitmap_only(far, 511);
	assert_int_equal(invocation_play(&plan, &result), 0);
	assert_int_equal(result.status, INVOCATION_FAILED);
	assert_ptr_equal(strstr(result.reason, "could not be bound to its cores: "), result.reason);
	invocation_clear(&result);

	/* A machine that is only described binds nothing. */
	plan.topology = other;
	assert_int_equal(invocation_play(&plan, &result), 0);
	assert_int_equal(result.status, INVOCATION_OK);
	invocation_clear(&result);
	hwloc_bitmap_free(far);
	hwloc_topology_destroy(topology);
	hwloc_topology_destroy(other);
}

static void check_start(const char *path, const char *reason)
{
	const char *const argv[] = {path, "info", NULL};
	struct invocation_result result;

	assert_int_equal(invocation_play(&(struct invocation_plan){.argv = argv, .timeout_ns = patience_ns}, &result),
			 0);
	assert_int_equal(result.status, INVOCATION_FAILED);
	assert_string_equal(result.reason, reason);
	assert_null(result.output);
	invocation_clear(&result);
}

static void failing_exec_is_said(void **state)
{
	(void)state;
	check_start("/nonexistent/simul-x", "could not be started: /nonexistent/simul-x: No such file or directory");
	check_start("/dev/null", "could not be started: /dev/null: Permission denied");
	check_start("/", "could not be started: /: Permission denied");
}

static void shell_player_joins(void **state)
{
	const char *const argv[] = {PLAYERS "/simul-shell", "play", "counting", NULL};
	struct invocation_result result;

	(void)state;
	assert_int_equal(invocation_play(&(struct invocation_plan){.argv = argv, .timeout_ns = patience_ns}, &result),
			 0);
	assert_string_equal(result.reason, "");
	assert_int_equal(result.status, INVOCATION_OK);
	assert_non_null(strstr(result.output, "\"workload\": \"counting\""));
	assert_string_equal(result.messages, "playing counting\n");
	invocation_clear(&result);
}

static void warden_may_die(void **state)
{
	struct invocation_result result;

	(void)state;
	play("kill-warden", NULL, patience_ns, &result);
	assert_int_equal(result.status, INVOCATION_FAILED);
	assert_string_equal(result.reason, "was ended, because its warden ended without a result");
	assert_null(result.output);
	assert_int_equal(marked_processes(), 0);
	invocation_clear(&result);
}

static void warden_may_be_stopped(void **state)
{
	struct invocation_result result;

	(void)state;
	play("stop-warden", NULL, 100 * NS_PER_MS, &result);
	assert_int_equal(result.status, INVOCATION_FAILED);
	assert_string_equal(result.reason, "was ended, because its warden did not answer any more");
	assert_int_equal(marked_processes(), 0);
	invocation_clear(&result);
}

/* Our own children are not the player's: they survive even the sweep after a warden's death. */
static void other_children_are_spared(void **state)
{
	struct invocation_result result;
	pid_t own = fork();
	int status;

	(void)state;
	if (own == 0)
		for (;;)
			pause();
	play("kill-warden", NULL, patience_ns, &result);
	assert_int_equal(result.status, INVOCATION_FAILED);
	invocation_clear(&result);
	assert_int_equal(waitpid(own, &status, WNOHANG), 0);
	kill(own, SIGKILL);
	assert_int_equal(waitpid(own, &status, 0), own);
}

static void set_stop(int number)
{
	(void)number;
	stop = 1;
}

static void stop_interrupts(void **state)
{
	static const struct itimerval soon = {.it_value.tv_usec = 150000};
	struct invocation_result result;

	(void)state;
	signal(SIGALRM, set_stop);
	setitimer(ITIMER_REAL, &soon, NULL);
	play("hang-with-children", NULL, patience_ns, &result);
	assert_int_equal(result.status, INVOCATION_INTERRUPTED);
	assert_string_equal(result.reason, "was interrupted");
	assert_true(result.elapsed_ns < patience_ns);
	assert_int_equal(marked_processes(), 0);
	invocation_clear(&result);

	/* Already set: nothing is even started. */
	play("good", NULL, patience_ns, &result);
	assert_int_equal(result.status, INVOCATION_INTERRUPTED);
	assert_int_equal(result.elapsed_ns, 0);
	invocation_clear(&result);
}

/* A terminal sends SIGINT to the whole group of the driver: only the driver may feel it. */
static void ctrl_c_reaches_the_driver_only(void **state)
{
	struct invocation_result result;
	pid_t driver = fork(), terminal;
	int status;

	(void)state;
	if (driver == 0) {
		setpgid(0, 0);
		signal(SIGINT, set_stop);
		terminal = fork();
		if (terminal == 0) {
			usleep(200000);
			signal(SIGINT, SIG_IGN);
			kill(0, SIGINT);
			_exit(0);
		}
		play("hang", NULL, patience_ns, &result);
		waitpid(terminal, NULL, 0);
		_exit(result.status == INVOCATION_INTERRUPTED && !strcmp(result.reason, "was interrupted") ? 0 : 1);
	}
	assert_int_equal(waitpid(driver, &status, 0), driver);
	assert_int_equal(status, 0);
}

static bool becomes(unsigned expected, bool at_least)
{
	uint64_t until = clock_now() + 10 * NS_PER_S;

	while (clock_now() < until) {
		unsigned count = marked_processes();

		if (at_least ? count >= expected : count == expected)
			return true;
		usleep(10000);
	}
	return false;
}

/* And not even if its whole group is killed: the warden is in another one. */
static void killed_driver_leaves_nobody(void **state)
{
	struct invocation_result result;
	pid_t driver = fork();
	int status;

	(void)state;
	if (driver == 0) {
		setpgid(0, 0);
		play("hang-with-children", NULL, patience_ns, &result);
		_exit(0);
	}
	/* The driver, its warden, the player and its three children. */
	assert_true(becomes(6, true));
	kill(-driver, SIGKILL);
	assert_int_equal(waitpid(driver, &status, 0), driver);
	assert_true(becomes(0, false));
	/* We are a subreaper too: the warden of the dead driver is ours to reap. */
	while (waitpid(-1, &status, 0) > 0)
		;
}

static void nothing_leaks(void **state)
{
	unsigned descriptors = open_descriptors();
	struct invocation_result result;

	(void)state;
	for (int i = 0; i < 100; i++) {
		play(i % 4 ? "good" : "leave-daemon", NULL, patience_ns, &result);
		invocation_clear(&result);
	}
	check_start("/nonexistent/simul-x", "could not be started: /nonexistent/simul-x: No such file or directory");
	assert_int_equal(open_descriptors(), descriptors);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
}

/* Also without the three standard descriptors, as a service may be started. */
static void standard_descriptors_may_be_closed(void **state)
{
	struct invocation_result result;
	pid_t driver = fork();
	int status;

	(void)state;
	if (driver == 0) {
		close(STDIN_FILENO);
		close(STDOUT_FILENO);
		close(STDERR_FILENO);
		play("inspect", NULL, patience_ns, &result);
		_exit(result.status == INVOCATION_OK && !strcmp(result.output, good_line) ? 0 : 1);
	}
	assert_int_equal(waitpid(driver, &status, 0), driver);
	assert_int_equal(status, 0);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(good, nobody_is_left),
		cmocka_unit_test_teardown(rubbish, nobody_is_left),
		cmocka_unit_test_teardown(endings, nobody_is_left),
		cmocka_unit_test_teardown(limits, nobody_is_left),
		cmocka_unit_test_teardown(leftover, nobody_is_left),
		cmocka_unit_test_teardown(load, nobody_is_left),
		cmocka_unit_test_teardown(server_may_leave, nobody_is_left),
		cmocka_unit_test_teardown(hydra_is_caught, nobody_is_left),
		cmocka_unit_test_teardown(result_is_complete, nobody_is_left),
		cmocka_unit_test_teardown(messages_are_clean, nobody_is_left),
		cmocka_unit_test_teardown(player_has_a_clean_start, nobody_is_left),
		cmocka_unit_test_teardown(player_runs_where_it_is_told, nobody_is_left),
		cmocka_unit_test_teardown(impossible_core_is_said, nobody_is_left),
		cmocka_unit_test_teardown(failing_exec_is_said, nobody_is_left),
		cmocka_unit_test_teardown(shell_player_joins, nobody_is_left),
		cmocka_unit_test_teardown(warden_may_die, nobody_is_left),
		cmocka_unit_test_teardown(warden_may_be_stopped, nobody_is_left),
		cmocka_unit_test_teardown(other_children_are_spared, nobody_is_left),
		cmocka_unit_test_teardown(stop_interrupts, nobody_is_left),
		cmocka_unit_test_teardown(ctrl_c_reaches_the_driver_only, nobody_is_left),
		cmocka_unit_test_teardown(killed_driver_leaves_nobody, nobody_is_left),
		cmocka_unit_test_teardown(nothing_leaks, nobody_is_left),
		cmocka_unit_test_teardown(standard_descriptors_may_be_closed, nobody_is_left),
	};
	char marker[64];

	(void)argc;
	/* /proc/PID/environ shows what a program was started with, so the marker must be there from our own start on.
	 */
	if (!getenv(MARKER)) {
		snprintf(marker, sizeof(marker), "%d-%llu", (int)getpid(), (unsigned long long)clock_now());
		setenv(MARKER, marker, 1);
		execv("/proc/self/exe", argv);
		return EXIT_FAILURE;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
