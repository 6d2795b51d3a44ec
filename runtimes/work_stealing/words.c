/* words.c: see words.h. */
#include "words.h"

#include "spinlock.h"

#include <errno.h>
#include <stdlib.h>

enum { BITS = 15 }; /* 768 KiB of address space; only what is used gets memory */

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

/* A worker that is alone needs no lock. */
static void lock(struct bucket *bucket)
{
	if (crew.count > 1)
		spin_lock(&bucket->lock);
}

static void unlock(struct bucket *bucket)
{
	if (crew.count > 1)
		spin_unlock(&bucket->lock);
}

/* Most likely whom a waker will run next: its control block, and the frames below, which nobody else has at hand. */
static inline __attribute__((always_inline)) void fetch(const struct unit *unit)
{
	const char *line = (const char *)unit;

	__builtin_prefetch(line, 1);
	__builtin_prefetch(line - 64, 1);
	__builtin_prefetch(line - 128, 1);
}

bool words_wait(struct unit *unit)
{
	struct bucket *bucket = bucket_of(unit->word);

	lock(bucket);
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
	unlock(bucket);
	return waits;
}

struct unit *words_wake(_Atomic uint32_t *word, unsigned count)
{
	struct bucket *bucket = bucket_of(word);
	struct unit *woken = NULL, **end = &woken, *last = NULL, *unit;

	lock(bucket);
	if (bucket->first)
		fetch(bucket->first);
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
	unlock(bucket);
	return woken;
}
