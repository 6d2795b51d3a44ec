/* wait_table.c: see wait_table.h. Open addressing, linear probing; what is taken out leaves no gap (D. Knuth, The Art
 * of Computer Programming, vol. 3, 6.4, algorithms L and R). */
#include "wait_table.h"

#include "../check.h"

#include <errno.h>
#include <stdlib.h>

enum { FIRST_BITS = 6 };

/* A slot's waiter is an entry, or the address of a node with this bit: see struct wait_node. */
#define CROWD ((uintptr_t)1)

static size_t size_of(const struct wait_table *table)
{
	return (size_t)1 << table->bits;
}

int wait_table_open(struct wait_table *table)
{
	*table = (struct wait_table){.bits = FIRST_BITS};
	table->slots = calloc(size_of(table), sizeof(*table->slots));
	return table->slots ? 0 : -ENOMEM;
}

void wait_table_close(struct wait_table *table)
{
	free(table->slots);
	*table = (struct wait_table){0};
}

/* Fibonacci hashing (Knuth, ibid.): the upper bits of a product. */
static size_t home_of(const struct wait_table *table, const void *word)
{
	uint64_t product = (uint64_t)(uintptr_t)word * UINT64_C(0x9E3779B97F4A7C15);

	return product >> (64 - table->bits);
}

/* The slot of the word, or the free one where it belongs. */
static struct wait_slot *find(const struct wait_table *table, const void *word)
{
	size_t mask = size_of(table) - 1, i = home_of(table, word);

	while (table->slots[i].word && table->slots[i].word != word)
		i = (i + 1) & mask;
	return &table->slots[i];
}

/* At most two thirds of the slots are used, or all but one if there is no memory for more. */
static void grow(struct wait_table *table)
{
	struct wait_table grown = {.bits = table->bits + 1, .words = table->words};

	grown.slots = calloc(size_of(&grown), sizeof(*grown.slots));
	if (!grown.slots) {
		CHECK(table->words + 1 < size_of(table), "no memory for %zu words that tasks wait on", table->words);
		return;
	}
	for (size_t i = 0; i < size_of(table); i++)
		if (table->slots[i].word)
			*find(&grown, table->slots[i].word) = table->slots[i];
	free(table->slots);
	*table = grown;
}

static struct wait_node *crowd_of(const struct wait_slot *slot)
{
	return slot->waiter & CROWD ? (struct wait_node *)(slot->waiter - CROWD) : NULL;
}

static void add_alone(struct wait_table *table, struct wait_slot *slot, const void *word, struct loop_entry *entry)
{
	*slot = (struct wait_slot){.word = word, .waiter = (uintptr_t)entry};
	if (++table->words * 3 > size_of(table) * 2)
		grow(table);
}

bool wait_table_add_alone(struct wait_table *table, const void *word, struct loop_entry *entry)
{
	struct wait_slot *slot = find(table, word);

	if (slot->word)
		return false;
	add_alone(table, slot, word, entry);
	return true;
}

void wait_table_add(struct wait_table *table, struct wait_node *node)
{
	struct wait_slot *slot = find(table, node->word);
	struct wait_node *first;

	node->next = NULL;
	if (!slot->word) {
		add_alone(table, slot, node->word, node->entry);
	} else if ((first = crowd_of(slot))) {
		first->last->next = node;
		first->last = node;
	} else {
		node->before = (struct loop_entry *)slot->waiter;
		node->last = node;
		slot->waiter = (uintptr_t)node | CROWD;
	}
}

/* Frees a slot, and moves those into the gap that could not be found behind it any more. */
static void take_out(struct wait_table *table, struct wait_slot *slot)
{
	size_t mask = size_of(table) - 1, gap = (size_t)(slot - table->slots);

	for (size_t i = (gap + 1) & mask; table->slots[i].word; i = (i + 1) & mask)
		if (((i - home_of(table, table->slots[i].word)) & mask) >= ((i - gap) & mask)) {
			table->slots[gap] = table->slots[i];
			gap = i;
		}
	table->slots[gap].word = NULL;
	table->words--;
}

/* Takes the longest waiting of a crowd out of it. */
static struct loop_entry *take_first(struct wait_slot *slot, struct wait_node *crowd)
{
	if (crowd->next) {
		crowd->next->before = crowd->entry;
		crowd->next->last = crowd->last;
		slot->waiter = (uintptr_t)crowd->next | CROWD;
	} else {
		slot->waiter = (uintptr_t)crowd->entry;
	}
	return crowd->before;
}

unsigned wait_table_wake(struct wait_table *table, const void *word, unsigned count, struct loop_queue *ready)
{
	struct wait_slot *slot = find(table, word);
	struct wait_node *crowd;
	unsigned woken = 0;

	if (!slot->word)
		return 0;
	for (; woken < count && (crowd = crowd_of(slot)); woken++)
		loop_queue_push(ready, take_first(slot, crowd));
	if (woken == count)
		return woken;
	loop_queue_push(ready, (struct loop_entry *)slot->waiter);
	take_out(table, slot);
	return woken + 1;
}
