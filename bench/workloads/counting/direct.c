/* direct.c: counting in the direct dialect, one task a slice. The reference for the other dialects. */
#include <errno.h>

#include "../../../runtimes/clock.h"
#include "../../../runtimes/runtime.h"
#include "../../../runtimes/sync.h"
#include "../../../runtimes/task.h"
#include "../../player/play.h"
#include "counting.h"
#include "primes.h"

struct slice {
	struct count *count;
	struct task task;
	uint64_t tested; /* candidates */
	struct primes found;
	uint64_t ended_ns;
} __attribute__((aligned(64))); /* a cache line of its own: slices share nothing */

struct count {
	struct gate gate;
	uint64_t candidates, slices, split;
	uint32_t arrivals; /* at the gate before it opens */
	struct slice slice[];
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

static void count_slice(void *argument)
{
	struct slice *slice = argument;

	gate_pass(&slice->count->gate, slice->count->arrivals);
	test_slice(slice);
	slice->ended_ns = clock_now();
}

static struct count *set_up(struct play *play)
{
	uint64_t slices = play_value(play, COUNTING_SLICES);
	struct count *count = task_shared(sizeof *count + slices * sizeof count->slice[0]);

	if (!count)
		play_refuse(play, "memory", ENOMEM);
	count->slices = slices;
	count->arrivals = (uint32_t)stage_arrivals(play_stage(play), slices);
	count->split = play_value(play, COUNTING_SPLIT);
	count->candidates = candidates_below(play_value(play, COUNTING_LIMIT));
	for (uint64_t i = 0; i < slices; i++) {
		int error;

		count->slice[i].count = count;
		error = task_spawn(&count->slice[i].task, count_slice, &count->slice[i]);
		if (error < 0)
			play_refuse_at(play, "tasks", -error, i);
	}
	return count;
}

static void add_up(struct play *play, struct count *count)
{
	/* 2 and 3 are primes that are no candidates. */
	uint64_t tasks = 0, tested = 0, checksum = 2 + 3 + 2, primes = 2;

	for (uint64_t i = 0; i < count->slices; i++) {
		const struct slice *slice = &count->slice[i];

		tasks += task_join(slice->task) >= 0;
		tested += slice->tested;
		primes += slice->found.count;
		checksum += slice->found.sum + slice->found.count;
	}
	play_end_all(play, &count->slice[0].ended_ns, sizeof count->slice[0], count->slices);
	play_audit(play, tasks, tested, 0, checksum);
	play_figure(play, "primes", (double)primes);
}

static void counting_main(void *argument)
{
	struct play *play = argument;
	struct count *count = set_up(play);

	gate_await(&count->gate, count->arrivals);
	play_begin(play);
	gate_open(&count->gate);
	add_up(play, count);
}

const struct direct_body counting_direct = {.spec = &counting_spec, .main = counting_main};
