/* skynet.h: the indices of the skynet parameters, and the tree that the bodies of all dialects share.
 *
 * Nodes are numbered level by level from the root, 0: the children of node i are fanout x i + 1 and the following, and
 * the leaves, numbered from 0 in the same order, come last. */
#ifndef SIMUL_SKYNET_H
#define SIMUL_SKYNET_H

#include <stdbool.h>

#include "../workload.h"

struct play;

enum skynet_parameter { SKYNET_LEAVES, SKYNET_FANOUT, SKYNET_MEMORY };

enum skynet_memory { SKYNET_COLD, SKYNET_WARM };

enum { SKYNET_FANOUT_MAX = 16 };

/* Nodes that are no leaves. leaves is a power of fanout. */
static inline uint64_t skynet_inner(uint64_t leaves, uint64_t fanout)
{
	return (leaves - 1) / (fanout - 1);
}

/* A node's result has a place of its own, and the place is all that a task is told: its number, and so whether it is a
 * leaf, follows from it. */
struct skynet_tree {
	uint64_t inner, nodes, fanout;
	uint64_t *results; /* one a node; memory that all tasks see */
};

/* Fills in all but the results. */
void skynet_measure(struct skynet_tree *tree, const struct play *play);

/* Takes the results' memory, tree->nodes of them; every page of it is there afterwards. */
void skynet_plant(struct skynet_tree *tree, uint64_t *results);

/* Whether the place is a leaf's, who has written its result then. */
static inline bool skynet_is_leaf(const struct skynet_tree *tree, uint64_t *place)
{
	uint64_t node = (uint64_t)(place - tree->results);

	if (node < tree->inner)
		return false;
	*place = node - tree->inner;
	return true;
}

/* The place of the first child of the node whose place it is; the others follow it. */
static inline uint64_t *skynet_children(const struct skynet_tree *tree, const uint64_t *place)
{
	return &tree->results[(uint64_t)(place - tree->results) * tree->fanout + 1];
}

/* Nodes that have written their result. */
uint64_t skynet_ran(const struct skynet_tree *tree);

/* All tasks have ended: ends the play and hands back what was done. */
void skynet_report(struct play *play, const struct skynet_tree *tree, uint64_t ended, uint64_t begun_ns,
		   uint64_t ended_ns);

extern const struct workload_spec skynet_spec;

#endif
