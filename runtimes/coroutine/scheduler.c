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

/* How many turns before its own a task's control block is fetched, and the lines where its registers are saved. */
enum { FETCH_BLOCK = 12, FETCH_FRAMES = 6, FETCH_LINE = 64 };

struct coroutine {
	struct loop_entry entry;
	uint32_t number;     /* in the order of spawning; the first task is 0 */
	void *stack_pointer; /* while suspended; the empty stack's until the task first leaves it */
	union {
		struct loop_entry *joiner;   /* waits for the end; ENDED afterwards */
		struct coroutine *next_free; /* once joined */
	};
	struct fiber fiber;
};

enum { BLOCKS_TOGETHER = 512 };

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
	struct loop loop;
	struct coroutine *free; /* control blocks, the last one joined first */
	size_t unbroken; /* head of the ready queue after the last switch, or before: who has come before it since
			  * waits for the child that it has started, and nobody but descendants has run */
	unsigned long spawned;
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

/* The two functions that leave a stack. The switch is their last call: see switch.h. */
FIBER_SWITCHES static int switch_to(struct coroutine *from, struct coroutine *to)
{
	scheduler.current = to;
	scheduler.unbroken = scheduler.loop.ready.head;
	fiber_leave(&from->fiber, &to->fiber);
	int result = stack_switch(&from->stack_pointer, to->stack_pointer);
	fiber_arrive(&from->fiber);
	return result;
}

typedef void *coroutine_body(void *self, void *function, void *argument);

FIBER_SWITCHES static int start(struct coroutine *from, struct coroutine *child, void *top, coroutine_body *body,
				task_function *function, void *argument)
{
	scheduler.current = child;
	fiber_leave(&from->fiber, &child->fiber);
	int result = stack_call(&from->stack_pointer, top, body, child, (void *)function, argument);
	fiber_arrive(&from->fiber);
	return result;
}

FIBER_SWITCHES static void abandon(void *unused)
{
	(void)unused;
	fiber_arrive(&scheduler.first.fiber);
	longjmp(scheduler.abandon, 1);
}

/* Nobody can run any more: the way out of coroutine_run() begins on the first task's stack, below its frames. */
FIBER_SWITCHES static _Noreturn void deadlock(void)
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

/* Fetches what later turns will touch while others run. Always inlined: gcc takes a function of nothing but prefetches
 * for one without effect, and removes the call. */
static inline __attribute__((always_inline)) void fetch_ahead(void)
{
	const struct loop_queue *ready = &scheduler.loop.ready;
	size_t count = loop_queue_count(ready);

	if (count <= FETCH_FRAMES)
		return;
	const char *frames = coroutine_of(loop_queue_at(ready, FETCH_FRAMES))->stack_pointer;

	__builtin_prefetch(frames, 1);
	__builtin_prefetch(frames + FETCH_LINE, 1);
	if (count > FETCH_BLOCK)
		__builtin_prefetch(loop_queue_at(ready, FETCH_BLOCK), 1);
}

static inline struct coroutine *next_task(void)
{
	struct loop_entry *entry = loop_next(&scheduler.loop);

	fetch_ahead();
	if (__builtin_expect(!entry, 0))
		deadlock();
	return coroutine_of(entry);
}

/* Lets others run until the caller's entry, which is waiting somewhere, is handed out again. The switch is its last
 * call, and it is that of the verb: the processor then foresees all returns behind it. Returns 0. */
static int wait_for_turn(struct coroutine *self)
{
	struct coroutine *next = next_task();

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
	struct coroutine *next = coroutine_of(loop_rotate(&scheduler.loop, &self->entry));

	if (next != self)
		switch_to(self, next);
}

void coroutine_yield(void)
{
	struct coroutine *self = scheduler.current;
	struct loop_entry *next = loop_rotate_quickly(&scheduler.loop, &self->entry);

	if (__builtin_expect(!next, 0)) {
		yield_slowly(self);
		return;
	}
	fetch_ahead();
	switch_to(self, coroutine_of(next));
}

/* A separate function, so that the body's frame is in no uninstrumented one. */
static void run_body(task_function *function, void *argument)
{
	function(argument);
}

/* A task that has ended, and whose parent does not wait where it spawned it any more. */
FIBER_SWITCHES static __attribute__((noinline, noreturn)) void leave_for_ever(struct coroutine *self)
{
	if (self->joiner)
		loop_ready_first(&scheduler.loop, self->joiner);
	self->joiner = ENDED;
	struct coroutine *next = next_task();

	scheduler.current = next;
	scheduler.unbroken = scheduler.loop.ready.head;
	fiber_leave(NULL, &next->fiber);
	stack_switch(&self->stack_pointer, next->stack_pointer);
	__builtin_unreachable();
}

/* What lies at the bottom of each stack but the first. The stack is the pool's again while it is still in use, which is
 * as well: whoever could take it runs only after it has been left. */
