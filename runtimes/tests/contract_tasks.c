/* contract_tasks.c: running, spawning, joining, and the memory that tasks share. */
#include "contract.h"

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../check.h"

enum { MANY = 200, LEVELS = 5, PAGE = 4096, MUCH = 64 << 20 };

static void note_argument(void *argument)
{
	*(int *)argument += 1;
}

static void test_run_calls_main_once_with_its_argument(void **state)
{
	int calls = 0;

	(void)state;
	play(note_argument, &calls);
	assert_int_equal(calls, 1);
}

struct slot {
	int before; /* written by the spawner before the spawn */
	int seen;   /* what the task saw of it */
	int calls;
};

static void fill_slot(void *argument)
{
	struct slot *slot = argument;

	slot->seen = slot->before;
	slot->calls++;
}

static void spawn_slots(struct slot *slots, struct task *tasks)
{
	for (int i = 0; i < MANY; i++) {
		slots[i].before = i + 1;
		tasks[i] = spawn(fill_slot, &slots[i]);
	}
}

static void expect_slots(const struct slot *slots)
{
	for (int i = 0; i < MANY; i++)
		EXPECT(slots[i].calls == 1 && slots[i].seen == i + 1);
}

static void many_in_order(void *argument)
{
	struct slot *slots = shared(MANY * sizeof(*slots));
	struct task tasks[MANY];

	(void)argument;
	spawn_slots(slots, tasks);
	for (int i = 0; i < MANY; i++)
		join(tasks[i]);
	expect_slots(slots);
}

static void many_in_reverse(void *argument)
{
	struct slot *slots = shared(MANY * sizeof(*slots));
	struct task tasks[MANY];

	(void)argument;
	spawn_slots(slots, tasks);
	for (int i = MANY; i-- > 0;)
		join(tasks[i]);
	expect_slots(slots);
}

static void each_joined_has_ended(void *argument)
{
	struct slot *slots = shared(MANY * sizeof(*slots));
	struct task tasks[MANY];

	(void)argument;
	spawn_slots(slots, tasks);
	for (int i = 0; i < MANY; i++) {
		join(tasks[i]);
		EXPECT(slots[i].calls == 1);
	}
}

static void test_tasks_get_their_arguments_and_all_end(void **state)
{
	(void)state;
	play(many_in_order, NULL);
}

static void test_joining_in_any_order(void **state)
{
	(void)state;
	play(many_in_reverse, NULL);
}

static void test_a_joined_task_has_ended(void **state)
{
	(void)state;
	play(each_joined_has_ended, NULL);
}

static void joined_late(void *argument)
{
	struct slot *slot = shared(sizeof(*slot));
	struct task early = spawn(fill_slot, slot);

	(void)argument;
	task_sleep_until(clock_now() + 20 * NS_PER_MS); /* it may be long over by now */
	join(early);
	EXPECT(slot->calls == 1);
}

static void test_a_task_can_be_joined_late(void **state)
{
	(void)state;
	play(joined_late, NULL);
}

/* One node a level: all tasks of a level get the same one, in memory that they share in every model. */
struct tree {
	_Atomic uint32_t leaves;
	struct node {
		struct tree *tree;
		int level;
	} node[LEVELS];
};

static struct tree *plant(void)
{
	struct tree *tree = shared(sizeof(*tree));

	for (int i = 0; i < LEVELS; i++)
		tree->node[i] = (struct node){.tree = tree, .level = i};
	return tree;
}

static void grow(void *argument)
{
	const struct node *node = argument;
	struct task tasks[3];

	if (node->level == 0) {
		atomic_fetch_add(&node->tree->leaves, 1);
		return;
	}
	for (int i = 0; i < 3; i++)
		tasks[i] = spawn(grow, &node->tree->node[node->level - 1]);
	for (int i = 0; i < 3; i++)
		join(tasks[i]);
}

static void grow_tree(void *argument)
{
	struct tree *tree = plant();

	(void)argument;
	grow(&tree->node[LEVELS - 1]);
	EXPECT(atomic_load(&tree->leaves) == 81);
}

static void test_tasks_spawn_tasks(void **state)
{
	(void)state;
	play(grow_tree, NULL);
}

