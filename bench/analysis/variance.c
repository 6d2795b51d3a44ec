/* variance.c: see variance.h. */
#include "variance.h"

#include <math.h>

struct variance_split variance_split(const struct invocation_samples *invocations, size_t n, double sample_cost,
				     double invocation_cost)
{
	struct variance_split split = {.within = NAN, .between = NAN, .samples = NAN};
	double count = (double)n, within = 0, mean = 0, inverse = 0, squares = 0;

	for (size_t i = 0; i < n; i++) {
		if (invocations[i].count < 2)
			return split;
		within += invocations[i].variance / count;
		mean += invocations[i].mean / count;
		inverse += 1 / invocations[i].count / count;
	}
	if (n < 2)
		return split;
	for (size_t i = 0; i < n; i++)
		squares += (invocations[i].mean - mean) * (invocations[i].mean - mean);
	split.within = within;
	split.between = squares / (count - 1) - within * inverse;
	split.samples =
		split.between > 0 ? fmax(1, sqrt(invocation_cost / sample_cost * within / split.between)) : INFINITY;
	return split;
}
