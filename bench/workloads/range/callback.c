/* callback.c: range in the callback dialect. The lazy maker is asked for a number with the function that shall get it.
 */
#include <errno.h>
#include <stdlib.h>

#include "../../../runtimes/callback.h"
#include "../../../runtimes/clock.h"
#include "../../player/play.h"
#include "range.h"

struct maker {
	struct callback_request request; /* eager only */
	uint64_t numbers, next;
	uint64_t number; /* lazy: the one that was asked for */
	bool exhausted;  /* there was none */
	uint64_t *made;  /* eager: all of them */
};

static struct {
	struct play *play;
	struct maker maker;
	struct callback_request taker;
	struct range_sum sum;
} row;

/* Function gets the next number with the request, or finds the maker exhausted. */
static void ask_next(struct maker *maker, struct callback_request *request, callback_function *function)
{
	maker->exhausted = maker->next == maker->numbers;
	maker->number = maker->next;
	maker->next += !maker->exhausted;
	callback_soon(request, function);
}

static void take_lazily(struct callback_request *request)
{
	if (row.maker.exhausted) {
		row.sum.ended_ns = clock_now();
		row.sum.ended = RANGE_TASKS;
		range_report(row.play, &row.sum);
		return;
	}
	row.sum.taken++;
	row.sum.sum += row.maker.number;
	ask_next(&row.maker, request, take_lazily);
}

static void play_lazily(void *argument)
{
	(void)argument;
	row.sum.begun_ns = play_begin(row.play);
	ask_next(&row.maker, &row.taker, take_lazily);
}

static void take_eagerly(struct callback_request *request)
{
	uint64_t sum = 0;

	(void)request;
	for (uint64_t i = 0; i < row.maker.numbers; i++)
		sum += row.maker.made[i];
	row.sum.ended_ns = clock_now();
	row.sum.ended++;
	row.sum.taken = row.maker.numbers;
	row.sum.sum = sum;
	range_report(row.play, &row.sum);
}

/* Measures the memory when all numbers are in it and nobody has used one. */
static void make_eagerly(struct callback_request *request)
{
	(void)request;
	for (uint64_t number = 0; number < row.maker.numbers; number++)
		row.maker.made[number] = number;
	row.sum.ended++;
	row.sum.paused_ns = play_peak(row.play);
	callback_soon(&row.taker, take_eagerly);
}

static void play_eagerly(void *argument)
{
	(void)argument;
	row.sum.begun_ns = play_begin(row.play);
	callback_soon(&row.maker.request, make_eagerly);
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
	error = callback_run(eager ? play_eagerly : play_lazily, NULL);
	free(row.maker.made);
	return error;
}

const struct callback_body range_callback = {.spec = &range_spec, .run = run};
