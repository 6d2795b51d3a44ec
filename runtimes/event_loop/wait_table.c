/* wait_table.c: see wait_table.h. Open addressing, linear probing; what is taken out leaves no gap (D. Knuth, The Art
 * of Computer Programming, vol. 3, 6.4, algorithms L and R). */
#include "wait_table.h"

#include "../check.h"

#include <errno.h>
#include <stdlib.h>

/* A crowd that had room for more than MANY does not keep it. */
enum { FIRST_BITS = 6, MANY = 1024 };

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

/* At most two thirds of the slots are used, or all but one if there is no memory for more. */
void wait_table_grow(struct wait_table *table)
{
	struct wait_table grown = {.words = table->words, .spare = table->spare};
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

static struct wait_crowd *crowd_of(const struct wait_slot *slot)
{
	return slot->waiter & WAIT_CROWD ? (struct wait_crowd *)(slot->waiter - WAIT_CROWD) : NULL;
}

static struct wait_crowd *take_crowd(struct wait_table *table)
{
	struct wait_crowd *crowd = table->spare;

	if (crowd) {
		table->spare = crowd->next_spare;
		return crowd;
	}
	crowd = malloc(sizeof(*crowd));
	CHECK(crowd && loop_queue_open(&crowd->entries) == 0, "no memory for tasks that wait together");
	return crowd;
}

static void free_crowd(struct wait_crowd *crowd)
{
	loop_queue_close(&crowd->entries);
	free(crowd);
}

static void give_crowd(struct wait_table *table, struct wait_crowd *crowd)
{
	if (crowd->entries.mask >= MANY) {
		free_crowd(crowd);
		return;
	}
	crowd->next_spare = table->spare;
	table->spare = crowd;
}

void wait_table_close(struct wait_table *table)
{
	for (size_t i = 0; table->slots && i <= table->mask; i++)
		if (table->slots[i].word && crowd_of(&table->slots[i]))
			free_crowd(crowd_of(&table->slots[i]));
	for (struct wait_crowd *crowd = table->spare, *next; crowd; crowd = next) {
		next = crowd->next_spare;
		free_crowd(crowd);
	}
	free(table->slots);
	*table = (struct wait_table){0};
}

void wait_table_add(struct wait_table *table, const void *word, struct loop_entry *entry)
{
	if (wait_table_add_alone(table, word, entry))
		return;
	struct wait_slot *slot = wait_table_find(table, word);
	struct wait_crowd *crowd = crowd_of(slot);

	if (!crowd) {
		crowd = take_crowd(table);
		loop_queue_push(&crowd->entries, (struct loop_entry *)slot->waiter);
		slot->waiter = (uintptr_t)crowd | WAIT_CROWD;
	}
	loop_queue_push(&crowd->entries, entry);
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

unsigned wait_table_wake_slot(struct wait_table *table, struct wait_slot *slot, unsigned count,
			      struct loop_queue *ready)
{
	struct wait_crowd *crowd = crowd_of(slot);
	unsigned woken = 0;

	if (count == 0)
		return 0;
	if (!crowd) {
		loop_queue_push(ready, (struct loop_entry *)slot->waiter);
		take_out(table, slot);
		return 1;
	}
	for (; woken < count && !loop_queue_empty(&crowd->entries); woken++)
		loop_queue_push(ready, loop_queue_pop(&crowd->entries));
	if (loop_queue_empty(&crowd->entries)) {
		give_crowd(table, crowd);
		take_out(table, slot);
	}
	return woken;
}
