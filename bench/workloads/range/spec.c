/* spec.c: a row of numbers, made by one task and added up by another one.
 *
 * mode=eager makes them all in memory, and then they are added up: each costs its bytes. mode=lazy is a generator: a
 * number is made when the other task asks for it, and the maker waits until it is taken: each costs a switch to the
 * other task and one back, and the memory is the same for any number of them. */
#include <errno.h>
#include <stdio.h>

#include "../../../runtimes/clock.h"
#include "../../../runtimes/runtime.h"
#include "range.h"

static const char *const modes[] = {[RANGE_EAGER] = "eager", [RANGE_LAZY] = "lazy", NULL};

static const struct parameter parameters[] = {
	[RANGE_NUMBERS] = {.name = "numbers",
			   .type = PARAMETER_COUNT,
			   .fallback = "10000000",
			   .least = 1,
			   .most = 1000000000,
			   .help = "how many numbers: from 0 on, 8 bytes each"},
	[RANGE_MODE] = {.name = "mode",
			.type = PARAMETER_CHOICE,
			.fallback = "lazy",
			.choices = modes,
			.help = "all numbers in memory before they are used, or one at a time, when it is asked for"},
	{.name = NULL},
};

static int admit(const struct values *values, struct stage stage, char reason[REASON_MAX])
{
	bool lazy = values->value[RANGE_MODE] == RANGE_LAZY, interleaves = stage.capabilities & RUNTIME_INTERLEAVES;

	if (lazy && !interleaves)
		snprintf(reason, REASON_MAX,
			 "a task here runs to its end before another one begins: none can stop after each number");
	else if (interleaves && stage_concurrency(stage) < 2)
		snprintf(reason, REASON_MAX,
			 "only one task is under way at a time here: the numbers need one that makes and one that "
			 "takes");
	else
		return 0;
	return -ENOTSUP;
}

static void expect(const struct values *values, struct stage stage, struct expectation *expectation)
{
	/* Eager: a page's first touch, 512 numbers in it, a write and a read of each. Lazy: there and back, which
	 * together take about what is generous for one switch. */
	uint64_t numbers = values->value[RANGE_NUMBERS], number_ns = 15;

	if (values->value[RANGE_MODE] == RANGE_LAZY)
		number_ns = stage_switch_ns(stage, true);
	*expectation = (struct expectation){
		.tasks = 2,
		.operations = numbers,
		.checksum = numbers % 2 == 0 ? numbers / 2 * (numbers - 1) : (numbers - 1) / 2 * numbers,
		.estimate_ns = 2 * stage_task_ns(stage) + numbers * number_ns,
	};
}

const struct workload_spec range_spec = {
	.name = "range",
	.question = "A row of numbers: all in memory at once, or each when it is asked for? What does either take?",
	.operation = "number",
	.bound_text = "none: the least that a model must do to hand a number over is what is asked",
	.parameters = parameters,
	.resolve = resolve_nothing,
	.admit = admit,
	.expect = expect,
};
