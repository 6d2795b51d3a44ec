/* stack_test.c: stacks are apart, guarded, coloured and used again; without guards by advice they end with a sentence.
 */
#include "../coroutine/overflow.h"
#include "../coroutine/stack.h"
#include "../runtime.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#if defined(__has_include)
#if __has_include(<valgrind/valgrind.h>)
#include <valgrind/valgrind.h>
#endif
#endif
#ifndef RUNNING_ON_VALGRIND
#define RUNNING_ON_VALGRIND 0
#endif

enum { HEADER = 64, MANY = 2000 };

static int compare(const void *a, const void *b)
{
	const char *const *left = a, *const *right = b;

	return (*left > *right) - (*left < *right);
}

static void stacks_are_apart(void **state)
{
	struct stack_pool pool;
	char **taken = calloc(MANY, sizeof(*taken));

	(void)state;
	assert_non_null(taken);
	stack_pool_open(&pool, HEADER);
	for (int i = 0; i < MANY; i++) {
		taken[i] = stack_take(&pool);
		assert_non_null(taken[i]);
		assert_int_equal((uintptr_t)taken[i] % 64, 0);
		memset(taken[i], i, HEADER);
		*(taken[i] - 1) = 1;
		*stack_bottom(&pool, taken[i]) = 1;
	}
	qsort(taken, MANY, sizeof(*taken), compare);
	for (int i = 1; i < MANY; i++)
		assert_true(stack_bottom(&pool, taken[i]) >= taken[i - 1] + HEADER + pool.page_bytes);
	stack_pool_close(&pool);
	free(taken);
}

static void last_freed_is_taken_first(void **state)
{
	struct stack_pool pool;

	(void)state;
	stack_pool_open(&pool, HEADER);
	void *a = stack_take(&pool), *b = stack_take(&pool);

	stack_give(&pool, a);
	stack_give(&pool, b);
	assert_ptr_equal(stack_take(&pool), b);
	assert_ptr_equal(stack_take(&pool), a);
	assert_int_equal(pool.carved, 2);
	stack_pool_close(&pool);
}

static void tops_are_coloured(void **state)
{
	struct stack_pool pool;
	bool seen[64] = {false};

	(void)state;
	stack_pool_open(&pool, HEADER);
	for (int i = 0; i < 32; i++) {
		size_t line = (uintptr_t)stack_take(&pool) % pool.page_bytes / 64 % 64;

		assert_false(seen[line]);
		seen[line] = true;
	}
	stack_pool_close(&pool);
}

static struct overflow_task name_in(const void *header)
{
	return (struct overflow_task){.number = header ? *(const unsigned long *)header : OVERFLOW_UNKNOWN};
}

static void touch_guard(bool advise, int offset, bool watch)
{
	struct rlimit no_core = {0, 0};
	struct stack_pool pool;

	setrlimit(RLIMIT_CORE, &no_core);
	signal(SIGSEGV, SIG_DFL);
	stack_pool_open(&pool, HEADER);
	pool.guards_advise &= advise;
	stack_take(&pool);
	unsigned long *header = stack_take(&pool);

	*header = 42;
	if (watch && overflow_watch(&pool, name_in) < 0)
		_exit(2);
	*(volatile char *)(stack_bottom(&pool, header) + offset) = 1;
	_exit(0);
}

/* Runs touch_guard() in a child; what it says goes to said. Returns its wait status. */
static int in_a_child(bool advise, int offset, bool watch, char *said, size_t bytes)
{
	int ends[2], status = 0;
	ssize_t count, total = 0;

	assert_int_equal(pipe(ends), 0);
	pid_t child = fork();

	if (child == 0) {
		dup2(ends[1], STDERR_FILENO);
		touch_guard(advise, offset, watch);
	}
	assert_true(child > 0);
	close(ends[1]);
	while ((count = read(ends[0], said + total, bytes - 1 - (size_t)total)) > 0)
		total += count;
	said[total] = '\0';
	close(ends[0]);
	assert_int_equal(waitpid(child, &status, 0), child);
	return status;
}

static void guards_fault(void **state)
{
	char said[1024];

	(void)state;
	for (int advise = 0; advise < 2; advise++) {
		assert_int_equal(in_a_child(advise, 0, false, said, sizeof(said)), 0);
		int status = in_a_child(advise, -1, false, said, sizeof(said));

		assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
		assert_string_equal(said, "");
		status = in_a_child(advise, -(int)sysconf(_SC_PAGESIZE), false, said, sizeof(said));
		assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
	}
}

static void overflow_names_the_task(void **state)
{
	char said[1024];

	(void)state;
	for (int advise = 0; advise < 2; advise++) {
		int status = in_a_child(advise, -1, true, said, sizeof(said));

		assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
		assert_non_null(strstr(said, "task 42 overflowed its stack"));
	}
}

