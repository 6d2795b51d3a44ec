/* callback_contract.c: the contract test of the callback dialect, linked with one of its runtimes at a time.
 *
 * It holds the runtime against the sentences of callback.h and never asks for its name. Functions that the runtime
 * calls report by EXPECT(), since cmocka's own assertions jump, and a function must not jump out of its runtime.
 * Sockets are of 127.0.0.1 or pairs; both ends are in this process and on its one thread. */
#include "../callback.h"

#include "../check.h"
#include "../clock.h"
#include "../runtime.h"
#include "loopback.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { MANY = 100000, CLIENTS = 50, MESSAGES = 100, BIG = 8 << 20, CHUNK = 64 << 10, BUSY_BEFORE = 10000 };

static int first_failure; /* its line; 0: none */
static int inside_verb;   /* a function that is called while this is set was called by a verb */

#define EXPECT(condition) expect((condition), #condition, __LINE__)

static bool expect(bool condition, const char *text, int line)
{
	if (!condition) {
		fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, line, text);
		first_failure = first_failure ? first_failure : line;
	}
	return condition;
}

/* Does what follows, a verb, and notices functions that it calls. */
#define VERB(call)                                                                                                     \
	do {                                                                                                           \
		inside_verb++;                                                                                         \
		call;                                                                                                  \
		inside_verb--;                                                                                         \
	} while (0)

/* Runs; fails the test case unless callback_run() returns 0 and every EXPECT() held. */
static void play(void (*first)(void *argument), void *argument)
{
	first_failure = inside_verb = 0;
	assert_int_equal(callback_run(first, argument), 0);
	assert_int_equal(first_failure, 0);
}

/* What several tests use: a request that counts. */

struct counter {
	struct callback_request request;
	int left, called;
	uint64_t deadline, called_at;
	struct counter *others;
};

static struct counter *counter_of(struct callback_request *request)
{
	EXPECT(!inside_verb);
	return callback_owner(request, struct counter, request);
}

static void count(struct callback_request *request)
{
	struct counter *counter = counter_of(request);

	EXPECT(request->result == 0);
	counter->called++;
	counter->called_at = clock_now();
}

/* Running. */

static void note(void *argument)
{
	*(int *)argument += 1;
}

static void test_returns_when_nothing_is_pending(void **state)
{
	int called = 0;

	(void)state;
	assert_string_equal(runtime.dialect, "callback");
	play(note, &called);
	assert_int_equal(called, 1);
	play(note, &called);
	assert_int_equal(called, 2);
}

static int order[1000], ordered;

static void note_order(struct callback_request *request)
{
	order[ordered++] = counter_of(request)->left;
}

static void ask_soon(void *argument)
{
	struct counter *counters = argument;

	for (int i = 0; i < 1000; i++) {
		counters[i].left = i;
		VERB(callback_soon(&counters[i].request, note_order));
	}
}

static void test_soon_is_in_order(void **state)
{
	static struct counter counters[1000];

	(void)state;
	ordered = 0;
	play(ask_soon, counters);
	assert_int_equal(ordered, 1000);
	for (int i = 0; i < 1000; i++)
		assert_int_equal(order[i], i);
}

static uintptr_t stack_least = UINTPTR_MAX, stack_most;

static void chain(struct callback_request *request)
{
	struct counter *counter = counter_of(request);
	uintptr_t here = (uintptr_t)__builtin_frame_address(0);

	stack_least = here < stack_least ? here : stack_least;
	stack_most = here > stack_most ? here : stack_most;
	counter->called++;
	if (--counter->left > 0)
		VERB(callback_soon(request, chain));
}

static void begin_chain(void *argument)
{
	struct counter *counter = argument;

	callback_soon(&counter->request, chain);
}

static void test_a_chain_needs_no_stack(void **state)
{
	struct counter counter = {.left = MANY};

	(void)state;
	play(begin_chain, &counter);
	assert_int_equal(counter.called, MANY);
	assert_true(stack_most - stack_least < 4096);
}

/* Time. */

static void note_time(struct callback_request *request)
{
	struct counter *counter = counter_of(request);

	EXPECT(request->result == 0);
	EXPECT(clock_now() >= counter->deadline);
	order[ordered++] = counter->left;
}

