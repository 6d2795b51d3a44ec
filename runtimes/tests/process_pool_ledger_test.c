/* process_pool_ledger_test.c: what ledger_bury() puts right after a worker that died in the middle of a change, in
 * states that a death leaves once in a million times; and that numbers of jobs are used again. One process plays all
 * places. */
#include "../process_pool/ledger.h"

#include <setjmp.h>
#include <stdarg.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

enum { WORKERS = 3, HANGS_S = 20 };

static struct ledger *ledger;
static void *memory;

static int open_ledger(void **state)
{
	(void)state;
	alarm(HANGS_S);
	memory = mmap(NULL, ledger_bytes(WORKERS), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE,
		      -1, 0);
	return memory == MAP_FAILED ? -1 : ledger_open(&ledger, memory, WORKERS);
}

static int close_ledger(void **state)
{
	(void)state;
	alarm(0);
	ledger_close(ledger);
	return munmap(memory, ledger_bytes(WORKERS));
}

static void do_nothing(void *argument)
{
	(void)argument;
}

static uint32_t add(void)
{
	int64_t number = ledger_add(ledger, LEDGER_NOBODY, do_nothing, NULL);

	assert_true(number >= 0);
	return (uint32_t)number;
}

static void take(uint32_t place, uint32_t number)
{
	assert_int_equal(ledger_next(ledger, place), number);
	assert_true(ledger_is_busy(ledger, place));
}

static void numbers_are_used_again(void **state)
{
	uint32_t first = add();

	(void)state;
	for (int i = 0; i < 3; i++) {
		take(0, first);
		ledger_finish(ledger, 0);
		assert_false(ledger_is_busy(ledger, 0));
		assert_int_equal(ledger_await(ledger, LEDGER_NOBODY, first), JOB_ENDED);
		assert_int_equal(add(), first);
	}
}

/* As lock() notes the holder: its place + 2. */
static void the_dead_one_held_the_lock(void **state)
{
	uint32_t number = add();

	(void)state;
	take(1, number);
	atomic_store(&ledger->lock, 1 + 2);
	ledger_bury(ledger, 1);
	assert_false(ledger_is_busy(ledger, 1));
	assert_int_equal(ledger_await(ledger, LEDGER_NOBODY, number), JOB_CRASHED);
	take(0, add());
}

/* It has noted a job as its own, and died before it took that out of the queue: the job is nobody's, and did not crash.
 */
static void the_dead_one_had_not_taken_its_job(void **state)
{
	uint32_t number = add();

	(void)state;
	take(1, number);
	atomic_fetch_sub(&ledger->first, 1);
	atomic_store(&ledger->lock, 1 + 2);
	ledger_bury(ledger, 1);
	take(0, number);
	ledger_finish(ledger, 0);
	assert_int_equal(ledger_await(ledger, LEDGER_NOBODY, number), JOB_ENDED);
}

/* It had got its number back in a later life: that one is not its. */
static void what_the_dead_one_had_finished_has_not_crashed(void **state)
{
	uint32_t number = add();

	(void)state;
	take(1, number);
	uint64_t job = atomic_load(&ledger->places[1].job);

	ledger_finish(ledger, 1);
	assert_int_equal(ledger_await(ledger, LEDGER_NOBODY, number), JOB_ENDED);
	atomic_store(&ledger->places[1].job, job); /* it died before it forgot the job */
	assert_int_equal(add(), number);
	ledger_bury(ledger, 1);
	take(0, number);
	ledger_finish(ledger, 0);
	assert_int_equal(ledger_await(ledger, LEDGER_NOBODY, number), JOB_ENDED);
}

static void sleep_at(uint32_t place)
{
	ledger->idle[ledger->idle_count++] = place;
	atomic_store(&ledger->places[place].awake, 0);
}

/* Or who adds a job would wake nobody, and leave those who sleep asleep. */
static void the_dead_are_not_woken(void **state)
{
	(void)state;
	sleep_at(2);
	sleep_at(1);
	ledger_bury(ledger, 1);
	assert_int_equal(atomic_load(&ledger->places[1].awake), 1); /* as its successor begins */
	add();
	assert_int_equal(atomic_load(&ledger->places[2].awake), 1);
	assert_int_equal(atomic_load(&ledger->idle_count), 0);
}

#define LEDGER_TEST(function) cmocka_unit_test_setup_teardown(function, open_ledger, close_ledger)

int main(void)
{
	const struct CMUnitTest tests[] = {
		LEDGER_TEST(numbers_are_used_again),
		LEDGER_TEST(the_dead_one_held_the_lock),
		LEDGER_TEST(the_dead_one_had_not_taken_its_job),
		LEDGER_TEST(what_the_dead_one_had_finished_has_not_crashed),
		LEDGER_TEST(the_dead_are_not_woken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
