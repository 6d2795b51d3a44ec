/* exchange.c: messages out and in, and what can be wrong with them. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/uio.h>
#include <unistd.h>

#include "engine.h"
#include "pattern.h"

enum { SEARCH_MAX = 1 << 22, SEARCH_AHEAD = 16 };

/* Errors: the first one is kept in words, all are counted. */

enum load_fault fault_of(int error)
{
	switch (-error) {
	case ECONNREFUSED:
		return LOAD_REFUSED;
	case ECONNRESET:
	case EPIPE:
	case ECONNABORTED:
		return LOAD_RESET;
	case ETIMEDOUT:
		return LOAD_STALLED;
	case EADDRNOTAVAIL:
		return LOAD_PORTS;
	case EMFILE:
	case ENFILE:
		return LOAD_DESCRIPTORS;
	case ENOBUFS:
	case ENOMEM:
		return LOAD_MEMORY;
	default:
		return LOAD_OTHER;
	}
}

uint64_t due_ns(const struct worker *worker, const struct connection *connection, uint64_t message)
{
	const struct session *session = worker->session;
	uint64_t place = connection->index + (message - 1) * session->options->connections;

	return session->start_ns + (uint64_t)((double)place * session->interval_ns);
}

static uint64_t since_ns(const struct worker *worker, const struct connection *connection, uint64_t message)
{
	return is_open_loop(worker) ? due_ns(worker, connection, message)
				    : connection->begun_ns[message % worker->session->options->depth];
}

/* Whether a message that has begun was sent in the timed part. */
static bool is_timed(const struct worker *worker, const struct connection *connection, uint64_t message)
{
	return connection->phase == EXCHANGING &&
	       connection->begun_ns[message % worker->session->options->depth] >= worker->session->timed_ns;
}

void sample_under_way(struct worker *worker, uint64_t now_ns)
{
	const struct session *session = worker->session;

	if (now_ns > session->end_ns)
		now_ns = session->end_ns;
	if (worker->phase != EXCHANGING || worker->over || now_ns <= worker->sampled_ns)
		return;
	if (worker->sampled_ns == session->timed_ns)
		worker->result.cut += worker->under_way;
	worker->under_way_sum += (double)worker->under_way * (double)(now_ns - worker->sampled_ns);
	worker->sampled_ns = now_ns;
}

void fail(struct worker *worker, struct connection *connection, enum load_fault fault, const char *format, ...)
{
	struct load_result *result = &worker->result;
	va_list arguments;

	va_start(arguments, format);
	if (result->reason[0] == '\0')
		vsnprintf(result->reason, sizeof result->reason, format, arguments);
	va_end(arguments);
	result->errors++;
	result->faults[fault]++;
	worker->awaited -= connection->phase != RESTING;
	if (connection->phase == EXCHANGING)
		worker->under_way -= connection->begun - connection->answered;
	connection->begun = connection->answered;
	if (connection->fd >= 0)
		close(connection->fd); /* which takes it out of the epoll instance */
	connection->fd = -1;
	connection->phase = RESTING;
	connection->failed = true;
}

/* Names the message that begins with this word, if it is one of this session's: "message 3 of connection 7". */
static void name_origin(const struct worker *worker, uint64_t last, uint64_t word, char text[64])
{
	uint32_t connections = worker->session->options->connections;
	uint64_t tried = 0;

	snprintf(text, 64, "no message that was sent");
	for (uint64_t message = 0; message < last; message++)
		for (uint64_t connection = 0; connection < connections; connection++) {
			if (++tried > SEARCH_MAX)
				return;
			if (pattern_seed(connection, message) == word) {
				snprintf(text, 64, "message %llu of connection %llu", (unsigned long long)message,
					 (unsigned long long)connection);
				return;
			}
		}
}

static void fail_wrong_bytes(struct worker *worker, struct connection *connection, size_t bytes, const uint64_t *words)
{
	uint64_t message = connection->answered, seed = pattern_seed(connection->index, message);
	size_t at = pattern_first_wrong(seed, connection->received, bytes, words);
	char origin[64] = "";

	/* A message's first word is its seed: it tells whose bytes these are. */
	if (at < 8 && connection->received == 0 && bytes >= 8 && worker->result.reason[0] == '\0')
		name_origin(worker, connection->begun + SEARCH_AHEAD, words[0], origin);
	fail(worker, connection, LOAD_WRONG, "connection %u: byte %zu of message %llu came back wrong%s%s",
	     connection->index, at, (unsigned long long)message, origin[0] ? "; the bytes are those of " : "", origin);
}

/* Sending. */

int watch(struct worker *worker, struct connection *connection, int operation, uint32_t events)
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
		fail(worker, connection, fault_of(error), "connection %u: cannot watch it: %s", connection->index,
		     strerror(-error));
}

