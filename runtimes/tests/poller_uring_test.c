/* poller_uring_test.c: what poller_uring.c does beyond what every poller promises; loop_test.c holds it against that.
 */
#include "../event_loop/poller_uring.h"
#include "../runtime.h"
#include "../settings.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <liburing.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

enum { SKIPPED = 77, PAIRS = 300 }; /* an exit status; more than are submitted at once */

static struct poller poller;
static struct loop_queue ready;

/* Every submission outside of a wait, by the linker's --wrap. */
static int busy_answers; /* that are still to be given */

int __real_io_uring_submit(struct io_uring *ring);
int __wrap_io_uring_submit(struct io_uring *ring);

int __wrap_io_uring_submit(struct io_uring *ring)
{
	int result = __real_io_uring_submit(ring);

	if (busy_answers == 0)
		return result;
	busy_answers--;
	return -EBUSY;
}

static int open_poller(void **state)
{
	int error = loop_queue_open(&ready);

	(void)state;
	return error < 0 ? error : poller_open(&poller);
}

static int close_poller(void **state)
{
	(void)state;
	poller_close(&poller);
	loop_queue_close(&ready);
	return 0;
}

static void drop(int fd)
{
	assert_int_equal(poller_forget(&poller, fd, &ready), 0);
	close(fd);
}

static struct loop_entry *next(void)
{
	while (loop_queue_empty(&ready))
		assert_true(poller_poll(&poller, POLLER_FOREVER, &ready) >= 0);
	return loop_queue_pop(&ready);
}

static void more_operations_than_are_submitted_at_once(void **state)
{
	static struct loop_entry readers[PAIRS];
	static char bytes[PAIRS];
	static int ends[PAIRS][2];

	(void)state;
	for (int i = 0; i < PAIRS; i++) {
		assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends[i]), 0);
		assert_int_equal(poller_adopt(&poller, ends[i][0]), 0);
		assert_int_equal(poller_read(&poller, ends[i][0], &bytes[i], 1, &readers[i]), POLLER_WAITS);
	}
	assert_int_equal(poller.waiting, PAIRS);
	for (int i = 0; i < PAIRS; i++)
		assert_int_equal(write(ends[i][1], &(char){(char)i}, 1), 1);
	for (int i = 0; i < PAIRS; i++) {
		long reader = next() - readers;

		assert_int_equal(poller_read(&poller, ends[reader][0], &bytes[reader], 1, &readers[reader]), 1);
		assert_int_equal(bytes[reader], (char)reader);
		drop(ends[reader][0]);
		close(ends[reader][1]);
	}
	assert_int_equal(poller.waiting, 0);
}

/* As Linux 5.11 when more completions than lie ready are to be collected before it takes an operation. */
static void what_ends_between_polls_is_told_by_the_next(void **state)
{
	static struct loop_entry readers[PAIRS];
	static bool told[PAIRS];
	static int ends[PAIRS][2];
	char byte;

	(void)state;
	busy_answers = 1;
	for (int i = 0; i < PAIRS; i++) {
		assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends[i]), 0);
		assert_int_equal(write(ends[i][1], "x", 1), 1);
		assert_int_equal(poller_adopt(&poller, ends[i][0]), 0);
		assert_int_equal(poller_read(&poller, ends[i][0], &byte, 1, &readers[i]), POLLER_WAITS);
	}
	assert_int_equal(busy_answers, 0);
	assert_int_equal(poller.waiting, PAIRS);
	drop(ends[0][0]);
	assert_int_equal(readers[0].result, -EBADF);
	for (int i = 0; i < PAIRS; i++) {
		long reader = next() - readers;

		assert_false(told[reader]);
		told[reader] = true;
		if (reader > 0) {
			assert_int_equal(poller_read(&poller, ends[reader][0], &byte, 1, &readers[reader]), 1);
			drop(ends[reader][0]);
		}
		close(ends[reader][1]);
	}
	assert_int_equal(poller.waiting, 0);
}

