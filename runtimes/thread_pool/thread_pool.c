/* thread_pool.c: a fixed number of threads and one queue; a task runs on one of them from its start to its end.
 *
 * Always: a task that has not begun is in the queue, or in the hands of the one worker that it was given to; a worker
 * is in the list of idle ones exactly while it sleeps and nobody has given it anything. A spawner gives its task to the
 * worker that fell asleep last, whose cache is the warmest, and wakes that one alone; only when none is idle does the
 * task enter the queue, with no system call. Both happen under one lock, so no wake-up can be lost: a worker looks at
 * the queue and lies down in one step.
 *
 * A task that waits keeps its worker: that is the model. Two things are done about it. A worker that joins a task which
 * nobody has begun runs it itself, since it could only wait for it otherwise; so tasks may spawn tasks to any depth
 * without running out of workers. And a task may return until a descriptor is ready (task_requeue()); a worker with
 * nothing else to do then sleeps where that is told (readiness.h) and not in the list of idle ones. That enough of them
 * do follows from how they get there: a worker lies down only where no task is armed, and each task that is in a
 * worker's hands may be armed again by it. The first task runs on the main thread, which is no worker and never helps.
 */
#include <errno.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "../check.h"
#include "../kernel/futex.h"
#include "../kernel/readiness.h"
#include "../kernel/shared_memory.h"
#include "../runtime.h"
#include "../task.h"

/* A worker may stand in many tasks at once, each joining the next. Only touched pages cost memory. */
enum { STACK_BYTES = 1 << 20 };

const struct runtime runtime = {
	.name = "thread-pool",
	.model = "a fixed number of threads and one queue; a task runs on a thread to its end",
	.dialect = "direct",
	.suspends = "in the kernel: a system call blocks the thread, and no other task takes its place",
	.shares = "all memory and all descriptors of one process",
	.breaks =
		"tasks that wait: as many of them as there are workers stop all others, and for ever if they wait for "
		"one that has not begun; one lock around the queue, where tasks take less than a microsecond",
	.sources = "D. Lea, \"A Java Fork/Join Framework\" (2000), for joining by running; futex(2)",
	.capabilities = RUNTIME_INTERLEAVES | RUNTIME_PARALLEL | RUNTIME_SHARES_MEMORY | RUNTIME_PREEMPTS |
			RUNTIME_POOLED | RUNTIME_WORKERS | RUNTIME_REQUEUES,
};

enum state { RUNNING, AWAITED, ENDED };

/* Owned by the spawner from task_spawn() to task_join(). */
struct job {
	struct job *next, *previous; /* in the queue; under the lock */
	task_function *function;
	void *argument;
	_Atomic uint32_t state; /* enum state; a futex */
	int queued;             /* under the lock */
};

struct worker {
	struct worker *next_idle; /* under the lock */
	struct job *job;          /* given while it was idle; NULL: the end */
	_Atomic uint32_t given;   /* 1 once job is there; a futex */
	pthread_t thread;
	int awaited_fd; /* what its task returns until it is ready; -1: it does not */
	short awaited_events;
} __attribute__((aligned(64))); /* workers share no cache line */

static struct {
	pthread_mutex_t lock;
	struct job *first, *last; /* the queue: first in, first out */
	struct worker *idle;      /* last in, first out */
	int ending;
	struct readiness readiness;
	struct worker *workers;
	unsigned count;
	_Atomic unsigned long unjoined;
} pool;

static _Thread_local struct worker *self; /* NULL on the main thread */

/* The queue. All of these under the lock. */

static void queue_push(struct job *job)
{
	job->queued = 1;
	job->next = NULL;
	job->previous = pool.last;
	if (pool.last)
		pool.last->next = job;
	else
		pool.first = job;
	pool.last = job;
}

static void queue_remove(struct job *job)
{
	job->queued = 0;
	if (job->previous)
		job->previous->next = job->next;
	else
		pool.first = job->next;
	if (job->next)
		job->next->previous = job->previous;
	else
		pool.last = job->previous;
}

static struct job *queue_pop(void)
{
	struct job *job = pool.first;

	if (job)
		queue_remove(job);
	return job;
}

static struct worker *idle_pop(void)
{
	struct worker *worker = pool.idle;

