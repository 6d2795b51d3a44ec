/* direct.c: the echo server in the direct dialect, one task a connection. The reference for the other dialects.
 *
 * The tasks wait at a gate until every connection is accepted and the play has begun; only then are the warm-ups
 * answered, which the load waits for before it starts its timed messages. So no timed message falls before
 * play_begin(), and memory is measured while all tasks are alive.
 *
 * In a pool a task has a worker only while there is something to read or to write: it does what can be done without
 * waiting and goes back to the queue until its connection is ready (task_requeue()). */
#include <errno.h>
#include <poll.h>
#include <stdbool.h>

#include "../../../runtimes/clock.h"
#include "../../../runtimes/runtime.h"
#include "../../../runtimes/sync.h"
#include "../../../runtimes/task.h"
#include "../../player/play.h"
#include "echo.h"
#include "server.h"
#include "service.h"

enum { CHURN_PAUSE_US = 100 };

/* A connection, with its buffer behind it. Written by its own task alone, read by the first task after the join. */
struct connection {
	struct server *server;
	struct task task;
	int fd;
	uint32_t next; /* of a service: in a list of places, see take_place() */
	struct echo_account account;
	uint16_t got, done; /* in a pool: bytes of the chunk in hand, and how many of them were written back */
	bool begun;         /* in a pool: it has been through the gate */
	char buffer[] __attribute__((aligned(ECHO_LINE)));
} __attribute__((aligned(ECHO_LINE))); /* connections on different cores share no cache line */

_Static_assert(sizeof(struct connection) == ECHO_LINE && ECHO_ROOM_MAX <= UINT16_MAX, "a connection has one line more");

/* Everything that the tasks share. */
struct server {
	struct gate gate;
	uint64_t connections;
	uint32_t arrivals;      /* at the gate before it opens */
	bool requeues;          /* a pool: tasks wait for their connections without a worker */
	size_t room;            /* bytes in a connection's buffer */
	size_t stride;          /* from one connection to the next */
	_Atomic uint32_t ended; /* of a service: connections that nobody has joined yet, as a list; 0: none */
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

/* Writes what can be written of the chunk in hand, or reads one and tries to. As echo_chunk(), and -EAGAIN: the rest
 * has to wait. */
static ssize_t echo_what_is_ready(struct connection *connection)
{
	ssize_t moved;

	if (connection->done == connection->got) {
		moved = task_read(connection->fd, connection->buffer, connection->server->room);
		if (moved <= 0)
			return moved;
		connection->account.received += (uint64_t)moved;
		connection->got = (uint16_t)moved;
		connection->done = 0;
	}
	moved = task_write_now(connection->fd, connection->buffer + connection->done,
			       (size_t)(connection->got - connection->done));
	if (moved < 0)
		return moved;
	connection->account.echoed += (uint64_t)moved;
	connection->done = (uint16_t)(connection->done + moved);
	return connection->done == connection->got ? moved : -EAGAIN;
}

/* The exchange: what ended it, 0 for the end of the stream or -errno. Positive in a pool: the task's function is called
 * again when the connection is ready. */
static ssize_t echo(struct connection *connection)
{
	ssize_t moved = 1;

	if (!connection->server->requeues) {
		do
			moved = echo_chunk(connection);
		while (moved > 0);
		return moved;
	}
	if (connection->begun)
		moved = echo_what_is_ready(connection);
	connection->begun = true;
	if (moved > 0 || moved == -EAGAIN)
		task_requeue(connection->fd, moved > 0 ? POLLIN : POLLOUT);
	return moved == -EAGAIN ? 1 : moved;
}

static void serve(void *argument)
{
	struct connection *connection = argument;
	ssize_t moved;

	if (!connection->begun)
		gate_pass(&connection->server->gate, connection->server->arrivals);
	moved = echo(connection);
	if (moved > 0)
		return;
	connection->account.ended_ns = clock_now();
	connection->account.error = (int)-moved;
	task_close(connection->fd);
}

/* The buffers lie in the shared mapping, which no stack or heap of any model is too small for, and their pages cost
 * nothing until they are touched. */
static struct server *allocate(struct play *play, uint64_t connections, uint64_t size)
{
	size_t stride = sizeof(struct connection) + echo_room(size);
	struct server *server = task_shared(sizeof *server + connections * stride);

	if (!server)
		play_refuse(play, "memory", ENOMEM);
	server->connections = connections;
	server->room = echo_room(size);
	server->stride = stride;
	server->requeues = play_stage(play).capabilities & RUNTIME_REQUEUES;
	return server;
}

static struct server *set_up(struct play *play)
{
	struct server *server = allocate(play, echo_connections(play), play_value(play, ECHO_SIZE));

