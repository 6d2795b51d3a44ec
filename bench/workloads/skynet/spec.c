/* spec.c: a tree of tasks. Each node spawns its children and adds up what they return; a leaf returns its number.
 *
 * After A. Temerev, "Skynet 1M concurrency microbenchmark", 2016, which has ten children a node and a million leaves.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "../../../runtimes/clock.h"
#include "../../../runtimes/runtime.h"
#include "skynet.h"

static const struct parameter parameters[] = {
	[SKYNET_LEAVES] = {.name = "leaves",
			   .type = PARAMETER_COUNT,
			   .fallback = "1000000",
			   .least = 1,
			   .most = 100000000,
			   .help = "leaves of the tree, a power of fanout: one task each"},
	[SKYNET_FANOUT] = {.name = "fanout",
			   .type = PARAMETER_COUNT,
			   .fallback = "10",
			   .least = 2,
			   .most = SKYNET_FANOUT_MAX,
			   .help = "children of each other node, which is a task as well"},
	{.name = NULL},
};

static int resolve(struct values *values, char reason[REASON_MAX])
{
	uint64_t leaves = 1, fanout = values->value[SKYNET_FANOUT];

	while (leaves < values->value[SKYNET_LEAVES])
		leaves *= fanout;
	if (leaves == values->value[SKYNET_LEAVES])
		return 0;
	snprintf(reason, REASON_MAX, "leaves=%" PRIu64 " is no power of fanout=%" PRIu64 "; the next is %" PRIu64,
		 values->value[SKYNET_LEAVES], fanout, leaves);
	return -EINVAL;
}

static int admit(const struct values *values, struct stage stage, char reason[REASON_MAX])
{
	uint64_t inner = skynet_inner(values->value[SKYNET_LEAVES], values->value[SKYNET_FANOUT]);

	/* Every worker could hold a node that waits for its children; one more must be left for a leaf. */
	if (!(stage.capabilities & RUNTIME_POOLED) || inner < stage_concurrency(stage))
		return 0;
	snprintf(reason, REASON_MAX,
		 "a task that waits for its children keeps its worker, and %" PRIu64 " would wait with %" PRIu64
		 " workers: nobody were left to run the children",
		 inner, stage_concurrency(stage));
	return -ENOTSUP;
}

static void expect(const struct values *values, struct stage stage, struct expectation *expectation)
{
	uint64_t leaves = values->value[SKYNET_LEAVES];
	uint64_t nodes = skynet_inner(leaves, values->value[SKYNET_FANOUT]) + leaves;

	*expectation = (struct expectation){
		.tasks = nodes,
		.operations = leaves,
		.checksum = leaves * (leaves - 1) / 2,
		.estimate_ns = nodes * stage_task_ns(stage),
	};
}

const struct workload_spec skynet_spec = {
	.name = "skynet",
	.question = "How fast does a tree of tasks grow, and its sum come back?",
	.operation = "leaf",
	.bound_text = "none: the least that a model must do for a task is what is asked",
	.parameters = parameters,
	.resolve = resolve,
	.admit = admit,
	.expect = expect,
};
