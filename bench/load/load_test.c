/* load_test.c: the load against honest servers, and against liars of every kind, each found and named.
 *
 * The server is a forked child with one poll() loop; it dies with the test (PR_SET_PDEATHSIG) and is waited for. */
#include <errno.h>
#include <jansson.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { PEERS_MAX = 64, BUFFER = 64, LIE_AT = 5, TEXT_MAX = 1 << 16 };

enum manner {
	HONEST,
	DRIBBLES,   /* honest, but a few bytes at a time */
	FLIPS,      /* one bit of one byte */
	DROPS,      /* swallows a message */
	DUPLICATES, /* answers one message twice */
	REPEATS,    /* answers with the message before */
	CROSSES,    /* answers with another connection's bytes */
	CLOSES,     /* in the middle */
	SILENT,     /* accepts, and never answers */
	LINGERS     /* never closes its side */
};

/* What the server has sent back, in the memory that it shares with the test. Ordered by its end: waitpid(). */
static uint64_t *served_bytes;

struct peer {
	int fd;
	unsigned chunks; /* whole messages, where messages have BUFFER bytes */
	char last[BUFFER];
};

/* The server: runs in the child. */

static void put(int fd, const char *bytes, size_t count)
{
	while (count > 0) {
		ssize_t sent = send(fd, bytes, count, MSG_NOSIGNAL);

		if (sent <= 0)
			return;
		bytes += sent;
		count -= (size_t)sent;
		*served_bytes += (uint64_t)sent;
	}
}

static void lie(enum manner manner, struct peer *peers, struct peer *peer, char *bytes, size_t count)
{
	switch (manner) {
	case FLIPS:
		bytes[count - 1] ^= 1;
		put(peer->fd, bytes, count);
		break;
	case DUPLICATES:
		put(peer->fd, bytes, count);
		put(peer->fd, bytes, count);
		break;
	case REPEATS:
		put(peer->fd, peer->last, count);
		break;
	case CROSSES:
		put(peer->fd, peers[peer == &peers[1] ? 2 : 1].last, count);
		break;
	case CLOSES:
		shutdown(peer->fd, SHUT_RDWR);
		break;
	default: /* DROPS: no answer */
		break;
	}
}

/* Connection 1 (the second accepted, which is the load's second where it has one thread) is lied to once, over its
 * message LIE_AT; the warm-up is its first chunk. */
static void answer(enum manner manner, struct peer *peers, struct peer *peer, char *bytes, size_t count)
{
	if (manner == SILENT)
		return;
	if (manner > DRIBBLES && manner < SILENT && peer == &peers[1] && peer->chunks == LIE_AT)
		lie(manner, peers, peer, bytes, count);
	else
		put(peer->fd, bytes, count);
	memcpy(peer->last, bytes, count);
	peer->chunks++;
}

static void serve_peer(enum manner manner, struct peer *peers, struct peer *peer)
{
	char bytes[BUFFER];
	ssize_t count = recv(peer->fd, bytes, manner == DRIBBLES ? 5 : sizeof bytes, 0);

	if (count > 0)
		answer(manner, peers, peer, bytes, (size_t)count);
	if (count > 0 || manner == LINGERS)
		return;
	close(peer->fd);
	peer->fd = -1;
}

static int accept_peer(int listener)
{
	int one = 1, fd = accept(listener, NULL, NULL);

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	return fd;
}

static _Noreturn void serve(int listener, enum manner manner)
{
	static struct peer peers[PEERS_MAX];
	unsigned count = 0;

	for (;;) {
		struct pollfd polls[PEERS_MAX + 1] = {{.fd = count < PEERS_MAX ? listener : -1, .events = POLLIN}};

		for (unsigned i = 0; i < count; i++)
			polls[i + 1] = (struct pollfd){.fd = peers[i].fd, .events = POLLIN};
		poll(polls, count + 1, -1);
		for (unsigned i = 0; i < count; i++)
			if (polls[i + 1].revents)
				serve_peer(manner, peers, &peers[i]);
		if (polls[0].revents) {
			unsigned place = 0;

			while (place < count && peers[place].fd >= 0)
				place++;
			count += place == count;
			peers[place] = (struct peer){.fd = accept_peer(listener)};
		}
	}
}

