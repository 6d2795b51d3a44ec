/* loop_test.c: the loop hands out what is ready in order, starves neither those who are always ready nor those who wait
 * for the outside, and knows when nothing can happen any more; with each poller. */
#include "../clock.h"
#include "../event_loop/loop.h"
#include "../runtime.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

enum { SKIPPED = 77 }; /* exit status */

static struct loop loop;

static int open_loop(void **state)
{
	(void)state;
	return loop_open(&loop);
}

static int close_loop(void **state)
{
	(void)state;
	loop_close(&loop);
	return 0;
}

static void open_pair(int ends[2])
{
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
	assert_int_equal(poller_adopt(&loop.poller, ends[0]), 0);
}

static void wait_for_reading(int fd, struct loop_entry *entry)
{
	static char byte; /* stays where it is while the read is under way */

	assert_int_equal(poller_read(&loop.poller, fd, &byte, 1, entry), POLLER_WAITS);
}

static void close_pair(int ends[2])
{
	poller_forget(&loop.poller, ends[0], &loop.ready);
	close(ends[0]);
	close(ends[1]);
}

static void first_in_first_out(void **state)
{
	struct loop_entry entries[1000];

	(void)state;
	for (int i = 1; i < 1000; i++)
		loop_ready(&loop, &entries[i]);
	loop_ready_first(&loop, &entries[0]);
	assert_ptr_equal(loop_queue_coming(&loop.ready, 999), &entries[999]);
	assert_null(loop_queue_coming(&loop.ready, 1000));
	for (int i = 0; i < 1000; i++)
		assert_ptr_equal(loop_next(&loop), &entries[i]);
}

static void nothing_left_is_told(void **state)
{
	(void)state;
	assert_null(loop_next(&loop));
	assert_null(loop_next(&loop));
}

static void sleeps_to_the_time_and_not_before(void **state)
{
	struct loop_entry early, late;
	uint64_t now = clock_now();

	(void)state;
	assert_int_equal(timers_add(&loop.timers, now + 3 * NS_PER_MS, &late), 0);
	assert_int_equal(timers_add(&loop.timers, now + 1234567, &early), 0);
	assert_ptr_equal(loop_next(&loop), &early);
	assert_true(clock_now() >= now + 1234567);
	assert_ptr_equal(loop_next(&loop), &late);
	assert_true(clock_now() >= now + 3 * NS_PER_MS);
	assert_null(loop_next(&loop));
}

/* With a descriptor to wait for: never early, and no rounding to milliseconds, as
 * the best of many short sleeps shows whatever else the machine does. */
static void sleeps_beside_a_descriptor(void **state)
{
	struct loop_entry sleeper, reader;
	uint64_t best = UINT64_MAX;
	int ends[2];

	(void)state;
	open_pair(ends);
	wait_for_reading(ends[0], &reader);
	for (int i = 0; i < 50; i++) {
		uint64_t until = clock_now() + 200 * NS_PER_US;

		assert_int_equal(timers_add(&loop.timers, until, &sleeper), 0);
		assert_ptr_equal(loop_next(&loop), &sleeper);
		uint64_t now = clock_now();

		assert_true(now >= until);
		best = now - until < best ? now - until : best;
	}
	assert_true(best < 600 * NS_PER_US);
	close_pair(ends);
}

static void long_sleeps_take_a_second_call(void **state)
{
	struct loop_entry sleeper, reader;
	uint64_t until = clock_now() + 60 * NS_PER_MS;
	int ends[2];

	(void)state;
	open_pair(ends);
	wait_for_reading(ends[0], &reader);
	assert_int_equal(timers_add(&loop.timers, until, &sleeper), 0);
	assert_ptr_equal(loop_next(&loop), &sleeper);
	assert_true(clock_now() >= until);
	close_pair(ends);
}

/* Two entries are always ready. One descriptor and one timer must come through all the same. */
static void nobody_starves(void **state)
{
	struct loop_entry busy[2], reader, sleeper;
	bool read = false, slept = false;
	int ends[2];

	(void)state;
	open_pair(ends);
	wait_for_reading(ends[0], &reader);
	assert_int_equal(timers_add(&loop.timers, clock_now() + 1, &sleeper), 0);
	assert_int_equal(write(ends[1], "x", 1), 1);
	loop_ready(&loop, &busy[0]);
	loop_ready(&loop, &busy[1]);
	for (int i = 0; i < 4 * LOOP_ALLOWANCE; i++) {
		struct loop_entry *entry = loop_next(&loop);

		assert_non_null(entry);
		read |= entry == &reader;
		slept |= entry == &sleeper;
		if (entry == &busy[0] || entry == &busy[1])
			loop_ready(&loop, entry);
	}
	assert_true(read);
	assert_true(slept);
	close_pair(ends);
}

