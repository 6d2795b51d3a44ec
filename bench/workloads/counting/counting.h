/* counting.h: the indices of the counting parameters, and how the candidates are dealt to slices. */
#ifndef SIMUL_COUNTING_H
#define SIMUL_COUNTING_H

#include "../workload.h"

enum counting_parameter { COUNTING_LIMIT, COUNTING_SLICES, COUNTING_SPLIT, COUNTING_DIVISION };

enum counting_split { COUNTING_INTERLEAVED, COUNTING_BLOCKS };

/* Interleaved slices take turns in runs of so many candidates: single candidates would give one slice all the
 * multiples of a small prime. */
enum { COUNTING_RUN = 64 };

extern const struct workload_spec counting_spec;

#endif
