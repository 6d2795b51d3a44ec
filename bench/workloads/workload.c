/* workload.c: finding a workload, its values, and what a stage can do. */
#include "workload.h"

#include "../../runtimes/clock.h"
#include "../../runtimes/runtime.h"
#include "list.h"

#include <string.h>

#define DECLARE(name) extern const struct workload_spec name##_spec;
WORKLOADS_IN_EVERY_DIALECT(DECLARE)
WORKLOADS_DIRECT_ONLY(DECLARE)

#define LIST(name) &name##_spec,
const struct workload_spec *const workloads[] = {WORKLOADS_IN_EVERY_DIALECT(LIST) WORKLOADS_DIRECT_ONLY(LIST) NULL};

const struct parameter worker_parameters[] = {
	{.name = "workers",
	 .type = PARAMETER_COUNT,
	 .fallback = "0",
	 .least = 0,
	 .most = 4096,
	 .help = "threads or processes that the tasks run on; 0: one for each core"},
	{.name = NULL},
};

static const char *const guards[] = {"auto", "none", NULL};

const struct parameter stack_parameters[] = {
	{.name = "stack",
	 .type = PARAMETER_SIZE,
	 .fallback = "0",
	 .least = 0,
	 .most = 1 << 30,
	 .help = "of address space for each task; 0: the usual; 1KiB at least; less than 16KiB: no guards, many to a "
		 "page"},
	{.name = "guard",
	 .type = PARAMETER_CHOICE,
	 .fallback = "auto",
	 .choices = guards,
	 .help = "a page under each stack that tells of an overflow, or none"},
	{.name = NULL},
};

static uint64_t stage_workers(struct stage stage)
{
	return stage.workers > 0 ? stage.workers : stage.cores;
}

uint64_t stage_concurrency(struct stage stage)
{
	if (stage.capabilities & RUNTIME_POOLED)
		return stage_workers(stage);
	return stage.capabilities & RUNTIME_INTERLEAVES ? UINT64_MAX : 1;
}

uint64_t stage_arrivals(struct stage stage, uint64_t tasks)
{
	uint64_t concurrency = stage_concurrency(stage);

	if (!(stage.capabilities & RUNTIME_INTERLEAVES))
		return 0;
	return tasks < concurrency ? tasks : concurrency;
}

uint64_t stage_parallelism(struct stage stage)
{
	uint64_t concurrency = stage_concurrency(stage);

	if (!(stage.capabilities & RUNTIME_PARALLEL))
		return 1;
	return concurrency < stage.cores ? concurrency : stage.cores;
}

/* Workers that pass tasks on are not meant. */
bool stage_of_kernel(struct stage stage)
{
	return (stage.capabilities & RUNTIME_PREEMPTS) &&
	       !(stage.capabilities & (RUNTIME_POOLED | RUNTIME_SWITCHES_STACKS));
}

/* 2 where the kernel schedules tasks that run one at a time: each turn then takes a lock besides. */
static uint64_t stage_turns(struct stage stage)
{
	return (stage.capabilities & RUNTIME_PREEMPTS) && !(stage.capabilities & RUNTIME_PARALLEL) ? 2 : 1;
}

/* Tasks on stacks of our own in several processes, that notify each other. */
static bool stage_of_many_loops(struct stage stage)
{
	return (stage.capabilities & RUNTIME_SWITCHES_STACKS) && !(stage.capabilities & RUNTIME_SHARES_MEMORY);
}

uint64_t stage_task_ns(struct stage stage)
{
	if (stage.costs.task_ns > 0)
		return stage.costs.task_ns;
	if (stage_of_kernel(stage))
		return stage.capabilities & RUNTIME_SHARES_MEMORY ? stage_turns(stage) * 40 * NS_PER_US
								  : 150 * NS_PER_US;
	return stage.capabilities & RUNTIME_POOLED ? 5 * NS_PER_US : 300;
}

uint64_t stage_switch_ns(struct stage stage, bool wakes)
{
	uint64_t known_ns = wakes ? stage.costs.wake_ns : stage.costs.switch_ns;

	if (known_ns > 0)
		return known_ns;
	if (wakes && stage_of_many_loops(stage) && stage_workers(stage) > 1)
		return 10 * NS_PER_US;
	if (!(stage.capabilities & RUNTIME_PREEMPTS))
		return 200;
	/* Waking a task on another core, which is asleep itself, is what takes longest. */
	return wakes && stage_parallelism(stage) > 1 ? 30 * NS_PER_US : stage_turns(stage) * 4 * NS_PER_US;
}

int resolve_nothing(struct values *values, char reason[REASON_MAX])
{
	(void)values;
	(void)reason;
	return 0;
}

int admit_everyone(const struct values *values, struct stage stage, char reason[REASON_MAX])
{
	(void)values;
	(void)stage;
	(void)reason;
	return 0;
}

const struct workload_spec *workload_find(const char *name)
{
	for (int i = 0; workloads[i]; i++)
		if (strcmp(workloads[i]->name, name) == 0)
			return workloads[i];
	return NULL;
}

uint64_t workload_bound(const struct workload_spec *spec, const struct values *values, unsigned cores)
{
	const struct stage whole = {
		.cores = cores,
		.capabilities = RUNTIME_INTERLEAVES | RUNTIME_PARALLEL | RUNTIME_SHARES_MEMORY | RUNTIME_PREEMPTS,
	};
	struct expectation expectation = {.bound_ns = 0};

	spec->expect(values, whole, &expectation);
	return expectation.bound_ns;
}

int workload_values(const struct workload_spec *spec, int count, char *const pairs[], struct values *values,
		    char reason[REASON_MAX])
{
	int error;

	values_init(values, spec->parameters);
	for (int i = 0; i < count; i++) {
		error = values_take(values, spec->parameters, pairs[i], reason);
		if (error < 0)
			return error;
	}
	return spec->resolve(values, reason);
}