static void spawn_one_at_a_time(void *argument)
{
	struct tree *tree = plant();

	(void)argument;
	for (int i = 0; i < 5 * MANY; i++)
		join(spawn(grow, &tree->node[0]));
	EXPECT(atomic_load(&tree->leaves) == 5 * MANY);
}

static void test_spawning_one_after_another(void **state)
{
	(void)state;
	play(spawn_one_at_a_time, NULL);
}

static bool is_zero(const unsigned char *memory, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++)
		if (memory[i] != 0)
			return false;
	return true;
}

static void fill_shared(void *argument)
{
	static const size_t sizes[] = {1, PAGE, PAGE + 1, 3 << 20};
	unsigned char *memory[4];

	(void)argument;
	for (int i = 0; i < 4; i++) {
		memory[i] = shared(sizes[i]);
		EXPECT((uintptr_t)memory[i] % PAGE == 0);
		EXPECT(is_zero(memory[i], sizes[i]));
		memset(memory[i], i + 1, sizes[i]);
	}
	for (int i = 0; i < 4; i++)
		EXPECT(memory[i][0] == i + 1 && memory[i][sizes[i] - 1] == i + 1);
}

static void test_shared_memory_is_zeroed_and_aligned_in_every_run(void **state)
{
	(void)state;
	play(fill_shared, NULL);
	play(fill_shared, NULL);
}

static void ask_for_too_much(void *argument)
{
	(void)argument;
	EXPECT(task_shared(SIZE_MAX / 2) == NULL);
	EXPECT(task_shared(PAGE) != NULL);
}

static void test_shared_memory_that_there_is_not_is_null(void **state)
{
	(void)state;
	play(ask_for_too_much, NULL);
}

static int ordinary_memory;

static void write_ordinary_memory(void *argument)
{
	ordinary_memory += *(int *)argument;
}

static void look_at_ordinary_memory(void *argument)
{
	int local = 3;

	(void)argument;
	ordinary_memory = 4;
	join(spawn(write_ordinary_memory, &local));
	EXPECT(ordinary_memory == 7);
}

static void test_all_memory_is_shared(void **state)
{
	(void)state;
	needs(RUNTIME_SHARES_MEMORY, "its tasks promise to share task_shared() only");
	play(look_at_ordinary_memory, NULL);
}

static void run_a_few(void *argument)
{
	int *rounds = argument;

	many_in_order(NULL);
	++*rounds;
}

static void test_a_runtime_can_be_run_again(void **state)
{
	int rounds = 0;

	(void)state;
	for (int i = 0; i < 5; i++)
		play(run_a_few, &rounds);
	assert_int_equal(rounds, 5);
}

static int entries(const char *folder)
{
	DIR *directory = opendir(folder);
	int count = 0;

	assert_non_null(directory);
	while (readdir(directory))
		count++;
	closedir(directory);
	return count;
}

static void test_a_run_leaves_nothing_behind(void **state)
{
	int descriptors, threads;

	(void)state;
	play(many_in_order, NULL);
	descriptors = entries("/proc/self/fd");
	threads = entries("/proc/self/task");
	play(many_in_order, NULL);
	assert_int_equal(entries("/proc/self/fd"), descriptors);
	while (entries("/proc/self/task") > threads)
		usleep(1000); /* a joined thread leaves the kernel's list a moment later */
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
}

static void take_much(void *argument)
{
	(void)argument;
	shared(MUCH);
}

/* Mapped bytes of this process, touched or not. */
static size_t mapped(void)
{
	FILE *file = fopen("/proc/self/statm", "r");
	size_t pages = 0;

	assert_non_null(file);
	assert_int_equal(fscanf(file, "%zu", &pages), 1);
	fclose(file);
	return pages * (size_t)sysconf(_SC_PAGESIZE);
}

static void test_shared_memory_is_given_back(void **state)
{
	size_t before = mapped();

	(void)state;
	for (int i = 0; i < 8; i++)
		play(take_much, NULL);
	assert_true(mapped() < before + 4 * MUCH);
}

