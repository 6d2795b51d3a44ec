/* echo.c: the load's threads, each with its own share of the connections, an epoll instance and a histogram.
 *
 * A thread owns everything of its connections; what threads share is `session`, written before they start, but for
 * the barrier and one flag. Phases, the same in all threads: connect; one warm-up message each; the barrier; the timed
 * messages; the end. A connection that goes wrong is closed, counted once, and the others go on.
 * Always: `awaited` is the number of connections that have not finished the current phase. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <unistd.h>

#include "../../runtimes/check.h"
#include "../../runtimes/clock.h"
#include "load.h"
#include "pattern.h"

enum { EVENTS_MAX = 256, DESCRIPTORS_SPARE = 64, SEARCH_MAX = 1 << 22, RETRY_MS = 20, ADDRESS_SHARE = 8192 };

enum phase {
	WARMING,    /* message 0 is on its way */
	EXCHANGING, /* timed messages are */
	RESTING,    /* the phase's last message has come back; nothing may come now */
	ENDING      /* our side is closed; the end of the stream must come */
};

struct connection {
	int fd; /* -1: closed */
	enum phase phase;
	bool blocked;            /* the socket's buffer was full; waiting to send the rest */
	uint32_t index;          /* among all connections of the session */
	uint32_t sent, received; /* bytes of the current message */
	uint64_t message;        /* the current one; 0 is the warm-up */
	uint64_t answered;       /* timed messages that came back */
	uint64_t seed;           /* of the current message */
	uint64_t sent_ns;        /* when its first byte was about to be sent */
};

struct session {
	const struct load_options *options;
	uint64_t begun_ns, deadline_ns;
	pthread_barrier_t warm;
	_Atomic bool hopeless; /* some thread could not get ready: nobody starts the timed messages. Relaxed: the
				  barrier orders it */
};

struct worker {
	struct session *session;
	pthread_t thread;
	int epoll;
	struct connection *connections;
	uint32_t count, awaited;
	uint64_t *words; /* scratch for one message and a byte, in the layout of pattern.h */
	uint64_t errors, bytes, messages, checksum;
	uint64_t first_ns, last_ns; /* of the timed messages; 0: none */
	uint64_t user_ns, system_ns;
	struct histogram latency;
	char reason[LOAD_REASON_MAX]; /* of the first error */
};

/* Errors: the first one is kept in words, all are counted. */

static __attribute__((format(printf, 3, 4))) void fail(struct worker *worker, struct connection *connection,
						       const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	if (worker->reason[0] == '\0')
		vsnprintf(worker->reason, sizeof worker->reason, format, arguments);
	va_end(arguments);
	worker->errors++;
	worker->awaited -= connection->phase != RESTING;
	close(connection->fd); /* which takes it out of the epoll instance */
	connection->fd = -1;
}

/* Names the message that begins with this word, if it is one of this session's: "message 3 of connection 7". */
static void name_origin(const struct session *session, uint64_t word, char text[64])
{
	uint64_t messages = session->options->messages + 1, tried = 0;

	snprintf(text, 64, "no message that was sent");
	for (uint64_t message = 0; message < messages; message++)
		for (uint64_t connection = 0; connection < session->options->connections; connection++) {
			if (++tried > SEARCH_MAX)
				return;
			if (pattern_seed(connection, message) == word) {
				snprintf(text, 64, "message %llu of connection %llu", (unsigned long long)message,
					 (unsigned long long)connection);
				return;
			}
		}
}

static void fail_wrong_bytes(struct worker *worker, struct connection *connection, size_t bytes)
{
	size_t at = pattern_first_wrong(connection->seed, connection->received, bytes, worker->words);
	char origin[64] = "";

	/* A message's first word is its seed: it tells whose bytes these are. */
	if (at < 8 && connection->received == 0 && bytes >= 8)
		name_origin(worker->session, worker->words[0], origin);
	fail(worker, connection, "connection %u: byte %zu of message %llu came back wrong%s%s", connection->index, at,
	     (unsigned long long)connection->message, origin[0] ? "; the bytes are those of " : "", origin);
}

/* Sending. */

