/* histogram_test.c: the latency histogram against known inputs, sorted arrays, and hostile JSON. */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../analysis/histogram.h"

static const struct histogram empty;

static uint64_t random_next(uint64_t *state)
{
	*state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407); /* Knuth's MMIX */
	return *state >> 20;
}

/* 1 ns to 2^41 ns, every power of two as likely as any other. */
static uint64_t random_latency(uint64_t *state)
{
	unsigned bits = (unsigned)(random_next(state) % 41) + 1;

	return (UINT64_C(1) << bits) + random_next(state) % (UINT64_C(1) << bits);
}

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static void test_empty(void **state)
{
	struct histogram histogram = empty;

	(void)state;
	assert_int_equal(histogram_percentile(&histogram, 50), 0);
	assert_true(histogram_mean(&histogram) == 0);
	assert_int_equal(histogram_merge(&histogram, &empty), 0);
	assert_memory_equal(&histogram, &empty, sizeof histogram);
}

static void test_one_value(void **state)
{
	static const double percents[] = {-1, 0, 1e-9, 50, 99.9, 100, 200};
	struct histogram histogram = empty;

	(void)state;
	histogram_add(&histogram, 123457);
	for (size_t i = 0; i < sizeof percents / sizeof percents[0]; i++)
		assert_int_equal(histogram_percentile(&histogram, percents[i]), 123457);
	assert_int_equal(histogram_percentile(&histogram, NAN), 123457);
	assert_true(histogram_mean(&histogram) == 123457);
}

/* 1 to 200 each have a bucket of their own: nearest rank, exactly. */
static void test_known_ranks(void **state)
{
	struct histogram histogram = empty;

	(void)state;
	for (uint64_t ns = 200; ns > 0; ns--)
		histogram_add(&histogram, ns);
	assert_int_equal(histogram_percentile(&histogram, 0), 1);
	assert_int_equal(histogram_percentile(&histogram, 0.1), 1);
	assert_int_equal(histogram_percentile(&histogram, 0.5), 1);
	assert_int_equal(histogram_percentile(&histogram, 0.6), 2);
	assert_int_equal(histogram_percentile(&histogram, 50), 100);
	assert_int_equal(histogram_percentile(&histogram, 50.1), 101);
	assert_int_equal(histogram_percentile(&histogram, 99), 198);
	assert_int_equal(histogram_percentile(&histogram, 99.9), 200);
	assert_int_equal(histogram_percentile(&histogram, 100), 200);
	assert_true(histogram_mean(&histogram) == 100.5);
}

/* 99.9 has no exact double: rank 999 of 1,000, not 1,000. */
static void test_thousand(void **state)
{
	struct histogram histogram = empty;

	(void)state;
	for (unsigned i = 0; i < 999; i++)
		histogram_add(&histogram, 10);
	histogram_add(&histogram, 200);
	assert_int_equal(histogram_percentile(&histogram, 99.9), 10);
	assert_int_equal(histogram_percentile(&histogram, 99.95), 200);
}

static void test_highest_equivalent(void **state)
{
	(void)state;
	assert_int_equal(histogram_highest_equivalent(0), 0);
	assert_int_equal(histogram_highest_equivalent(255), 255);
	assert_int_equal(histogram_highest_equivalent(256), 257);
	assert_int_equal(histogram_highest_equivalent(258), 259);
	assert_int_equal(histogram_highest_equivalent(1024), 1031);
	assert_int_equal(histogram_highest_equivalent(HISTOGRAM_VALUE_MAX), HISTOGRAM_VALUE_MAX);
	assert_int_equal(histogram_highest_equivalent(UINT64_MAX), HISTOGRAM_VALUE_MAX);
}

/* Buckets follow each other without gap or overlap, and none is wider than 1/128 of its lowest value. */
static void test_every_bucket(void **state)
{
	uint64_t lowest = 0;
	unsigned buckets = 0;

	(void)state;
	while (lowest <= HISTOGRAM_VALUE_MAX) {
		uint64_t highest = histogram_highest_equivalent(lowest);

		assert_true(highest >= lowest);
		assert_true((double)(highest - lowest) <= HISTOGRAM_RELATIVE_ERROR * (double)lowest);
		assert_int_equal(histogram_highest_equivalent(highest), highest);
		lowest = highest + 1;
		buckets++;
	}
	assert_int_equal(buckets, HISTOGRAM_BUCKETS);
}

