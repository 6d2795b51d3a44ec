/* process_coroutine.c: forked workers, one a core, each of which runs its tasks as coroutines on one thread.
 *
 * The first task runs alone in its process. What it spawns is dealt to the workers in turn and becomes a coroutine
 * there; what such a task spawns stays in its worker, and is as cheap as in the runtime `coroutine`, whose scheduler
 * this is. Between processes go: jobs, in a ring for each worker (place.h); wake-ups (words.h); connections
 * (descriptors.h). In each process one coroutine, the clerk, sleeps in the loop until the process is notified of one
 * of these, so that waiting for other processes and waiting for sockets and timers is one wait.
 *
 * Always: a task that has been begun is in one worker until it ends. If the worker crashes, all tasks that it had begun
 * have crashed; those in its ring, which it has not begun, are left to its successor. A worker that has no memory for
 * its next task waits until one has ended; when that can never be, and in any deadlock, census.h ends the run. */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../check.h"
#include "../coroutine/scheduler.h"
#include "../kernel/supervision.h"
#include "../runtime.h"
#include "../task.h"
#include "census.h"
#include "descriptors.h"
#include "place.h"
#include "supervisor.h"
#include "words.h"

const struct runtime runtime = {
	.name = "process-coroutine",
	.model = "forked workers, one a core, with a loop of stackful coroutines in each",
	.dialect = "direct",
	.suspends = "switching stacks within a worker; between workers, and when none of its tasks can go on, in epoll",
	.shares = "all memory within a worker, task_shared() between them; connections are handed from process to "
		  "process",
	.breaks =
		"what a task spawns stays in its worker, so that one tree of tasks uses one core; a task that never "
		"suspends stops its worker, one that crashes ends all tasks there; a library's function with locals of "
		"more than a page may leap over the guard page unseen",
	.sources = "a process a core, each with a loop: nginx, Node.js's cluster, gunicorn with gevent; SCM_RIGHTS in "
		   "unix(7), eventfd(2)",
	.capabilities = RUNTIME_INTERLEAVES | RUNTIME_PARALLEL | RUNTIME_SWITCHES_STACKS | RUNTIME_WORKERS,
};

/* A job in its worker, from its begin until the clerk has seen its end. */
struct run {
	struct run *next;
	struct task task;
	struct job *job;
};

static struct {
	bool open;      /* the workers have been forked */
	uint32_t *free; /* jobs of the first process's that are free again */
	uint32_t frees;
	uint32_t next_place; /* the next job goes to it */
	uint32_t last_place, last_job;
	unsigned long unjoined;
	struct task clerk;
} first;

static struct {
	struct run *ended; /* to be joined by the clerk */
	struct run *spare;
	unsigned long runs;  /* begun and not joined */
	struct job *awaited; /* has ended, and the clerk will say so */
	bool beginning;      /* the clerk is at it */
	bool short_of_memory;
	bool gave_up; /* a job, for good */
} worker;

/* The clerk of any process. */

static void collect_wake_ups(void)
{
	struct place *place = &ground->places[place_here];
	uint32_t deaths = atomic_load(&ground->deaths);

	if (atomic_load(&place->deaths) == deaths) {
		words_collect();
		return;
	}
	atomic_store(&place->deaths, deaths);
	words_pardon();
}

/* Collects at every notification, with begin(), until the end. */
static void look_after_place(void (*begin)(void))
{
	int event = ground->places[place_here].event;

	CHECK(coroutine_adopt(event) == 0, "process-coroutine: notifications cannot be received");
	for (;;) {
		coroutine_drained(event, POLLER_READ);
		place_collecting();
		collect_wake_ups();
		if (begin)
			begin();
		if (atomic_load(&ground->ending))
			break;
		coroutine_await(event, POLLER_READ);
	}
	coroutine_disown(event);
}

/* Workers. */

static void tell_joiner(void)
{
	struct job *job = worker.awaited;

	worker.awaited = NULL;
	if (job)
		words_wake(&job->state, 1);
}

/* On a core that both share the joiner would go on at once, and find that the next job has not ended: a change of
 * process for a handful of tasks. So those who are ready go first, and the clerk says it after them. */
static void tell_soon(struct job *job)
{
	if (worker.awaited || !coroutine_others_ready()) {
		words_wake(&job->state, 1);
		return;
	}
	worker.awaited = job;
	if (!worker.beginning)
		place_notify(place_here);
}

/* It is the worker's before it is out of the ring, and out of the ring before it runs: see finish_taking() in place.c.
 */
static void run_job(void *argument)
{
	struct place *place = &ground->places[place_here];
	struct run *run = argument;
	struct job *job = run->job;

	atomic_fetch_or(&job->state, JOB_BEGUN);
	atomic_fetch_add(&place->first, 1);
	job->function(job->argument);
	/* Release: what the task has done; pairs with task_join(). */
	if (atomic_fetch_or_explicit(&job->state, JOB_ENDED, memory_order_acq_rel) & JOB_AWAITED)
		tell_soon(job);
	run->next = worker.ended;
	worker.ended = run;
	if (worker.short_of_memory)
		place_notify(place_here); /* there is a stack as soon as this task has been left */
}

