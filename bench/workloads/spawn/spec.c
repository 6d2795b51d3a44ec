/* spec.c: what it costs to create, run and join a task that does nothing.
 *
 * batch=1 creates and joins one at a time; batch=N creates N and then joins them. With body=empty a child that the
 * runtime starts at once has ended before the next one is created; body=yield keeps it alive, in models that switch
 * only when a task asks for it, until the whole batch exists. memory=cold times the first touch of the tasks' memory,
 * memory=warm has one batch go first, untimed. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "../../../runtimes/clock.h"
#include "spawn.h"

static const char *const bodies[] = {[SPAWN_EMPTY] = "empty", [SPAWN_YIELD] = "yield", NULL};
static const char *const memories[] = {[SPAWN_WARM] = "warm", [SPAWN_COLD] = "cold", NULL};

static const struct parameter parameters[] = {
	[SPAWN_TASKS] = {.name = "tasks",
			 .type = PARAMETER_COUNT,
			 .fallback = "100000",
			 .least = 1,
			 .most = 10000000,
			 .help = "tasks in all"},
	[SPAWN_BATCH] = {.name = "batch",
			 .type = PARAMETER_COUNT,
			 .fallback = "1",
			 .least = 1,
			 .most = 10000000,
			 .help = "tasks that are created before the first of them is joined"},
	[SPAWN_BODY] = {.name = "body",
			.type = PARAMETER_CHOICE,
			.fallback = "empty",
			.choices = bodies,
			.help = "what a task does: nothing, or one yield, so that a whole batch is alive at once"},
	[SPAWN_MEMORY] = {.name = "memory",
			  .type = PARAMETER_CHOICE,
			  .fallback = "warm",
			  .choices = memories,
			  .help = "after an untimed batch, or at the first touch of the tasks' memory"},
	{.name = NULL},
};

static int resolve(struct values *values, char reason[REASON_MAX])
{
	uint64_t tasks = values->value[SPAWN_TASKS], batch = values->value[SPAWN_BATCH];

	if (batch > tasks) {
		snprintf(reason, REASON_MAX, "batch=%" PRIu64 " is more than tasks=%" PRIu64, batch, tasks);
		return -EINVAL;
	}
	if (values->value[SPAWN_MEMORY] == SPAWN_COLD && batch < tasks) {
		snprintf(reason, REASON_MAX,
			 "memory=cold takes batch=%" PRIu64 ", all tasks: a second batch finds the memory of the first",
			 tasks);
		return -EINVAL;
	}
	return 0;
}

static void expect(const struct values *values, struct stage stage, struct expectation *expectation)
{
	/* The first touch of a stack's page takes 2 us in a guest, where memory is the host's to give. */
	const uint64_t touch_ns = 2 * NS_PER_US;
	uint64_t tasks = values->value[SPAWN_TASKS], marks = spawn_marks(tasks);
	uint64_t created = tasks + (values->value[SPAWN_MEMORY] == SPAWN_WARM ? values->value[SPAWN_BATCH] : 0);

	*expectation = (struct expectation){
		.tasks = tasks,
		.operations = tasks,
		.checksum = marks * (marks + 1) / 2,
		.alive = values->value[SPAWN_BODY] == SPAWN_YIELD ? values->value[SPAWN_BATCH] : 0,
		.estimate_ns = created * stage_task_ns(stage) + values->value[SPAWN_BATCH] * touch_ns,
	};
}

const struct workload_spec spawn_spec = {
	.name = "spawn",
	.question = "What does it cost to create a task, run it and join it?",
	.operation = "task",
	.bound_text = "none: the least that a model must do for a task is what is asked",
	.parameters = parameters,
	.resolve = resolve,
	.admit = admit_everyone,
	.expect = expect,
};