static void check_against_sorted(const struct histogram *histogram, const uint64_t *sorted, size_t n)
{
	for (double percent = 0.5; percent < 100; percent += 0.5) {
		uint64_t truth = sorted[(size_t)ceil(percent * (double)n / 100) - 1];
		uint64_t shown = histogram_percentile(histogram, percent);

		assert_true(shown >= truth);
		assert_true((double)(shown - truth) <= HISTOGRAM_RELATIVE_ERROR * (double)truth);
	}
	assert_int_equal(histogram->min, sorted[0]);
	assert_int_equal(histogram->max, sorted[n - 1]);
	assert_int_equal(histogram_percentile(histogram, 0), sorted[0]);
	assert_int_equal(histogram_percentile(histogram, 100), sorted[n - 1]);
}

static void test_random_values(void **state)
{
	enum { N = 20000 };
	static uint64_t values[N];
	struct histogram histogram = empty;
	uint64_t seed = 20260101;
	double sum = 0;

	(void)state;
	for (size_t i = 0; i < N; i++) {
		values[i] = random_latency(&seed);
		sum += (double)values[i];
		histogram_add(&histogram, values[i]);
	}
	qsort(values, N, sizeof values[0], compare);
	check_against_sorted(&histogram, values, N);
	assert_true(fabs(histogram_mean(&histogram) - sum / N) <= 1e-12 * sum / N);
}

/* However the values are dealt out, the merged histogram is the one of all of them. */
static void test_merge(void **state)
{
	struct histogram whole = empty, parts[3] = {empty, empty, empty}, merged = empty;
	uint64_t seed = 7;

	(void)state;
	for (unsigned i = 0; i < 9000; i++) {
		uint64_t ns = random_latency(&seed) % 1000000; /* sums stay exact */

		histogram_add(&whole, ns);
		histogram_add(&parts[i % 2 ? 2 : 0], ns); /* one stays empty */
	}
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(histogram_merge(&merged, &parts[i]), 0);
	assert_memory_equal(&merged, &whole, sizeof whole);
}

static void test_merge_overflow(void **state)
{
	struct histogram a = empty, b = empty, before;

	(void)state;
	histogram_add(&a, 5);
	histogram_add(&b, 6);
	b.count = b.counts[6] = UINT64_MAX;
	before = a;
	assert_int_equal(histogram_merge(&a, &b), -EOVERFLOW);
	assert_memory_equal(&a, &before, sizeof a);
}

static void test_clamped(void **state)
{
	struct histogram histogram = empty;

	(void)state;
	histogram_add(&histogram, HISTOGRAM_VALUE_MAX);
	assert_int_equal(histogram.clamped, 0);
	histogram_add(&histogram, HISTOGRAM_VALUE_MAX + 1);
	histogram_add(&histogram, UINT64_C(1) << 50);
	assert_int_equal(histogram.clamped, 2);
	assert_int_equal(histogram.count, 3);
	assert_int_equal(histogram.max, UINT64_C(1) << 50);
	assert_int_equal(histogram_percentile(&histogram, 100), UINT64_C(1) << 50);
	assert_true(HISTOGRAM_VALUE_MAX > UINT64_C(3600) * 1000000000);
}

/* Through text, as it stands in a record. */
static void check_round_trip(const struct histogram *histogram)
{
	json_t *json = histogram_json(histogram), *again;
	char *text = json_dumps(json, JSON_COMPACT);
	struct histogram read;

	assert_non_null(text);
	again = json_loads(text, 0, NULL);
	assert_int_equal(histogram_read(&read, again), 0);
	assert_true(fabs(read.sum - histogram->sum) <= 1e-12 * histogram->sum);
	read.sum = histogram->sum;
	assert_memory_equal(&read, histogram, sizeof read);
	free(text);
	json_decref(again);
	json_decref(json);
}

