/* others_test.c: `load chat` against an honest server and against liars, each found and named; `load fetch` under a
 * client that knows HTTP only as far as RFC 9112 has it, and under one that does not.
 *
 * The chat server is a forked child with one poll() loop; it dies with the test (PR_SET_PDEATHSIG) and is waited for.
 */
#include <errno.h>
#include <jansson.h>
#include <netinet/in.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "pattern.h"

enum { MEMBERS = 4, ROOMS = 2, SIZE = 64, MESSAGES = 8, LIE_AT = 5, TEXT_MAX = 1 << 14 };

enum manner {
	HONEST,
	DROPS,      /* one message to one member */
	DUPLICATES, /* the same */
	REORDERS,   /* the next but one first: never sent, so made up */
	FLIPS,      /* one bit */
	CROSSES,    /* to a member of the other room */
	CLOSES,     /* in the middle */
	SILENT      /* joins are taken, and nothing is said */
};

/* Chat, in the child. Member m of the load's one thread is the m-th that connects. */

static void put(int fd, const char *bytes, size_t count)
{
	while (count > 0) {
		ssize_t sent = send(fd, bytes, count, MSG_NOSIGNAL);

		if (sent <= 0)
			return;
		bytes += sent;
		count -= (size_t)sent;
	}
}

/* To a member of the right room; the lie is told to member 2 about message LIE_AT of member 0. */
static void tell(enum manner manner, const int *fds, unsigned to, const char *bytes)
{
	char changed[SIZE];
	uint64_t word;

	memcpy(&word, bytes, sizeof word);
	if (manner == HONEST || to != 2 || word != LIE_AT) {
		put(fds[to], bytes, SIZE);
		return;
	}
	memcpy(changed, bytes, SIZE);
	if (manner == DUPLICATES)
		put(fds[to], bytes, SIZE);
	if (manner == FLIPS)
		changed[SIZE - 1] ^= 1;
	if (manner == REORDERS)
		changed[0]++;
	if (manner == CROSSES)
		put(fds[1], bytes, SIZE);
	if (manner == CLOSES)
		shutdown(fds[to], SHUT_RDWR);
	if (manner != DROPS && manner != CLOSES)
		put(fds[to], changed, SIZE);
}

/* False: the member has left. */
static bool hear(enum manner manner, int *fds, unsigned from)
{
	char bytes[SIZE];

	if (recv(fds[from], bytes, SIZE, MSG_WAITALL) != SIZE)
		return false;
	for (unsigned to = from % ROOMS; to < MEMBERS && manner != SILENT; to += ROOMS)
		if (fds[to] >= 0)
			tell(manner, fds, to, bytes);
	return true;
}

static _Noreturn void serve(int listener, enum manner manner)
{
	int fds[MEMBERS];

	for (unsigned i = 0; i < MEMBERS; i++)
		fds[i] = accept(listener, NULL, NULL);
	for (;;) {
		struct pollfd polls[MEMBERS];

		for (unsigned i = 0; i < MEMBERS; i++)
			polls[i] = (struct pollfd){.fd = fds[i], .events = POLLIN};
		poll(polls, MEMBERS, -1);
		for (unsigned i = 0; i < MEMBERS; i++)
			if (polls[i].revents && !hear(manner, fds, i)) {
				close(fds[i]);
				fds[i] = -1;
			}
	}
}

static int listen_somewhere(uint16_t *port)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t length = sizeof address;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&address, length), 0);
	assert_int_equal(listen(fd, MEMBERS), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &length), 0);
	*port = ntohs(address.sin_port);
	return fd;
}

/* The load: a child too, its output and its messages caught. */

struct load {
	pid_t pid;
	int output, errors;
};

struct outcome {
	int status;
	json_t *line; /* NULL if nothing was printed */
	char words[TEXT_MAX];
};

static struct load start_load(char *const argv[])
{
	int output[2], errors[2];
	struct load load;

