/* process_pool.c: forked workers, each of which runs a task at a time.
 *
 *	the first task's process
 *	  `- supervisor        forked by the first task_spawn(); waits for workers, says which died, and replaces them
 *	       |- worker       takes jobs out of the ledger (ledger.h), which lies in shared memory
 *	       `- worker ...
 *
 * Always: all processes but the first are copies of it as it was at the first task_spawn(), so a function has the same
 * address in each; what they share is one mapping, made before, out of which task_shared() deals. So a task's argument
 * points into task_shared() memory, or to what was there before the first spawn. Each process dies with its parent.
 * The supervisor alone forks workers: it has one thread and no task, so its copies are clean whatever the others do.
 *All processes have one table of descriptors, as threads have: a connection that the first task accepts can be served
 *by any worker, and be closed there (bench/decisions/0030).
 *
 * A worker that joins a task which nobody has begun runs it itself, so tasks may spawn tasks without running out of
 * workers; the first task's process never does. */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../check.h"
#include "../kernel/futex.h"
#include "../kernel/supervision.h"
#include "../runtime.h"
#include "../task.h"
#include "ledger.h"

/* Address space for everything that is shared, the ledger first; memory is taken where it is touched. Half as much is
 * tried where it is refused (ulimit -v, vm.overcommit_memory=2), down to the least. */
#define ARENA_MOST ((size_t)64 << 30)
#define ARENA_LEAST ((size_t)128 << 20)

enum { PAUSE_US = 10000 }; /* before a worker that cannot be forked is tried again */

const struct runtime runtime = {
	.name = "process-pool",
	.model = "forked workers, each of which runs a task at a time",
	.dialect = "direct",
	.suspends = "in the kernel: a system call blocks the process, and no other task takes its place",
	.shares = "memory from task_shared() and one table of descriptors; all else is a copy made at the first spawn",
	.breaks = "tasks that wait: as many of them as there are workers stop all others; one lock around the queue",
	.sources = "pre-fork servers (Apache httpd's prefork), Python's multiprocessing.Pool; "
		   "clone(2) for one table of descriptors, futex(2)",
	.capabilities = RUNTIME_INTERLEAVES | RUNTIME_PARALLEL | RUNTIME_PREEMPTS | RUNTIME_POOLED | RUNTIME_WORKERS |
			RUNTIME_REQUEUES,
};

static struct {
	char *arena;
	size_t size, taken;
	struct ledger *ledger;
	bool open;              /* the workers have been forked; the first process's */
	pid_t *workers;         /* by place; the supervisor's */
	uint32_t place;         /* this process's, if it is a worker */
	unsigned long unjoined; /* of this process's tasks */
	int awaited_fd;         /* what this worker's task returns until it is ready; -1: it does not */
	short awaited_events;
} pool;

/* Workers. */

static void run(uint32_t number)
{
	const struct job *job = &pool.ledger->jobs[number];
	unsigned long before = pool.unjoined;

	job->function(job->argument);
	CHECK(pool.unjoined == before, "process-pool: a task returned before it joined its own");
	if (pool.awaited_fd < 0) {
		ledger_finish(pool.ledger, pool.place);
	} else {
		int fd = pool.awaited_fd;

		pool.awaited_fd = -1;
		ledger_requeue(pool.ledger, pool.place, fd, pool.awaited_events);
	}
}

static _Noreturn void worker_main(pid_t parent, uint32_t place)
{
	uint32_t number;

	supervision_die_with(parent);
	pool.place = place;
	while ((number = ledger_next(pool.ledger, place)) != LEDGER_NOBODY)
		run(number);
	_exit(EXIT_SUCCESS); /* exit handlers and buffered output are the first process's */
}

/* The supervisor. */

static int start_worker(uint32_t place)
{
	pid_t parent = getpid(), worker = supervision_fork_sharing_descriptors();

	if (worker < 0)
		return -errno;
	if (worker == 0)
		worker_main(parent, place);
	pool.workers[place] = worker;
	return 0;
}

static void say_how(pid_t worker, int status)
{
	if (WIFEXITED(status))
		fprintf(stderr, "process-pool: the task in worker %d exited with status %d instead of returning\n",
			(int)worker, WEXITSTATUS(status));
	else
		fprintf(stderr, "process-pool: the task in worker %d was ended by signal %d (%s)\n", (int)worker,
			WTERMSIG(status), strsignal(WTERMSIG(status)));
}

static void bury_worker(uint32_t place, int status)
{
	pid_t worker = pool.workers[place];

	pool.workers[place] = 0;
	if (ledger_is_busy(pool.ledger, place))
		say_how(worker, status); /* before the joiner knows */
	else if (atomic_load(&pool.ledger->ending))
		return; /* sent home */
	ledger_bury(pool.ledger, place);
	while (!atomic_load(&pool.ledger->ending) && start_worker(place) < 0)
		usleep(PAUSE_US);
}

