/* callback.c: counting in the callback dialect. A slice is a request whose function computes all of it in one go, as
 * direct.c does: a callback that computes has no reason to return in between. */
#include <errno.h>
#include <stdlib.h>

#include "../../../runtimes/callback.h"
#include "../../../runtimes/clock.h"
#include "../../player/play.h"
#include "counting.h"
#include "primes.h"

struct slice {
	struct callback_request request;
	struct count *count;
	uint64_t tested; /* candidates */
	struct primes found;
	uint64_t ended_ns;
};

struct count {
	struct play *play;
	uint64_t candidates, slices, split;
	uint64_t arrived, ended; /* slices */
	struct slice slice[];
};

static void add_up(const struct count *count)
{
	/* 2 and 3 are primes that are no candidates. */
	uint64_t tested = 0, checksum = 2 + 3 + 2, primes = 2;

	for (uint64_t i = 0; i < count->slices; i++) {
		const struct slice *slice = &count->slice[i];

		tested += slice->tested;
		primes += slice->found.count;
		checksum += slice->found.sum + slice->found.count;
	}
	play_end_all(count->play, &count->slice[0].ended_ns, sizeof count->slice[0], count->slices);
	play_audit(count->play, count->ended, tested, 0, checksum);
	play_figure(count->play, "primes", (double)primes);
}

static void test_run(struct slice *slice, uint64_t first, uint64_t end)
{
	if (end > slice->count->candidates)
		end = slice->count->candidates;
	primes_by_division(first, end, &slice->found);
	slice->tested += end - first;
}

static void test_slice(struct slice *slice)
{
	const struct count *count = slice->count;
	uint64_t index = (uint64_t)(slice - count->slice);

	if (count->split == COUNTING_BLOCKS) {
		test_run(slice, count->candidates * index / count->slices,
			 count->candidates * (index + 1) / count->slices);
		return;
	}
	for (uint64_t first = index * COUNTING_RUN; first < count->candidates; first += count->slices * COUNTING_RUN)
		test_run(slice, first, first + COUNTING_RUN);
}

static void count_slice(struct callback_request *request)
{
	struct slice *slice = callback_owner(request, struct slice, request);

	test_slice(slice);
	slice->ended_ns = clock_now();
	if (++slice->count->ended == slice->count->slices)
		add_up(slice->count);
}

/* A slice is set up. The last of them begins the play for all. */
static void arrive(struct callback_request *request)
{
	struct count *count = callback_owner(request, struct slice, request)->count;

	if (++count->arrived < count->slices)
		return;
	play_begin(count->play);
	for (uint64_t i = 0; i < count->slices; i++)
		callback_soon(&count->slice[i].request, count_slice);
}

static void deal(void *argument)
{
	struct count *count = argument;

	for (uint64_t i = 0; i < count->slices; i++) {
		count->slice[i].count = count;
		callback_soon(&count->slice[i].request, arrive);
	}
}

static int run(struct play *play)
{
	uint64_t slices = play_value(play, COUNTING_SLICES);
	struct count *count = calloc(1, sizeof *count + slices * sizeof count->slice[0]);
	int error;

	if (!count)
		play_refuse(play, "memory", ENOMEM);
	count->play = play;
	count->slices = slices;
	count->split = play_value(play, COUNTING_SPLIT);
	count->candidates = candidates_below(play_value(play, COUNTING_LIMIT));
	error = callback_run(deal, count);
	free(count);
	return error;
}

const struct callback_body counting_callback = {.spec = &counting_spec, .run = run};
