/* async.c: counting in the async dialect, one task a slice. */
#include <errno.h>
#include <stdlib.h>

#include "../../../runtimes/async.h"
#include "../../../runtimes/clock.h"
#include "../../player/play.h"
#include "counting.h"
#include "primes.h"

/* The frame of a task. */
struct slice {
	struct async async;
	struct count *count;
	uint64_t tested; /* candidates */
	struct primes found;
	uint64_t ended_ns;
};

/* What the tasks share, and the frame of the first one. */
struct count {
	struct async async;
	struct play *play;
	struct async_gate gate;
	uint64_t candidates, slices, split;
	uint64_t joined; /* slices that have ended, in their order */
	struct slice *slice;
};

static void test_run(struct slice *slice, uint64_t first, uint64_t end)
{
	if (end > slice->count->candidates)
		end = slice->count->candidates;
	primes_by_division(first, end, &slice->found);
	slice->tested += end - first;
}

static void test_slice(struct slice *slice)
{
	struct count *count = slice->count;
	uint64_t index = (uint64_t)(slice - count->slice);

	if (count->split == COUNTING_BLOCKS) {
		test_run(slice, count->candidates * index / count->slices,
			 count->candidates * (index + 1) / count->slices);
		return;
	}
	for (uint64_t first = index * COUNTING_RUN; first < count->candidates; first += count->slices * COUNTING_RUN)
		test_run(slice, first, first + COUNTING_RUN);
}

static enum async_state count_slice(struct async *self)
{
	struct slice *slice = (struct slice *)self;

	ASYNC_BEGIN;
	AWAIT(async_gate_pass(self, &slice->count->gate, (uint32_t)slice->count->slices));
	test_slice(slice);
	slice->ended_ns = clock_now();
	ASYNC_END;
}

static void add_up(const struct count *count)
{
	/* 2 and 3 are primes that are no candidates. */
	uint64_t tasks = 0, tested = 0, checksum = 2 + 3 + 2, primes = 2;

	for (uint64_t i = 0; i < count->slices; i++) {
		const struct slice *slice = &count->slice[i];

		tasks += async_ended(&slice->async);
		tested += slice->tested;
		primes += slice->found.count;
		checksum += slice->found.sum + slice->found.count;
	}
	play_end_all(count->play, &count->slice[0].ended_ns, sizeof count->slice[0], count->slices);
	play_audit(count->play, tasks, tested, 0, checksum);
	play_figure(count->play, "primes", (double)primes);
}

static enum async_state count_all(struct async *self)
{
	struct count *count = (struct count *)self;

	ASYNC_BEGIN;
	for (uint64_t i = 0; i < count->slices; i++) {
		count->slice[i].count = count;
		async_spawn(&count->slice[i].async, count_slice);
	}
	AWAIT(async_gate_await(self, &count->gate, (uint32_t)count->slices));
	play_begin(count->play);
	async_gate_open(&count->gate);
	for (; count->joined < count->slices; count->joined++)
		AWAIT(async_join(self, &count->slice[count->joined].async));
	add_up(count);
	ASYNC_END;
}

static int run(struct play *play)
{
	struct count count = {
		.play = play,
		.candidates = candidates_below(play_value(play, COUNTING_LIMIT)),
		.slices = play_value(play, COUNTING_SLICES),
		.split = play_value(play, COUNTING_SPLIT),
		.slice = calloc(play_value(play, COUNTING_SLICES), sizeof(struct slice)),
	};
	int error;

	if (!count.slice)
		play_refuse(play, "memory", ENOMEM);
	error = async_run(&count.async, count_all);
	free(count.slice);
	return error;
}

const struct async_body counting_async = {.spec = &counting_spec, .run = run};
