/* timers.h: entries that wait for a time, in a heap of (time, entry) with four children a node.
 *
 * Four children halve the depth of a binary heap and lie in one line of cache, since the root's place in its line is
 * chosen so (A. LaMarca, R. Ladner, "The Influence of Caches on the Performance of Heaps", 1996). Adding a later time
 * than all others is O(1); taking the earliest is O(log n). Entries with the same time come out in no particular order.
 * One thread. */
#ifndef SIMUL_EVENT_LOOP_TIMERS_H
#define SIMUL_EVENT_LOOP_TIMERS_H

#include "queue.h"

#include <stdint.h>

struct timer {
	uint64_t time; /* ns of clock_now() (clock.h) */
	struct loop_entry *entry;
};

struct timers {
	struct timer *heap; /* heap[0] is the earliest; heap[4i+1 .. 4i+4] are not earlier than heap[i] */
	size_t count;
	size_t capacity;
	struct timer *block; /* as malloc() gave it; the heap lies in it */
};

/* Zeroed memory is an empty set of timers. Frees the heap; the entries are not the timers' own. */
void timers_close(struct timers *timers);

/* Makes entry wait for time. -ENOMEM: it does not wait. */
int timers_add(struct timers *timers, uint64_t time, struct loop_entry *entry);

/* Moves every entry whose time is at most now to the end of ready, the earliest first. */
void timers_expire(struct timers *timers, uint64_t now, struct loop_queue *ready);

static inline size_t timers_count(const struct timers *timers)
{
	return timers->count;
}

/* The earliest time, in ns of clock_now(). There must be one. */
static inline uint64_t timers_earliest(const struct timers *timers)
{
	return timers->heap[0].time;
}

#endif
