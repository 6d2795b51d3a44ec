/* work_stealing.c: tasks as stackful coroutines over a thread a core: the verbs, and the switches between tasks.
 *
 * A spawned task starts at once, as a called function does, and its parent goes into the worker's deque, where an idle
 * worker may take it: a tree of tasks is walked depth first by each worker, thieves get the oldest parents and with
 * them the largest parts, and memory stays within the number of workers times what one of them needs (R. Blumofe,
 * C. Leiserson, "Scheduling Multithreaded Computations by Work Stealing", 1999). A child that nobody has stolen from
 * takes its parent out again when it ends, and nothing else than these two accesses is paid for parallelism.
 *
 * Who runs next, when a task suspends: the task that was woken last, the last parent, the oldest of those that were
 * woken or gave way. Every so often (grant() in idle.c) the hub looks at the outside and takes the oldest first, so
 * that nobody is overtaken for ever. With nothing at hand the hub steals, and then sleeps (idle.h).
 *
 * Read worker.h first: it says what may be touched by whom, and when. */
#include "../check.h"
#include "../clock.h"
#include "../coroutine/switch.h"
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
	.breaks = "as many tasks that never suspend as workers stop all others; memory at one page a task and more",
	.sources = "R. Blumofe, C. Leiserson, 1999; D. Chase, Y. Lev, 2005; N. Le et al., 2013",
	.capabilities = RUNTIME_INTERLEAVES | RUNTIME_PARALLEL | RUNTIME_SHARES_MEMORY | RUNTIME_SWITCHES_STACKS,
};

/* Runs below the frames of the task that is switched to: publishes who was left, and lets the task go on. What a task
 * does after a switch is then nothing, and a switch can be the last call of a verb (switch.h says why that matters). */
FIBER_SWITCHES static void land(void *argument)
{
	struct worker *worker = argument;
	void *abandoned; /* this frame is not resumed */

	worker->after(worker, worker->left);
	stack_switch(&abandoned, worker->current->stack_pointer);
}

/* Switches to next; once the caller's stack has been left, after(worker, self) is called unless it is NULL. */
static inline __attribute__((always_inline)) int leave(struct worker *worker, struct unit *self, struct unit *next,
						       after_switch *after)
{
	if (!after)
		return stack_switch(&self->stack_pointer, next->stack_pointer);
	worker->after = after;
	worker->left = self;
	return stack_start(&self->stack_pointer, (void *)((uintptr_t)next->stack_pointer & ~(uintptr_t)15), land,
			   worker);
}

static inline __attribute__((always_inline)) void make_current(struct worker *worker, struct unit *unit)
{
	worker->current = unit;
	unit->worker = worker;
}

/* The functions that leave a stack. Nothing of the worker is kept across the switch: it may be another one then. */
FIBER_SWITCHES static int switch_to(struct worker *worker, struct unit *self, struct unit *next, after_switch *after)
{
	make_current(worker, next);
	fiber_leave(&self->fiber, &next->fiber);
	int result = leave(worker, self, next, after);
	fiber_arrive(&self->fiber);
	return result;
}

FIBER_SWITCHES static int start(struct worker *worker, struct unit *self, struct unit *child, void (*body)(void *))
{
	make_current(worker, child);
	fiber_leave(&self->fiber, &child->fiber);
	int result = stack_start(&self->stack_pointer, child, body, child);
	fiber_arrive(&self->fiber);
	return result;
}

void worker_ready(struct worker *worker, struct unit *unit)
{
	deque_push(&worker->queue, unit);
	idle_notify();
}

/* Before all others of this worker: the waker mostly waits soon. */
static void ready_next(struct worker *worker, struct unit *unit)
{
	/* Release for whoever takes it out; acquire for the one that it displaces. */
	struct unit *displaced = atomic_exchange_explicit(&worker->slot, unit, memory_order_acq_rel);

	if (displaced)
		deque_push(&worker->queue, displaced);
	idle_notify();
}

void worker_go_on(struct worker *worker, struct unit *unit)
{
	deque_push(&worker->deque, unit);
	idle_notify();
}

/* Who runs next, taken out; the hub if there is nobody at hand, or if it is time to look at the outside. */
static inline struct unit *next_unit(struct worker *worker)
{
	struct unit *unit;

	if (__builtin_expect(--worker->allowance <= 0, 0))
		return &worker->hub;
	if (atomic_load_explicit(&worker->slot, memory_order_relaxed) &&
	    (unit = atomic_exchange_explicit(&worker->slot, NULL, memory_order_acquire)))
		return unit;
	if ((unit = deque_pop(&worker->deque)) || (unit = deque_take_oldest(&worker->queue)))
		return unit;
	return &worker->hub;
}

