/* spec.c: a tree of tasks. Each node spawns its children and adds up what they return; a leaf returns its number.
 *
 * memory=cold times the first tree of the process, memory=warm a second one, when the memory of all tasks is there.
 *
 * After A. Temerev, "Skynet 1M concurrency microbenchmark", 2016, which has ten children a node and a million leaves.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "../../../runtimes/clock.h"
#include "../../../runtimes/runtime.h"
#include "skynet.h"

static const char *const memories[] = {[SKYNET_COLD] = "cold", [SKYNET_WARM] = "warm", NULL};

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
	[SKYNET_MEMORY] = {.name = "memory",
			   .type = PARAMETER_CHOICE,
			   .fallback = "cold",
			   .choices = memories,
			   .help = "at the first touch of the tasks' memory, or after an untimed tree"},
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

static void expect(const struct values *values, struct stage stage, struct expectation *expectation)
{
	uint64_t leaves = values->value[SKYNET_LEAVES];
	uint64_t nodes = skynet_inner(leaves, values->value[SKYNET_FANOUT]) + leaves;
	/* A worker of a pool that joins a child which nobody has begun runs it itself, and wakes nobody. */
	uint64_t task_ns = stage.capabilities & RUNTIME_POOLED ? NS_PER_US : stage_task_ns(stage);

	*expectation = (struct expectation){
		.tasks = nodes,
		.operations = leaves,
		.checksum = leaves * (leaves - 1) / 2,
		.estimate_ns = nodes * task_ns * (values->value[SKYNET_MEMORY] == SKYNET_WARM ? 2 : 1),
	};
}

const struct workload_spec skynet_spec = {
	.name = "skynet",
	.question = "How fast does a tree of tasks grow, and its sum come back?",
	.operation = "leaf",
	.bound_text = "none: the least that a model must do for a task is what is asked",
	.parameters = parameters,
	.resolve = resolve,
	.admit = admit_everyone,
	.expect = expect,
};