static void test_round_trip(void **state)
{
	struct histogram histogram = empty;
	uint64_t seed = 99;

	(void)state;
	check_round_trip(&histogram);
	histogram_add(&histogram, 0);
	check_round_trip(&histogram);
	for (unsigned i = 0; i < 5000; i++)
		histogram_add(&histogram, random_latency(&seed));
	check_round_trip(&histogram);
	histogram_add(&histogram, HISTOGRAM_VALUE_MAX + 12345);
	check_round_trip(&histogram);
}

static void test_json_form(void **state)
{
	struct histogram histogram = empty;
	json_t *json, *bucket;

	(void)state;
	histogram_add(&histogram, 1000);
	histogram_add(&histogram, 1001);
	histogram_add(&histogram, 3000);
	json = histogram_json(&histogram);
	bucket = json_array_get(json_object_get(json_object_get(json, "histogram"), "buckets"), 0);
	assert_int_equal(json_integer_value(json_object_get(json, "count")), 3);
	assert_int_equal(json_integer_value(json_object_get(json, "min")), 1000);
	assert_int_equal(json_integer_value(json_object_get(json, "p50")), 1003);
	assert_int_equal(json_integer_value(json_object_get(json, "p999")), 3000);
	assert_int_equal(json_integer_value(json_array_get(bucket, 0)), 1003);
	assert_int_equal(json_integer_value(json_array_get(bucket, 1)), 2);
	json_decref(json);
}

/* Each has the one fault that stands beside it; without it, the text is the valid one at the end. */
static const char *const hostile[] = {
	"[]",
	"null",
	"{}",
	"{\"count\":3,\"min\":5,\"mean\":6,\"max\":7}", /* no histogram */
	"{\"count\":-3,\"min\":5,\"mean\":6,\"max\":7,\"histogram\":{\"relative_error\":0.0078125,"
	"\"buckets\":[[5,1],[7,2]]}}", /* negative */
	"{\"count\":3,\"min\":5,\"mean\":6,\"max\":7,\"histogram\":{\"relative_error\":0.01,"
	"\"buckets\":[[5,1],[7,2]]}}", /* another resolution */
	"{\"count\":3,\"min\":5,\"mean\":6,\"max\":7,\"histogram\":{\"relative_error\":0.0078125,"
	"\"buckets\":[[7,2],[5,1]]}}", /* out of order */
	"{\"count\":3,\"min\":5,\"mean\":6,\"max\":7,\"histogram\":{\"relative_error\":0.0078125,"
	"\"buckets\":[[5,1],[5,1],[7,1]]}}", /* given twice */
	"{\"count\":3,\"min\":5,\"mean\":6,\"max\":7,\"histogram\":{\"relative_error\":0.0078125,"
	"\"buckets\":[[5,1],[6,0],[7,2]]}}", /* empty bucket */
	"{\"count\":3,\"min\":5,\"mean\":6,\"max\":7,\"histogram\":{\"relative_error\":0.0078125,"
	"\"buckets\":[[5,-1],[7,4]]}}", /* negative count */
	"{\"count\":3,\"min\":5,\"mean\":6,\"max\":7,\"histogram\":{\"relative_error\":0.0078125,"
	"\"buckets\":[[5,1],[7,1]]}}", /* counts do not add up */
	"{\"count\":3,\"min\":5,\"mean\":200,\"max\":256,\"histogram\":{\"relative_error\":0.0078125,"
	"\"buckets\":[[5,1],[256,2]]}}", /* 256 ends no bucket */
	"{\"count\":3,\"min\":5,\"mean\":6,\"max\":7,\"histogram\":{\"relative_error\":0.0078125,"
	"\"buckets\":[[5,1],[4398046511231,2]]}}", /* max not in the last one */
	"{\"count\":3,\"min\":5,\"mean\":6,\"max\":7,\"histogram\":{\"relative_error\":0.0078125,"
	"\"buckets\":[[5,1],[7,2.0]]}}", /* not whole */
	"{\"count\":3,\"min\":5,\"mean\":6,\"max\":7,\"histogram\":{\"relative_error\":0.0078125,"
	"\"buckets\":[[5,1],[7]]}}", /* half a pair */
	"{\"count\":3,\"min\":5,\"mean\":6,\"max\":7,\"histogram\":{\"relative_error\":0.0078125,"
	"\"buckets\":{\"5\":1,\"7\":2}}}", /* not an array */
	"{\"count\":3,\"min\":4,\"mean\":6,\"max\":7,\"histogram\":{\"relative_error\":0.0078125,"
	"\"buckets\":[[5,1],[7,2]]}}", /* min in an empty bucket */
	"{\"count\":3,\"min\":6,\"mean\":6,\"max\":7,\"histogram\":{\"relative_error\":0.0078125,"
	"\"buckets\":[[5,1],[7,2]]}}", /* min not in the first one */
	"{\"count\":3,\"min\":5,\"mean\":6,\"max\":8,\"histogram\":{\"relative_error\":0.0078125,"
	"\"buckets\":[[5,1],[7,2]]}}", /* max in an empty bucket */
	"{\"count\":3,\"min\":7,\"mean\":6,\"max\":5,\"histogram\":{\"relative_error\":0.0078125,"
	"\"buckets\":[[5,1],[7,2]]}}", /* min over max */
	"{\"count\":3,\"min\":5,\"mean\":8,\"max\":7,\"histogram\":{\"relative_error\":0.0078125,"
	"\"buckets\":[[5,1],[7,2]]}}", /* mean outside */
	"{\"count\":3,\"min\":5,\"mean\":6,\"max\":7,\"histogram\":{\"relative_error\":0.0078125,\"clamped\":1,"
	"\"buckets\":[[5,1],[7,2]]}}", /* nothing can be clamped */
	"{\"count\":3,\"min\":5,\"mean\":6,\"max\":9999999999999,\"histogram\":{\"relative_error\":0.0078125,"
	"\"clamped\":3,\"buckets\":[[5,1],[4398046511103,2]]}}", /* more clamped than there are */
	"{\"count\":9223372036854775807,\"min\":5,\"mean\":6,\"max\":7,\"histogram\":{\"relative_error\":0.0078125,"
	"\"buckets\":[[5,9223372036854775807],[6,9223372036854775807],[7,9223372036854775807]]}}", /* overflow */
	"{\"count\":0,\"histogram\":{\"relative_error\":0.0078125,\"clamped\":1,\"buckets\":[]}}",
};

