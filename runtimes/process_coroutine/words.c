/* words.c: see words.h.
 *
 * A wait belongs to the place that took it. Who changes what of it, and when:
 *
 *	its owner		entry, spare; state from free to LINKED under the lock; back to free when it collects
 *	the lock's holder	next, previous; state from LINKED to WOKEN; mail, right after that
 *
 * Locks spin: what they guard takes a few dozen instructions, or a few for each task that is woken. */
#include "words.h"

#include <errno.h>
#include <sched.h>
#include <stdbool.h>
#include <stddef.h>

#include "../check.h"
#include "../coroutine/scheduler.h"
#include "place.h"

enum { BUCKET_BITS = 16, BUCKETS = 1 << BUCKET_BITS, LOCKS = 64, PATIENCE = 100, WAITS_A_PAGE = 63 };

enum wait_state { WAIT_FREE, WAIT_LINKED, WAIT_WOKEN };

struct wait {
	struct wait *next, *previous; /* in the bucket */
	_Atomic uint32_t *word;
	_Atomic uint32_t state;
	uint32_t place;
	struct wait *mail;  /* the next one in the place's mail */
	struct wait *spare; /* the next free one of the place's process */
	struct loop_entry *entry;
	bool suspect; /* words_pardon()'s */
} __attribute__((aligned(64)));

struct wait_page {
	struct wait_page *next;
	struct wait waits[WAITS_A_PAGE];
};

struct bucket {
	struct wait *first, *last;
};

struct lock {
	_Atomic uint32_t holder; /* its place + 1, workers + 2 for the supervisor; 0: nobody */
} __attribute__((aligned(64)));

static struct table {
	struct bucket buckets[BUCKETS];
	struct lock locks[LOCKS];
} * table;

static struct wait *spare; /* this process's */

int words_open(void)
{
	table = ground_take(sizeof(*table), 64);
	spare = NULL;
	return table ? 0 : -ENOMEM;
}

/* Buckets and locks. */

/* Fibonacci hashing (D. Knuth, The Art of Computer Programming, vol. 3, 6.4): the upper bits of a product. */
static size_t bucket_of(const void *word)
{
	return (size_t)((uint64_t)(uintptr_t)word * UINT64_C(0x9E3779B97F4A7C15) >> (64 - BUCKET_BITS));
}

static void lock(struct lock *lock)
{
	uint32_t nobody = 0;

	/* Acquire pairs with unlock(): the bucket, and what was written before a wake-up. */
	for (int tries = 0; !atomic_compare_exchange_weak_explicit(&lock->holder, &nobody, place_here + 1,
								   memory_order_acquire, memory_order_relaxed);
	     tries++) {
		nobody = 0;
		if (tries >= PATIENCE)
			sched_yield(); /* the holder may need this core */
	}
}

static void unlock(struct lock *lock)
{
	atomic_store_explicit(&lock->holder, 0, memory_order_release);
}

static struct lock *lock_of(size_t bucket)
{
	return &table->locks[bucket % LOCKS];
}

static void link_last(struct bucket *bucket, struct wait *wait)
{
	wait->next = NULL;
	wait->previous = bucket->last;
	if (bucket->last)
		bucket->last->next = wait;
	else
		bucket->first = wait;
	bucket->last = wait;
}

static void unlink_from(struct bucket *bucket, struct wait *wait)
{
	if (wait->next)
		wait->next->previous = wait->previous;
	else
		bucket->last = wait->previous;
	if (wait->previous)
		wait->previous->next = wait->next;
	else
		bucket->first = wait->next;
}

static uint32_t state_of(const struct wait *wait)
{
	return atomic_load_explicit(&wait->state, memory_order_acquire);
}

static void set_state(struct wait *wait, enum wait_state state)
{
	atomic_store_explicit(&wait->state, state, memory_order_release);
}

/* A place's waits. */

static void give(struct wait *wait)
{
	wait->spare = spare;
	spare = wait;
}

static void add_page(void)
{
	struct place *place = &ground->places[place_here];
	struct wait_page *page = ground_take(sizeof(*page), 64);

	CHECK(page, "process-coroutine: no shared memory is left for a task that waits");
	for (int i = 0; i < WAITS_A_PAGE; i++) {
		page->waits[i].place = place_here;
		give(&page->waits[i]);
	}
	page->next = atomic_load(&place->pages);
	atomic_store(&place->pages, page); /* for words_bury() */
}

static struct wait *take(void)
{
	if (!spare)
		add_page();
	struct wait *wait = spare;

	spare = wait->spare;
	return wait;
}

/* Calls visit() for every wait of the place. */
static void each_wait(uint32_t place, void (*visit)(struct wait *wait))
{
	for (struct wait_page *page = atomic_load(&ground->places[place].pages); page; page = page->next)
		for (int i = 0; i < WAITS_A_PAGE; i++)
			visit(&page->waits[i]);
}

