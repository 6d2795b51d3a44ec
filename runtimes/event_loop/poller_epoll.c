/* poller_epoll.c: poller.h by epoll; see poller_epoll.h. All events of a batch are turned into remembered readiness
 * before anybody runs, so no event can outlive its descriptor. */
#include "poller_epoll.h"

#include "../clock.h"
#include "descriptors.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>

/* epoll_pwait2() takes a slack of 0.1 % of its timeout (select_estimate_accuracy() in Linux' fs/select.c). A wait
 * longer than this is asked for a little short, and the rest in a second call. */
#define LONG_WAIT_NS (20 * NS_PER_MS)
#define SHORTENED_BY 500

int poller_open(struct poller *poller)
{
	struct poller_kernel *kernel = malloc(sizeof(*kernel));

	*poller = (struct poller){.kernel = kernel};
	if (!kernel)
		return -ENOMEM;
	kernel->epoll = epoll_create1(EPOLL_CLOEXEC);
	kernel->timer = -1;
	kernel->descriptors = NULL;
	kernel->capacity = 0;
	if (kernel->epoll >= 0)
		return 0;
	int error = -errno;

	free(kernel);
	return error;
}

void poller_close(struct poller *poller)
{
	struct poller_kernel *kernel = poller->kernel;

	if (kernel->timer >= 0)
		close(kernel->timer);
	close(kernel->epoll);
	free(kernel->descriptors);
	free(kernel);
}

static int reserve(struct poller_kernel *kernel, int fd)
{
	struct poller_descriptor *table =
		descriptors_reserve(kernel->descriptors, &kernel->capacity, sizeof(*table), fd);

	if (!table)
		return -ENOMEM;
	kernel->descriptors = table;
	return 0;
}

static struct poller_descriptor *find(const struct poller *poller, int fd)
{
	const struct poller_kernel *kernel = poller->kernel;

	if (fd < 0 || fd >= kernel->capacity || !kernel->descriptors[fd].adopted)
		return NULL;
	return &kernel->descriptors[fd];
}

bool poller_adopted(const struct poller *poller, int fd)
{
	return find(poller, fd);
}

/* Fd is non-blocking. */
static int watch(struct poller_kernel *kernel, int fd)
{
	struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data.fd = fd};

	if (reserve(kernel, fd) < 0)
		return -ENOMEM;
	if (epoll_ctl(kernel->epoll, EPOLL_CTL_ADD, fd, &event) < 0)
		return -errno;
	/* Registering reports what is readable already as a first edge. Writing mostly succeeds: try it at once. */
	kernel->descriptors[fd] = (struct poller_descriptor){.adopted = true, .ready[POLLER_WRITE] = true};
	return 0;
}

int poller_adopt(struct poller *poller, int fd)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0)
		return -errno;
	return watch(poller->kernel, fd);
}

static void wake(struct poller *poller, struct poller_descriptor *descriptor, enum poller_direction direction,
		 struct loop_queue *ready)
{
	struct loop_entry *waiter = descriptor->waiter[direction];

	descriptor->ready[direction] = true;
	if (!waiter || descriptor->woken[direction])
		return;
	descriptor->woken[direction] = true;
	poller->waiting--;
	__builtin_prefetch(waiter, 1); /* it runs soon: a batch is short */
	loop_queue_push(ready, waiter);
}

int poller_forget(struct poller *poller, int fd, struct loop_queue *ready)
{
	struct poller_descriptor *descriptor = find(poller, fd);

	if (!descriptor)
		return -EBADF;
	/* Closing alone would leave the registration alive while a duplicate of the descriptor is open anywhere. */
	epoll_ctl(poller->kernel->epoll, EPOLL_CTL_DEL, fd, NULL);
	for (enum poller_direction direction = POLLER_READ; direction <= POLLER_WRITE; direction++) {
		if (descriptor->waiter[direction])
			descriptor->waiter[direction]->result = -EBADF;
		wake(poller, descriptor, direction, ready);
	}
	descriptor->adopted = false;
	return 0;
}

