/* async.c: contention in the async dialect. One thread runs all tasks and nothing interrupts them, so an increment is
 * lost only where a task awaits something within it. */
#include <errno.h>
#include <stdlib.h>

#include "../../../runtimes/async.h"
#include "../../../runtimes/clock.h"
#include "../../player/play.h"
#include "contention.h"

/* The frame of a task. */
struct contender {
	struct async async;
	struct contest *contest;
	uint64_t made;
	uint64_t value; /* read and not written yet */
	uint64_t ended_ns;
};

/* What the tasks share, and the frame of the first one. */
struct contest {
	struct async async;
	struct play *play;
	struct async_gate gate;
	struct async_semaphore mutex;
	struct contention_counter counter;
	uint64_t tasks, increments;
	enum contention_mode mode;
	bool suspended;  /* between the two halves of an increment */
	uint64_t joined; /* tasks that have ended, in their order */
	uint64_t begun_ns;
	struct contender *contender;
};

/* One increment after another, alone where the mode says so. */
static enum async_state add_singly(struct async *self)
{
	struct contender *contender = (struct contender *)self;
	struct contest *contest = contender->contest;

	ASYNC_BEGIN;
	AWAIT(async_gate_pass(self, &contest->gate, (uint32_t)contest->tasks));
	for (; contender->made < contest->increments; contender->made++) {
		if (contest->mode == CONTENTION_MUTEX)
			AWAIT(async_semaphore_acquire(self, &contest->mutex));
		contender->value = contention_read(&contest->counter);
		if (contest->suspended)
			AWAIT(async_yield(self));
		contention_write(&contest->counter, contender->value + 1);
		if (contest->mode == CONTENTION_MUTEX)
			async_semaphore_release(&contest->mutex);
	}
	contender->ended_ns = clock_now();
	ASYNC_END;
}

static enum async_state add_straight(struct async *self)
{
	struct contender *contender = (struct contender *)self;
	struct contest *contest = contender->contest;

	ASYNC_BEGIN;
	AWAIT(async_gate_pass(self, &contest->gate, (uint32_t)contest->tasks));
	contention_add(&contest->counter, contest->increments, contest->mode == CONTENTION_ATOMIC);
	contender->made = contest->increments;
	contender->ended_ns = clock_now();
	ASYNC_END;
}

static void spawn_all(struct contest *contest)
{
	bool straight = contest->mode != CONTENTION_MUTEX && !contest->suspended;

	for (uint64_t i = 0; i < contest->tasks; i++) {
		contest->contender[i].contest = contest;
		async_spawn(&contest->contender[i].async, straight ? add_straight : add_singly);
	}
}

static void add_up(const struct contest *contest)
{
	struct contention_sum sum = {.ended = contest->joined, .begun_ns = contest->begun_ns};

	for (uint64_t i = 0; i < contest->tasks; i++) {
		sum.made += contest->contender[i].made;
		if (contest->contender[i].ended_ns > sum.last_ns)
			sum.last_ns = contest->contender[i].ended_ns;
	}
	contention_report(contest->play, &sum, &contest->counter);
}

static enum async_state hold_contest(struct async *self)
{
	struct contest *contest = (struct contest *)self;

	ASYNC_BEGIN;
	spawn_all(contest);
	AWAIT(async_gate_await(self, &contest->gate, (uint32_t)contest->tasks));
	contest->begun_ns = play_begin(contest->play);
	async_gate_open(&contest->gate);
	for (; contest->joined < contest->tasks; contest->joined++)
		AWAIT(async_join(self, &contest->contender[contest->joined].async));
	add_up(contest);
	ASYNC_END;
}

static int run(struct play *play)
{
	uint64_t tasks = play_value(play, CONTENTION_TASKS);
	struct contest contest = {
		.play = play,
		.mutex.permits = 1,
		.tasks = tasks,
		.increments = play_value(play, CONTENTION_INCREMENTS),
		.mode = play_value(play, CONTENTION_MODE),
		.suspended = play_value(play, CONTENTION_SUSPEND) == CONTENTION_SUSPENDED,
		.contender = calloc(tasks, sizeof(struct contender)),
	};
	int error;

	if (!contest.contender)
		play_refuse(play, "memory", ENOMEM);
	error = async_run(&contest.async, hold_contest);
	free(contest.contender);
	return error;
}

const struct async_body contention_async = {.spec = &contention_spec, .run = run};
