/* scheduler.c: see scheduler.h. Tasks as stackful coroutines on one thread, over the event loop.
 *
 * There is no hub. A task that suspends asks the loop who is next and switches there itself; when nobody is ready, the
 * loop waits for timers and descriptors on the stack of the task that asked. A spawned task starts at once and its
 * parent goes to the front of the ready queue, as a called function starts before its caller goes on: a tree of tasks
 * is walked depth first and has as many live stacks as it is deep, not as it is wide (R. Blumofe, C. Leiserson,
 * "Scheduling Multithreaded Computations by Work Stealing", 1999). A task that ends sends whoever joins it to the front
 * likewise, while its control block is still in the cache.
 *
 * What always holds: `scheduler.current` is the task that runs. Every other task that has not ended is in exactly one
 * of: the ready queue, the timers, the poller, the wait table, or the `joiner` of another task.
 * The first task runs on the thread's own stack, all others on guarded ones of the pool (stack.h), with the control
 * block as the stack's header. */
#include "../check.h"
#include "../clock.h"
#include "../event_loop/loop.h"
#include "fiber.h"
#include "overflow.h"
#include "scheduler.h"
#include "stack.h"
#include "switch.h"

#include <errno.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

/* Operations on descriptors that succeed at once, until the task that does them lets the others run. */
enum { OPERATIONS_A_TURN = 64 };

/* How many turns before its own the control block of a task and the two lines of frames below it are fetched. */
enum { FETCH_AHEAD = 6, FETCH_LINE = 64 };

/* The first line is all that a switch touches, besides the frames right below. */
struct coroutine {
	struct loop_entry entry;
	void *stack_pointer;       /* while suspended */
	struct loop_entry *joiner; /* waits for the end; ENDED afterwards */
	task_function *function;
	void *argument;
	unsigned long number; /* in the order of spawning; the first task is 0 */
	struct fiber fiber;
};

/* Memory of coroutine_shared(). */
struct shared {
	struct shared *next;
	void *memory;
	size_t bytes;
};

static struct {
	struct coroutine *current;
	struct loop loop;
	struct stack_pool stacks;
	unsigned long spawned, joined;
	unsigned operations;
	bool running;
	bool deadlocked;
	struct shared *shared;
	struct coroutine first;
	jmp_buf abandon; /* the way out of the first task, wherever it waits, when nothing can wake it */
} scheduler;

static struct loop_entry ended_mark;
#define ENDED (&ended_mark)

static struct coroutine *coroutine_of(struct loop_entry *entry)
{
	return (struct coroutine *)entry; /* its first member */
}

/* The two functions that leave a stack. The switch is their last call: see switch.h. */
FIBER_SWITCHES static int switch_to(struct coroutine *from, struct coroutine *to)
{
	scheduler.current = to;
	fiber_leave(&from->fiber, &to->fiber);
	int result = stack_switch(&from->stack_pointer, to->stack_pointer);
	fiber_arrive(&from->fiber);
	return result;
}

FIBER_SWITCHES static int start(struct coroutine *from, struct coroutine *child, void (*body)(void *))
{
	scheduler.current = child;
	fiber_leave(&from->fiber, &child->fiber);
	int result = stack_start(&from->stack_pointer, child, body, child);
	fiber_arrive(&from->fiber);
	return result;
}

/* Nobody can run any more: the first task takes everybody out of task_run(). */
static struct coroutine *deadlock(void)
{
	fputs("deadlock: every task that is left waits, and neither another task nor a timer nor a descriptor can wake "
	      "one; "
	      "the run ends here\n",
	      stderr);
	scheduler.deadlocked = true;
	return &scheduler.first;
}

/* Fetches what a later turn will touch while others run: its control block and the frames below it. Always inlined:
 * gcc takes a function of nothing but prefetches for one without effect, and removes the call. */
static inline __attribute__((always_inline)) void fetch_ahead(void)
{
	const char *coming = (const char *)loop_queue_coming(&scheduler.loop.ready, FETCH_AHEAD);

	if (!coming)
		return;
	__builtin_prefetch(coming, 1);
	__builtin_prefetch(coming - FETCH_LINE, 1);
	__builtin_prefetch(coming - 2 * FETCH_LINE, 1);
}

