/* contract_sockets.c: the socket verbs, over 127.0.0.1.
 *
 * The other end is a helper process that uses plain system calls, so that runtimes whose tasks run one after another
 * take part as well; where tasks interleave, both ends are also tasks. Helpers die with the test. */
#include "contract.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include "../check.h"
#include "loopback.h"

enum { BIG = 8 << 20, CHUNK = 64 << 10, CLIENTS = 20, MESSAGES = 50, MESSAGE = 64 };

static int plain_connect(const struct place *place)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	CHECK(fd >= 0 && connect(fd, (const struct sockaddr *)&place->address, sizeof(place->address)) == 0,
	      "a helper cannot connect: %s", strerror(errno));
	return fd;
}

/* A connection made by the verbs. */
static int connect_to(const struct place *place)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	EXPECT(fd >= 0 && task_adopt(fd) == 0);
	EXPECT(task_connect(fd, (const struct sockaddr *)&place->address, sizeof(place->address)) == 0);
	return fd;
}

static int accept_adopted(const struct place *place)
{
	int fd;

	EXPECT(task_adopt(place->listener) == 0);
	fd = task_accept(place->listener);
	EXPECT(fd >= 0 && (fcntl(fd, F_GETFD) & FD_CLOEXEC));
	return fd;
}

static void write_pattern(int fd, size_t bytes)
{
	static unsigned char chunk[CHUNK];
	size_t position = 0;

	while (position < bytes) {
		size_t length = bytes - position < CHUNK ? bytes - position : CHUNK;
		ssize_t sent;

		for (size_t i = 0; i < length; i++)
			chunk[i] = pattern(position + i);
		sent = task_write(fd, chunk, length);
		if (!EXPECT(sent > 0 && (size_t)sent <= length))
			return;
		position += (size_t)sent;
	}
}

/* Reads the pattern until the end of the stream; returns how many bytes were right. */
static size_t read_pattern(int fd)
{
	static unsigned char chunk[CHUNK];
	size_t position = 0;
	ssize_t got;

	while ((got = task_read(fd, chunk, sizeof(chunk))) > 0)
		for (ssize_t i = 0; i < got; i++, position++)
			if (!EXPECT(chunk[i] == pattern(position)))
				return position;
	EXPECT(got == 0);
	return position;
}

static void helper_echo(void *argument)
{
	char buffer[CHUNK / 4];
	int fd = plain_connect(argument);
	ssize_t got, sent = 0;

	usleep(20000); /* let the writer fill the buffers */
	while ((got = read(fd, buffer, sizeof(buffer))) > 0)
		for (ssize_t done = 0; done < got; done += sent)
			if ((sent = send(fd, buffer + done, (size_t)(got - done), MSG_NOSIGNAL)) <= 0)
				return;
	close(fd);
}

static void helper_swallow(void *argument)
{
	static char buffer[CHUNK];
	int fd = plain_connect(argument);
	uint64_t total = 0;
	ssize_t got;

	usleep(20000);
	while ((got = read(fd, buffer, sizeof(buffer))) > 0)
		total += (uint64_t)got;
	CHECK(write(fd, &total, sizeof(total)) == sizeof(total), "a helper cannot answer: %s", strerror(errno));
	close(fd);
}

static void write_more_than_fits(void *argument)
{
	uint64_t total = 0;
	int fd = accept_adopted(argument);
	char byte;

	write_pattern(fd, BIG);
	EXPECT(shutdown(fd, SHUT_WR) == 0);
	EXPECT(task_read(fd, &total, sizeof(total)) == sizeof(total));
	EXPECT(total == BIG);
	EXPECT(task_read(fd, &byte, 1) == 0);
	EXPECT(task_close(fd) == 0);
}

static void play_against(void (*helper)(void *), task_function *main)
{
	struct place place = place_open();
	pid_t id = helper_start(helper, &place);

	play(main, &place);
	close(place.listener);
	assert_int_equal(helper_end(id), 0);
}

static void test_more_is_written_than_the_buffers_hold(void **state)
{
	(void)state;
	play_against(helper_swallow, write_more_than_fits);
}

/* Writes slowly at first, so that the reader has to wait in between. */
static void helper_pour(void *argument)
{
	static unsigned char chunk[CHUNK];
	int fd = plain_connect(argument);

	for (size_t position = 0; position < BIG; position += CHUNK) {
		for (size_t i = 0; i < CHUNK; i++)
			chunk[i] = pattern(position + i);
		for (ssize_t done = 0, sent; done < CHUNK; done += sent)
			if ((sent = send(fd, chunk + done, (size_t)(CHUNK - done), MSG_NOSIGNAL)) <= 0)
				return;
		if (position < 10 * CHUNK)
			usleep(1000);
	}
	close(fd);
}

