/* work_stealing.c: tasks as stackful coroutines over a thread a core: the verbs, and the switches between tasks.
 *
 * A spawned task starts at once, as a called function does, and its parent goes into the worker's deque, where an idle
 * worker may take it: a tree of tasks is walked depth first by each worker, thieves get the oldest parents and with
 * them the largest parts, and memory stays within the number of workers times what one of them needs (R. Blumofe,
 * C. Leiserson, "Scheduling Multithreaded Computations by Work Stealing", 1999). A child whose parent nobody has taken
 * takes it out again when it ends and returns to it; its stack is free at once, and what is paid for parallelism is the
 * storing of the parent's registers and its way through the deque, without an atomic operation.
 *
 * Who runs next, when a task suspends: the task that was woken last, the last parent, the oldest of those that were
 * woken or gave way. Every so often (grant() in idle.c) the hub looks at the outside and takes the oldest first, so
 * that nobody is overtaken for ever. With nothing at hand the hub steals, and then sleeps (idle.h).
 *
 * Read worker.h first: it says what may be touched by whom, and when. */
#include "../check.h"
#include "../clock.h"
#include "../kernel/shared_memory.h"
#include "../runtime.h"
#include "../task.h"
#include "idle.h"
#include "sleepers.h"
#include "words.h"
#include "worker.h"

#include <errno.h>
#include <sys/mman.h>

const struct runtime runtime = {
	.name = "work-stealing",
	.model = "a stackful coroutine a task, over a thread a core that steal from each other (M:N)",
	.dialect = "direct",
	.suspends = "switching stacks; a task may go on in another thread",
	.shares = "all memory",
	.breaks = "as many tasks that never suspend as workers stop all others; memory at one page a task and more; "
		  "a library's function with locals of more than a page may leap over the guard page unseen",
	.sources = "R. Blumofe, C. Leiserson, 1999; D. Chase, Y. Lev, 2005; N. Le et al., 2013",
	.capabilities = RUNTIME_INTERLEAVES | RUNTIME_PARALLEL | RUNTIME_SHARES_MEMORY | RUNTIME_SWITCHES_STACKS |
			RUNTIME_WORKERS,
};

/* How many turns before its own a task's control block is fetched, and so many lines of frames below it. */
enum { FETCH_AHEAD = 6, FETCH_LINES = 4, FETCH_LINE = 64 };

/* Taken out from among those who wait for a word at a time: the room for them stays small, and the lock is short. */
enum { WOKEN_TOGETHER = 1024 };

/* The id of a task that ended before its task_spawn() returned: nothing of it is left. */
enum { TASK_ENDED = 0 };

static inline __attribute__((always_inline)) void make_current(struct worker *worker, struct unit *unit)
{
	worker->current = unit;
	unit->worker = worker;
}

/* The functions that leave a stack. Nothing of the worker is kept across the switch: it may be another one then. Once
 * the caller's stack has been left, after(worker, self) is called unless it is NULL. */
FIBER_SWITCHES static int switch_to(struct worker *worker, struct unit *self, struct unit *next, after_switch *after)
{
	make_current(worker, next);
	worker->unbroken = deque_bottom(&worker->deque);
	fiber_leave(&self->fiber, &next->fiber);
	int result = after ? transfer_after(&self->stack_pointer, next->stack_pointer, after, worker, self)
			   : transfer_switch(&self->stack_pointer, next->stack_pointer);
	fiber_arrive(&self->fiber);
	return result;
}

#if defined(FIBER_ADDRESS) || defined(FIBER_THREAD)
/* The body's frame must be in no uninstrumented function. */
static __attribute__((noinline)) void run_body(task_function *function, void *argument)
{
	function(argument);
}

/* What the sanitizers are told first, and at last. */
FIBER_SWITCHES static void begin(void *argument)
{
	struct unit *self = argument;

	fiber_arrive(&self->fiber);
	run_body(self->function, self->argument);
}

FIBER_SWITCHES static int start(struct unit *self, struct unit *child, task_function *function, void *argument)
{
	child->function = function;
	child->argument = argument;
	child->ended = false;
	fiber_leave(&self->fiber, &child->fiber);
	int result = transfer_start(&self->stack_pointer, child, begin, child);
	fiber_arrive(&self->fiber);
	if (child->ended)
		fiber_close(&child->fiber);
	return result;
}
#else
static inline int start(struct unit *self, struct unit *child, task_function *function, void *argument)
{
	return transfer_start(&self->stack_pointer, child, function, argument);
}
#endif