static int watch(struct worker *worker, struct connection *connection, int operation, uint32_t events)
{
	struct epoll_event event = {.events = events, .data.ptr = connection};

	return epoll_ctl(worker->epoll, operation, connection->fd, &event) < 0 ? -errno : 0;
}

static void block(struct worker *worker, struct connection *connection, bool blocked)
{
	int error;

	if (connection->blocked == blocked)
		return;
	connection->blocked = blocked;
	error = watch(worker, connection, EPOLL_CTL_MOD, blocked ? EPOLLIN | EPOLLOUT : EPOLLIN);
	if (error < 0)
		fail(worker, connection, "connection %u: cannot watch it: %s", connection->index, strerror(-error));
}

/* Sends what is left of the current message, as far as the socket takes it. */
static void push(struct worker *worker, struct connection *connection)
{
	const uint32_t size = worker->session->options->size;

	while (connection->sent < size) {
		uint32_t rest = size - connection->sent;
		ssize_t sent;

		pattern_fill(connection->seed, connection->sent, rest, worker->words);
		sent = send(connection->fd, (char *)worker->words + connection->sent % 8, rest, MSG_NOSIGNAL);
		if (sent < 0 && errno == EAGAIN) {
			block(worker, connection, true);
			return;
		}
		if (sent < 0 && errno != EINTR) {
			fail(worker, connection, "connection %u: cannot send message %llu: %s", connection->index,
			     (unsigned long long)connection->message, strerror(errno));
			return;
		}
		connection->sent += sent > 0 ? (uint32_t)sent : 0;
	}
	block(worker, connection, false);
}

static void begin_message(struct worker *worker, struct connection *connection, uint64_t message)
{
	connection->message = message;
	connection->seed = pattern_seed(connection->index, message);
	connection->sent = connection->received = 0;
	connection->sent_ns = clock_now();
	push(worker, connection);
}

/* Receiving. */

static void rest(struct worker *worker, struct connection *connection)
{
	connection->phase = RESTING;
	worker->awaited--;
}

/* The current message has come back whole. */
static void complete(struct worker *worker, struct connection *connection, uint64_t now_ns)
{
	const struct load_options *options = worker->session->options;

	if (connection->phase == WARMING) {
		rest(worker, connection);
		return;
	}
	histogram_add(&worker->latency, now_ns - connection->sent_ns);
	worker->last_ns = now_ns;
	worker->messages++;
	worker->bytes += options->size;
	if (++connection->answered == options->messages)
		rest(worker, connection);
	else
		begin_message(worker, connection, connection->message + 1);
}

static void take_bytes(struct worker *worker, struct connection *connection, size_t got)
{
	const uint32_t size = worker->session->options->size;
	uint64_t now_ns = clock_now();

	if (connection->phase >= RESTING || got > size - connection->received) {
		fail(worker, connection, "connection %u: more bytes came back than were sent, after message %llu",
		     connection->index, (unsigned long long)connection->message);
		return;
	}
	if (!pattern_check(connection->seed, connection->received, got, worker->words, &worker->checksum)) {
		fail_wrong_bytes(worker, connection, got);
		return;
	}
	connection->received += (uint32_t)got;
	if (connection->received == size)
		complete(worker, connection, now_ns);
}

/* The end of the stream: in order once everything has come back, wherever we are then. */
static void take_end(struct worker *worker, struct connection *connection)
{
	uint64_t messages = worker->session->options->messages;

	if (connection->answered < messages) {
		fail(worker, connection, "connection %u: the server closed it after %llu of %llu messages",
		     connection->index, (unsigned long long)connection->answered, (unsigned long long)messages);
		return;
	}
	close(connection->fd);
	connection->fd = -1;
	worker->awaited -= connection->phase == ENDING;
}

/* One recv() for an event: a short one has drained the socket, and a full one is told again. It asks for a byte more
 * than is missing, to see one that nobody sent. */
