/* direct.c: starvation in the direct dialect. The reference for the other dialects.
 *
 * Lateness is taken against a plan that was made before: beat i is due i beats after the start. A heart that was kept
 * from beating for long makes up for all of its beats at once, and each of them counts with its own lateness. */
#include <errno.h>
#include <stdlib.h>

#include "../../../runtimes/clock.h"
#include "../../../runtimes/sync.h"
#include "../../../runtimes/task.h"
#include "../../player/play.h"
#include "../chess/chess.h"
#include "../chess/move.h"
#include "starvation.h"

struct hog {
	uint64_t slices, steps; /* steps of arithmetic in a slice */
	bool yields;
	uint64_t position;
	uint64_t ended_ns;
} __attribute__((aligned(64))); /* on another core, perhaps, than the heart */

/* task_shared(). */
struct ward {
	struct gate gate;
	uint64_t begun_ns; /* written before the gate opens */
	struct hog hog;
	uint64_t beats, beat_ns;
	uint64_t beaten; /* in time or late, but not before it was due */
	uint64_t ended_ns;
	uint64_t late_ns[]; /* one a beat */
};

enum { TASKS = 2 };

static void compute(void *argument)
{
	struct ward *ward = argument;
	struct hog *hog = &ward->hog;

	gate_pass(&ward->gate, TASKS);
	for (uint64_t slice = 0; slice < hog->slices; slice++) {
		hog->position = chess_move(hog->position, hog->steps);
		if (hog->yields)
			task_yield();
	}
	hog->ended_ns = clock_now();
}

static void beat(void *argument)
{
	struct ward *ward = argument;

	gate_pass(&ward->gate, TASKS);
	for (uint64_t i = 0; i < ward->beats; i++) {
		uint64_t due_ns = ward->begun_ns + (i + 1) * ward->beat_ns, now_ns;

		task_sleep_until(due_ns);
		now_ns = clock_now();
		if (now_ns < due_ns)
			continue; /* not counted: the audit fails */
		ward->late_ns[i] = now_ns - due_ns;
		ward->beaten++;
	}
	ward->ended_ns = clock_now();
}

static struct ward *set_up(struct play *play)
{
	struct values values = {0};
	struct ward *ward;
	uint64_t beats;

	for (int i = STARVATION_BEAT; i <= STARVATION_STEP; i++)
		values.value[i] = play_value(play, i);
	beats = starvation_beats(&values);
	ward = task_shared(sizeof *ward + beats * sizeof ward->late_ns[0]);
	if (!ward)
		play_refuse(play, "memory", ENOMEM);
	ward->beats = beats;
	ward->beat_ns = values.value[STARVATION_BEAT];
	ward->hog = (struct hog){
		.slices = starvation_slices(&values),
		.steps = chess_steps(values.value[STARVATION_SLICE], values.value[STARVATION_STEP]),
		.yields = values.value[STARVATION_YIELDS] == STARVATION_EACH_SLICE,
		.position = chess_opening(0),
	};
	return ward;
}

static int by_lateness(const void *left, const void *right)
{
	uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;

	return (a > b) - (a < b);
}

/* In us, by nearest rank: the least lateness that so many percent of the beats do not exceed. Sorted before. */
static double percentile(const struct ward *ward, uint64_t percent)
{
	uint64_t rank = (ward->beats * percent + 99) / 100;

	return (double)ward->late_ns[rank > 0 ? rank - 1 : 0] / 1e3;
}

static void report(struct play *play, struct ward *ward)
{
	qsort(ward->late_ns, ward->beats, sizeof ward->late_ns[0], by_lateness);
	play_figure(play, "late_p50_us", percentile(ward, 50));
	play_figure(play, "late_p99_us", percentile(ward, 99));
	play_figure(play, "late_max_us", percentile(ward, 100));
	play_figure(play, "hog_ms", (double)(ward->hog.ended_ns - ward->begun_ns) / 1e6);
}

static void starvation_main(void *argument)
{
	static task_function *const bodies[TASKS] = {compute, beat};
	struct play *play = argument;
	struct ward *ward = set_up(play);
	struct task tasks[TASKS];
	uint64_t joined = 0;

	for (uint64_t i = 0; i < TASKS; i++) {
		int error = task_spawn(&tasks[i], bodies[i], ward);

		if (error < 0)
			play_refuse_at(play, "tasks", -error, i);
	}
	gate_await(&ward->gate, TASKS);
	ward->begun_ns = play_begin(play);
	gate_open(&ward->gate);
	for (int i = 0; i < TASKS; i++)
		joined += task_join(tasks[i]) >= 0;
	play_end(play, ward->ended_ns > ward->hog.ended_ns ? ward->ended_ns : ward->hog.ended_ns);
	play_audit(play, joined, ward->beaten, 0, ward->hog.position);
	report(play, ward);
}

const struct direct_body starvation_direct = {.spec = &starvation_spec, .main = starvation_main};
