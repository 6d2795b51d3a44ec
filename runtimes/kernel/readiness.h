/* readiness.h: where the tasks of a pool wait for their descriptors, and idle workers for the tasks.
 *
 * A task that waits for a descriptor is armed: its key lies in an epoll instance, once (EPOLLONESHOT), and the one
 * worker that gets it back runs the task. Idle workers sleep in readiness_await() as soon as any task is armed; whoever
 * has something else for them pokes them. The struct and both descriptors are shared by all workers, be they threads or
 * processes with one table of descriptors. Safe from any of them. Sources: epoll(7), eventfd(2). */
#ifndef SIMUL_KERNEL_READINESS_H
#define SIMUL_KERNEL_READINESS_H

#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#define READINESS_POKED UINT64_MAX

struct readiness {
	int epoll, poke;
	_Atomic uint32_t armed;    /* tasks */
	_Atomic uint32_t sleepers; /* workers in readiness_await(), or about to be: counted by who goes there, under the
				      lock of the queue that was empty; so whoever fills it knows whom to poke */
};

static inline void readiness_close(struct readiness *readiness)
{
	close(readiness->epoll);
	close(readiness->poke);
}

/* 0 or -errno: descriptors. */
static inline int readiness_open(struct readiness *readiness)
{
	struct epoll_event event = {.events = EPOLLIN, .data.u64 = READINESS_POKED};
	int error;

	atomic_store(&readiness->armed, 0);
	atomic_store(&readiness->sleepers, 0);
	readiness->epoll = epoll_create1(EPOLL_CLOEXEC);
	readiness->poke = eventfd(0, EFD_SEMAPHORE | EFD_NONBLOCK | EFD_CLOEXEC);
	if (readiness->epoll >= 0 && readiness->poke >= 0 &&
	    epoll_ctl(readiness->epoll, EPOLL_CTL_ADD, readiness->poke, &event) == 0)
		return 0;
	error = -errno;
	readiness_close(readiness);
	return error;
}

/* Wakes so many workers out of readiness_await(). */
static inline void readiness_poke(const struct readiness *readiness, uint64_t count)
{
	(void)!write(readiness->poke, &count, sizeof count);
}

/* By syscall(2): ThreadSanitizer takes epoll_ctl() for a use of fd that goes on after the call, and so for a race with
 * the worker to which the call hands it, and which may close it. */
static inline int readiness_control(const struct readiness *readiness, int operation, int fd, struct epoll_event *event)
{
	return (int)syscall(SYS_epoll_ctl, readiness->epoll, operation, fd, event);
}

/* events as in poll(2). From now on the task may run on another worker. -errno: the descriptor cannot be waited for. */
static inline int readiness_arm(struct readiness *readiness, int fd, short events, uint64_t key)
{
	struct epoll_event event = {.events = (uint32_t)events | EPOLLONESHOT, .data.u64 = key};

	/* Release: what the task wrote; pairs with readiness_await(). */
	atomic_fetch_add_explicit(&readiness->armed, 1, memory_order_release);
	if (readiness_control(readiness, EPOLL_CTL_MOD, fd, &event) == 0 ||
	    (errno == ENOENT && readiness_control(readiness, EPOLL_CTL_ADD, fd, &event) == 0))
		return 0;
	atomic_fetch_sub_explicit(&readiness->armed, 1, memory_order_relaxed);
	return -errno;
}

/* The key of a task whose descriptor is ready and which is now the caller's, or READINESS_POKED. */
static inline uint64_t readiness_await(struct readiness *readiness)
{
	struct epoll_event event = {.data.u64 = READINESS_POKED};
	uint64_t poked;

	while (epoll_wait(readiness->epoll, &event, 1, -1) < 0 && errno == EINTR)
		;
	atomic_fetch_sub_explicit(&readiness->sleepers, 1, memory_order_relaxed);
	if (event.data.u64 == READINESS_POKED)
		(void)!read(readiness->poke, &poked, sizeof poked);
	else
		atomic_fetch_sub_explicit(&readiness->armed, 1, memory_order_acquire);
	return event.data.u64;
}

#endif