/* Waiting and waking. */

static bool link_if(struct wait *wait, _Atomic uint32_t *word, uint32_t expected)
{
	size_t bucket = bucket_of(word);
	bool equal;

	lock(lock_of(bucket));
	equal = atomic_load_explicit(word, memory_order_acquire) == expected;
	if (equal) {
		wait->word = word;
		link_last(&table->buckets[bucket], wait);
		set_state(wait, WAIT_LINKED);
	}
	unlock(lock_of(bucket));
	return equal;
}

int words_wait(_Atomic uint32_t *word, uint32_t expected)
{
	struct wait *wait = take();

	wait->entry = coroutine_entry();
	if (link_if(wait, word, expected))
		coroutine_suspend();
	give(wait);
	return 0;
}

static void deliver(struct wait *wait)
{
	struct place *place = &ground->places[wait->place];
	struct wait *before = atomic_load_explicit(&place->mail, memory_order_relaxed);

	set_state(wait, WAIT_WOKEN);
	do
		wait->mail = before;
	/* Release: what the waker wrote, for the waiter. */
	while (!atomic_compare_exchange_weak_explicit(&place->mail, &before, wait, memory_order_release,
						      memory_order_relaxed));
	/* Not the first one: who put that there notifies. */
	if (!before)
		place_notify(wait->place);
}

static void wake(struct wait *wait)
{
	if (wait->place != place_here) {
		deliver(wait);
		return;
	}
	set_state(wait, WAIT_FREE);
	coroutine_ready(wait->entry);
}

int words_wake(_Atomic uint32_t *word, unsigned count)
{
	size_t number = bucket_of(word);
	struct bucket *bucket = &table->buckets[number];
	unsigned woken = 0;

	lock(lock_of(number));
	for (struct wait *wait = bucket->first, *next; wait && woken < count; wait = next) {
		next = wait->next;
		if (wait->word != word)
			continue;
		unlink_from(bucket, wait);
		wake(wait);
		woken++;
	}
	unlock(lock_of(number));
	return (int)woken;
}

/* Collecting. */

static struct wait *reversed(struct wait *mail)
{
	struct wait *first = NULL;

	for (struct wait *next; mail; mail = next) {
		next = mail->mail;
		mail->mail = first;
		first = mail;
	}
	return first;
}

void words_collect(void)
{
	/* Acquire pairs with deliver(). Those who were woken first go first. */
	struct wait *mail = atomic_exchange_explicit(&ground->places[place_here].mail, NULL, memory_order_acquire);

	for (mail = reversed(mail); mail; mail = mail->mail) {
		set_state(mail, WAIT_FREE);
		coroutine_ready(mail->entry);
	}
}

/* After a death. */

static void suspect(struct wait *wait)
{
	wait->suspect = state_of(wait) == WAIT_WOKEN;
}

static void pardon(struct wait *wait)
{
	if (!wait->suspect || state_of(wait) != WAIT_WOKEN)
		return;
	set_state(wait, WAIT_FREE);
	coroutine_ready(wait->entry);
}

/* A wait that was woken before all locks have been passed on once is in the mail by then, unless its waker is dead. */
void words_pardon(void)
{
	each_wait(place_here, suspect);
	for (int i = 0; i < LOCKS; i++) {
		lock(&table->locks[i]);
		unlock(&table->locks[i]);
	}
	words_collect();
	each_wait(place_here, pardon);
}

static void set_free(struct wait *wait)
{
	set_state(wait, WAIT_FREE);
}

static void link_anew(struct wait *wait)
{
	if (state_of(wait) == WAIT_LINKED)
		link_last(&table->buckets[bucket_of(wait->word)], wait);
}

/* As lock(), and takes over the locks that the dead held. */
static void lock_after(struct lock *one, uint32_t dead)
{
	uint32_t holder = dead + 1;

	if (!atomic_compare_exchange_strong(&one->holder, &holder, place_here + 1))
		lock(one);
}

void words_bury(uint32_t dead)
{
	for (int i = 0; i < LOCKS; i++)
		lock_after(&table->locks[i], dead);
	each_wait(dead, set_free);
	atomic_store(&ground->places[dead].mail, NULL);
	for (int i = 0; i < BUCKETS; i++)
		if (table->buckets[i].first || table->buckets[i].last)
			table->buckets[i] = (struct bucket){0};
	for (uint32_t place = 0; place <= ground->workers; place++)
		each_wait(place, link_anew);
	for (int i = 0; i < LOCKS; i++)
		unlock(&table->locks[i]);
}

void words_inherit(void)
{
	spare = NULL;
	each_wait(place_here, give);
}
