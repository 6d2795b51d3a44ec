/* async.c: switch in the async dialect. The turns and their order are those of direct.c. */
#include <errno.h>
#include <stdlib.h>

#include "../../../runtimes/async.h"
#include "../../../runtimes/clock.h"
#include "../../player/play.h"
#include "switch.h"

/* The frame of a task. In a ring `token` holds the number of the coming step, from 1 on, while the token lies here. */
struct seat {
	struct async async;
	struct async_event given;
	struct circle *circle;
	uint32_t token;
	uint64_t turns, share;
	uint64_t checksum;
};

/* What the tasks share, and the frame of the first one. */
struct circle {
	struct async async;
	struct play *play;
	bool ring;
	struct async_gate gate; /* in yield mode only */
	uint64_t tasks, yields;
	uint64_t left;   /* tasks that have not ended */
	uint64_t joined; /* those that have, in their order */
	uint64_t begun_ns, ended_ns;
	struct seat *seat; /* one a task, and the first task's own behind them */
};

static enum async_state yield_in_turn(struct async *self)
{
	struct seat *seat = (struct seat *)self;
	struct circle *circle = seat->circle;

	ASYNC_BEGIN;
	AWAIT(async_gate_pass(self, &circle->gate, (uint32_t)circle->tasks));
	for (; seat->turns < seat->share; seat->turns++)
		AWAIT(async_yield(self));
	if (--circle->left == 0)
		circle->ended_ns = clock_now();
	ASYNC_END;
}

static void give_token(struct seat *seat, uint32_t step)
{
	seat->token = step;
	async_wake(&seat->given, 1);
}

static void pass_on(struct seat *seat)
{
	struct circle *circle = seat->circle;
	struct seat *next = seat + 1 == &circle->seat[circle->tasks] ? circle->seat : seat + 1;
	uint32_t step = seat->token;

	seat->token = 0;
	seat->turns++;
	seat->checksum += step;
	if (step < circle->yields)
		give_token(next, step + 1);
	else
		circle->ended_ns = clock_now();
}

/* The token makes one round that is not timed and ends at the first task's seat: then everybody sits and waits. */
static enum async_state sit_in_ring(struct async *self)
{
	struct seat *seat = (struct seat *)self;

	ASYNC_BEGIN;
	while (seat->token == 0)
		AWAIT(async_wait(self, &seat->given));
	seat->token = 0;
	give_token(seat + 1, 1);
	while (seat->turns < seat->share) {
		while (seat->token == 0)
			AWAIT(async_wait(self, &seat->given));
		pass_on(seat);
	}
	ASYNC_END;
}

static void seat_all(struct circle *circle)
{
	for (uint64_t i = 0; i < circle->tasks; i++) {
		circle->seat[i].circle = circle;
		circle->seat[i].share = switch_share(circle->yields, circle->tasks, i);
		async_spawn(&circle->seat[i].async, circle->ring ? sit_in_ring : yield_in_turn);
	}
}

static void add_up(const struct circle *circle)
{
	struct switch_sum sum = {0};

	for (uint64_t i = 0; i < circle->tasks; i++) {
		sum.ended += async_ended(&circle->seat[i].async);
		sum.turns += circle->seat[i].turns;
		sum.checksum += circle->seat[i].checksum;
	}
	switch_report(circle->play, &sum, circle->begun_ns, circle->ended_ns);
}

static enum async_state take_turns(struct async *self)
{
	struct circle *circle = (struct circle *)self;
	struct seat *own = &circle->seat[circle->tasks];

	ASYNC_BEGIN;
	seat_all(circle);
	if (circle->ring) {
		give_token(circle->seat, 1);
		while (own->token == 0)
			AWAIT(async_wait(self, &own->given));
	} else {
		AWAIT(async_gate_await(self, &circle->gate, (uint32_t)circle->tasks));
	}
	circle->begun_ns = play_begin(circle->play);
	if (circle->ring)
		give_token(circle->seat, 1);
	else
		async_gate_open(&circle->gate);
	for (; circle->joined < circle->tasks; circle->joined++)
		AWAIT(async_join(self, &circle->seat[circle->joined].async));
	add_up(circle);
	ASYNC_END;
}

static int run(struct play *play)
{
	uint64_t tasks = play_value(play, SWITCH_TASKS);
	struct circle circle = {
		.play = play,
		.ring = play_value(play, SWITCH_MODE) == SWITCH_RING,
		.tasks = tasks,
		.yields = play_value(play, SWITCH_YIELDS),
		.left = tasks,
		.seat = calloc(tasks + 1, sizeof(struct seat)),
	};
	int error;

	if (!circle.seat)
		play_refuse(play, "memory", ENOMEM);
	error = async_run(&circle.async, take_turns);
	free(circle.seat);
	return error;
}

const struct async_body switch_async = {.spec = &switch_spec, .run = run};
