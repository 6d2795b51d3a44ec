/* contention.h: the indices of the contention parameters, and what may come of the counter. */
#ifndef SIMUL_CONTENTION_H
#define SIMUL_CONTENTION_H

#include "../workload.h"

enum contention_parameter { CONTENTION_TASKS, CONTENTION_INCREMENTS, CONTENTION_MODE, CONTENTION_SUSPEND };

enum contention_mode { CONTENTION_NONE, CONTENTION_ATOMIC, CONTENTION_MUTEX };

enum contention_suspend { CONTENTION_STRAIGHT, CONTENTION_SUSPENDED };

extern const struct workload_spec contention_spec;

/* Whether no update can be lost: the increments exclude each other, or no task can come between two halves of one. */
bool contention_is_exact(const struct values *values, struct stage stage);

/* Whether the counter may hold that in the end: all increments where none can be lost; else at least 1, what the task
 * that wrote last made of 0, and at most all. */
bool contention_may_hold(const struct values *values, struct stage stage, uint64_t value);

#endif