/* Nobody else has the port while the descriptor is open, and nobody listens yet. */
static int bind_somewhere(uint16_t *port)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t length = sizeof address;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&address, length), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &length), 0);
	*port = ntohs(address.sin_port);
	return fd;
}

static int listen_somewhere(uint16_t *port)
{
	int fd = bind_somewhere(port);

	assert_int_equal(listen(fd, PEERS_MAX), 0);
	return fd;
}

static pid_t start_server(enum manner manner, uint16_t *port)
{
	int listener = listen_somewhere(port);
	pid_t child = fork();

	assert_true(child >= 0);
	if (child == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		serve(listener, manner);
	}
	close(listener);
	return child;
}

/* The load: a child too, its output and its messages caught. */

struct outcome {
	int status;
	json_t *line; /* NULL if nothing was printed */
	char words[TEXT_MAX];
};

static void catch_all(int fd, char *text)
{
	size_t length = 0;
	ssize_t got;

	while ((got = read(fd, text + length, TEXT_MAX - 1 - length)) > 0)
		length += (size_t)got;
	text[length] = '\0';
	close(fd);
}

static _Noreturn void become_load(char *const argv[], int output, int errors)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	dup2(output, STDOUT_FILENO);
	dup2(errors, STDERR_FILENO);
	execv(LOAD_PROGRAM, argv);
	_exit(127);
}

static void run_load(struct outcome *outcome, char *const argv[])
{
	static char text[TEXT_MAX];
	int output[2], errors[2];
	pid_t child;

	assert_int_equal(pipe(output), 0);
	assert_int_equal(pipe(errors), 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0)
		become_load(argv, output[1], errors[1]);
	close(output[1]);
	close(errors[1]);
	catch_all(output[0], text); /* shorter than a pipe holds: the order of the two does not matter */
	catch_all(errors[0], outcome->words);
	assert_int_equal(waitpid(child, &outcome->status, 0), child);
	assert_true(WIFEXITED(outcome->status));
	outcome->status = WEXITSTATUS(outcome->status);
	outcome->line = text[0] ? json_loads(text, 0, NULL) : NULL;
}

/* Four connections of 20 messages against a server of that manner; `more` are options to the load, separated by spaces.
 */
static void play(struct outcome *outcome, enum manner manner, const char *more)
{
	char options[160], *argv[16] = {"load", "echo"}, *rest = options;
	int count = 2, status;
	uint16_t port;
	pid_t server;

	*served_bytes = 0;
	server = start_server(manner, &port);
	snprintf(options, sizeof options, "port=%u server=%d connections=4 messages=20 timeout=20s %s", port,
		 (int)server, more);
	while ((argv[count] = strsep(&rest, " ")))
		count += *argv[count] != '\0';
	run_load(outcome, argv);
	kill(server, SIGKILL);
	assert_int_equal(waitpid(server, &status, 0), server);
}

static json_int_t number(const struct outcome *outcome, const char *key, const char *inner)
{
	json_t *value = json_object_get(outcome->line, key);

	return json_integer_value(inner ? json_object_get(value, inner) : value);
}

static void assert_words(const struct outcome *outcome, const char *words)
{
	if (!strstr(outcome->words, words))
		fail_msg("'%s' does not say '%s'", outcome->words, words);
}

static void assert_in_order(const struct outcome *outcome, json_int_t messages, json_int_t size)
{
	assert_string_equal(outcome->words, "");
	assert_int_equal(outcome->status, 0);
	assert_int_equal(number(outcome, "messages", NULL), messages);
	assert_int_equal(number(outcome, "bytes", NULL), messages * size);
	assert_int_equal(number(outcome, "errors", NULL), 0);
	assert_int_equal(number(outcome, "latency_ns", "count"), messages);
	assert_true(number(outcome, "time_ns", "wall") >= number(outcome, "latency_ns", "max"));
	assert_true(number(outcome, "latency_ns", "min") > 0);
}