static inline struct coroutine *next_task(void)
{
	struct loop_entry *entry = loop_next(&scheduler.loop);

	fetch_ahead();
	return __builtin_expect(entry != NULL, 1) ? coroutine_of(entry) : deadlock();
}

/* Lets others run until the caller's entry, which is waiting somewhere, is handed out again. Returns why it was. */
static int suspend(struct coroutine *self)
{
	self->entry.result = 0;
	struct coroutine *next = next_task();

	if (next != self)
		switch_to(self, next);
	if (__builtin_expect(scheduler.deadlocked, 0))
		longjmp(scheduler.abandon, 1);
	return self->entry.result;
}

void coroutine_yield(void)
{
	struct coroutine *self = scheduler.current;
	struct coroutine *next = coroutine_of(loop_rotate(&scheduler.loop, &self->entry));

	fetch_ahead();
	if (next != self)
		switch_to(self, next);
}

/* What lies at the bottom of each stack but the first. A separate function, so that the body's frame is in no
 * uninstrumented one. Never returns. */
static void run_body(struct coroutine *self)
{
	self->function(self->argument);
	if (self->joiner)
		loop_ready_first(&scheduler.loop, self->joiner);
	self->joiner = ENDED;
}

FIBER_SWITCHES static void coroutine_main(void *argument)
{
	struct coroutine *self = argument;

	fiber_arrive(&self->fiber);
	run_body(self);
	struct coroutine *next = next_task();

	scheduler.current = next;
	fiber_leave(NULL, &next->fiber);
	stack_switch(&self->stack_pointer, next->stack_pointer);
}

int coroutine_spawn(struct task *task, task_function *function, void *argument)
{
	struct coroutine *self = scheduler.current;
	struct coroutine *child = stack_take(&scheduler.stacks);

	if (__builtin_expect(!child, 0))
		return -ENOMEM;
	child->joiner = NULL;
	child->function = function;
	child->argument = argument;
	child->number = ++scheduler.spawned;
	fiber_open(&child->fiber, &scheduler.stacks, child);
	task->id = (uintptr_t)child;
	loop_ready_first(&scheduler.loop, &self->entry);
	return start(self, child, coroutine_main);
}

int coroutine_join(struct task task)
{
	struct coroutine *child = (struct coroutine *)task.id;

	if (child->joiner != ENDED) {
		child->joiner = &scheduler.current->entry;
		suspend(scheduler.current);
	}
	fiber_close(&child->fiber);
	stack_give(&scheduler.stacks, child);
	scheduler.joined++;
	return 0;
}

void coroutine_sleep_until(uint64_t deadline_ns)
{
	struct coroutine *self = scheduler.current;

	if (clock_now() >= deadline_ns)
		return;
	CHECK(timers_add(&scheduler.loop.timers, deadline_ns, &self->entry) == 0, "no memory for a timer");
	suspend(self);
}

int coroutine_wait(_Atomic uint32_t *word, uint32_t expected)
{
	struct wait_node node = {.word = word, .entry = &scheduler.current->entry};

	/* Relaxed: all tasks are one thread. */
	if (atomic_load_explicit(word, memory_order_relaxed) != expected)
		return 0;
	wait_table_add(&scheduler.loop.words, &node);
	return suspend(scheduler.current);
}

int coroutine_wake(_Atomic uint32_t *word, unsigned count)
{
	return (int)wait_table_wake(&scheduler.loop.words, word, count, &scheduler.loop.ready);
}

struct loop_entry *coroutine_entry(void)
{
	return &scheduler.current->entry;
}

void coroutine_suspend(void)
{
	suspend(scheduler.current);
}

void coroutine_ready(struct loop_entry *entry)
{
	loop_ready(&scheduler.loop, entry);
}

