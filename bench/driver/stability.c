/* stability.c: the judging of stability.h. */
#include "stability.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../analysis/compare.h"
#include "../analysis/ranktest.h"
#include "order.h"

/* Fisher and Yates, on values. */
static void shuffle(struct prng *prng, double *values, size_t count)
{
	for (size_t left = count; left > 1; left--) {
		size_t chosen = prng_below(prng, left);
		double value = values[chosen];

		values[chosen] = values[left - 1];
		values[left - 1] = value;
	}
}

static void count_verdict(struct stability *stability, enum verdict verdict)
{
	stability->faster += verdict == VERDICT_FASTER;
	stability->slower += verdict == VERDICT_SLOWER;
	stability->same += verdict == VERDICT_SAME;
	stability->undecided += verdict == VERDICT_UNDECIDED;
}

/* One split: what the halves of the shuffled values say of each other. */
static int split(const double *shuffled, size_t count, uint64_t seed, struct stability *stability, double *difference,
		 double *half_width)
{
	struct compare_options options = {.min_effect = 0.02, .seed = seed};
	struct comparison comparison = {.ratio = NAN};
	int error = compare_values(shuffled, count / 2, shuffled + count / 2, count - count / 2, &options, &comparison);

	if (error)
		return error;
	count_verdict(stability, comparison.verdict);
	*difference = fabs(comparison.ratio - 1);
	*half_width = (comparison.interval.high - comparison.interval.low) / 2;
	return 0;
}

int stability_judge(const double *values, size_t count, unsigned splits, uint64_t seed, struct stability *stability)
{
	double differences[STABILITY_SPLITS], half_widths[STABILITY_SPLITS], *shuffled;
	struct prng prng = {.state = seed};
	int error = 0;

	*stability = (struct stability){.invocations = count, .splits = splits};
	if (count < STABILITY_LEAST || splits < 1 || splits > STABILITY_SPLITS)
		return -EINVAL;
	shuffled = malloc(count * sizeof *shuffled);
	if (!shuffled)
		return -ENOMEM;
	memcpy(shuffled, values, count * sizeof *shuffled);
	stability->drift_p = mann_kendall(values, count, NULL);
	for (unsigned i = 0; error == 0 && i < splits; i++) {
		shuffle(&prng, shuffled, count);
		error = split(shuffled, count, seed + i, stability, &differences[i], &half_widths[i]);
	}
	if (error == 0) {
		sort_values(shuffled, count);
		sort_values(differences, splits);
		sort_values(half_widths, splits);
		stability->median_ns = quantile(shuffled, count, 0.5);
		stability->detectable = quantile(differences, splits, 0.95);
		stability->half_width = quantile(half_widths, splits, 0.5);
	}
	free(shuffled);
	return error;
}

json_t *stability_json(const struct stability *stability)
{
	return json_pack("{s:I, s:i, s:i, s:i, s:i, s:i, s:f, s:f, s:f, s:f}", "invocations",
			 (json_int_t)stability->invocations, "comparisons", (int)stability->splits, "faster",
			 (int)stability->faster, "slower", (int)stability->slower, verdict_name(VERDICT_SAME),
			 (int)stability->same, verdict_name(VERDICT_UNDECIDED), (int)stability->undecided, "median_ns",
			 stability->median_ns, "detectable", stability->detectable, "half_width", stability->half_width,
			 "drift_p", stability->drift_p);
}