static void ask_for_times(void *argument)
{
	struct counter *counters = argument;
	uint64_t now = clock_now();

	/* Three milliseconds, dealt out of order. */
	for (int i = 0; i < 1000; i++) {
		struct counter *counter = &counters[i];

		counter->left = i * 389 % 1000;
		counter->deadline = now + (uint64_t)counter->left * 3 * NS_PER_US;
		VERB(callback_at(&counter->request, counter->deadline, note_time));
	}
}

static void test_times_come_in_order_and_not_early(void **state)
{
	static struct counter counters[1000];

	(void)state;
	ordered = 0;
	play(ask_for_times, counters);
	assert_int_equal(ordered, 1000);
	for (int i = 0; i < 1000; i++)
		assert_int_equal(order[i], i);
}

/* By kind: whole milliseconds asked for would show as 0.8 ms of lateness each time, and times rounded to them as 0.9.
 */
enum sleep_kind { SHORT_SLEEP, BEYOND_MILLISECOND, SLEEP_KINDS };

static uint64_t least_late[SLEEP_KINDS];

static uint64_t next_deadline(enum sleep_kind kind)
{
	uint64_t now = clock_now();

	return kind == SHORT_SLEEP ? now + 200 * NS_PER_US : (now / NS_PER_MS + 1) * NS_PER_MS + 100 * NS_PER_US;
}

static void sleep_again(struct callback_request *request)
{
	struct counter *counter = counter_of(request);
	enum sleep_kind kind = (enum sleep_kind)(counter->left % SLEEP_KINDS);

	if (counter->deadline > 0) {
		uint64_t now = clock_now();

		EXPECT(now >= counter->deadline);
		least_late[kind] =
			now - counter->deadline < least_late[kind] ? now - counter->deadline : least_late[kind];
	}
	if (counter->left-- > 0) {
		counter->deadline = next_deadline((enum sleep_kind)(counter->left % SLEEP_KINDS));
		VERB(callback_at(request, counter->deadline, sleep_again));
	}
}

static void begin_sleeping(void *argument)
{
	callback_soon(&((struct counter *)argument)->request, sleep_again);
}

/* The best of many short sleeps shows whether times are rounded to milliseconds, whatever else the machine does. */
static void test_times_are_no_milliseconds(void **state)
{
	struct counter counter = {.left = 100};

	(void)state;
	least_late[SHORT_SLEEP] = least_late[BEYOND_MILLISECOND] = UINT64_MAX;
	play(begin_sleeping, &counter);
	assert_true(least_late[SHORT_SLEEP] < 600 * NS_PER_US);
	assert_true(least_late[BEYOND_MILLISECOND] < 600 * NS_PER_US);
}

static void ask_for_the_past(void *argument)
{
	struct counter *counters = argument;

	VERB(callback_at(&counters[0].request, 0, count));
	VERB(callback_at(&counters[1].request, clock_now(), count));
}

static void test_the_past_is_now(void **state)
{
	struct counter counters[2] = {{.left = 0}};

	(void)state;
	play(ask_for_the_past, counters);
	assert_int_equal(counters[0].called, 1);
	assert_int_equal(counters[1].called, 1);
}

/* Sockets. */

static void open_pair(int ends[2])
{
	CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0, "no pair of sockets: %s", strerror(errno));
	EXPECT(callback_adopt(ends[0]) == 0 && callback_adopt(ends[1]) == 0);
}

/* A listener on 127.0.0.1, adopted. */
static int open_listener(struct sockaddr_in *address)
{
	struct place place = place_open();

	*address = place.address;
	EXPECT(callback_adopt(place.listener) == 0);
	return place.listener;
}

/* One end of a conversation: writes its byte first or reads first, and goes on in turns. */
struct talker {
	struct callback_request request;
	int fd;
	int left; /* messages still to be sent */
	int heard;
	unsigned char byte;
};

static struct talker *talker_of(struct callback_request *request)
{
	EXPECT(!inside_verb);
	return callback_owner(request, struct talker, request);
}