static uint32_t place_of(pid_t worker)
{
	uint32_t place = 0;

	while (place < pool.ledger->workers && pool.workers[place] != worker)
		place++;
	return place;
}

/* Until the last worker has ended. */
static void watch_workers(void)
{
	pid_t worker;
	int status;

	while ((worker = waitpid(-1, &status, 0)) > 0 || errno == EINTR) {
		uint32_t place = worker > 0 ? place_of(worker) : pool.ledger->workers;

		if (place < pool.ledger->workers)
			bury_worker(place, status);
	}
}

static int start_workers(void)
{
	int error = 0;

	pool.workers = calloc(pool.ledger->workers, sizeof(*pool.workers));
	if (!pool.workers)
		return -ENOMEM;
	for (uint32_t i = 0; i < pool.ledger->workers && error == 0; i++)
		error = start_worker(i);
	return error;
}

static void supervise(void)
{
	pool.ledger->error = start_workers();
	if (pool.ledger->error < 0)
		ledger_end(pool.ledger);
	atomic_store_explicit(&pool.ledger->started, 1, memory_order_release); /* pairs with start_pool() */
	futex_wake(&pool.ledger->started, 1, 0);
	watch_workers();
	_exit(EXIT_SUCCESS);
}

/* The first process. */

static int start_pool(void)
{
	struct ledger *ledger = pool.ledger;
	int error = supervision_fork(supervision_fork_sharing_descriptors, supervise, &ledger->ending);

	if (error < 0)
		return error;
	while (atomic_load_explicit(&ledger->started, memory_order_acquire) == 0)
		futex_wait(&ledger->started, 0, 0);
	if (ledger->error < 0)
		supervision_await_end();
	pool.open = ledger->error == 0;
	return ledger->error;
}

static int open_arena(void)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	unsigned workers = runtime_worker_count();

	for (pool.size = ARENA_MOST; pool.size >= ARENA_LEAST; pool.size /= 2) {
		pool.arena = mmap(NULL, pool.size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE,
				  -1, 0);
		if (pool.arena != MAP_FAILED) {
			pool.taken = (ledger_bytes(workers) + page - 1) / page * page;
			return ledger_open(&pool.ledger, pool.arena, workers);
		}
	}
	return -errno;
}

static void end_pool(void)
{
	if (pool.open) {
		ledger_end(pool.ledger);
		supervision_await_end();
	}
	ledger_close(pool.ledger);
	munmap(pool.arena, pool.size);
}

int task_run(task_function *main, void *argument)
{
	int error = open_arena();

	if (error < 0)
		return error;
	supervision_open(runtime.name);
	pool.open = false;
	pool.place = LEDGER_NOBODY;
	pool.unjoined = 0;
	pool.awaited_fd = -1;
	main(argument);
	CHECK(pool.unjoined == 0, "process-pool: the first task returned before it joined %lu task(s)", pool.unjoined);
	end_pool();
	supervision_close();
	return 0;
}

/* Out of the arena, whose untouched memory is zero. Only the first task calls it. */
void *task_shared(size_t bytes)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE), start = pool.taken;

	if (bytes > pool.size - start)
		return NULL;
	pool.taken = start + (bytes + page - 1) / page * page;
	return pool.arena + start;
}

int task_spawn(struct task *task, task_function *function, void *argument)
{
	int error = pool.open || pool.place != LEDGER_NOBODY ? 0 : start_pool();
	int64_t number;

	if (error < 0)
		return error;
	number = ledger_add(pool.ledger, pool.place, function, argument);
	if (number < 0)
		return (int)number;
	task->id = (uintptr_t)number;
	pool.unjoined++;
	return 0;
}

int task_join(struct task task)
{
	uint32_t number = (uint32_t)task.id;

	if (pool.place != LEDGER_NOBODY && ledger_take_back(pool.ledger, pool.place, number))
		run(number);
	pool.unjoined--;
	return ledger_await(pool.ledger, pool.place, number) == JOB_ENDED ? 0 : -ECHILD;
}

void task_yield(void)
{
	sched_yield();
}

int task_wait(_Atomic uint32_t *word, uint32_t expected)
{
	return futex_wait(word, expected, 0);
}

int task_wake(_Atomic uint32_t *word, unsigned count)
{
	return futex_wake(word, count, 0);
}

void task_requeue(int fd, short events)
{
	CHECK(pool.place != LEDGER_NOBODY, "process-pool: the first task has no queue to go back to");
	pool.awaited_fd = fd;
	pool.awaited_events = events;
}

/* One table of descriptors for all: the task closes what it was given. */
void task_hand_over(int fd)
{
	(void)fd;
}
