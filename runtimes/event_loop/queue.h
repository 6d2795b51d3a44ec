/* queue.h: what the loop schedules, and the order it does so.
 *
 * An entry is a node that lies inside whatever can be resumed: the control block of a stackful coroutine, the state of
 * an async function, the record of a callback. The loop keeps its address and hands it back; it never calls, owns or
 * frees one, and what resuming means is known only to the runtime that put it there. An entry is in at most one place
 * at a time: a queue, the timers, the poller, or the wait table.
 *
 * The queue is a ring of addresses and not a list through the entries: who runs a few turns from now is then known
 * without touching those who run before, and can be fetched into the cache meanwhile (loop_queue_coming()). A list
 * costs a miss of the cache, or of the TLB, a step, one after another, once there are more entries than fit. One
 * thread. */
#ifndef SIMUL_EVENT_LOOP_QUEUE_H
#define SIMUL_EVENT_LOOP_QUEUE_H

#include <stdbool.h>
#include <stddef.h>

/* Result is set to 0 by whoever makes the entry wait, and to a negative errno value by what ends the wait in failure:
 * waking in the ordinary way touches only the queue, not the entries, which may all be out of the cache. */
struct loop_entry {
	int result;
};

/* First in, first out. Head and tail run freely and are cut down by mask; they are equal when the queue is empty. */
struct loop_queue {
	struct loop_entry **slots; /* mask + 1 of them, a power of two */
	size_t head;
	size_t mask; /* between the other two: a compiler that moves neighbours as one vector stalls on their stores */
	size_t tail;
};

/* -ENOMEM. */
int loop_queue_open(struct loop_queue *queue);

/* Forgets all entries. */
void loop_queue_close(struct loop_queue *queue);

/* Doubles the room; ends the program if there is no memory for it. */
void loop_queue_grow(struct loop_queue *queue);

static inline bool loop_queue_empty(const struct loop_queue *queue)
{
	return queue->head == queue->tail;
}

static inline bool loop_queue_full(const struct loop_queue *queue)
{
	return queue->tail - queue->head > queue->mask;
}

static inline void loop_queue_push(struct loop_queue *queue, struct loop_entry *entry)
{
	if (__builtin_expect(loop_queue_full(queue), 0))
		loop_queue_grow(queue);
	queue->slots[queue->tail++ & queue->mask] = entry;
}

/* For what should run next and not in its turn: a parent whose child starts, a joiner whose task has ended. */
static inline void loop_queue_push_front(struct loop_queue *queue, struct loop_entry *entry)
{
	if (__builtin_expect(loop_queue_full(queue), 0))
		loop_queue_grow(queue);
	queue->slots[--queue->head & queue->mask] = entry;
}

/* The first entry, taken out. The queue must not be empty. */
static inline struct loop_entry *loop_queue_pop(struct loop_queue *queue)
{
	return queue->slots[queue->head++ & queue->mask];
}

static inline size_t loop_queue_count(const struct loop_queue *queue)
{
	return queue->tail - queue->head;
}

/* Who will be popped after `turns` others; there must be as many. */
static inline struct loop_entry *loop_queue_at(const struct loop_queue *queue, size_t turns)
{
	return queue->slots[(queue->head + turns) & queue->mask];
}

/* The same, or NULL if nobody is known yet. */
static inline struct loop_entry *loop_queue_coming(const struct loop_queue *queue, size_t turns)
{
	return loop_queue_count(queue) > turns ? loop_queue_at(queue, turns) : NULL;
}

/* Entry goes to the end and the first one is taken out. The queue must not be empty. */
static inline struct loop_entry *loop_queue_rotate(struct loop_queue *queue, struct loop_entry *entry)
{
	struct loop_entry *first = queue->slots[queue->head++ & queue->mask];

	queue->slots[queue->tail++ & queue->mask] = entry;
	return first;
}

#endif
