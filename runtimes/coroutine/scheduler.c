/* scheduler.c: see scheduler.h. Tasks as stackful coroutines on one thread, over the event loop.
 *
 * There is no hub. A task that suspends asks the loop who is next and switches there itself; when nobody is ready, the
 * loop waits for timers and descriptors on the stack of the task that asked. A spawned task starts at once and its
 * parent stands in line behind it, as a caller behind the function that it has called: a tree of tasks is walked depth
 * first and has as many live stacks as it is deep, not as it is wide (R. Blumofe, C. Leiserson, "Scheduling
 * Multithreaded Computations by Work Stealing", 1999). A task that ends while its parent stands in line returns to it,
 * and nothing is left of it to join; one that suspends steps out, and its parent is the next to run. A task that ends
 * later sends whoever joins it to the front of the ready queue, while its control block is still in the cache.
 *
 * What always holds: `scheduler.current` is the task that runs, `scheduler.parent` stands in line behind it, and
 * `current->behind` behind that one, up to a NULL. Every other task that has not ended is in exactly one of: the ready
 * queue, the timers, the poller, the wait table, or the `joiner` of another task.
 * The first task runs on the thread's own stack, all others on those of the pool (stack.h). A stack goes back to the
 * pool when its task ends, the control block when it is joined. Control blocks lie side by side and not on the stacks,
 * so that looking at those of many tasks touches few lines and few pages. */
#include "scheduler.h"
#include "../check.h"
#include "../clock.h"
#include "../event_loop/loop.h"
#include "fiber.h"
#include "overflow.h"
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

/* How many turns before its own a task's control block is fetched, and its frames. A task that wakes touches four lines
 * of them until it waits again or ends, one that gives way in a loop mostly two. */
enum {
	FETCH_BLOCK = 12,
	FETCH_FRAMES = 6,
	FETCH_LINES = 4,
	FETCH_YIELD_LINES = 2,
	FETCH_LINE = 64,
	FETCH_TOGETHER = 32
};

/* Of stack_tidy(), whenever nobody is ready: about a millisecond. */
enum { TIDY_BATCHES = 16 };

struct coroutine {
	struct loop_entry entry;
	uint32_t number;     /* in the order of spawning; the first task is 0 */
	void *stack_pointer; /* while suspended; the empty stack's until the task first leaves it */
	union {
		struct coroutine *behind;    /* while its parent stands in line behind it: who does so behind that */
		struct loop_entry *joiner;   /* afterwards: waits for the end; ENDED when it has come */
		struct coroutine *next_free; /* once joined */
	};
	struct fiber fiber;
};

enum { BLOCKS_TOGETHER = 512 };

/* Tasks that have returned to their parents and wait to be used again, with their stacks: no more of them, since free
 * stacks are the pool's to give back. */
enum { SPARES = 64 };

/* The id of a task that has returned to its parent. */
enum { TASK_ENDED = 0 };

struct blocks {
	struct blocks *next;
	struct coroutine block[BLOCKS_TOGETHER];
};

/* Memory of coroutine_shared(). */
struct shared {
	struct shared *next;
	void *memory;
	size_t bytes;
};

/* What a switch uses comes first, in one line. */
static struct {
	struct coroutine *current;
	size_t spares; /* between two that a compiler would move as one vector, and wait for their stores */
	struct coroutine *parent;
	struct loop loop;
	unsigned long spawned, joined;
	struct coroutine *spare[SPARES]; /* their empty stacks in stack_pointer */
	struct coroutine *free;          /* control blocks without a stack, the last one joined first */
	struct stack_pool stacks;
	struct blocks *blocks;
	unsigned operations;
	bool running;
	unsigned worker;     /* whose tasks these are, for overflow_task ... */
	uint32_t unnumbered; /* ... which does not count the first so many */
	struct shared *shared;
	struct coroutine first;
	jmp_buf abandon; /* the way out of the first task, wherever it waits, when nothing can wake it */
} scheduler __attribute__((aligned(64)));

