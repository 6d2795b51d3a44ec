/* event.c: events, and what tasks wait with, built on them. One thread: looking and waiting are one step by nature. */
#include "../async.h"

#include "scheduler.h"

enum async_state async_wait(struct async *self, struct async_event *event)
{
	self->next = NULL;
	if (event->first)
		event->last->next = self;
	else
		event->first = self;
	event->last = self;
	return ASYNC_SUSPENDED;
}

unsigned async_wake(struct async_event *event, unsigned count)
{
	unsigned woken = 0;

	for (; event->first && woken < count; woken++) {
		loop_ready(&async_loop, &event->first->entry);
		event->first = event->first->next;
	}
	return woken;
}

enum async_state async_gate_pass(struct async *self, struct async_gate *gate, uint32_t expected)
{
	if (++gate->arrived == expected) {
		gate->complete = true;
		async_wake(&gate->completion, UINT_MAX);
	}
	return gate->open ? ASYNC_DONE : async_wait(self, &gate->opening);
}

enum async_state async_gate_await(struct async *self, struct async_gate *gate, uint32_t expected)
{
	return expected == 0 || gate->complete ? ASYNC_DONE : async_wait(self, &gate->completion);
}

void async_gate_open(struct async_gate *gate)
{
	gate->open = true;
	async_wake(&gate->opening, UINT_MAX);
}

enum async_state async_semaphore_acquire(struct async *self, struct async_semaphore *semaphore)
{
	if (semaphore->permits == 0)
		return async_wait(self, &semaphore->released);
	semaphore->permits--;
	return ASYNC_DONE;
}

/* The permit goes to the longest waiting directly, and nobody who comes later can take it first. */
void async_semaphore_release(struct async_semaphore *semaphore)
{
	if (async_wake(&semaphore->released, 1) == 0)
		semaphore->permits++;
}
