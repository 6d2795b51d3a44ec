/* deque.h: a growing double-ended queue with one owner and any number of thieves.
 *
 * The owner pushes and pops at the bottom, the last pushed first; thieves take from the top, the oldest first. The
 * owner may also take the oldest itself, which makes the same structure a queue that can be stolen from.
 *
 *	top (only grows)		bottom (the owner's)
 *	 |				 |
 *	 v				 v
 *	 [ oldest | ...		 | last ]
 *
 * The method is D. Chase and Y. Lev, "Dynamic Circular Work-Stealing Deque" (2005), in C11 atomics after N. Le, A. Pop,
 * A. Cohen and F. Zappa Nardelli, "Correct and Efficient Work-Stealing for Weak Memory Models" (2013). Where they put
 * a fence between two accesses, both accesses are sequentially consistent here: the cost is the same, and
 * ThreadSanitizer understands it. model/deque.pml checks it with a store buffer in between.
 *
 * The one race is for the last item: the owner announces by `bottom` that it takes it and then reads `top`, a thief
 * reads `top` and then `bottom`. In the one order that all agree on, either the thief sees the announcement, or the
 * owner sees that only this item is left; then whoever moves `top` has it. */
#ifndef SIMUL_WORK_STEALING_DEQUE_H
#define SIMUL_WORK_STEALING_DEQUE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Items; their place is their number cut down by mask. */
struct deque_ring {
	int64_t mask;
	struct deque_ring *former; /* a thief may still read it: freed by deque_close() */
	_Atomic(void *) slots[];
};

struct deque {
	_Alignas(64) _Atomic int64_t top; /* thieves and owner; partner of bottom */
	_Alignas(64) _Atomic int64_t
		bottom; /* written by the owner; its release publishes the slot and what lies in it */
	_Atomic(struct deque_ring *) ring; /* written by the owner; release for its slots */
	bool alone;                        /* there are no thieves: nothing to announce */
};

/* Alone says that no other thread ever comes. -ENOMEM. */
int deque_open(struct deque *deque, bool alone);

/* No thread may use it any more. Items are not its own. */
void deque_close(struct deque *deque);

/* Owner: doubles the room; ends the program if there is no memory for it. Returns the new ring. */
struct deque_ring *deque_grow(struct deque *deque, int64_t top, int64_t bottom);

/* Any thread: the oldest item, taken out; NULL if there is none. */
void *deque_steal(struct deque *deque);

/* Owner: item becomes the last one. */
static inline void deque_push(struct deque *deque, void *item)
{
	int64_t bottom = atomic_load_explicit(&deque->bottom, memory_order_relaxed);
	/* Acquire: a thief has read a slot before it moved top on, and only then it may be written again. */
	int64_t top = atomic_load_explicit(&deque->top, memory_order_acquire);
	struct deque_ring *ring = atomic_load_explicit(&deque->ring, memory_order_relaxed);

	if (__builtin_expect(bottom - top > ring->mask, 0))
		ring = deque_grow(deque, top, bottom);
	atomic_store_explicit(&ring->slots[bottom & ring->mask], item, memory_order_relaxed);
	atomic_store_explicit(&deque->bottom, bottom + 1, memory_order_release);
}

/* Owner: the item numbered bottom - 1 if no thief was faster. */
static inline void *deque_race(struct deque *deque, int64_t bottom, void *item)
{
	/* Both sequentially consistent: partner of the two loads of deque_steal(). */
	atomic_store(&deque->bottom, bottom);
	int64_t top = atomic_load(&deque->top);

	if (__builtin_expect(top < bottom, 1))
		return item;
	if (top > bottom || !atomic_compare_exchange_strong(&deque->top, &top, top + 1))
		item = NULL;
	atomic_store_explicit(&deque->bottom, bottom + 1, memory_order_release);
	return item;
}

/* Owner: the last item, taken out; NULL if there is none. */
static inline void *deque_pop(struct deque *deque)
{
	int64_t bottom = atomic_load_explicit(&deque->bottom, memory_order_relaxed) - 1;
	struct deque_ring *ring = atomic_load_explicit(&deque->ring, memory_order_relaxed);

	/* Top only grows: what looks empty is. */
	if (atomic_load_explicit(&deque->top, memory_order_relaxed) > bottom)
		return NULL;
	void *item = atomic_load_explicit(&ring->slots[bottom & ring->mask], memory_order_relaxed);

	if (!deque->alone)
		return deque_race(deque, bottom, item);
	atomic_store_explicit(&deque->bottom, bottom, memory_order_relaxed);
	return item;
}

/* Owner: the oldest item, taken out; NULL if there is none. */
static inline void *deque_take_oldest(struct deque *deque)
{
	int64_t bottom = atomic_load_explicit(&deque->bottom, memory_order_relaxed);
	int64_t top = atomic_load_explicit(&deque->top, memory_order_relaxed);
	struct deque_ring *ring = atomic_load_explicit(&deque->ring, memory_order_relaxed);

	while (top < bottom) {
		void *item = atomic_load_explicit(&ring->slots[top & ring->mask], memory_order_relaxed);

		if (deque->alone) {
			atomic_store_explicit(&deque->top, top + 1, memory_order_relaxed);
			return item;
		}
		/* The slots are the owner's own writing, so that only the race for top is left. */
		if (atomic_compare_exchange_weak(&deque->top, &top, top + 1))
			return item;
	}
	return NULL;
}

/* Any thread: whether there is an item, as far as this thread can see now. */
static inline bool deque_empty(struct deque *deque)
{
	return atomic_load_explicit(&deque->top, memory_order_relaxed) >=
	       atomic_load_explicit(&deque->bottom, memory_order_relaxed);
}

#endif
