/* queue.c: see queue.h. */
#include "queue.h"

#include "../check.h"

#include <errno.h>
#include <stdlib.h>

enum { FIRST_SLOTS = 64 };

int loop_queue_open(struct loop_queue *queue)
{
	*queue = (struct loop_queue){.mask = FIRST_SLOTS - 1};
	queue->slots = calloc(FIRST_SLOTS, sizeof(struct loop_entry *));
	return queue->slots ? 0 : -ENOMEM;
}

void loop_queue_close(struct loop_queue *queue)
{
	free(queue->slots);
	*queue = (struct loop_queue){0};
}

void loop_queue_grow(struct loop_queue *queue)
{
	size_t room = queue->mask + 1;
	/* In place where it is large: no copy is left behind in the heap. */
	struct loop_entry **slots = realloc(queue->slots, 2 * room * sizeof(struct loop_entry *));

	CHECK(slots, "no memory for a queue of %zu tasks that are ready", 2 * room);
	queue->slots = slots;
	for (size_t i = queue->head; i != queue->tail; i++)
		slots[i & (2 * room - 1)] = slots[i & queue->mask]; /* stays, or goes to the new half */
	queue->mask = 2 * room - 1;
}
