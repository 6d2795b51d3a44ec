/* range.h: the indices of the range parameters, and what comes of the work. */
#ifndef SIMUL_RANGE_H
#define SIMUL_RANGE_H

#include "../workload.h"

struct play;

enum range_parameter { RANGE_NUMBERS, RANGE_MODE };

enum range_mode { RANGE_EAGER, RANGE_LAZY };

extern const struct workload_spec range_spec;

enum { RANGE_TASKS = 2 };

/* What the two tasks have done. */
struct range_sum {
	uint64_t ended;      /* tasks */
	uint64_t taken, sum; /* numbers, and their sum */
	uint64_t begun_ns, ended_ns;
	uint64_t paused_ns; /* of them, while the memory was measured */
};

/* Both have ended: ends the play and hands back what was done. */
void range_report(struct play *play, const struct range_sum *sum);

#endif
