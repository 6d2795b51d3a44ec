/* spec.c: a heartbeat beside a hog. How late is a task that only wants to wake up now and then, while another computes?
 *
 * The hog computes a fixed amount, slice by slice. With yields=yes it lets others run after each slice; with yields=no
 * only a model that takes the core away from a task lets the heart beat in time, or one that has another core left.
 * Beats are due at fixed times from the start: a beat that comes late does not put off the next one. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "../../../runtimes/clock.h"
#include "../../../runtimes/runtime.h"
#include "../chess/chess.h"
#include "../chess/move.h"
#include "starvation.h"

static const char *const yields[] = {[STARVATION_NEVER] = "no", [STARVATION_EACH_SLICE] = "yes", NULL};

static const struct parameter parameters[] = {
	[STARVATION_BEAT] = {.name = "beat",
			     .type = PARAMETER_DURATION,
			     .fallback = "10ms",
			     .least = 10 * NS_PER_US,
			     .most = 10 * NS_PER_S,
			     .help = "the time from one beat to the next"},
	[STARVATION_HOG] = {.name = "hog",
			    .type = PARAMETER_DURATION,
			    .fallback = "500ms",
			    .least = 10 * NS_PER_US,
			    .most = 60 * NS_PER_S,
			    .help = "how long the hog computes, alone on a core"},
	[STARVATION_SLICE] = {.name = "slice",
			      .type = PARAMETER_DURATION,
			      .fallback = "100us",
			      .least = 1,
			      .most = 60 * NS_PER_S,
			      .help = "how long it computes between two chances to yield"},
	[STARVATION_YIELDS] = {.name = "yields",
			       .type = PARAMETER_CHOICE,
			       .fallback = "no",
			       .choices = yields,
			       .help = "whether the hog yields after each slice"},
	[STARVATION_STEP] = {.name = "step",
			     .type = PARAMETER_COUNT,
			     .fallback = "0",
			     .least = 0,
			     .most = 1000000000,
			     .calibrate = chess_step_ps,
			     .help = "picoseconds a step of the hog's arithmetic; 0: measured at the start"},
	{.name = NULL},
};

static int resolve(struct values *values, char reason[REASON_MAX])
{
	char hog[PARAMETER_TEXT_MAX], other[PARAMETER_TEXT_MAX];

	for (int i = STARVATION_BEAT; i <= STARVATION_SLICE; i++) {
		if (values->value[i] <= values->value[STARVATION_HOG])
			continue;
		parameter_format(&parameters[i], values->value[i], other);
		parameter_format(&parameters[STARVATION_HOG], values->value[STARVATION_HOG], hog);
		snprintf(reason, REASON_MAX, "%s=%s is longer than hog=%s: nothing would happen beside it",
			 parameters[i].name, other, hog);
		return -EINVAL;
	}
	if (values->value[STARVATION_STEP] == 0)
		values->value[STARVATION_STEP] = calibration_least(chess_step_ps);
	return 0;
}

static int admit(const struct values *values, struct stage stage, char reason[REASON_MAX])
{
	(void)values;
	if (!(stage.capabilities & RUNTIME_INTERLEAVES))
		snprintf(reason, REASON_MAX,
			 "a task here runs to its end before another one begins: nothing beats beside the hog");
	else if (stage_concurrency(stage) < 2)
		snprintf(
			reason, REASON_MAX,
			"only one task is under way at a time here: the heartbeat would begin after the hog has ended");
	else
		return 0;
	return -ENOTSUP;
}

uint64_t starvation_beats(const struct values *values)
{
	return values->value[STARVATION_HOG] / values->value[STARVATION_BEAT];
}

uint64_t starvation_slices(const struct values *values)
{
	return values->value[STARVATION_HOG] / values->value[STARVATION_SLICE];
}

static void expect(const struct values *values, struct stage stage, struct expectation *expectation)
{
	uint64_t beats = starvation_beats(values), slices = starvation_slices(values);
	uint64_t steps = slices * chess_steps(values->value[STARVATION_SLICE], values->value[STARVATION_STEP]);
	uint64_t computing = steps * values_cost(values, STARVATION_STEP) / 1000;
	uint64_t beating = beats * values->value[STARVATION_BEAT];
	uint64_t bound = computing > beating ? computing : beating;

	*expectation = (struct expectation){
		.tasks = 2,
		.operations = beats,
		.checksum = chess_move_foretold(chess_opening(0), chess_jump(steps)),
		.bound_ns = bound,
		.estimate_ns = bound + bound / 10 + slices * stage_switch_ns(stage, false),
	};
}

const struct workload_spec starvation_spec = {
	.name = "starvation",
	.question = "How late does a task wake up while another one computes, and does it help if that one yields?",
	.operation = "beat",
	.bound_text = "the longer of the hog's arithmetic and of all beats in time",
	.parameters = parameters,
	.resolve = resolve,
	.admit = admit,
	.expect = expect,
};
