/* wait_table.c: see wait_table.h. Buckets are chains of words, not of waiters: waking one of many words costs the same
 * however many wait for each. */
#include "wait_table.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

enum { FIRST_BITS = 6 };

int wait_table_open(struct wait_table *table)
{
	*table = (struct wait_table){.bits = FIRST_BITS};
	table->buckets = calloc((size_t)1 << FIRST_BITS, sizeof(*table->buckets));
	return table->buckets ? 0 : -ENOMEM;
}

void wait_table_close(struct wait_table *table)
{
	free(table->buckets);
	*table = (struct wait_table){0};
}

/* Fibonacci hashing (D. Knuth, The Art of Computer Programming, vol. 3, 6.4): the upper bits of a product. */
static struct wait_node **bucket_of(const struct wait_table *table, const void *word)
{
	uint64_t product = (uint64_t)(uintptr_t)word * UINT64_C(0x9E3779B97F4A7C15);

	return &table->buckets[product >> (64 - table->bits)];
}

/* The place that points to the first waiter for word, or to NULL at the end of its bucket. */
static struct wait_node **find(const struct wait_table *table, const void *word)
{
	struct wait_node **place = bucket_of(table, word);

	while (*place && (*place)->word != word)
		place = &(*place)->chain;
	return place;
}

/* Without memory for more buckets the chains get longer, and nothing else happens. */
static void grow(struct wait_table *table)
{
	struct wait_table grown = {.bits = table->bits + 1, .words = table->words};

	grown.buckets = calloc((size_t)1 << grown.bits, sizeof(*grown.buckets));
	if (!grown.buckets)
		return;
	for (size_t i = 0; i < (size_t)1 << table->bits; i++)
		for (struct wait_node *node = table->buckets[i], *chain; node; node = chain) {
			struct wait_node **place = bucket_of(&grown, node->word);

			chain = node->chain;
			node->chain = *place;
			*place = node;
		}
	free(table->buckets);
	*table = grown;
}

void wait_table_add(struct wait_table *table, struct wait_node *node)
{
	struct wait_node **place = find(table, node->word), *first = *place;

	node->next = NULL;
	if (first) {
		first->last->next = node;
		first->last = node;
		return;
	}
	node->last = node;
	node->chain = NULL;
	*place = node;
	if (++table->words > (size_t)1 << table->bits)
		grow(table);
}

unsigned wait_table_wake(struct wait_table *table, const void *word, unsigned count, struct loop_queue *ready)
{
	struct wait_node **place = find(table, word), *node = *place;
	unsigned woken = 0;

	if (!node)
		return 0;
	struct wait_node *last = node->last, *chain = node->chain;

	for (; node && woken < count; node = node->next, woken++)
		loop_queue_push(ready, node->entry);
	if (node) {
		node->last = last;
		node->chain = chain;
		*place = node;
	} else {
		*place = chain;
		table->words--;
	}
	return woken;
}
