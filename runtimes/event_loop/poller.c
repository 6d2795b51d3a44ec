/* poller.c: see poller.h. All events of a batch are turned into remembered readiness before anybody runs, so no event
 * can outlive its descriptor. */
#include "poller.h"

#include "../clock.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>

enum { FIRST_CAPACITY = 64 };

/* epoll_pwait2() takes a slack of 0.1 % of its timeout (select_estimate_accuracy() in Linux' fs/select.c). A wait
 * longer than this is asked for a little short, and the rest in a second call. */
#define LONG_WAIT_NS (20 * NS_PER_MS)
#define SHORTENED_BY 500

int poller_open(struct poller *poller)
{
	*poller = (struct poller){.epoll = epoll_create1(EPOLL_CLOEXEC), .timer = -1};
	return poller->epoll < 0 ? -errno : 0;
}

void poller_close(struct poller *poller)
{
	if (poller->timer >= 0)
		close(poller->timer);
	close(poller->epoll);
	free(poller->descriptors);
	*poller = (struct poller){.epoll = -1, .timer = -1};
}

static int reserve(struct poller *poller, int fd)
{
	int capacity = poller->capacity ? poller->capacity : FIRST_CAPACITY;

	if (fd < poller->capacity)
		return 0;
	while (capacity <= fd)
		capacity *= 2;
	struct poller_descriptor *grown = realloc(poller->descriptors, (size_t)capacity * sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	memset(grown + poller->capacity, 0, (size_t)(capacity - poller->capacity) * sizeof(*grown));
	poller->descriptors = grown;
	poller->capacity = capacity;
	return 0;
}

static struct poller_descriptor *adopted(const struct poller *poller, int fd)
{
	if (fd < 0 || fd >= poller->capacity || !poller->descriptors[fd].adopted)
		return NULL;
	return &poller->descriptors[fd];
}

int poller_adopt(struct poller *poller, int fd)
{
	struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data.fd = fd};

	if (fd < 0)
		return -EBADF;
	if (reserve(poller, fd) < 0)
		return -ENOMEM;
	if (epoll_ctl(poller->epoll, EPOLL_CTL_ADD, fd, &event) < 0)
		return -errno;
	/* Registering reports what is readable already as a first edge. Writing mostly succeeds: try it at once. */
	poller->descriptors[fd] = (struct poller_descriptor){.adopted = true, .ready[POLLER_WRITE] = true};
	return 0;
}

static void wake(struct poller *poller, struct poller_descriptor *descriptor, enum poller_direction direction,
		 struct loop_queue *ready)
{
	struct loop_entry *waiter = descriptor->waiter[direction];

	descriptor->ready[direction] = true;
	if (!waiter)
		return;
	descriptor->waiter[direction] = NULL;
	poller->waiting--;
	loop_queue_push(ready, waiter);
}

int poller_forget(struct poller *poller, int fd, struct loop_queue *ready)
{
	struct poller_descriptor *descriptor = adopted(poller, fd);

	if (!descriptor)
		return -EBADF;
	/* Closing alone would leave the registration alive while a duplicate of the descriptor is open anywhere. */
	epoll_ctl(poller->epoll, EPOLL_CTL_DEL, fd, NULL);
	for (enum poller_direction direction = POLLER_READ; direction <= POLLER_WRITE; direction++) {
		if (descriptor->waiter[direction])
			descriptor->waiter[direction]->result = -EBADF;
		wake(poller, descriptor, direction, ready);
	}
	descriptor->adopted = false;
	return 0;
}

int poller_ready(const struct poller *poller, int fd, enum poller_direction direction)
{
	const struct poller_descriptor *descriptor = adopted(poller, fd);

	return descriptor ? descriptor->ready[direction] : -EBADF;
}

void poller_drained(struct poller *poller, int fd, enum poller_direction direction)
{
	poller->descriptors[fd].ready[direction] = false;
}

void poller_short_read(struct poller *poller, int fd)
{
	poller->descriptors[fd].ready[POLLER_READ] = poller->descriptors[fd].ended;
}

void poller_connecting(struct poller *poller, int fd)
{
	struct poller_descriptor *descriptor = &poller->descriptors[fd];

	descriptor->ready[POLLER_READ] = descriptor->ready[POLLER_WRITE] = descriptor->ended = false;
}

void poller_connected(struct poller *poller, int fd)
{
	poller->descriptors[fd].ready[POLLER_WRITE] = true;
}

int poller_await(struct poller *poller, int fd, enum poller_direction direction, struct loop_entry *entry)
{
	struct poller_descriptor *descriptor = adopted(poller, fd);

	if (!descriptor)
		return -EBADF;
	if (descriptor->waiter[direction])
		return -EBUSY;
	descriptor->waiter[direction] = entry;
	poller->waiting++;
	return 0;
}

static void take_event(struct poller *poller, const struct epoll_event *event, struct loop_queue *ready)
{
	struct poller_descriptor *descriptor = adopted(poller, event->data.fd);

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
static int wait_by_timerfd(struct poller *poller, uint64_t timeout)
{
	struct itimerspec time = {.it_value = timespec_from_ns(timeout)};
	struct epoll_event event = {.events = EPOLLIN | EPOLLET, .data.fd = -1};

	if (poller->timer < 0) {
		poller->timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
		if (poller->timer < 0 || epoll_ctl(poller->epoll, EPOLL_CTL_ADD, poller->timer, &event) < 0)
			return -1;
	}
	if (timerfd_settime(poller->timer, 0, &time, NULL) < 0)
		return -1;
	return epoll_wait(poller->epoll, poller->events, POLLER_BATCH, -1);
}

static int wait_for_events(struct poller *poller, uint64_t timeout)
{
	if (timeout == 0 || timeout == POLLER_FOREVER)
		return epoll_wait(poller->epoll, poller->events, POLLER_BATCH, timeout ? -1 : 0);
	if (timeout > LONG_WAIT_NS)
		timeout -= timeout / SHORTENED_BY;
	if (poller->timer < 0) {
		struct timespec time = timespec_from_ns(timeout);
		int count = epoll_pwait2(poller->epoll, poller->events, POLLER_BATCH, &time, NULL);

		if (count >= 0 || errno != ENOSYS)
			return count;
	}
	return wait_by_timerfd(poller, timeout);
}

int poller_poll(struct poller *poller, uint64_t timeout, struct loop_queue *ready)
{
	int count = wait_for_events(poller, timeout);

	if (count < 0)
		return errno == EINTR ? 0 : -errno;
	for (int i = 0; i < count; i++)
		take_event(poller, &poller->events[i], ready);
	return count;
}