/* With more who are always ready than are handed out between two looks, a descriptor is found before all of them have
 * had another turn: what is found stands behind the others once, and not behind two turns of each. */
static void a_crowd_that_is_always_ready_leaves_descriptors_their_turns(void **state)
{
	enum { CROWD = 8 * LOOP_ALLOWANCE };
	static struct loop_entry busy[CROWD];
	struct loop_entry reader, *entry;
	int ends[2], turns = 0;

	(void)state;
	open_pair(ends);
	wait_for_reading(ends[0], &reader);
	for (int i = 0; i < CROWD; i++)
		loop_ready(&loop, &busy[i]);
	for (int i = 0; i < 4 * LOOP_FIRST_ALLOWANCE; i++) /* it has looked, and found nobody */
		loop_ready(&loop, loop_next(&loop));
	assert_int_equal(write(ends[1], "x", 1), 1);
	for (; (entry = loop_next(&loop)) != &reader; turns++) {
		assert_true(turns < CROWD + 3 * LOOP_ALLOWANCE);
		loop_ready(&loop, entry);
	}
	assert_true(turns >= CROWD);
	close_pair(ends);
}

/* Entries that take long are few between two looks, once a look has learnt how long they take. */
static void long_turns_are_few(void **state)
{
	struct loop_entry busy[2], sleeper, distant;

	(void)state;
	assert_int_equal(timers_add(&loop.timers, clock_now() + 3600 * NS_PER_S, &distant), 0);
	loop_ready(&loop, &busy[0]);
	loop_ready(&loop, &busy[1]);
	for (int look = 0; look < 4; look++) {
		int turns = 0;

		assert_int_equal(timers_add(&loop.timers, clock_now(), &sleeper), 0);
		for (struct loop_entry *entry; (entry = loop_next(&loop)) != &sleeper; turns++) {
			for (uint64_t end = clock_now() + LOOP_LOOK_NS; clock_now() < end;)
				;
			loop_ready(&loop, entry);
		}
		assert_true(turns <= (look == 0 ? LOOP_FIRST_ALLOWANCE + 4 : 8));
	}
}

/* However long their turns take. */
static void who_is_ready_comes_before_a_look_at_descriptors(void **state)
{
	enum { FIRST = 64, LATER = 8 };
	struct loop_entry readers[FIRST + LATER];
	int ends[FIRST + LATER][2];

	(void)state;
	for (int i = 0; i < FIRST + LATER; i++) {
		open_pair(ends[i]);
		wait_for_reading(ends[i][0], &readers[i]);
	}
	assert_true(poller_poll(&loop.poller, 0, &loop.ready) >= 0); /* which submits them */
	for (int i = 0; i < FIRST; i++)
		assert_int_equal(write(ends[i][1], "x", 1), 1);
	assert_non_null(loop_next(&loop));
	for (int i = FIRST; i < FIRST + LATER; i++)
		assert_int_equal(write(ends[i][1], "x", 1), 1);
	size_t left = loop_queue_count(&loop.ready); /* io_uring tells of 20 at once */

	assert_true(left >= 16);
	for (size_t i = 1; i < left / 4; i++) {
		for (uint64_t end = clock_now() + LOOP_LOOK_NS; clock_now() < end;)
			;
		assert_non_null(loop_next(&loop));
		assert_int_equal(loop_queue_count(&loop.ready), left - i);
	}
	for (size_t i = left / 4; i < FIRST + LATER; i++)
		assert_non_null(loop_next(&loop));
	for (int i = 0; i < FIRST + LATER; i++)
		close_pair(ends[i]);
}

static void forgetting_wakes_the_waiter(void **state)
{
	struct loop_entry reader = {0};
	int ends[2];

	(void)state;
	open_pair(ends);
	wait_for_reading(ends[0], &reader);
	assert_int_equal(poller_forget(&loop.poller, ends[0], &loop.ready), 0);
	assert_ptr_equal(loop_next(&loop), &reader);
	assert_int_equal(reader.result, -EBADF);
	assert_int_equal(poller_forget(&loop.poller, ends[0], &loop.ready), -EBADF);
	assert_false(poller_adopted(&loop.poller, ends[0]));
	assert_null(loop_next(&loop));
	close(ends[0]);
	close(ends[1]);
}

