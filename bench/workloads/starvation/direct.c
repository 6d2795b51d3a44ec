/* direct.c: starvation in the direct dialect. The reference for the other dialects. */
#include <errno.h>

#include "../../../runtimes/clock.h"
#include "../../../runtimes/sync.h"
#include "../../../runtimes/task.h"
#include "../../player/play.h"
#include "starvation.h"

/* task_shared(). */
struct place {
	struct gate gate;
	struct starvation_ward ward; /* its beginning is written before the gate opens */
	uint64_t late_ns[];
};

static void compute(void *argument)
{
	struct place *place = argument;
	struct starvation_hog *hog = &place->ward.hog;

	gate_pass(&place->gate, STARVATION_TASKS);
	for (uint64_t slice = 0; slice < hog->slices; slice++) {
		starvation_compute(hog);
		if (hog->yields)
			task_yield();
	}
	hog->ended_ns = clock_now();
}

static void beat(void *argument)
{
	struct place *place = argument;

	gate_pass(&place->gate, STARVATION_TASKS);
	for (uint64_t i = 0; i < place->ward.heart.beats; i++) {
		task_sleep_until(starvation_due_ns(&place->ward, i));
		starvation_beat(&place->ward, i);
	}
}

static struct place *set_up(struct play *play)
{
	struct place *place =
		task_shared(sizeof *place + starvation_beats(play_values(play)) * sizeof place->late_ns[0]);

	if (!place)
		play_refuse(play, "memory", ENOMEM);
	starvation_open(&place->ward, play, place->late_ns);
	return place;
}

static void starvation_main(void *argument)
{
	static task_function *const bodies[STARVATION_TASKS] = {compute, beat};
	struct play *play = argument;
	struct place *place = set_up(play);
	struct task tasks[STARVATION_TASKS];
	uint64_t joined = 0;

	for (uint64_t i = 0; i < STARVATION_TASKS; i++) {
		int error = task_spawn(&tasks[i], bodies[i], place);

		if (error < 0)
			play_refuse_at(play, "tasks", -error, i);
	}
	gate_await(&place->gate, STARVATION_TASKS);
	place->ward.begun_ns = play_begin(play);
	gate_open(&place->gate);
	for (int i = 0; i < STARVATION_TASKS; i++)
		joined += task_join(tasks[i]) >= 0;
	starvation_report(play, &place->ward, joined);
}

const struct direct_body starvation_direct = {.spec = &starvation_spec, .main = starvation_main};