static void test_tasks_end_under_an_ignored_sigchld(void **state)
{
	(void)state;
	signal(SIGCHLD, SIG_IGN); /* as a program may inherit it */
	play(many_in_order, NULL);
	assert_ptr_equal(signal(SIGCHLD, SIG_DFL), SIG_IGN);
}

static void print_inside(void *argument)
{
	(void)argument;
	printf("inside\n");
	fflush(stdout);
}

static void print_outside(void *argument)
{
	(void)argument;
	printf("before\n");
	join(spawn(print_inside, NULL));
	printf("after\n");
}

static void run_printing(void *argument)
{
	setvbuf(stdout, NULL, _IOFBF, BUFSIZ);
	CHECK(task_run(print_outside, argument) == 0, "task_run failed");
}

static void test_what_is_buffered_is_printed_once(void **state)
{
	char *text = output_of(STDOUT_FILENO, run_printing, NULL);

	(void)state;
	assert_string_equal(text, "before\ninside\nafter\n");
	free(text);
}

/* Longer than the test may take, and not so long that a runtime that fails it leaves processes for good. */
static void stay(void *argument)
{
	const int *started = argument;

	CHECK(write(*started, "x", 1) == 1, "the pipe is gone");
	task_sleep_until(clock_now() + 90 * NS_PER_S);
}

static void start_and_stay(void *argument)
{
	for (int i = 0; i < 5; i++)
		spawn(stay, argument);
	stay(argument);
}

static void run_and_stay(void *argument)
{
	task_run(start_and_stay, argument);
}

static void test_nothing_outlives_a_player_that_is_killed(void **state)
{
	int ends[2], status, sleepers = capable(RUNTIME_INTERLEAVES) ? 6 : 1;
	pid_t helper;
	char byte;

	(void)state;
	assert_int_equal(pipe(ends), 0);
	helper = helper_start(run_and_stay, &ends[1]);
	close(ends[1]);
	for (int i = 0; i < sleepers; i++)
		assert_int_equal(read(ends[0], &byte, 1), 1);
	kill(helper, SIGTERM);
	status = helper_end(helper);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
	assert_int_equal(read(ends[0], &byte, 1), 0); /* the last holder of the other end is gone */
	close(ends[0]);
}

static void test_the_runtime_describes_itself(void **state)
{
	const char *const texts[] = {runtime.model, runtime.suspends, runtime.shares, runtime.breaks, runtime.sources};

	(void)state;
	assert_string_equal(runtime.dialect, "direct");
	assert_true(strlen(runtime.name) > 0);
	assert_int_equal(strspn(runtime.name, "abcdefghijklmnopqrstuvwxyz0123456789-"), strlen(runtime.name));
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		assert_true(texts[i] && strlen(texts[i]) > 5);
		assert_null(strchr(texts[i], '\n'));
	}
	if (capable(RUNTIME_PARALLEL) || capable(RUNTIME_PREEMPTS))
		assert_true(capable(RUNTIME_INTERLEAVES));
}

int run_task_tests(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_runtime_describes_itself),
		cmocka_unit_test(test_run_calls_main_once_with_its_argument),
		cmocka_unit_test(test_tasks_get_their_arguments_and_all_end),
		cmocka_unit_test(test_joining_in_any_order),
		cmocka_unit_test(test_a_joined_task_has_ended),
		cmocka_unit_test(test_a_task_can_be_joined_late),
		cmocka_unit_test(test_tasks_spawn_tasks),
		cmocka_unit_test(test_spawning_one_after_another),
		cmocka_unit_test(test_shared_memory_is_zeroed_and_aligned_in_every_run),
		cmocka_unit_test(test_shared_memory_that_there_is_not_is_null),
		cmocka_unit_test(test_all_memory_is_shared),
		cmocka_unit_test(test_a_runtime_can_be_run_again),
		cmocka_unit_test(test_a_run_leaves_nothing_behind),
		cmocka_unit_test(test_shared_memory_is_given_back),
		cmocka_unit_test(test_tasks_end_under_an_ignored_sigchld),
		cmocka_unit_test(test_what_is_buffered_is_printed_once),
		cmocka_unit_test(test_nothing_outlives_a_player_that_is_killed),
	};

	return cmocka_run_group_tests_name("tasks", tests, NULL, NULL);
}
