/* callback.c: the echo server in the callback dialect. A connection is a request that goes from reading to writing and
 * back; the exchange and its order in time are those of direct.c. */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

#include "../../../runtimes/callback.h"
#include "../../../runtimes/clock.h"
#include "../../player/play.h"
#include "echo.h"
#include "server.h"
#include "service.h"

/* A connection, with its buffer behind it. */
struct connection {
	struct callback_request request;
	struct server *server;
	int fd;
	size_t got, done; /* bytes of the chunk in hand, and how many of them were written back */
	struct echo_account account;
	char buffer[];
};

struct server {
	struct callback_request request; /* the listener's */
	struct play *play;
	int listener;
	uint64_t connections;
	uint64_t accepted, arrived, ended; /* connections */
	size_t room;                       /* bytes in a connection's buffer */
	size_t stride;                     /* from one connection to the next */
	struct guests *guests;             /* NULL: a play whose connections last */
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

static void guest_leaves(struct connection *connection);

static void end(struct connection *connection, int error)
{
	struct server *server = connection->server;

	connection->account.ended_ns = clock_now();
	connection->account.error = error;
	if (server->guests) {
		guest_leaves(connection);
		return;
	}
	callback_close(connection->fd);
	if (++server->ended == server->connections)
		echo_conclude_all(server->play, &connection_at(server, 0)->account, server->stride);
}

static void read_chunk(struct callback_request *request);

static void written(struct callback_request *request)
{
	struct connection *connection = connection_of(request);

	if (request->result < 0) {
		end(connection, (int)-request->result);
		return;
	}
	connection->account.echoed += (uint64_t)request->result;
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
	connection->account.received += connection->got;
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

static void accepted(struct callback_request *request)
{
	struct server *server = callback_owner(request, struct server, request);
	struct connection *connection = connection_at(server, server->accepted);

	echo_accepted(server->play, (int)request->result);
	connection->server = server;
	connection->fd = (int)request->result;
	callback_soon(&connection->request, arrive);
	if (++server->accepted < server->connections)
		callback_accept(request, server->listener, accepted);
	else
		callback_close(server->listener);
}

static void open_server(void *argument)
{
	struct server *server = argument;

	server->listener = echo_listen(server->play, callback_adopt);
	callback_accept(&server->request, server->listener, accepted);
}

/* The pages of the buffers cost nothing until they are touched. */
static struct server *set_up(struct play *play)
{
	uint64_t connections = echo_connections(play), size = play_value(play, ECHO_SIZE);
	size_t stride = sizeof(struct connection) + echo_room(size);
	struct server *server = calloc(1, sizeof *server + connections * stride);

	if (!server)
		play_refuse(play, "memory", ENOMEM);
	server->play = play;
	server->connections = connections;
	server->room = echo_room(size);
	server->stride = stride;
	return server;
}

static int run_lasting(struct play *play)
{
	struct server *server = set_up(play);
	int error = callback_run(open_server, server);

	free(server);
	return error;
}

/* ---- A service: the same connections for anybody, in memory that comes and goes ---- */

struct guests {
	uint64_t places, present;
	bool closed; /* nobody is accepted any more */
	struct echo_served served;
	struct server server; /* its last member has no room: the connections lie elsewhere */
};

static void tell_when_all_have_left(struct guests *guests)
{
	if (!guests->closed || guests->present > 0)
		return;
	if (guests->server.connections > 0)
		echo_conclude(guests->server.play, &guests->served);
	else
		play_served(guests->server.play, &guests->served);
}

/* The last that is done with a connection. */
static void guest_leaves(struct connection *connection)
{
	struct guests *guests = connection->server->guests;

	echo_service_end(connection->fd);
	callback_close(connection->fd);
	echo_served_add(&guests->served, &connection->account);
	free(connection);
	guests->present--;
	tell_when_all_have_left(guests);
}

static void receive_guest(struct guests *guests, int fd)
{
	struct connection *connection = guests->present < guests->places ? calloc(1, guests->server.stride) : NULL;

	if (!connection) {
		guests->served.turned_away++;
		callback_close(fd);
		return;
	}
	guests->present++;
	connection->server = &guests->server;
	connection->fd = fd;
	echo_service_begin(fd);
	read_chunk(&connection->request);
}

static void accept_guest(struct callback_request *request);

static void guest_accepted(struct callback_request *request)
{
	struct server *server = callback_owner(request, struct server, request);
	int fd = (int)request->result;
	enum echo_arrival arrival = echo_service_judge(fd);

	if (arrival == ECHO_SERVE)
		receive_guest(server->guests, fd);
	else if (fd >= 0)
		callback_close(fd);
	if (arrival == ECHO_PAUSE)
		callback_at(request, clock_now() + ECHO_SERVICE_PAUSE_MS * NS_PER_MS, accept_guest);
	else
		accept_guest(request);
}

static void accept_guest(struct callback_request *request)
{
	struct server *server = callback_owner(request, struct server, request);

	if (!echo_service_stopping()) {
		callback_accept(request, server->listener, guest_accepted);
		return;
	}
	echo_service_stop_listening(server->listener);
	callback_close(server->listener);
	server->guests->closed = true;
	tell_when_all_have_left(server->guests);
}

static void open_service(void *argument)
{
	struct server *server = argument;

	server->listener = echo_service_listen(server->play, callback_adopt);
	accept_guest(&server->request);
}

/* ---- Churn: the same for a number of guests ---- */

static void guest_of_number_accepted(struct callback_request *request)
{
	struct server *server = callback_owner(request, struct server, request);
	struct guests *guests = server->guests;
	int fd = (int)request->result;

	echo_churn_accepted(server->play, &guests->served, server->accepted, fd);
	receive_guest(guests, fd);
	if (++server->accepted < server->connections) {
		callback_accept(request, server->listener, guest_of_number_accepted);
		return;
	}
	callback_close(server->listener);
	guests->closed = true;
	tell_when_all_have_left(guests);
}

static void open_to_number(void *argument)
{
	struct server *server = argument;

	server->listener = echo_listen(server->play, callback_adopt);
	callback_accept(&server->request, server->listener, guest_of_number_accepted);
}

/* connections: how many there will be; 0: until a signal. */
static int run_guests(struct play *play, uint64_t size, uint64_t places, uint64_t connections)
{
	struct guests *guests = calloc(1, sizeof *guests);
	int error;

	if (!guests)
		return -ENOMEM;
	guests->places = places;
	guests->server.play = play;
	guests->server.connections = connections;
	guests->server.room = echo_room(size);
	guests->server.stride = sizeof(struct connection) + guests->server.room;
	guests->server.guests = guests;
	error = callback_run(connections > 0 ? open_to_number : open_service, &guests->server);
	free(guests);
	return error;
}

static int run(struct play *play)
{
	uint64_t connections = echo_connections_in_all(play);

	return echo_is_churn(play) ? run_guests(play, play_value(play, ECHO_SIZE), connections, connections)
				   : run_lasting(play);
}

static int run_service(struct play *play)
{
	return run_guests(play, ECHO_SERVICE_SIZE, echo_service_places(), 0);
}

const struct callback_body echo_callback = {.spec = &echo_spec, .run = run, .serve = run_service};
