/* poller.h: readiness of descriptors, by epoll.
 *
 * A descriptor is registered once, for both directions and for its life, edge-triggered; nothing is armed again for a
 * message. The poller remembers what the kernel said: an operation is tried only when its direction is ready, and
 * whoever is told "would block" (or reads less than asked from a stream, which says the same without a further call)
 * reports it by poller_drained(). A new edge sets it again. See epoll(7), "Edge-triggered and level-triggered".
 *
 * Times are ns. Functions return 0 or more, or a negative errno value. One thread. At most one entry waits for one
 * direction of one descriptor. */
#ifndef SIMUL_EVENT_LOOP_POLLER_H
#define SIMUL_EVENT_LOOP_POLLER_H

#include "queue.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/epoll.h>

enum poller_direction { POLLER_READ, POLLER_WRITE };

#define POLLER_FOREVER UINT64_MAX
#define POLLER_BATCH 256 /* events taken by one call */

struct poller_descriptor {
	struct loop_entry *waiter[2]; /* by direction; NULL if nobody waits */
	bool ready[2];                /* an operation may succeed; false: the next edge will tell */
	bool ended; /* the peer has closed or failed: no further edge may come, so reading stays ready */
	bool adopted;
};

struct poller {
	int epoll;
	int timer;                             /* a timerfd for kernels before 5.11 (no epoll_pwait2), or -1 */
	struct poller_descriptor *descriptors; /* by number */
	int capacity;
	unsigned waiting; /* entries in all waiter slots */
	struct epoll_event
		events[POLLER_BATCH]; /* here and not on the stack: whose stack that is, may be a small one */
};

/* -EMFILE, -ENFILE, -ENOMEM as epoll_create1(2). */
int poller_open(struct poller *poller);

/* Adopted descriptors stay open: they are the caller's. */
void poller_close(struct poller *poller);

/* Registers fd, which must be non-blocking. -EEXIST, -EPERM, -ENOMEM, -ENOSPC as epoll_ctl(2). */
int poller_adopt(struct poller *poller, int fd);

/* Ends the registration; to be called before close(2). Whoever waits becomes ready with result -EBADF.
 * -EBADF: it was not adopted. */
int poller_forget(struct poller *poller, int fd, struct loop_queue *ready);

/* 1: try the operation now. 0: wait first. -EBADF: not adopted. */
int poller_ready(const struct poller *poller, int fd, enum poller_direction direction);

/* The operation would block now. */
void poller_drained(struct poller *poller, int fd, enum poller_direction direction);

/* A read took less than it asked for: drained too, unless the end of the stream was seen, of which no edge will tell.
 */
void poller_short_read(struct poller *poller, int fd);

/* To be called before connect(2): an unconnected socket calls itself hung up and writable, which is forgotten here. The
 * edge of writing tells that the attempt has ended; poller_connected() if it has at once. */
void poller_connecting(struct poller *poller, int fd);
void poller_connected(struct poller *poller, int fd);

/* Makes entry wait for the direction: it becomes ready at the next edge. -EBUSY: another one waits already. */
int poller_await(struct poller *poller, int fd, enum poller_direction direction, struct loop_entry *entry);

/* Moves every entry whose descriptor has become ready to the end of ready; waits for one at most timeout ns (0: not at
 * all). Returns early at its own discretion and on a signal, never late by more than the kernel's wake-up.
 * Returns how many events there were. */
int poller_poll(struct poller *poller, uint64_t timeout, struct loop_queue *ready);

#endif