static void talker_read(struct callback_request *request);

static void talker_written(struct callback_request *request)
{
	struct talker *talker = talker_of(request);

	if (EXPECT(request->result == 1))
		VERB(callback_read(request, talker->fd, &talker->byte, 1, talker_read));
}

static void talker_say(struct talker *talker)
{
	talker->left--;
	VERB(callback_write(&talker->request, talker->fd, &talker->byte, 1, talker_written));
}

/* Answers, or closes when it has said all; whoever reads the end of the stream closes as well. */
static void talker_read(struct callback_request *request)
{
	struct talker *talker = talker_of(request);

	if (request->result != 1 || talker->left == 0) {
		EXPECT(request->result == 1 || request->result == 0);
		talker->heard += request->result == 1;
		EXPECT(callback_close(talker->fd) == 0);
		return;
	}
	talker->heard++;
	talker_say(talker);
}

struct party {
	struct callback_request request; /* the listener's */
	struct sockaddr_in address;
	int listener, accepted;
	struct talker clients[CLIENTS], servers[CLIENTS];
};

static void party_accepted(struct callback_request *request)
{
	struct party *party = callback_owner(request, struct party, request);
	struct talker *server = &party->servers[party->accepted++];

	EXPECT(!inside_verb);
	server->fd = (int)request->result;
	server->left = MESSAGES;
	if (!EXPECT(server->fd >= 0))
		return;
	EXPECT(fcntl(server->fd, F_GETFD) & FD_CLOEXEC);
	EXPECT(fcntl(server->fd, F_GETFL) & O_NONBLOCK);
	VERB(callback_read(&server->request, server->fd, &server->byte, 1, talker_read));
	if (party->accepted < CLIENTS)
		VERB(callback_accept(request, party->listener, party_accepted));
	else
		EXPECT(callback_close(party->listener) == 0);
}

static void party_connected(struct callback_request *request)
{
	struct talker *client = talker_of(request);

	if (EXPECT(request->result == 0))
		talker_say(client);
}

static void party_begin(void *argument)
{
	struct party *party = argument;

	party->listener = open_listener(&party->address);
	VERB(callback_accept(&party->request, party->listener, party_accepted));
	for (int i = 0; i < CLIENTS; i++) {
		struct talker *client = &party->clients[i];

		client->left = MESSAGES;
		client->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		EXPECT(callback_adopt(client->fd) == 0);
		VERB(callback_connect(&client->request, client->fd, (struct sockaddr *)&party->address,
				      sizeof(party->address), party_connected));
	}
}

static void test_many_talk_at_once(void **state)
{
	static struct party party;

	(void)state;
	play(party_begin, &party);
	assert_int_equal(party.accepted, CLIENTS);
	for (int i = 0; i < CLIENTS; i++) {
		assert_int_equal(party.clients[i].heard, MESSAGES);
		assert_int_equal(party.servers[i].heard, MESSAGES);
	}
}

/* More than the buffers hold, both ways at once on one connection: each end writes and reads a pattern of BIG bytes. */
struct pourer {
	struct callback_request reading, writing;
	int fd;
	size_t read, written;
	unsigned char in[CHUNK], out[CHUNK];
};

static void pour(struct pourer *pourer);

static void poured(struct callback_request *request)
{
	struct pourer *pourer = callback_owner(request, struct pourer, writing);

	EXPECT(!inside_verb);
	if (!EXPECT(request->result > 0 && request->result <= CHUNK))
		return;
	pourer->written += (size_t)request->result;
	pour(pourer);
}

static void pour(struct pourer *pourer)
{
	size_t length = BIG - pourer->written < CHUNK ? BIG - pourer->written : CHUNK;

	if (length == 0) {
		EXPECT(shutdown(pourer->fd, SHUT_WR) == 0);
		return;
	}
	for (size_t i = 0; i < length; i++)
		pourer->out[i] = pattern(pourer->written + i);
	VERB(callback_write(&pourer->writing, pourer->fd, pourer->out, length, poured));
}

