/* histogram.h: latencies in a log-linear histogram of fixed size.
 *
 * Values are whole nanoseconds. Below 256 each value has a bucket of its own; above, each power of two is cut into 128
 * equal buckets, so that a bucket is never wider than 1/128 of the smallest value in it. That is the relative error of
 * every percentile; count, min and max are exact. Values above HISTOGRAM_VALUE_MAX (73 minutes) are counted in the last
 * bucket and in `clamped`, and still reach min, max and mean.
 * After G. Tene's HdrHistogram (hdrhistogram.org): "highest equivalent value" and the nearest-rank percentile are its
 * terms.
 *
 * Not thread-safe: one histogram a thread, merged afterwards. */
#ifndef SIMUL_HISTOGRAM_H
#define SIMUL_HISTOGRAM_H

#include <jansson.h>
#include <stdint.h>

enum {
	HISTOGRAM_BITS = 7, /* 2^7 buckets a power of two */
	HISTOGRAM_VALUE_BITS = 42,
	HISTOGRAM_BUCKETS = (HISTOGRAM_VALUE_BITS - HISTOGRAM_BITS + 1) << HISTOGRAM_BITS
};
#define HISTOGRAM_VALUE_MAX ((UINT64_C(1) << HISTOGRAM_VALUE_BITS) - 1)
#define HISTOGRAM_RELATIVE_ERROR (1.0 / (1 << HISTOGRAM_BITS))

/* 36 KiB, plain data, empty when zeroed. */
struct histogram {
	uint64_t count;
	uint64_t clamped;  /* of count: values above HISTOGRAM_VALUE_MAX */
	uint64_t min, max; /* exact; meaningless while count is 0 */
	double sum;        /* exact up to 2^53 ns, 104 days of latency */
	uint64_t counts[HISTOGRAM_BUCKETS];
};

void histogram_add(struct histogram *histogram, uint64_t ns);

/* Adds all of from to into. -EOVERFLOW, and into is unchanged, if the counts of both exceed 2^64 - 1. */
int histogram_merge(struct histogram *into, const struct histogram *from);

/* The smallest value such that at least percent % of the values are not above it (nearest rank, as HdrHistogram's
 * getValueAtPercentile), given as the highest value of its bucket, and never above max: at most 1/128 too high and
 * never too low. 0 gives min, 100 gives max; percent outside 0..100 counts as the nearer end. 0 for an empty histogram.
 */
uint64_t histogram_percentile(const struct histogram *histogram, double percent);

/* Arithmetic mean of the values themselves, not of their buckets. 0 for an empty histogram. */
double histogram_mean(const struct histogram *histogram);

/* Variance over count - 1, each value taken as the middle of its bucket: within about 1 % where the values spread over
 * several buckets. NAN for fewer than two. */
double histogram_variance(const struct histogram *histogram);

/* The highest value that falls into the same bucket as ns. */
uint64_t histogram_highest_equivalent(uint64_t ns);

/* As `latency_ns` in results/SCHEMA.md; a new reference, NULL if out of memory. An empty histogram has no min, max,
 * mean and percentiles. */
json_t *histogram_json(const struct histogram *histogram);

/* Reads what histogram_json() wrote; trusts nothing. Percentiles are not read, since they follow from the buckets.
 * -EINVAL, and *histogram is empty: not of this form or of this resolution, a bucket that does not exist, out of order,
 * empty or given twice, a negative or overflowing count, or count, min, max, mean and buckets that contradict each
 * other. */
int histogram_read(struct histogram *histogram, const json_t *json);

#endif
