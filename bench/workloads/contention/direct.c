/* direct.c: contention in the direct dialect. The reference for the other dialects.
 *
 * Nobody begins before all have been created, or those that are created first would have ended before there was a
 * race. To wake the others up takes some 100 us more, so that a race needs many times that.
 * The race of mode=none is meant: the counter is atomic and is read and written by relaxed loads and stores, which
 * lose updates as plain ones do, and unlike those are defined by the language (C11, 5.1.2.4) whatever the others do. */
#include <errno.h>

#include "../../../runtimes/clock.h"
#include "../../../runtimes/sync.h"
#include "../../../runtimes/task.h"
#include "../../player/play.h"
#include "contention.h"

struct contender {
	struct contest *contest;
	struct task task;
	uint64_t made;
	uint64_t ended_ns;
} __attribute__((aligned(64))); /* the counter alone is to be shared by the cores */

/* task_shared(). */
struct contest {
	struct gate gate;
	uint64_t tasks, increments;
	uint32_t arrivals; /* at the gate before it opens */
	bool suspended;
	_Atomic uint64_t counter __attribute__((aligned(64)));
	struct semaphore mutex __attribute__((aligned(64)));
	struct contender contender[];
};

struct outcome {
	uint64_t joined, made, value; /* value: what the counter holds in the end */
	uint64_t wall_ns;
};

static inline void increment_in_two(_Atomic uint64_t *counter, bool suspended)
{
	uint64_t value = atomic_load_explicit(counter, memory_order_relaxed);

	if (suspended)
		task_yield();
	atomic_store_explicit(counter, value + 1, memory_order_relaxed);
}

static void add_unsynchronised(struct contest *contest, uint64_t increments)
{
	while (increments-- > 0)
		increment_in_two(&contest->counter, false);
}

static void add_suspended(struct contest *contest, uint64_t increments)
{
	while (increments-- > 0)
		increment_in_two(&contest->counter, true);
}

static void add_atomically(struct contest *contest, uint64_t increments)
{
	while (increments-- > 0)
		/* Relaxed: the count itself is all that is shared, and task_join() orders its last reading. */
		atomic_fetch_add_explicit(&contest->counter, 1, memory_order_relaxed);
}

static void add_exclusively(struct contest *contest, uint64_t increments)
{
	while (increments-- > 0) {
		semaphore_acquire(&contest->mutex);
		increment_in_two(&contest->counter, contest->suspended);
		semaphore_release(&contest->mutex);
	}
}

static void contend(struct contender *contender, void (*add)(struct contest *contest, uint64_t increments))
{
	struct contest *contest = contender->contest;

	gate_pass(&contest->gate, contest->arrivals);
	add(contest, contest->increments);
	contender->made = contest->increments;
	contender->ended_ns = clock_now();
}

static void contend_unsynchronised(void *contender)
{
	contend(contender, add_unsynchronised);
}

static void contend_suspended(void *contender)
{
	contend(contender, add_suspended);
}

static void contend_atomically(void *contender)
{
	contend(contender, add_atomically);
}

static void contend_exclusively(void *contender)
{
	contend(contender, add_exclusively);
}

static task_function *const bodies[][2] = {
	[CONTENTION_NONE] =
		{[CONTENTION_STRAIGHT] = contend_unsynchronised, [CONTENTION_SUSPENDED] = contend_suspended},
	[CONTENTION_ATOMIC] = {[CONTENTION_STRAIGHT] = contend_atomically},
	[CONTENTION_MUTEX] =
		{[CONTENTION_STRAIGHT] = contend_exclusively, [CONTENTION_SUSPENDED] = contend_exclusively},
};

static struct contest *set_up(struct play *play, const struct values *values)
{
	uint64_t tasks = values->value[CONTENTION_TASKS], suspend = values->value[CONTENTION_SUSPEND];
	task_function *body = bodies[values->value[CONTENTION_MODE]][suspend];
	struct contest *contest = task_shared(sizeof *contest + tasks * sizeof contest->contender[0]);

	if (!contest)
		play_refuse(play, "memory", ENOMEM);
	contest->tasks = tasks;
	contest->increments = values->value[CONTENTION_INCREMENTS];
	contest->suspended = suspend == CONTENTION_SUSPENDED;
	contest->arrivals = (uint32_t)stage_arrivals(play_stage(play), tasks);
	semaphore_init(&contest->mutex, 1);
	for (uint64_t i = 0; i < tasks; i++) {
		int error;

		contest->contender[i].contest = contest;
		error = task_spawn(&contest->contender[i].task, body, &contest->contender[i]);
		if (error < 0)
			play_refuse_at(play, "tasks", -error, i);
	}
	gate_await(&contest->gate, contest->arrivals);
	return contest;
}

/* A counter that cannot be right makes a checksum that is none. What the mode is about comes first: losses, or what it
 * costs to have none. */
static void report(struct play *play, const struct values *values, const struct outcome *outcome)
{
	double lost = (double)outcome->made - (double)outcome->value;
	bool plausible = contention_may_hold(values, play_stage(play), outcome->value);

	play_audit(play, outcome->joined, outcome->made, 0, plausible ? outcome->made : outcome->value);
	if (values->value[CONTENTION_MODE] == CONTENTION_NONE)
		play_figure(play, "lost_percent", lost * 100 / (double)outcome->made);
	play_figure(play, "ns_per_increment", (double)outcome->wall_ns / (double)outcome->made);
	play_figure(play, "lost", lost);
}

static void contention_main(void *argument)
{
	struct play *play = argument;
	struct values values = {0};
	struct outcome outcome = {0};
	struct contest *contest;
	uint64_t begun_ns, last_ns = 0;

	for (int i = CONTENTION_TASKS; i <= CONTENTION_SUSPEND; i++)
		values.value[i] = play_value(play, i);
	contest = set_up(play, &values);
	begun_ns = play_begin(play);
	gate_open(&contest->gate);
	for (uint64_t i = 0; i < contest->tasks; i++) {
		outcome.joined += task_join(contest->contender[i].task) >= 0;
		outcome.made += contest->contender[i].made;
		if (contest->contender[i].ended_ns > last_ns)
			last_ns = contest->contender[i].ended_ns;
	}
	play_end(play, last_ns);
	outcome.wall_ns = last_ns - begun_ns;
	outcome.value = atomic_load_explicit(&contest->counter, memory_order_relaxed);
	report(play, &values, &outcome);
}

const struct direct_body contention_direct = {.spec = &contention_spec, .main = contention_main};