void worker_ready(struct worker *worker, struct unit *unit)
{
	deque_push(&worker->queue, unit);
	idle_call(CALL_ANYBODY);
}

static struct unit *pop_woken(struct worker *worker)
{
	char *entry = (char *)loop_queue_pop(&worker->woken);

	return (struct unit *)(entry - offsetof(struct unit, entry));
}

void worker_ready_woken(struct worker *worker)
{
	while (!loop_queue_empty(&worker->woken))
		worker_ready(worker, pop_woken(worker));
}

/* Before all others of this worker: the waker mostly waits soon. */
static void ready_next(struct worker *worker, struct unit *unit)
{
	struct unit *displaced;

	if (crew.count == 1) {
		displaced = atomic_load_explicit(&worker->slot, memory_order_relaxed);
		atomic_store_explicit(&worker->slot, unit, memory_order_relaxed);
	} else {
		/* Release for whoever takes it out; acquire for the one that it displaces. */
		displaced = atomic_exchange_explicit(&worker->slot, unit, memory_order_acq_rel);
	}
	if (displaced)
		worker_ready(worker, displaced);
	else
		idle_call(CALL_LISTENERS);
}

void worker_go_on(struct worker *worker, struct unit *unit)
{
	deque_push(&worker->deque, unit);
	worker->unbroken = deque_bottom(&worker->deque); /* it does not wait for a child that it has started */
	idle_call(CALL_LISTENERS);
}

/* What resuming unit will touch. */
static inline __attribute__((always_inline)) void fetch_frames(const struct unit *unit)
{
	for (int line = 0; line <= FETCH_LINES; line++)
		__builtin_prefetch((const char *)unit - line * FETCH_LINE, 1);
}

/* The oldest that was woken or gave way. Fetches what a later turn will touch while others run. */
static inline __attribute__((always_inline)) struct unit *take_queued(struct deque *queue)
{
	struct unit *unit = deque_take_oldest(queue);
	const struct unit *coming = unit ? deque_coming(queue, FETCH_AHEAD) : NULL;

	if (coming)
		fetch_frames(coming);
	return unit;
}

/* Who runs next, taken out; the hub if there is nobody at hand, or if it is time to look at the outside. */
static inline struct unit *next_unit(struct worker *worker)
{
	struct unit *unit;

	if (__builtin_expect(--worker->allowance <= 0, 0))
		return &worker->hub;
	if ((unit = worker_take_slot(worker)) || (unit = deque_pop(&worker->deque)) ||
	    (unit = take_queued(&worker->queue)))
		return unit;
	return &worker->hub;
}

int worker_suspend(struct worker *worker, struct unit *self, after_switch *after)
{
	if (crew.count == 1) {
		after(worker, self);
		after = NULL;
	}
	struct unit *next = next_unit(worker);

	if (next != self)
		return switch_to(worker, self, next, after);
	worker->unbroken = deque_bottom(&worker->deque); /* self->task has been overwritten */
	return 0;
}

void task_yield(void)
{
	struct worker *worker = worker_here();
	struct unit *self = worker->current, *next = next_unit(worker);

	if (next == &worker->hub && worker->allowance > 0)
		return;
	if (crew.count > 1) {
		switch_to(worker, self, next, worker_ready);
	} else {
		deque_push(&worker->queue, self);
		switch_to(worker, self, next, NULL);
	}
}

/* After the switch: whoever joins is found, or finds the end. Release: what the task has done; acquire: the joiner. */
static void publish_end(struct worker *worker, struct unit *unit)
{
	struct unit *joiner = atomic_exchange_explicit(&unit->joiner, UNIT_ENDED, memory_order_acq_rel);

	if (joiner)
		ready_next(worker, joiner);
}

static void publish_over(struct worker *worker, struct unit *unit)
{
	(void)worker, (void)unit;
	idle_stop();
}

/* Whom a task that ends leaves to, and what is done then; popped came out of the worker's deque, or is NULL. The stack
 * is given back by the joiner, which therefore must not see the end before it has been left: by the order of things if
 * the joiner is who runs next, else afterwards. */
static inline struct unit *next_after(struct worker *worker, struct unit *self, struct unit *popped,
				      after_switch **after)
{
	struct unit *next = atomic_load_explicit(&self->joiner, memory_order_acquire);

	if (next && popped)
		worker_go_on(worker, popped); /* somebody may have looked while it was out, and gone to sleep */
	else if (popped && popped == self->parent)
		next = popped; /* who will join, and is about to go on here */
	if (next) {
		*after = NULL;
		atomic_store_explicit(&self->joiner, UNIT_ENDED, memory_order_relaxed);
		return next;
	}
	*after = self->parent ? publish_end : publish_over;
	return popped ? popped : next_unit(worker);
}

