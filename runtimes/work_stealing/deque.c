/* deque.c: see deque.h. A ring that was outgrown is kept, since a thief may be reading it: all of them together are
 * smaller than the one in use. */
#include "deque.h"

#include "../check.h"

#include <errno.h>
#include <stdlib.h>

enum { FIRST_SLOTS = 1024 };

static struct deque_ring *make_ring(int64_t slots, struct deque_ring *former)
{
	struct deque_ring *ring = malloc(sizeof(*ring) + (size_t)slots * sizeof(ring->slots[0]));

	if (ring)
		*ring = (struct deque_ring){.mask = slots - 1, .former = former};
	return ring;
}

int deque_open(struct deque *deque, bool alone)
{
	struct deque_ring *ring = make_ring(FIRST_SLOTS, NULL);

	if (!ring)
		return -ENOMEM;
	atomic_init(&deque->top, 0);
	atomic_init(&deque->bottom, 0);
	atomic_init(&deque->ring, ring);
	deque->mask = ring->mask;
	atomic_init(&deque->emptied, 0);
	deque->alone = alone;
	return 0;
}

void deque_close(struct deque *deque)
{
	struct deque_ring *ring = atomic_load_explicit(&deque->ring, memory_order_relaxed), *former;

	for (; ring; ring = former) {
		former = ring->former;
		free(ring);
	}
	atomic_store_explicit(&deque->ring, NULL, memory_order_relaxed);
}

void deque_grow(struct deque *deque)
{
	/* Top may grow meanwhile: then more is copied than is there. */
	int64_t top = atomic_load_explicit(&deque->top, memory_order_acquire) >> 1, bottom = deque_bottom(deque);
	struct deque_ring *old = atomic_load_explicit(&deque->ring, memory_order_relaxed);
	struct deque_ring *ring = make_ring(2 * (old->mask + 1), old);

	CHECK(ring, "no memory for a deque of %lld tasks that are ready", (long long)(2 * (old->mask + 1)));
	for (int64_t i = top; i < bottom; i++) {
		void *item = atomic_load_explicit(&old->slots[i & old->mask], memory_order_relaxed);

		atomic_store_explicit(&ring->slots[i & ring->mask], item, memory_order_relaxed);
	}
	/* Release: partner of the acquire in deque_steal(). */
	atomic_store_explicit(&deque->ring, ring, memory_order_release);
	deque->mask = ring->mask;
}

void *deque_steal(struct deque *deque)
{
	/* Acquire: of the former thief's reading, as in deque_push(). */
	int64_t top = atomic_load_explicit(&deque->top, memory_order_acquire), claim = top + 1;

	if (top & 1 || deque_empty(deque))
		return NULL;
	/* While the claim stands, top's number stays, and so does the slot. */
	if (!atomic_compare_exchange_strong(&deque->top, &top, claim))
		return NULL;
	barrier_heavy();
	/* Acquire: partner of the release in deque_push(), for the item. */
	int64_t bottom = atomic_load_explicit(&deque->bottom, memory_order_acquire);

	if (bottom <= top >> 1) {
		atomic_compare_exchange_strong(&deque->top, &claim, top);
		return NULL;
	}
	struct deque_ring *ring = atomic_load_explicit(&deque->ring, memory_order_acquire);
	void *item = atomic_load_explicit(&ring->slots[top >> 1 & ring->mask], memory_order_relaxed);

	/* Fails if the owner has disputed the claim. Release: the slot may be written again. */
	return atomic_compare_exchange_strong(&deque->top, &claim, top + 2) ? item : NULL;
}

void *deque_dispute(struct deque *deque, int64_t bottom, void *item)
{
	int64_t claim = 2 * bottom + 1;

	/* The item is taken as a thief takes it, or was; or the claim has been given back, and no other one will do,
	 * since whoever claims from now on sees the announcement. */
	if (!atomic_compare_exchange_strong(&deque->top, &claim, 2 * bottom + 2)) {
		if (claim == 2 * bottom)
			return item;
		item = NULL;
	}
	atomic_store_explicit(&deque->bottom, bottom + 1, memory_order_release);
	return item;
}
