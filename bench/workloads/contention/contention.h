/* contention.h: the indices of the contention parameters, what may come of the counter, and the counter itself, which
 * the bodies of all dialects share.
 *
 * The race of mode=none is meant: the counter is atomic and is read and written by relaxed loads and stores, which lose
 * updates as plain ones do, and unlike those are defined by the language (C11, 5.1.2.4) whatever the others do. */
#ifndef SIMUL_CONTENTION_H
#define SIMUL_CONTENTION_H

#include <stdatomic.h>
#include <stdbool.h>

#include "../workload.h"

struct play;

enum contention_parameter { CONTENTION_TASKS, CONTENTION_INCREMENTS, CONTENTION_MODE, CONTENTION_SUSPEND };

enum contention_mode { CONTENTION_NONE, CONTENTION_ATOMIC, CONTENTION_MUTEX };

enum contention_suspend { CONTENTION_STRAIGHT, CONTENTION_SUSPENDED };

extern const struct workload_spec contention_spec;

/* Whether no update can be lost: the increments exclude each other, or no task can come between two halves of one. */
bool contention_is_exact(const struct values *values, struct stage stage);

/* Whether the counter may hold that in the end: all increments where none can be lost; else at least 1, what the task
 * that wrote last made of 0, and at most all. */
bool contention_may_hold(const struct values *values, struct stage stage, uint64_t value);

struct contention_counter {
	_Atomic uint64_t value;
} __attribute__((aligned(64))); /* it alone is to be shared by the cores */

/* The two halves of an increment. */
static inline uint64_t contention_read(const struct contention_counter *counter)
{
	return atomic_load_explicit(&counter->value, memory_order_relaxed);
}

static inline void contention_write(struct contention_counter *counter, uint64_t value)
{
	atomic_store_explicit(&counter->value, value, memory_order_relaxed);
}

/* So many increments in a row, in two halves each with nothing between them, or (atomic) in one instruction each. */
void contention_add(struct contention_counter *counter, uint64_t increments, bool atomic);

/* What the tasks of a play have done. */
struct contention_sum {
	uint64_t ended; /* tasks */
	uint64_t made;  /* increments */
	uint64_t begun_ns, last_ns;
};

/* All tasks have ended: ends the play and hands back what was done. */
void contention_report(struct play *play, const struct contention_sum *sum, const struct contention_counter *counter);

#endif
