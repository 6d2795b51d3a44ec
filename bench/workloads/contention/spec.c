/* spec.c: one counter, and every task adds to it. How many updates are lost, and what does it cost to lose none?
 *
 * mode=none reads the counter and writes it back in two steps, as `counter = counter + 1` does. Tasks that run at the
 * same time lose updates so, and so do tasks that the kernel interrupts between the two steps. Tasks that give way
 * only of their own accord lose none, until they do so in the very middle: suspend=yes yields between the two steps,
 * and then updates are lost without any parallelism. */
#include <errno.h>
#include <stdio.h>

#include "../../../runtimes/clock.h"
#include "../../../runtimes/runtime.h"
#include "contention.h"

static const char *const modes[] = {
	[CONTENTION_NONE] = "none", [CONTENTION_ATOMIC] = "atomic", [CONTENTION_MUTEX] = "mutex", NULL};
static const char *const suspends[] = {[CONTENTION_STRAIGHT] = "no", [CONTENTION_SUSPENDED] = "yes", NULL};

static const struct parameter parameters[] = {
	[CONTENTION_TASKS] = {.name = "tasks",
			      .type = PARAMETER_COUNT,
			      .fallback = "4",
			      .least = 1,
			      .most = 100000,
			      .help = "tasks that add to one counter"},
	[CONTENTION_INCREMENTS] = {.name = "increments",
				   .type = PARAMETER_COUNT,
				   .fallback = "1000000",
				   .least = 1,
				   .most = 1000000000,
				   .help = "how often each of them adds 1"},
	[CONTENTION_MODE] = {.name = "mode",
			     .type = PARAMETER_CHOICE,
			     .fallback = "none",
			     .choices = modes,
			     .help = "what keeps increments apart: nothing, an atomic instruction, or a mutex"},
	[CONTENTION_SUSPEND] = {.name = "suspend",
				.type = PARAMETER_CHOICE,
				.fallback = "no",
				.choices = suspends,
				.help = "whether a task yields between reading the counter and writing it"},
	{.name = NULL},
};

static int resolve(struct values *values, char reason[REASON_MAX])
{
	if (values->value[CONTENTION_MODE] != CONTENTION_ATOMIC ||
	    values->value[CONTENTION_SUSPEND] != CONTENTION_SUSPENDED)
		return 0;
	snprintf(reason, REASON_MAX,
		 "mode=atomic reads and writes in one instruction: nothing can stand between, so "
		 "it takes suspend=no");
	return -EINVAL;
}

bool contention_is_exact(const struct values *values, struct stage stage)
{
	bool suspended = values->value[CONTENTION_SUSPEND] == CONTENTION_SUSPENDED;

	if (values->value[CONTENTION_MODE] != CONTENTION_NONE || values->value[CONTENTION_TASKS] == 1)
		return true;
	if (!(stage.capabilities & RUNTIME_INTERLEAVES))
		return true;
	return !suspended && !(stage.capabilities & (RUNTIME_PARALLEL | RUNTIME_PREEMPTS));
}

static uint64_t all_increments(const struct values *values)
{
	return values->value[CONTENTION_TASKS] * values->value[CONTENTION_INCREMENTS];
}

bool contention_may_hold(const struct values *values, struct stage stage, uint64_t value)
{
	if (contention_is_exact(values, stage))
		return value == all_increments(values);
	return value >= 1 && value <= all_increments(values);
}

/* Generous: what one increment takes of the wall time here. */
static uint64_t increment_ns(const struct values *values, struct stage stage)
{
	bool parallel = stage_parallelism(stage) > 1;
	uint64_t ns = parallel ? 50 : 10;

	/* Where the holder of a mutex runs beside those who want it, some of them sleep and are woken. */
	if (values->value[CONTENTION_MODE] == CONTENTION_MUTEX)
		ns = parallel ? 500 : 50;
	if (values->value[CONTENTION_SUSPEND] == CONTENTION_SUSPENDED)
		ns += 2 * stage_switch_ns(stage, values->value[CONTENTION_MODE] == CONTENTION_MUTEX);
	return ns;
}

static void expect(const struct values *values, struct stage stage, struct expectation *expectation)
{
	uint64_t tasks = values->value[CONTENTION_TASKS], increments = all_increments(values);

	*expectation = (struct expectation){
		.tasks = tasks,
		.operations = increments,
		.checksum = increments, /* see contention_may_hold() for what becomes of the counter */
		.estimate_ns = tasks * stage_task_ns(stage) + increments * increment_ns(values, stage),
	};
}

const struct workload_spec contention_spec = {
	.name = "contention",
	.question = "One counter for all tasks: how many updates are lost, and what does it cost to lose none?",
	.operation = "increment",
	.bound_text = "none: a processor may take any time for an increment",
	.parameters = parameters,
	.resolve = resolve,
	.admit = admit_everyone,
	.expect = expect,
};
