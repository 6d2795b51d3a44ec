/* worker.h: what the parts of the runtime share: tasks, workers, and who may touch what.
 *
 * A worker is a thread that runs tasks; a task is a stack with its control block at the top. A task that is ready lies
 * in exactly one worker's deque (a parent whose child has started), queue (woken, or gave way) or slot (woken last, and
 * most likely to go on as soon as its waker waits). It belongs to whoever takes it out of there.
 *
 * A task must not be found before its registers are saved, or another worker would resume it in the middle. So whatever
 * makes a suspended task known to others happens after the switch, below the frames of the task that was switched to:
 * an after_switch (transfer.h). A worker that is alone does it before the switch, which is cheaper. A task that spawns
 * is an exception: thieves, who come seldom, wait until its registers are saved.
 *
 * A task can go on in another thread after any switch. Its worker is then found in the control block, where whoever
 * resumes it has put it; at the entry of a verb it is asked for by worker_here(), since a compiler may keep the address
 * of a thread-local variable, and that of errno, in a register across a switch. */
#ifndef SIMUL_WORK_STEALING_WORKER_H
#define SIMUL_WORK_STEALING_WORKER_H

#include "../coroutine/fiber.h"
#include "../event_loop/timers.h"
#include "../task.h"
#include "deque.h"
#include "spinlock.h"
#include "stacks.h"
#include "transfer.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* One line; the frames of the task begin in the next one. */
struct unit {
	/* While suspended. A task that spawns is in the deque already when it comes to be: NULL until then, and a
	 * release of all that is on the stack. */
	_Atomic(void *) stack_pointer;
	struct worker *worker;         /* who runs it, or ran it last; written by whoever resumes it */
	struct unit *parent;           /* who spawned it, and joins it */
	_Atomic(struct unit *) joiner; /* waits for the end; UNIT_ENDED afterwards */
	/* Where it is going to wait: read by what is done after the switch. */
	union {
		uint64_t deadline;
		_Atomic uint32_t *word;
		struct unit *child;
		struct task *task;          /* whose id says that it has ended, if it never waits */
		_Atomic(void *) *direction; /* readiness.h */
	};
	uint32_t expected;       /* of the word */
	struct loop_entry entry; /* among those who wait for a time or a word */
	unsigned long number;    /* task_number() */
	struct fiber fiber;
#if defined(FIBER_ADDRESS) || defined(FIBER_THREAD)
	task_function *function;
	void *argument;
	bool ended; /* and its parent goes on where it spawned it */
#endif
} __attribute__((aligned(64)));

#if !defined(FIBER_ADDRESS) && !defined(FIBER_THREAD)
_Static_assert(sizeof(struct unit) == 64, "a line");
#endif

#define UNIT_ENDED ((struct unit *)1)

struct worker {
	/* The thread's own, used by every verb. */
	struct unit *current;
	struct stack_cache stacks;
	int allowance; /* switches before the next look at the outside */
	int granted;
	int64_t unbroken; /* bottom of the deque after the last switch: a parent above it, unless somebody has taken it,
			   * waits for the child that it has started, and nobody but its descendants has run here since
			   */
	_Atomic unsigned long spawned; /* the number of the latest task; read by others at the end, as is ... */
	_Atomic unsigned long joined;  /* ... the count of tasks */
	/* The thread's own, used by its hub. */
	uint64_t looked_at, oldest_at; /* when it looked at the outside, and gave the oldest parent its turn */
	uint64_t nap;                  /* the last one; 0 when something has been found since */
	bool deaf;                     /* the next sleep is a nap */
	uint64_t random;
	unsigned index;
	unsigned operations;     /* on descriptors, since the start */
	struct loop_queue woken; /* room for taking many out of where they wait */
	/* Written by the thread, read by others. */
	_Atomic unsigned long blocked __attribute__((aligned(64))); /* waits for descriptors begun ... */
	_Atomic unsigned long unblocked;                            /* ... and ended by this worker */
	_Atomic(struct unit *) slot;                                /* taken by exchange, so by one worker only */
	struct deque deque;                                         /* parents */
	struct deque queue; /* pushed at the bottom, taken from the top by everybody */
	struct spinlock timers_lock;
	struct timers timers;
	_Atomic uint64_t earliest; /* timer, UINT64_MAX if there is none; written under the lock */
	struct unit hub;           /* the thread's own stack: looks for work when there is none at hand */
	pthread_t thread;
	void *alternate; /* stack for signals, of all threads but the first */
} __attribute__((aligned(64)));

/* All workers; fixed while tasks run. */
extern struct crew {
	struct worker *workers;
	unsigned count;
	unsigned long seed;      /* of disturbances, for tests; 0: none */
	_Atomic bool stop;       /* release: everybody leaves its hub */
	_Atomic bool deadlocked; /* why, if so */
} crew;

/* The worker of the calling thread: for worker_here() alone. */
extern _Thread_local struct worker *worker_of_thread;

/* The worker of the calling thread; to be asked for again after every switch. The thread's pointer is read each time:
 * a compiler may keep what it has computed from it in a register, and a task take it along to another thread. */
static inline __attribute__((always_inline)) struct worker *worker_here(void)
{
	struct worker *worker;

#if defined(__x86_64__)
	__asm__ volatile("movq %%fs:worker_of_thread@tpoff, %0" : "=r"(worker)::"memory");
#elif defined(__aarch64__)
	__asm__ volatile("mrs %0, tpidr_el0\n\t"
			 "add %0, %0, #:tprel_hi12:worker_of_thread, lsl #12\n\t"
			 "ldr %0, [%0, #:tprel_lo12_nc:worker_of_thread]"
			 : "=r"(worker)::"memory");
#endif
	return worker;
}

/* A count that one thread writes. Returns the new one. */
static inline unsigned long count_up(_Atomic unsigned long *count)
{
	unsigned long counted = atomic_load_explicit(count, memory_order_relaxed) + 1;

	atomic_store_explicit(count, counted, memory_order_relaxed);
	return counted;
}

/* The number of a task: which one it is of those that a worker has spawned, from 1, and above that whose. 0 is the
 * first task. */
static inline unsigned long task_number(unsigned worker, unsigned long spawned)
{
	return (unsigned long)worker << 48 | spawned;
}

/* What lies in the worker's slot, taken out; worker is the caller's. */
static inline struct unit *worker_take_slot(struct worker *worker)
{
	struct unit *unit = atomic_load_explicit(&worker->slot, memory_order_relaxed);

	if (!unit)
		return NULL;
	if (crew.count > 1)
		return atomic_exchange_explicit(&worker->slot, NULL, memory_order_acquire);
	atomic_store_explicit(&worker->slot, NULL, memory_order_relaxed);
	return unit;
}

/* Suspends the worker's current task until somebody makes it ready, which after() lets them. Returns 0. */
int worker_suspend(struct worker *worker, struct unit *self, after_switch *after);

/* Runs tasks on the calling thread, the worker's, until the run is over; the first one, function(argument), is started
 * if it is not NULL. */
void worker_run(struct worker *worker, struct unit *first, task_function *function, void *argument);

/* Unit, which was going to wait and need not, goes on soon. */
void worker_go_on(struct worker *worker, struct unit *unit);

/* Puts unit at the end of worker's queue, worker being the caller's, and calls somebody for it. */
void worker_ready(struct worker *worker, struct unit *unit);

/* The same for all that are in worker->woken. */
void worker_ready_woken(struct worker *worker);

#endif
