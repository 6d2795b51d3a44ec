/* wait_table.h: entries that wait on the address of a word, as futex(2) has it.
 *
 * A hash table of words on which somebody waits; each word has its waiters in the order of their coming. One that waits
 * alone lies in the table itself, those who wait together in a queue of addresses: waking touches nothing of theirs,
 * which may be out of the cache. (A list through the stacks of 100,000 tasks takes as long to walk as switching to all
 * of them.) The table grows with the number of words. One thread: comparing the word and waiting are one step by
 * nature. */
#ifndef SIMUL_EVENT_LOOP_WAIT_TABLE_H
#define SIMUL_EVENT_LOOP_WAIT_TABLE_H

#include "queue.h"

#include <stdint.h>

/* Those who wait for the same word. */
struct wait_crowd {
	struct loop_queue entries;
	struct wait_crowd *next_spare;
};

struct wait_slot {
	const void *word; /* NULL: free */
	uintptr_t waiter;
};

struct wait_table {
	struct wait_slot *slots; /* mask + 1 of them, a power of two */
	size_t mask;
	unsigned shift;           /* of a product, to its upper bits */
	size_t words;             /* on which somebody waits */
	size_t most;              /* of them, before there are more slots */
	struct wait_crowd *spare; /* empty ones */
};

/* -ENOMEM. */
int wait_table_open(struct wait_table *table);

/* Forgets all waiters. */
void wait_table_close(struct wait_table *table);

/* Makes room for one more. */
void wait_table_grow(struct wait_table *table);

/* The slow half of wait_table_wake(): takes out of slot, which is the word's. */
unsigned wait_table_wake_slot(struct wait_table *table, struct wait_slot *slot, unsigned count,
			      struct loop_queue *ready);

/* A slot's waiter is an entry, or the address of a crowd with this bit. */
#define WAIT_CROWD ((uintptr_t)1)

/* Fibonacci hashing (D. Knuth, The Art of Computer Programming, vol. 3, 6.4): the upper bits of a product. */
static inline size_t wait_table_home(const struct wait_table *table, const void *word)
{
	return (uint64_t)(uintptr_t)word * UINT64_C(0x9E3779B97F4A7C15) >> table->shift;
}

/* The slot of the word, or the free one where it belongs. */
static inline struct wait_slot *wait_table_find(const struct wait_table *table, const void *word)
{
	size_t i = wait_table_home(table, word);

	while (table->slots[i].word && table->slots[i].word != word)
		i = (i + 1) & table->mask;
	return &table->slots[i];
}

/* Adds entry as the only waiter for word; false: there is another one, and nothing was done. */
static inline bool wait_table_add_alone(struct wait_table *table, const void *word, struct loop_entry *entry)
{
	struct wait_slot *slot = wait_table_find(table, word);

	if (slot->word)
		return false;
	slot->word = word;
	slot->waiter = (uintptr_t)entry;
	if (__builtin_expect(++table->words > table->most, 0))
		wait_table_grow(table);
	return true;
}

/* Adds entry as a waiter for word, behind all others for the same word. Ends the program if there is no memory. */
void wait_table_add(struct wait_table *table, const void *word, struct loop_entry *entry);

/* Takes up to count waiters for word out, the longest waiting first, and moves their entries to the end of ready;
 * returns how many. */
static inline unsigned wait_table_wake(struct wait_table *table, const void *word, unsigned count,
				       struct loop_queue *ready)
{
	struct wait_slot *slot = wait_table_find(table, word);

	if (!slot->word)
		return 0;
	/* Mostly one waits, and nobody was displaced by it. */
	if (__builtin_expect(slot->waiter & WAIT_CROWD || count == 0 ||
				     table->slots[(size_t)(slot + 1 - table->slots) & table->mask].word,
			     0))
		return wait_table_wake_slot(table, slot, count, ready);
	loop_queue_push(ready, (struct loop_entry *)slot->waiter);
	slot->word = NULL;
	table->words--;
	return 1;
}

#endif
