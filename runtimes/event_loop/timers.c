/* timers.c: see timers.h. Holes move through the heap instead of swaps; no node is written twice on the way. */
#include "timers.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { CHILDREN = 4, FIRST_CAPACITY = 60, LINE = 64, MUCH = 64 * 1024 };

void timers_close(struct timers *timers)
{
	free(timers->block);
	*timers = (struct timers){0};
}

/* Where in its block the heap begins, so that heap[1 .. 4], heap[5 .. 8] and so on are a line each. */
static size_t lead_of(const struct timer *block)
{
	return (LINE - sizeof(*block) - (uintptr_t)block % LINE + LINE) % LINE / sizeof(*block);
}

/* In place where it is large: no copy is left behind in the heap of malloc(). */
static int grow(struct timers *timers)
{
	size_t capacity = timers->capacity ? 2 * timers->capacity : FIRST_CAPACITY;
	size_t former = timers->block ? lead_of(timers->block) : 0;
	struct timer *block = realloc(timers->block, (capacity + LINE / sizeof(*block)) * sizeof(*block));

	if (!block)
		return -ENOMEM;
	if (former != lead_of(block))
		memmove(block + lead_of(block), block + former, timers->count * sizeof(*block));
	timers->block = block;
	timers->heap = block + lead_of(block);
	timers->capacity = capacity;
	return 0;
}

int timers_add(struct timers *timers, uint64_t time, struct loop_entry *entry)
{
	size_t hole = timers->count;

	if (timers->count == timers->capacity && grow(timers) < 0)
		return -ENOMEM;
	timers->count++;
	while (hole > 0) {
		size_t parent = (hole - 1) / CHILDREN;

		if (timers->heap[parent].time <= time)
			break;
		timers->heap[hole] = timers->heap[parent];
		hole = parent;
	}
	timers->heap[hole] = (struct timer){.time = time, .entry = entry};
	return 0;
}

static size_t earliest_child(const struct timers *timers, size_t first)
{
	const struct timer *heap = timers->heap;

	if (first + CHILDREN <= timers->count) {
		/* Two independent halves: no branch to predict, since which child is earliest is anybody's guess. */
		size_t left = first + (heap[first + 1].time < heap[first].time);
		size_t right = first + 2 + (heap[first + 3].time < heap[first + 2].time);

		return heap[right].time < heap[left].time ? right : left;
	}
	size_t earliest = first;

	for (size_t child = first + 1; child < timers->count; child++)
		if (heap[child].time < heap[earliest].time)
			earliest = child;
	return earliest;
}

/* Takes heap[0] out: its place goes to the last timer, which sinks to where it belongs. */
static void remove_earliest(struct timers *timers)
{
	struct timer last = timers->heap[--timers->count];
	size_t hole = 0;

	for (size_t first = 1; first < timers->count; first = CHILDREN * hole + 1) {
		size_t child = earliest_child(timers, first);

		if (last.time <= timers->heap[child].time)
			break;
		timers->heap[hole] = timers->heap[child];
		hole = child;
	}
	if (timers->count)
		timers->heap[hole] = last;
}

void timers_expire(struct timers *timers, uint64_t now, struct loop_queue *ready)
{
	while (timers->count && timers->heap[0].time <= now) {
		loop_queue_push(ready, timers->heap[0].entry);
		remove_earliest(timers);
	}
	if (timers->count == 0 && timers->capacity > MUCH)
		timers_close(timers);
}