static void read_to_the_end(void *argument)
{
	int fd = accept_adopted(argument);

	EXPECT(read_pattern(fd) == BIG);
	EXPECT(task_close(fd) == 0);
}

static void test_a_stream_is_read_to_its_end(void **state)
{
	(void)state;
	play_against(helper_pour, read_to_the_end);
}

static void write_big(void *argument)
{
	int fd = *(int *)argument;

	write_pattern(fd, BIG);
	EXPECT(shutdown(fd, SHUT_WR) == 0);
}

static void read_while_another_writes(void *argument)
{
	int fd = accept_adopted(argument);
	struct task writer = spawn(write_big, &fd);

	EXPECT(read_pattern(fd) == BIG);
	join(writer);
	EXPECT(task_close(fd) == 0);
}

static void test_one_reads_while_another_writes(void **state)
{
	(void)state;
	needs(RUNTIME_INTERLEAVES, "its tasks run one after another");
	play_against(helper_echo, read_while_another_writes);
}

static void helper_accept_one(void *argument)
{
	const struct place *place = argument;
	int fd = accept(place->listener, NULL, NULL);
	char byte;

	CHECK(fd >= 0, "a helper cannot accept: %s", strerror(errno));
	CHECK(read(fd, &byte, 1) == 1 && write(fd, &byte, 1) == 1, "a helper cannot echo: %s", strerror(errno));
	close(fd);
}

static void connect_and_ask(void *argument)
{
	int fd = connect_to(argument);
	char byte = 'q';

	EXPECT(task_write(fd, &byte, 1) == 1);
	byte = 0;
	EXPECT(task_read(fd, &byte, 1) == 1 && byte == 'q');
	EXPECT(task_read(fd, &byte, 1) == 0);
	EXPECT(task_close(fd) == 0);
}

static void test_connecting(void **state)
{
	(void)state;
	play_against(helper_accept_one, connect_and_ask);
}

static void connect_to_nobody(void *argument)
{
	const struct place *place = argument;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	EXPECT(task_adopt(fd) == 0);
	EXPECT(task_connect(fd, (const struct sockaddr *)&place->address, sizeof(place->address)) == -ECONNREFUSED);
	EXPECT(task_close(fd) == 0);
}

static void test_a_refused_connection(void **state)
{
	struct place place = place_open();
	int holder = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)state;
	/* Bound and not listening: the port is nobody else's while the test runs. */
	close(place.listener);
	assert_int_equal(bind(holder, (struct sockaddr *)&place.address, sizeof(place.address)), 0);
	play(connect_to_nobody, &place);
	close(holder);
}

/* Closes with unread bytes: the other side is reset. */
static void helper_hang_up(void *argument)
{
	int fd = plain_connect(argument);
	char byte;

	CHECK(read(fd, &byte, 1) == 1, "a helper cannot read: %s", strerror(errno));
	usleep(10000);
	close(fd);
}

static void write_to_a_closed_end(void *argument)
{
	int fd = accept_adopted(argument);
	char bytes[1000] = {0};
	ssize_t sent;

	while ((sent = task_write(fd, bytes, sizeof(bytes))) > 0)
		task_sleep_until(clock_now() + NS_PER_MS);
	EXPECT(sent == -ECONNRESET || sent == -EPIPE);
	EXPECT(task_write(fd, bytes, sizeof(bytes)) == -EPIPE);
	EXPECT(task_close(fd) == 0);
}

static void test_a_closed_end_is_an_error_and_no_signal(void **state)
{
	(void)state;
	signal(SIGPIPE, SIG_DFL);
	play_against(helper_hang_up, write_to_a_closed_end);
}

static void read_from_a_reset_end(void *argument)
{
	int fd = accept_adopted(argument);
	char bytes[2] = {0};
	ssize_t got;

	EXPECT(task_write(fd, bytes, sizeof(bytes)) == sizeof(bytes));
	got = task_read(fd, bytes, sizeof(bytes));
	EXPECT(got == -ECONNRESET);
	EXPECT(task_close(fd) == 0);
}

static void test_a_reset_ends_a_read(void **state)
{
	(void)state;
	play_against(helper_hang_up, read_from_a_reset_end);
}

