/* async.c: the echo server in the async dialect, one task a connection. The exchange and its order in time are those of
 * direct.c. */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "../../../runtimes/async.h"
#include "../../../runtimes/check.h"
#include "../../../runtimes/clock.h"
#include "../../player/play.h"
#include "echo.h"

enum { LINE = 64, BUFFER_MAX = 16 << 10 };

/* A connection: the frame of its task, with its buffer behind it. */
struct connection {
	struct async async;
	struct server *server;
	int fd;
	int moved;                 /* bytes of the chunk in hand; 0 at the end of the stream, or -errno */
	int written;               /* of them */
	uint64_t received, echoed; /* bytes */
	uint64_t ended_ns;
	char buffer[];
};

/* What the tasks share, and the frame of the first one. */
struct server {
	struct async async;
	struct play *play;
	struct async_gate gate;
	int listener;
	uint64_t connections, size;
	uint64_t accepted, joined; /* connections, in their order */
	size_t room;               /* bytes in a connection's buffer */
	size_t stride;             /* from one connection to the next */
	char *connection;
};

static struct connection *connection_at(const struct server *server, uint64_t index)
{
	return (struct connection *)(server->connection + index * server->stride);
}

static void note_written(struct connection *connection, int count)
{
	if (count < 0) {
		connection->moved = count;
		return;
	}
	connection->written += count;
	connection->echoed += (uint64_t)count;
}

static enum async_state serve(struct async *self)
{
	struct connection *connection = (struct connection *)self;
	struct server *server = connection->server;

	ASYNC_BEGIN;
	AWAIT(async_gate_pass(self, &server->gate, (uint32_t)server->connections));
	do {
		AWAIT(async_read(self, connection->fd, connection->buffer, server->room));
		connection->moved = async_result(self);
		if (connection->moved > 0)
			connection->received += (uint64_t)connection->moved;
		connection->written = 0;
		while (connection->written < connection->moved) {
			AWAIT(async_write(self, connection->fd, connection->buffer + connection->written,
					  (size_t)(connection->moved - connection->written)));
			note_written(connection, async_result(self));
		}
	} while (connection->moved > 0);
	connection->ended_ns = clock_now();
	async_close(connection->fd);
	ASYNC_END;
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
	refuse_shortage(play, async_adopt(fd));
	return fd;
}

static void open_for_connections(struct server *server)
{
	struct sockaddr_in address;

	raise_descriptor_limit();
	server->listener = listen_at_loopback(server->play, &address);
	play_listening(server->play, ntohs(address.sin_port));
}

/* Takes what async_accept() brought; a connection that its client gave up before it was accepted is not one. */
static void take_connection(struct server *server, int fd)
{
	struct connection *connection = connection_at(server, server->accepted);
	int one = 1;

	if (fd == -ECONNABORTED)
		return;
	refuse_shortage(server->play, fd);
	if (setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one) < 0)
		refuse_shortage(server->play, -errno);
	connection->server = server;
	connection->fd = fd;
	async_spawn(&connection->async, serve);
	server->accepted++;
}

static void say_what_failed(const struct server *server, uint64_t failed, int error)
{
	if (failed > 0)
		fprintf(stderr, "echo: %llu of %llu connections did not end with the end of the stream: %s\n",
			(unsigned long long)failed, (unsigned long long)server->connections, strerror(error));
}

static void add_up(const struct server *server)
{
	uint64_t last_ns = 0, tasks = 0, operations = 0, bytes = 0;
	int error = 0;

	for (uint64_t i = 0; i < server->connections; i++) {
		const struct connection *connection = connection_at(server, i);

		/* A connection that broke is no task that ended: the audit fails, and with it the play. */
		tasks += async_ended(&connection->async) && connection->moved == 0;
		operations += connection->echoed / server->size;
		bytes += connection->received;
		if (connection->moved < 0)
			error = -connection->moved;
		if (connection->ended_ns > last_ns)
			last_ns = connection->ended_ns;
	}
	play_end(server->play, last_ns);
	play_audit(server->play, tasks, operations, bytes, 0);
	say_what_failed(server, server->connections - tasks, error);
}

static enum async_state serve_all(struct async *self)
{
	struct server *server = (struct server *)self;

	ASYNC_BEGIN;
	open_for_connections(server);
	while (server->accepted < server->connections) {
		AWAIT(async_accept(self, server->listener));
		take_connection(server, async_result(self));
	}
	AWAIT(async_gate_await(self, &server->gate, (uint32_t)server->connections));
	async_close(server->listener);
	play_begin(server->play);
	async_gate_open(&server->gate);
	for (; server->joined < server->connections; server->joined++)
		AWAIT(async_join(self, &connection_at(server, server->joined)->async));
	add_up(server);
	ASYNC_END;
}

/* A buffer has a little more room than a message, where that is at most 16 KiB: a read that comes back short tells the
 * runtime that the socket is drained. */
static int run(struct play *play)
{
	uint64_t size = play_value(play, ECHO_SIZE);
	size_t room = size + LINE < BUFFER_MAX ? (size / LINE + 1) * LINE : BUFFER_MAX;
	struct server server = {
		.play = play,
		.connections = play_value(play, ECHO_CONNECTIONS),
		.size = size,
		.room = room,
		.stride = (sizeof(struct connection) + room + LINE - 1) / LINE * LINE,
	};
	int error;

	server.connection = calloc(server.connections, server.stride);
	if (!server.connection)
		play_refuse(play, "memory", ENOMEM);
	error = async_run(&server.async, serve_all);
	free(server.connection);
	return error;
}

const struct async_body echo_async = {.spec = &echo_spec, .run = run};
