/* async.c: the echo server in the async dialect, one task a connection. The exchange and its order in time are those of
 * direct.c. */
#include <errno.h>
#include <stdlib.h>

#include "../../../runtimes/async.h"
#include "../../../runtimes/clock.h"
#include "../../player/play.h"
#include "echo.h"
#include "server.h"
#include "service.h"

/* A connection: the frame of its task, with its buffer behind it. */
struct connection {
	struct async async;
	struct server *server;
	int fd;
	int moved;   /* bytes of the chunk in hand; 0 at the end of the stream, or -errno */
	int written; /* of them */
	struct echo_account account;
	struct connection *next; /* of a service: behind this one among those that have ended */
	char buffer[];
};

/* What the tasks share, and the frame of the first one. */
struct server {
	struct async async;
	struct play *play;
	struct async_gate gate;
	int listener;
	uint64_t connections;
	uint64_t accepted, joined; /* connections, in their order */
	size_t room;               /* bytes in a connection's buffer */
	size_t stride;             /* from one connection to the next */
	char *connection;
	struct guests *guests; /* NULL: a play whose connections last */
	uint64_t again_ns;     /* of a service: when to accept again */
};

static void guest_leaves(struct connection *connection);

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
	connection->account.echoed += (uint64_t)count;
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
			connection->account.received += (uint64_t)connection->moved;
		connection->written = 0;
		while (connection->written < connection->moved) {
			AWAIT(async_write(self, connection->fd, connection->buffer + connection->written,
					  (size_t)(connection->moved - connection->written)));
			note_written(connection, async_result(self));
		}
	} while (connection->moved > 0);
	connection->account.ended_ns = clock_now();
	connection->account.error = -connection->moved;
	if (server->guests)
		guest_leaves(connection);
	async_close(connection->fd);
	ASYNC_END;
}

/* Takes what async_accept() brought; a connection that its client gave up before it was accepted is not one. */
static void take_connection(struct server *server, int fd)
{
	struct connection *connection = connection_at(server, server->accepted);

	if (fd == -ECONNABORTED)
		return;
	echo_accepted(server->play, fd);
	connection->server = server;
	connection->fd = fd;
	async_spawn(&connection->async, serve);
	server->accepted++;
}

static enum async_state serve_all(struct async *self)
{
	struct server *server = (struct server *)self;

	ASYNC_BEGIN;
	server->listener = echo_listen(server->play, async_adopt);
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
	echo_conclude_all(server->play, &connection_at(server, 0)->account, server->stride);
	ASYNC_END;
}

static int run_lasting(struct play *play)
{
	size_t room = echo_room(play_value(play, ECHO_SIZE));
	struct server server = {
		.play = play,
		.connections = echo_connections(play),
		.room = room,
		.stride = (sizeof(struct connection) + room + ECHO_LINE - 1) / ECHO_LINE * ECHO_LINE,
	};
	int error;

	server.connection = calloc(server.connections, server.stride);
	if (!server.connection)
		play_refuse(play, "memory", ENOMEM);
	error = async_run(&server.async, serve_all);
	free(server.connection);
	return error;
}

/* ---- A service: the same tasks for anybody, in frames that come and go ---- */

struct guests {
	struct server server;     /* its frame is the first task's; the gate is open */
	struct connection *ended; /* a list; their functions return before the first task goes on */
	uint64_t places, present;
	struct echo_served served;
};

static void guest_leaves(struct connection *connection)
{
	struct guests *guests = connection->server->guests;

	echo_service_end(connection->fd);
	connection->next = guests->ended;
	guests->ended = connection;
}

static void free_ended(struct guests *guests)
{
	while (guests->ended) {
		struct connection *connection = guests->ended;

		guests->ended = connection->next;
		echo_served_add(&guests->served, &connection->account);
		free(connection);
		guests->present--;
	}
}

static void receive_guest(struct guests *guests, int fd)
{
	struct connection *connection = guests->present < guests->places ? calloc(1, guests->server.stride) : NULL;

	if (!connection) {
		guests->served.turned_away++;
		async_close(fd);
		return;
	}
	guests->present++;
	connection->server = &guests->server;
	connection->fd = fd;
	echo_service_begin(fd);
	async_spawn(&connection->async, serve);
}

/* When to accept again. */
static uint64_t take_guest(struct guests *guests, int fd)
{
	enum echo_arrival arrival = echo_service_judge(fd);

	free_ended(guests);
	if (arrival == ECHO_SERVE)
		receive_guest(guests, fd);
	else if (fd >= 0)
		async_close(fd);
	return arrival == ECHO_PAUSE ? clock_now() + ECHO_SERVICE_PAUSE_MS * NS_PER_MS : 0;
}

static enum async_state receive_guests(struct async *self)
{
	struct guests *guests = (struct guests *)self;
	struct server *server = &guests->server;

	ASYNC_BEGIN;
	async_gate_open(&server->gate);
	server->listener = echo_service_listen(server->play, async_adopt);
	while (!echo_service_stopping()) {
		AWAIT(async_accept(self, server->listener));
		server->again_ns = take_guest(guests, async_result(self));
		AWAIT(async_sleep_until(self, server->again_ns));
	}
	echo_service_stop_listening(server->listener);
	async_close(server->listener);
	for (free_ended(guests); guests->present > 0; free_ended(guests))
		AWAIT(async_sleep_until(self, clock_now() + ECHO_SERVICE_PAUSE_MS * NS_PER_MS));
	play_served(server->play, &guests->served);
	ASYNC_END;
}

/* ---- Churn: the same for a number of guests ---- */

static enum async_state receive_number(struct async *self)
{
	struct guests *guests = (struct guests *)self;
	struct server *server = &guests->server;

	ASYNC_BEGIN;
	async_gate_open(&server->gate);
	server->listener = echo_listen(server->play, async_adopt);
	for (; server->accepted < server->connections; server->accepted++) {
		AWAIT(async_accept(self, server->listener));
		echo_churn_accepted(server->play, &guests->served, server->accepted, async_result(self));
		free_ended(guests);
		receive_guest(guests, async_result(self));
	}
	async_close(server->listener);
	for (free_ended(guests); guests->present > 0; free_ended(guests))
		AWAIT(async_sleep_until(self, clock_now() + ECHO_SERVICE_PAUSE_MS * NS_PER_MS));
	echo_conclude(server->play, &guests->served);
	ASYNC_END;
}

static int run(struct play *play)
{
	size_t room = echo_room(play_value(play, ECHO_SIZE));
	struct guests guests = {
		.server = {.play = play,
			   .connections = echo_connections_in_all(play),
			   .room = room,
			   .stride = sizeof(struct connection) + room,
			   .guests = &guests},
		.places = echo_connections_in_all(play),
	};

	return echo_is_churn(play) ? async_run(&guests.server.async, receive_number) : run_lasting(play);
}

static int run_service(struct play *play)
{
	size_t room = echo_room(ECHO_SERVICE_SIZE);
	struct guests guests = {
		.server = {.play = play, .room = room, .stride = sizeof(struct connection) + room, .guests = &guests},
		.places = echo_service_places(),
	};

	return async_run(&guests.server.async, receive_guests);
}

const struct async_body echo_async = {.spec = &echo_spec, .run = run, .serve = run_service};