static void assert_found(struct outcome *outcome, const char *words)
{
	assert_int_equal(outcome->status, 1);
	assert_words(outcome, words);
	assert_non_null(outcome->line);
	assert_true(number(outcome, "errors", NULL) > 0);
	assert_true(number(outcome, "messages", NULL) < 80);
	json_decref(outcome->line);
}

static void test_honest(void **state)
{
	struct outcome outcome;

	(void)state;
	play(&outcome, HONEST, "");
	assert_in_order(&outcome, 80, 64);
	assert_int_equal(number(&outcome, "per_connection", "least"), 20);
	assert_int_equal(number(&outcome, "per_connection", "most"), 20);
	assert_int_equal(number(&outcome, "protocol", NULL), 1);
	assert_string_equal(json_string_value(json_object_get(outcome.line, "loop")), "closed");
	assert_true(number(&outcome, "server_cpu_ns", NULL) > 0);
	json_decref(outcome.line);
	play(&outcome, HONEST, "churn=yes");
	assert_null(json_object_get(outcome.line, "server_cpu_ns"));
	json_decref(outcome.line);
	play(&outcome, HONEST, "server=0 threads=3");
	assert_null(json_object_get(outcome.line, "server_cpu_ns"));
	json_decref(outcome.line);
}

static void test_sizes(void **state)
{
	static const struct {
		const char *options;
		json_int_t size;
	} cases[] = {{"size=1", 1}, {"size=7", 7}, {"size=65B", 65}, {"size=1000", 1000}, {"size=64KiB", 65536}};
	struct outcome outcome;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		play(&outcome, HONEST, cases[i].options);
		assert_in_order(&outcome, 80, cases[i].size);
		json_decref(outcome.line);
		play(&outcome, DRIBBLES, cases[i].size > 1000 ? "size=1001 messages=2" : cases[i].options);
		assert_int_equal(outcome.status, 0);
		json_decref(outcome.line);
	}
}

/* The checksum is of the bytes, whoever carried them in whatever order. */
static void test_threads(void **state)
{
	static const char *const options[] = {"threads=1", "threads=2", "threads=3", "threads=64"};
	char checksum[32] = "";
	struct outcome outcome;

	(void)state;
	for (size_t i = 0; i < sizeof options / sizeof options[0]; i++) {
		const char *text;

		play(&outcome, HONEST, options[i]);
		assert_in_order(&outcome, 80, 64);
		text = json_string_value(json_object_get(outcome.line, "checksum"));
		if (i > 0)
			assert_string_equal(text, checksum);
		snprintf(checksum, sizeof checksum, "%s", text);
		json_decref(outcome.line);
	}
}

/* Messages under way, and throughput times latency, are two counts of the same. */
static void assert_little(const struct outcome *outcome)
{
	const json_t *little = json_object_get(outcome->line, "little");
	double under_way = json_number_value(json_object_get(little, "in_flight")),
	       product = json_number_value(json_object_get(little, "expected"));

	print_message("%g under way, throughput x latency = %g\n", under_way, product);
	assert_true(under_way > 0);
	assert_true(json_is_true(json_object_get(little, "holds")));
}

static json_int_t play_in_order(struct outcome *outcome, const char *options, json_int_t messages, json_int_t size)
{
	json_int_t opened;

	play(outcome, HONEST, options);
	assert_in_order(outcome, messages, size);
	opened = number(outcome, "opened", NULL);
	assert_little(outcome);
	return opened;
}