/* Leaves the stack of a task that has ended. */
FIBER_SWITCHES static __attribute__((noinline, noreturn)) void leave_for_ever(struct worker *worker, struct unit *self,
									      struct unit *popped)
{
	after_switch *after;
	struct unit *next = next_after(worker, self, popped, &after);

	make_current(worker, next);
	worker->unbroken = deque_bottom(&worker->deque);
	fiber_leave(NULL, &next->fiber);
	if (after)
		transfer_after(&self->stack_pointer, next->stack_pointer, after, worker, self);
	else
		transfer_switch(&self->stack_pointer, next->stack_pointer);
	__builtin_unreachable();
}

static inline void make_room(struct stack_cache *cache)
{
	if (__builtin_expect(cache->count == STACKS_CACHED, 0))
		stacks_spill(cache);
}

/* To a cache that has room. */
static inline void give_stack(struct stack_cache *cache, struct unit *unit)
{
	cache->unit[cache->count++] = unit;
}

/* From the stack of a task that has ended to its parent, which spawned it and has not gone on since: nobody else knows
 * of the task, and nobody needs to be told. Its stack is free while it is still in use, which is as well: only this
 * worker can take it. Inlined where FIBER_SWITCHES stands. */
static inline __attribute__((always_inline)) void *return_to(struct worker *worker, struct unit *parent,
							     struct unit *self)
{
	worker->current = parent;
	self->task->id = TASK_ENDED;
	give_stack(&worker->stacks, self);
#if defined(FIBER_ADDRESS) || defined(FIBER_THREAD)
	self->ended = true;
#endif
	fiber_leave(NULL, &parent->fiber);
	return atomic_load_explicit(&parent->stack_pointer, memory_order_relaxed);
}

/* Popped is the last parent, or NULL if a thief has it. */
FIBER_SWITCHES static __attribute__((noinline)) void *end_disputed(struct worker *worker, struct unit *self,
								   struct unit *popped)
{
	popped = deque_dispute(&worker->deque, deque_bottom(&worker->deque), popped);
	if (!popped)
		leave_for_ever(worker, self, NULL);
	make_room(&worker->stacks);
	return return_to(worker, popped, self);
}

FIBER_SWITCHES static __attribute__((noinline)) void *end_slowly(struct worker *worker, struct unit *self)
{
	if (worker->stacks.marked && self->parent)
		stacks_check(self);
	/* The item's number, read before: a pop that a thief has disputed leaves bottom where it was. */
	int64_t last = deque_bottom(&worker->deque) - 1;
	struct unit *popped = worker->allowance > 0 ? deque_pop(&worker->deque) : NULL;

	if (!popped || last < worker->unbroken)
		leave_for_ever(worker, self, popped);
	make_room(&worker->stacks);
	return return_to(worker, popped, self);
}

/* A parent that still waits where it spawned this task is the last one in the deque. All that is seldom is apart, so
 * that what is frequent needs no registers that it would have to save. */
FIBER_SWITCHES void *unit_end(struct unit *self)
{
	struct worker *worker = self->worker;
	int64_t last = deque_bottom(&worker->deque) - 1;

	if (__builtin_expect(--worker->allowance <= 0 || last < worker->unbroken || worker->stacks.marked ||
				     worker->stacks.count == STACKS_CACHED,
			     0))
		return end_slowly(worker, self);
	struct unit *popped = deque_announce(&worker->deque, last);

	if (__builtin_expect(!deque_is_taken(&worker->deque, last), 0))
		return end_disputed(worker, self, popped);
	return return_to(worker, popped, self);
}

void worker_run(struct worker *worker, struct unit *first, task_function *function, void *argument)
{
	if (first) {
		make_current(worker, first);
		start(&worker->hub, first, function, argument);
	}
	for (struct unit *unit; (unit = idle_find(worker));)
		switch_to(worker, &worker->hub, unit, NULL);
}

/* From a cache that is not empty. */
static inline struct unit *take_stack(struct stack_cache *cache)
{
	struct unit *unit = cache->unit[--cache->count];

	if (__builtin_expect(cache->count < cache->cold, 0)) {
		cache->cold = cache->count;
		if (cache->count >= FETCH_AHEAD)
			fetch_frames(cache->unit[cache->count - FETCH_AHEAD]);
	}
	return unit;
}

