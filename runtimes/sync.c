/* sync.c: see sync.h. After U. Drepper, "Futexes Are Tricky" (2011), with waiters counted apart. */
#include "sync.h"

#include "check.h"
#include "task.h"

static void wait_while(_Atomic uint32_t *word, uint32_t value)
{
	/* Acquire: what was written before the matching release store of the word is seen after it. */
	while (atomic_load_explicit(word, memory_order_acquire) == value)
		CHECK(task_wait(word, value) >= 0, "a task waits for something that can never happen in this runtime");
}

static void open_word(_Atomic uint32_t *word)
{
	atomic_store_explicit(word, 1, memory_order_release); /* pairs with the load in wait_while() */
	task_wake(word, UINT32_MAX);
}

void gate_pass(struct gate *gate, uint32_t expected)
{
	if (atomic_fetch_add_explicit(&gate->arrived, 1, memory_order_acq_rel) + 1 == expected)
		open_word(&gate->complete);
	wait_while(&gate->open, 0);
}

void gate_await(struct gate *gate, uint32_t expected)
{
	if (expected > 0)
		wait_while(&gate->complete, 0);
}

void gate_open(struct gate *gate)
{
	open_word(&gate->open);
}

void semaphore_init(struct semaphore *semaphore, uint32_t permits)
{
	atomic_init(&semaphore->permits, permits);
	atomic_init(&semaphore->waiters, 0);
}

/* Every operation on `permits` and `waiters` is sequentially consistent: see semaphore_release(). It is also the
 * acquire and the release that order what the holders of a permit do. */
static int try_acquire(struct semaphore *semaphore)
{
	uint32_t permits = atomic_load(&semaphore->permits);

	while (permits > 0)
		if (atomic_compare_exchange_weak(&semaphore->permits, &permits, permits - 1))
			return 1;
	return 0;
}

void semaphore_acquire(struct semaphore *semaphore)
{
	if (try_acquire(semaphore))
		return;
	atomic_fetch_add(&semaphore->waiters, 1);
	while (!try_acquire(semaphore))
		CHECK(task_wait(&semaphore->permits, 0) >= 0,
		      "a task waits for a permit that nobody can release in this runtime");
	atomic_fetch_sub(&semaphore->waiters, 1);
}

void semaphore_release(struct semaphore *semaphore)
{
	/* A waiter registers and then looks for a permit; this adds a permit and then looks for a waiter. In one
	 * order of all four, either the waiter sees the permit or this load sees the waiter: nobody sleeps for ever. */
	atomic_fetch_add(&semaphore->permits, 1);
	if (atomic_load(&semaphore->waiters) > 0)
		task_wake(&semaphore->permits, 1);
}
