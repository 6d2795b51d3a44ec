/* histogram.c: see histogram.h.
 *
 * A bucket's index is its value's exponent and the seven bits after the leading one, put together; indices rise with
 * values, without gaps. Always: the sum of counts[] is count, and min <= max where count > 0. */
#include "histogram.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

enum { LINEAR = 2 << HISTOGRAM_BITS }; /* below this, a bucket for each value */

/* How many low bits a bucket of this value drops. */
static unsigned dropped_bits(uint64_t ns)
{
	return ns < LINEAR ? 0 : 63 - (unsigned)__builtin_clzll(ns) - HISTOGRAM_BITS;
}

static unsigned bucket_of(uint64_t ns)
{
	unsigned shift = dropped_bits(ns);

	return (shift << HISTOGRAM_BITS) + (unsigned)(ns >> shift);
}

/* The inverse of bucket_of(): the highest value of a bucket. */
static uint64_t bucket_highest(unsigned bucket)
{
	unsigned shift = bucket < LINEAR ? 0 : (bucket >> HISTOGRAM_BITS) - 1;
	uint64_t lowest = (uint64_t)(bucket - (shift << HISTOGRAM_BITS)) << shift;

	return lowest + ((UINT64_C(1) << shift) - 1);
}

static uint64_t limited(uint64_t ns)
{
	return ns > HISTOGRAM_VALUE_MAX ? HISTOGRAM_VALUE_MAX : ns;
}

uint64_t histogram_highest_equivalent(uint64_t ns)
{
	return bucket_highest(bucket_of(limited(ns)));
}

static void widen(struct histogram *histogram, uint64_t min, uint64_t max)
{
	if (histogram->count == 0 || min < histogram->min)
		histogram->min = min;
	if (histogram->count == 0 || max > histogram->max)
		histogram->max = max;
}

void histogram_add(struct histogram *histogram, uint64_t ns)
{
	widen(histogram, ns, ns);
	histogram->count++;
	histogram->clamped += ns > HISTOGRAM_VALUE_MAX;
	histogram->sum += (double)ns;
	histogram->counts[bucket_of(limited(ns))]++;
}

int histogram_merge(struct histogram *into, const struct histogram *from)
{
	uint64_t total;

	if (__builtin_add_overflow(into->count, from->count, &total))
		return -EOVERFLOW;
	if (from->count == 0)
		return 0;
	widen(into, from->min, from->max);
	into->count = total;
	into->clamped += from->clamped;
	into->sum += from->sum;
	for (unsigned bucket = 0; bucket < HISTOGRAM_BUCKETS; bucket++)
		into->counts[bucket] += from->counts[bucket];
	return 0;
}

/* How many values must not be above the percentile, at least 1. The step down to the next smaller double is
 * HdrHistogram's: 99.9 % of 1,000 is 999 values, though 99.9 has no exact double and would round up to 1,000. */
static uint64_t rank_of(const struct histogram *histogram, double percent)
{
	double rank = ceil(nextafter(percent, 0) / 100 * (double)histogram->count);

	return rank < 1 ? 1 : (uint64_t)rank;
}

uint64_t histogram_percentile(const struct histogram *histogram, double percent)
{
	uint64_t rank, seen = 0;

	if (histogram->count == 0)
		return 0;
	if (!(percent > 0))
		return histogram->min;
	if (percent >= 100)
		return histogram->max;
	rank = rank_of(histogram, percent);
	for (unsigned bucket = 0; bucket < HISTOGRAM_BUCKETS - 1; bucket++) {
		seen += histogram->counts[bucket];
		if (seen >= rank)
			return bucket_highest(bucket) < histogram->max ? bucket_highest(bucket) : histogram->max;
	}
	return histogram->max; /* in the last bucket, which holds the clamped values too */
}

double histogram_mean(const struct histogram *histogram)
{
	double mean;

	if (histogram->count == 0)
		return 0;
	mean = histogram->sum / (double)histogram->count;
	return fmin(fmax(mean, (double)histogram->min), (double)histogram->max); /* against the last bit of rounding */
}

double histogram_variance(const struct histogram *histogram)
{
	double mean = histogram_mean(histogram), squares = 0;

	for (unsigned bucket = 0; bucket < HISTOGRAM_BUCKETS; bucket++) {
		double lowest = bucket > 0 ? (double)bucket_highest(bucket - 1) + 1 : 0;
		double away = (lowest + (double)bucket_highest(bucket)) / 2 - mean;

		squares += away * away * (double)histogram->counts[bucket];
	}
	return histogram->count > 1 ? squares / ((double)histogram->count - 1) : NAN;
}

static json_t *buckets_json(const struct histogram *histogram)
{
	json_t *buckets = json_array();

	for (unsigned bucket = 0; bucket < HISTOGRAM_BUCKETS; bucket++)
		if (histogram->counts[bucket] > 0)
			json_array_append_new(buckets, json_pack("[I, I]", (json_int_t)bucket_highest(bucket),
								 (json_int_t)histogram->counts[bucket]));
	return buckets;
}