	assert_int_equal(pipe(output), 0);
	assert_int_equal(pipe(errors), 0);
	load = (struct load){.pid = fork(), .output = output[0], .errors = errors[0]};
	if (load.pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		dup2(output[1], STDOUT_FILENO);
		dup2(errors[1], STDERR_FILENO);
		execv(LOAD_PROGRAM, argv);
		_exit(127);
	}
	close(output[1]);
	close(errors[1]);
	return load;
}

static void catch_all(int fd, char *text)
{
	size_t length = 0;
	ssize_t got;

	while ((got = read(fd, text + length, TEXT_MAX - 1 - length)) > 0)
		length += (size_t)got;
	text[length] = '\0';
	close(fd);
}

static void end_load(struct load load, struct outcome *outcome)
{
	static char text[TEXT_MAX];

	catch_all(load.output, text);
	catch_all(load.errors, outcome->words);
	assert_int_equal(waitpid(load.pid, &outcome->status, 0), load.pid);
	assert_true(WIFEXITED(outcome->status));
	outcome->status = WEXITSTATUS(outcome->status);
	outcome->line = text[0] ? json_loads(text, 0, NULL) : NULL;
}

static json_int_t number(const struct outcome *outcome, const char *key)
{
	return json_integer_value(json_object_get(outcome->line, key));
}

static void assert_words(const struct outcome *outcome, const char *words)
{
	if (!strstr(outcome->words, words))
		fail_msg("'%s' does not say '%s'", outcome->words, words);
}

/* Chat. */

static void chat(struct outcome *outcome, enum manner manner, const char *timeout)
{
	char option[32], limit[32];
	uint16_t port;
	int listener = listen_somewhere(&port), status;
	pid_t server = fork();

	if (server == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		serve(listener, manner);
	}
	close(listener);
	snprintf(option, sizeof option, "port=%u", port);
	snprintf(limit, sizeof limit, "timeout=%s", timeout);
	end_load(start_load((char *[]){"load", "chat", option, "members=4", "rooms=2", "messages=8", "size=64",
				       "threads=1", limit, NULL}),
		 outcome);
	kill(server, SIGKILL);
	assert_int_equal(waitpid(server, &status, 0), server);
}

static void an_honest_server_is_believed(void **state)
{
	struct outcome outcome;

	(void)state;
	chat(&outcome, HONEST, "20s");
	assert_string_equal(outcome.words, "");
	assert_int_equal(outcome.status, 0);
	assert_int_equal(number(&outcome, "messages"), MEMBERS * 2 * MESSAGES);
	assert_int_equal(number(&outcome, "bytes"), MEMBERS * 2 * MESSAGES * SIZE);
	assert_int_equal(number(&outcome, "errors"), 0);
	assert_int_equal(json_integer_value(json_object_get(json_object_get(outcome.line, "latency_ns"), "count")),
			 MEMBERS * 2 * MESSAGES);
	json_decref(outcome.line);
}

static void liars_are_named(void **state)
{
	static const struct {
		enum manner manner;
		const char *words;
	} cases[] = {
		{DROPS, "member 2: heard message 6 of member 0 without message 5"},
		{DUPLICATES, "member 2: heard message 5 of member 0 again, or late: it awaits message 6"},
		{REORDERS, "member 2: heard message 6 of member 0 without message 5"},
		{FLIPS, "member 2: heard message 5 of member 0 with other bytes"},
		{CROSSES, "member 1: heard message 5 of member 0, who is in another room"},
		{CLOSES, "member 2: the server closed it after "},
		{SILENT, "had heard 0 of 18 messages at the time limit"},
	};
	struct outcome outcome;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		chat(&outcome, cases[i].manner, "400ms");
		assert_int_equal(outcome.status, 1);
		assert_words(&outcome, cases[i].words);
		assert_true(number(&outcome, "errors") > 0);
		json_decref(outcome.line);
	}
}

