/* skynet.h: the indices of the skynet parameters, and the numbering of its tree.
 *
 * Nodes are numbered level by level from the root, 0: the children of node i are fanout x i + 1 and the following, and
 * the leaves, numbered from 0 in the same order, come last. */
#ifndef SIMUL_SKYNET_H
#define SIMUL_SKYNET_H

#include "../workload.h"

enum skynet_parameter { SKYNET_LEAVES, SKYNET_FANOUT };

enum { SKYNET_FANOUT_MAX = 16 };

/* Nodes that are no leaves. leaves is a power of fanout. */
static inline uint64_t skynet_inner(uint64_t leaves, uint64_t fanout)
{
	return (leaves - 1) / (fanout - 1);
}

extern const struct workload_spec skynet_spec;

#endif