static void join_ended(void)
{
	for (struct run *run = worker.ended, *next; run; run = next) {
		next = run->next;
		coroutine_join(run->task);
		run->next = worker.spare;
		worker.spare = run;
		worker.runs--;
	}
	worker.ended = NULL;
}

/* False: there is no memory for it now. A spawned coroutine starts at once, so that the job is out of the ring then. */
static bool begin_job(struct job *job)
{
	struct run *run = worker.spare ? worker.spare : calloc(1, sizeof(*run));

	if (!run)
		return false;
	worker.spare = run->next;
	run->job = job;
	worker.runs++;
	if (coroutine_spawn(&run->task, run_job, run) == 0)
		return true;
	worker.runs--;
	run->next = worker.spare;
	worker.spare = run;
	return false;
}

/* Nothing runs here that could give memory back. */
static void give_up(struct job *job)
{
	worker.gave_up = true;
	fputs("process-coroutine: a worker has no memory for a single task\n", stderr);
	atomic_fetch_or(&job->state, JOB_BEGUN | JOB_CRASHED);
	atomic_fetch_add(&ground->places[place_here].first, 1);
	words_wake(&job->state, 1);
}

static void begin_jobs(void)
{
	struct place *place = &ground->places[place_here];

	worker.short_of_memory = false;
	worker.beginning = true;
	join_ended();
	/* Acquire pairs with deal(). */
	while (!worker.short_of_memory &&
	       atomic_load(&place->first) != atomic_load_explicit(&place->behind, memory_order_acquire)) {
		struct job *job = &ground->jobs[place->ring[atomic_load(&place->first) % JOBS]];

		if (!begin_job(job)) {
			if (worker.runs == 0)
				give_up(job);
			else
				worker.short_of_memory = true; /* goes on when one has ended */
		}
		tell_joiner();
		join_ended();
	}
	worker.beginning = false;
	tell_joiner();
	census_tell_shortage(worker.short_of_memory || worker.gave_up);
	census_answer();
}

static void worker_task(void *argument)
{
	(void)argument;
	words_inherit();
	CHECK(descriptors_receive() == 0, "process-coroutine: a worker cannot receive descriptors");
	coroutine_count_as(place_here);
	look_after_place(begin_jobs);
	_exit(EXIT_SUCCESS); /* exit handlers and buffered output are the first process's */
}

/* As many workers as cores: each keeps to its own. The kernel would put one beside the process that has just notified
 * it, and tasks cannot follow; on two cores chess took a third longer so. After nginx's worker_cpu_affinity. */
static void keep_to_a_core(void)
{
	cpu_set_t cores, own;
	uint32_t before = place_here - 1;

	if (sched_getaffinity(0, sizeof(cores), &cores) < 0 || (uint32_t)CPU_COUNT(&cores) != ground->workers)
		return;
	for (int core = 0; core < CPU_SETSIZE; core++)
		if (CPU_ISSET(core, &cores) && before-- == 0) {
			CPU_ZERO(&own);
			CPU_SET(core, &own);
			sched_setaffinity(0, sizeof(own), &own);
		}
}

static void worker_main(void)
{
	keep_to_a_core();
	int error = coroutine_run(worker_task, NULL);

	CHECK(error == 0, "process-coroutine: a worker cannot start: %s", strerror(-error));
}

/* The first process. */

static void clerk(void *argument)
{
	(void)argument;
	look_after_place(NULL);
}

/* Every task waits. Workers go home, and leave theirs. */
static void end_deadlocked(void)
{
	supervisor_end();
	descriptors_close_channels();
	census_close();
	places_close();
	coroutine_deadlock();
}

static int start_workers(void)
{
	int error = places_open();

	if (error < 0)
		return error;
	if ((error = census_open()) < 0)
		goto close_places;
	if ((error = descriptors_open_channels()) < 0)
		goto close_census;
	if ((error = supervisor_start(worker_main)) < 0)
		goto close_channels;
	first.open = true;
	CHECK(coroutine_spawn(&first.clerk, clerk, NULL) == 0 && descriptors_serve() == 0 &&
		      census_start(end_deadlocked) == 0,
	      "process-coroutine: no memory for the first process's own tasks");
	return 0;
close_channels:
	descriptors_close_channels();
close_census:
	census_close();
close_places:
	places_close();
	return error;
}

static void end_workers(void)
{
	supervisor_end();
	census_stop();
	coroutine_join(first.clerk);
	descriptors_stop_serving();
	descriptors_close_channels();
	census_close();
	places_close();
	first.open = false;
}

struct beginning {
	task_function *main;
	void *argument;
};

static void run_first(void *argument)
{
	const struct beginning *beginning = argument;

	beginning->main(beginning->argument);
	CHECK(first.unjoined == 0, "process-coroutine: the first task returned before it joined %lu task(s)",
	      first.unjoined);
	if (first.open)
		end_workers();
}

