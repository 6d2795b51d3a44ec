/* variance.h: where the noise comes from, and how repetitions are best spent.
 *
 * Samples within invocations, means of invocations: the variance of a single sample is split into a part within an
 * invocation and a part between invocations. Only more invocations average the latter away, however many samples each
 * of them takes. Pure and thread-safe. Source: T. Kalibera & R. Jones, "Rigorous Benchmarking in Reasonable Time" (ISMM
 * 2013), sections 7 and 9: the unbiased estimators T1^2 = S1^2 and T2^2 = S2^2 - S1^2 / n, and n = sqrt(c2 / c1 * T1^2
 * / T2^2). */
#ifndef SIMUL_VARIANCE_H
#define SIMUL_VARIANCE_H

#include <stddef.h>

/* What is known of one invocation's samples. */
struct invocation_samples {
	double count, mean, variance; /* the variance is unbiased: over count - 1 */
};

struct variance_split {
	double within, between; /* of a single sample and of an invocation's true mean; the latter may be negative: none
				   is seen */
	double samples; /* the best number of samples an invocation, at least 1; INFINITY where between is none; NAN:
			 * not known */
};

/* At least two invocations of at least two samples; else all is NAN. Unequal counts are taken by their harmonic mean.
 * sample_cost: time of one more sample; invocation_cost: time of one more invocation without its samples. */
struct variance_split variance_split(const struct invocation_samples *invocations, size_t n, double sample_cost,
				     double invocation_cost);

#endif