/* Words that a message takes in worker->out. */
static size_t stride(const struct worker *worker)
{
	return pattern_words(worker->session->options->size);
}

/* The messages that are begun and not sent, BATCH_MAX at most, each aligned by itself: how many pieces. */
static int gather(struct worker *worker, const struct connection *connection, struct iovec pieces[BATCH_MAX])
{
	const uint32_t size = worker->session->options->size;
	uint64_t message = connection->outgoing;
	uint32_t from = connection->sent;
	int count = 0;

	for (; message < connection->begun && count < BATCH_MAX; message++, count++) {
		uint64_t *words = worker->out + (size_t)count * stride(worker);

		pattern_fill(pattern_seed(connection->index, message), from, size - from, words);
		pieces[count] = (struct iovec){.iov_base = (char *)words + from % 8, .iov_len = size - from};
		from = 0;
	}
	return count;
}

static ssize_t send_pieces(int fd, struct iovec *pieces, int count)
{
	struct msghdr header = {.msg_iov = pieces, .msg_iovlen = (size_t)count};

	if (count == 1)
		return send(fd, pieces[0].iov_base, pieces[0].iov_len, MSG_NOSIGNAL);
	return sendmsg(fd, &header, MSG_NOSIGNAL);
}

static void note_sent(const struct worker *worker, struct connection *connection, size_t bytes)
{
	uint64_t total = connection->sent + bytes, size = worker->session->options->size;

	connection->outgoing += total / size;
	connection->sent = (uint32_t)(total % size);
}

/* Sends what is begun, as far as the socket takes it. */
void push(struct worker *worker, struct connection *connection)
{
	struct iovec pieces[BATCH_MAX];

	while (connection->outgoing < connection->begun) {
		int count = gather(worker, connection, pieces);
		ssize_t sent = send_pieces(connection->fd, pieces, count);

		if (sent < 0 && errno == EAGAIN) {
			block(worker, connection, true);
			return;
		}
		if (sent < 0 && errno != EINTR) {
			fail(worker, connection, fault_of(-errno), "connection %u: cannot send message %llu: %s",
			     connection->index, (unsigned long long)connection->outgoing, strerror(errno));
			return;
		}
		note_sent(worker, connection, sent > 0 ? (size_t)sent : 0);
	}
	block(worker, connection, false);
}

/* Whether one more may be begun. */
static bool may_begin(const struct worker *worker, const struct connection *connection)
{
	uint64_t limit = worker->limit;

	if (is_open_loop(worker) && connection->phase == EXCHANGING)
		limit = connection->due;
	return !worker->over && connection->begun < limit &&
	       connection->begun - connection->answered < worker->session->options->depth;
}

static bool open_again(struct worker *worker, struct connection *connection)
{
	int error = open_connection(worker, connection, false);

	if (error == 0)
		return true;
	fail(worker, connection, fault_of(error), "connection %u: cannot connect to %s for message %llu: %s",
	     connection->index, worker->session->options->to.text, (unsigned long long)connection->begun,
	     strerror(-error));
	return false;
}

void begin_messages(struct worker *worker, struct connection *connection, uint64_t now_ns)
{
	const uint32_t depth = worker->session->options->depth;
	bool any = false;

	sample_under_way(worker, now_ns);
	for (; may_begin(worker, connection); any = true) {
		connection->begun_ns[connection->begun % depth] = now_ns;
		connection->begun++;
		worker->under_way += connection->phase == EXCHANGING;
	}
	if (any && (connection->fd >= 0 || open_again(worker, connection)) && !connection->blocked)
		push(worker, connection);
}

/* Receiving. */

void rest(struct worker *worker, struct connection *connection)
{
	connection->phase = RESTING;
	worker->awaited--;
}

/* Latencies are those of the messages that were due in the timed part, raw ones of those that were sent in it, whenever
 * they come back: the slow ones are not left out. */
static void time_message(struct worker *worker, const struct connection *connection, uint64_t now_ns)
{
	uint64_t begun_ns = connection->begun_ns[connection->answered % worker->session->options->depth],
		 asked_ns = since_ns(worker, connection, connection->answered);

	if (is_open_loop(worker))
		histogram_add(&worker->result.raw, now_ns - begun_ns);
	if (asked_ns >= worker->session->timed_ns)
		histogram_add(&worker->result.latency, now_ns > asked_ns ? now_ns - asked_ns : 0);
}

/* Throughput is of those that come back in the timed part, whenever they were due: what the server did in it. */
static void count_message(struct worker *worker, struct connection *connection, uint64_t now_ns)
{
	const struct session *session = worker->session;

	if (worker->over || now_ns < session->timed_ns || now_ns >= session->end_ns)
		return;
	worker->last_ns = now_ns;
	worker->result.messages++;
	worker->result.bytes += session->options->size;
	connection->timed++;
}