/* What the call of an operation begins with: the entry, if it has waited, does so no more. *found is the descriptor.
 * 0; -EBADF; -EBUSY if another one waits, or was woken and is on its way to call again. */
static int come_back(const struct poller *poller, int fd, enum poller_direction direction,
		     const struct loop_entry *entry, struct poller_descriptor **found)
{
	struct poller_descriptor *descriptor = find(poller, fd);

	*found = descriptor;
	if (!descriptor)
		return -EBADF;
	if (!descriptor->waiter[direction])
		return 0;
	if (descriptor->waiter[direction] != entry)
		return -EBUSY;
	descriptor->waiter[direction] = NULL;
	descriptor->woken[direction] = false;
	return 0;
}

/* Keeps the entry until the next edge of the direction. */
static int await_edge(struct poller *poller, struct poller_descriptor *descriptor, enum poller_direction direction,
		      struct loop_entry *entry)
{
	descriptor->waiter[direction] = entry;
	poller->waiting++;
	return POLLER_WAITS;
}

int poller_await(struct poller *poller, int fd, enum poller_direction direction, struct loop_entry *entry)
{
	struct poller_descriptor *descriptor;
	int error = come_back(poller, fd, direction, entry, &descriptor);

	if (error < 0)
		return error;
	return descriptor->ready[direction] ? 0 : await_edge(poller, descriptor, direction, entry);
}

void poller_drained(struct poller *poller, int fd, enum poller_direction direction)
{
	struct poller_descriptor *descriptor = find(poller, fd);

	if (descriptor)
		descriptor->ready[direction] = false;
}

/* After a call that failed: 0 to try again while the direction is ready, or the error that ends the operation. */
static int failed(struct poller_descriptor *descriptor, enum poller_direction direction)
{
	if (errno == EAGAIN)
		descriptor->ready[direction] = false;
	else if (errno != EINTR)
		return -errno;
	return 0;
}

/* Recv() goes to the socket straight, where read() asks the file on the way, whose lines are out of the cache when
 * there are thousands. What is no socket, a timerfd of the runtime's own or a pipe, is read all the same. */
static ssize_t receive(int fd, void *buffer, size_t bytes)
{
	ssize_t count = recv(fd, buffer, bytes, 0);

	return count < 0 && errno == ENOTSOCK ? read(fd, buffer, bytes) : count;
}

ssize_t poller_read(struct poller *poller, int fd, void *buffer, size_t bytes, struct loop_entry *entry)
{
	struct poller_descriptor *descriptor;
	int error = come_back(poller, fd, POLLER_READ, entry, &descriptor);

	if (error < 0)
		return error;
	while (descriptor->ready[POLLER_READ]) {
		ssize_t count = receive(fd, buffer, bytes);

		/* Less than asked for: drained too, unless the end of the stream was seen, of which no edge will tell.
		 */
		if (count >= 0 && (size_t)count < bytes)
			descriptor->ready[POLLER_READ] = descriptor->ended;
		if (count >= 0)
			return count;
		if ((error = failed(descriptor, POLLER_READ)) < 0)
			return error;
	}
	return await_edge(poller, descriptor, POLLER_READ, entry);
}

ssize_t poller_write(struct poller *poller, int fd, const void *buffer, size_t bytes, struct loop_entry *entry)
{
	struct poller_descriptor *descriptor;
	int error = come_back(poller, fd, POLLER_WRITE, entry, &descriptor);

	if (error < 0)
		return error;
	while (descriptor->ready[POLLER_WRITE]) {
		ssize_t count = send(fd, buffer, bytes, MSG_NOSIGNAL);

		if (count >= 0)
			return count;
		if ((error = failed(descriptor, POLLER_WRITE)) < 0)
			return error;
	}
	return await_edge(poller, descriptor, POLLER_WRITE, entry);
}

static int adopt_accepted(struct poller_kernel *kernel, int fd)
{
	int error = watch(kernel, fd);

	if (error < 0)
		close(fd);
	return error < 0 ? error : fd;
}

