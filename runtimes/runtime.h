/* runtime.h: what a runtime says of itself.
 *
 * Each runtime defines the one `runtime` below in its own folder. A player prints it as `info`; the driver compares
 * its capabilities with a workload's needs. Nobody ever asks for a runtime by name. */
#ifndef SIMUL_RUNTIME_H
#define SIMUL_RUNTIME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum runtime_capability {
	RUNTIME_INTERLEAVES = 1 << 0,     /* a task makes progress while another one waits */
	RUNTIME_PARALLEL = 1 << 1,        /* tasks run on several cores at the same time */
	RUNTIME_SHARES_MEMORY = 1 << 2,   /* tasks see all memory of each other, not only task_shared() */
	RUNTIME_PREEMPTS = 1 << 3,        /* a task that never yields does not stop the others */
	RUNTIME_SWITCHES_STACKS = 1 << 4, /* tasks run on stacks of our own; sanitizers need telling */
	RUNTIME_POOLED = 1 << 5,   /* only as many tasks as workers are under way; one that waits keeps its worker */
	RUNTIME_WORKERS = 1 << 6,  /* tasks run on runtime_worker_count() workers, which a player takes as workers=N */
	RUNTIME_REQUEUES = 1 << 7, /* task_requeue() works: a pooled task waits for a descriptor without a worker */
	RUNTIME_NO_SOCKETS = 1 << 8, /* none of the verbs for sockets works: -ENOTSUP */
	RUNTIME_FILES = 1 << 9 /* a task that reads, writes or syncs a file stops no other one: task_fsync() ... */
};

/* For time limits: about what it takes to create, run and join a task; to go to another one by yielding; and to wake
 * one and wait. 0: what is assumed of a model with such capabilities. */
struct runtime_costs {
	uint64_t task_ns, switch_ns, wake_ns;
};

struct runtime {
	const char *name;      /* as in simul-NAME: lower case, digits and '-' */
	const char *model;     /* one line: what a task is here */
	const char *dialect;   /* "direct", "callback" or "async" */
	const char *suspends;  /* how a task lets another one run */
	const char *shares;    /* what tasks share */
	const char *breaks;    /* where the model ends: the limit that a user meets first */
	const char *sources;   /* where the method comes from */
	unsigned capabilities; /* of enum runtime_capability, or-ed */
	const char *library;   /* what it is made of that others wrote, with the version; NULL: nothing */
	struct runtime_costs costs;
	bool peer;      /* others' work, built to be compared with ours; played only where asked for */
	bool reference; /* ours over others' loop: played like ours, compared with like a peer */
	bool floor;     /* no runtime: the bare calls of the kernel, the line beneath the models */
};

extern const struct runtime runtime;

/* Why this runtime cannot run on this machine at all (what the kernel lacks or forbids), where task_run(), or what its
 * dialect has for it, has failed by that: a sentence without its full stop. Empty in all other cases. */
#define RUNTIME_OBSTACLE_MAX 200
extern char runtime_obstacle[RUNTIME_OBSTACLE_MAX];

/* For the runtime, before it returns the error. */
__attribute__((format(printf, 1, 2))) void runtime_cannot_run(const char *format, ...);

/* The stacks of a runtime that switches them (coroutine/stack.h): set before task_run(). Bytes of address space for
 * each, 0: as the runtime finds right. Less than four pages: without guards, and packed, many to a page. Rounded up: to
 * a power of two, RUNTIME_STACK_LEAST at least, or to whole pages; what is used stands here from task_run() on. */
enum { RUNTIME_STACK_LEAST = 1024 };
extern size_t runtime_stack_bytes;
extern bool runtime_stack_unguarded;

/* How many workers a runtime that has some (a pool, work stealing) starts: set before task_run(); 0: one for each core
 * that this process may run on. */
extern unsigned runtime_workers;

/* runtime_workers, or the number of cores where it is 0. */
unsigned runtime_worker_count(void);

#endif
