/* callback.c: the echo server in the callback dialect. A connection is a request that goes from reading to writing and
 * back; the exchange and its order in time are those of direct.c. */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "../../../runtimes/callback.h"
#include "../../../runtimes/check.h"
#include "../../../runtimes/clock.h"
#include "../../player/play.h"
#include "echo.h"

enum { LINE = 64, BUFFER_MAX = 16 << 10 };

/* A connection, with its buffer behind it. */
struct connection {
	struct callback_request request;
	struct server *server;
	int fd;
	int error;                 /* what ended it before the end of the stream; 0 is the ordinary end */
	size_t got, done;          /* bytes of the chunk in hand, and how many of them were written back */
	uint64_t received, echoed; /* bytes */
	uint64_t ended_ns;
	char buffer[];
};

struct server {
	struct callback_request request; /* the listener's */
	struct play *play;
	int listener;
	uint64_t connections, size;
	uint64_t accepted, arrived, ended; /* connections */
	size_t room;                       /* bytes in a connection's buffer */
	size_t stride;                     /* from one connection to the next */
	char connection[] __attribute__((aligned(sizeof(uint64_t))));
};

static struct connection *connection_at(struct server *server, uint64_t index)
{
	return (struct connection *)(server->connection + index * server->stride);
}

static struct connection *connection_of(struct callback_request *request)
{
	return callback_owner(request, struct connection, request);
}

static void say_what_failed(const struct server *server, uint64_t failed, int error)
{
	if (failed > 0)
		fprintf(stderr, "echo: %llu of %llu connections did not end with the end of the stream: %s\n",
			(unsigned long long)failed, (unsigned long long)server->connections, strerror(error));
}

static void add_up(struct server *server)
{
	uint64_t last_ns = 0, tasks = 0, operations = 0, bytes = 0;
	int error = 0;

	for (uint64_t i = 0; i < server->connections; i++) {
		const struct connection *connection = connection_at(server, i);

		/* A connection that broke is no task that ended: the audit fails, and with it the play. */
		tasks += connection->error == 0;
		operations += connection->echoed / server->size;
		bytes += connection->received;
		if (connection->error)
			error = connection->error;
		if (connection->ended_ns > last_ns)
			last_ns = connection->ended_ns;
	}
	play_end(server->play, last_ns);
	play_audit(server->play, tasks, operations, bytes, 0);
	say_what_failed(server, server->connections - tasks, error);
}

static void end(struct connection *connection, int error)
{
	struct server *server = connection->server;

	connection->ended_ns = clock_now();
	connection->error = error;
	callback_close(connection->fd);
	if (++server->ended == server->connections)
		add_up(server);
}

static void read_chunk(struct callback_request *request);

static void written(struct callback_request *request)
{
	struct connection *connection = connection_of(request);

	if (request->result < 0) {
		end(connection, (int)-request->result);
		return;
	}
	connection->echoed += (uint64_t)request->result;
	connection->done += (size_t)request->result;
	if (connection->done < connection->got)
		callback_write(request, connection->fd, connection->buffer + connection->done,
			       connection->got - connection->done, written);
	else
		read_chunk(request);
}

static void chunk_read(struct callback_request *request)
{
	struct connection *connection = connection_of(request);

	if (request->result <= 0) {
		end(connection, (int)-request->result);
		return;
	}
	connection->got = (size_t)request->result;
	connection->done = 0;
	connection->received += connection->got;
	callback_write(request, connection->fd, connection->buffer, connection->got, written);
}

static void read_chunk(struct callback_request *request)
{
	struct connection *connection = connection_of(request);

	callback_read(request, connection->fd, connection->buffer, connection->server->room, chunk_read);
}

/* A connection is accepted. The last of them begins the play for all; the warm-ups are answered after that. */
static void arrive(struct callback_request *request)
{
	struct server *server = connection_of(request)->server;

	if (++server->arrived < server->connections)
		return;
	play_begin(server->play);
	for (uint64_t i = 0; i < server->connections; i++)
		callback_soon(&connection_at(server, i)->request, read_chunk);
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

static void accepted(struct callback_request *request)
{
	struct server *server = callback_owner(request, struct server, request);
	struct connection *connection = connection_at(server, server->accepted);
	int one = 1;

	refuse_shortage(server->play, (int)request->result);
	connection->server = server;
	connection->fd = (int)request->result;
	if (setsockopt(connection->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one) < 0)
		refuse_shortage(server->play, -errno);
	callback_soon(&connection->request, arrive);
	if (++server->accepted < server->connections)
		callback_accept(request, server->listener, accepted);
	else
		callback_close(server->listener);
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
	refuse_shortage(play, callback_adopt(fd));
	return fd;
}

static void open_server(void *argument)
{
	struct server *server = argument;
	struct sockaddr_in address;

	raise_descriptor_limit();
	server->listener = listen_at_loopback(server->play, &address);
	play_listening(server->play, ntohs(address.sin_port));
	callback_accept(&server->request, server->listener, accepted);
}

/* A buffer has a little more room than a message, where that is at most 16 KiB: a read that comes back short tells the
 * runtime that the socket is drained. Its pages cost nothing until they are touched. */
static struct server *set_up(struct play *play)
{
	uint64_t connections = play_value(play, ECHO_CONNECTIONS), size = play_value(play, ECHO_SIZE);
	size_t room = size + LINE < BUFFER_MAX ? (size / LINE + 1) * LINE : BUFFER_MAX;
	size_t stride = sizeof(struct connection) + room;
	struct server *server = calloc(1, sizeof *server + connections * stride);

	if (!server)
		play_refuse(play, "memory", ENOMEM);
	server->play = play;
	server->connections = connections;
	server->size = size;
	server->room = room;
	server->stride = stride;
	return server;
}

static int run(struct play *play)
{
	struct server *server = set_up(play);
	int error = callback_run(open_server, server);

	free(server);
	return error;
}

const struct callback_body echo_callback = {.spec = &echo_spec, .run = run};
