/* bare_uring.c: the echo server as a loop over io_uring(7), with no runtime.
 *
 * One request receives for a connection until it is closed (multishot, Linux 6.0), into buffers that all connections
 * share and the kernel picks (provided buffers, 5.19); an echo is sent from the buffer that it came in. All that a turn
 * asks for goes to the kernel in the call that waits for the next completions, which are dealt with by this thread
 * alone and only there (DEFER_TASKRUN, 6.1; without it as the kernel likes, which the record says).
 *
 * What always holds: the chunks of a connection form a queue in their order, and only its head is being sent. A
 * connection with PENDING_MAX chunks in its queue is not received from until the queue is empty: a client that does
 * not read its echoes cannot take all buffers. One that found no buffer is received from again when one is free. */
#include <errno.h>
#include <liburing.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../../runtimes/check.h"
#include "../../runtimes/clock.h"
#include "bare.h"

enum { SUBMISSIONS = 256, COMPLETIONS = 4096, BUFFERS_MAX = 32768, GROUP = 0, PENDING_MAX = 4, NONE = -1 };

const struct runtime runtime = {
	.name = "bare-uring",
	.model = "no runtime: a loop over io_uring_enter() on one thread, multishot receive into provided buffers",
	.dialect = "none",
	.suspends = "not at all: there are no tasks",
	.shares = "all memory",
	.breaks = "one core; it can do nothing but echo; needs Linux 6.0, and io_uring not to be forbidden",
	.sources = "io_uring_enter(2), io_uring_register_buf_ring(3), io_uring_prep_recv_multishot(3)",
	.library = "liburing " URING_VERSION,
	.capabilities = RUNTIME_INTERLEAVES | RUNTIME_SHARES_MEMORY,
	.floor = true,
};

/* What a completion is of: its tag is the number of the connection times OPERATIONS, plus this. */
enum operation { RECEIVE, SEND, CANCEL, OPERATIONS };

struct connection {
	int fd;
	int head, tail;      /* chunks to be sent, by the number of their buffer; NONE */
	unsigned pending;    /* of them */
	unsigned char state; /* of enum state, or-ed */
	struct echo_account account;
};

enum state {
	RECEIVING = 1 << 0, /* the kernel has a request of ours to receive */
	SENDING = 1 << 1,   /* and one to send */
	STOPPED = 1 << 2,   /* the one to receive was told to end */
	HUNGRY = 1 << 3,    /* there was no buffer, and none of its own will become free */
	ENDED = 1 << 4,     /* the end of the stream has come, or an error */
};

struct chunk {
	unsigned got, done; /* bytes in the buffer, and how many of them were sent */
	int next;
};

struct server {
	struct io_uring ring;
	struct io_uring_buf_ring *provided;
	unsigned buffer_count;
	size_t room;
	char *buffers;
	struct chunk *chunk;
	uint64_t connections, open, hungry;
	struct connection *connection;
};

/* ---- Requests ---- */

static struct io_uring_sqe *place(struct server *server, const struct connection *connection, enum operation operation)
{
	struct io_uring_sqe *sqe;

	while (!(sqe = io_uring_get_sqe(&server->ring))) {
		int error = io_uring_submit(&server->ring);

		CHECK(error >= 0 || error == -EINTR || error == -EAGAIN, "io_uring takes no operation: %s",
		      strerror(-error));
	}
	sqe->user_data = (uint64_t)(connection - server->connection) * OPERATIONS + operation;
	return sqe;
}

static void receive(struct server *server, struct connection *connection)
{
	struct io_uring_sqe *sqe = place(server, connection, RECEIVE);

	io_uring_prep_recv_multishot(sqe, connection->fd, NULL, 0, 0);
	sqe->flags |= IOSQE_BUFFER_SELECT;
	sqe->buf_group = GROUP;
	connection->state |= RECEIVING;
	connection->state &= (unsigned char)~STOPPED;
}

static void stop_receiving(struct server *server, struct connection *connection)
{
	if ((connection->state & (RECEIVING | STOPPED)) != RECEIVING)
		return;
	io_uring_prep_cancel64(place(server, connection, CANCEL),
			       (uint64_t)(connection - server->connection) * OPERATIONS + RECEIVE, 0);
	connection->state |= STOPPED;
}

