/* open.c: the connections of a session. */
#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "dial.h"
#include "engine.h"

/* How many connections the session had opened before this one, about. */
static uint64_t ordinal(const struct worker *worker, const struct connection *connection)
{
	const struct load_options *options = worker->session->options;

	return options->churn ? worker->result.opened * options->threads + worker->number : connection->index;
}

static int try_to_open(struct worker *worker, struct connection *connection, uint64_t until_ns)
{
	int error;

	connection->fd = dial_once(&worker->session->options->to, ordinal(worker, connection), until_ns);
	if (connection->fd < 0) {
		error = connection->fd;
	} else {
		error = watch(worker, connection, EPOLL_CTL_ADD, EPOLLIN);
		if (error == 0)
			return 0;
		close(connection->fd);
	}
	connection->fd = -1;
	return error;
}

int open_connection(struct worker *worker, struct connection *connection, bool wait)
{
	uint64_t until_ns = wait ? patience_ends_ns(worker, clock_now()) : 0;
	int error;

	do
		error = try_to_open(worker, connection, until_ns);
	while (dial_again(error, until_ns) && !is_stopped(worker));
	worker->result.opened += error == 0;
	return error;
}

/* One after another: at most one request a thread is under way. */
bool open_all(struct worker *worker)
{
	const struct load_options *options = worker->session->options;

	for (uint32_t i = options->churn ? worker->count : 0; i < worker->count + worker->idle; i++) {
		struct connection *connection = &worker->connections[i];
		int error = open_connection(worker, connection, true);

		if (error == 0)
			continue;
		fail(worker, connection, fault_of(error), "connection %u: cannot connect to %s: %s", connection->index,
		     options->to.text, strerror(-error));
		if (options->all_or_none || is_stopped(worker) || clock_now() >= worker->deadline_ns)
			return false;
	}
	return true;
}