static void wrong_calls_are_refused(void **state)
{
	static const struct {
		char *call[5];
		const char *words;
	} cases[] = {
		{{"load", "chat"}, "port= is missing"},
		{{"load", "chat", "port=1", "members=5", "rooms=2"}, "evenly"},
		{{"load", "chat", "port=1", "size=33"}, "multiple of 8"},
		{{"load", "fetch"}, "port= is missing"},
		{{"load", "fetch", "port=1", "wait=11s"}, "wait"},
	};
	struct outcome outcome;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		char *const *call = cases[i].call;

		end_load(start_load((char *[]){call[0], call[1], call[2], call[2] ? call[3] : NULL,
					       call[2] && call[3] ? call[4] : NULL, NULL}),
			 &outcome);
		assert_int_equal(outcome.status, 2);
		assert_null(outcome.line);
		assert_words(&outcome, cases[i].words);
	}
}

/* Fetch. The test is the player. */

struct meeting {
	struct load load;
	int control;
	uint16_t port; /* in the order of the network */
};

static struct meeting meet(char *size)
{
	struct meeting meeting;
	char option[32];
	uint16_t port;
	int listener = listen_somewhere(&port);

	snprintf(option, sizeof option, "port=%u", port);
	meeting.load = start_load((char *[]){"load", "fetch", option, "wait=5ms", size, "timeout=20s", NULL});
	meeting.control = accept(listener, NULL, NULL);
	close(listener);
	assert_int_equal(recv(meeting.control, &meeting.port, sizeof meeting.port, MSG_WAITALL), sizeof meeting.port);
	return meeting;
}

/* The whole answer, up to the end of the stream: how long it is. The request is sent in two pieces. */
static size_t ask(const struct meeting *meeting, const char *request, char *answer, size_t room)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET, .sin_port = meeting->port, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	size_t length = 0, half = strlen(request) / 2;
	ssize_t got;

	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
	put(fd, request, half);
	usleep(1000);
	put(fd, request + half, strlen(request) - half);
	while ((got = recv(fd, answer + length, room - length, 0)) > 0)
		length += (size_t)got;
	close(fd);
	return length;
}

static void part(const struct meeting *meeting, struct outcome *outcome)
{
	close(meeting->control);
	end_load(meeting->load, outcome);
}

static void a_response_is_http_and_the_pattern(void **state)
{
	enum { BODY = 3001 };
	uint64_t words[BODY / 8 + 2];
	struct meeting meeting = meet("size=3001");
	struct outcome outcome;
	char answer[4096], *body;
	size_t length;

	(void)state;
	for (uint64_t i = 7; i < 9; i++) {
		char request[64];

		snprintf(request, sizeof request, "GET /%u HTTP/1.1\r\nHost: x\r\n\r\n", (unsigned)i);
		length = ask(&meeting, request, answer, sizeof answer - 1);
		answer[length] = '\0';
		assert_true(strncmp(answer, "HTTP/1.1 200 OK\r\n", 17) == 0);
		assert_non_null(strstr(answer, "\r\nContent-Length: 3001\r\n"));
		body = strstr(answer, "\r\n\r\n") + 4;
		assert_int_equal(length - (size_t)(body - answer), BODY);
		pattern_fill(pattern_seed(i, 0), 0, BODY, words);
		assert_memory_equal(body, words, BODY);
	}
	part(&meeting, &outcome);
	assert_string_equal(outcome.words, "");
	assert_int_equal(outcome.status, 0);
	assert_int_equal(number(&outcome, "messages"), 2);
	assert_int_equal(number(&outcome, "bytes"), 2 * BODY);
	assert_null(json_object_get(outcome.line, "time_ns"));
	json_decref(outcome.line);
}

static void what_is_no_request_is_counted(void **state)
{
	struct meeting meeting = meet("size=10");
	struct outcome outcome;
	char answer[64];

	(void)state;
	assert_int_equal(ask(&meeting, "PUT /7 HTTP/1.1\r\n\r\n", answer, sizeof answer), 0);
	part(&meeting, &outcome);
	assert_int_equal(outcome.status, 1);
	assert_words(&outcome, "a request is not GET /NUMBER");
	assert_int_equal(number(&outcome, "messages"), 0);
	json_decref(outcome.line);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_honest_server_is_believed),  cmocka_unit_test(liars_are_named),
		cmocka_unit_test(wrong_calls_are_refused),       cmocka_unit_test(a_response_is_http_and_the_pattern),
		cmocka_unit_test(what_is_no_request_is_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
