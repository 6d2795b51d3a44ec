/* callback.c: switch in the callback dialect. To yield is to ask to be called again; to give the token to a task is to
 * have its function called. */
#include <errno.h>
#include <stdlib.h>

#include "../../../runtimes/callback.h"
#include "../../../runtimes/clock.h"
#include "../../player/play.h"
#include "switch.h"

/* A task. */
struct seat {
	struct callback_request request;
	struct circle *circle;
	uint32_t token; /* in a ring: the number of the step that it is given for */
	uint64_t turns, share;
	uint64_t checksum;
};

struct circle {
	struct play *play;
	uint64_t tasks, yields;
	uint64_t arrived, ended; /* tasks */
	uint64_t begun_ns;
	struct seat *seat; /* one a task */
};

static struct seat *seat_of(struct callback_request *request)
{
	return callback_owner(request, struct seat, request);
}

static void add_up(const struct circle *circle, uint64_t ended_ns)
{
	struct switch_sum sum = {.ended = circle->ended};

	for (uint64_t i = 0; i < circle->tasks; i++) {
		sum.turns += circle->seat[i].turns;
		sum.checksum += circle->seat[i].checksum;
	}
	switch_report(circle->play, &sum, circle->begun_ns, ended_ns);
}

static void end(struct circle *circle)
{
	if (++circle->ended == circle->tasks)
		add_up(circle, clock_now());
}

static void yield_in_turn(struct callback_request *request)
{
	struct seat *seat = seat_of(request);

	if (seat->turns == seat->share) {
		end(seat->circle);
		return;
	}
	seat->turns++;
	callback_soon(request, yield_in_turn);
}

/* A task is there. The last of them begins the play for all. */
static void arrive(struct callback_request *request)
{
	struct circle *circle = seat_of(request)->circle;

	if (++circle->arrived < circle->tasks)
		return;
	circle->begun_ns = play_begin(circle->play);
	for (uint64_t i = 0; i < circle->tasks; i++)
		callback_soon(&circle->seat[i].request, yield_in_turn);
}

static void start_yielding(void *argument)
{
	struct circle *circle = argument;

	for (uint64_t i = 0; i < circle->tasks; i++)
		callback_soon(&circle->seat[i].request, arrive);
}

static struct seat *next_of(struct seat *seat)
{
	struct circle *circle = seat->circle;

	return seat + 1 == &circle->seat[circle->tasks] ? circle->seat : seat + 1;
}

static void take_token(struct callback_request *request)
{
	struct seat *seat = seat_of(request), *next = next_of(seat);
	struct circle *circle = seat->circle;

	seat->checksum += seat->token;
	if (seat->token < circle->yields) {
		next->token = seat->token + 1;
		callback_soon(&next->request, take_token);
	}
	if (++seat->turns == seat->share)
		end(circle);
}

/* One round that is not timed. */
static void practise(struct callback_request *request)
{
	struct seat *seat = seat_of(request), *next = next_of(seat);
	struct circle *circle = seat->circle;

	if (++circle->arrived == circle->tasks) {
		next->token = 1;
		circle->begun_ns = play_begin(circle->play);
	}
	callback_soon(&next->request, circle->arrived < circle->tasks ? practise : take_token);
}

static void start_ring(void *argument)
{
	struct circle *circle = argument;

	callback_soon(&circle->seat[0].request, practise);
}

static int run(struct play *play)
{
	uint64_t tasks = play_value(play, SWITCH_TASKS);
	struct circle circle = {
		.play = play,
		.tasks = tasks,
		.yields = play_value(play, SWITCH_YIELDS),
		.seat = calloc(tasks, sizeof(struct seat)),
	};
	int error;

	if (!circle.seat)
		play_refuse(play, "memory", ENOMEM);
	for (uint64_t i = 0; i < tasks; i++) {
		circle.seat[i].circle = &circle;
		circle.seat[i].share = switch_share(circle.yields, tasks, i);
	}
	error = callback_run(play_value(play, SWITCH_MODE) == SWITCH_RING ? start_ring : start_yielding, &circle);
	free(circle.seat);
	return error;
}

const struct callback_body switch_callback = {.spec = &switch_spec, .run = run};