static void use_bad_descriptors(void *argument)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char byte = 0;

	(void)argument;
	EXPECT(task_adopt(-1) == -EBADF);
	EXPECT(task_close(-1) == -EBADF);
	EXPECT(task_adopt(fd) == 0);
	EXPECT(task_accept(fd) == -EINVAL); /* it does not listen */
	EXPECT(task_read(fd, &byte, 1) == -ENOTCONN);
	EXPECT(task_close(fd) == 0);
	EXPECT(fcntl(fd, F_GETFD) == -1);
}

static void test_errors_are_negative_errno(void **state)
{
	(void)state;
	play(use_bad_descriptors, NULL);
}

/* Answers once and closes; the helper's end sees the end of the stream only if nobody else holds the connection. */
static void serve_once(void *argument)
{
	int fd = *(int *)argument;
	char byte;

	EXPECT(task_read(fd, &byte, 1) == 1);
	EXPECT(task_write(fd, &byte, 1) == 1);
	EXPECT(task_close(fd) == 0);
}

static void helper_ask_and_await_end(void *argument)
{
	int fd = plain_connect(argument);
	char byte = 'q';

	CHECK(write(fd, &byte, 1) == 1 && read(fd, &byte, 1) == 1, "a helper is not answered: %s", strerror(errno));
	CHECK(read(fd, &byte, 1) == 0, "a helper sees no end of the stream: %s", strerror(errno));
	close(fd);
}

struct handing {
	struct place place;
	pid_t helper;
};

static void accept_and_hand_over(void *argument)
{
	struct handing *handing = argument;
	int fd = accept_adopted(&handing->place);
	struct task task = spawn(serve_once, &fd);

	task_hand_over(fd);
	join(task);
	EXPECT(helper_end(handing->helper) == 0); /* while the first task still runs */
	EXPECT(fcntl(fd, F_GETFD) == -1 && errno == EBADF);
}

static void test_a_descriptor_is_handed_over(void **state)
{
	struct handing handing;

	(void)state;
	handing.place = place_open();
	handing.helper = helper_start(helper_ask_and_await_end, &handing.place);
	play(accept_and_hand_over, &handing);
	close(handing.place.listener);
}

static void serve_echo(void *argument)
{
	int fd = *(int *)argument;
	char buffer[4 * MESSAGE];
	ssize_t got;

	while ((got = task_read(fd, buffer, sizeof(buffer))) > 0)
		EXPECT(task_write(fd, buffer, (size_t)got) == got);
	EXPECT(got == 0);
	EXPECT(task_close(fd) == 0);
}

static bool read_exactly(int fd, char *buffer, size_t bytes)
{
	for (size_t done = 0; done < bytes;) {
		ssize_t got = task_read(fd, buffer + done, bytes - done);

		if (!EXPECT(got > 0))
			return false;
		done += (size_t)got;
	}
	return true;
}

static void ask_for_echoes(void *argument)
{
	int fd = connect_to(argument);

	for (int i = 0; i < MESSAGES; i++) {
		char message[MESSAGE], echo[MESSAGE];

		memset(message, i + 1, sizeof(message));
		EXPECT(task_write(fd, message, sizeof(message)) == sizeof(message));
		if (!read_exactly(fd, echo, sizeof(echo)))
			break;
		EXPECT(memcmp(message, echo, sizeof(echo)) == 0);
	}
	EXPECT(task_close(fd) == 0);
}

static void serve_many(void *argument)
{
	struct place *place = argument;
	struct task clients[CLIENTS], servers[CLIENTS];
	int *fds = shared(CLIENTS * sizeof(*fds));

	for (int i = 0; i < CLIENTS; i++)
		clients[i] = spawn(ask_for_echoes, place);
	for (int i = 0; i < CLIENTS; i++) {
		fds[i] = i == 0 ? accept_adopted(place) : task_accept(place->listener);
		EXPECT(fds[i] >= 0);
		servers[i] = spawn(serve_echo, &fds[i]);
		task_hand_over(fds[i]);
	}
	for (int i = 0; i < CLIENTS; i++)
		join(clients[i]);
	for (int i = 0; i < CLIENTS; i++)
		join(servers[i]);
}

static void test_tasks_serve_tasks(void **state)
{
	struct place place;

	(void)state;
	needs(RUNTIME_INTERLEAVES, "its tasks run one after another");
	place = place_open();
	play(serve_many, &place);
	close(place.listener);
}

static void read_late_byte(void *argument)
{
	int fd = *(int *)argument;
	char byte = 0;

	EXPECT(task_read(fd, &byte, 1) == 1 && byte == 'l');
}

