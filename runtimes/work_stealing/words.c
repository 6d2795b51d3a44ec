/* words.c: see words.h. */
#include "words.h"

#include "spinlock.h"

#include <errno.h>
#include <stdlib.h>

enum { BITS = 16 }; /* 2 MiB of address space; only what is used gets memory */

struct bucket {
	struct spinlock lock;
	struct unit *first, *last;
};

static struct bucket *buckets;

int words_open(void)
{
	buckets = calloc((size_t)1 << BITS, sizeof(*buckets));
	return buckets ? 0 : -ENOMEM;
}

void words_close(void)
{
	free(buckets);
	buckets = NULL;
}

/* Fibonacci hashing (D. Knuth, The Art of Computer Programming, vol. 3, 6.4): the upper bits of a product. */
static struct bucket *bucket_of(const void *word)
{
	return &buckets[(uint64_t)(uintptr_t)word * UINT64_C(0x9E3779B97F4A7C15) >> (64 - BITS)];
}

bool words_wait(struct unit *unit)
{
	struct bucket *bucket = bucket_of(unit->word);

	spin_lock(&bucket->lock);
	/* Relaxed: the lock orders it after the change of any waker that was here before. */
	bool waits = atomic_load_explicit(unit->word, memory_order_relaxed) == unit->expected;

	if (waits) {
		unit->next = NULL;
		if (bucket->first)
			bucket->last->next = unit;
		else
			bucket->first = unit;
		bucket->last = unit;
	}
	spin_unlock(&bucket->lock);
	return waits;
}

struct unit *words_wake(_Atomic uint32_t *word, unsigned count)
{
	struct bucket *bucket = bucket_of(word);
	struct unit *woken = NULL, **end = &woken, *last = NULL, *unit;

	spin_lock(&bucket->lock);
	for (struct unit **place = &bucket->first; (unit = *place) && count > 0;) {
		if (unit->word != word) {
			last = unit;
			place = &unit->next;
			continue;
		}
		*place = unit->next;
		if (bucket->last == unit)
			bucket->last = last;
		*end = unit;
		end = &unit->next;
		count--;
	}
	*end = NULL;
	spin_unlock(&bucket->lock);
	return woken;
}
