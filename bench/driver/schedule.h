/* schedule.h: who plays when. Google Benchmark asks for results cell by cell; the schedule plays in its own, random
 * order until the one that is asked for is there, and keeps the rest.
 *
 * A cell that has failed twice, or that its player has refused, is not played any further: a player that hangs costs
 * its own cell, not the evening. */
#ifndef SIMUL_SCHEDULE_H
#define SIMUL_SCHEDULE_H

#include <stdbool.h>
#include <stddef.h>

#include "order.h"
#include "trial.h"

/* Plays one repetition of a cell. */
typedef void schedule_play(void *context, size_t cell, unsigned repetition, struct trial *trial);

struct schedule {
	size_t cells;
	unsigned repetitions;
	struct turn *turns;   /* in the order of playing; cells * repetitions */
	struct trial *trials; /* [cell * repetitions + repetition] */
	size_t next;          /* turn */
	bool stopped;         /* a trial said so: nothing is played any more */
	schedule_play *play;
	void *context;
};

/* 0 or -ENOMEM. Trials that are already there may be filled in before the first schedule_result(). */
int schedule_init(struct schedule *schedule, uint64_t seed, size_t cells, unsigned repetitions, schedule_play *play,
		  void *context);
void schedule_clear(struct schedule *schedule);

struct trial *schedule_trial(const struct schedule *schedule, size_t cell, unsigned repetition);

/* Plays until that trial is there. Its status is TRIAL_NONE if the cell was given up or the run stopped before it. */
const struct trial *schedule_result(struct schedule *schedule, size_t cell, unsigned repetition);

/* Plays all that is left. */
void schedule_finish(struct schedule *schedule);

/* Whether the cell is not to be played any further. */
bool schedule_gave_up(const struct schedule *schedule, size_t cell);

#endif
