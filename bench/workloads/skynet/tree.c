/* tree.c: see skynet.h. A place that still holds NOT_RUN belongs to a task that never ran. */
#include <string.h>

#include "../../player/play.h"
#include "skynet.h"

#define NOT_RUN UINT64_MAX

void skynet_measure(struct skynet_tree *tree, const struct play *play)
{
	uint64_t leaves = play_value(play, SKYNET_LEAVES);

	tree->fanout = play_value(play, SKYNET_FANOUT);
	tree->inner = skynet_inner(leaves, tree->fanout);
	tree->nodes = tree->inner + leaves;
}

void skynet_plant(struct skynet_tree *tree, uint64_t *results)
{
	tree->results = results;
	memset(results, 0xff, tree->nodes * sizeof *results); /* NOT_RUN */
}

uint64_t skynet_ran(const struct skynet_tree *tree)
{
	uint64_t count = 0;

	for (uint64_t i = 0; i < tree->nodes; i++)
		count += tree->results[i] != NOT_RUN;
	return count;
}

void skynet_report(struct play *play, const struct skynet_tree *tree, uint64_t ended, uint64_t begun_ns,
		   uint64_t ended_ns)
{
	play_end(play, ended_ns);
	play_audit(play, ended, tree->nodes - tree->inner, 0, tree->results[0]);
	play_figure(play, "ns_per_task", (double)(ended_ns - begun_ns) / (double)tree->nodes);
}
