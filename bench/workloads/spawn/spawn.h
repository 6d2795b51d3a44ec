/* spawn.h: the indices of the spawn parameters, and what the bodies of all dialects share. */
#ifndef SIMUL_SPAWN_H
#define SIMUL_SPAWN_H

#include <stddef.h>

#include "../workload.h"

struct play;

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

/* The mark of the task of that index; NULL: it leaves none. Marks are zeroed, or NULL for a batch that is not timed. */
static inline uint8_t *spawn_mark_of(uint8_t *marks, uint64_t index)
{
	return marks && index % SPAWN_MARK_EVERY == 0 ? &marks[index / SPAWN_MARK_EVERY] : NULL;
}

/* What a task does in the end. */
static inline void spawn_leave_mark(uint8_t *mark)
{
	if (mark)
		++*mark;
}

/* All tasks have ended: ends the play and hands back what was done. */
void spawn_report(struct play *play, uint64_t ended, const uint8_t *marks, uint64_t begun_ns, uint64_t ended_ns);

extern const struct workload_spec spawn_spec;

#endif
