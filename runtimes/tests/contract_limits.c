/* contract_limits.c: what happens where the machine ends: no further task, and tasks that crash.
 *
 * The limits are lowered in a helper process, never here. An ordinary user meets RLIMIT_NPROC at once; root, whom it
 * does not bind, becomes somebody else first. RLIMIT_AS ends models that cost memory only; sanitizers reserve address
 * space as they go and cannot live under it. */
#include "contract.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../check.h"

enum {
	BEFORE = 8,                      /* tasks spawned before the limit is lowered */
	MOST = SANITIZED ? 2000 : 20000, /* tasks after which there seems to be no limit; ThreadSanitizer has its own */
	OTHERS = 20,                     /* tasks beside one that crashes */
	NOT_BITING = 7                   /* exit status of the helper that met no limit */
};

/* A user id that no system gives to anybody, so that the processes counted are this helper's. */
static const uid_t nobody_at_all = 1934871;

struct limits {
	struct rlimit memory, processes;
};

static void lower(int resource, struct rlimit *before)
{
	struct rlimit limit;

	CHECK(getrlimit(resource, before) == 0, "getrlimit: %s", strerror(errno));
	limit = (struct rlimit){.rlim_cur = 1, .rlim_max = before->rlim_max};
	CHECK(setrlimit(resource, &limit) == 0, "setrlimit: %s", strerror(errno));
}

static void lower_limits(struct limits *before)
{
	lower(RLIMIT_NPROC, &before->processes);
	if (!SANITIZED)
		lower(RLIMIT_AS, &before->memory);
}

static void restore_limits(const struct limits *before)
{
	setrlimit(RLIMIT_NPROC, &before->processes);
	if (!SANITIZED)
		setrlimit(RLIMIT_AS, &before->memory);
}

struct attempt {
	_Atomic uint32_t released;
	_Atomic uint32_t ended;
};

static void end_when_released(void *argument)
{
	struct attempt *attempt = argument;

	while (capable(RUNTIME_INTERLEAVES) && atomic_load(&attempt->released) == 0)
		CHECK(task_wait(&attempt->released, 0) >= 0, "a wait failed");
	atomic_fetch_add(&attempt->ended, 1);
}

/* Spawns until it is refused, or for ever as far as a test is concerned; returns how many there are in the end. */
static unsigned spawn_to_the_limit(struct task *tasks, struct attempt *attempt, int *error)
{
	unsigned count = BEFORE;

	while (count < MOST) {
		*error = task_spawn(&tasks[count], end_when_released, attempt);
		if (*error < 0)
			break;
		count++;
	}
	return count;
}

static void meet_the_limit(void *argument)
{
	struct attempt *attempt = shared(sizeof(*attempt));
	struct task *tasks = malloc(MOST * sizeof(*tasks));
	int *error = argument;
	struct limits before;
	unsigned count;

	CHECK(tasks, "out of memory");
	for (int i = 0; i < BEFORE; i++)
		tasks[i] = spawn(end_when_released, attempt);
	lower_limits(&before);
	count = spawn_to_the_limit(tasks, attempt, error);
	atomic_store(&attempt->released, 1);
	task_wake(&attempt->released, UINT32_MAX);
	for (unsigned i = 0; i < count; i++)
		CHECK(task_join(tasks[i]) == 0, "a task that was there did not end");
	CHECK(atomic_load(&attempt->ended) == count, "%u tasks of %u ended", atomic_load(&attempt->ended), count);
	restore_limits(&before);
	join(spawn(end_when_released, attempt));
	free(tasks);
}

/* The main thread's stack cannot grow once RLIMIT_AS is reached: grows it beforehand. */
static void __attribute__((noinline)) grow_stack(void)
{
	volatile char room[256 * 1024];

	for (size_t i = 0; i < sizeof(room); i += 1024)
		room[i] = 0;
}

static void run_to_the_limit(void *argument)
{
	int error = 0;

	(void)argument;
	if (getuid() == 0 && setresuid(nobody_at_all, nobody_at_all, nobody_at_all) < 0)
		_exit(NOT_BITING);
	grow_stack();
	CHECK(task_run(meet_the_limit, &error) == 0, "task_run failed");
	if (error == 0)
		_exit(NOT_BITING);
	CHECK(error == -EAGAIN || error == -ENOMEM, "the limit gave %d (%s)", error, strerror(-error));
}