/* Pipelining, silent connections and new connections change nothing of the bytes. */
static void test_shapes(void **state)
{
	struct outcome outcome;
	char checksum[32];

	(void)state;
	assert_int_equal(play_in_order(&outcome, "size=7 threads=1", 80, 7), 4);
	snprintf(checksum, sizeof checksum, "%s", json_string_value(json_object_get(outcome.line, "checksum")));
	json_decref(outcome.line);
	assert_int_equal(play_in_order(&outcome, "size=7 depth=5 idle=3", 80, 7), 7);
	assert_string_equal(json_string_value(json_object_get(outcome.line, "checksum")), checksum);
	json_decref(outcome.line);
	assert_int_equal(play_in_order(&outcome, "size=3000 depth=64 messages=100", 400, 3000), 4);
	json_decref(outcome.line);
	assert_int_equal(play_in_order(&outcome, "churn=yes messages=10 idle=2", 40, 64), 42);
	json_decref(outcome.line);
}

static void test_open_loop(void **state)
{
	struct outcome outcome;

	(void)state;
	assert_int_equal(play_in_order(&outcome, "rate=4000", 80, 64), 4);
	assert_string_equal(json_string_value(json_object_get(outcome.line, "loop")), "open");
	assert_int_equal(number(&outcome, "raw_latency_ns", "count"), 80);
	assert_int_equal(number(&outcome, "pacing_ns", "count"), 80);
	assert_int_equal(number(&outcome, "unsent", NULL), 0);
	assert_true(number(&outcome, "time_ns", "wall") >= 19000000); /* the 80th is due after 79/4000 s */
	assert_little(&outcome);
	json_decref(outcome.line);
}

/* What the load says came back is what the server sent, message for message: with a duration, less those that were
 * under way when it ended, and one more a connection in the turn in which that was seen. */
static void test_server_agrees(void **state)
{
	static const struct {
		const char *options;
		json_int_t size;
	} cases[] = {{"duration=20ms", 64}, {"duration=20ms depth=5 size=16", 16}, {"duration=20ms threads=3", 64}};
	enum { WARM_UPS = 4, UNDER_WAY_MAX = 4 * 5 };
	struct outcome outcome;

	(void)state;
	play(&outcome, HONEST, "messages=500 depth=7");
	assert_int_equal(*served_bytes, (2000 + WARM_UPS) * 64);
	assert_in_order(&outcome, 2000, 64);
	json_decref(outcome.line);
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		json_int_t messages, sent;

		play(&outcome, HONEST, cases[i].options);
		assert_int_equal(outcome.status, 0);
		messages = number(&outcome, "messages", NULL);
		sent = number(&outcome, "latency_ns", "count");
		assert_int_equal(*served_bytes, (sent + WARM_UPS) * cases[i].size);
		assert_in_range(sent - messages, 0, 2 * UNDER_WAY_MAX);
		assert_int_equal(number(&outcome, "bytes", NULL), messages * cases[i].size);
		json_decref(outcome.line);
	}
}

static void test_duration(void **state)
{
	struct outcome outcome;

	(void)state;
	play(&outcome, HONEST, "duration=50ms warmup=20ms");
	assert_int_equal(outcome.status, 0);
	assert_true(number(&outcome, "time_ns", "wall") >= 50000000);
	assert_true(number(&outcome, "messages", NULL) > 0);
	assert_null(json_object_get(outcome.line, "server_cpu_ns"));
	json_decref(outcome.line);
	play(&outcome, HONEST, "duration=50ms rate=1000000"); /* more than it can do: nothing is left out */
	assert_int_equal(outcome.status, 0);
	assert_true(number(&outcome, "unsent", NULL) > 0);
	assert_int_equal(number(&outcome, "latency_ns", "count"), 50000);
	assert_true(number(&outcome, "messages", NULL) + number(&outcome, "unsent", NULL) <= 50000);
	assert_little(&outcome);
	json_decref(outcome.line);
	play(&outcome, HONEST, "duration=200ms warmup=250ms rate=200000"); /* what comes back was due long ago */
	assert_int_equal(outcome.status, 0);
	assert_true(number(&outcome, "messages", NULL) > 0);
	assert_little(&outcome);
	json_decref(outcome.line);
}