static const char valid[] = "{\"count\":3,\"min\":5,\"mean\":6,\"max\":7,\"p50\":-1,\"histogram\":"
			    "{\"relative_error\":0.0078125,\"buckets\":[[5,1],[7,2]]}}";

static int read_text(const char *text, struct histogram *histogram)
{
	json_t *json = json_loads(text, JSON_DECODE_ANY, NULL);
	int error = histogram_read(histogram, json);

	assert_non_null(json);
	json_decref(json);
	return error;
}

static void test_hostile_json(void **state)
{
	struct histogram histogram;

	(void)state;
	for (size_t i = 0; i < sizeof hostile / sizeof hostile[0]; i++) {
		memset(&histogram, 0xff, sizeof histogram);
		if (read_text(hostile[i], &histogram) != -EINVAL)
			fail_msg("accepted: %s", hostile[i]);
		assert_memory_equal(&histogram, &empty, sizeof histogram);
	}
	assert_int_equal(histogram_read(&histogram, NULL), -EINVAL);
	assert_int_equal(read_text(valid, &histogram), 0);
	assert_int_equal(histogram_percentile(&histogram, 50), 7);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_one_value),
		cmocka_unit_test(test_known_ranks),
		cmocka_unit_test(test_thousand),
		cmocka_unit_test(test_highest_equivalent),
		cmocka_unit_test(test_every_bucket),
		cmocka_unit_test(test_random_values),
		cmocka_unit_test(test_merge),
		cmocka_unit_test(test_merge_overflow),
		cmocka_unit_test(test_clamped),
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_json_form),
		cmocka_unit_test(test_hostile_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
