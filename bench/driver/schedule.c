/* schedule.c: see schedule.h. */
#include "schedule.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

enum { FAILURES_MAX = 2 };

int schedule_init(struct schedule *schedule, uint64_t seed, size_t cells, unsigned repetitions, schedule_play *play,
		  void *context)
{
	size_t count = cells * repetitions;

	*schedule = (struct schedule){
		.cells = cells,
		.repetitions = repetitions,
		.turns = calloc(count + 1, sizeof *schedule->turns),
		.trials = calloc(count + 1, sizeof *schedule->trials),
		.play = play,
		.context = context,
	};
	if (!schedule->turns || !schedule->trials) {
		schedule_clear(schedule);
		return -ENOMEM;
	}
	order_make(seed, cells, repetitions, schedule->turns);
	return 0;
}

void schedule_clear(struct schedule *schedule)
{
	free(schedule->turns);
	free(schedule->trials);
	*schedule = (struct schedule){.turns = NULL};
}

struct trial *schedule_trial(const struct schedule *schedule, size_t cell, unsigned repetition)
{
	return &schedule->trials[cell * schedule->repetitions + repetition];
}

bool schedule_gave_up(const struct schedule *schedule, size_t cell)
{
	unsigned failures = 0;

	for (unsigned repetition = 0; repetition < schedule->repetitions; repetition++) {
		enum trial_status status = schedule_trial(schedule, cell, repetition)->status;

		if (status == TRIAL_REFUSED)
			return true;
		failures += status == TRIAL_FAILED;
	}
	return failures >= FAILURES_MAX;
}

static void play_next(struct schedule *schedule)
{
	struct turn turn = schedule->turns[schedule->next++];
	struct trial *trial = schedule_trial(schedule, turn.cell, turn.repetition);

	if (trial->status != TRIAL_NONE || schedule_gave_up(schedule, turn.cell))
		return;
	schedule->play(schedule->context, turn.cell, turn.repetition, trial);
	schedule->stopped = trial->status == TRIAL_STOPPED;
}

static bool is_over(const struct schedule *schedule)
{
	return schedule->stopped || schedule->next == schedule->cells * schedule->repetitions;
}

const struct trial *schedule_result(struct schedule *schedule, size_t cell, unsigned repetition)
{
	struct trial *trial = schedule_trial(schedule, cell, repetition);

	while (trial->status == TRIAL_NONE && !is_over(schedule))
		play_next(schedule);
	return trial;
}

void schedule_finish(struct schedule *schedule)
{
	while (!is_over(schedule))
		play_next(schedule);
}
