/* direct.c: the echo server in the direct dialect, one task a connection. The reference for the other dialects.
 *
 * The tasks wait at a gate until every connection is accepted and the play has begun; only then are the warm-ups
 * answered, which the load waits for before it starts its timed messages. So no timed message falls before
 * play_begin(), and memory is measured while all tasks are alive. */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "../../../runtimes/check.h"
#include "../../../runtimes/clock.h"
#include "../../../runtimes/runtime.h"
#include "../../../runtimes/sync.h"
#include "../../../runtimes/task.h"
#include "../../player/play.h"
#include "echo.h"

enum { LINE = 64, BUFFER_MAX = 16 << 10 };

/* A connection, with its buffer behind it. Written by its own task alone, read by the first task after the join. */
struct connection {
	struct server *server;
	struct task task;
	int fd;
	int error;                 /* what ended it before the end of the stream; 0 is the ordinary end */
	uint64_t received, echoed; /* bytes */
	uint64_t ended_ns;
	char buffer[] __attribute__((aligned(LINE)));
} __attribute__((aligned(LINE))); /* connections on different cores share no cache line */

/* Everything that the tasks share. */
struct server {
	struct gate gate;
	uint64_t connections, size;
	uint32_t arrivals; /* at the gate before it opens */
	size_t room;   /* bytes in a connection's buffer */
	size_t stride; /* from one connection to the next */
	char connection[] __attribute__((aligned(LINE)));
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
		connection->received += (uint64_t)got;
	while (done < got) {
		ssize_t sent = task_write(connection->fd, connection->buffer + done, (size_t)(got - done));

		if (sent < 0)
			return sent;
		connection->echoed += (uint64_t)sent;
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
	connection->ended_ns = clock_now();
	connection->error = (int)-moved;
	task_close(connection->fd);
}

/* The soft limit on descriptors is often 1,024; the hard one is ours to use. */
static void raise_descriptor_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}

/* A buffer has a little more room than a message, where that is at most 16 KiB: a read that comes back short tells the
 * runtime that the socket is drained. It lies in the shared mapping, which no stack or heap of any model is too small
 * for, and its pages cost nothing until they are touched. */
static struct server *set_up(struct play *play)
{
	uint64_t connections = play_value(play, ECHO_CONNECTIONS), size = play_value(play, ECHO_SIZE);
	size_t room = size + LINE < BUFFER_MAX ? (size / LINE + 1) * LINE : BUFFER_MAX;
	size_t stride = sizeof(struct connection) + room;
	struct server *server = task_shared(sizeof *server + connections * stride);

	if (!server)
		play_refuse(play, "memory", ENOMEM);
	server->connections = connections;
	server->arrivals = (uint32_t)stage_arrivals(play_stage(play), server->connections);
	server->size = size;
	server->room = room;
	server->stride = stride;
	return server;
}

/* A shortage ends the play as a refusal; any other error is a defect. */
static void refuse_shortage(struct play *play, int error)
{
	if (error == -EMFILE || error == -ENFILE)
		play_refuse(play, "descriptors", -error);
	if (error == -ENOMEM || error == -ENOBUFS)
		play_refuse(play, "memory", -error);
	CHECK(error >= 0, "echo: a socket of the server failed: %s", strerror(-error));
}

static int listen_at_loopback(struct play *play, struct sockaddr_in *address)
{
	socklen_t length = sizeof *address;
	int one = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	*address = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) < 0 ||
	    bind(fd, (struct sockaddr *)address, length) < 0 ||
	    listen(fd, (int)play_value(play, ECHO_CONNECTIONS)) < 0 ||
	    getsockname(fd, (struct sockaddr *)address, &length) < 0)
		refuse_shortage(play, -errno);
	refuse_shortage(play, task_adopt(fd));
	return fd;
}

/* The next connection; one that its client gave up before it was accepted is not one (accept(2)). */
static int accept_next(struct play *play, int listener)
{
	int one = 1, fd;

	do
		fd = task_accept(listener);
	while (fd == -ECONNABORTED);
	refuse_shortage(play, fd);
	if (setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one) < 0)
		refuse_shortage(play, -errno);
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

static void say_what_failed(const struct server *server, uint64_t failed, int error)
{
	if (failed > 0)
		fprintf(stderr, "echo: %llu of %llu connections did not end with the end of the stream: %s\n",
			(unsigned long long)failed, (unsigned long long)server->connections, strerror(error));
}

static void add_up(struct play *play, struct server *server)
{
	uint64_t last_ns = 0, tasks = 0, operations = 0, bytes = 0;
	int error = 0;

	for (uint64_t i = 0; i < server->connections; i++) {
		const struct connection *connection = connection_at(server, i);

		/* A connection that broke is no task that ended: the audit fails, and with it the play. */
		tasks += task_join(connection->task) >= 0 && connection->error == 0;
		operations += connection->echoed / server->size;
		bytes += connection->received;
		if (connection->error)
			error = connection->error;
		if (connection->ended_ns > last_ns)
			last_ns = connection->ended_ns;
	}
	play_end(play, last_ns);
	play_audit(play, tasks, operations, bytes, 0);
	say_what_failed(server, server->connections - tasks, error);
}

static void echo_main(void *argument)
{
	struct play *play = argument;
	struct server *server = set_up(play);
	struct sockaddr_in address;
	int listener;

	raise_descriptor_limit();
	listener = listen_at_loopback(play, &address);
	play_listening(play, ntohs(address.sin_port));
	accept_all(play, server, listener);
	play_begin(play);
	gate_open(&server->gate);
	add_up(play, server);
}

const struct direct_body echo_direct = {.spec = &echo_spec, .main = echo_main};
