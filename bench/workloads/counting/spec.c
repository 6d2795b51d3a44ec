/* spec.c: counting the primes below a limit, pure computing in slices that share nothing. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "../../../runtimes/runtime.h"
#include "counting.h"
#include "primes.h"

static const char *const splits[] = {[COUNTING_INTERLEAVED] = "interleaved", [COUNTING_BLOCKS] = "blocks", NULL};

static const struct parameter parameters[] = {
	[COUNTING_LIMIT] = {.name = "limit",
			    .type = PARAMETER_COUNT,
			    .fallback = "5000000",
			    .least = 10,
			    .most = 50000000,
			    .help = "the primes below this number are counted"},
	[COUNTING_SLICES] = {.name = "slices",
			     .type = PARAMETER_COUNT,
			     .fallback = "8",
			     .least = 1,
			     .most = 100000,
			     .help = "parts of the count: one task each"},
	[COUNTING_SPLIT] = {.name = "split",
			    .type = PARAMETER_CHOICE,
			    .fallback = "interleaved",
			    .choices = splits,
			    .help = "how numbers are dealt: in turn, or in blocks (the last block is the slowest)"},
	[COUNTING_DIVISION] = {.name = "division",
			       .type = PARAMETER_COUNT,
			       .fallback = "0",
			       .least = 0,
			       .most = 1000000000,
			       .calibrate = primes_division_ps,
			       .help = "picoseconds a trial division; 0: measured at the start"},
	{.name = NULL},
};

static int resolve(struct values *values, char reason[REASON_MAX])
{
	if (values->value[COUNTING_SLICES] > candidates_below(values->value[COUNTING_LIMIT])) {
		snprintf(reason, REASON_MAX, "slices=%" PRIu64 " is more than there are candidates below %" PRIu64,
			 values->value[COUNTING_SLICES], values->value[COUNTING_LIMIT]);
		return -EINVAL;
	}
	if (values->value[COUNTING_DIVISION] == 0)
		values->value[COUNTING_DIVISION] = calibration_least(primes_division_ps);
	return 0;
}

/* The last answer is kept: a driver asks for the same one thousands of times, and the sieve takes milliseconds. */
static const struct primes *primes_below(uint64_t limit)
{
	static struct primes primes;
	static uint64_t known;

	if (known != limit)
		primes_by_sieve(limit, &primes);
	known = primes.count > 0 ? limit : 0;
	return &primes;
}

static void expect(const struct values *values, struct stage stage, struct expectation *expectation)
{
	const struct primes *primes = primes_below(values->value[COUNTING_LIMIT]);
	uint64_t slices = values->value[COUNTING_SLICES];
	uint64_t cores = stage_parallelism(stage);
	uint64_t alone;

	/* Nine tenths: what one division takes differs a little with its numbers, and a bound must never be broken. */
	alone = primes->divisions * values_cost(values, COUNTING_DIVISION) / 1000 * 9 / 10;
	*expectation = (struct expectation){
		.tasks = slices,
		.operations = candidates_below(values->value[COUNTING_LIMIT]),
		.checksum = primes->sum + primes->count,
		.bound_ns = alone / (slices < cores ? slices : cores),
		.estimate_ns = alone * 4 / 3 / (slices < cores ? slices : cores),
	};
}

const struct workload_spec counting_spec = {
	.name = "counting",
	.question = "Nothing but computing: how many cores does the model put to work?",
	.operation = "candidate",
	.bound_text = "nine tenths of the time that the divisions take, shared by the cores",
	.parameters = parameters,
	.resolve = resolve,
	.admit = admit_everyone,
	.expect = expect,
};
