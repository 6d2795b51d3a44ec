/* stacks.c: see stacks.h. The pool is guarded by one lock, taken once in MAGAZINE times. */
#include "stacks.h"

#include "../coroutine/overflow.h"
#include "../coroutine/stack.h"
#include "spinlock.h"
#include "worker.h"

#include <string.h>

/* Stacks without pages that are taken at a time: each gets them when it is used. */
enum { NEW_TOGETHER = 16 };

static struct {
	struct spinlock lock;
	struct stack_pool pool;
} depot;

static struct overflow_task name_of(const void *header)
{
	const struct worker *worker = worker_here();
	const struct unit *unit = header || !worker ? header : worker->current;

	if (!unit)
		return (struct overflow_task){.number = OVERFLOW_UNKNOWN};
	if (unit->number == 0 || crew.count == 1)
		return (struct overflow_task){.number = unit->number};
	unsigned worker_index = (unsigned)(unit->number / task_number(1, 0));

	return (struct overflow_task){.number = unit->number % task_number(1, 0), .worker = worker_index + 1};
}

int stacks_open(void)
{
	stack_pool_open(&depot.pool, sizeof(struct unit));
	return overflow_watch(&depot.pool, name_of);
}

void stacks_close(void)
{
	overflow_unwatch();
	stack_pool_close(&depot.pool);
}

void stack_cache_open(struct stack_cache *cache)
{
	*cache = (struct stack_cache){.marked = depot.pool.marked};
}

/* Without the lock: what it reads does not change while the pool is open. */
void stacks_check(struct unit *unit)
{
	overflow_check(&depot.pool, unit);
}

bool stacks_refill(struct stack_cache *cache)
{
	struct unit *unit;

	spin_lock(&depot.lock);
	size_t most = stack_none_laden(&depot.pool) ? NEW_TOGETHER : MAGAZINE;

	while (cache->count < most && (unit = stack_take(&depot.pool)))
		cache->unit[cache->count++] = unit;
	spin_unlock(&depot.lock);
	/* In the order of the pool: the last freed first. */
	for (size_t low = 0, high = cache->count; low + 1 < high; low++) {
		unit = cache->unit[low];
		cache->unit[low] = cache->unit[--high];
		cache->unit[high] = unit;
	}
	cache->cold = cache->count;
	return cache->count > 0;
}

void stacks_tidy(void)
{
	spin_lock(&depot.lock);
	stack_tidy(&depot.pool);
	spin_unlock(&depot.lock);
}

void stacks_spill(struct stack_cache *cache)
{
	spin_lock(&depot.lock);
	for (size_t i = 0; i < MAGAZINE; i++)
		stack_give(&depot.pool, cache->unit[i]);
	spin_unlock(&depot.lock);
	cache->count -= MAGAZINE;
	cache->cold -= cache->cold < MAGAZINE ? cache->cold : MAGAZINE;
	memmove(cache->unit, cache->unit + MAGAZINE, cache->count * sizeof(cache->unit[0]));
}

#if defined(FIBER_ADDRESS)
/* The stack is looked up in the pool. */
void stacks_begin(struct unit *unit)
{
	spin_lock(&depot.lock);
	fiber_open(&unit->fiber, &depot.pool, unit);
	spin_unlock(&depot.lock);
}
#elif defined(FIBER_THREAD)
void stacks_begin(struct unit *unit)
{
	fiber_open(&unit->fiber, &depot.pool, unit);
}
#endif
