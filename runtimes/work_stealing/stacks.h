/* stacks.h: stacks for many workers over one pool (../coroutine/stack.h): a cache a worker, and a depot for all.
 *
 * A worker takes the stack that it freed last, without a lock. A task may end elsewhere than it began, so stacks
 * wander; a cache that has two full magazines hands one to the pool, and an empty one takes one from there. No worker
 * then keeps more than two magazines that others could use. Source: J. Bonwick, J. Adams, "Magazines and Vmem" (2001).
 * Free ones stand in an array and not in a list through them: those taken soon are fetched meanwhile. */
#ifndef SIMUL_WORK_STEALING_STACKS_H
#define SIMUL_WORK_STEALING_STACKS_H

#include "../coroutine/fiber.h"

#include <stdbool.h>
#include <stddef.h>

struct unit;

enum { MAGAZINE = 64, STACKS_CACHED = 2 * MAGAZINE };

struct stack_cache {
	size_t count;
	size_t cold; /* so many at the beginning have not been used since they came from the pool */
	bool marked; /* a task that ends must be looked at: stacks_check() */
	struct unit *unit[STACKS_CACHED]; /* free ones, the last freed at the end */
};

/* -errno as overflow_watch(). */
int stacks_open(void);

/* Unmaps all stacks; forgets all caches. */
void stacks_close(void);

/* An empty one, while stacks are open. */
void stack_cache_open(struct stack_cache *cache);

/* Ends the program with a sentence if unit, which is about to end, has left its stack. Of marked ones only. */
void stacks_check(struct unit *unit);

/* Fills an empty cache. False: nothing is left of memory or mappings. */
bool stacks_refill(struct stack_cache *cache);

/* The slow half of giving back: makes room in a full cache. */
void stacks_spill(struct stack_cache *cache);

/* To be called when there is nothing to do: some free ones give their pages back if there are many. */
void stacks_tidy(void);

/* Tells the sanitizers of the task that begins on unit's stack. */
#if defined(FIBER_ADDRESS) || defined(FIBER_THREAD)
void stacks_begin(struct unit *unit);
#else
static inline void stacks_begin(struct unit *unit)
{
	(void)unit;
}
#endif

#endif