/* A cache without stacks, or a deque without room. */
static __attribute__((noinline)) int spawn_slowly(struct task *task, task_function *function, void *argument)
{
	struct worker *worker = worker_here();

	if (deque_full(&worker->deque))
		deque_grow(&worker->deque);
	if (worker->stacks.count == 0 && !stacks_refill(&worker->stacks))
		return -ENOMEM;
	return task_spawn(task, function, argument);
}

static __attribute__((noinline)) int start_and_call(struct unit *self, struct unit *child, task_function *function,
						    void *argument)
{
	idle_answer();
	return start(self, child, function, argument);
}

/* The parent is published before its registers are saved: see stack_pointer in worker.h. */
int task_spawn(struct task *task, task_function *function, void *argument)
{
	struct worker *worker = worker_here();

	if (__builtin_expect(worker->stacks.count == 0 || deque_full(&worker->deque), 0))
		return spawn_slowly(task, function, argument);
	struct unit *child = take_stack(&worker->stacks), *parent = worker->current;

	task->id = (uintptr_t)child;
	child->task = task;
	child->parent = parent;
	child->number = count_up(&worker->spawned);
	atomic_store_explicit(&child->joiner, NULL, memory_order_relaxed); /* the push of the parent releases it */
	stacks_begin(child);
	make_current(worker, child);
	atomic_store_explicit(&parent->stack_pointer, NULL, memory_order_relaxed);
	deque_put(&worker->deque, parent);
	if (idle_called(CALL_LISTENERS))
		return start_and_call(parent, child, function, argument);
	return start(parent, child, function, argument);
}

static void publish_join(struct worker *worker, struct unit *unit)
{
	struct unit *nobody = NULL;

	/* Release: the joiner is suspended by now; acquire: the end of the child, if it was faster. */
	if (!atomic_compare_exchange_strong_explicit(&unit->child->joiner, &nobody, unit, memory_order_acq_rel,
						     memory_order_acquire))
		worker_go_on(worker, unit);
}

static __attribute__((noinline)) int join_slowly(struct worker *worker, struct unit *child)
{
	struct unit *self = worker->current;

	/* Acquire: what the child has done. */
	if (atomic_load_explicit(&child->joiner, memory_order_acquire) != UNIT_ENDED) {
		self->child = child;
		worker_suspend(worker, self, publish_join);
		worker = self->worker;
	}
	fiber_close(&child->fiber);
	make_room(&worker->stacks);
	give_stack(&worker->stacks, child);
	return 0;
}

int task_join(struct task task)
{
	struct worker *worker = worker_here();

	count_up(&worker->joined);
	return __builtin_expect(task.id == TASK_ENDED, 1) ? 0 : join_slowly(worker, (struct unit *)task.id);
}

void task_sleep_until(uint64_t deadline_ns)
{
	struct worker *worker = worker_here();
	struct unit *self = worker->current;

	if (clock_now() >= deadline_ns)
		return;
	self->deadline = deadline_ns < UINT64_MAX ? deadline_ns : UINT64_MAX - 1; /* UINT64_MAX means none */
	worker_suspend(worker, self, sleepers_wait);
}

static void publish_wait(struct worker *worker, struct unit *unit)
{
	if (!words_wait(unit))
		worker_go_on(worker, unit);
}

int task_wait(_Atomic uint32_t *word, uint32_t expected)
{
	struct worker *worker = worker_here();
	struct unit *self = worker->current;

	/* Acquire: the caller may go by the change. It is compared again with the lock of the bucket held. */
	if (atomic_load_explicit(word, memory_order_acquire) != expected)
		return 0;
	self->word = word;
	self->expected = expected;
	return worker_suspend(worker, self, publish_wait);
}

/* Most likely who runs next; its frames are nowhere near. */
static inline void wake_next(struct worker *worker, struct unit *unit)
{
	fetch_frames(unit);
	ready_next(worker, unit);
}

int task_wake(_Atomic uint32_t *word, unsigned count)
{
	struct worker *worker = worker_here();
	unsigned all = 0, left, woken;

	do {
		left = count - all;
		woken = words_wake(word, left < WOKEN_TOGETHER ? left : WOKEN_TOGETHER, &worker->woken);
		all += woken;
		if (all == 1)
			wake_next(worker, pop_woken(worker));
		else
			worker_ready_woken(worker);
	} while (woken == WOKEN_TOGETHER && all < count);
	return (int)all;
}

void *task_shared(size_t bytes)
{
	return shared_memory_map(bytes, MAP_PRIVATE);
}
