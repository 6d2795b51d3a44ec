/* async.c: tasks as stackless coroutines on one thread, over the event loop.
 *
 * The hub in async_run() asks the loop who is next and calls its function, which returns when it waits. A function that
 * awaits another one is not in between when that one is resumed: the hub calls the innermost directly, and when it
 * ends, its awaiter at once. So a resume costs the same at any depth.
 *
 * A task that is spawned or called starts at once, on the stack of the one that starts it, as a called function does:
 * a tree of tasks is walked depth first, and a function that never waits costs little more than its call. Only as many
 * starts as START_DEPTH are inside each other; a deeper one goes through the ready queue, so that the stack is bounded
 * however deep the calls are.
 *
 * What always holds: every task that has not ended and does not run is in exactly one of: the ready queue, the timers,
 * the poller, an event, or the awaiter of another task. */
#include "../async.h"

#include "../check.h"
#include "../clock.h"
#include "../runtime.h"
#include "scheduler.h"

#include <errno.h>
#include <stdio.h>

const struct runtime runtime = {
	.name = "async",
	.model = "a stackless coroutine a task, on one thread over epoll",
	.dialect = "async",
	.suspends = "returning, with a resume point in the task's frame",
	.shares = "all memory",
	.breaks = "one core; a task that never awaits stops all others; each function between a task and its wait must "
		  "be "
		  "async itself",
	.sources = "S. Tatham, \"Coroutines in C\", 2000; A. Dunkels et al., \"Protothreads\", 2006; PEP 492; epoll(7)",
	.capabilities = RUNTIME_INTERLEAVES | RUNTIME_SHARES_MEMORY,
};

enum { START_DEPTH = 200 };

/* How many turns before its own the frame of a task is fetched into the cache. */
enum { FETCH_AHEAD = 6 };

_Static_assert(sizeof(struct async) <= 32, "a million frames should be small");

struct loop async_loop;

static struct {
	unsigned long alive; /* tasks and calls that have begun and not ended */
	unsigned depth;      /* of starts inside each other */
	bool running;
} scheduler;

/* Notes the end of a function; returns who goes on in its place, or NULL. */
static inline struct async *end(struct async *ended)
{
	ended->resume = ASYNC_ENDED;
	scheduler.alive--;
	return ended->awaiter;
}

static inline void begin(struct async *task, async_function *function)
{
	*task = (struct async){.function = function};
	scheduler.alive++;
}

/* Runs the beginning of a task. True: it has ended already. */
static inline bool start(struct async *task, async_function *function)
{
	enum async_state state = ASYNC_YIELDED;

	begin(task, function);
	if (__builtin_expect(scheduler.depth < START_DEPTH, 1)) {
		scheduler.depth++;
		state = function(task);
		scheduler.depth--;
	}
	if (state == ASYNC_YIELDED)
		loop_ready(&async_loop, &task->entry);
	else if (state == ASYNC_DONE)
		end(task);
	return state == ASYNC_DONE;
}

void async_spawn(struct async *task, async_function *function)
{
	start(task, function);
}

static enum async_state await_end(struct async *self, struct async *task)
{
	CHECK(!task->awaiter, "two functions await the same task");
	task->awaiter = self;
	return ASYNC_SUSPENDED;
}

enum async_state async_join(struct async *self, struct async *task)
{
	return async_ended(task) ? ASYNC_DONE : await_end(self, task);
}

enum async_state async_call(struct async *self, struct async *callee, async_function *function)
{
	return start(callee, function) ? ASYNC_DONE : await_end(self, callee);
}

enum async_state async_yield(struct async *self)
{
	(void)self; /* the hub puts it behind the others, in one step with taking the next */
	return ASYNC_YIELDED;
}

enum async_state async_sleep_until(struct async *self, uint64_t deadline_ns)
{
	if (clock_now() >= deadline_ns)
		return ASYNC_DONE;
	CHECK(timers_add(&async_loop.timers, deadline_ns, &self->entry) == 0, "no memory for a timer");
	return ASYNC_SUSPENDED;
}

bool async_next(struct async *generator)
{
	enum async_state state = generator->function(generator);

	CHECK(state != ASYNC_SUSPENDED, "a generator awaits: it can only yield");
	if (state == ASYNC_DONE)
		generator->resume = ASYNC_ENDED;
	return state == ASYNC_YIELDED;
}

/* Always inlined: gcc takes a function of nothing but prefetches for one without effect, and removes the call. */
static inline __attribute__((always_inline)) void fetch_ahead(void)
{
	const struct loop_entry *coming = loop_queue_coming(&async_loop.ready, FETCH_AHEAD);

	if (coming)
		__builtin_prefetch(coming, 1);
}

static inline struct async *task_of(struct loop_entry *entry)
{
	return (struct async *)entry; /* its first member */
}

/* Nobody can run any more. */
static int deadlock(void)
{
	fputs("deadlock: every task that is left waits, and neither another task nor a timer nor a descriptor can wake "
	      "one; the run ends here\n",
	      stderr);
	return -EDEADLK;
}

static int run_until_ended(struct async *first)
{
	struct async *task = first, *awaiter;

	while (task) {
		fetch_ahead();
		switch (task->function(task)) {
		case ASYNC_YIELDED:
			task = task_of(loop_rotate(&async_loop, &task->entry));
			break;
		case ASYNC_SUSPENDED:
			task = task_of(loop_next(&async_loop));
			break;
		case ASYNC_DONE:
			awaiter = end(task);
			if (task == first)
				return 0;
			task = awaiter ? awaiter : task_of(loop_next(&async_loop));
		}
	}
	return deadlock();
}

int async_run(struct async *frame, async_function *function)
{
	CHECK(!scheduler.running, "async_run() was called from inside a task");
	int error = loop_open(&async_loop);

	if (error < 0)
		return error;
	scheduler.alive = scheduler.depth = 0;
	scheduler.running = true;
	begin(frame, function);
	error = run_until_ended(frame);
	CHECK(error < 0 || scheduler.alive == 0, "the first task ended before %lu of its tasks", scheduler.alive);
	scheduler.running = false;
	loop_close(&async_loop);
	return error;
}
