/* spec.c: many tasks asleep at the same time: what they cost, and how late they wake up.
 *
 * Each task sleeps for the same time from its own start, once or several times; over many sleeps the CPU time tells what
 * one costs, falling asleep and being woken, without the tasks' creation. start=gate has all of them exist, and their memory
 * measured, before the clock starts; start=spawn times their creation too, each asleep as soon as it runs.
 * memory=warm has as many tasks live and end before; memory=cold creates the first that touch their memory. */
#include <errno.h>
#include <stdio.h>

#include "../../../runtimes/clock.h"
#include "../../../runtimes/runtime.h"
#include "idle.h"

static const char *const starts[] = {[IDLE_GATE] = "gate", [IDLE_SPAWN] = "spawn", NULL};
static const char *const memories[] = {[IDLE_WARM] = "warm", [IDLE_COLD] = "cold", NULL};

static const struct parameter parameters[] = {
	[IDLE_TASKS] = {.name = "tasks",
			.type = PARAMETER_COUNT,
			.fallback = "1000",
			.least = 1,
			.most = 10000000,
			.help = "tasks asleep at the same time"},
	[IDLE_SLEEP] = {.name = "sleep",
			.type = PARAMETER_DURATION,
			.fallback = "100ms",
			.least = 1,
			.most = 60 * NS_PER_S,
			.help = "how long each sleeps, from its own start"},
	[IDLE_START] = {.name = "start",
			.type = PARAMETER_CHOICE,
			.fallback = "gate",
			.choices = starts,
			.help = "timed from when all tasks exist, or with their creation"},
	[IDLE_MEMORY] = {.name = "memory",
			 .type = PARAMETER_CHOICE,
			 .fallback = "warm",
			 .choices = memories,
			 .help = "after as many tasks have lived and ended, or at the first touch of their memory"},
	[IDLE_SLEEPS] = {.name = "sleeps",
			 .type = PARAMETER_COUNT,
			 .fallback = "1",
			 .least = 1,
			 .most = 10000,
			 .help = "how often each sleeps, one sleep after another"},
	{.name = NULL},
};

static void expect(const struct values *values, struct stage stage, struct expectation *expectation)
{
	/* Per task: the first touch of a page, two switches, a timer. */
	const uint64_t touch_ns = 2 * NS_PER_US;
	uint64_t tasks = values->value[IDLE_TASKS], sleeps = values->value[IDLE_SLEEPS];
	uint64_t concurrency = stage_concurrency(stage);
	uint64_t rounds = tasks / concurrency + (tasks % concurrency > 0); /* of tasks, one after another */
	uint64_t lives = values->value[IDLE_MEMORY] == IDLE_WARM ? 2 : 1;

	*expectation = (struct expectation){
		.tasks = tasks,
		.operations = tasks * sleeps,
		.alive = tasks,
		.bound_ns = rounds * sleeps * values->value[IDLE_SLEEP],
		.estimate_ns = rounds * sleeps * values->value[IDLE_SLEEP] +
			       tasks * (lives * stage_task_ns(stage) +
					(lives + sleeps - 1) * stage_switch_ns(stage, true) + touch_ns),
	};
}

const struct workload_spec idle_spec = {
	.name = "idle",
	.question = "How many tasks can sleep at once, what does each cost, and how late do they wake up?",
	.operation = "sleep",
	.bound_text = "the sleeps, once for each round of tasks that can be under way",
	.parameters = parameters,
	.resolve = resolve_nothing,
	.admit = admit_everyone,
	.expect = expect,
};