	server->arrivals = (uint32_t)stage_arrivals(play_stage(play), server->connections);
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

static void join_all(struct server *server)
{
	for (uint64_t i = 0; i < server->connections; i++) {
		struct connection *connection = connection_at(server, i);
		int error = task_join(connection->task);

		if (error < 0)
			connection->account.error = -error;
	}
}

static void play_with_all(struct play *play)
{
	struct server *server = set_up(play);

	accept_all(play, server, echo_listen(play, task_adopt));
	play_begin(play);
	gate_open(&server->gate);
	join_all(server);
	echo_conclude_all(play, &connection_at(server, 0)->account, server->stride);
}

/* ---- A service: the same exchange with anybody, in places that are used again ---- */

/* Lists of places hold their numbers, from 1 on; 0 ends them. */
static uint32_t number_of(const struct connection *connection)
{
	return (uint32_t)(((const char *)connection - connection->server->connection) / connection->server->stride) + 1;
}

/* What the first task alone knows of the places. */
struct places {
	struct server *server;
	uint32_t free;  /* a list of those that were joined */
	uint32_t fresh; /* places that were never used begin here */
	uint32_t taken;
	struct echo_served served;
};

static void serve_guest(void *argument)
{
	struct connection *connection = argument;
	_Atomic uint32_t *ended = &connection->server->ended;
	uint32_t number = number_of(connection);
	ssize_t moved;

	if (!connection->begun) /* nobody waits at a gate: the first task has begun the play */
		echo_service_begin(connection->fd);
	moved = echo(connection);
	if (moved > 0)
		return;
	connection->account.ended_ns = clock_now();
	connection->account.error = (int)-moved;
	echo_service_end(connection->fd);
	task_close(connection->fd);
	connection->next = atomic_load_explicit(ended, memory_order_relaxed);
	/* Release: pairs with the exchange in join_ended(), which reads the account. */
	while (!atomic_compare_exchange_weak_explicit(ended, &connection->next, number, memory_order_release,
						      memory_order_relaxed))
		;
}

static void free_place(struct places *places, struct connection *connection)
{
	connection->account = (struct echo_account){0};
	connection->begun = false;
	connection->got = connection->done = 0;
	connection->next = places->free;
	places->free = number_of(connection);
	places->taken--;
}

static void join_ended(struct places *places)
{
	uint32_t number = atomic_exchange_explicit(&places->server->ended, 0, memory_order_acquire);

	while (number > 0) {
		struct connection *connection = connection_at(places->server, number - 1);
		int error = task_join(connection->task);

		number = connection->next;
		if (error < 0)
			connection->account.error = -error;
		echo_served_add(&places->served, &connection->account);
		free_place(places, connection);
	}
}

/* NULL if there is none. */
static struct connection *take_place(struct places *places)
{
	uint32_t number = places->free;
	struct connection *connection;

	if (places->taken == places->server->connections)
		return NULL;
	connection = connection_at(places->server, number > 0 ? number - 1 : places->fresh++);
	connection->server = places->server;
	places->free = number > 0 ? connection->next : 0;
	places->taken++;
	return connection;
}

static void receive_guest(struct places *places, int fd)
{
	struct connection *connection = take_place(places);

	if (connection)
		connection->fd = fd;
	if (connection && task_spawn(&connection->task, serve_guest, connection) == 0) {
		task_hand_over(fd);
		return;
	}
	places->served.turned_away++;
	task_close(fd);
	if (connection)
		free_place(places, connection);
}

static void await_all(struct places *places)
{
	for (join_ended(places); places->taken > 0; join_ended(places))
		task_sleep_until(clock_now() + ECHO_SERVICE_PAUSE_MS * NS_PER_MS);
}

static void service_main(void *argument)
{
	struct play *play = argument;
	struct places places = {.server = allocate(play, echo_service_places(), ECHO_SERVICE_SIZE)};
	int listener = echo_service_listen(play, task_adopt);

	while (!echo_service_stopping()) {
		int fd = task_accept(listener);
		enum echo_arrival arrival = echo_service_judge(fd);

		join_ended(&places);
		if (arrival == ECHO_SERVE)
			receive_guest(&places, fd);
		else if (arrival == ECHO_PAUSE)
			task_sleep_until(clock_now() + ECHO_SERVICE_PAUSE_MS * NS_PER_MS);
		else if (fd >= 0)
			task_close(fd);
	}
	echo_service_stop_listening(listener);
	task_close(listener);
	await_all(&places);
	play_served(play, &places.served);
}

/* ---- Churn: the same places, for connections of a number ---- */

/* Waits until there is one, where the ends of connections have not been seen yet. */
static void await_place(struct places *places)
{
	for (join_ended(places); places->taken == places->server->connections; join_ended(places))
		task_sleep_until(clock_now() + CHURN_PAUSE_US * NS_PER_US);
}

static void play_with_guests(struct play *play)
{
	struct places places = {.server = allocate(play, echo_connections(play), play_value(play, ECHO_SIZE))};
	int listener = echo_listen(play, task_adopt);

	for (uint64_t i = 0; i < echo_connections_in_all(play); i++) {
		int fd = task_accept(listener);

		echo_churn_accepted(play, &places.served, i, fd);
		await_place(&places);
		receive_guest(&places, fd);
	}
	task_close(listener);
	await_all(&places);
	echo_conclude(play, &places.served);
}

static void echo_main(void *argument)
{
	struct play *play = argument;

	if (echo_is_churn(play))
		play_with_guests(play);
	else
		play_with_all(play);
}

const struct direct_body echo_direct = {.spec = &echo_spec, .main = echo_main, .serve = service_main};