static void caught(struct callback_request *request)
{
	struct pourer *pourer = callback_owner(request, struct pourer, reading);
	bool right = true;

	EXPECT(!inside_verb);
	if (!EXPECT(request->result >= 0) || request->result == 0)
		return;
	for (ssize_t i = 0; i < request->result; i++)
		right = right && pourer->in[i] == pattern(pourer->read + (size_t)i);
	pourer->read += (size_t)request->result;
	if (EXPECT(right))
		VERB(callback_read(request, pourer->fd, pourer->in, CHUNK, caught));
}

static void pour_both_ways(void *argument)
{
	struct pourer *pourers = argument;
	int ends[2];

	open_pair(ends);
	for (int i = 0; i < 2; i++) {
		pourers[i].fd = ends[i];
		pour(&pourers[i]);
		VERB(callback_read(&pourers[i].reading, ends[i], pourers[i].in, CHUNK, caught));
	}
}

static void test_more_than_fits_both_ways(void **state)
{
	static struct pourer pourers[2];

	(void)state;
	play(pour_both_ways, pourers);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(pourers[i].written, BIG);
		assert_int_equal(pourers[i].read, BIG);
	}
}

/* A request, and the result that its function must see. */
struct wanted {
	struct callback_request request;
	ssize_t result;
	int called;
	char buffer[8];
};

static void want(struct callback_request *request)
{
	struct wanted *wanted = callback_owner(request, struct wanted, request);

	EXPECT(!inside_verb);
	wanted->called++;
	if (!EXPECT(request->result == wanted->result))
		fprintf(stderr, "the result is %zd, and should be %zd\n", request->result, wanted->result);
}

static void use_strangers(void *argument)
{
	struct wanted *wanted = argument;
	int ends[2];

	CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0, "no pair of sockets");
	VERB(callback_read(&wanted[0].request, ends[0], wanted[0].buffer, 1, want));
	VERB(callback_write(&wanted[1].request, -1, wanted[1].buffer, 1, want));
	VERB(callback_accept(&wanted[2].request, 1 << 20, want));
	EXPECT(callback_close(ends[0]) == -EBADF);
	EXPECT(callback_adopt(-1) == -EBADF);
	EXPECT(callback_adopt(ends[0]) == 0);
	EXPECT(callback_adopt(ends[0]) == -EEXIST);
	EXPECT(callback_close(ends[0]) == 0);
	EXPECT(callback_close(ends[0]) == -EBADF);
	close(ends[1]);
}

static void test_only_what_was_adopted(void **state)
{
	struct wanted wanted[3] = {{.result = -EBADF}, {.result = -EBADF}, {.result = -EBADF}};

	(void)state;
	play(use_strangers, wanted);
	for (int i = 0; i < 3; i++)
		assert_int_equal(wanted[i].called, 1);
}

static void read_twice(void *argument)
{
	struct wanted *wanted = argument;
	int ends[2];

	open_pair(ends);
	VERB(callback_read(&wanted[0].request, ends[0], wanted[0].buffer, 8, want));
	VERB(callback_read(&wanted[1].request, ends[0], wanted[1].buffer, 8, want));
	VERB(callback_write(&wanted[2].request, ends[1], "abc", 3, want));
}

/* The descriptors are left open, for callback_run() to close. */
static void test_one_reader_at_a_time(void **state)
{
	struct wanted wanted[3] = {{.result = 3}, {.result = -EBUSY}, {.result = 3}};
	int before = dup(0), after;

	(void)state;
	play(read_twice, wanted);
	for (int i = 0; i < 3; i++)
		assert_int_equal(wanted[i].called, 1);
	assert_memory_equal(wanted[0].buffer, "abc", 3);
	close(before);
	after = dup(0);
	close(after);
	assert_int_equal(before, after);
}

/* The read waits, its data has come, and the descriptor is closed and its number given away before its turn: the result
 * is -EBADF or the three bytes, and never what the next owner of the number is sent. */
struct reuse {
	struct wanted reader, closer, successor;
	int ends[2];
};

static void read_or_closed(struct callback_request *request)
{
	struct reuse *reuse = callback_owner(callback_owner(request, struct wanted, request), struct reuse, reader);

	EXPECT(!inside_verb);
	EXPECT(request->result == -EBADF || (request->result == 3 && memcmp(reuse->reader.buffer, "old", 3) == 0));
	reuse->reader.called++;
}

