/* async.c: starvation in the async dialect. */
#include <errno.h>
#include <stdlib.h>

#include "../../../runtimes/async.h"
#include "../../../runtimes/clock.h"
#include "../../player/play.h"
#include "starvation.h"

/* The frame of a task: slices or beats so far. */
struct patient {
	struct async async;
	uint64_t done;
};

/* What the tasks share, and the frame of the first one. */
static struct {
	struct async async;
	struct play *play;
	struct async_gate gate;
	struct starvation_ward ward;
	struct patient hog, heart;
} place;

static enum async_state compute(struct async *self)
{
	struct patient *patient = (struct patient *)self;
	struct starvation_hog *hog = &place.ward.hog;

	ASYNC_BEGIN;
	AWAIT(async_gate_pass(self, &place.gate, STARVATION_TASKS));
	for (; patient->done < hog->slices; patient->done++) {
		starvation_compute(hog);
		if (hog->yields)
			AWAIT(async_yield(self));
	}
	hog->ended_ns = clock_now();
	ASYNC_END;
}

static enum async_state beat(struct async *self)
{
	struct patient *patient = (struct patient *)self;

	ASYNC_BEGIN;
	AWAIT(async_gate_pass(self, &place.gate, STARVATION_TASKS));
	for (; patient->done < place.ward.heart.beats; patient->done++) {
		AWAIT(async_sleep_until(self, starvation_due_ns(&place.ward, patient->done)));
		starvation_beat(&place.ward, patient->done);
	}
	ASYNC_END;
}

static enum async_state treat_both(struct async *self)
{
	ASYNC_BEGIN;
	async_spawn(&place.hog.async, compute);
	async_spawn(&place.heart.async, beat);
	AWAIT(async_gate_await(self, &place.gate, STARVATION_TASKS));
	place.ward.begun_ns = play_begin(place.play);
	async_gate_open(&place.gate);
	AWAIT(async_join(self, &place.hog.async));
	AWAIT(async_join(self, &place.heart.async));
	starvation_report(place.play, &place.ward, STARVATION_TASKS);
	ASYNC_END;
}

static int run(struct play *play)
{
	uint64_t *late_ns = calloc(starvation_beats(play_values(play)), sizeof *late_ns);
	int error;

	if (!late_ns)
		play_refuse(play, "memory", ENOMEM);
	place.play = play;
	starvation_open(&place.ward, play, late_ns);
	error = async_run(&place.async, treat_both);
	free(late_ns);
	return error;
}

const struct async_body starvation_async = {.spec = &starvation_spec, .run = run};