static long map_count_limit(void)
{
	FILE *file = fopen("/proc/sys/vm/max_map_count", "r");
	long limit = -1;

	if (file && fscanf(file, "%ld", &limit) != 1)
		limit = -1;
	if (file)
		fclose(file);
	return limit;
}

/* The number of stacks that fit, with standard error in said. */
static long exhaust(struct stack_pool *pool, char *said, size_t bytes)
{
	long count = 0;
	FILE *file = tmpfile();
	int saved = dup(STDERR_FILENO);

	assert_non_null(file);
	dup2(fileno(file), STDERR_FILENO);
	while (stack_take(pool))
		count++;
	assert_null(stack_take(pool));
	dup2(saved, STDERR_FILENO);
	close(saved);
	rewind(file);
	said[fread(said, 1, bytes - 1, file)] = '\0';
	fclose(file);
	return count;
}

static void mappings_end_with_a_sentence(void **state)
{
	long limit = map_count_limit();
	struct stack_pool pool;
	char said[1024];

	(void)state;
	if (limit < 0 || limit > 200000 || STACK_BYTES > 64 * 1024 || RUNNING_ON_VALGRIND)
		skip(); /* too many stacks to find the end of, or another end comes first */
	stack_pool_open(&pool, HEADER);
	pool.guards_advise = false;
	long count = exhaust(&pool, said, sizeof(said));

	assert_in_range(count, limit / 2 - 1000, limit / 2);
	assert_non_null(strstr(said, "vm.max_map_count"));
	assert_ptr_equal(strchr(said, '\n'), said + strlen(said) - 1); /* said once */
	stack_pool_close(&pool);
}

/* How many of the stacks' last pages are there. */
static int resident(char *const *taken, int count)
{
	int pages = 0;

	for (int i = 0; i < count; i++) {
		unsigned char there = 0;
		uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE), last = ((uintptr_t)taken[i] - 1) & ~(page - 1);

		assert_int_equal(mincore((void *)last, page, &there), 0);
		pages += there & 1;
	}
	return pages;
}

static void free_stacks_give_their_pages_back(void **state)
{
	enum { KEPT = 200 };
	struct stack_pool pool;
	char **taken = calloc(MANY, sizeof(*taken));

	(void)state;
	assert_non_null(taken);
	stack_pool_open(&pool, 0);
	stack_pool_keep(&pool, KEPT);
	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < MANY; i++) {
			taken[i] = stack_take(&pool);
			assert_non_null(taken[i]);
			assert_true(stack_bottom(&pool, taken[i]) < taken[i] - 4096);
			*(taken[i] - 1) = 1;
		}
		assert_int_equal(pool.carved, MANY);
		assert_int_equal(resident(taken, MANY), MANY);
		for (int i = 0; i < MANY; i++)
			stack_give(&pool, taken[i]);
		assert_int_equal(resident(taken, MANY), MANY);
		while (stack_tidy(&pool))
			;
		assert_in_range(resident(taken, MANY), KEPT, KEPT + STACKS_TOGETHER);
		assert_int_equal(resident(taken + MANY - KEPT, KEPT), KEPT); /* those that will be taken next */
	}
	stack_pool_close(&pool);
	free(taken);
}

/* Beyond so many stacks that those made beforehand do not count. */
static void tops_of_many_stacks_come_together(void **state)
{
	enum { FROM = 64 * STACKS_TOGETHER };
	struct stack_pool pool;
	char **taken = calloc(FROM + STACKS_TOGETHER, sizeof(*taken));

	(void)state;
	assert_non_null(taken);
	stack_pool_open(&pool, 0);
	for (int i = 0; i < FROM + STACKS_TOGETHER && pool.guards_advise; i++) {
		taken[i] = stack_take(&pool);
		assert_non_null(taken[i]);
	}
	/* A kernel with such guards takes this advice too. */
	if (pool.guards_advise) {
		assert_int_equal(resident(taken, FROM), 0);
		assert_int_equal(resident(taken + FROM, STACKS_TOGETHER), STACKS_TOGETHER);
	}
	stack_pool_close(&pool);
	free(taken);
}

