/* direct.c: range in the direct dialect. The reference for the other dialects.
 *
 * lazy: the two tasks share one slot. While it is full the maker may not touch it, while it is empty the taker may not:
 * so at any time at most one of the two sleeps on the word, and whoever changes it wakes the other one. */
#include <errno.h>

#include "../../../runtimes/check.h"
#include "../../../runtimes/clock.h"
#include "../../../runtimes/sync.h"
#include "../../../runtimes/task.h"
#include "../../player/play.h"
#include "range.h"

struct slot {
	_Atomic uint32_t full;
	uint64_t number;
} __attribute__((aligned(64)));

/* task_shared(). */
struct row {
	struct gate start, made; /* made: all numbers are in memory, eager only */
	uint32_t arrivals;       /* at either gate before it opens */
	uint64_t numbers;
	struct slot slot;
	uint64_t taken, sum;
	uint64_t ended_ns;
	uint64_t number[]; /* eager only */
};

/* Part of each loop: a function that both tasks share would return to another caller each time, which no processor
 * foresees, and that would be measured with the switch. */
static inline __attribute__((always_inline)) void wait_while(struct slot *slot, uint32_t full)
{
	/* Acquire pairs with the release in hand_over(): the number is there, or is no longer needed. */
	while (atomic_load_explicit(&slot->full, memory_order_acquire) == full)
		CHECK(task_wait(&slot->full, full) >= 0, "range: a task cannot wait for another one");
}

static void hand_over(struct slot *slot, uint32_t full)
{
	atomic_store_explicit(&slot->full, full, memory_order_release);
	CHECK(task_wake(&slot->full, 1) >= 0, "range: a task cannot be woken");
}

static void make_lazily(void *argument)
{
	struct row *row = argument;

	gate_pass(&row->start, row->arrivals);
	for (uint64_t number = 0; number < row->numbers; number++) {
		wait_while(&row->slot, 1);
		row->slot.number = number;
		hand_over(&row->slot, 1);
	}
}

static void take_lazily(void *argument)
{
	struct row *row = argument;
	uint64_t sum = 0;

	gate_pass(&row->start, row->arrivals);
	for (uint64_t taken = 0; taken < row->numbers; taken++) {
		wait_while(&row->slot, 0);
		sum += row->slot.number;
		hand_over(&row->slot, 0);
	}
	row->ended_ns = clock_now();
	row->taken = row->numbers;
	row->sum = sum;
}

static void make_eagerly(void *argument)
{
	struct row *row = argument;

	gate_pass(&row->start, row->arrivals);
	for (uint64_t number = 0; number < row->numbers; number++)
		row->number[number] = number;
	gate_pass(&row->made, row->arrivals);
}

static void take_eagerly(void *argument)
{
	struct row *row = argument;
	uint64_t sum = 0;

	gate_pass(&row->start, row->arrivals);
	gate_pass(&row->made, row->arrivals);
	for (uint64_t taken = 0; taken < row->numbers; taken++)
		sum += row->number[taken];
	row->ended_ns = clock_now();
	row->taken = row->numbers;
	row->sum = sum;
}

static struct row *set_up(struct play *play, struct task tasks[RANGE_TASKS])
{
	static task_function *const bodies[][RANGE_TASKS] = {
		[RANGE_EAGER] = {make_eagerly, take_eagerly},
		[RANGE_LAZY] = {make_lazily, take_lazily},
	};
	uint64_t numbers = play_value(play, RANGE_NUMBERS), mode = play_value(play, RANGE_MODE);
	struct row *row = task_shared(sizeof *row + (mode == RANGE_EAGER ? numbers : 0) * sizeof row->number[0]);

	if (!row)
		play_refuse(play, "memory", ENOMEM);
	row->numbers = numbers;
	row->arrivals = (uint32_t)stage_arrivals(play_stage(play), RANGE_TASKS);
	for (uint64_t i = 0; i < RANGE_TASKS; i++) {
		int error = task_spawn(&tasks[i], bodies[mode][i], row);

		if (error < 0)
			play_refuse_at(play, "tasks", -error, i);
	}
	gate_await(&row->start, row->arrivals);
	return row;
}

/* Eager: measures when all numbers are in memory and nobody has used one. Where a task runs only when it is joined
 * (arrivals is 0), the caller has joined the maker. Returns the ns that it took, in which the tasks waited. */
static uint64_t inspect(struct play *play, struct row *row)
{
	uint64_t took_ns;

	gate_await(&row->made, row->arrivals);
	took_ns = play_peak(play);
	gate_open(&row->made);
	return took_ns;
}

static void range_main(void *argument)
{
	struct play *play = argument;
	bool eager = play_value(play, RANGE_MODE) == RANGE_EAGER;
	struct task tasks[RANGE_TASKS];
	struct row *row = set_up(play, tasks);
	struct range_sum sum = {.begun_ns = play_begin(play)};

	gate_open(&row->start);
	if (row->arrivals == 0)
		gate_open(&row->made);
	else if (eager)
		sum.paused_ns = inspect(play, row);
	sum.ended += task_join(tasks[0]) >= 0;
	if (row->arrivals == 0)
		sum.paused_ns = inspect(play, row);
	sum.ended += task_join(tasks[1]) >= 0;
	sum.taken = row->taken;
	sum.sum = row->sum;
	sum.ended_ns = row->ended_ns;
	range_report(play, &sum);
}

const struct direct_body range_direct = {.spec = &range_spec, .main = range_main};