static void pull(struct worker *worker, struct connection *connection)
{
	size_t missing = worker->session->options->size - connection->received;
	ssize_t got = recv(connection->fd, (char *)worker->words + connection->received % 8, missing + 1, 0);

	if (got > 0)
		take_bytes(worker, connection, (size_t)got);
	else if (got == 0)
		take_end(worker, connection);
	else if (errno != EAGAIN && errno != EINTR)
		fail(worker, connection, "connection %u: cannot receive the answer to message %llu: %s",
		     connection->index, (unsigned long long)connection->message, strerror(errno));
}

/* Waiting. */

static int remaining_ms(const struct worker *worker)
{
	uint64_t now_ns = clock_now(), deadline_ns = worker->session->deadline_ns;

	return now_ns < deadline_ns ? (int)((deadline_ns - now_ns + NS_PER_MS - 1) / NS_PER_MS) : 0;
}

static void give_up(struct worker *worker)
{
	for (uint32_t i = 0; i < worker->count; i++) {
		struct connection *connection = &worker->connections[i];

		if (connection->fd < 0 || connection->phase == RESTING)
			continue;
		if (connection->phase == ENDING)
			fail(worker, connection, "connection %u: the server did not close it within the time limit",
			     connection->index);
		else
			fail(worker, connection,
			     "connection %u: %u of %u bytes of message %llu had come back at the time limit",
			     connection->index, connection->received, worker->session->options->size,
			     (unsigned long long)connection->message);
	}
}

/* Until every connection has finished its phase, or time is up. */
static void await(struct worker *worker)
{
	struct epoll_event events[EVENTS_MAX];

	while (worker->awaited > 0) {
		int left_ms = remaining_ms(worker);
		int count = left_ms > 0 ? epoll_wait(worker->epoll, events, EVENTS_MAX, left_ms) : 0;

		if (count == 0)
			give_up(worker);
		for (int i = 0; i < count; i++) {
			struct connection *connection = events[i].data.ptr;

			if (events[i].events & EPOLLOUT)
				push(worker, connection);
			if (connection->fd >= 0 && events[i].events & ~(uint32_t)EPOLLOUT)
				pull(worker, connection);
		}
	}
}

/* Phases. */

/* 0, -ETIMEDOUT after RETRY_MS or at the time limit, or -errno. */
static int connect_in_time(const struct worker *worker, int fd)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_port = htons(worker->session->options->port),
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct pollfd writable = {.fd = fd, .events = POLLOUT};
	int left_ms = remaining_ms(worker), error = 0, ready;
	socklen_t length = sizeof error;

	if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0)
		return 0;
	if (errno != EINPROGRESS)
		return -errno;
	ready = poll(&writable, 1, left_ms < RETRY_MS ? left_ms : RETRY_MS);
	if (ready == 0)
		return -ETIMEDOUT;
	if (ready < 0 || getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) < 0)
		return -errno;
	return -error;
}

/* The kernel looks for a free port among the even ones of ip_local_port_range first, 14,116 by default, one by one: the
 * more are taken, the longer (milliseconds for the last ones). So every 8,192 connections come from an address of their
 * own, 127.0.0.1, 127.0.0.2, ..., each with all ports, chosen when connecting (IP_BIND_ADDRESS_NO_PORT, ip(7)). */
static int choose_source(const struct connection *connection)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK + connection->index / ADDRESS_SHARE)};
	int one = 1;

	if (connection->index < ADDRESS_SHARE)
		return 0;
	if (setsockopt(connection->fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof one) < 0 ||
	    bind(connection->fd, (struct sockaddr *)&address, sizeof address) < 0)
		return -errno;
	return 0;
}

/* The same options as the server's: no delay of small messages; and a port of ours that rests in TIME_WAIT, since we
 * close first, does not keep the next server from it (SO_REUSEADDR, socket(7)). */
static int try_to_open(struct worker *worker, struct connection *connection)
{
	int one = 1, error;

	connection->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (connection->fd < 0)
		return -errno;
	if (setsockopt(connection->fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) < 0 ||
	    setsockopt(connection->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one) < 0)
		error = -errno;
	else
		error = choose_source(connection);
	if (error == 0)
		error = connect_in_time(worker, connection->fd);
	if (error == 0)
		error = watch(worker, connection, EPOLL_CTL_ADD, EPOLLIN);
	if (error == 0)
		return 0;
	close(connection->fd);
	connection->fd = -1;
	return error;
}