void *coroutine_shared(size_t bytes)
{
	struct shared *shared = malloc(sizeof(*shared));

	if (!shared)
		return NULL;
	*shared = (struct shared){.next = scheduler.shared, .bytes = bytes ? bytes : 1};
	shared->memory = mmap(NULL, shared->bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (shared->memory == MAP_FAILED) {
		free(shared);
		return NULL;
	}
	scheduler.shared = shared;
	return shared->memory;
}

static void free_shared(void)
{
	for (struct shared *shared = scheduler.shared, *next; shared; shared = next) {
		next = shared->next;
		munmap(shared->memory, shared->bytes);
		free(shared);
	}
	scheduler.shared = NULL;
}

static unsigned long number_of(const void *header)
{
	return ((const struct coroutine *)header)->number;
}

static int open_scheduler(void)
{
	int error = loop_open(&scheduler.loop);

	if (error < 0)
		return error;
	stack_pool_open(&scheduler.stacks, sizeof(struct coroutine));
	error = overflow_watch(&scheduler.stacks, number_of);
	if (error < 0) {
		loop_close(&scheduler.loop);
		return error;
	}
	scheduler.first = (struct coroutine){.number = 0};
	fiber_open_first(&scheduler.first.fiber);
	scheduler.current = &scheduler.first;
	scheduler.spawned = scheduler.joined = 0;
	scheduler.deadlocked = false;
	scheduler.running = true;
	return 0;
}

static void close_scheduler(void)
{
	overflow_unwatch();
	stack_pool_close(&scheduler.stacks);
	loop_close(&scheduler.loop);
	free_shared();
	scheduler.running = false;
}

int coroutine_run(task_function *main, void *argument)
{
	CHECK(!scheduler.running, "task_run() was called from inside a task");
	int error = open_scheduler();

	if (error < 0)
		return error;
	if (setjmp(scheduler.abandon) == 0) {
		main(argument);
		CHECK(scheduler.spawned == scheduler.joined,
		      "the first task returned before it joined %lu of its tasks",
		      scheduler.spawned - scheduler.joined);
	}
	error = scheduler.deadlocked ? -EDEADLK : 0;
	close_scheduler();
	return error;
}

void coroutine_forked(void)
{
	close_scheduler();
}

int coroutine_adopt(int fd)
{
	return poller_adopt(&scheduler.loop.poller, fd);
}

void coroutine_hand_over(int fd)
{
	(void)fd; /* tasks share their descriptors */
}

int coroutine_disown(int fd)
{
	return poller_forget(&scheduler.loop.poller, fd, &scheduler.loop.ready);
}

int coroutine_close(int fd)
{
	int error = coroutine_disown(fd);

	if (close(fd) < 0)
		return -errno;
	return error;
}

/* After a call of the poller. True: the task has waited, and makes the call again. False: *result is the operation's. */
static bool go_on(ssize_t *result)
{
	if (*result == POLLER_WAITS) {
		*result = suspend(scheduler.current);
		return *result == 0;
	}
	/* A peer that is always faster would keep the others from running for ever. */
	if (*result >= 0 && ++scheduler.operations % OPERATIONS_A_TURN == 0)
		coroutine_yield();
	return false;
}

int coroutine_await(int fd, enum poller_direction direction)
{
	ssize_t result;

	do
		result = poller_await(&scheduler.loop.poller, fd, direction, &scheduler.current->entry);
	while (go_on(&result));
	return (int)result;
}

void coroutine_drained(int fd, enum poller_direction direction)
{
	poller_drained(&scheduler.loop.poller, fd, direction);
}

ssize_t coroutine_read(int fd, void *buffer, size_t bytes)
{
	ssize_t result;

	do
		result = poller_read(&scheduler.loop.poller, fd, buffer, bytes, &scheduler.current->entry);
	while (go_on(&result));
	return result;
}

ssize_t coroutine_write(int fd, const void *buffer, size_t bytes)
{
	ssize_t result;

	do
		result = poller_write(&scheduler.loop.poller, fd, buffer, bytes, &scheduler.current->entry);
	while (go_on(&result));
	return result;
}

int coroutine_accept(int listener)
{
	ssize_t result;

	do
		result = poller_accept(&scheduler.loop.poller, listener, &scheduler.current->entry);
	while (go_on(&result));
	return (int)result;
}

int coroutine_connect(int fd, const struct sockaddr *address, socklen_t length)
{
	ssize_t result;

	do
		result = poller_connect(&scheduler.loop.poller, fd, address, length, &scheduler.current->entry);
	while (go_on(&result));
	return (int)result;
}

/* The same functions under the names of task.h; see scheduler.h. */
#define VERB(name) extern __typeof(coroutine_##name) task_##name __attribute__((weak, alias("coroutine_" #name)))
VERB(run);
VERB(shared);
VERB(spawn);
VERB(join);
VERB(yield);
VERB(sleep_until);
VERB(wait);
VERB(wake);
VERB(adopt);
VERB(hand_over);
VERB(close);
VERB(read);
VERB(write);
VERB(accept);
VERB(connect);
