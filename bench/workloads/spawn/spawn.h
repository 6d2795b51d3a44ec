/* spawn.h: the indices of the spawn parameters, shared by the spec and the bodies. */
#ifndef SIMUL_SPAWN_H
#define SIMUL_SPAWN_H

#include "../workload.h"

enum spawn_parameter { SPAWN_TASKS, SPAWN_BATCH, SPAWN_BODY, SPAWN_MEMORY };

enum spawn_body { SPAWN_EMPTY, SPAWN_YIELD };

enum spawn_memory { SPAWN_WARM, SPAWN_COLD };

/* One task in so many leaves a mark in shared memory as proof that it ran: in a forked child that is a page fault,
 * which in every task would be 4 % of fork and wait. */
enum { SPAWN_MARK_EVERY = 16 };

/* How many tasks leave a mark. */
static inline uint64_t spawn_marks(uint64_t tasks)
{
	return (tasks + SPAWN_MARK_EVERY - 1) / SPAWN_MARK_EVERY;
}

extern const struct workload_spec spawn_spec;

#endif