static void close_and_reuse(struct callback_request *request)
{
	struct reuse *reuse = callback_owner(callback_owner(request, struct wanted, request), struct reuse, closer);
	int ends[2], old = reuse->ends[0];

	want(request);
	EXPECT(callback_close(old) == 0);
	open_pair(ends);
	EXPECT(ends[0] == old);
	EXPECT(write(ends[1], "new", 3) == 3);
	VERB(callback_read(&reuse->successor.request, ends[0], reuse->successor.buffer, 8, want));
}

static void wait_and_close(void *argument)
{
	struct reuse *reuse = argument;

	open_pair(reuse->ends);
	VERB(callback_read(&reuse->reader.request, reuse->ends[0], reuse->reader.buffer, 8, read_or_closed));
	EXPECT(write(reuse->ends[1], "old", 3) == 3);
	VERB(callback_at(&reuse->closer.request, 0, close_and_reuse));
}

static void test_a_closed_number_is_not_read_again(void **state)
{
	struct reuse reuse = {.successor.result = 3};

	(void)state;
	play(wait_and_close, &reuse);
	assert_int_equal(reuse.reader.called, 1);
	assert_int_equal(reuse.closer.called, 1);
	assert_int_equal(reuse.successor.called, 1);
	assert_memory_equal(reuse.successor.buffer, "new", 3);
}

/* All that waits on a descriptor when it is closed: a read, a write that does not fit, an accept. */
struct waiting {
	struct wanted reader, acceptor, writer;
	struct callback_request closer;
	int ends[2], listener;
	char *big;
};

static void close_all(struct callback_request *request)
{
	struct waiting *waiting = callback_owner(request, struct waiting, closer);

	EXPECT(waiting->reader.called + waiting->acceptor.called + waiting->writer.called == 0);
	VERB(EXPECT(callback_close(waiting->ends[0]) == 0));
	VERB(EXPECT(callback_close(waiting->listener) == 0));
}

/* Fills the socket, behind the runtime's back, so that its write must wait. */
static void wait_for_all(void *argument)
{
	struct waiting *waiting = argument;
	struct sockaddr_in address;
	char chunk[4096] = "";

	open_pair(waiting->ends);
	waiting->listener = open_listener(&address);
	while (send(waiting->ends[0], chunk, sizeof(chunk), MSG_NOSIGNAL | MSG_DONTWAIT) > 0)
		;
	VERB(callback_read(&waiting->reader.request, waiting->ends[0], waiting->reader.buffer, 8, want));
	VERB(callback_write(&waiting->writer.request, waiting->ends[0], chunk, 1, want));
	VERB(callback_accept(&waiting->acceptor.request, waiting->listener, want));
	VERB(callback_at(&waiting->closer, clock_now() + 5 * NS_PER_MS, close_all));
}

static void test_closing_ends_what_waits(void **state)
{
	struct waiting waiting = {
		.reader.result = -EBADF, .writer.result = -EBADF, .acceptor.result = -EBADF, .listener = -1};

	(void)state;
	play(wait_for_all, &waiting);
	assert_int_equal(waiting.reader.called, 1);
	assert_int_equal(waiting.writer.called, 1);
	assert_int_equal(waiting.acceptor.called, 1);
}

static void connect_to_nobody(void *argument)
{
	struct wanted *wanted = argument;
	struct sockaddr_in address;
	int listener = open_listener(&address), fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	EXPECT(callback_close(listener) == 0);
	EXPECT(callback_adopt(fd) == 0);
	VERB(callback_connect(&wanted->request, fd, (struct sockaddr *)&address, sizeof(address), want));
}

static void test_connecting_to_nobody(void **state)
{
	struct wanted wanted = {.result = -ECONNREFUSED};

	(void)state;
	play(connect_to_nobody, &wanted);
	assert_int_equal(wanted.called, 1);
}

static void write_to_nobody(void *argument)
{
	struct wanted *wanted = argument;
	int ends[2];

	open_pair(ends);
	EXPECT(callback_close(ends[1]) == 0);
	VERB(callback_write(&wanted->request, ends[0], "x", 1, want));
}

