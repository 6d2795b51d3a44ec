/* poller_epoll.h: what poller_epoll.c keeps, for it and its test.
 *
 * A descriptor is registered once, for both directions and for its life, edge-triggered; nothing is armed again for a
 * message. The poller remembers what the kernel said: an operation is tried only when its direction is ready, and one
 * that would block (or reads less than asked from a stream, which says the same without a further call) makes it
 * unready until a new edge. See epoll(7), "Edge-triggered and level-triggered". */
#ifndef SIMUL_EVENT_LOOP_POLLER_EPOLL_H
#define SIMUL_EVENT_LOOP_POLLER_EPOLL_H

#include "poller.h"

#include <sys/epoll.h>

/* Events taken by one call. Few: finding an event touches some lines of its socket, which with many more of them would
 * be out of the cache again in its turn, and a call costs no more than 10 ns an event. */
#define POLLER_BATCH 32

struct poller_descriptor {
	struct loop_entry *waiter[2]; /* by direction, until it calls again; NULL if nobody waits */
	bool woken[2];                /* the waiter is ready, and has not called again */
	bool ready[2];                /* an operation may succeed; false: the next edge will tell */
	bool ended;      /* the peer has closed or failed: no further edge may come, so reading stays ready */
	bool connecting; /* the edge of writing will tell that the attempt has ended */
	bool adopted;
};

struct poller_kernel {
	int epoll;
	int timer;                             /* a timerfd for kernels before 5.11 (no epoll_pwait2), or -1 */
	struct poller_descriptor *descriptors; /* by number */
	int capacity;
	struct epoll_event
		events[POLLER_BATCH]; /* here and not on the stack: whose stack that is, may be a small one */
};

#endif
