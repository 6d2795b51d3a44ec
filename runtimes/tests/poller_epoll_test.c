/* poller_epoll_test.c: what poller_epoll.c does beyond what every poller promises; loop_test.c holds it against that.
 */
#include "../clock.h"
#include "../event_loop/poller_epoll.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <cmocka.h>

static struct poller poller;
static struct loop_queue ready;
static int ends[2];

static int open_pair(void **state)
{
	(void)state;
	if (loop_queue_open(&ready) < 0 || poller_open(&poller) < 0 || socketpair(AF_UNIX, SOCK_STREAM, 0, ends) < 0)
		return -1;
	return poller_adopt(&poller, ends[0]);
}

static int close_pair(void **state)
{
	(void)state;
	poller_forget(&poller, ends[0], &ready);
	close(ends[0]);
	close(ends[1]);
	poller_close(&poller);
	loop_queue_close(&ready);
	return 0;
}

static void wait_for_reading(struct loop_entry *reader)
{
	char byte;

	assert_int_equal(poller_read(&poller, ends[0], &byte, 1, reader), POLLER_WAITS);
}

static void poll_for(struct loop_entry *entry)
{
	assert_int_equal(poller_poll(&poller, POLLER_FOREVER, &ready), 1);
	assert_ptr_equal(loop_queue_pop(&ready), entry);
}

static void readiness_is_remembered(void **state)
{
	const struct poller_descriptor *descriptor = &poller.kernel->descriptors[ends[0]];
	struct loop_entry reader;
	char buffer[8];

	(void)state;
	assert_false(descriptor->ready[POLLER_READ]);
	assert_true(descriptor->ready[POLLER_WRITE]);
	wait_for_reading(&reader);
	assert_int_equal(write(ends[1], "abc", 3), 3);
	poll_for(&reader);
	assert_true(descriptor->ready[POLLER_READ]);
	assert_int_equal(poller_read(&poller, ends[0], buffer, sizeof(buffer), &reader), 3);
	assert_false(descriptor->ready[POLLER_READ]);
}

/* Two edges before the reader runs make it ready once. */
static void who_is_ready_is_not_made_so_again(void **state)
{
	struct loop_entry reader;
	char buffer[8];

	(void)state;
	wait_for_reading(&reader);
	assert_int_equal(write(ends[1], "a", 1), 1);
	assert_int_equal(poller_poll(&poller, POLLER_FOREVER, &ready), 1);
	assert_int_equal(write(ends[1], "b", 1), 1);
	assert_int_equal(poller_poll(&poller, POLLER_FOREVER, &ready), 1);
	assert_ptr_equal(loop_queue_pop(&ready), &reader);
	assert_true(loop_queue_empty(&ready));
	assert_int_equal(poller.waiting, 0);
	assert_int_equal(poller_read(&poller, ends[0], buffer, sizeof(buffer), &reader), 2);
	wait_for_reading(&reader);
}

/* Data and the end of the stream come together: no edge tells of the end after the short read. */
static void the_end_of_a_stream_is_remembered(void **state)
{
	struct loop_entry reader;
	char buffer[8];

	(void)state;
	wait_for_reading(&reader);
	assert_int_equal(write(ends[1], "abc", 3), 3);
	shutdown(ends[1], SHUT_WR);
	poll_for(&reader);
	assert_int_equal(poller_read(&poller, ends[0], buffer, sizeof(buffer), &reader), 3);
	assert_true(poller.kernel->descriptors[ends[0]].ready[POLLER_READ]);
	assert_int_equal(poller_read(&poller, ends[0], buffer, sizeof(buffer), &reader), 0);
}

/* The registration is of what is open, and goes on as long as any descriptor of it. */
static void what_is_forgotten_is_silent_while_a_duplicate_is_open(void **state)
{
	int duplicate = dup(ends[0]);

	(void)state;
	assert_true(duplicate >= 0);
	assert_int_equal(poller_poll(&poller, 0, &ready), 1); /* it can be written to */
	assert_int_equal(poller_forget(&poller, ends[0], &ready), 0);
	assert_int_equal(write(ends[1], "a", 1), 1);
	assert_int_equal(poller_poll(&poller, 0, &ready), 0);
	close(duplicate);
}

/* As on kernels without epoll_pwait2(): never early, and no rounding to milliseconds, as the best of many short waits
 * shows whatever else the machine does. */
static void a_timerfd_is_precise(void **state)
{
	struct epoll_event event = {.events = EPOLLIN | EPOLLET, .data.fd = -1};
	uint64_t best = UINT64_MAX;

	(void)state;
	poller.kernel->timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	assert_int_equal(epoll_ctl(poller.kernel->epoll, EPOLL_CTL_ADD, poller.kernel->timer, &event), 0);
	assert_int_equal(poller_poll(&poller, 0, &ready), 1); /* the pair, which can be written to */
	for (int i = 0; i < 50; i++) {
		uint64_t start = clock_now();

		assert_int_equal(poller_poll(&poller, 200 * NS_PER_US, &ready), 1);
		uint64_t passed = clock_now() - start;

		assert_true(passed >= 200 * NS_PER_US);
		best = passed < best ? passed : best;
	}
	assert_true(best < 800 * NS_PER_US);
}

#define PAIR_TEST(function) cmocka_unit_test_setup_teardown(function, open_pair, close_pair)

int main(void)
{
	const struct CMUnitTest tests[] = {
		PAIR_TEST(readiness_is_remembered),
		PAIR_TEST(who_is_ready_is_not_made_so_again),
		PAIR_TEST(the_end_of_a_stream_is_remembered),
		PAIR_TEST(what_is_forgotten_is_silent_while_a_duplicate_is_open),
		PAIR_TEST(a_timerfd_is_precise),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