static void send_head(struct server *server, struct connection *connection)
{
	const struct chunk *chunk = &server->chunk[connection->head];

	io_uring_prep_send(place(server, connection, SEND), connection->fd,
			   server->buffers + (size_t)connection->head * server->room + chunk->done,
			   chunk->got - chunk->done, MSG_NOSIGNAL);
	connection->state |= SENDING;
}

/* ---- Buffers ---- */

static void provide(struct server *server, int number)
{
	io_uring_buf_ring_add(server->provided, server->buffers + (size_t)number * server->room, (unsigned)server->room,
			      (unsigned short)number, (int)server->buffer_count - 1, 0);
	io_uring_buf_ring_advance(server->provided, 1);
}

/* Whoever found none asks again. Seldom: there are two for each connection. */
static void feed(struct server *server)
{
	for (uint64_t i = 0; i < server->connections && server->hungry > 0; i++) {
		struct connection *connection = &server->connection[i];

		if (!(connection->state & HUNGRY))
			continue;
		connection->state &= (unsigned char)~HUNGRY;
		server->hungry--;
		receive(server, connection);
	}
}

static void push(struct server *server, struct connection *connection, int number, unsigned got)
{
	server->chunk[number] = (struct chunk){.got = got, .next = NONE};
	if (connection->pending++ == 0)
		connection->head = number;
	else
		server->chunk[connection->tail].next = number;
	connection->tail = number;
}

static void pop(struct server *server, struct connection *connection)
{
	int number = connection->head;

	connection->head = server->chunk[number].next;
	connection->pending--;
	provide(server, number);
	if (server->hungry > 0)
		feed(server);
}

/* ---- Completions ---- */

static void note_end(struct connection *connection, int error)
{
	connection->state |= ENDED;
	if (connection->account.error == 0)
		connection->account.error = error;
}

static void received(struct server *server, struct connection *connection, const struct io_uring_cqe *cqe)
{
	if (!(cqe->flags & IORING_CQE_F_MORE))
		connection->state &= (unsigned char)~RECEIVING;
	if (cqe->res > 0) {
		push(server, connection, (int)(cqe->flags >> IORING_CQE_BUFFER_SHIFT), (unsigned)cqe->res);
		connection->account.received += (uint64_t)cqe->res;
		if (connection->pending >= PENDING_MAX)
			stop_receiving(server, connection);
	} else if (cqe->res == -ENOBUFS && connection->pending == 0) {
		connection->state |= HUNGRY;
		server->hungry++;
	} else if (cqe->res != -ENOBUFS && cqe->res != -ECANCELED && cqe->res != -EINTR) {
		note_end(connection, -cqe->res);
	}
}

static void sent(struct server *server, struct connection *connection, int result)
{
	struct chunk *chunk = &server->chunk[connection->head];

	connection->state &= (unsigned char)~SENDING;
	if (result < 0 && result != -EINTR) {
		note_end(connection, -result);
		stop_receiving(server, connection);
	}
	if (result <= 0)
		return;
	chunk->done += (unsigned)result;
	connection->account.echoed += (uint64_t)result;
	if (chunk->done == chunk->got)
		pop(server, connection);
}

static void finish(struct server *server, struct connection *connection)
{
	while (connection->pending > 0)
		pop(server, connection);
	if (connection->state & RECEIVING)
		return;
	connection->account.ended_ns = clock_now();
	close(connection->fd);
	server->open--;
}

/* What the connection does next. */
static void go_on(struct server *server, struct connection *connection)
{
	if (connection->state & SENDING)
		return;
	if (connection->pending > 0 && connection->account.error == 0)
		send_head(server, connection);
	else if (connection->state & ENDED)
		finish(server, connection);
	else if (!(connection->state & (RECEIVING | HUNGRY)))
		receive(server, connection);
}

static void take(struct server *server, const struct io_uring_cqe *cqe)
{
	struct connection *connection = &server->connection[cqe->user_data / OPERATIONS];

	switch ((enum operation)(cqe->user_data % OPERATIONS)) {
	case RECEIVE:
		received(server, connection, cqe);
		break;
	case SEND:
		sent(server, connection, cqe->res);
		break;
	default:
		return; /* what was cancelled says itself that it has ended */
	}
	go_on(server, connection);
}

