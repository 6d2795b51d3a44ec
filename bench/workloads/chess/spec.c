/* spec.c: the simultaneous exhibition. A master makes a move at a board (computing), the opponent replies (sleeping).
 *
 * The work is fixed, never a spin until a time, so that oversubscription shows. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "../../../runtimes/clock.h"
#include "../../../runtimes/runtime.h"
#include "chess.h"
#include "move.h"

static const char *const presets[] = {"polgar", NULL};

static const struct parameter parameters[] = {
	[CHESS_BOARDS] = {.name = "boards",
			  .type = PARAMETER_COUNT,
			  .fallback = "24",
			  .least = 1,
			  .most = 10000000,
			  .help = "opponents, each at a board of its own: one task each"},
	[CHESS_PAIRS] = {.name = "pairs",
			 .type = PARAMETER_COUNT,
			 .fallback = "30",
			 .least = 1,
			 .most = 1000000,
			 .help = "move pairs a game: the master's move, then the reply"},
	[CHESS_MOVE] = {.name = "move",
			.type = PARAMETER_DURATION,
			.least = 1,
			.most = 60 * NS_PER_S,
			.help = "the master's move, computed: default the preset's over scale"},
	[CHESS_REPLY] = {.name = "reply",
			 .type = PARAMETER_DURATION,
			 .least = 0,
			 .most = 600 * NS_PER_S,
			 .help = "the opponent's reply, slept: default the preset's over scale"},
	[CHESS_MASTERS] = {.name = "masters",
			   .type = PARAMETER_COUNT,
			   .fallback = "0",
			   .least = 0,
			   .most = 65536,
			   .help = "boards that may have a master at the same time; 0: as many as cores compute"},
	[CHESS_PRESET] = {.name = "preset",
			  .type = PARAMETER_CHOICE,
			  .fallback = "polgar",
			  .choices = presets,
			  .help = "times of a known exhibition; polgar: 5 s a move and 55 s a reply"},
	[CHESS_SCALE] = {.name = "scale",
			 .type = PARAMETER_COUNT,
			 .fallback = "100000",
			 .least = 1,
			 .most = 1000000000,
			 .help = "the preset's times are divided by this"},
	[CHESS_STEP] = {.name = "step",
			.type = PARAMETER_COUNT,
			.fallback = "0",
			.least = 0,
			.most = 1000000000,
			.calibrate = chess_step_ps,
			.help = "picoseconds a step of the move's arithmetic; 0: measured at the start"},
	{.name = NULL},
};

static int resolve(struct values *values, char reason[REASON_MAX])
{
	uint64_t scale = values->value[CHESS_SCALE];

	if (!values->given[CHESS_MOVE])
		values->value[CHESS_MOVE] = 5 * NS_PER_S / scale;
	if (!values->given[CHESS_REPLY])
		values->value[CHESS_REPLY] = 55 * NS_PER_S / scale;
	if (values->value[CHESS_MOVE] == 0) {
		snprintf(reason, REASON_MAX, "scale=%" PRIu64 " leaves no time for a move: it takes at most 5000000000",
			 scale);
		return -EINVAL;
	}
	if (values->value[CHESS_STEP] == 0)
		values->value[CHESS_STEP] = calibration_least(chess_step_ps);
	return 0;
}

uint64_t chess_steps(uint64_t move_ns, uint64_t step_ps)
{
	uint64_t steps = move_ns * 1000 / step_ps;

	return steps > 0 ? steps : 1;
}

/* How many masters can compute at once here. */
static uint64_t masters_at_work(const struct values *values, struct stage stage)
{
	uint64_t cores = stage_parallelism(stage);
	uint64_t masters = values->value[CHESS_MASTERS];

	return masters > 0 && masters < cores ? masters : cores;
}

static uint64_t checksum(uint64_t boards, uint64_t steps)
{
	struct chess_jump jump = chess_jump(steps);
	uint64_t sum = 0;

	for (uint64_t board = 0; board < boards; board++)
		sum += chess_move_foretold(chess_opening(board), jump);
	return sum;
}

static void expect(const struct values *values, struct stage stage, struct expectation *expectation)
{
	uint64_t boards = values->value[CHESS_BOARDS], pairs = values->value[CHESS_PAIRS];
	uint64_t steps = chess_steps(values->value[CHESS_MOVE], values->value[CHESS_STEP]);
	uint64_t move = steps * values_cost(values, CHESS_STEP) / 1000, reply = values->value[CHESS_REPLY];
	uint64_t game = pairs * (move + reply);
	uint64_t computing = boards * pairs * move / masters_at_work(values, stage) + reply;
	uint64_t bound = game > computing ? game : computing;
	uint64_t concurrency = stage_concurrency(stage);
	uint64_t rounds = boards / concurrency + (boards % concurrency > 0); /* one game after another at each place */

	*expectation = (struct expectation){
		.tasks = boards,
		.operations = boards * pairs,
		.checksum = checksum(boards, pairs * steps),
		.bound_ns = bound,
		.estimate_ns = rounds == 1 ? bound + bound / 10 : rounds * game,
	};
}

const struct workload_spec chess_spec = {
	.name = "chess",
	.question = "One master against many boards: how close to the bound does waiting overlap with moving?",
	.operation = "move pair",
	.bound_text = "the longer of one game and of all moves shared by the masters",
	.parameters = parameters,
	.resolve = resolve,
	.admit = admit_everyone,
	.expect = expect,
};
