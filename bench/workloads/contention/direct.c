/* direct.c: contention in the direct dialect. The reference for the other dialects.
 *
 * Nobody begins before all have been created, or those that are created first would have ended before there was a
 * race. To wake the others up takes some 100 us more, so that a race needs many times that. */
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
} __attribute__((aligned(64)));

/* task_shared(). */
struct contest {
	struct gate gate;
	uint64_t tasks, increments;
	uint32_t arrivals; /* at the gate before it opens */
	enum contention_mode mode;
	bool suspended; /* between the two halves of an increment */
	struct contention_counter counter;
	struct semaphore mutex __attribute__((aligned(64)));
	struct contender contender[];
};

static void increment(struct contest *contest)
{
	uint64_t value = contention_read(&contest->counter);

	if (contest->suspended)
		task_yield();
	contention_write(&contest->counter, value + 1);
}

static void add_straight(struct contest *contest)
{
	contention_add(&contest->counter, contest->increments, contest->mode == CONTENTION_ATOMIC);
}

static void add_suspended(struct contest *contest)
{
	for (uint64_t i = 0; i < contest->increments; i++)
		increment(contest);
}

static void add_exclusively(struct contest *contest)
{
	for (uint64_t i = 0; i < contest->increments; i++) {
		semaphore_acquire(&contest->mutex);
		increment(contest);
		semaphore_release(&contest->mutex);
	}
}

static void contend(void *argument)
{
	struct contender *contender = argument;
	struct contest *contest = contender->contest;

	gate_pass(&contest->gate, contest->arrivals);
	if (contest->mode == CONTENTION_MUTEX)
		add_exclusively(contest);
	else if (contest->suspended)
		add_suspended(contest);
	else
		add_straight(contest);
	contender->made = contest->increments;
	contender->ended_ns = clock_now();
}

static struct contest *set_up(struct play *play, const struct values *values)
{
	uint64_t tasks = values->value[CONTENTION_TASKS];
	struct contest *contest = task_shared(sizeof *contest + tasks * sizeof contest->contender[0]);

	if (!contest)
		play_refuse(play, "memory", ENOMEM);
	contest->tasks = tasks;
	contest->increments = values->value[CONTENTION_INCREMENTS];
	contest->mode = values->value[CONTENTION_MODE];
	contest->suspended = values->value[CONTENTION_SUSPEND] == CONTENTION_SUSPENDED;
	contest->arrivals = (uint32_t)stage_arrivals(play_stage(play), tasks);
	semaphore_init(&contest->mutex, 1);
	for (uint64_t i = 0; i < tasks; i++) {
		int error;

		contest->contender[i].contest = contest;
		error = task_spawn(&contest->contender[i].task, contend, &contest->contender[i]);
		if (error < 0)
			play_refuse_at(play, "tasks", -error, i);
	}
	gate_await(&contest->gate, contest->arrivals);
	return contest;
}

static void contention_main(void *argument)
{
	struct play *play = argument;
	struct contest *contest = set_up(play, play_values(play));
	struct contention_sum sum = {.begun_ns = play_begin(play)};

	gate_open(&contest->gate);
	for (uint64_t i = 0; i < contest->tasks; i++) {
		const struct contender *contender = &contest->contender[i];

		sum.ended += task_join(contender->task) >= 0;
		sum.made += contender->made;
		if (contender->ended_ns > sum.last_ns)
			sum.last_ns = contender->ended_ns;
	}
	contention_report(play, &sum, &contest->counter);
}

const struct direct_body contention_direct = {.spec = &contention_spec, .main = contention_main};
