/* blocking.h: sleeping and sockets as the kernel does them, blocking the thread that calls.
 *
 * The bodies of the verbs in blocking.c, which most runtimes without a scheduler of their own take as they are, for
 * those that do something before and after. Results as task.h says: >= 0 or -errno. Every adopted descriptor is in
 * blocking mode; a signal never ends a call early. Safe from any thread. Sources: clock_nanosleep(2), recv(2), send(2),
 * accept4(2), connect(2), close(2). */
#ifndef SIMUL_KERNEL_BLOCKING_H
#define SIMUL_KERNEL_BLOCKING_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* accept4(2); the build defines it for all */
#endif
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../clock.h"

static inline void blocking_sleep_until(uint64_t deadline_ns)
{
	const struct timespec deadline = timespec_from_ns(deadline_ns);

	/* An absolute deadline needs no arithmetic after a signal. EINTR is the only error for a valid time. */
	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &deadline, NULL) == EINTR)
		;
}

static inline int blocking_adopt(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0)
		return -errno;
	if ((flags & O_NONBLOCK) && fcntl(fd, F_SETFL, flags & ~O_NONBLOCK) < 0)
		return -errno;
	return 0;
}

static inline int blocking_close(int fd)
{
	/* Linux has freed the descriptor even when close() reports EINTR: calling it again might close a stranger's. */
	if (close(fd) < 0 && errno != EINTR)
		return -errno;
	return 0;
}

static inline ssize_t blocking_read(int fd, void *buffer, size_t bytes)
{
	for (;;) {
		ssize_t got = recv(fd, buffer, bytes, 0);

		if (got >= 0)
			return got;
		if (errno != EINTR)
			return -errno;
	}
}

static inline ssize_t blocking_write(int fd, const void *buffer, size_t bytes)
{
	for (;;) {
		ssize_t sent = send(fd, buffer, bytes, MSG_NOSIGNAL);

		if (sent >= 0)
			return sent;
		if (errno != EINTR)
			return -errno;
	}
}

static inline int blocking_accept(int listener)
{
	for (;;) {
		int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

		if (fd >= 0)
			return fd;
		if (errno != EINTR)
			return -errno;
	}
}

/* A connect(2) that a signal interrupted goes on in the background (POSIX): waits for it and fetches its outcome. */
static inline int blocking_finish_connect(int fd)
{
	struct pollfd writable = {.fd = fd, .events = POLLOUT};
	int error = 0;
	socklen_t length = sizeof(error);

	while (poll(&writable, 1, -1) < 0)
		if (errno != EINTR)
			return -errno;
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) < 0)
		return -errno;
	return -error;
}

static inline int blocking_connect(int fd, const struct sockaddr *address, socklen_t length)
{
	if (connect(fd, address, length) == 0)
		return 0;
	return errno == EINTR ? blocking_finish_connect(fd) : -errno;
}

#endif
