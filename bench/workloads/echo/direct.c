/* direct.c: the echo server in the direct dialect, one task a connection. The reference for the other dialects.
 *
 * The tasks wait at a gate until every connection is accepted and the play has begun; only then are the warm-ups
 * answered, which the load waits for before it starts its timed messages. So no timed message falls before
 * play_begin(), and memory is measured while all tasks are alive. */
#include <errno.h>

#include "../../../runtimes/clock.h"
#include "../../../runtimes/runtime.h"
#include "../../../runtimes/sync.h"
#include "../../../runtimes/task.h"
#include "../../player/play.h"
#include "echo.h"
#include "server.h"

/* A connection, with its buffer behind it. Written by its own task alone, read by the first task after the join. */
struct connection {
	struct server *server;
	struct task task;
	int fd;
	struct echo_account account;
	char buffer[] __attribute__((aligned(ECHO_LINE)));
} __attribute__((aligned(ECHO_LINE))); /* connections on different cores share no cache line */

/* Everything that the tasks share. */
struct server {
	struct gate gate;
	uint64_t connections, size;
	uint32_t arrivals; /* at the gate before it opens */
	size_t room;       /* bytes in a connection's buffer */
	size_t stride;     /* from one connection to the next */
	char connection[] __attribute__((aligned(ECHO_LINE)));
};

static struct connection *connection_at(struct server *server, uint64_t index)
{
	return (struct connection *)(server->connection + index * server->stride);
}

/* One chunk in, the same chunk out: its size, 0 at the end of the stream, or -errno. */
static ssize_t echo_chunk(struct connection *connection)
{
	ssize_t got = task_read(connection->fd, connection->buffer, connection->server->room);
	ssize_t done = 0;

	if (got > 0)
		connection->account.received += (uint64_t)got;
	while (done < got) {
		ssize_t sent = task_write(connection->fd, connection->buffer + done, (size_t)(got - done));

		if (sent < 0)
			return sent;
		connection->account.echoed += (uint64_t)sent;
		done += sent;
	}
	return got;
}

static void serve(void *argument)
{
	struct connection *connection = argument;
	ssize_t moved;

	gate_pass(&connection->server->gate, connection->server->arrivals);
	do
		moved = echo_chunk(connection);
	while (moved > 0);
	connection->account.ended_ns = clock_now();
	connection->account.error = (int)-moved;
	task_close(connection->fd);
}

/* The buffers lie in the shared mapping, which no stack or heap of any model is too small for, and their pages cost
 * nothing until they are touched. */
static struct server *set_up(struct play *play)
{
	uint64_t connections = play_value(play, ECHO_CONNECTIONS), size = play_value(play, ECHO_SIZE);
	size_t stride = sizeof(struct connection) + echo_room(size);
	struct server *server = task_shared(sizeof *server + connections * stride);

	if (!server)
		play_refuse(play, "memory", ENOMEM);
	server->connections = connections;
	server->arrivals = (uint32_t)stage_arrivals(play_stage(play), server->connections);
	server->size = size;
	server->room = echo_room(size);
	server->stride = stride;
	return server;
}

/* The next connection; one that its client gave up before it was accepted is not one (accept(2)). */
static int accept_next(struct play *play, int listener)
{
	int fd;

	do
		fd = task_accept(listener);
	while (fd == -ECONNABORTED);
	echo_accepted(play, fd);
	return fd;
}

static void accept_all(struct play *play, struct server *server, int listener)
{
	for (uint64_t i = 0; i < server->connections; i++) {
		struct connection *connection = connection_at(server, i);
		int error;

		connection->server = server;
		connection->fd = accept_next(play, listener);
		error = task_spawn(&connection->task, serve, connection);
		if (error < 0)
			play_refuse(play, "tasks", -error);
		task_hand_over(connection->fd);
	}
	gate_await(&server->gate, server->arrivals);
	task_close(listener);
}

static void add_up(struct play *play, struct server *server)
{
	struct echo_sum sum = {0};

	for (uint64_t i = 0; i < server->connections; i++) {
		struct connection *connection = connection_at(server, i);
		int error = task_join(connection->task);

		if (error < 0)
			connection->account.error = -error;
		echo_add(&sum, &connection->account, server->size);
	}
	echo_conclude(play, &sum);
}

static void echo_main(void *argument)
{
	struct play *play = argument;
	struct server *server = set_up(play);

	accept_all(play, server, echo_listen(play, task_adopt));
	play_begin(play);
	gate_open(&server->gate);
	add_up(play, server);
}

const struct direct_body echo_direct = {.spec = &echo_spec, .main = echo_main};