static void serve_all(struct server *server)
{
	for (uint64_t i = 0; i < server->connections; i++)
		receive(server, &server->connection[i]);
	while (server->open > 0) {
		struct io_uring_cqe *first;
		int error = io_uring_submit_and_wait(&server->ring, 1);

		CHECK(error >= 0 || error == -EINTR || error == -EAGAIN, "io_uring does not go on: %s",
		      strerror(-error));
		while (io_uring_peek_cqe(&server->ring, &first) == 0) {
			struct io_uring_cqe cqe = *first;

			io_uring_cqe_seen(&server->ring, first);
			take(server, &cqe);
		}
	}
}

/* ---- Setting up ---- */

static int open_ring(struct io_uring *ring, struct play *play)
{
	static const unsigned deferred = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN;
	struct io_uring_params parameters = {.flags = IORING_SETUP_CQSIZE | deferred, .cq_entries = COMPLETIONS};
	int error = io_uring_queue_init_params(SUBMISSIONS, ring, &parameters);

	play_setting(play, "io_uring_defer_taskrun", error == 0);
	if (error == -EINVAL) {
		parameters = (struct io_uring_params){.flags = IORING_SETUP_CQSIZE, .cq_entries = COMPLETIONS};
		error = io_uring_queue_init_params(SUBMISSIONS, ring, &parameters);
	}
	if (error == -ENOSYS || error == -EPERM || error == -EACCES)
		runtime_cannot_run("io_uring is not in this kernel, or is forbidden here (containers forbid it)");
	if (error < 0)
		return error;
	io_uring_register_ring_fd(ring); /* saves a look-up a call; not before Linux 5.18, and not needed */
	return 0;
}

/* As many buffers as connections, twice, as a power of two. */
static int open_buffers(struct server *server)
{
	struct io_uring_buf_reg description = {.bgid = GROUP};
	size_t bytes;
	int error;

	for (server->buffer_count = 64; server->buffer_count < 2 * server->connections;)
		server->buffer_count *= 2;
	if (server->buffer_count > BUFFERS_MAX)
		server->buffer_count = BUFFERS_MAX;
	bytes = server->buffer_count * sizeof(struct io_uring_buf);
	server->provided = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	server->buffers = calloc(server->buffer_count, server->room);
	server->chunk = calloc(server->buffer_count, sizeof *server->chunk);
	if (server->provided == MAP_FAILED || !server->buffers || !server->chunk)
		return -ENOMEM;
	description.ring_addr = (uintptr_t)server->provided;
	description.ring_entries = server->buffer_count;
	error = io_uring_register_buf_ring(&server->ring, &description, 0);
	if (error < 0)
		runtime_cannot_run("this kernel's io_uring has no provided buffers: Linux 6.0 or later has");
	io_uring_buf_ring_init(server->provided);
	for (unsigned i = 0; error == 0 && i < server->buffer_count; i++)
		provide(server, (int)i);
	return error;
}

static void accept_all(struct server *server, struct play *play)
{
	int listener = echo_listen(play, bare_adopt);

	for (; server->open < server->connections; server->open++)
		server->connection[server->open] =
			(struct connection){.fd = bare_accept(play, listener, 0), .head = NONE, .tail = NONE};
	close(listener);
}

static int perform(const struct player_body *body, struct play *play)
{
	struct server server = {.room = echo_room(play_value(play, ECHO_SIZE)), .connections = echo_connections(play)};
	int error = open_ring(&server.ring, play);

	(void)body;
	if (error < 0)
		return error;
	server.connection = calloc(server.connections, sizeof *server.connection);
	error = server.connection ? open_buffers(&server) : -ENOMEM;
	if (error < 0)
		return error; /* the process ends, and what it has with it */
	accept_all(&server, play);
	play_begin(play);
	serve_all(&server);
	echo_conclude_all(play, &server.connection[0].account, sizeof server.connection[0]);
	io_uring_queue_exit(&server.ring);
	munmap(server.provided, server.buffer_count * sizeof(struct io_uring_buf));
	free(server.chunk);
	free(server.buffers);
	free(server.connection);
	return 0;
}

int main(int argc, char **argv)
{
	return bare_main(argc, argv, perform);
}