static void test_writing_to_nobody_is_no_signal(void **state)
{
	struct wanted wanted = {.result = -EPIPE};

	(void)state;
	play(write_to_nobody, &wanted);
	assert_int_equal(wanted.called, 1);
}

/* Fairness: one who is always ready, a time, a descriptor, until all three have come. */
/* Descriptors that nobody closes: a listener, what it has accepted, and one that nothing was done with. */

struct strays {
	struct callback_request acceptor;
	int fds[3];
};

static void accept_stray(struct callback_request *request)
{
	struct strays *strays = callback_owner(request, struct strays, acceptor);

	strays->fds[1] = (int)request->result;
	EXPECT(request->result >= 0 && (fcntl(strays->fds[1], F_GETFD) & FD_CLOEXEC));
}

static void leave_descriptors(void *argument)
{
	struct strays *strays = argument;
	struct sockaddr_in address;
	int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	strays->fds[0] = open_listener(&address);
	EXPECT(connect(client, (struct sockaddr *)&address, sizeof(address)) == 0);
	strays->fds[2] = client;
	EXPECT(callback_adopt(client) == 0);
	callback_accept(&strays->acceptor, strays->fds[0], accept_stray);
}

static void test_what_is_left_is_closed(void **state)
{
	struct strays strays = {.fds = {-1, -1, -1}};

	(void)state;
	play(leave_descriptors, &strays);
	for (int i = 0; i < 3; i++) {
		assert_true(strays.fds[i] >= 0);
		assert_int_equal(fcntl(strays.fds[i], F_GETFD), -1);
	}
}

struct crowd {
	struct counter busy, sleeper;
	struct wanted reader;
	int ends[2];
};

static void be_busy(struct callback_request *request)
{
	struct crowd *crowd = callback_owner(counter_of(request), struct crowd, busy);

	/* Some seconds and more: whoever starves is noticed, and nothing is measured. */
	if (crowd->busy.called == BUSY_BEFORE)
		EXPECT(write(crowd->ends[1], "x", 1) == 1);
	if (EXPECT(crowd->busy.called++ < 100000000) && !(crowd->sleeper.called && crowd->reader.called))
		callback_soon(request, be_busy);
}

static void gather(void *argument)
{
	struct crowd *crowd = argument;

	open_pair(crowd->ends);
	callback_read(&crowd->reader.request, crowd->ends[0], crowd->reader.buffer, 8, want);
	callback_at(&crowd->sleeper.request, clock_now() + NS_PER_MS, count);
	callback_soon(&crowd->busy.request, be_busy);
}

static void test_nobody_starves(void **state)
{
	struct crowd crowd = {.reader.result = 1};

	(void)state;
	play(gather, &crowd);
	assert_int_equal(crowd.sleeper.called, 1);
	assert_int_equal(crowd.reader.called, 1);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_returns_when_nothing_is_pending),
		cmocka_unit_test(test_soon_is_in_order),
		cmocka_unit_test(test_a_chain_needs_no_stack),
		cmocka_unit_test(test_times_come_in_order_and_not_early),
		cmocka_unit_test(test_times_are_no_milliseconds),
		cmocka_unit_test(test_the_past_is_now),
		cmocka_unit_test(test_many_talk_at_once),
		cmocka_unit_test(test_more_than_fits_both_ways),
		cmocka_unit_test(test_only_what_was_adopted),
		cmocka_unit_test(test_one_reader_at_a_time),
		cmocka_unit_test(test_a_closed_number_is_not_read_again),
		cmocka_unit_test(test_closing_ends_what_waits),
		cmocka_unit_test(test_what_is_left_is_closed),
		cmocka_unit_test(test_connecting_to_nobody),
		cmocka_unit_test(test_writing_to_nobody_is_no_signal),
		cmocka_unit_test(test_nobody_starves),
	};

	setvbuf(stdout, NULL, _IOLBF, 0); /* the test that hangs has then been named */
	print_message("runtime %s: %s\n", runtime.name, runtime.model);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
