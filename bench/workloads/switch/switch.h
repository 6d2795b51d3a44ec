/* switch.h: the indices of the switch parameters, how the work is shared by the tasks, and what comes of it. */
#ifndef SIMUL_SWITCH_H
#define SIMUL_SWITCH_H

#include "../workload.h"

struct play;

enum switch_parameter { SWITCH_TASKS, SWITCH_YIELDS, SWITCH_MODE };

enum switch_mode { SWITCH_YIELD, SWITCH_RING };

/* How many of all yields, or steps of the token, are those of the task of that index: it is its turn at index,
 * index + tasks, index + 2 tasks ... */
static inline uint64_t switch_share(uint64_t yields, uint64_t tasks, uint64_t index)
{
	return yields / tasks + (index < yields % tasks);
}

/* Of all tasks together. */
struct switch_sum {
	uint64_t ended; /* tasks */
	uint64_t turns;
	uint64_t checksum; /* of the token's steps */
};

/* All tasks have ended: ends the play and hands back what was done. */
void switch_report(struct play *play, const struct switch_sum *sum, uint64_t begun_ns, uint64_t ended_ns);

extern const struct workload_spec switch_spec;

#endif