	if (worker)
		pool.idle = worker->next_idle;
	return worker;
}

/* Workers. */

/* The caller took the worker from the idle list, so nobody else writes to it. The release pairs with await_job(). */
static void give(struct worker *worker, struct job *job)
{
	worker->job = job;
	atomic_store_explicit(&worker->given, 1, memory_order_release);
	futex_wake(&worker->given, 1, FUTEX_PRIVATE_FLAG);
}

static struct job *await_job(struct worker *worker)
{
	while (atomic_load_explicit(&worker->given, memory_order_acquire) == 0)
		futex_wait(&worker->given, 0, FUTEX_PRIVATE_FLAG);
	return worker->job;
}

/* Under the lock. */
static void lie_down(struct worker *worker)
{
	/* Relaxed: whoever gives takes the lock after this. */
	atomic_store_explicit(&worker->given, 0, memory_order_relaxed);
	worker->next_idle = pool.idle;
	pool.idle = worker;
}

/* A task whose descriptor is ready; NULL: there may be something in the queue. */
static struct job *await_readiness(void)
{
	uint64_t key = readiness_await(&pool.readiness);

	return key == READINESS_POKED ? NULL : (struct job *)(uintptr_t)key;
}

/* The next task for a worker; NULL: the run ends. */
static struct job *next_job(struct worker *worker)
{
	for (;;) {
		bool armed = false, ending;
		struct job *job;

		pthread_mutex_lock(&pool.lock);
		job = queue_pop();
		ending = pool.ending;
		if (!job && !ending) {
			armed = atomic_load_explicit(&pool.readiness.armed, memory_order_relaxed) > 0;
			if (armed)
				atomic_fetch_add_explicit(&pool.readiness.sleepers, 1, memory_order_relaxed);
			else
				lie_down(worker);
		}
		pthread_mutex_unlock(&pool.lock);
		if (job || ending)
			return job;
		if (!armed)
			return await_job(worker);
		job = await_readiness();
		if (job)
			return job;
	}
}

/* What cannot be waited for counts as ready. */
static void arm(struct job *job, int fd, short events)
{
	if (readiness_arm(&pool.readiness, fd, events, (uintptr_t)job) == 0)
		return;
	pthread_mutex_lock(&pool.lock);
	queue_push(job);
	pthread_mutex_unlock(&pool.lock);
}

/* The joiner may free the job as soon as its state is ENDED. A wake-up at an address that is somebody else's by then is
 * one for no reason, which every futex must expect. */
static void run(struct job *job)
{
	int fd;

	job->function(job->argument);
	fd = self->awaited_fd;
	self->awaited_fd = -1;
	if (fd >= 0)
		arm(job, fd, self->awaited_events);
	else if (atomic_exchange_explicit(&job->state, ENDED, memory_order_acq_rel) == AWAITED)
		futex_wake(&job->state, 1, FUTEX_PRIVATE_FLAG);
}

static void *worker_main(void *argument)
{
	struct job *job;

	self = argument;
	while ((job = next_job(self)))
		run(job);
	return NULL;
}

static void end_workers(unsigned count)
{
	struct worker *worker;

	pthread_mutex_lock(&pool.lock);
	pool.ending = 1;
	while ((worker = idle_pop()))
		give(worker, NULL);
	readiness_poke(&pool.readiness, pool.count);
	pthread_mutex_unlock(&pool.lock);
	for (unsigned i = 0; i < count; i++)
		pthread_join(pool.workers[i].thread, NULL);
	readiness_close(&pool.readiness);
	free(pool.workers);
	pthread_mutex_destroy(&pool.lock);
}

/* Creates the workers; 0 or -errno with none left. */
static int start_workers(const pthread_attr_t *attributes)
{
	for (unsigned i = 0; i < pool.count; i++) {
		int error = pthread_create(&pool.workers[i].thread, attributes, worker_main, &pool.workers[i]);

		if (error) {
			end_workers(i);
			return -error;
		}
	}
	return 0;
}

/* A mutex that spins a little before it sleeps: what it guards takes some ten instructions. */
static void lock_init(void)
{
	pthread_mutexattr_t attributes;

	pthread_mutexattr_init(&attributes);
	pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_ADAPTIVE_NP);
	pthread_mutex_init(&pool.lock, &attributes);
	pthread_mutexattr_destroy(&attributes);
}