int poller_accept(struct poller *poller, int listener, struct loop_entry *entry)
{
	struct poller_descriptor *descriptor;
	int error = come_back(poller, listener, POLLER_READ, entry, &descriptor);

	if (error < 0)
		return error;
	while (descriptor->ready[POLLER_READ]) {
		int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd >= 0)
			return adopt_accepted(poller->kernel, fd);
		/* A connection that was given up while it waited in the queue is its own affair: accept(2). */
		if (errno != ECONNABORTED && (error = failed(descriptor, POLLER_READ)) < 0)
			return error;
	}
	return await_edge(poller, descriptor, POLLER_READ, entry);
}

/* Zero, or the error with which the attempt to connect ended. */
static int outcome(int fd)
{
	int error = 0;
	socklen_t length = sizeof(error);

	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) < 0)
		return -errno;
	return -error;
}

int poller_connect(struct poller *poller, int fd, const struct sockaddr *address, socklen_t length,
		   struct loop_entry *entry)
{
	struct poller_descriptor *descriptor;
	int error = come_back(poller, fd, POLLER_WRITE, entry, &descriptor);

	if (error < 0)
		return error;
	if (descriptor->connecting) {
		descriptor->connecting = false;
		return outcome(fd);
	}
	/* An unconnected socket calls itself hung up and writable, which is forgotten here. */
	descriptor->ready[POLLER_READ] = descriptor->ready[POLLER_WRITE] = descriptor->ended = false;
	if (connect(fd, address, length) == 0) {
		descriptor->ready[POLLER_WRITE] = true;
		return 0;
	}
	if (errno != EINPROGRESS)
		return -errno;
	descriptor->connecting = true;
	return await_edge(poller, descriptor, POLLER_WRITE, entry);
}

static void take_event(struct poller *poller, const struct epoll_event *event, struct loop_queue *ready)
{
	struct poller_descriptor *descriptor = find(poller, event->data.fd);

	if (!descriptor) /* the timer of wait_by_timerfd() */
		return;
	if (event->events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR))
		descriptor->ended = true;
	if (event->events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR))
		wake(poller, descriptor, POLLER_READ, ready);
	if (event->events & (EPOLLOUT | EPOLLHUP | EPOLLERR))
		wake(poller, descriptor, POLLER_WRITE, ready);
}

/* Before Linux 5.11: a timerfd in the same epoll set has the precision that epoll_wait()'s milliseconds lack. */
static int wait_by_timerfd(struct poller_kernel *kernel, uint64_t timeout)
{
	struct itimerspec time = {.it_value = timespec_from_ns(timeout)};
	struct epoll_event event = {.events = EPOLLIN | EPOLLET, .data.fd = -1};

	if (kernel->timer < 0) {
		kernel->timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
		if (kernel->timer < 0 || epoll_ctl(kernel->epoll, EPOLL_CTL_ADD, kernel->timer, &event) < 0)
			return -1;
	}
	if (timerfd_settime(kernel->timer, 0, &time, NULL) < 0)
		return -1;
	return epoll_wait(kernel->epoll, kernel->events, POLLER_BATCH, -1);
}

static int wait_for_events(struct poller_kernel *kernel, uint64_t timeout)
{
	if (timeout == 0 || timeout == POLLER_FOREVER)
		return epoll_wait(kernel->epoll, kernel->events, POLLER_BATCH, timeout ? -1 : 0);
	if (timeout > LONG_WAIT_NS)
		timeout -= timeout / SHORTENED_BY;
	if (kernel->timer < 0) {
		struct timespec time = timespec_from_ns(timeout);
		int count = epoll_pwait2(kernel->epoll, kernel->events, POLLER_BATCH, &time, NULL);

		if (count >= 0 || errno != ENOSYS)
			return count;
	}
	return wait_by_timerfd(kernel, timeout);
}

int poller_poll(struct poller *poller, uint64_t timeout, struct loop_queue *ready)
{
	int count = wait_for_events(poller->kernel, timeout);

	if (count < 0)
		return errno == EINTR ? 0 : -errno;
	for (int i = 0; i < count; i++)
		take_event(poller, &poller->kernel->events[i], ready);
	return count;
}
