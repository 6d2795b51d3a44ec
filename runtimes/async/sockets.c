/* sockets.c: the socket verbs of the async runtime.
 *
 * A verb tries at once when the poller remembers that it may succeed. When it would block, it waits for the next edge
 * and asks AWAIT to be called again (ASYNC_AGAIN): the arguments are then read from the frame once more, and nothing
 * of them needs to be kept here. */
#include "../async.h"

#include "scheduler.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

/* Operations on descriptors that succeed at once, until the task that does them lets the others run. */
enum { OPERATIONS_A_TURN = 64 };

static unsigned operations;

int async_adopt(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0)
		return -errno;
	return poller_adopt(&async_loop.poller, fd);
}

int async_close(int fd)
{
	int error = poller_forget(&async_loop.poller, fd, &async_loop.ready);

	if (close(fd) < 0)
		return -errno;
	return error;
}

static enum async_state finish(struct async *self, int result)
{
	self->entry.result = result;
	return ASYNC_DONE;
}

/* A success. A peer that is always faster would keep the others from running for ever: now and then they come first. */
static enum async_state succeed(struct async *self, int result)
{
	self->entry.result = result;
	if (++operations % OPERATIONS_A_TURN != 0)
		return ASYNC_DONE;
	self->resume &= ~ASYNC_AGAIN;
	return async_yield(self);
}

/* The verb is called again at the next edge of the direction. */
static enum async_state call_again(struct async *self, int fd, enum poller_direction direction)
{
	int error = poller_await(&async_loop.poller, fd, direction, &self->entry);

	if (error < 0)
		return finish(self, error);
	self->entry.result = 0;
	self->resume |= ASYNC_AGAIN;
	return ASYNC_SUSPENDED;
}

/* 1: try now. 0: wait. Or the error that ends the operation: the descriptor may have been closed while this one waited,
 * and its number be another's since. */
static int readiness(const struct async *self, int fd, enum poller_direction direction)
{
	if ((self->resume & ASYNC_AGAIN) && self->entry.result < 0)
		return self->entry.result;
	return poller_ready(&async_loop.poller, fd, direction);
}

/* After a call that failed: what readiness() would say now. */
static int readiness_after(int error, int fd, enum poller_direction direction)
{
	if (error == EAGAIN)
		poller_drained(&async_loop.poller, fd, direction);
	else if (error != EINTR)
		return -error;
	return error == EINTR;
}

enum async_state async_read(struct async *self, int fd, void *buffer, size_t bytes)
{
	int ready = readiness(self, fd, POLLER_READ);

	while (ready > 0) {
		ssize_t count = read(fd, buffer, bytes);

		if (count >= 0) {
			if ((size_t)count < bytes)
				poller_short_read(&async_loop.poller, fd);
			return succeed(self, (int)count); /* the kernel transfers less than 2 GiB: read(2) */
		}
		ready = readiness_after(errno, fd, POLLER_READ);
	}
	return ready < 0 ? finish(self, ready) : call_again(self, fd, POLLER_READ);
}

enum async_state async_write(struct async *self, int fd, const void *buffer, size_t bytes)
{
	int ready = readiness(self, fd, POLLER_WRITE);

	while (ready > 0) {
		ssize_t count = send(fd, buffer, bytes, MSG_NOSIGNAL);

		if (count >= 0)
			return succeed(self, (int)count);
		ready = readiness_after(errno, fd, POLLER_WRITE);
	}
	return ready < 0 ? finish(self, ready) : call_again(self, fd, POLLER_WRITE);
}

static enum async_state adopt_accepted(struct async *self, int fd)
{
	int error = poller_adopt(&async_loop.poller, fd);

	if (error < 0) {
		close(fd);
		return finish(self, error);
	}
	return succeed(self, fd);
}

enum async_state async_accept(struct async *self, int listener)
{
	int ready = readiness(self, listener, POLLER_READ);

	while (ready > 0) {
		int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd >= 0)
			return adopt_accepted(self, fd);
		/* A connection that was given up while it waited in the queue is its own affair: accept(2). */
		if (errno != ECONNABORTED)
			ready = readiness_after(errno, listener, POLLER_READ);
	}
	return ready < 0 ? finish(self, ready) : call_again(self, listener, POLLER_READ);
}

/* Zero, or the error with which the connection attempt ended. */
static int outcome(int fd)
{
	int error = 0;
	socklen_t length = sizeof(error);

	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) < 0)
		return -errno;
	return -error;
}

static enum async_state begin_connect(struct async *self, int fd, const struct sockaddr *address, socklen_t length)
{
	int ready = poller_ready(&async_loop.poller, fd, POLLER_WRITE);

	if (ready < 0)
		return finish(self, ready);
	poller_connecting(&async_loop.poller, fd);
	if (connect(fd, address, length) == 0) {
		poller_connected(&async_loop.poller, fd);
		return finish(self, 0);
	}
	return errno == EINPROGRESS ? call_again(self, fd, POLLER_WRITE) : finish(self, -errno);
}

enum async_state async_connect(struct async *self, int fd, const struct sockaddr *address, socklen_t length)
{
	if (!(self->resume & ASYNC_AGAIN))
		return begin_connect(self, fd, address, length);
	return finish(self, self->entry.result < 0 ? self->entry.result : outcome(fd));
}