static struct loop_entry ended_mark;
#define ENDED (&ended_mark)

static struct coroutine *coroutine_of(struct loop_entry *entry)
{
	return (struct coroutine *)entry; /* its first member */
}

static struct coroutine *coroutine_at(void **stack_pointer)
{
	return (struct coroutine *)((char *)stack_pointer - offsetof(struct coroutine, stack_pointer));
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

static void *coroutine_main(void **stack_pointer, void *function, void *argument, void *task);

FIBER_SWITCHES static int start(struct coroutine *from, struct coroutine *child, task_function *function,
				void *argument, struct task *task)
{
	scheduler.current = child;
	fiber_leave(&from->fiber, &child->fiber);
	int result = stack_call(&from->stack_pointer, &child->stack_pointer, coroutine_main, (void *)function, argument,
				task);
	fiber_arrive(&from->fiber);
	if (task->id == TASK_ENDED)
		fiber_close(&child->fiber);
	return result;
}

FIBER_SWITCHES static void abandon(void *unused)
{
	(void)unused;
	fiber_arrive(&scheduler.first.fiber);
	longjmp(scheduler.abandon, 1);
}

/* Nobody can run any more: the way out of coroutine_run() begins on the first task's stack, below its frames. */
FIBER_SWITCHES __attribute__((noinline)) _Noreturn void coroutine_deadlock(void)
{
	void *left, *top = (void *)((uintptr_t)scheduler.first.stack_pointer & ~(uintptr_t)15);

	fputs("deadlock: every task that is left waits, and neither another task nor a timer nor a descriptor can wake "
	      "one; the run ends here\n",
	      stderr);
	if (scheduler.current == &scheduler.first)
		longjmp(scheduler.abandon, 1);
	scheduler.current = &scheduler.first;
	fiber_leave(NULL, &scheduler.first.fiber);
	stack_start(&left, top, abandon, NULL);
	abort(); /* never reached */
}

static inline __attribute__((always_inline)) void fetch_frames(const char *frames, int lines)
{
	for (int line = 0; line < lines; line++)
		__builtin_prefetch(frames + line * FETCH_LINE, 1);
}

/* Fetches what later turns will touch while others run: so many lines of their frames, and control blocks. Always
 * inlined: gcc takes a function of nothing but prefetches for one without effect, and removes the call. */
static inline __attribute__((always_inline)) void fetch_ahead(int lines)
{
	const struct loop_queue *ready = &scheduler.loop.ready;
	size_t count = loop_queue_count(ready);

	if (count <= FETCH_FRAMES)
		return;
	const char *frames = coroutine_of(loop_queue_at(ready, FETCH_FRAMES))->stack_pointer;

	fetch_frames(frames, lines);
	if (count > FETCH_BLOCK)
		__builtin_prefetch(loop_queue_at(ready, FETCH_BLOCK), 1);
}

/* The caller's parent, which goes on now; the caller will be joined like any other task. */
static inline struct coroutine *step_out(struct coroutine *self)
{
	struct coroutine *parent = scheduler.parent;

	scheduler.parent = self->behind;
	self->joiner = NULL;
	return parent;
}

/* Nobody is ready: tidies up, bounded since somebody may be soon, and waits. Those who are then ready together have
 * their frames fetched together: each takes a walk through the page tables, and a processor makes some of them at a
 * time, where fetch_ahead() would wait for one after another. */
static __attribute__((noinline)) struct loop_entry *wait_for_somebody(void)
{
	for (int batch = 0; batch < TIDY_BATCHES && stack_tidy(&scheduler.stacks); batch++)
		;
	struct loop_entry *entry = loop_next(&scheduler.loop);
	const struct loop_queue *ready = &scheduler.loop.ready;
	size_t count = loop_queue_count(ready) < FETCH_TOGETHER ? loop_queue_count(ready) : FETCH_TOGETHER;

	for (size_t i = 0; i < count; i++)
		fetch_frames(coroutine_of(loop_queue_at(ready, i))->stack_pointer, FETCH_LINES);
	return entry;
}

/* Who runs when self does not: its parent if that stands in line, unless it is time to look at the outside first. */
static inline struct coroutine *next_task(struct coroutine *self)
{
	if (scheduler.parent) {
		struct coroutine *parent = step_out(self);

		if (__builtin_expect(--scheduler.loop.allowance > 0, 1))
			return parent;
		loop_ready_first(&scheduler.loop, &parent->entry);
	}
	struct loop_entry *entry;

	if (__builtin_expect(loop_queue_empty(&scheduler.loop.ready), 0)) {
		entry = wait_for_somebody();
	} else {
		entry = loop_next(&scheduler.loop);
		fetch_ahead(FETCH_LINES);
	}
	if (__builtin_expect(!entry, 0))
		coroutine_deadlock();
	return coroutine_of(entry);
}

/* Lets others run until the caller's entry, which is waiting somewhere, is handed out again. The switch is its last
 * call, and it is that of the verb: the processor then foresees all returns behind it. Returns 0. */
static int wait_for_turn(struct coroutine *self)
{
	struct coroutine *next = next_task(self);

	return next != self ? switch_to(self, next) : 0;
}

/* The same for waits that can fail. Returns why the entry was handed out. */
static int suspend(struct coroutine *self)
{
	self->entry.result = 0;
	wait_for_turn(self);
	return self->entry.result;
}

/* Apart, so that the ordinary yield needs no registers that it would have to save. */
static __attribute__((noinline)) void yield_slowly(struct coroutine *self)
{
	struct coroutine *next;

	if (scheduler.parent) {
		loop_ready(&scheduler.loop, &self->entry);
		next = next_task(self);
	} else {
		next = coroutine_of(loop_rotate(&scheduler.loop, &self->entry));
	}
	if (next != self)
		switch_to(self, next);
}

void coroutine_yield(void)
{
	struct coroutine *self = scheduler.current;
	struct loop_entry *next;

	if (__builtin_expect(scheduler.parent || !(next = loop_rotate_quickly(&scheduler.loop, &self->entry)), 0)) {
		yield_slowly(self);
		return;
	}
	fetch_ahead(FETCH_YIELD_LINES);
	switch_to(self, coroutine_of(next));
}

/* A separate function, so that the body's frame is in no uninstrumented one. */
static void run_body(task_function *function, void *argument)
{
	function(argument);
}

/* A task that has ended, and whose parent does not stand in line any more. */
FIBER_SWITCHES static __attribute__((noinline, noreturn)) void leave_for_ever(struct coroutine *self)
{
	if (self->joiner)
		loop_ready_first(&scheduler.loop, self->joiner);
	self->joiner = ENDED;
	struct coroutine *next = next_task(self);

	scheduler.current = next;
	fiber_leave(NULL, &next->fiber);
	stack_resume(next->stack_pointer);
	__builtin_unreachable();
}

/* A task that has ended while its parent stands in line. Inlined where FIBER_SWITCHES stands. */
static inline __attribute__((always_inline)) void *return_to_parent(struct coroutine *self, struct task *task)
{
	struct coroutine *parent = scheduler.parent;

	task->id = TASK_ENDED;
	scheduler.parent = self->behind;
	scheduler.current = parent;
	fiber_leave(NULL, &parent->fiber);
	return parent->stack_pointer;
}

/* The stack is the pool's again while it is still in use, which is as well: whoever could take it runs only after it
 * has been left. */
FIBER_SWITCHES static __attribute__((noinline)) void *end_slowly(struct coroutine *self, void *top, struct task *task)
{
	stack_give(&scheduler.stacks, top);
	if (!scheduler.parent)
		leave_for_ever(self);
	void *parent = return_to_parent(self, task);

	self->next_free = scheduler.free;
	scheduler.free = self;
	return parent;
}

/* What lies at the bottom of each stack but the first. Returns to where the task was spawned, as any function, if its
 * parent is there still. */
FIBER_SWITCHES static void *coroutine_main(void **stack_pointer, void *function, void *argument, void *task)
{
	void *top = *stack_pointer;

	fiber_arrive(&coroutine_at(stack_pointer)->fiber);
	run_body((task_function *)function, argument);
	overflow_check(&scheduler.stacks, top);
	struct coroutine *self = coroutine_at(stack_pointer);

	if (__builtin_expect(!scheduler.parent || scheduler.spares == SPARES, 0))
		return end_slowly(self, top, task);
	self->stack_pointer = top;
	scheduler.spare[scheduler.spares++] = self;
	return return_to_parent(self, task);
}

static bool add_blocks(void)
{
	struct blocks *blocks = calloc(1, sizeof(*blocks));

	if (!blocks)
		return false;
	blocks->next = scheduler.blocks;
	scheduler.blocks = blocks;
	for (size_t i = BLOCKS_TOGETHER; i-- > 0;) {
		blocks->block[i].next_free = scheduler.free;
		scheduler.free = &blocks->block[i];
	}
	return true;
}

static void free_blocks(void)
{
	for (struct blocks *blocks = scheduler.blocks, *next; blocks; blocks = next) {
		next = blocks->next;
		free(blocks);
	}
	scheduler.blocks = NULL;
	scheduler.free = NULL;
	scheduler.spares = 0;
}

/* On an empty stack; the control block is otherwise as its last user left it. */
static inline __attribute__((always_inline)) int spawn_in(struct coroutine *child, struct task *task,
							  task_function *function, void *argument)
{
	struct coroutine *self = scheduler.current;

	child->number = (uint32_t)++scheduler.spawned;
	child->behind = scheduler.parent;
	scheduler.parent = self;
	task->id = (uintptr_t)child;
	fiber_open(&child->fiber, &scheduler.stacks, child->stack_pointer);
	return start(self, child, function, argument, task);
}

/* Apart for the same reason as yield_slowly(). */
static __attribute__((noinline)) int spawn_beside(struct task *task, task_function *function, void *argument)
{
	if (!scheduler.free && !add_blocks())
		return -ENOMEM;
	struct coroutine *child = scheduler.free;
	void *top = stack_take(&scheduler.stacks);

	if (!top)
		return -ENOMEM;
	scheduler.free = child->next_free;
	child->stack_pointer = top;
	return spawn_in(child, task, function, argument);
}

int coroutine_spawn(struct task *task, task_function *function, void *argument)
{
	if (__builtin_expect(scheduler.spares == 0, 0))
		return spawn_beside(task, function, argument);
	return spawn_in(scheduler.spare[--scheduler.spares], task, function, argument);
}

static __attribute__((noinline)) int join_slowly(struct coroutine *child)
{
	if (child->joiner != ENDED) {
		child->joiner = &scheduler.current->entry;
		suspend(scheduler.current);
	}
	fiber_close(&child->fiber);
	child->next_free = scheduler.free;
	scheduler.free = child;
	return 0;
}

int coroutine_join(struct task task)
{
	scheduler.joined++;
	return __builtin_expect(task.id == TASK_ENDED, 1) ? 0 : join_slowly((struct coroutine *)task.id);
}

void coroutine_sleep_until(uint64_t deadline_ns)
{
	struct coroutine *self = scheduler.current;

	if (clock_now() >= deadline_ns)
		return;
	CHECK(timers_add(&scheduler.loop.timers, deadline_ns, &self->entry) == 0, "no memory for a timer");
	wait_for_turn(self);
}

/* Beside others. Apart for the same reason as yield_slowly(). */
static __attribute__((noinline)) int wait_in_crowd(struct coroutine *self, _Atomic uint32_t *word)
{
	wait_table_add(&scheduler.loop.words, word, &self->entry);
	return wait_for_turn(self);
}

int coroutine_wait(_Atomic uint32_t *word, uint32_t expected)
{
	struct coroutine *self = scheduler.current;

	/* Relaxed: all tasks are one thread. */
	if (atomic_load_explicit(word, memory_order_relaxed) != expected)
		return 0;
	if (!wait_table_add_alone(&scheduler.loop.words, word, &self->entry))
		return wait_in_crowd(self, word);
	return wait_for_turn(self);
}

int coroutine_wake(_Atomic uint32_t *word, unsigned count)
{
	struct loop_queue *ready = &scheduler.loop.ready;
	unsigned woken = wait_table_wake(&scheduler.loop.words, word, count, ready);

	/* Who runs next is known, and nobody is far enough ahead of it for fetch_ahead(). */
	if (woken > 0 && loop_queue_count(ready) <= FETCH_FRAMES)
		fetch_frames(coroutine_of(loop_queue_at(ready, 0))->stack_pointer, FETCH_LINES);
	return (int)woken;
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

struct poller *coroutine_poller(void)
{
	return &scheduler.loop.poller;
}

bool coroutine_others_ready(void)
{
	return !loop_queue_empty(&scheduler.loop.ready);
}

bool coroutine_quiet(unsigned descriptors, size_t *turns)
{
	const struct loop *loop = &scheduler.loop;

	*turns = loop->ready.tail; /* it runs freely */
	return !scheduler.parent && loop_queue_empty(&loop->ready) && timers_count(&loop->timers) == 0 &&
	       loop->poller.waiting <= descriptors;
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

/* On one thread, whoever touches a guard page, or ends, is the task that runs. */
static struct overflow_task name_of(const void *stack)
{
	uint32_t number = scheduler.current->number;

	(void)stack;
	if (number == 0)
		return (struct overflow_task){.number = 0};
	if (number <= scheduler.unnumbered)
		return (struct overflow_task){.number = OVERFLOW_UNKNOWN};
	return (struct overflow_task){.number = number - scheduler.unnumbered, .worker = scheduler.worker};
}

void coroutine_count_as(unsigned worker)
{
	scheduler.worker = worker;
	scheduler.unnumbered = (uint32_t)scheduler.spawned;
}

static int open_scheduler(void)
{
	int error = loop_open(&scheduler.loop);

	if (error < 0)
		return error;
	stack_pool_open(&scheduler.stacks, 0);
	error = overflow_watch(&scheduler.stacks, name_of);
	if (error < 0) {
		loop_close(&scheduler.loop);
		return error;
	}
	scheduler.first = (struct coroutine){.number = 0};
	fiber_open_first(&scheduler.first.fiber);
	scheduler.current = &scheduler.first;
	scheduler.parent = NULL;
	scheduler.spawned = scheduler.joined = 0;
	scheduler.worker = scheduler.unnumbered = 0;
	scheduler.running = true;
	return 0;
}

static void close_scheduler(void)
{
	overflow_unwatch();
	stack_pool_close(&scheduler.stacks);
	free_blocks();
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
	overflow_watch_first(__builtin_frame_address(0), "raise the limit of the stack (ulimit -s)");
	if (setjmp(scheduler.abandon) != 0) {
		close_scheduler();
		return -EDEADLK;
	}
	main(argument);
	CHECK(scheduler.spawned == scheduler.joined, "the first task returned before it joined %lu of its tasks",
	      scheduler.spawned - scheduler.joined);
	close_scheduler();
	return 0;
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

/* After a call of the poller. True: the task has waited, and makes the call again. False: *result is the operation's.
 */
static bool go_on(ssize_t *result)
{
	if (*result == POLLER_WAITS) {
		scheduler.operations = 0;
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
