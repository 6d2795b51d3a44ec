/* open.c: connecting. */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "../../runtimes/kernel/descriptor_limit.h"
#include "engine.h"

enum { RETRY_MS = 20, SOURCES_MAX = 250 };

int open_limit_raise(uint64_t connections, char reason[LOAD_REASON_MAX])
{
	uint64_t room = descriptor_room(connections);

	if (room >= connections)
		return 0;
	snprintf(reason, LOAD_REASON_MAX,
		 "%llu connections need more descriptors than the limit of %llu allows: raise ulimit -n",
		 (unsigned long long)connections, (unsigned long long)room + DESCRIPTORS_SPARE);
	return -EMFILE;
}

static int ms_until(uint64_t until_ns)
{
	uint64_t now_ns = clock_now();

	return now_ns < until_ns ? (int)((until_ns - now_ns + NS_PER_MS - 1) / NS_PER_MS) : 0;
}

/* 0, -ETIMEDOUT at the time limit (over loopback after RETRY_MS), or -errno. */
static int await_connection(const struct worker *worker, int fd, uint64_t until_ns)
{
	struct pollfd writable = {.fd = fd, .events = POLLOUT};
	int left_ms = ms_until(until_ns), error = 0, ready;
	socklen_t length = sizeof error;

	if (worker->session->options->to.loopback && left_ms > RETRY_MS)
		left_ms = RETRY_MS;
	ready = poll(&writable, 1, left_ms);
	if (ready == 0)
		return -ETIMEDOUT;
	if (ready < 0 || getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) < 0)
		return -errno;
	return -error;
}

static int start_connection(const struct worker *worker, int fd, uint64_t until_ns)
{
	const struct load_address *to = &worker->session->options->to;

	if (connect(fd, (const struct sockaddr *)&to->storage, to->length) == 0)
		return 0;
	if (errno != EINPROGRESS)
		return -errno;
	return until_ns > 0 ? await_connection(worker, fd, until_ns) : 0;
}

/* How many connections the session had opened before this one, about. */
static uint64_t ordinal(const struct worker *worker, const struct connection *connection)
{
	const struct load_options *options = worker->session->options;

	return options->churn ? worker->result.opened * options->threads + worker->number : connection->index;
}

/* The kernel looks for a free port among the even ones of ip_local_port_range first, 14,116 by default, one by one: the
 * more are taken, the longer (milliseconds for the last ones). So every 8,192 connections come from an address of their
 * own, 127.0.0.1, 127.0.0.2, ..., each with all ports, chosen when connecting (IP_BIND_ADDRESS_NO_PORT, ip(7)). */
static int choose_source(const struct worker *worker, const struct connection *connection)
{
	uint64_t share = ordinal(worker, connection) / ADDRESS_SHARE % SOURCES_MAX;
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK + (uint32_t)share)};
	const struct load_address *to = &worker->session->options->to;
	int one = 1;

	if (share == 0 || !to->loopback || to->storage.ss_family != AF_INET)
		return 0;
	if (setsockopt(connection->fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof one) < 0 ||
	    bind(connection->fd, (struct sockaddr *)&address, sizeof address) < 0)
		return -errno;
	return 0;
}

/* The same options as the server's: no delay of small messages; and a port of ours that rests in TIME_WAIT, since we
 * close first, does not keep the next server from it (SO_REUSEADDR, socket(7)). */
static int try_to_open(struct worker *worker, struct connection *connection, uint64_t until_ns)
{
	int family = worker->session->options->to.storage.ss_family, one = 1, error;

	connection->fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (connection->fd < 0)
		return -errno;
	if (setsockopt(connection->fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) < 0 ||
	    setsockopt(connection->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one) < 0)
		error = -errno;
	else
		error = choose_source(worker, connection);
	if (error == 0)
		error = start_connection(worker, connection->fd, until_ns);
	if (error == 0)
		error = watch(worker, connection, EPOLL_CTL_ADD, EPOLLIN);
	if (error == 0)
		return 0;
	close(connection->fd);
	connection->fd = -1;
	return error;
}

/* Over loopback a request is taken at once, or dropped because the server's accept queue is full (4,096 at most by
 * default: somaxconn, listen(2)). The kernel would repeat it after a second, then two, then four; a new one finds room
 * sooner. */
int open_connection(struct worker *worker, struct connection *connection, bool wait)
{
	uint64_t until_ns = wait ? patience_ends_ns(worker, clock_now()) : 0;
	int error;

	do
		error = try_to_open(worker, connection, until_ns);
	while ((error == -ETIMEDOUT || error == -EINTR) && !is_stopped(worker) && ms_until(until_ns) > 0);
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
		if (options->all_or_none || is_stopped(worker) || ms_until(worker->deadline_ns) == 0)
			return false;
	}
	return true;
}
