/* loop.h: the event loop under callbacks, async functions and coroutines on one thread.
 *
 * The loop is a source of entries (queue.h), not a caller of functions: loop_next() says who runs next, and the runtime
 * resumes it in its own way. A callback runtime and an async one ask from a hub and call what they get; a stackful
 * coroutine asks when it suspends, and switches to what it gets: from task to task directly, with no hub in between.
 * The way of suspending is then all that differs between them.
 *
 *	what makes an entry ready	where it waits
 *	loop_ready()			nowhere: it can run
 *	a time that has come		timers.h
 *	an operation on a socket	poller.h
 *	a word that another one wakes	wait_table.h
 *
 * Ready entries run in the order in which they became ready. The loop looks at the clock and at the descriptors when
 * none is left, and besides whenever the ones it handed out have had about LOOP_LOOK_NS together, so that neither those
 * who are always ready nor those who wait for the outside starve the others. It allots entries and not time, since
 * reading the clock costs several switches: the time that entries took lately says how many to hand out next.
 *
 * Descriptors are not looked at again before about as many entries were handed out as were ready after the last time,
 * LOOP_ALLOWANCE at most: what is found sooner would stand behind those anyway. With thousands of connections it is the
 * kernel's queue that is long then, and not `ready`, whose entries would be out of the cache again in their turns.
 *
 * One thread. The fields are public to be inlined; only this module changes them. */
#ifndef SIMUL_EVENT_LOOP_LOOP_H
#define SIMUL_EVENT_LOOP_LOOP_H

#include "poller.h"
#include "queue.h"
#include "timers.h"
#include "wait_table.h"

/* How long those who wait for the outside are left waiting by those who are always ready, roughly, in ns. */
#define LOOP_LOOK_NS UINT64_C(100000)
/* Entries handed out between two looks, at most: a look costs about 0.2 us, a switch 4 ns. And before the first look
 * that counts, while nobody waits for the outside and nothing is known of how long entries take. */
#define LOOP_ALLOWANCE 256
#define LOOP_FIRST_ALLOWANCE 16

struct loop {
	struct loop_queue ready;
	int allowance; /* entries still to be handed out before the next look */
	int granted;   /* what allowance was after the last look */
	uint64_t looked_at;
	int round; /* entries still to be handed out before the next look at the descriptors */
	struct timers timers;
	struct wait_table words;
	struct poller poller;
};

/* -ENOMEM, -EMFILE, -ENFILE. */
int loop_open(struct loop *loop);

/* Forgets all entries; they are not the loop's own. */
void loop_close(struct loop *loop);

/* The slow half of loop_next(): looks at the timers and the descriptors, and waits for them if nobody is ready. */
struct loop_entry *loop_look(struct loop *loop);

/* Who runs next, taken out of the ready queue; waits until there is somebody.
 * NULL: nobody is ready, and no timer or descriptor can change that. */
static inline struct loop_entry *loop_next(struct loop *loop)
{
	if (__builtin_expect(!loop_queue_empty(&loop->ready) && --loop->allowance > 0, 1))
		return loop_queue_pop(&loop->ready);
	return loop_look(loop);
}

/* Entry can run, after all that can already. */
static inline void loop_ready(struct loop *loop, struct loop_entry *entry)
{
	loop_queue_push(&loop->ready, entry);
}

/* The quick half of loop_rotate(), which touches nothing but the queue. NULL: nothing was done, and the slow half is
 * due: it is time to look, or nobody else is ready. */
static inline struct loop_entry *loop_rotate_quickly(struct loop *loop, struct loop_entry *entry)
{
	if (__builtin_expect(loop_queue_empty(&loop->ready) || --loop->allowance <= 0, 0))
		return NULL;
	return loop_queue_rotate(&loop->ready, entry);
}

/* Loop_ready() and loop_next() in one: entry goes to the end, and who runs next comes back, which may be entry itself.
 */
static inline struct loop_entry *loop_rotate(struct loop *loop, struct loop_entry *entry)
{
	struct loop_entry *next = loop_rotate_quickly(loop, entry);

	if (__builtin_expect(next != NULL, 1))
		return next;
	loop_queue_push(&loop->ready, entry);
	return loop_look(loop);
}

/* Entry can run, and before all others. */
static inline void loop_ready_first(struct loop *loop, struct loop_entry *entry)
{
	loop_queue_push_front(&loop->ready, entry);
}

#endif
