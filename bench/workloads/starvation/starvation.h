/* starvation.h: the indices of the starvation parameters, and how the work follows from them. */
#ifndef SIMUL_STARVATION_H
#define SIMUL_STARVATION_H

#include "../workload.h"

enum starvation_parameter { STARVATION_BEAT, STARVATION_HOG, STARVATION_SLICE, STARVATION_YIELDS, STARVATION_STEP };

enum starvation_yields { STARVATION_NEVER, STARVATION_EACH_SLICE };

extern const struct workload_spec starvation_spec;

/* How often the heart beats: as often as fits into the hog's time. */
uint64_t starvation_beats(const struct values *values);

/* How many slices the hog computes. */
uint64_t starvation_slices(const struct values *values);

#endif
