/* worker.h: what the parts of the runtime share: tasks, workers, and who may touch what.
 *
 * A worker is a thread that runs tasks; a task is a stack with its control block at the top. A task that is ready lies
 * in exactly one worker's deque (a parent whose child has started), queue (woken, or gave way) or slot (woken last, and
 * most likely to go on as soon as its waker waits). It belongs to whoever takes it out of there.
 *
 * A task must not be found before its registers are saved, or another worker would resume it in the middle. So whatever
 * makes a suspended task known to others happens after the switch, below the frames of the task that was switched to:
 * an after_switch.
 *
 * A task can go on in another thread after any switch. Its worker is then found in the control block, where whoever
 * resumes it has put it; at the entry of a verb it is asked for by worker_here(), which is not inlined, since a
 * compiler may keep the address of a thread-local variable, and that of errno, in a register across a switch. */
#ifndef SIMUL_WORK_STEALING_WORKER_H
#define SIMUL_WORK_STEALING_WORKER_H

#include "../coroutine/fiber.h"
#include "../event_loop/timers.h"
#include "../task.h"
#include "deque.h"
#include "spinlock.h"
#include "stacks.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct worker;
struct readiness;

struct unit {
	void *stack_pointer;           /* while suspended */
	struct worker *worker;         /* who runs it, or ran it last; written by whoever resumes it */
	_Atomic(struct unit *) joiner; /* waits for the end; UNIT_ENDED afterwards */
	struct unit *parent;           /* who spawned it, and joins it */
	task_function *function;
	void *argument;
	struct unit *next; /* in a list of free stacks, or of waiters for a word */
	unsigned long number;
	/* Where it is going to wait: read by what is done after the switch. */
	union {
		uint64_t deadline;
		struct {
			_Atomic uint32_t *word;
			uint32_t expected;
		};
		struct unit *child;
		_Atomic(void *) *direction; /* readiness.h */
	};
	struct loop_entry timer;
	struct fiber fiber;
};

#define UNIT_ENDED ((struct unit *)1)

/* Makes the unit that was left known to others; its stack is no longer in use. */
typedef void after_switch(struct worker *worker, struct unit *left);

struct worker {
	/* The thread's own, used at every switch. */
	struct unit *current;
	after_switch *after; /* to be called when the stack of `left` has been left */
	struct unit *left;
	int allowance; /* switches before the next look at the outside */
	int granted;
	struct stack_cache stacks;
	uint64_t looked_at;
	unsigned index;
	unsigned operations; /* on descriptors, since the start */
	unsigned turn;       /* of find_own() */
	uint64_t random;
	/* Written by the thread, read by others. */
	_Atomic unsigned long spawned, joined;                    /* tasks */
	_Atomic unsigned long blocked;                            /* waits for descriptors begun ... */
	_Atomic unsigned long unblocked;                          /* ... and ended by this worker */
	_Atomic(struct unit *) slot __attribute__((aligned(64))); /* taken by exchange, so by one worker only */
	struct deque deque;
	struct deque queue; /* pushed at the bottom, taken from the top by everybody */
	struct spinlock timers_lock;
	struct timers timers;
	_Atomic uint64_t earliest; /* timer, UINT64_MAX if there is none; written under the lock */
	struct loop_queue expired; /* the thread's own: room for taking timers out */
	struct unit hub;           /* the thread's own stack: looks for work when there is none at hand */
	pthread_t thread;
	void *alternate; /* stack for signals, of all threads but the first */
} __attribute__((aligned(64)));

/* All workers; fixed while tasks run. */
extern struct crew {
	struct worker *workers;
	unsigned count;
	_Atomic bool stop;       /* release: everybody leaves its hub */
	_Atomic bool deadlocked; /* why, if so */
} crew;

/* The worker of the calling thread; to be asked for again after every switch. */
struct worker *worker_here(void);

/* A count that one thread writes. */
static inline void count_up(_Atomic unsigned long *count)
{
	atomic_store_explicit(count, atomic_load_explicit(count, memory_order_relaxed) + 1, memory_order_relaxed);
}

/* Suspends the worker's current task until somebody makes it ready, which after() lets them. Returns 0. */
int worker_suspend(struct worker *worker, struct unit *self, after_switch *after);

/* Runs tasks on the calling thread, the worker's, until the run is over; the first one is started if it is not NULL. */
void worker_run(struct worker *worker, struct unit *first);

/* Unit, which was going to wait and need not, goes on soon. */
void worker_go_on(struct worker *worker, struct unit *unit);

/* Puts unit at the end of worker's queue, worker being the caller's, and sees to it that somebody comes for it. */
void worker_ready(struct worker *worker, struct unit *unit);

#endif
