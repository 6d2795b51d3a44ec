/* switch.h: the indices of the switch parameters, and how the work is shared by the tasks. */
#ifndef SIMUL_SWITCH_H
#define SIMUL_SWITCH_H

#include "../workload.h"

enum switch_parameter { SWITCH_TASKS, SWITCH_YIELDS, SWITCH_MODE };

enum switch_mode { SWITCH_YIELD, SWITCH_RING };

/* How many of all yields, or steps of the token, are those of the task of that index: it is its turn at index,
 * index + tasks, index + 2 tasks ... */
static inline uint64_t switch_share(uint64_t yields, uint64_t tasks, uint64_t index)
{
	return yields / tasks + (index < yields % tasks);
}

extern const struct workload_spec switch_spec;

#endif