FIBER_SWITCHES static void *coroutine_main(void *block, void *function, void *argument)
{
	struct coroutine *self = block;
	void *top = self->stack_pointer;

	fiber_arrive(&self->fiber);
	run_body((task_function *)function, argument);
	overflow_check(&scheduler.stacks, top);
	stack_give(&scheduler.stacks, top);
	if (__builtin_expect((ptrdiff_t)(scheduler.unbroken - scheduler.loop.ready.head) <= 0, 0))
		leave_for_ever(self);
	/* Returns to where it was spawned, as any function. Nobody else has run since, and nobody joins it yet. */
	self->joiner = ENDED;
	struct coroutine *parent = coroutine_of(loop_queue_pop(&scheduler.loop.ready));

	scheduler.current = parent;
	fiber_leave(NULL, &parent->fiber);
	return parent->stack_pointer;
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

/* Control blocks that are in use. */
static size_t count_unjoined(void)
{
	size_t count = 0;

	for (const struct blocks *blocks = scheduler.blocks; blocks; blocks = blocks->next)
		count += BLOCKS_TOGETHER;
	for (const struct coroutine *block = scheduler.free; block; block = block->next_free)
		count--;
	return count;
}

static void free_blocks(void)
{
	for (struct blocks *blocks = scheduler.blocks, *next; blocks; blocks = next) {
		next = blocks->next;
		free(blocks);
	}
	scheduler.blocks = NULL;
	scheduler.free = NULL;
}

/* Makes room for one more of everything. Apart for the same reason as yield_slowly(). */
static __attribute__((noinline)) int spawn_slowly(struct task *task, task_function *function, void *argument)
{
	if (loop_queue_full(&scheduler.loop.ready))
		loop_queue_grow(&scheduler.loop.ready);
	if (!scheduler.free && !add_blocks())
		return -ENOMEM;
	if (stack_none_laden(&scheduler.stacks)) {
		void *top = stack_take(&scheduler.stacks);

		if (!top)
			return -ENOMEM;
		stack_give(&scheduler.stacks, top);
	}
	return coroutine_spawn(task, function, argument);
}

int coroutine_spawn(struct task *task, task_function *function, void *argument)
{
	struct coroutine *self = scheduler.current, *child = scheduler.free;

	if (__builtin_expect(!child || stack_none_laden(&scheduler.stacks) || loop_queue_full(&scheduler.loop.ready),
			     0))
		return spawn_slowly(task, function, argument);
	void *top = stack_take(&scheduler.stacks);

	scheduler.free = child->next_free;
	child->joiner = NULL;
	child->stack_pointer = top;
	child->number = (uint32_t)++scheduler.spawned;
	fiber_open(&child->fiber, &scheduler.stacks, top);
	task->id = (uintptr_t)child;
	loop_ready_first(&scheduler.loop, &self->entry);
	return start(self, child, top, coroutine_main, function, argument);
}

static int forget(struct coroutine *ended)
{
	fiber_close(&ended->fiber);
	ended->next_free = scheduler.free;
	scheduler.free = ended;
	return 0;
}

static __attribute__((noinline)) int join_slowly(struct coroutine *child)
{
	child->joiner = &scheduler.current->entry;
	suspend(scheduler.current);
	return forget(child);
}

int coroutine_join(struct task task)
{
	struct coroutine *child = (struct coroutine *)task.id;

	return __builtin_expect(child->joiner == ENDED, 1) ? forget(child) : join_slowly(child);
}

void coroutine_sleep_until(uint64_t deadline_ns)
{
	struct coroutine *self = scheduler.current;

	if (clock_now() >= deadline_ns)
		return;
	CHECK(timers_add(&scheduler.loop.timers, deadline_ns, &self->entry) == 0, "no memory for a timer");
	wait_for_turn(self);
}

/* Beside others. The node lives on the stack of the one that waits. */
static __attribute__((noinline)) int wait_in_crowd(struct coroutine *self, _Atomic uint32_t *word)
{
	struct wait_node node = {.word = word, .entry = &self->entry};

	wait_table_add(&scheduler.loop.words, &node);
	return suspend(self);
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
	if (woken > 0 && loop_queue_count(ready) <= FETCH_FRAMES) {
		const char *frames = coroutine_of(loop_queue_at(ready, 0))->stack_pointer;

		for (int line = 0; line < 4; line++)
			__builtin_prefetch(frames + line * FETCH_LINE, 1);
	}
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

bool coroutine_quiet(unsigned descriptors, size_t *turns)
{
	const struct loop *loop = &scheduler.loop;

	*turns = loop->ready.tail; /* it runs freely */
	return loop_queue_empty(&loop->ready) && timers_count(&loop->timers) == 0 &&
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
	scheduler.unbroken = scheduler.loop.ready.head;
	fiber_open_first(&scheduler.first.fiber);
	scheduler.current = &scheduler.first;
	scheduler.spawned = 0;
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
	size_t unjoined = count_unjoined();

	CHECK(unjoined == 0, "the first task returned before it joined %zu of its tasks", unjoined);
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
