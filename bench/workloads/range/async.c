/* async.c: range in the async dialect. The lazy maker is a generator, which the taker asks for each number. */
#include <errno.h>
#include <stdlib.h>

#include "../../../runtimes/async.h"
#include "../../../runtimes/clock.h"
#include "../../player/play.h"
#include "range.h"

/* The frame of the maker: of a task, or (lazy) of a generator. */
struct maker {
	struct async async;
	uint64_t numbers;
	uint64_t number; /* lazy: the one that was asked for */
	uint64_t *made;  /* eager: all of them */
};

/* What both share, and the frame of the first task. */
static struct {
	struct async async;
	struct play *play;
	struct async_gate start, made; /* made: all numbers are in memory, eager only */
	struct maker maker;
	struct async taker; /* the frame of a task */
	struct range_sum sum;
} row;

static enum async_state make_lazily(struct async *self)
{
	struct maker *maker = (struct maker *)self;

	ASYNC_BEGIN;
	for (maker->number = 0; maker->number < maker->numbers; maker->number++)
		ASYNC_YIELD;
	ASYNC_END;
}

static enum async_state take_lazily(struct async *self)
{
	uint64_t taken = 0, sum = 0;

	ASYNC_BEGIN;
	AWAIT(async_gate_pass(self, &row.start, 1));
	for (taken = sum = 0; async_next(&row.maker.async); taken++)
		sum += row.maker.number;
	row.sum.ended_ns = clock_now();
	row.sum.taken = taken;
	row.sum.sum = sum;
	ASYNC_END;
}

static enum async_state play_lazily(struct async *self)
{
	ASYNC_BEGIN;
	async_generator(&row.maker.async, make_lazily);
	async_spawn(&row.taker, take_lazily);
	AWAIT(async_gate_await(self, &row.start, 1));
	row.sum.begun_ns = play_begin(row.play);
	async_gate_open(&row.start);
	AWAIT(async_join(self, &row.taker));
	ASYNC_END;
}

static enum async_state make_eagerly(struct async *self)
{
	struct maker *maker = (struct maker *)self;

	ASYNC_BEGIN;
	AWAIT(async_gate_pass(self, &row.start, RANGE_TASKS));
	for (uint64_t number = 0; number < maker->numbers; number++)
		maker->made[number] = number;
	AWAIT(async_gate_pass(self, &row.made, RANGE_TASKS));
	ASYNC_END;
}

static enum async_state take_eagerly(struct async *self)
{
	uint64_t sum;

	ASYNC_BEGIN;
	AWAIT(async_gate_pass(self, &row.start, RANGE_TASKS));
	AWAIT(async_gate_pass(self, &row.made, RANGE_TASKS));
	sum = 0;
	for (uint64_t i = 0; i < row.maker.numbers; i++)
		sum += row.maker.made[i];
	row.sum.ended_ns = clock_now();
	row.sum.taken = row.maker.numbers;
	row.sum.sum = sum;
	ASYNC_END;
}

/* Measures the memory when all numbers are in it and nobody has used one. */
static enum async_state play_eagerly(struct async *self)
{
	ASYNC_BEGIN;
	async_spawn(&row.maker.async, make_eagerly);
	async_spawn(&row.taker, take_eagerly);
	AWAIT(async_gate_await(self, &row.start, RANGE_TASKS));
	row.sum.begun_ns = play_begin(row.play);
	async_gate_open(&row.start);
	AWAIT(async_gate_await(self, &row.made, RANGE_TASKS));
	row.sum.paused_ns = play_peak(row.play);
	async_gate_open(&row.made);
	AWAIT(async_join(self, &row.maker.async));
	AWAIT(async_join(self, &row.taker));
	ASYNC_END;
}

static void add_up(void)
{
	row.sum.ended = async_ended(&row.maker.async) + async_ended(&row.taker);
	range_report(row.play, &row.sum);
}

static int run(struct play *play)
{
	bool eager = play_value(play, RANGE_MODE) == RANGE_EAGER;
	int error;

	row.play = play;
	row.maker.numbers = play_value(play, RANGE_NUMBERS);
	row.maker.made = eager ? malloc(row.maker.numbers * sizeof *row.maker.made) : NULL;
	if (eager && !row.maker.made)
		play_refuse(play, "memory", ENOMEM);
	error = async_run(&row.async, eager ? play_eagerly : play_lazily);
	if (error == 0)
		add_up();
	free(row.maker.made);
	return error;
}

const struct async_body range_async = {.spec = &range_spec, .run = run};
