/* sockets.c: the verbs on descriptors, over readiness.h.
 *
 * A system call and the reading of errno stand together in a function of its own that is not inlined: the address of
 * errno is the thread's, and a compiler may keep it in a register while the task goes on in another thread. */
#include "../task.h"
#include "readiness.h"
#include "worker.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

/* Operations on descriptors that succeed at once, until the task that does them lets the others run. */
enum { OPERATIONS_A_TURN = 64 };

#define CALLS __attribute__((noinline)) static

CALLS ssize_t call_read(int fd, void *buffer, size_t bytes)
{
	ssize_t count = recv(fd, buffer, bytes, 0);

	return count < 0 ? -errno : count;
}

CALLS ssize_t call_send(int fd, const void *buffer, size_t bytes)
{
	ssize_t count = send(fd, buffer, bytes, MSG_NOSIGNAL);

	return count < 0 ? -errno : count;
}

CALLS int call_accept(int listener)
{
	int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

CALLS int call_connect(int fd, const struct sockaddr *address, socklen_t length)
{
	return connect(fd, address, length) < 0 ? -errno : 0;
}

/* How a connection attempt ended: 0, its error, or -EINPROGRESS. */
CALLS int call_outcome(int fd)
{
	struct sockaddr_storage peer;
	socklen_t length = sizeof(peer);
	int error = 0;

	if (getpeername(fd, (struct sockaddr *)&peer, &length) == 0)
		return 0;
	length = sizeof(error);
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) < 0)
		return -errno;
	return error ? -error : -EINPROGRESS;
}

CALLS int call_adopt(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	return flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0 ? -errno : 0;
}

CALLS int call_close(int fd)
{
	return close(fd) < 0 ? -errno : 0;
}

int task_adopt(int fd)
{
	int error = call_adopt(fd);

	return error < 0 ? error : readiness_adopt(fd);
}

void task_hand_over(int fd)
{
	(void)fd; /* tasks share their descriptors */
}

int task_close(int fd)
{
	int error = readiness_forget(worker_here(), fd), closed = call_close(fd);

	return closed < 0 ? closed : error;
}

static void publish_direction(struct worker *worker, struct unit *unit)
{
	count_up(&worker->blocked); /* before it can be woken */
	if (!readiness_wait(unit)) {
		count_up(&worker->unblocked);
		worker_go_on(worker, unit);
	}
}

/* Suspends until the direction is ready, and takes that away for the one try that follows. 0 or -EBADF. */
static int await_readiness(_Atomic(void *) *direction)
{
	int ready;

	while ((ready = readiness_take(direction)) == 0) {
		struct worker *worker = worker_here();
		struct unit *self = worker->current;

		self->direction = direction;
		self->entry.result = 0;
		worker_suspend(worker, self, publish_direction);
		if (self->entry.result < 0)
			return self->entry.result;
	}
	return ready < 0 ? ready : 0;
}

/* A peer that is always faster would keep the others from running for ever. */
static void take_turns(void)
{
	if (++worker_here()->operations % OPERATIONS_A_TURN == 0)
		task_yield();
}

/* Whether a call that failed is to be tried again. */
static bool again(ssize_t error, _Atomic(void *) *direction)
{
	if (error == -EINTR)
		readiness_put(direction);
	return error == -EINTR || error == -EAGAIN;
}

ssize_t task_read(int fd, void *buffer, size_t bytes)
{
	_Atomic(void *) *direction = readiness_of(fd, READING);
	ssize_t count;
	int error;

	if (!direction)
		return -EBADF;
	do {
		if ((error = await_readiness(direction)) < 0)
			return error;
		count = call_read(fd, buffer, bytes);
	} while (again(count, direction));
	if (count >= 0 && (size_t)count < bytes)
		readiness_short_read(fd);
	else
		readiness_put(direction);
	take_turns();
	return count;
}

ssize_t task_write(int fd, const void *buffer, size_t bytes)
{
	_Atomic(void *) *direction = readiness_of(fd, WRITING);
	ssize_t count;
	int error;

	if (!direction)
		return -EBADF;
	do {
		if ((error = await_readiness(direction)) < 0)
			return error;
		count = call_send(fd, buffer, bytes);
	} while (again(count, direction));
	readiness_put(direction);
	take_turns();
	return count;
}

static int adopt_accepted(int fd)
{
	int error = readiness_adopt(fd);

	if (error < 0) {
		close(fd);
		return error;
	}
	take_turns();
	return fd;
}

int task_accept(int listener)
{
	_Atomic(void *) *direction = readiness_of(listener, READING);
	int fd, error;

	if (!direction)
		return -EBADF;
	for (;;) {
		if ((error = await_readiness(direction)) < 0)
			return error;
		fd = call_accept(listener);
		if (fd != -EAGAIN) /* there may be more, or this attempt ended otherwise: the next call tries */
			readiness_put(direction);
		if (fd >= 0)
			return adopt_accepted(fd);
		/* A connection that was given up while it waited in the queue is its own affair: accept(2). */
		if (fd != -EAGAIN && fd != -EINTR && fd != -ECONNABORTED)
			return fd;
	}
}

int task_connect(int fd, const struct sockaddr *address, socklen_t length)
{
	_Atomic(void *) *direction = readiness_of(fd, WRITING);
	int error;

	if (!direction)
		return -EBADF;
	readiness_connecting(fd);
	for (error = call_connect(fd, address, length); error == -EINPROGRESS; error = call_outcome(fd)) {
		int waited = await_readiness(direction);

		if (waited < 0)
			return waited;
	}
	readiness_put(direction);
	return error;
}
