/* sockets.c: the socket verbs of the async runtime.
 *
 * A verb that has to wait asks AWAIT to be called again (ASYNC_AGAIN) when its entry is ready: the arguments are then
 * read from the frame once more, and nothing of them needs to be kept here. */
#include "../async.h"

#include "scheduler.h"

#include <errno.h>
#include <unistd.h>

/* Operations on descriptors that succeed at once, until the task that does them lets the others run. */
enum { OPERATIONS_A_TURN = 64 };

static unsigned operations;

int async_adopt(int fd)
{
	return poller_adopt(&async_loop.poller, fd);
}

int async_close(int fd)
{
	int error = poller_forget(&async_loop.poller, fd, &async_loop.ready);

	if (close(fd) < 0)
		return -errno;
	return error;
}

/* The descriptor was closed while the verb waited, and its number may be another's since: the result says so. */
static bool closed_meanwhile(const struct async *self)
{
	return (self->resume & ASYNC_AGAIN) && self->entry.result < 0;
}

/* After a call of the poller: waits for the next one, or ends the verb. A peer that is always faster would keep the
 * others from running for ever: now and then they come first. */
static enum async_state go_on(struct async *self, ssize_t result)
{
	self->entry.result = result == POLLER_WAITS ? 0 : (int)result; /* less than 2 GiB: recv(2) */
	if (result == POLLER_WAITS) {
		self->resume |= ASYNC_AGAIN;
		return ASYNC_SUSPENDED;
	}
	if (result < 0 || ++operations % OPERATIONS_A_TURN != 0)
		return ASYNC_DONE;
	self->resume &= ~ASYNC_AGAIN;
	return async_yield(self);
}

enum async_state async_read(struct async *self, int fd, void *buffer, size_t bytes)
{
	if (closed_meanwhile(self))
		return ASYNC_DONE;
	return go_on(self, poller_read(&async_loop.poller, fd, buffer, bytes, &self->entry));
}

enum async_state async_write(struct async *self, int fd, const void *buffer, size_t bytes)
{
	if (closed_meanwhile(self))
		return ASYNC_DONE;
	return go_on(self, poller_write(&async_loop.poller, fd, buffer, bytes, &self->entry));
}

enum async_state async_accept(struct async *self, int listener)
{
	if (closed_meanwhile(self))
		return ASYNC_DONE;
	return go_on(self, poller_accept(&async_loop.poller, listener, &self->entry));
}

enum async_state async_connect(struct async *self, int fd, const struct sockaddr *address, socklen_t length)
{
	if (closed_meanwhile(self))
		return ASYNC_DONE;
	return go_on(self, poller_connect(&async_loop.poller, fd, address, length, &self->entry));
}