static void test_liars(void **state)
{
	static const struct {
		enum manner manner;
		const char *words;
	} cases[] = {
		{FLIPS, "connection 1: byte 63 of message 5 came back wrong;"},
		{DROPS, "connection 1: 0 of 64 bytes of message 5 had come back at the time limit"},
		{REPEATS, "connection 1: byte 0 of message 5 came back wrong; the bytes are those of message 4 of "
			  "connection 1"},
		{CROSSES, "of connection 2;"},
		{CLOSES, "connection 1: the server closed it after 4 of 20 messages"},
		{SILENT, "0 of 64 bytes of message 0 had come back at the time limit; 0 messages were right, 4 "
			 "connections failed"},
	};
	struct outcome outcome;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		play(&outcome, cases[i].manner, "threads=1 timeout=1s");
		assert_found(&outcome, cases[i].words);
	}
}

/* An answer too many shows as excess, or as the start of the next answer: when it arrives decides. After the last
 * message it can only be excess. */
static void test_duplicates(void **state)
{
	struct outcome outcome;

	(void)state;
	play(&outcome, DUPLICATES, "threads=1 timeout=1s");
	if (!strstr(outcome.words, "more bytes came back than were sent"))
		assert_words(&outcome, "the bytes are those of message 5 of connection 1");
	assert_found(&outcome, "connection 1: ");
	play(&outcome, DUPLICATES, "threads=1 messages=5 timeout=1s");
	assert_int_equal(outcome.status, 1);
	assert_words(&outcome, "connection 1: more bytes came back than were sent, after message 5");
	json_decref(outcome.line);
}

/* Everything came back, but the server does not end. */
static void test_lingers(void **state)
{
	struct outcome outcome;

	(void)state;
	play(&outcome, LINGERS, "timeout=2s");
	assert_int_equal(outcome.status, 1);
	assert_words(&outcome, "the server did not close it within the time limit");
	assert_int_equal(number(&outcome, "messages", NULL), 80);
	json_decref(outcome.line);
}

static void test_nobody_listens(void **state)
{
	struct outcome outcome;
	char option[32];
	uint16_t port;
	int fd;

	(void)state;
	fd = bind_somewhere(&port);
	snprintf(option, sizeof option, "port=%u", port);
	run_load(&outcome, (char *[]){"load", "echo", option, "connections=4", NULL});
	assert_found(&outcome, "cannot connect to 127.0.0.1:");
	assert_words(&outcome, "Connection refused");
	close(fd);
}

static void test_wrong_calls(void **state)
{
	static char *const calls[][5] = {
		{"load"},
		{"load", "chess"},
		{"load", "echo"},
		{"load", "echo", "port=0"},
		{"load", "echo", "port=70000"},
		{"load", "echo", "porter=7"},
		{"load", "echo", "messages=3"},
		{"load", "echo", "port=7", "warmup=1s"},
		{"load", "echo", "churn=yes", "depth=2"},
	};
	struct outcome outcome;

	(void)state;
	for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
		run_load(&outcome, (char *[]){calls[i][0], calls[i][1], calls[i][2], calls[i][3], calls[i][4], NULL});
		assert_int_equal(outcome.status, 2);
		assert_null(outcome.line);
		assert_true(strlen(outcome.words) > 0);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_honest),      cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_threads),     cmocka_unit_test(test_liars),
		cmocka_unit_test(test_shapes),      cmocka_unit_test(test_open_loop),
		cmocka_unit_test(test_duration),    cmocka_unit_test(test_duplicates),
		cmocka_unit_test(test_lingers),     cmocka_unit_test(test_nobody_listens),
		cmocka_unit_test(test_wrong_calls), cmocka_unit_test(test_server_agrees),
	};

	served_bytes = mmap(NULL, sizeof *served_bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (served_bytes == MAP_FAILED)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
