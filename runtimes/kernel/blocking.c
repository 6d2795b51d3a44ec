/* blocking.c: the verbs of task.h that a model without a scheduler of its own leaves to the kernel.
 *
 * Sleeping and sockets for every runtime whose tasks may block the thread that they run on. Written once and linked
 * into each of them, so that the models differ in what a task is and in nothing else. Every adopted descriptor is in
 * blocking mode; a signal never ends a verb early. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include "../clock.h"
#include "../task.h"

void task_sleep_until(uint64_t deadline_ns)
{
	const struct timespec deadline = timespec_from_ns(deadline_ns);

	/* An absolute deadline needs no arithmetic after a signal. EINTR is the only error for a valid time. */
	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &deadline, NULL) == EINTR)
		;
}

int task_adopt(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0)
		return -errno;
	if ((flags & O_NONBLOCK) && fcntl(fd, F_SETFL, flags & ~O_NONBLOCK) < 0)
		return -errno;
	return 0;
}

int task_close(int fd)
{
	/* Linux has freed the descriptor even when close() reports EINTR: calling it again might close a stranger's. */
	if (close(fd) < 0 && errno != EINTR)
		return -errno;
	return 0;
}

ssize_t task_read(int fd, void *buffer, size_t bytes)
{
	for (;;) {
		ssize_t got = read(fd, buffer, bytes);

		if (got >= 0)
			return got;
		if (errno != EINTR)
			return -errno;
	}
}

ssize_t task_write(int fd, const void *buffer, size_t bytes)
{
	for (;;) {
		ssize_t sent = send(fd, buffer, bytes, MSG_NOSIGNAL);

		if (sent >= 0)
			return sent;
		if (errno != EINTR)
			return -errno;
	}
}

int task_accept(int listener)
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
static int finish_connect(int fd)
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

int task_connect(int fd, const struct sockaddr *address, socklen_t length)
{
	if (connect(fd, address, length) == 0)
		return 0;
	return errno == EINTR ? finish_connect(fd) : -errno;
}
