/* spec.c: what it costs to go from one task to another.
 *
 * mode=yield counts calls of the model's yield, all tasks in turn. Where the kernel schedules the tasks that is
 * sched_yield(2), which goes to another task only where a core has more than one: measure it on one core.
 * mode=ring counts steps of a token around a ring of tasks: each waits for it, and wakes the next one. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "../../../runtimes/clock.h"
#include "../../../runtimes/runtime.h"
#include "switch.h"

static const char *const modes[] = {[SWITCH_YIELD] = "yield", [SWITCH_RING] = "ring", NULL};

static const struct parameter parameters[] = {
	[SWITCH_TASKS] = {.name = "tasks",
			  .type = PARAMETER_COUNT,
			  .fallback = "2",
			  .least = 2,
			  .most = 10000000,
			  .help = "tasks that take turns"},
	/* A step's number fits into the word that the token is. */
	[SWITCH_YIELDS] = {.name = "yields",
			   .type = PARAMETER_COUNT,
			   .fallback = "1000000",
			   .least = 2,
			   .most = 4000000000,
			   .help = "yields, or steps of the token, of all tasks together"},
	[SWITCH_MODE] = {.name = "mode",
			 .type = PARAMETER_CHOICE,
			 .fallback = "yield",
			 .choices = modes,
			 .help = "all yield in turn, or a token goes round: each waits for it and wakes the next"},
	{.name = NULL},
};

static int resolve(struct values *values, char reason[REASON_MAX])
{
	if (values->value[SWITCH_YIELDS] >= values->value[SWITCH_TASKS])
		return 0;
	snprintf(reason, REASON_MAX, "yields=%" PRIu64 " gives not every one of tasks=%" PRIu64 " a turn",
		 values->value[SWITCH_YIELDS], values->value[SWITCH_TASKS]);
	return -EINVAL;
}

static int admit(const struct values *values, struct stage stage, char reason[REASON_MAX])
{
	uint64_t concurrency = stage_concurrency(stage);

	if (concurrency >= values->value[SWITCH_TASKS])
		return 0;
	if (concurrency == 1)
		snprintf(reason, REASON_MAX,
			 "a task here runs to its end before another one begins: nobody takes turns");
	else
		snprintf(reason, REASON_MAX,
			 "only %" PRIu64 " task%s under way at once here: %" PRIu64 " cannot take turns", concurrency,
			 concurrency == 1 ? " is" : "s are", values->value[SWITCH_TASKS]);
	return -ENOTSUP;
}

static void expect(const struct values *values, struct stage stage, struct expectation *expectation)
{
	uint64_t tasks = values->value[SWITCH_TASKS], yields = values->value[SWITCH_YIELDS];
	bool ring = values->value[SWITCH_MODE] == SWITCH_RING;

	*expectation = (struct expectation){
		.tasks = tasks,
		.operations = yields,
		.alive = tasks,
		.checksum = ring ? yields * (yields + 1) / 2 : 0,
		.estimate_ns = tasks * stage_task_ns(stage) + yields * stage_switch_ns(stage, ring),
	};
}

const struct workload_spec switch_spec = {
	.name = "switch",
	.question = "What does it cost to go from one task to another?",
	.operation = "switch",
	.bound_text = "none: the least that a model must do to switch is what is asked",
	.parameters = parameters,
	.resolve = resolve,
	.admit = admit,
	.expect = expect,
};
