/* starvation.h: the indices of the starvation parameters, how the work follows from them, and what the bodies of all
 * dialects share. */
#ifndef SIMUL_STARVATION_H
#define SIMUL_STARVATION_H

#include <stdbool.h>

#include "../workload.h"

struct play;

enum starvation_parameter { STARVATION_BEAT, STARVATION_HOG, STARVATION_SLICE, STARVATION_YIELDS, STARVATION_STEP };

enum starvation_yields { STARVATION_NEVER, STARVATION_EACH_SLICE };

extern const struct workload_spec starvation_spec;

/* How often the heart beats: as often as fits into the hog's time. */
uint64_t starvation_beats(const struct values *values);

/* How many slices the hog computes. */
uint64_t starvation_slices(const struct values *values);

struct starvation_hog {
	uint64_t slices, steps; /* steps of arithmetic in a slice */
	bool yields;
	uint64_t position;
	uint64_t ended_ns;
} __attribute__((aligned(64))); /* on another core, perhaps, than the heart */

struct starvation_heart {
	uint64_t beats, beat_ns;
	uint64_t beaten; /* in time or late, but not before it was due */
	uint64_t gap_ns;   /* the longest time without a beat, from the start on */
	uint64_t ended_ns; /* the last beat */
	uint64_t *late_ns; /* one a beat */
};

/* The two tasks' work, in memory that both see. */
struct starvation_ward {
	uint64_t begun_ns;
	struct starvation_hog hog;
	struct starvation_heart heart;
};

enum { STARVATION_TASKS = 2 };

/* The work that the play asks for; late_ns has a place for each beat. */
void starvation_open(struct starvation_ward *ward, const struct play *play, uint64_t *late_ns);

/* The hog computes one slice. */
void starvation_compute(struct starvation_hog *hog);

/* When the beat of that number is due, from 0 on: so many beats after the start, and not after the one before it. */
static inline uint64_t starvation_due_ns(const struct starvation_ward *ward, uint64_t beat)
{
	return ward->begun_ns + (beat + 1) * ward->heart.beat_ns;
}

/* The heart beats for the time of that number. */
void starvation_beat(struct starvation_ward *ward, uint64_t beat);

/* Both have ended: ends the play and hands back what was done. */
void starvation_report(struct play *play, const struct starvation_ward *ward, uint64_t ended);

#endif