static int open_all(void)
{
	int error = ground_open(runtime_worker_count());

	if (error < 0)
		return error;
	memset(&first, 0, sizeof(first));
	first.free = malloc(JOBS * sizeof(*first.free));
	error = first.free ? descriptors_open() : -ENOMEM;
	if (error < 0) {
		free(first.free);
		ground_close();
	}
	return error;
}

static void close_all(void)
{
	descriptors_close();
	free(first.free);
	ground_close();
}

int task_run(task_function *main, void *argument)
{
	struct beginning beginning = {.main = main, .argument = argument};
	int error;

	CHECK(!ground, "task_run() was called from inside a task");
	error = open_all();
	if (error < 0)
		return error;
	supervision_open(runtime.name);
	error = coroutine_run(run_first, &beginning);
	supervision_close();
	close_all();
	return error;
}

/* The ground's untouched memory is zero. */
void *task_shared(size_t bytes)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	return bytes > SIZE_MAX - page ? NULL : ground_take((bytes + page - 1) / page * page, page);
}

static bool take_job(uint32_t *number)
{
	if (first.frees > 0) {
		*number = first.free[--first.frees];
		return true;
	}
	*number = atomic_load(&ground->jobs_used);
	if (*number == JOBS)
		return false;
	atomic_store(&ground->jobs_used, *number + 1);
	return true;
}

/* To the workers in turn. */
static void deal(uint32_t number)
{
	uint32_t place = first.next_place + 1, behind;

	first.next_place = place % ground->workers;
	first.last_place = place;
	first.last_job = number;
	atomic_store(&ground->jobs[number].state, place * JOB_PLACE);
	behind = atomic_load_explicit(&ground->places[place].behind, memory_order_relaxed);
	ground->places[place].ring[behind % JOBS] = number;
	atomic_store_explicit(&ground->places[place].behind, behind + 1, memory_order_release);
	place_notify(place);
}

int task_spawn(struct task *task, task_function *function, void *argument)
{
	uint32_t number;
	int error;

	if (place_here != PLACE_FIRST)
		return coroutine_spawn(task, function, argument);
	error = first.open ? 0 : start_workers();
	if (error < 0)
		return error;
	if (!take_job(&number))
		return -EAGAIN;
	ground->jobs[number].function = function;
	ground->jobs[number].argument = argument;
	deal(number);
	task->id = number;
	first.unjoined++;
	return 0;
}

static uint32_t await_over(struct job *job)
{
	uint32_t state;

	/* Acquire: what the task has done. */
	while (!((state = atomic_load_explicit(&job->state, memory_order_acquire)) & JOB_OVER)) {
		state = atomic_fetch_or(&job->state, JOB_AWAITED);
		if (!(state & JOB_OVER))
			words_wait(&job->state, state | JOB_AWAITED); /* returns at once if it has changed */
	}
	return state;
}

int task_join(struct task task)
{
	uint32_t state;

	if (place_here != PLACE_FIRST)
		return coroutine_join(task);
	state = await_over(&ground->jobs[task.id]);
	first.free[first.frees++] = (uint32_t)task.id;
	first.unjoined--;
	return state & JOB_ENDED ? 0 : -ECHILD;
}

/* Words that no other process sees are left to the scheduler. */
int task_wait(_Atomic uint32_t *word, uint32_t expected)
{
	return ground_holds(word) ? words_wait(word, expected) : coroutine_wait(word, expected);
}

int task_wake(_Atomic uint32_t *word, unsigned count)
{
	return ground_holds(word) ? words_wake(word, count) : coroutine_wake(word, count);
}

/* Descriptors: the scheduler's verbs, and where it does not know a descriptor, it may still be on its way here. */

int task_adopt(int fd)
{
	int error = coroutine_adopt(fd);

	if (error == 0 && place_here == PLACE_FIRST)
		descriptors_register(fd);
	return error;
}

void task_hand_over(int fd)
{
	if (place_here == PLACE_FIRST)
		descriptors_hand_over(fd, first.last_place, first.last_job);
}

int task_close(int fd)
{
	descriptors_forget(fd);
	return coroutine_close(fd);
}

ssize_t task_read(int fd, void *buffer, size_t bytes)
{
	ssize_t result = coroutine_read(fd, buffer, bytes);

	return result == -EBADF && descriptors_await(fd) == 0 ? coroutine_read(fd, buffer, bytes) : result;
}

ssize_t task_write(int fd, const void *buffer, size_t bytes)
{
	ssize_t result = coroutine_write(fd, buffer, bytes);

	return result == -EBADF && descriptors_await(fd) == 0 ? coroutine_write(fd, buffer, bytes) : result;
}

int task_accept(int listener)
{
	int fd = coroutine_accept(listener);

	if (fd == -EBADF && descriptors_await(listener) == 0)
		fd = coroutine_accept(listener);
	return fd >= 0 && place_here == PLACE_FIRST ? descriptors_move(fd) : fd;
}

int task_connect(int fd, const struct sockaddr *address, socklen_t length)
{
	int error = coroutine_connect(fd, address, length);

	return error == -EBADF && descriptors_await(fd) == 0 ? coroutine_connect(fd, address, length) : error;
}