/* A descriptor that comes in non-blocking mode waits like any other, and does not keep other tasks from sleeping. */
static void write_late(void *argument)
{
	struct task reader;
	int ends[2];

	(void)argument;
	EXPECT(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) == 0);
	EXPECT(task_adopt(ends[0]) == 0 && task_adopt(ends[1]) == 0);
	reader = spawn(read_late_byte, &ends[0]);
	task_sleep_until(clock_now() + 20 * NS_PER_MS);
	EXPECT(task_write(ends[1], "l", 1) == 1);
	join(reader);
	EXPECT(task_close(ends[0]) == 0 && task_close(ends[1]) == 0);
}

static void test_a_reader_waits_while_others_run(void **state)
{
	(void)state;
	needs(RUNTIME_INTERLEAVES, "its tasks run one after another");
	play(write_late, NULL);
}

static void on_alarm(int signal)
{
	(void)signal;
}

/* Comes, writes and leaves late, so that accepting and reading are interrupted often. */
static void helper_dawdle(void *argument)
{
	int fd;

	usleep(20000);
	fd = plain_connect(argument);
	usleep(20000);
	CHECK(write(fd, "d", 1) == 1, "a helper cannot write: %s", strerror(errno));
	usleep(20000);
	close(fd);
}

static void serve_a_dawdler(void *argument)
{
	const struct itimerval often = {.it_interval.tv_usec = 1000, .it_value.tv_usec = 1000}, never = {0};
	int fd;
	char byte;

	setitimer(ITIMER_REAL, &often, NULL);
	fd = accept_adopted(argument);
	EXPECT(task_read(fd, &byte, 1) == 1);
	EXPECT(task_read(fd, &byte, 1) == 0);
	setitimer(ITIMER_REAL, &never, NULL);
	EXPECT(task_close(fd) == 0);
}

static void test_signals_end_no_accept_and_no_read(void **state)
{
	const struct sigaction interrupting = {.sa_handler = on_alarm}; /* without SA_RESTART */

	(void)state;
	sigaction(SIGALRM, &interrupting, NULL);
	play_against(helper_dawdle, serve_a_dawdler);
	signal(SIGALRM, SIG_DFL);
}

struct feast {
	_Atomic uint32_t begun, disturbed;
};

/* Never has to wait after its first byte, until there are no more. */
static void read_byte_by_byte(void *argument)
{
	static const char chunk[CHUNK];
	struct feast *feast = argument;
	ssize_t left = 0, sent;
	int ends[2];
	char byte;

	EXPECT(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0 && task_adopt(ends[0]) == 0);
	while ((sent = send(ends[1], chunk, CHUNK, MSG_DONTWAIT)) > 0)
		left += sent;
	for (; !atomic_load(&feast->disturbed) && EXPECT(left > 0); left--) {
		EXPECT(task_read(ends[0], &byte, 1) == 1);
		atomic_store(&feast->begun, 1);
	}
	EXPECT(task_close(ends[0]) == 0 && close(ends[1]) == 0);
}

static void disturb_a_feast(void *argument)
{
	struct feast *feast = shared(sizeof(*feast));
	struct task reader = spawn(read_byte_by_byte, feast);

	(void)argument;
	AWAIT(atomic_load(&feast->begun));
	atomic_store(&feast->disturbed, 1);
	join(reader);
}

static void test_who_never_has_to_wait_starves_nobody(void **state)
{
	(void)state;
	needs(RUNTIME_INTERLEAVES, "its tasks run one after another");
	needs_lack_of(RUNTIME_PREEMPTS, "the kernel gives everybody a turn");
	if (runtime.peer) {
		print_message("not for %s: whose turn it is, its library says\n", runtime.name);
		skip();
	}
	play(disturb_a_feast, NULL);
}

int run_socket_tests(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_connecting),
		cmocka_unit_test(test_a_refused_connection),
		cmocka_unit_test(test_more_is_written_than_the_buffers_hold),
		cmocka_unit_test(test_a_stream_is_read_to_its_end),
		cmocka_unit_test(test_one_reads_while_another_writes),
		cmocka_unit_test(test_a_closed_end_is_an_error_and_no_signal),
		cmocka_unit_test(test_a_reset_ends_a_read),
		cmocka_unit_test(test_errors_are_negative_errno),
		cmocka_unit_test(test_a_descriptor_is_handed_over),
		cmocka_unit_test(test_tasks_serve_tasks),
		cmocka_unit_test(test_a_reader_waits_while_others_run),
		cmocka_unit_test(test_signals_end_no_accept_and_no_read),
		cmocka_unit_test(test_who_never_has_to_wait_starves_nobody),
	};

	return cmocka_run_group_tests_name("sockets", tests, NULL, NULL);
}