/* One that was sent before the timed part is in no histogram, and may have waited into it. */
static void note_longest(struct worker *worker, const struct connection *connection, uint64_t now_ns)
{
	uint64_t begun_ns = connection->begun_ns[connection->answered % worker->session->options->depth];

	if (now_ns >= worker->session->timed_ns && now_ns - begun_ns > worker->result.longest_ns)
		worker->result.longest_ns = now_ns - begun_ns;
}

static void complete(struct worker *worker, struct connection *connection, uint64_t now_ns)
{
	sample_under_way(worker, now_ns);
	if (is_timed(worker, connection, connection->answered))
		time_message(worker, connection, now_ns);
	if (connection->phase == EXCHANGING) {
		worker->under_way--;
		note_longest(worker, connection, now_ns);
		count_message(worker, connection, now_ns);
	}
	connection->received = 0;
	connection->answered++;
	if (worker->session->options->churn) {
		close(connection->fd);
		connection->fd = -1;
		connection->blocked = false;
	}
	if (connection->answered == worker->limit || (worker->over && connection->answered == connection->begun))
		rest(worker, connection);
}

/* Where the bytes lie as pattern.h wants them: in place if they happen to. */
static const uint64_t *aligned(struct worker *worker, const char *bytes, uint32_t offset, size_t count)
{
	const char *base = bytes - offset % 8;

	if ((uintptr_t)base % 8 == 0)
		return (const uint64_t *)base;
	memcpy((char *)worker->part + offset % 8, bytes, count);
	return worker->part;
}

/* As much of the bytes as belongs to one message: how many, or 0 if the connection has failed. */
static size_t take_piece(struct worker *worker, struct connection *connection, const char *bytes, size_t got,
			 uint64_t now_ns)
{
	const uint32_t size = worker->session->options->size;
	size_t piece = got < size - connection->received ? got : size - connection->received;
	const uint64_t *words;

	if (connection->answered == connection->begun) {
		fail(worker, connection, LOAD_EXCESS,
		     "connection %u: more bytes came back than were sent, after message %llu", connection->index,
		     (unsigned long long)connection->answered - (connection->answered > 0));
		return 0;
	}
	words = aligned(worker, bytes, connection->received, piece);
	if (!pattern_check(pattern_seed(connection->index, connection->answered), connection->received, piece, words,
			   &worker->result.checksum)) {
		fail_wrong_bytes(worker, connection, piece, words);
		return 0;
	}
	connection->received += (uint32_t)piece;
	if (connection->received == size)
		complete(worker, connection, now_ns);
	return piece;
}

static void take_bytes(struct worker *worker, struct connection *connection, const char *bytes, size_t got)
{
	uint64_t now_ns = clock_now();
	size_t piece;

	for (; got > 0; bytes += piece, got -= piece) {
		piece = take_piece(worker, connection, bytes, got, now_ns);
		if (piece == 0)
			return;
	}
	if (connection->phase == EXCHANGING)
		begin_messages(worker, connection, now_ns);
}

static void fail_closed(struct worker *worker, struct connection *connection)
{
	const struct load_options *options = worker->session->options;
	char of[32] = "";

	if (options->messages > 0 && !options->churn)
		snprintf(of, sizeof of, " of %llu", (unsigned long long)options->messages);
	fail(worker, connection, LOAD_CLOSED, "connection %u: the server closed it after %llu%s messages",
	     connection->index, (unsigned long long)connection->timed, of);
}

/* The end of the stream: in order once everything has come back, wherever we are then. */
static void take_end(struct worker *worker, struct connection *connection)
{
	bool idle = connection >= worker->connections + worker->count;

	if (connection->phase < RESTING || (idle ? connection->phase == RESTING : worker->limit <= 1)) {
		fail_closed(worker, connection);
		return;
	}
	close(connection->fd);
	connection->fd = -1;
	worker->awaited -= connection->phase == ENDING;
	connection->phase = RESTING;
}

/* One recv() for an event: a short one has drained the socket, and a full one is told again. It asks for a byte more
 * than is missing, to see one that nobody sent. */
void pull(struct worker *worker, struct connection *connection)
{
	const uint32_t size = worker->session->options->size;
	uint64_t missing = (connection->begun - connection->answered) * size - connection->received;
	char *buffer = (char *)worker->in + connection->received % 8;
	ssize_t got = recv(connection->fd, buffer, missing < RECEIVE_MAX ? missing + 1 : RECEIVE_MAX, 0);

	if (got > 0)
		take_bytes(worker, connection, buffer, (size_t)got);
	else if (got == 0)
		take_end(worker, connection);
	else if (errno != EAGAIN && errno != EINTR)
		fail(worker, connection, fault_of(-errno),
		     "connection %u: cannot receive the answer to message %llu: %s", connection->index,
		     (unsigned long long)connection->answered, strerror(errno));
}
