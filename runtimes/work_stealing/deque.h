/* deque.h: a growing double-ended queue with one owner and any number of thieves.
 *
 * The owner pushes and pops at the bottom, the last pushed first; thieves take from the top, the oldest first.
 *
 *	top (only grows)		bottom (the owner's)
 *	 |				 |
 *	 v				 v
 *	 [ oldest | ...		 | last ]
 *
 * The structure is that of D. Chase and Y. Lev, "Dynamic Circular Work-Stealing Deque" (2005), in C11 atomics after
 * N. Le, A. Pop, A. Cohen and F. Zappa Nardelli, "Correct and Efficient Work-Stealing for Weak Memory Models" (2013).
 * The race for the last item is decided otherwise, so that the owner pays neither a fence nor an atomic operation for
 * an item that nobody wants: a thief first claims the oldest item and only then reads bottom, the owner first announces
 * by bottom which item it takes and then reads top. Each writes before it reads (E. Dijkstra's and T. Dekker's mutual
 * exclusion), and the thief pays for the order on both sides with membarrier(2), or both with a fence (barrier.h). So
 * either the thief sees the announcement and gives its claim back, or the owner sees the claim; then whoever moves top
 * on by compare-and-exchange has the item, and neither ever waits for the other. model/deque.pml checks it.
 *
 * The same structure is a queue if nobody pops: then all take the oldest, and only top is raced for. */
#ifndef SIMUL_WORK_STEALING_DEQUE_H
#define SIMUL_WORK_STEALING_DEQUE_H

#include "barrier.h"

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
	/* The number of the oldest item, twice, and one more while a thief has a claim to it. */
	_Alignas(64) _Atomic int64_t top; /* partner of bottom */
	/* Written by the owner; its release publishes the slot and what lies in it. */
	_Alignas(64) _Atomic int64_t bottom;
	_Atomic(struct deque_ring *) ring; /* written by the owner; release for its slots */
	int64_t mask;                      /* of the ring: the owner's */
	_Atomic uint32_t emptied;          /* how often the owner has popped the last item: the owner's */
	bool alone;                        /* there are no thieves: nothing is raced for */
};

/* Alone says that no other thread ever comes. -ENOMEM. */
int deque_open(struct deque *deque, bool alone);

/* No thread may use it any more. Items are not its own. */
void deque_close(struct deque *deque);

/* Owner: doubles the room; ends the program if there is no memory for it. */
void deque_grow(struct deque *deque);

/* Any thread: the oldest item, taken out; NULL if there is none, or another thief has a claim to it. It takes
 * microseconds (barrier.h): for a queue use deque_take_oldest(). */
void *deque_steal(struct deque *deque);

/* Owner: decides who has the last item, numbered bottom: a thief has a claim to it or has taken it. Returns the item,
 * or NULL if it was not to be had. */
void *deque_dispute(struct deque *deque, int64_t bottom, void *item);

/* Owner: the number of the item that is pushed next. */
static inline int64_t deque_bottom(const struct deque *deque)
{
	return atomic_load_explicit(&deque->bottom, memory_order_relaxed);
}

/* Owner: whether there is no room for another item. */
static inline __attribute__((always_inline)) bool deque_full(struct deque *deque)
{
	/* Acquire: a thief has read a slot before it moved top on, and only then it may be written again. */
	return deque_bottom(deque) - (atomic_load_explicit(&deque->top, memory_order_acquire) >> 1) > deque->mask;
}

/* Owner: item becomes the last one, where there is room for it. */
static inline __attribute__((always_inline)) void deque_put(struct deque *deque, void *item)
{
	int64_t bottom = deque_bottom(deque);
	struct deque_ring *ring = atomic_load_explicit(&deque->ring, memory_order_relaxed);

	atomic_store_explicit(&ring->slots[bottom & deque->mask], item, memory_order_relaxed);
	atomic_store_explicit(&deque->bottom, bottom + 1, memory_order_release);
}

