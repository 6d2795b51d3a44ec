/* dial.c: see dial.h. */
#include "dial.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../../runtimes/clock.h"
#include "../../runtimes/kernel/descriptor_limit.h"

enum { RETRY_MS = 20, ADDRESS_SHARE = 8192, SOURCES_MAX = 250 };

int dial_make_room(uint64_t connections, char reason[LOAD_REASON_MAX])
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

/* The kernel looks for a free port among the even ones of ip_local_port_range first, 14,116 by default, one by one: the
 * more are taken, the longer (milliseconds for the last ones). So every 8,192 connections come from an address of their
 * own, 127.0.0.1, 127.0.0.2, ..., each with all ports, chosen when connecting (IP_BIND_ADDRESS_NO_PORT, ip(7)). */
static int choose_source(int fd, const struct load_address *to, uint64_t index)
{
	uint64_t share = index / ADDRESS_SHARE % SOURCES_MAX;
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK + (uint32_t)share)};
	int one = 1;

	if (share == 0 || !to->loopback || to->storage.ss_family != AF_INET)
		return 0;
	if (setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof one) < 0 ||
	    bind(fd, (struct sockaddr *)&address, sizeof address) < 0)
		return -errno;
	return 0;
}

static int await_connection(int fd, const struct load_address *to, uint64_t until_ns)
{
	struct pollfd writable = {.fd = fd, .events = POLLOUT};
	int left_ms = ms_until(until_ns), error = 0, ready;
	socklen_t length = sizeof error;

	if (to->loopback && left_ms > RETRY_MS)
		left_ms = RETRY_MS;
	ready = poll(&writable, 1, left_ms);
	if (ready == 0)
		return -ETIMEDOUT;
	if (ready < 0 || getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) < 0)
		return -errno;
	return -error;
}

static int start_connection(int fd, const struct load_address *to, uint64_t until_ns)
{
	if (connect(fd, (const struct sockaddr *)&to->storage, to->length) == 0)
		return 0;
	if (errno != EINPROGRESS)
		return -errno;
	return until_ns > 0 ? await_connection(fd, to, until_ns) : 0;
}

/* The same options as the server's: no delay of small messages; and a port of ours that rests in TIME_WAIT, since we
 * close first, does not keep the next server from it (SO_REUSEADDR, socket(7)). */
int dial_once(const struct load_address *to, uint64_t index, uint64_t until_ns)
{
	int one = 1, error, fd = socket(to->storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) < 0 ||
	    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one) < 0)
		error = -errno;
	else
		error = choose_source(fd, to, index);
	if (error == 0)
		error = start_connection(fd, to, until_ns);
	if (error == 0)
		return fd;
	close(fd);
	return error;
}

/* Over loopback a request is taken at once, or dropped because the server's accept queue is full (4,096 at most by
 * default: somaxconn, listen(2)). The kernel would repeat it after a second, then two, then four; a new one finds room
 * sooner. */
bool dial_again(int error, uint64_t until_ns)
{
	return (error == -ETIMEDOUT || error == -EINTR) && clock_now() < until_ns;
}

int dial(uint16_t port, uint32_t index, uint64_t deadline_ns)
{
	struct load_address to;
	int fd;

	load_address_local(&to, port);
	do
		fd = dial_once(&to, index, deadline_ns);
	while (dial_again(fd, deadline_ns));
	return fd;
}