int worker_suspend(struct worker *worker, struct unit *self, after_switch *after)
{
	return switch_to(worker, self, next_unit(worker), after);
}

void task_yield(void)
{
	struct worker *worker = worker_here();
	struct unit *self = worker->current, *next = next_unit(worker);

	if (next != &worker->hub || worker->allowance <= 0)
		switch_to(worker, self, next, worker_ready);
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

/* Whom a task that ends leaves to, and what is done then. The stack is given back by the joiner, which therefore must
 * not see the end before it has been left: by the order of things if the joiner is who runs next, else afterwards. */
static inline struct unit *next_after(struct worker *worker, struct unit *self, after_switch **after)
{
	struct unit *next = atomic_load_explicit(&self->joiner, memory_order_acquire);

	*after = NULL;
	if (!next && worker->allowance-- > 0 && (next = deque_pop(&worker->deque)) && next != self->parent) {
		*after = publish_end;
		return next;
	}
	if (next) {
		atomic_store_explicit(&self->joiner, UNIT_ENDED, memory_order_relaxed);
		return next;
	}
	*after = self->parent ? publish_end : publish_over;
	return next_unit(worker);
}

/* What lies at the bottom of each stack. A separate function, so that the body's frame is in no uninstrumented one. */
static __attribute__((noinline)) void run_body(struct unit *self)
{
	if (self->parent) {
		deque_push(&self->worker->deque, self->parent);
		idle_notify();
	}
	self->function(self->argument);
}

FIBER_SWITCHES static void unit_main(void *argument)
{
	struct unit *self = argument;
	after_switch *after;

	fiber_arrive(&self->fiber);
	run_body(self);
	struct worker *worker = self->worker;
	struct unit *next = next_after(worker, self, &after);

	make_current(worker, next);
	fiber_leave(NULL, &next->fiber);
	leave(worker, self, next, after);
}

void worker_run(struct worker *worker, struct unit *first)
{
	if (first)
		start(worker, &worker->hub, first, unit_main);
	for (struct unit *unit; (unit = idle_find(worker));)
		switch_to(worker, &worker->hub, unit, NULL);
}

static inline struct unit *take_stack(struct stack_cache *cache)
{
	struct unit *unit = cache->first;

	if (__builtin_expect(!unit, 0))
		return stacks_refill(cache);
	cache->first = unit->next;
	cache->count--;
	__builtin_prefetch(cache->first, 1);
	return unit;
}

static inline void give_stack(struct stack_cache *cache, struct unit *unit)
{
	if (__builtin_expect(cache->count == MAGAZINE, 0))
		stacks_spill(cache);
	unit->next = cache->first;
	cache->first = unit;
	cache->count++;
}

int task_spawn(struct task *task, task_function *function, void *argument)
{
	struct worker *worker = worker_here();
	struct unit *self = worker->current, *child = take_stack(&worker->stacks);

	if (__builtin_expect(!child, 0))
		return -ENOMEM;
	count_up(&worker->spawned);
	atomic_store_explicit(&child->joiner, NULL, memory_order_relaxed); /* the push of the parent releases it */
	child->parent = self;
	child->function = function;
	child->argument = argument;
	child->number = worker->spawned * crew.count - (crew.count - 1) + worker->index;
	stacks_begin(child);
	task->id = (uintptr_t)child;
	return start(worker, self, child, unit_main);
}

static void publish_join(struct worker *worker, struct unit *unit)
{
	struct unit *nobody = NULL;

	/* Release: the joiner is suspended by now; acquire: the end of the child, if it was faster. */
	if (!atomic_compare_exchange_strong_explicit(&unit->child->joiner, &nobody, unit, memory_order_acq_rel,
						     memory_order_acquire))
		worker_go_on(worker, unit);
}

int task_join(struct task task)
{
	struct worker *worker = worker_here();
	struct unit *child = (struct unit *)task.id, *self = worker->current;

	/* Acquire: what the child has done. */
	if (atomic_load_explicit(&child->joiner, memory_order_acquire) != UNIT_ENDED) {
		self->child = child;
		worker_suspend(worker, self, publish_join);
		worker = self->worker;
	}
	fiber_close(&child->fiber);
	give_stack(&worker->stacks, child);
	count_up(&worker->joined);
	return 0;
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

int task_wake(_Atomic uint32_t *word, unsigned count)
{
	struct unit *unit = count ? words_wake(word, count) : NULL, *next;
	struct worker *worker = worker_here();
	int woken = 0;

	if (unit && !unit->next) {
		ready_next(worker, unit);
		return 1;
	}
	for (; unit; unit = next, woken++) {
		next = unit->next;
		worker_ready(worker, unit);
	}
	return woken;
}

void *task_shared(size_t bytes)
{
	return shared_memory_map(bytes, MAP_PRIVATE);
}