static int open_pool(void)
{
	pthread_attr_t attributes;
	int error;

	pool.count = runtime_worker_count();
	pool.first = pool.last = NULL;
	pool.idle = NULL;
	pool.ending = 0;
	pool.workers = aligned_alloc(_Alignof(struct worker), pool.count * sizeof(*pool.workers));
	if (!pool.workers)
		return -ENOMEM;
	memset(pool.workers, 0, pool.count * sizeof(*pool.workers));
	for (unsigned i = 0; i < pool.count; i++)
		pool.workers[i].awaited_fd = -1;
	error = readiness_open(&pool.readiness);
	if (error < 0) {
		free(pool.workers);
		return error;
	}
	lock_init();
	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, STACK_BYTES);
	error = start_workers(&attributes);
	pthread_attr_destroy(&attributes);
	return error;
}

/* The verbs. */

int task_run(task_function *main, void *argument)
{
	unsigned long left;
	int error = open_pool();

	if (error < 0)
		return error;
	main(argument);
	/* Relaxed: every join that was done in time happens before. */
	left = atomic_load_explicit(&pool.unjoined, memory_order_relaxed);
	CHECK(left == 0, "thread-pool: the first task returned before %lu task(s) were joined", left);
	end_workers(pool.count);
	shared_memory_unmap();
	return 0;
}

void *task_shared(size_t bytes)
{
	return shared_memory_map(bytes, MAP_PRIVATE);
}

int task_spawn(struct task *task, task_function *function, void *argument)
{
	struct job *job = malloc(sizeof(*job));
	struct worker *worker;
	bool poke = false;

	if (!job)
		return -ENOMEM;
	job->function = function;
	job->argument = argument;
	job->queued = 0;
	atomic_init(&job->state, RUNNING);
	task->id = (uintptr_t)job;
	atomic_fetch_add_explicit(&pool.unjoined, 1, memory_order_relaxed);
	pthread_mutex_lock(&pool.lock);
	worker = idle_pop();
	if (!worker) {
		queue_push(job);
		poke = atomic_load_explicit(&pool.readiness.sleepers, memory_order_relaxed) > 0;
	}
	pthread_mutex_unlock(&pool.lock);
	if (worker)
		give(worker, job);
	else if (poke)
		readiness_poke(&pool.readiness, 1);
	return 0;
}

/* Takes the task back out of the queue if nobody has begun it. */
static int take_back(struct job *job)
{
	int queued;

	pthread_mutex_lock(&pool.lock);
	queued = job->queued;
	if (queued)
		queue_remove(job);
	pthread_mutex_unlock(&pool.lock);
	return queued;
}

static void await_end(struct job *job)
{
	uint32_t state = RUNNING;

	/* Acquire: what the task wrote is seen after its end; pairs with run(). */
	atomic_compare_exchange_strong_explicit(&job->state, &state, AWAITED, memory_order_acquire,
						memory_order_acquire);
	while (atomic_load_explicit(&job->state, memory_order_acquire) != ENDED)
		futex_wait(&job->state, AWAITED, FUTEX_PRIVATE_FLAG);
}

int task_join(struct task task)
{
	struct job *job = (struct job *)task.id;

	if (self && take_back(job))
		run(job);
	await_end(job);
	free(job);
	atomic_fetch_sub_explicit(&pool.unjoined, 1, memory_order_relaxed);
	return 0;
}

void task_yield(void)
{
	sched_yield();
}

int task_wait(_Atomic uint32_t *word, uint32_t expected)
{
	return futex_wait(word, expected, FUTEX_PRIVATE_FLAG);
}

int task_wake(_Atomic uint32_t *word, unsigned count)
{
	return futex_wake(word, count, FUTEX_PRIVATE_FLAG);
}

void task_requeue(int fd, short events)
{
	CHECK(self, "thread-pool: the first task has no queue to go back to");
	self->awaited_fd = fd;
	self->awaited_events = events;
}

/* One table of descriptors for all: the task closes what it was given. */
void task_hand_over(int fd)
{
	(void)fd;
}
