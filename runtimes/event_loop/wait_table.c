/* wait_table.c: see wait_table.h. Open addressing, linear probing; what is taken out leaves no gap (D. Knuth, The Art
 * of Computer Programming, vol. 3, 6.4, algorithms L and R). */
#include "wait_table.h"

#include "../check.h"

#include <errno.h>
#include <stdlib.h>

enum { FIRST_BITS = 6 };

static void set_slots(struct wait_table *table, struct wait_slot *slots, unsigned bits)
{
	size_t count = (size_t)1 << bits;

	table->slots = slots;
	table->mask = count - 1;
	table->shift = 64 - bits;
	table->most = count * 2 / 3;
}

int wait_table_open(struct wait_table *table)
{
	*table = (struct wait_table){0};
	set_slots(table, calloc((size_t)1 << FIRST_BITS, sizeof(*table->slots)), FIRST_BITS);
	return table->slots ? 0 : -ENOMEM;
}

void wait_table_close(struct wait_table *table)
{
	free(table->slots);
	*table = (struct wait_table){0};
}

/* At most two thirds of the slots are used, or all but one if there is no memory for more. */
void wait_table_grow(struct wait_table *table)
{
	struct wait_table grown = {.words = table->words};
	unsigned bits = 64 - table->shift + 1;

	set_slots(&grown, calloc((size_t)1 << bits, sizeof(*grown.slots)), bits);
	if (!grown.slots) {
		CHECK(table->words < table->mask, "no memory for %zu words that tasks wait on", table->words);
		return;
	}
	for (size_t i = 0; i <= table->mask; i++)
		if (table->slots[i].word)
			*wait_table_find(&grown, table->slots[i].word) = table->slots[i];
	free(table->slots);
	*table = grown;
}

static struct wait_node *crowd_of(const struct wait_slot *slot)
{
	return slot->waiter & WAIT_CROWD ? (struct wait_node *)(slot->waiter - WAIT_CROWD) : NULL;
}

void wait_table_add(struct wait_table *table, struct wait_node *node)
{
	if (wait_table_add_alone(table, node->word, node->entry))
		return;
	struct wait_slot *slot = wait_table_find(table, node->word);
	struct wait_node *first;

	node->next = NULL;
	if ((first = crowd_of(slot))) {
		first->last->next = node;
		first->last = node;
	} else {
		node->before = (struct loop_entry *)slot->waiter;
		node->last = node;
		slot->waiter = (uintptr_t)node | WAIT_CROWD;
	}
}

/* Frees a slot, and moves those into the gap that could not be found behind it any more. */
static void take_out(struct wait_table *table, struct wait_slot *slot)
{
	size_t mask = table->mask, gap = (size_t)(slot - table->slots);

	for (size_t i = (gap + 1) & mask; table->slots[i].word; i = (i + 1) & mask)
		if (((i - wait_table_home(table, table->slots[i].word)) & mask) >= ((i - gap) & mask)) {
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
		slot->waiter = (uintptr_t)crowd->next | WAIT_CROWD;
	} else {
		slot->waiter = (uintptr_t)crowd->entry;
	}
	return crowd->before;
}

unsigned wait_table_wake_slot(struct wait_table *table, struct wait_slot *slot, unsigned count,
			      struct loop_queue *ready)
{
	struct wait_node *crowd;
	unsigned woken = 0;

	for (; woken < count && (crowd = crowd_of(slot)); woken++)
		loop_queue_push(ready, take_first(slot, crowd));
	if (woken == count)
		return woken;
	loop_queue_push(ready, (struct loop_entry *)slot->waiter);
	take_out(table, slot);
	return woken + 1;
}