static json_t *shape_json(const struct histogram *histogram)
{
	json_t *shape =
		json_pack("{s:f, s:o}", "relative_error", HISTOGRAM_RELATIVE_ERROR, "buckets", buckets_json(histogram));

	if (shape && histogram->clamped > 0)
		json_object_set_new(shape, "clamped", json_integer((json_int_t)histogram->clamped));
	return shape;
}

static json_int_t percentile_json(const struct histogram *histogram, double percent)
{
	return (json_int_t)histogram_percentile(histogram, percent);
}

json_t *histogram_json(const struct histogram *histogram)
{
	if (histogram->count == 0)
		return json_pack("{s:i, s:o}", "count", 0, "histogram", shape_json(histogram));
	return json_pack("{s:I, s:I, s:f, s:I, s:I, s:I, s:I, s:I, s:o}", "count", (json_int_t)histogram->count, "min",
			 (json_int_t)histogram->min, "mean", histogram_mean(histogram), "p50",
			 percentile_json(histogram, 50), "p90", percentile_json(histogram, 90), "p99",
			 percentile_json(histogram, 99), "p999", percentile_json(histogram, 99.9), "max",
			 (json_int_t)histogram->max, "histogram", shape_json(histogram));
}

/* A whole number >= 0: what a hostile writer may put elsewhere (a string, 1.5, -1) is refused. */
static bool whole(const json_t *json, uint64_t *value)
{
	if (!json_is_integer(json) || json_integer_value(json) < 0)
		return false;
	*value = (uint64_t)json_integer_value(json);
	return true;
}

/* One [upper_bound, count]; *next is the first bucket that may come. */
static bool read_bucket(struct histogram *histogram, const json_t *pair, unsigned *next, uint64_t *total)
{
	uint64_t highest, count;
	unsigned bucket;

	if (json_array_size(pair) != 2 || !whole(json_array_get(pair, 0), &highest) ||
	    !whole(json_array_get(pair, 1), &count))
		return false;
	if (highest > HISTOGRAM_VALUE_MAX || highest != histogram_highest_equivalent(highest) || count == 0)
		return false;
	bucket = bucket_of(highest);
	if (bucket < *next || __builtin_add_overflow(*total, count, total))
		return false;
	histogram->counts[bucket] = count;
	*next = bucket + 1;
	return true;
}

static bool read_buckets(struct histogram *histogram, const json_t *shape)
{
	const json_t *buckets = json_object_get(shape, "buckets");
	uint64_t total = 0;
	unsigned next = 0;

	if (json_number_value(json_object_get(shape, "relative_error")) != HISTOGRAM_RELATIVE_ERROR ||
	    !json_is_array(buckets))
		return false;
	for (size_t i = 0; i < json_array_size(buckets); i++)
		if (!read_bucket(histogram, json_array_get(buckets, i), &next, &total))
			return false;
	return total == histogram->count;
}

/* min and max lie in the first and the last bucket that is not empty; beyond the last one only if something was
 * clamped. */
static bool ends_agree(const struct histogram *histogram)
{
	unsigned first = 0, last = HISTOGRAM_BUCKETS - 1;

	while (histogram->counts[first] == 0)
		first++;
	while (histogram->counts[last] == 0)
		last--;
	return histogram->min <= histogram->max && bucket_of(limited(histogram->min)) == first &&
	       bucket_of(limited(histogram->max)) == last &&
	       (histogram->clamped > 0) == (histogram->max > HISTOGRAM_VALUE_MAX) &&
	       histogram->clamped <= histogram->counts[HISTOGRAM_BUCKETS - 1];
}

static bool read_moments(struct histogram *histogram, const json_t *json)
{
	const json_t *mean = json_object_get(json, "mean");

	if (!whole(json_object_get(json, "min"), &histogram->min) ||
	    !whole(json_object_get(json, "max"), &histogram->max) || !json_is_number(mean))
		return false;
	histogram->sum = json_number_value(mean) * (double)histogram->count;
	return json_number_value(mean) >= (double)histogram->min && json_number_value(mean) <= (double)histogram->max &&
	       ends_agree(histogram);
}

static bool read_all(struct histogram *histogram, const json_t *json)
{
	const json_t *shape = json_object_get(json, "histogram");
	const json_t *clamped = json_object_get(shape, "clamped");

	if (!whole(json_object_get(json, "count"), &histogram->count) ||
	    (clamped && !whole(clamped, &histogram->clamped)) || !read_buckets(histogram, shape))
		return false;
	return histogram->count > 0 ? read_moments(histogram, json) : histogram->clamped == 0;
}

int histogram_read(struct histogram *histogram, const json_t *json)
{
	memset(histogram, 0, sizeof(*histogram));
	if (read_all(histogram, json))
		return 0;
	memset(histogram, 0, sizeof(*histogram));
	return -EINVAL;
}
