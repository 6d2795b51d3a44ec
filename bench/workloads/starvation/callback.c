/* callback.c: starvation in the callback dialect. A hog that yields asks after each slice to be called again. */
#include <errno.h>
#include <stdlib.h>

#include "../../../runtimes/callback.h"
#include "../../../runtimes/clock.h"
#include "../../player/play.h"
#include "starvation.h"

static struct {
	struct callback_request hog, heart;
	struct play *play;
	struct starvation_ward ward;
	uint64_t slices, beats; /* so far */
	uint64_t ended;         /* tasks */
} place;

static void end(void)
{
	if (++place.ended == STARVATION_TASKS)
		starvation_report(place.play, &place.ward, place.ended);
}

static void compute(struct callback_request *request)
{
	struct starvation_hog *hog = &place.ward.hog;

	do {
		if (place.slices++ == hog->slices) {
			hog->ended_ns = clock_now();
			end();
			return;
		}
		starvation_compute(hog);
	} while (!hog->yields);
	callback_soon(request, compute);
}

static void await_beat(void);

static void beat(struct callback_request *request)
{
	if (request->result < 0)
		play_refuse(place.play, "memory", (int)-request->result);
	starvation_beat(&place.ward, place.beats++);
	if (place.beats < place.ward.heart.beats)
		await_beat();
	else
		end();
}

static void await_beat(void)
{
	callback_at(&place.heart, starvation_due_ns(&place.ward, place.beats), beat);
}

static void treat_both(void *argument)
{
	(void)argument;
	place.ward.begun_ns = play_begin(place.play);
	callback_soon(&place.hog, compute);
	await_beat();
}

static int run(struct play *play)
{
	uint64_t *late_ns = calloc(starvation_beats(play_values(play)), sizeof *late_ns);
	int error;

	if (!late_ns)
		play_refuse(play, "memory", ENOMEM);
	place.play = play;
	starvation_open(&place.ward, play, late_ns);
	error = callback_run(treat_both, NULL);
	free(late_ns);
	return error;
}

const struct callback_body starvation_callback = {.spec = &starvation_spec, .run = run};