/* The kernel writes to the buffer of a read that is under way: who is told of its end may use that again. */
static void forgetting_takes_the_buffer_back(void **state)
{
	struct loop_entry reader = {0};
	char byte = '-';
	int ends[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	assert_int_equal(poller_adopt(&poller, ends[0]), 0);
	assert_int_equal(poller_adopt(&poller, ends[0]), -EEXIST);
	assert_int_equal(poller_read(&poller, ends[0], &byte, 1, &reader), POLLER_WAITS);
	assert_int_equal(poller_poll(&poller, 0, &ready), 0);
	drop(ends[0]);
	assert_ptr_equal(next(), &reader);
	assert_int_equal(reader.result, -EBADF);
	assert_int_equal(send(ends[1], "x", 1, MSG_NOSIGNAL), -1);
	assert_int_equal(poller_poll(&poller, 0, &ready), 0);
	assert_int_equal(byte, '-');
	close(ends[1]);
}

/* A connection that was accepted for somebody who is told that the listener is closed belongs to nobody. */
static void forgetting_closes_what_was_accepted(void **state)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t length = sizeof(address);
	int listener = socket(AF_INET, SOCK_STREAM, 0), client = socket(AF_INET, SOCK_STREAM, 0);
	struct loop_entry acceptor = {0};
	char byte;

	(void)state;
	assert_int_equal(bind(listener, (struct sockaddr *)&address, length), 0);
	assert_int_equal(listen(listener, 1), 0);
	assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &length), 0);
	assert_int_equal(poller_adopt(&poller, listener), 0);
	assert_int_equal(poller_accept(&poller, listener, &acceptor), POLLER_WAITS);
	assert_int_equal(connect(client, (struct sockaddr *)&address, length), 0);
	assert_ptr_equal(next(), &acceptor);
	drop(listener);
	assert_int_equal(acceptor.result, -EBADF);
	assert_int_equal(read(client, &byte, 1), 0);
	close(client);
}

/* On a non-blocking descriptor an operation would fail where it should wait. */
static void descriptors_are_made_blocking(void **state)
{
	int ends[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
	assert_int_equal(poller_adopt(&poller, ends[0]), 0);
	assert_int_equal(fcntl(ends[0], F_GETFL) & O_NONBLOCK, 0);
	drop(ends[0]);
	close(ends[1]);
}

/* How many threads this process has, the kernel's for it included; *elsewhere: those that may not run on these cores,
 * or on others as well. */
static int count_threads(const cpu_set_t *cores, int *elsewhere)
{
	DIR *threads = opendir("/proc/self/task");
	struct dirent *thread;
	int count = 0;

	assert_non_null(threads);
	*elsewhere = 0;
	while ((thread = readdir(threads))) {
		cpu_set_t allowed;

		if (thread->d_name[0] == '.' || sched_getaffinity(atoi(thread->d_name), sizeof(allowed), &allowed) < 0)
			continue;
		count++;
		*elsewhere += !CPU_EQUAL(&allowed, cores);
	}
	closedir(threads);
	return count;
}

/* Or a player that has one core would use others. */
static void threads_of_the_kernel_keep_to_our_cores(void **state)
{
	int core = sched_getcpu(), elsewhere;
	struct loop_entry entry = {0};
	struct poller_file file = {.entry = &entry};
	FILE *written = tmpfile();
	cpu_set_t before, one;

	(void)state;
	assert_non_null(written);
	assert_int_equal(sched_getaffinity(0, sizeof(before), &before), 0);
	CPU_ZERO(&one);
	CPU_SET(core, &one);
	assert_int_equal(sched_setaffinity(0, sizeof(one), &one), 0);
	poller_file_begin(&poller, &file, POLLER_FSYNC, fileno(written), NULL, 0, 0);
	assert_int_equal(poller.waiting, 1);
	assert_ptr_equal(next(), &entry);
	assert_int_equal(file.result, 0);
	assert_int_equal(poller.waiting, 0);
	assert_true(count_threads(&one, &elsewhere) > 1);
	assert_int_equal(elsewhere, 0);
	assert_int_equal(sched_setaffinity(0, sizeof(before), &before), 0);
	fclose(written);
}

/* Which of the three ways to set a ring up it was: at most one of these. */
static void the_way_of_the_ring_is_told(void **state)
{
	(void)state;
	assert_string_equal(runtime_settings[0].name, "io_uring_defer_taskrun");
	assert_string_equal(runtime_settings[1].name, "io_uring_coop_taskrun");
	assert_true(runtime_settings[0].value + runtime_settings[1].value <= 1);
	assert_null(runtime_settings[2].name); /* although rings were opened before */
}

#define POLLER_TEST(function) cmocka_unit_test_setup_teardown(function, open_poller, close_poller)

int main(void)
{
	const struct CMUnitTest tests[] = {
		POLLER_TEST(more_operations_than_are_submitted_at_once),
		POLLER_TEST(what_ends_between_polls_is_told_by_the_next),
		POLLER_TEST(forgetting_takes_the_buffer_back),
		POLLER_TEST(forgetting_closes_what_was_accepted),
		POLLER_TEST(descriptors_are_made_blocking),
		POLLER_TEST(the_way_of_the_ring_is_told),
		POLLER_TEST(threads_of_the_kernel_keep_to_our_cores),
	};

	if (poller_open(&poller) < 0) {
		print_message("no io_uring: %s\n", runtime_obstacle);
		return SKIPPED;
	}
	poller_close(&poller);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
