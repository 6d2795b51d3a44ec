/* wait_table.h: entries that wait on the address of a word, as futex(2) has it.
 *
 * A hash table of words on which somebody waits; each word has its waiters in the order of their coming. The table
 * grows with the number of such words, and the waiters' nodes are the waiters' own, so that waiting allocates nothing
 * that can fail. One thread: comparing the word and waiting are one step by nature. */
#ifndef SIMUL_EVENT_LOOP_WAIT_TABLE_H
#define SIMUL_EVENT_LOOP_WAIT_TABLE_H

#include "queue.h"

/* Owned by the waiter, and in the table until it is woken. */
struct wait_node {
	const void *word;
	struct loop_entry *entry;
	struct wait_node *next;  /* the next waiter for the same word */
	struct wait_node *last;  /* in the first waiter for a word: the last one */
	struct wait_node *chain; /* in the first waiter for a word: the first one for another word of the bucket */
};

struct wait_table {
	struct wait_node **buckets; /* 2^bits of them */
	unsigned bits;
	size_t words; /* on which somebody waits */
};

/* -ENOMEM. */
int wait_table_open(struct wait_table *table);

/* Forgets all waiters. */
void wait_table_close(struct wait_table *table);

/* Adds a waiter whose word and entry are set, behind all others for the same word. */
void wait_table_add(struct wait_table *table, struct wait_node *node);

/* Takes up to count waiters for word out, the longest waiting first, and moves their entries to the end of ready;
 * returns how many. */
unsigned wait_table_wake(struct wait_table *table, const void *word, unsigned count, struct loop_queue *ready);

#endif
