/* statistics.h: what may be said about a handful of invocations, without assuming that they are normally distributed.
 *
 * Every function is pure: the same numbers (and seed) give the same answer on every machine. Units are the caller's.
 * Thread-safe. Values are finite; n is the number of them. Functions that want sorted values say so.
 * Sources: Hoefler & Belli, "Scientific Benchmarking of Parallel Computing Systems" (SC 2015), rules 3 to 6;
 * David & Nagaraja, "Order Statistics" (2003), section 7.1; Efron & Tibshirani, "An Introduction to the Bootstrap"
 * (1993), section 13.3; Hyndman & Fan, "Sample Quantiles in Statistical Packages" (1996); Tukey, "Exploratory Data
 * Analysis" (1977), section 2D. */
#ifndef SIMUL_STATISTICS_H
#define SIMUL_STATISTICS_H

#include <stddef.h>
#include <stdint.h>

enum interval_method {
	INTERVAL_NONE,     /* fewer than two values: low and high are the value itself, level is 0 */
	INTERVAL_RANGE,    /* least and greatest value: too few for the level asked; `level` is what they do cover */
	INTERVAL_RANK,     /* binomial order statistics */
	INTERVAL_BOOTSTRAP /* percentile bootstrap; `level` is nominal */
};

struct interval {
	double low, high;
	double level; /* coverage, 0 to 1 */
	enum interval_method method;
};

void sort_values(double *values, size_t n);

/* Quantile of sorted values, q from 0 to 1, Hyndman & Fan's type 7 (R's default). NAN for n = 0. */
double quantile(const double *sorted, size_t n, double q);

/* Interval for the median of sorted values from a pair of order statistics x(k), x(n+1-k): the narrowest whose
 * coverage, 1 - 2 P(B < k) with B binomial(n, 1/2), is at least `level`. Where even the range does not reach it (n < 6
 * for 0.95) the range is given with its own coverage, 1 - 2^(1-n): 0.9375 at n = 5. */
struct interval median_interval(const double *sorted, size_t n, double level);

/* Means: arithmetic for times, harmonic for rates (positive); never for ratios. NAN for n = 0. */
double arithmetic_mean(const double *values, size_t n);
double harmonic_mean(const double *values, size_t n);

/* Tukey's fences on sorted values: mild beyond 1.5, severe beyond 3 interquartile ranges. Fewer than 4: none. */
struct outliers {
	size_t mild, severe;
};
struct outliers tukey_outliers(const double *sorted, size_t n);

/* Interval of median(a) / median(b), both positive, by resampling each with its own seeded generator.
 * At most 10,000 resamples, fewer (never under 200) where there are many values.
 * 0, -EINVAL if either is empty, -ENOMEM. One value on each side gives INTERVAL_NONE. */
int ratio_interval(const double *a, size_t a_n, const double *b, size_t b_n, double level, uint64_t seed,
		   struct interval *interval);

/* Median of the slopes of all pairs of points (Theil 1950, Sen 1968); NAN if no two x differ. n is at most 1,000. */
double median_slope(const double *x, const double *y, size_t n);

/* Everything about one set of values. */
struct summary {
	size_t n;
	double median, mean; /* the mean is arithmetic */
	struct interval interval;
	struct outliers outliers;
};

/* Sorts values in place. With n = 0, median and mean are NAN. */
struct summary summarize(double *values, size_t n, double level);

#endif