/* Owner: item becomes the last one. */
static inline __attribute__((always_inline)) void deque_push(struct deque *deque, void *item)
{
	if (__builtin_expect(deque_full(deque), 0))
		deque_grow(deque);
	deque_put(deque, item);
}

/* Owner: announces that it takes the last item, whose number is bottom, and returns it. Who has it is decided by
 * deque_is_taken(). */
static inline __attribute__((always_inline)) void *deque_announce(struct deque *deque, int64_t bottom)
{
	struct deque_ring *ring = atomic_load_explicit(&deque->ring, memory_order_relaxed);
	void *item = atomic_load_explicit(&ring->slots[bottom & deque->mask], memory_order_relaxed);

	atomic_store_explicit(&deque->bottom, bottom, memory_order_release);
	barrier_light(); /* partner of the heavy one in deque_steal() */
	return item;
}

/* Owner: after deque_announce(): false if the item must be asked for by deque_dispute(). */
static inline __attribute__((always_inline)) bool deque_is_taken(struct deque *deque, int64_t bottom)
{
	int64_t top = atomic_load_explicit(&deque->top, memory_order_relaxed);

	if (__builtin_expect(top < 2 * bottom, 1))
		return true;
	atomic_store_explicit(&deque->emptied, atomic_load_explicit(&deque->emptied, memory_order_relaxed) + 1,
			      memory_order_relaxed);
	return top == 2 * bottom;
}

/* Owner: the last item, taken out; NULL if there is none. */
static inline __attribute__((always_inline)) void *deque_pop(struct deque *deque)
{
	int64_t bottom = deque_bottom(deque) - 1;

	/* Top only grows: what looks empty is. */
	if (atomic_load_explicit(&deque->top, memory_order_relaxed) >> 1 > bottom)
		return NULL;
	void *item = deque_announce(deque, bottom);

	return __builtin_expect(deque_is_taken(deque, bottom), 1) ? item : deque_dispute(deque, bottom, item);
}

/* Any thread if nobody pops, else the owner: the oldest item, taken out; NULL if there is none, or a thief has a claim
 * to it. */
static inline void *deque_take_oldest(struct deque *deque)
{
	int64_t top = atomic_load_explicit(&deque->top, memory_order_acquire);

	for (;;) {
		/* Acquire: partner of the release in deque_push(). */
		int64_t bottom = atomic_load_explicit(&deque->bottom, memory_order_acquire);

		if (top >= 2 * bottom || top & 1)
			return NULL;
		struct deque_ring *ring = atomic_load_explicit(&deque->ring, memory_order_acquire);
		/* Read before it is won: a slot that is overwritten meanwhile shows in top. */
		void *item = atomic_load_explicit(&ring->slots[top >> 1 & ring->mask], memory_order_relaxed);

		if (deque->alone) {
			atomic_store_explicit(&deque->top, top + 2, memory_order_relaxed);
			return item;
		}
		if (atomic_compare_exchange_weak_explicit(&deque->top, &top, top + 2, memory_order_acq_rel,
							  memory_order_acquire))
			return item;
	}
}

/* Owner: the item that has `turns` before it, as it seems now; NULL if there is none. */
static inline const void *deque_coming(struct deque *deque, int64_t turns)
{
	int64_t number = (atomic_load_explicit(&deque->top, memory_order_relaxed) >> 1) + turns;
	struct deque_ring *ring = atomic_load_explicit(&deque->ring, memory_order_relaxed);

	if (number >= atomic_load_explicit(&deque->bottom, memory_order_relaxed))
		return NULL;
	return atomic_load_explicit(&ring->slots[number & deque->mask], memory_order_relaxed);
}

/* Any thread: whether there is an item, as far as this thread can see now. */
static inline bool deque_empty(struct deque *deque)
{
	return atomic_load_explicit(&deque->top, memory_order_relaxed) >> 1 >=
	       atomic_load_explicit(&deque->bottom, memory_order_relaxed);
}

#endif