/* Over loopback a request is taken at once, or dropped because the server's accept queue is full (4,096 at most by
 * default: somaxconn, listen(2)). The kernel would repeat it after a second, then two, then four; a new one finds room
 * sooner. */
static int open_connection(struct worker *worker, struct connection *connection)
{
	int error;

	do
		error = try_to_open(worker, connection);
	while ((error == -ETIMEDOUT || error == -EINTR) && remaining_ms(worker) > 0);
	return error;
}

/* One after another: at most one request a thread is under way. Stops at the first that fails. */
static bool open_all(struct worker *worker)
{
	for (uint32_t i = 0; i < worker->count; i++) {
		struct connection *connection = &worker->connections[i];
		int error = open_connection(worker, connection);

		if (error == 0)
			continue;
		worker->errors++;
		snprintf(worker->reason, sizeof worker->reason,
			 "connection %u: cannot connect to 127.0.0.1 port %u: %s", connection->index,
			 worker->session->options->port, strerror(-error));
		return false;
	}
	return true;
}

/* Puts every connection that is left into a phase and starts it; awaits the end of the phase. */
static void run_phase(struct worker *worker, enum phase phase, void (*start)(struct worker *, struct connection *))
{
	for (uint32_t i = 0; i < worker->count; i++)
		if (worker->connections[i].fd >= 0) {
			worker->connections[i].phase = phase;
			worker->awaited++;
		}
	for (uint32_t i = 0; i < worker->count; i++)
		if (worker->connections[i].fd >= 0)
			start(worker, &worker->connections[i]);
	await(worker);
}

static void start_next_message(struct worker *worker, struct connection *connection)
{
	begin_message(worker, connection, connection->phase == WARMING ? 0 : 1);
}

static void start_ending(struct worker *worker, struct connection *connection)
{
	if (shutdown(connection->fd, SHUT_WR) < 0)
		fail(worker, connection, "connection %u: the server had closed it when the exchange ended: %s",
		     connection->index, strerror(errno));
}

static uint64_t ns_from_timeval(struct timeval time)
{
	return (uint64_t)time.tv_sec * NS_PER_S + (uint64_t)time.tv_usec * NS_PER_US;
}

static void exchange(struct worker *worker)
{
	struct rusage before, after;

	getrusage(RUSAGE_THREAD, &before);
	worker->first_ns = clock_now();
	run_phase(worker, EXCHANGING, start_next_message);
	getrusage(RUSAGE_THREAD, &after);
	worker->user_ns = ns_from_timeval(after.ru_utime) - ns_from_timeval(before.ru_utime);
	worker->system_ns = ns_from_timeval(after.ru_stime) - ns_from_timeval(before.ru_stime);
}

static void *worker_main(void *argument)
{
	struct worker *worker = argument;
	struct session *session = worker->session;

	if (open_all(worker))
		run_phase(worker, WARMING, start_next_message);
	if (worker->errors > 0)
		atomic_store_explicit(&session->hopeless, true, memory_order_relaxed);
	pthread_barrier_wait(&session->warm);
	if (!atomic_load_explicit(&session->hopeless, memory_order_relaxed)) {
		exchange(worker);
		run_phase(worker, ENDING, start_ending);
	}
	return NULL;
}

/* The session. */

static int raise_descriptor_limit(uint32_t connections, char reason[LOAD_REASON_MAX])
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return -errno;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
	if (limit.rlim_max >= connections + (rlim_t)DESCRIPTORS_SPARE)
		return 0;
	snprintf(reason, LOAD_REASON_MAX,
		 "%u connections need more descriptors than the limit of %llu allows: raise ulimit -n", connections,
		 (unsigned long long)limit.rlim_max);
	return -EMFILE;
}