static void test_at_a_limit_the_tasks_that_are_there_go_on(void **state)
{
	int status = helper_end(helper_start(run_to_the_limit, NULL));

	(void)state;
	if (WIFEXITED(status) && WEXITSTATUS(status) == NOT_BITING) {
		print_message("%s: no limit on processes or memory binds here\n", runtime.name);
		skip();
	}
	assert_int_equal(status, 0);
}

static void crash_by_signal(void *argument)
{
	const struct rlimit no_core = {0};

	setrlimit(RLIMIT_CORE, &no_core);
	signal(SIGSEGV, SIG_DFL);
	raise(*(int *)argument);
}

static void exit_badly(void *argument)
{
	_exit(*(int *)argument);
}

static void sleep_and_count(void *argument)
{
	task_sleep_until(clock_now() + 5 * NS_PER_MS);
	atomic_fetch_add((_Atomic uint32_t *)argument, 1);
}

/* A task beside one that crashes: it ends, except that tasks on stacks of one process crash together. */
static bool ends_or_crashes(struct task task)
{
	int result = task_join(task);

	EXPECT(result == 0 || (result == -ECHILD && capable(RUNTIME_SWITCHES_STACKS)));
	return result == 0;
}

static void crash_beside_others(void *argument)
{
	_Atomic uint32_t *count = shared(sizeof(*count));
	int killed = SIGKILL, faulted = SIGSEGV, status = 3;
	struct task others[OTHERS], crashed[3];
	unsigned ended = 0;

	(void)argument;
	for (int i = 0; i < OTHERS / 2; i++)
		others[i] = spawn(sleep_and_count, count);
	crashed[0] = spawn(crash_by_signal, &killed);
	crashed[1] = spawn(crash_by_signal, &faulted);
	crashed[2] = spawn(exit_badly, &status);
	for (int i = OTHERS / 2; i < OTHERS; i++)
		others[i] = spawn(sleep_and_count, count);
	for (int i = 0; i < 3; i++)
		EXPECT(task_join(crashed[i]) == -ECHILD);
	for (int i = 0; i < OTHERS; i++)
		ended += ends_or_crashes(others[i]);
	EXPECT(atomic_load(count) == ended);
	join(spawn(sleep_and_count, count));
}

static void test_a_crash_ends_its_own_process_only(void **state)
{
	(void)state;
	needs_lack_of(RUNTIME_SHARES_MEMORY, "a crash ends all tasks of a process");
	needs(RUNTIME_INTERLEAVES, "a crash ends all tasks of a process");
	play(crash_beside_others, NULL);
}

static void run_crashing(void *argument)
{
	CHECK(task_run(crash_beside_others, argument) == 0, "task_run failed");
}

static void test_a_crash_is_told_in_a_sentence(void **state)
{
	char *text;
	int lines = 0;

	(void)state;
	needs_lack_of(RUNTIME_SHARES_MEMORY, "a crash ends all tasks of a process");
	needs(RUNTIME_INTERLEAVES, "a crash ends all tasks of a process");
	text = output_of(STDERR_FILENO, run_crashing, NULL);
	for (const char *end = text; (end = strchr(end, '\n')); end++)
		lines++;
	assert_int_equal(lines, 3);
	assert_non_null(strstr(text, "signal 9"));
	assert_non_null(strstr(text, "signal 11"));
	assert_non_null(strstr(text, "status 3"));
	free(text);
}

static void leave_a_task(void *argument)
{
	(void)argument;
	spawn(end_when_released, shared(sizeof(struct attempt)));
}

static void run_and_leave_a_task(void *argument)
{
	const struct rlimit no_core = {0};

	setrlimit(RLIMIT_CORE, &no_core);
	task_run(leave_a_task, argument);
}

static void test_a_task_that_nobody_joined_is_a_defect(void **state)
{
	int status;

	(void)state;
	print_message("the next sentence is part of the test: ");
	status = helper_end(helper_start(run_and_leave_a_task, NULL));
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}

int run_limit_tests(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_at_a_limit_the_tasks_that_are_there_go_on),
		cmocka_unit_test(test_a_crash_ends_its_own_process_only),
		cmocka_unit_test(test_a_crash_is_told_in_a_sentence),
		cmocka_unit_test(test_a_task_that_nobody_joined_is_a_defect),
	};

	return cmocka_run_group_tests_name("limits", tests, NULL, NULL);
}
