/* wait_table.h: entries that wait on the address of a word, as futex(2) has it.
 *
 * A hash table of words on which somebody waits; each word has its waiters in the order of their coming. One that waits
 * alone lies in the table itself, so that waking it touches nothing of its own, which may be out of the cache. The
 * table grows with the number of words, and what more than one waiter takes is the waiters' own. One thread: comparing
 * the word and waiting are one step by nature. */
#ifndef SIMUL_EVENT_LOOP_WAIT_TABLE_H
#define SIMUL_EVENT_LOOP_WAIT_TABLE_H

#include "queue.h"

#include <stdint.h>

/* Owned by the waiter until it is woken. The first waiter for a word needs none; the second one's node holds the first
 * one too, and is what the table knows. When the first is woken the third one's node holds the second, and so on. */
struct wait_node {
	const void *word;
	struct loop_entry *entry;
	struct wait_node *next;    /* who came next, for the same word */
	struct wait_node *last;    /* in the first node for a word: who came last */
	struct loop_entry *before; /* in the first node for a word: who came before its owner */
};

struct wait_slot {
	const void *word; /* NULL: free */
	uintptr_t waiter;
};

struct wait_table {
	struct wait_slot *slots; /* 2^bits of them */
	unsigned bits;
	size_t words; /* on which somebody waits */
};

/* -ENOMEM. */
int wait_table_open(struct wait_table *table);

/* Forgets all waiters. */
void wait_table_close(struct wait_table *table);

/* Adds entry as the only waiter for word, without a node; false: there is another one, and nothing was done. */
bool wait_table_add_alone(struct wait_table *table, const void *word, struct loop_entry *entry);

/* Adds a waiter whose word and entry are set, behind all others for the same word. */
void wait_table_add(struct wait_table *table, struct wait_node *node);

/* Takes up to count waiters for word out, the longest waiting first, and moves their entries to the end of ready;
 * returns how many. */
unsigned wait_table_wake(struct wait_table *table, const void *word, unsigned count, struct loop_queue *ready);

#endif