/* Worker `number` of the session drives the connections number, number + threads, ... 0 or -errno. */
static int worker_init(struct worker *worker, struct session *session, unsigned number)
{
	const struct load_options *options = session->options;

	worker->session = session;
	worker->count = (options->connections - number + options->threads - 1) / options->threads;
	worker->connections = calloc(worker->count, sizeof worker->connections[0]);
	worker->words = calloc(pattern_words(options->size + 1), sizeof worker->words[0]);
	worker->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (!worker->connections || !worker->words)
		return -ENOMEM;
	if (worker->epoll < 0)
		return -errno;
	for (uint32_t i = 0; i < worker->count; i++)
		worker->connections[i] = (struct connection){.fd = -1, .index = number + i * options->threads};
	return 0;
}

static void worker_clear(struct worker *worker)
{
	for (uint32_t i = 0; worker->connections && i < worker->count; i++)
		if (worker->connections[i].fd >= 0)
			close(worker->connections[i].fd);
	if (worker->epoll >= 0)
		close(worker->epoll);
	free(worker->connections);
	free(worker->words);
}

/* The calling thread is worker 0. */
static void run_workers(struct session *session, struct worker *workers, unsigned count)
{
	pthread_barrier_init(&session->warm, NULL, count);
	for (unsigned i = 1; i < count; i++) {
		int error = pthread_create(&workers[i].thread, NULL, worker_main, &workers[i]);

		CHECK(error == 0, "load: cannot start thread %u of %u: %s; ask for fewer with threads=", i + 1, count,
		      strerror(error));
	}
	worker_main(&workers[0]);
	for (unsigned i = 1; i < count; i++)
		pthread_join(workers[i].thread, NULL);
	pthread_barrier_destroy(&session->warm);
}

static void add_worker(struct load_result *result, const struct worker *worker)
{
	result->messages += worker->messages;
	result->bytes += worker->bytes;
	result->errors += worker->errors;
	result->checksum += worker->checksum;
	result->user_ns += worker->user_ns;
	result->system_ns += worker->system_ns;
	histogram_merge(&result->latency, &worker->latency);
	for (uint32_t i = 0; i < worker->count; i++) {
		uint64_t answered = worker->connections[i].answered;

		result->least = answered < result->least ? answered : result->least;
		result->most = answered > result->most ? answered : result->most;
	}
	if (result->reason[0] == '\0')
		snprintf(result->reason, sizeof result->reason, "%s", worker->reason);
}

static void add_up(struct load_result *result, const struct session *session, const struct worker *workers)
{
	uint64_t first_ns = 0, last_ns = 0;

	result->least = UINT64_MAX;
	for (unsigned i = 0; i < session->options->threads; i++) {
		const struct worker *worker = &workers[i];

		add_worker(result, worker);
		if (first_ns == 0 || (worker->first_ns > 0 && worker->first_ns < first_ns))
			first_ns = worker->first_ns;
		if (worker->last_ns > last_ns)
			last_ns = worker->last_ns;
	}
	result->setup_ns = (first_ns > 0 ? first_ns : clock_now()) - session->begun_ns;
	result->wall_ns = last_ns > first_ns ? last_ns - first_ns : 0;
}

static int run_session(struct session *session, struct worker *workers, struct load_result *result)
{
	int error = raise_descriptor_limit(session->options->connections, result->reason);

	for (unsigned i = 0; i < session->options->threads; i++)
		workers[i].epoll = -1;
	for (unsigned i = 0; i < session->options->threads && error == 0; i++)
		error = worker_init(&workers[i], session, i);
	if (error == 0) {
		run_workers(session, workers, session->options->threads);
		add_up(result, session, workers);
	}
	for (unsigned i = 0; i < session->options->threads; i++)
		worker_clear(&workers[i]);
	return error;
}

int load_echo(const struct load_options *options, struct load_result *result)
{
	struct session session = {.options = options, .begun_ns = clock_now()};
	struct worker *workers = calloc(options->threads, sizeof workers[0]);
	int error;

	memset(result, 0, sizeof *result);
	session.deadline_ns = session.begun_ns + options->timeout_ns;
	error = workers ? run_session(&session, workers, result) : -ENOMEM;
	if (error < 0 && result->reason[0] == '\0')
		snprintf(result->reason, sizeof result->reason, "cannot begin: %s", strerror(-error));
	free(workers);
	return error;
}
