/* spec.c: in which order do things happen? Two small examples, told by a log that all tasks write.
 *
 * example=count: three tasks, each of which says one, sleeps a unit, and says two.
 *   Interleaved, all start before any goes on: one one one two two two, after one unit.
 *   One task after another: one two one two one two, after three units.
 * example=say: a task says hello after two units; one spawned after it says goodbye after one unit.
 *   Interleaved, the shorter sleep ends first: goodbye hello, after two units.
 *   One task after another, the first one goes first: hello goodbye, after three units.
 * Which of the two a model gives follows from whether it interleaves, and any other order is a wrong result. Which of
 * the three tasks says its word first is open where they interleave. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "../../../runtimes/clock.h"
#include "../../../runtimes/runtime.h"
#include "order.h"

const struct order_script order_scripts[] = {
	[ORDER_COUNT] = {.tasks = 3,
			 .lines = 2,
			 .line = {{{ORDER_ONE, 0}, {ORDER_TWO, 1}},
				  {{ORDER_ONE, 0}, {ORDER_TWO, 1}},
				  {{ORDER_ONE, 0}, {ORDER_TWO, 1}}},
			 .interleaved = {ORDER_ONE, ORDER_ONE, ORDER_ONE, ORDER_TWO, ORDER_TWO, ORDER_TWO},
			 .in_turn = {ORDER_ONE, ORDER_TWO, ORDER_ONE, ORDER_TWO, ORDER_ONE, ORDER_TWO}},
	[ORDER_SAY] = {.tasks = 2,
		       .lines = 1,
		       .line = {{{ORDER_HELLO, 2}}, {{ORDER_GOODBYE, 1}}},
		       .interleaved = {ORDER_GOODBYE, ORDER_HELLO},
		       .in_turn = {ORDER_HELLO, ORDER_GOODBYE}},
};

static const char *const examples[] = {[ORDER_COUNT] = "count", [ORDER_SAY] = "say", NULL};

static const struct parameter parameters[] = {
	[ORDER_EXAMPLE] = {.name = "example",
			   .type = PARAMETER_CHOICE,
			   .fallback = "count",
			   .choices = examples,
			   .help = "count: three tasks say one, sleep, say two; say: hello after two units, goodbye "
				   "after one"},
	[ORDER_UNIT] = {.name = "unit",
			.type = PARAMETER_DURATION,
			.fallback = "20ms",
			.least = NS_PER_MS,
			.most = 10 * NS_PER_S,
			.help = "the unit of the sleeps; a machine that wakes tasks later than that shows no order"},
	{.name = NULL},
};

static int admit(const struct values *values, struct stage stage, char reason[REASON_MAX])
{
	uint64_t tasks = order_scripts[values->value[ORDER_EXAMPLE]].tasks, concurrency = stage_concurrency(stage);

	if (!(stage.capabilities & RUNTIME_INTERLEAVES) || concurrency >= tasks)
		return 0;
	snprintf(reason, REASON_MAX,
		 "only %" PRIu64 " of %" PRIu64
		 " tasks are under way at once here, and which ones is left open: neither "
		 "order is promised",
		 concurrency, tasks);
	return -ENOTSUP;
}

uint64_t order_checksum(uint32_t task, enum order_word word)
{
	return UINT64_C(1) << (8 * task + word);
}

/* Whether the task has that word to say, and has not said it before its last event. */
static bool may_say(const struct order_script *script, const struct order_event *events, uint64_t last)
{
	uint32_t task = events[last].task;
	uint64_t said = 0;

	if (task >= script->tasks)
		return false;
	for (uint64_t i = 0; i < last; i++)
		said += events[i].task == task;
	return said < script->lines && script->line[task][said].word == events[last].word;
}

uint64_t order_kept(const struct order_script *script, unsigned capabilities,
		    const struct order_event events[ORDER_EVENTS_MAX])
{
	bool interleaves = capabilities & RUNTIME_INTERLEAVES;
	const enum order_word *promised = interleaves ? script->interleaved : script->in_turn;
	uint64_t kept = 0;

	for (uint64_t i = 0; i < (uint64_t)script->tasks * script->lines; i++)
		kept += events[i].word == promised[i] && may_say(script, events, i) &&
			(interleaves || events[i].task == i / script->lines);
	return kept;
}

static uint64_t units_of(const struct order_line *line, uint32_t lines)
{
	uint64_t units = 0;

	for (uint32_t i = 0; i < lines; i++)
		units += line[i].units;
	return units;
}

static void expect(const struct values *values, struct stage stage, struct expectation *expectation)
{
	const struct order_script *script = &order_scripts[values->value[ORDER_EXAMPLE]];
	uint64_t longest = 0, all = 0, checksum = 0, bound;

	for (uint32_t task = 0; task < script->tasks; task++) {
		uint64_t units = units_of(script->line[task], script->lines);

		longest = units > longest ? units : longest;
		all += units;
		for (uint32_t i = 0; i < script->lines; i++)
			checksum += order_checksum(task, script->line[task][i].word);
	}
	bound = (stage.capabilities & RUNTIME_INTERLEAVES ? longest : all) * values->value[ORDER_UNIT];
	*expectation = (struct expectation){
		.tasks = script->tasks,
		.operations = (uint64_t)script->tasks * script->lines,
		.checksum = checksum,
		.bound_ns = bound,
		.estimate_ns = bound + NS_PER_MS,
	};
}

const struct workload_spec order_spec = {
	.name = "order",
	.question = "In which order do tasks go on that sleep between their words, and is it the order that the model "
		    "promises?",
	.operation = "word in its place",
	.bound_text = "the longest task's sleeps where tasks interleave, else all sleeps",
	.parameters = parameters,
	.resolve = resolve_nothing,
	.admit = admit,
	.expect = expect,
};
