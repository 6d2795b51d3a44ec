/* ledger.h: the tasks of a pool of processes, in memory that all of them share.
 *
 * Jobs are numbered; a job is free, queued, in the hands of a worker, or ended and not joined yet. Every process may
 * call every function; one lock guards all, a futex word that says which place holds it: a process that is
 * killed in the middle of a change leaves either the old state or the new one, or one that ledger_bury() puts right
 * before it frees the lock. Sleeping is done on futex words that lie in the ledger, or, where jobs wait for
 * descriptors, in readiness.h. */
#ifndef SIMUL_PROCESS_POOL_LEDGER_H
#define SIMUL_PROCESS_POOL_LEDGER_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "../kernel/readiness.h"
#include "../task.h"

enum { LEDGER_JOBS = 1 << 20 };
#define LEDGER_NOBODY UINT32_MAX

enum job_state { JOB_RUNNING, JOB_AWAITED, JOB_ENDED, JOB_CRASHED };

struct job {
	_Atomic uint32_t state; /* enum job_state; a futex */
	uint32_t generation;    /* how often the number was given back */
	uint32_t next_free;
	uint32_t position; /* in the ring, while it is queued */
	uint64_t outer;    /* what its worker runs beneath it, and goes on with afterwards: as in struct place */
	task_function *function;
	void *argument;
};

/* A worker's; it lives on when the worker is replaced. */
struct place {
	_Atomic uint64_t job;   /* what it runs: a number and its generation, packed; or nothing */
	_Atomic uint64_t outer; /* of the job that has ended last, which may be given back and used again meanwhile */
	_Atomic uint32_t awake; /* 0: it sleeps, and is among the idle ones; a futex */
} __attribute__((aligned(64))); /* places share no cache line */

struct ledger {
	_Atomic uint32_t lock;          /* 0: free; see lock() */
	struct readiness readiness;     /* its descriptors are those of all processes */
	_Atomic uint32_t first, behind; /* the queue is ring[first .. behind), modulo its size */
	_Atomic uint32_t free;          /* the first free job that was used before, or LEDGER_NOBODY */
	_Atomic uint32_t used;          /* jobs from here on were never used */
	_Atomic uint32_t idle_count;
	_Atomic uint32_t ending;
	_Atomic uint32_t started; /* by the supervisor: 1 once it has tried to start all workers; a futex */
	int error;                /* why it could not; 0 or -errno */
	uint32_t workers;
	struct place *places; /* one a worker */
	uint32_t *idle;       /* places, last in, first out */
	uint32_t *ring;       /* jobs in the order of spawning; LEDGER_NOBODY where one was taken back */
	struct job *jobs;
};

/* Bytes of zeroed, page-aligned shared memory that a ledger takes; few of them are ever touched. */
size_t ledger_bytes(uint32_t workers);

/* Makes a ledger of such memory. Addresses in it hold in every process that is forked afterwards. 0; -EMFILE, -ENFILE.
 */
int ledger_open(struct ledger **ledger, void *memory, uint32_t workers);

/* When all other processes have ended. */
void ledger_close(struct ledger *ledger);

/* Adds a job to the queue and wakes a worker that is idle. place: the caller's, or LEDGER_NOBODY for no worker.
 * Its number, or -EAGAIN: there are LEDGER_JOBS already. */
int64_t ledger_add(struct ledger *ledger, uint32_t place, task_function *function, void *argument);

/* For a worker: the next job, which is then what its place runs; sleeps until there is one. LEDGER_NOBODY: the end. */
uint32_t ledger_next(struct ledger *ledger, uint32_t place);

/* For a worker: its job returned, and goes on when fd is ready; the place runs what it ran before. */
void ledger_requeue(struct ledger *ledger, uint32_t place, int fd, short events);

/* For a worker: takes the job out of the queue, to be run inside of the one that runs. 0: somebody has begun it. */
int ledger_take_back(struct ledger *ledger, uint32_t place, uint32_t number);

/* The worker's job has returned: wakes who joins it; the place runs what it ran before. */
void ledger_finish(struct ledger *ledger, uint32_t place);

/* Waits until the job has ended or crashed, frees its number, and returns JOB_ENDED or JOB_CRASHED. */
enum job_state ledger_await(struct ledger *ledger, uint32_t place, uint32_t number);

/* Whether the place runs a job. */
int ledger_is_busy(const struct ledger *ledger, uint32_t place);

/* By who forks workers: the worker of this place is dead, and no other has it yet: the jobs that it ran, one inside the
 * other, have crashed. */
void ledger_bury(struct ledger *ledger, uint32_t place);

/* Sends every worker home once it has nothing to do. */
void ledger_end(struct ledger *ledger);

#endif
