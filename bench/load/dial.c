/* dial.c: see dial.h. */
#include "dial.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../../runtimes/clock.h"
#include "../../runtimes/kernel/descriptor_limit.h"

enum { RETRY_MS = 20, ADDRESS_SHARE = 8192 };

static int left_ms(uint64_t deadline_ns)
{
	uint64_t now_ns = clock_now();
	uint64_t left = now_ns < deadline_ns ? (deadline_ns - now_ns + NS_PER_MS - 1) / NS_PER_MS : 0;

	return left < RETRY_MS ? (int)left : RETRY_MS;
}

static struct sockaddr_in loopback(uint32_t host, uint16_t port)
{
	return (struct sockaddr_in){
		.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK + host)};
}

/* Every 8,192 connections come from an address of their own, each of which has all ports: looking for one that is free
 * takes the kernel the longer, the more are taken (IP_BIND_ADDRESS_NO_PORT, ip(7)). */
static int choose_source(int fd, uint32_t index)
{
	struct sockaddr_in address = loopback(index / ADDRESS_SHARE, 0);
	int one = 1;

	if (index < ADDRESS_SHARE)
		return 0;
	if (setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof one) < 0 ||
	    bind(fd, (struct sockaddr *)&address, sizeof address) < 0)
		return -errno;
	return 0;
}

/* 0, -ETIMEDOUT after RETRY_MS or at the deadline, or -errno. */
static int connect_in_time(int fd, uint16_t port, uint64_t deadline_ns)
{
	struct sockaddr_in address = loopback(0, port);
	struct pollfd writable = {.fd = fd, .events = POLLOUT};
	socklen_t length = sizeof(int);
	int error = 0, ready;

	if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0)
		return 0;
	if (errno != EINPROGRESS)
		return -errno;
	ready = poll(&writable, 1, left_ms(deadline_ns));
	if (ready == 0)
		return -ETIMEDOUT;
	if (ready < 0 || getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) < 0)
		return -errno;
	return -error;
}

static int try_to_dial(uint16_t port, uint32_t index, uint64_t deadline_ns)
{
	int one = 1, error, fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) < 0 ||
	    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one) < 0)
		error = -errno;
	else
		error = choose_source(fd, index);
	if (error == 0)
		error = connect_in_time(fd, port, deadline_ns);
	if (error == 0)
		return fd;
	close(fd);
	return error;
}

/* A request that the server's queue has no place for is dropped, and repeated by the kernel after a second, then two,
 * then four (listen(2)): a new one finds a place sooner. */
int dial(uint16_t port, uint32_t index, uint64_t deadline_ns)
{
	int fd;

	do
		fd = try_to_dial(port, index, deadline_ns);
	while ((fd == -ETIMEDOUT || fd == -EINTR) && clock_now() < deadline_ns);
	return fd;
}

int dial_make_room(uint32_t connections)
{
	return descriptor_room(connections) >= connections ? 0 : -EMFILE;
}