/* Two stacks lie in a page, apart, and tell of an overflow afterwards. */
static void small_stacks_share_pages(void **state)
{
	struct stack_pool pool;
	char **taken = calloc(MANY, sizeof(*taken));

	(void)state;
	assert_non_null(taken);
	runtime_stack_bytes = 1500;
	stack_pool_open(&pool, 0);
	runtime_stack_bytes = 0;
	assert_int_equal(pool.slot_bytes, 2048);
	for (int i = 0; i < MANY; i++) {
		taken[i] = stack_take(&pool);
		assert_non_null(taken[i]);
		assert_int_equal((uintptr_t)taken[i] % 64, 0);
		memset(stack_bottom(&pool, taken[i]) + 8, i, (size_t)(taken[i] - stack_bottom(&pool, taken[i])) - 8);
	}
	for (int i = 0; i < MANY; i++)
		assert_false(stack_mark_gone(&pool, taken[i]));
	*stack_bottom(&pool, taken[7]) = 1;
	for (int i = 0; i < MANY; i++)
		assert_true(stack_mark_gone(&pool, taken[i]) == (i == 7));
	qsort(taken, MANY, sizeof(*taken), compare);
	int pairs = 0;

	for (int i = 1; i < MANY; i++) {
		assert_true(stack_bottom(&pool, taken[i]) >= taken[i - 1]);
		pairs += (uintptr_t)(taken[i] - 1) / pool.page_bytes == (uintptr_t)(taken[i - 1] - 1) / pool.page_bytes;
	}
	assert_true(pairs >= MANY / 2 - 8);
	stack_pool_close(&pool);
	free(taken);
}

static void no_guards_on_request(void **state)
{
	struct stack_pool pool;

	(void)state;
	runtime_stack_unguarded = true;
	stack_pool_open(&pool, 0);
	runtime_stack_unguarded = false;
	char *first = stack_take(&pool), *second = stack_take(&pool);
	const void *header;

	assert_ptr_equal(stack_bottom(&pool, second), first); /* the end of the other one */
	*(stack_bottom(&pool, second) - 1) = 1;
	assert_false(stack_guards(&pool, stack_bottom(&pool, second) - 1, &header));
	assert_false(stack_mark_gone(&pool, first) || stack_mark_gone(&pool, second) || stack_any_mark_gone(&pool));
	*stack_bottom(&pool, second) = 1;
	assert_true(stack_mark_gone(&pool, second) && stack_any_mark_gone(&pool));
	assert_false(stack_mark_gone(&pool, first));
	stack_pool_close(&pool);
}

/* Marks take no pages of their own, and are not missed when the stack below has given its pages back. */
static void marks_cost_no_pages(void **state)
{
	enum { KEPT = 1 };
	struct stack_pool pool;
	char **taken = calloc(MANY, sizeof(*taken));

	(void)state;
	assert_non_null(taken);
	runtime_stack_unguarded = true;
	stack_pool_open(&pool, 0);
	runtime_stack_unguarded = false;
	stack_pool_keep(&pool, KEPT);
	for (int i = 0; i < MANY; i++) {
		taken[i] = stack_take(&pool);
		assert_non_null(taken[i]);
		*(taken[i] - 1) = 1;
	}
	assert_int_equal(resident(taken, MANY), MANY);
	for (int i = 0; i < MANY; i++) {
		unsigned char there = 0;

		assert_int_equal(mincore(stack_bottom(&pool, taken[i]) + pool.lowered, pool.page_bytes, &there), 0);
		assert_int_equal(there & 1, 0);
	}
	for (int i = 0; i < MANY; i += 2)
		stack_give(&pool, taken[i]);
	while (stack_tidy(&pool))
		;
	assert_true(pool.bare > 0);
	assert_false(stack_any_mark_gone(&pool));
	stack_pool_close(&pool);
	free(taken);
}

/* Under the lowest of stacks without guards of their own. */
static void slabs_stand_on_a_guard(void **state)
{
	static const size_t sizes[] = {2048, 4096, 8192, 64 * 1024};

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct stack_pool pool;
		const void *header;

		runtime_stack_bytes = sizes[i];
		runtime_stack_unguarded = true;
		stack_pool_open(&pool, 0);
		runtime_stack_unguarded = false;
		runtime_stack_bytes = 0;
		char *first = stack_take(&pool), *guard = stack_bottom(&pool, first) - 1 - pool.page_bytes;

		if (pool.lowered == 0)
			guard += pool.page_bytes;
		assert_true(stack_guards(&pool, guard, &header) && !header);
		assert_false(stack_guards(&pool, stack_bottom(&pool, first), &header));
		assert_int_equal(syscall(SYS_getrandom, guard, 1, 0), -1);
		assert_int_equal(syscall(SYS_getrandom, stack_bottom(&pool, first), 1, 0), 1);
		stack_pool_close(&pool);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stacks_are_apart),
		cmocka_unit_test(last_freed_is_taken_first),
		cmocka_unit_test(tops_are_coloured),
		cmocka_unit_test(guards_fault),
		cmocka_unit_test(free_stacks_give_their_pages_back),
		cmocka_unit_test(tops_of_many_stacks_come_together),
		cmocka_unit_test(small_stacks_share_pages),
		cmocka_unit_test(no_guards_on_request),
		cmocka_unit_test(marks_cost_no_pages),
		cmocka_unit_test(slabs_stand_on_a_guard),
		cmocka_unit_test(overflow_names_the_task),
		cmocka_unit_test(mappings_end_with_a_sentence),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
