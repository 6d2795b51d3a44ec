/* bare_epoll.c: the echo server as a loop over epoll(7), with no runtime.
 *
 * Edge-triggered, and registered once for both directions: no call is made but epoll_wait(), recv() and send(). A read
 * that comes back short has drained the socket, unless the end of the stream has been told, of which no edge follows.
 * A socket that takes no more is written to again at its next edge, and is not read meanwhile: a client that does not
 * read its echoes is not read from. */
#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../../runtimes/clock.h"
#include "bare.h"

enum { EVENTS = 256 };

const struct runtime runtime = {
	.name = "bare-epoll",
	.model = "no runtime: a loop over epoll_wait(), recv() and send() on one thread",
	.dialect = "none",
	.suspends = "not at all: there are no tasks",
	.shares = "all memory",
	.breaks = "one core; it can do nothing but echo",
	.sources = "epoll(7)",
	.capabilities = RUNTIME_INTERLEAVES | RUNTIME_SHARES_MEMORY,
	.floor = true,
};

struct connection {
	int fd;
	bool readable, ended; /* bytes may be there; the end of the stream is on its way */
	size_t got, done;     /* bytes of the chunk in hand, and how many of them were sent */
	struct echo_account account;
	char *buffer;
};

struct server {
	int epoll;
	size_t room;
	uint64_t connections, open;
	struct connection *connection;
	char *buffers;
};

static void end(struct server *server, struct connection *connection, int error)
{
	connection->account.ended_ns = clock_now();
	connection->account.error = error;
	close(connection->fd);
	server->open--;
}

/* Sends what is left of the chunk. 1: all of it; 0: the socket takes no more now; else -errno. */
static int send_rest(struct connection *connection)
{
	while (connection->done < connection->got) {
		ssize_t sent = send(connection->fd, connection->buffer + connection->done,
				    connection->got - connection->done, MSG_NOSIGNAL);

		if (sent < 0 && errno == EINTR)
			continue;
		if (sent < 0)
			return errno == EAGAIN ? 0 : -errno;
		connection->done += (size_t)sent;
		connection->account.echoed += (uint64_t)sent;
	}
	return 1;
}

/* 1: a chunk is in hand; 0: nothing is there now; -ECONNRESET and the like; -ESHUTDOWN at the end of the stream. */
static int receive(const struct server *server, struct connection *connection)
{
	ssize_t got;

	do
		got = recv(connection->fd, connection->buffer, server->room, 0);
	while (got < 0 && errno == EINTR);
	if (got < 0 && errno != EAGAIN)
		return -errno;
	if (got == 0)
		return -ESHUTDOWN;
	if (got < (ssize_t)server->room)
		connection->readable = connection->ended;
	if (got < 0)
		return 0;
	connection->got = (size_t)got;
	connection->done = 0;
	connection->account.received += (uint64_t)got;
	return 1;
}

static void serve(struct server *server, struct connection *connection, uint32_t events)
{
	int state = send_rest(connection);

	connection->readable |= (events & ~(uint32_t)EPOLLOUT) != 0;
	connection->ended |= (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0;
	while (state > 0 && connection->readable) {
		state = receive(server, connection);
		if (state > 0)
			state = send_rest(connection);
	}
	if (state < 0)
		end(server, connection, state == -ESHUTDOWN ? 0 : -state);
}

static void serve_all(struct server *server)
{
	struct epoll_event events[EVENTS];

	while (server->open > 0) {
		int count = epoll_wait(server->epoll, events, EVENTS, -1);

		for (int i = 0; i < count; i++)
			serve(server, events[i].data.ptr, events[i].events);
	}
}

/* Everything that is sent before the play begins is answered after that, since nobody looks at the events until then.
 */
static void accept_all(struct server *server, struct play *play)
{
	int listener = echo_listen(play, bare_adopt);

	for (; server->open < server->connections; server->open++) {
		struct connection *connection = &server->connection[server->open];
		struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET,
					    .data.ptr = connection};

		connection->fd = bare_accept(play, listener, SOCK_NONBLOCK);
		connection->buffer = server->buffers + server->open * server->room;
		if (epoll_ctl(server->epoll, EPOLL_CTL_ADD, connection->fd, &event) < 0)
			play_refuse(play, "memory", errno);
	}
	close(listener);
}

static int perform(const struct player_body *body, struct play *play)
{
	struct server server = {.epoll = epoll_create1(EPOLL_CLOEXEC),
				.room = echo_room(play_value(play, ECHO_SIZE)),
				.connections = echo_connections(play)};

	(void)body;
	server.connection = calloc(server.connections, sizeof *server.connection);
	server.buffers = calloc(server.connections, server.room);
	if (server.epoll < 0 || !server.connection || !server.buffers)
		play_refuse(play, "memory", errno);
	accept_all(&server, play);
	play_begin(play);
	serve_all(&server);
	echo_conclude_all(play, &server.connection[0].account, sizeof server.connection[0]);
	close(server.epoll);
	free(server.buffers);
	free(server.connection);
	return 0;
}

int main(int argc, char **argv)
{
	return bare_main(argc, argv, perform);
}