/* Its number may be another's by the time that the reader runs. */
static void forgetting_reaches_who_is_ready_already(void **state)
{
	struct loop_entry busy, reader = {0}, other = {0};
	int ends[2];
	char byte;

	(void)state;
	open_pair(ends);
	wait_for_reading(ends[0], &reader);
	assert_int_equal(write(ends[1], "x", 1), 1);
	assert_true(poller_poll(&loop.poller, POLLER_FOREVER, &loop.ready) > 0);
	assert_int_equal(loop_queue_count(&loop.ready), 1);
	assert_int_equal(poller_read(&loop.poller, ends[0], &byte, 1, &other), -EBUSY);
	loop_ready(&loop, &busy);
	assert_int_equal(poller_forget(&loop.poller, ends[0], &loop.ready), 0);
	assert_ptr_equal(loop_next(&loop), &reader);
	assert_int_equal(reader.result, -EBADF);
	assert_ptr_equal(loop_next(&loop), &busy);
	assert_null(loop_next(&loop));
	close(ends[0]);
	close(ends[1]);
}

/* A thousand words, three waiters each: the table grows, and each word wakes its own in their order. */
static void words_wake_their_own(void **state)
{
	enum { WORDS = 1000, EACH = 3 };
	static int words[WORDS];
	static struct loop_entry entries[EACH][WORDS];

	(void)state;
	for (int i = 0; i < EACH; i++)
		for (int word = 0; word < WORDS; word++)
			wait_table_add(&loop.words, &words[word], &entries[i][word]);
	for (int word = 0; word < WORDS; word++) {
		assert_int_equal(wait_table_wake(&loop.words, &words[word], 1, &loop.ready), 1);
		assert_ptr_equal(loop_next(&loop), &entries[0][word]);
		assert_int_equal(wait_table_wake(&loop.words, &words[word], 100, &loop.ready), 2);
		assert_ptr_equal(loop_next(&loop), &entries[1][word]);
		assert_ptr_equal(loop_next(&loop), &entries[2][word]);
		assert_int_equal(wait_table_wake(&loop.words, &words[word], 100, &loop.ready), 0);
	}
	assert_int_equal(loop.words.words, 0);
}

/* Some at a time, while others come; and twice, since a crowd's room is used again or given back. */
static void a_crowd_wakes_in_the_order_of_its_coming(void **state)
{
	enum { CROWD = 3000, FIRST = 1000 };
	static struct loop_entry entries[CROWD];
	int word;

	(void)state;
	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < CROWD; i++) {
			if (i == 2 * FIRST)
				assert_int_equal(wait_table_wake(&loop.words, &word, FIRST, &loop.ready), FIRST);
			wait_table_add(&loop.words, &word, &entries[i]);
		}
		assert_int_equal(wait_table_wake(&loop.words, &word, 0, &loop.ready), 0);
		assert_int_equal(wait_table_wake(&loop.words, &word, CROWD, &loop.ready), CROWD - FIRST);
		for (int i = 0; i < CROWD; i++)
			assert_ptr_equal(loop_next(&loop), &entries[i]);
		assert_int_equal(loop.words.words, 0);
		assert_null(loop.words.spare); /* a large room is not kept */
	}
	wait_table_add(&loop.words, &word, &entries[0]); /* left behind: loop_close() frees them */
	wait_table_add(&loop.words, &word, &entries[1]);
}

#define LOOP_TEST(function) cmocka_unit_test_setup_teardown(function, open_loop, close_loop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		LOOP_TEST(first_in_first_out),
		LOOP_TEST(nothing_left_is_told),
		LOOP_TEST(sleeps_to_the_time_and_not_before),
		LOOP_TEST(sleeps_beside_a_descriptor),
		LOOP_TEST(long_sleeps_take_a_second_call),
		LOOP_TEST(nobody_starves),
		LOOP_TEST(a_crowd_that_is_always_ready_leaves_descriptors_their_turns),
		LOOP_TEST(long_turns_are_few),
		LOOP_TEST(who_is_ready_comes_before_a_look_at_descriptors),
		LOOP_TEST(forgetting_wakes_the_waiter),
		LOOP_TEST(forgetting_reaches_who_is_ready_already),
		LOOP_TEST(words_wake_their_own),
		LOOP_TEST(a_crowd_wakes_in_the_order_of_its_coming),
	};

	if (loop_open(&loop) < 0) {
		print_message("there is no such loop here: %s\n", runtime_obstacle);
		return SKIPPED;
	}
	loop_close(&loop);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
