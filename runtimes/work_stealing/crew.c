/* crew.c: task_run(): starts the workers, runs the first task, and puts everything away again.
 *
 * The calling thread is the first worker. The first task has a stack of its own like any other, a large one, since it
 * may go on in any thread, while task_run() has to return in the one that called it. */
#include "../check.h"
#include "../coroutine/overflow.h"
#include "../kernel/shared_memory.h"
#include "../runtime.h"
#include "idle.h"
#include "readiness.h"
#include "words.h"
#include "worker.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

enum { FIRST_STACK_BYTES = 1 << 20, ALTERNATE_BYTES = 256 * 1024 };

struct crew crew;

_Thread_local struct worker *worker_of_thread;

static int open_worker(struct worker *worker, unsigned index)
{
	bool alone = crew.count == 1;
	int error;

	worker->index = index;
	stack_cache_open(&worker->stacks);
	atomic_init(&worker->spawned, task_number(index, 0));
	worker->random = (crew.seed * 4096 + index + 1) * UINT64_C(0x9E3779B97F4A7C15);
	worker->granted = worker->allowance = 16;
	worker->hub.worker = worker;
	atomic_store(&worker->earliest, UINT64_MAX);
	if ((error = deque_open(&worker->deque, alone)) < 0)
		return error;
	if ((error = deque_open(&worker->queue, alone)) < 0)
		goto close_deque;
	if ((error = loop_queue_open(&worker->woken)) < 0)
		goto close_queue;
	return 0;
close_queue:
	deque_close(&worker->queue);
close_deque:
	deque_close(&worker->deque);
	return error;
}

static void close_workers(unsigned opened)
{
	for (unsigned i = 0; i < opened; i++) {
		struct worker *worker = &crew.workers[i];

		loop_queue_close(&worker->woken);
		timers_close(&worker->timers);
		deque_close(&worker->queue);
		deque_close(&worker->deque);
	}
	free(crew.workers);
	crew.workers = NULL;
}

/* SIMUL_WORK_STEALING_SEED in the environment: disturbances for tests (idle.c), other ones for each number. */
static unsigned long seed_of_environment(void)
{
	const char *seed = getenv("SIMUL_WORK_STEALING_SEED");

	return seed ? strtoul(seed, NULL, 10) : 0;
}

static int open_workers(void)
{
	crew.seed = seed_of_environment();
	crew.count = runtime_worker_count();
	crew.workers = aligned_alloc(64, crew.count * sizeof(*crew.workers));
	if (!crew.workers)
		return -ENOMEM;
	for (unsigned i = 0; i < crew.count; i++) {
		crew.workers[i] = (struct worker){0};
		int error = open_worker(&crew.workers[i], i);

		if (error < 0) {
			close_workers(i);
			return error;
		}
	}
	atomic_store(&crew.stop, false);
	atomic_store(&crew.deadlocked, false);
	return 0;
}

static int open_crew(void)
{
	int error = words_open();

	barrier_open();
	if (error < 0)
		return error;
	if ((error = readiness_open()) < 0)
		goto close_words;
	if ((error = idle_open()) < 0)
		goto close_readiness;
	if ((error = stacks_open()) < 0)
		goto close_idle;
	if ((error = open_workers()) == 0)
		return 0;
	stacks_close();
close_idle:
	idle_close();
close_readiness:
	readiness_close();
close_words:
	words_close();
	return error;
}

static void close_crew(void)
{
	close_workers(crew.count);
	stacks_close();
	idle_close();
	readiness_close();
	words_close();
	shared_memory_unmap();
}

struct first {
	void *mapping;
	task_function *function;
	void *argument;
};

/* The first task: all others must have been joined when it ends. */
static void run_first(void *argument)
{
	const struct first *first = argument;
	unsigned long spawned = 0, joined = 0;

	first->function(first->argument);
	for (unsigned i = 0; i < crew.count; i++) {
		spawned += atomic_load_explicit(&crew.workers[i].spawned, memory_order_relaxed) - task_number(i, 0);
		joined += atomic_load_explicit(&crew.workers[i].joined, memory_order_relaxed);
	}
	CHECK(spawned == joined, "the first task returned before it joined %lu of its tasks", spawned - joined);
}

/* Its control block lies at the top of its stack; the lowest page is a guard. NULL: no memory. */
static struct unit *make_first(struct first *first)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE), header = (sizeof(struct unit) + 63) / 64 * 64;
	char *bottom = mmap(NULL, FIRST_STACK_BYTES, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);

	if (bottom == MAP_FAILED)
		return NULL;
	if (mprotect(bottom, page, PROT_NONE) < 0) {
		munmap(bottom, FIRST_STACK_BYTES);
		return NULL;
	}
	first->mapping = bottom;
	overflow_watch_first(bottom + FIRST_STACK_BYTES, "raise FIRST_STACK_BYTES");
	struct unit *unit = (struct unit *)(bottom + FIRST_STACK_BYTES - header);

#if defined(FIBER_ADDRESS)
	unit->fiber = (struct fiber){.bottom = bottom + page, .bytes = FIRST_STACK_BYTES - page - header};
#else
	fiber_open(&unit->fiber, NULL, unit);
#endif
	return unit;
}

static void work(struct worker *worker, struct unit *first, void *argument)
{
	worker_of_thread = worker;
	fiber_open_first(&worker->hub.fiber);
	worker_run(worker, first, run_first, argument);
	worker_of_thread = NULL;
}

/* A stack that overflows is told of on another one, which each thread has to have: overflow.h gives it to the first. */
static void *work_in_thread(void *argument)
{
	struct worker *worker = argument;
	stack_t alternate = {.ss_sp = worker->alternate, .ss_size = ALTERNATE_BYTES}, former;

	sigaltstack(&alternate, &former);
	work(worker, NULL, NULL);
	sigaltstack(&former, NULL);
	return NULL;
}

static int start_thread(struct worker *worker)
{
	int error;

	worker->alternate = malloc(ALTERNATE_BYTES);
	if (!worker->alternate)
		return -ENOMEM;
	error = pthread_create(&worker->thread, NULL, work_in_thread, worker);
	if (error)
		free(worker->alternate);
	return -error;
}

/* Of all workers but the first, which has none of its own; `started` counts that one as well. */
static void end_threads(unsigned started)
{
	for (unsigned i = 1; i < started; i++) {
		pthread_join(crew.workers[i].thread, NULL);
		free(crew.workers[i].alternate);
	}
}

static int start_threads(void)
{
	for (unsigned i = 1; i < crew.count; i++) {
		int error = start_thread(&crew.workers[i]);

		if (error < 0) {
			idle_stop();
			end_threads(i);
			return error;
		}
	}
	return 0;
}

int task_run(task_function *main, void *argument)
{
	struct first first = {.function = main, .argument = argument};
	int error;

	CHECK(!crew.workers, "task_run() was called from inside a task");
	if ((error = open_crew()) < 0)
		return error;
	struct unit *unit = make_first(&first);

	error = unit ? start_threads() : -ENOMEM;
	if (error == 0) {
		work(&crew.workers[0], unit, &first);
		end_threads(crew.count);
		error = atomic_load(&crew.deadlocked) ? -EDEADLK : 0;
	}
	if (unit) {
		fiber_close(&unit->fiber);
		munmap(first.mapping, FIRST_STACK_BYTES);
	}
	close_crew();
	return error;
}
