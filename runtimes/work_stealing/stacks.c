/* stacks.c: see stacks.h. The pool and the full magazines are guarded by one lock, taken once in MAGAZINE times. */
#include "stacks.h"

#include "../coroutine/overflow.h"
#include "../coroutine/stack.h"
#include "spinlock.h"
#include "worker.h"

static struct {
	struct spinlock lock;
	struct stack_pool pool;
	struct unit
		*magazines; /* full ones, each by its first unit, chained by parent, which a free unit has no use of */
} depot;

/* Numbers of all workers are different: each counts from its own first one in steps of their count. */
static struct overflow_task name_of(const void *header)
{
	const struct worker *worker = worker_here();
	const struct unit *unit = header || !worker ? header : worker->current;

	if (!unit)
		return (struct overflow_task){.number = OVERFLOW_UNKNOWN};
	if (unit->number == 0 || crew.count == 1)
		return (struct overflow_task){.number = unit->number};
	return (struct overflow_task){.number = (unit->number - 1) / crew.count + 1,
				      .worker = (unsigned)((unit->number - 1) % crew.count) + 1};
}

int stacks_open(void)
{
	stack_pool_open(&depot.pool, sizeof(struct unit));
	depot.magazines = NULL;
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

/* New stacks at a time: chaining touches the first page of each. */
enum { CARVED_TOGETHER = 16 };

/* The first of some new ones, chained by next; with the lock held. */
static struct unit *carve(size_t *count)
{
	struct unit *first = NULL, *unit;

	for (*count = 0; *count < CARVED_TOGETHER && (unit = stack_carve(&depot.pool)); ++*count) {
		unit->next = first;
		first = unit;
	}
	return first;
}

static void fill(struct stack_cache *cache)
{
	spin_lock(&depot.lock);
	if (depot.magazines) {
		cache->first = depot.magazines;
		cache->count = MAGAZINE;
		depot.magazines = cache->first->parent;
	} else {
		cache->first = carve(&cache->count);
	}
	spin_unlock(&depot.lock);
}

struct unit *stacks_refill(struct stack_cache *cache)
{
	if (cache->reserve) {
		cache->first = cache->reserve;
		cache->count = MAGAZINE;
		cache->reserve = NULL;
	} else {
		fill(cache);
	}
	struct unit *unit = cache->first;

	if (unit) {
		cache->first = unit->next;
		cache->count--;
	}
	return unit;
}

void stacks_spill(struct stack_cache *cache)
{
	if (cache->reserve) {
		spin_lock(&depot.lock);
		cache->reserve->parent = depot.magazines;
		depot.magazines = cache->reserve;
		spin_unlock(&depot.lock);
	}
	cache->reserve = cache->first;
	cache->first = NULL;
	cache->count = 0;
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
