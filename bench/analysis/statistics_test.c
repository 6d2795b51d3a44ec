/* statistics_test.c: statistics against values that were computed elsewhere, each with how. */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "statistics.h"

static const double sample[] = {3.1, 4.7, 1.2, 9.9, 5.5, 2.8, 7.3};
enum { SAMPLE = sizeof(sample) / sizeof(*sample) };

static void sorted_sample(double values[SAMPLE])
{
	memcpy(values, sample, sizeof(sample));
	sort_values(values, SAMPLE);
}

/* Python's statistics.quantiles(v, n=20, method="inclusive"), which is type 7. */
static void test_quantiles(void **state)
{
	double values[SAMPLE];

	(void)state;
	sorted_sample(values);
	assert_float_equal(quantile(values, SAMPLE, 0.05), 1.68, 1e-12);
	assert_float_equal(quantile(values, SAMPLE, 0.25), 2.95, 1e-12);
	assert_float_equal(quantile(values, SAMPLE, 0.5), 4.7, 1e-12);
	assert_float_equal(quantile(values, SAMPLE, 0.75), 6.4, 1e-12);
	assert_float_equal(quantile(values, SAMPLE, 0.95), 9.12, 1e-12);
	assert_float_equal(quantile(values, SAMPLE, 1), 9.9, 0);
	assert_float_equal(quantile(values, 1, 0.3), 1.2, 0);
	assert_true(isnan(quantile(values, 0, 0.5)));
}

/* Python's statistics.fmean() and harmonic_mean(). */
static void test_means(void **state)
{
	(void)state;
	assert_float_equal(arithmetic_mean(sample, SAMPLE), 34.5 / 7, 1e-12);
	assert_float_equal(harmonic_mean(sample, SAMPLE), 3.262433845585723, 1e-12);
	/* 100 messages at 10/s and 100 at 40/s take 12.5 s: 16/s, not 25. */
	assert_float_equal(harmonic_mean((const double[]){10, 40}, 2), 16, 1e-12);
	assert_true(isnan(harmonic_mean(sample, 0)));
}

/* Ranks as in tables of the sign test (such as David & Nagaraja's section 7.1); coverages from exact fractions of
 * binomial coefficients in Python. */
static void test_median_ranks(void **state)
{
	static const struct {
		size_t n, rank;
		double level;
	} known[] = {
		{6, 1, 0.96875},
		{9, 2, 0.9609375},
		{10, 2, 0.978515625},
		{15, 4, 0.96484375},
		{20, 6, 0.9586105346679688},
		{25, 8, 0.9567147493362427},
		{30, 10, 0.9572260547429323},
		{50, 18, 0.9671608624357315},
		{100, 40, 0.9647997997822951},
	};
	double values[100];

	(void)state;
	for (size_t i = 0; i < 100; i++)
		values[i] = (double)(i + 1);
	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
		struct interval interval = median_interval(values, known[i].n, 0.95);

		assert_int_equal(interval.method, INTERVAL_RANK);
		assert_float_equal(interval.low, (double)known[i].rank, 0);
		assert_float_equal(interval.high, (double)(known[i].n + 1 - known[i].rank), 0);
		assert_float_equal(interval.level, known[i].level, 1e-12);
	}
}

/* 4902 is the exact rank at n = 10,000, from Python's integers; 2^-10000 itself is 0 as a double. */
static void test_many_values(void **state)
{
	enum { N = 10000 };
	double *values = malloc(N * sizeof(*values));

	(void)state;
	assert_non_null(values);
	for (size_t i = 0; i < N; i++)
		values[i] = (double)(i + 1);
	struct interval interval = median_interval(values, N, 0.95);

	assert_float_equal(interval.low, 4902, 0);
	assert_float_equal(interval.high, N + 1 - 4902, 0);
	free(values);
}

static void test_too_few(void **state)
{
	static const double values[] = {1, 2, 3, 4, 5};
	struct interval five = median_interval(values, 5, 0.95), one = median_interval(values, 1, 0.95);

	(void)state;
	assert_int_equal(five.method, INTERVAL_RANGE);
	assert_float_equal(five.low, 1, 0);
	assert_float_equal(five.high, 5, 0);
	assert_float_equal(five.level, 0.9375, 1e-15);
	assert_float_equal(median_interval(values, 2, 0.95).level, 0.5, 1e-15);
	assert_int_equal(one.method, INTERVAL_NONE);
	assert_float_equal(one.level, 0, 0);
	assert_true(isnan(median_interval(values, 0, 0.95).low));
}

/* Quartiles 3.25 and 7.75 by hand (type 7): fences at -3.5 and 14.5, and at -10.25 and 21.25. */
static void test_outliers(void **state)
{
	static const double values[] = {1, 2, 3, 4, 5, 6, 7, 8, 15, 30};
	struct outliers outliers = tukey_outliers(values, 10);

	(void)state;
	assert_int_equal(outliers.mild, 1);
	assert_int_equal(outliers.severe, 1);
	assert_int_equal(tukey_outliers(values, 3).mild, 0);
}

static void test_ratio(void **state)
{
	double a[20], b[20];
	struct interval first, second, other;

	(void)state;
	for (size_t i = 0; i < 20; i++) {
		a[i] = 200 + (double)i;
		b[i] = 100 + (double)i / 2;
	}
	assert_int_equal(ratio_interval(a, 20, b, 20, 0.95, 7, &first), 0);
	assert_int_equal(ratio_interval(a, 20, b, 20, 0.95, 7, &second), 0);
	assert_int_equal(ratio_interval(a, 20, b, 20, 0.95, 8, &other), 0);
	assert_float_equal(first.low, second.low, 0);
	assert_float_equal(first.high, second.high, 0);
	assert_true(first.low < 2 && first.high > 2);
	/* 1.9476 and 2.0574: the same resampled 100,000 times in Python (random.choices, statistics.median). */
	assert_float_equal(first.low, 1.9476, 0.006);
	assert_float_equal(first.high, 2.0574, 0.006);
	assert_true(fabs(first.low - other.low) < 0.01);
	assert_int_equal(first.method, INTERVAL_BOOTSTRAP);
}

static void test_ratio_edges(void **state)
{
	static const double one[] = {4}, same[] = {2, 2, 2};
	struct interval interval;

	(void)state;
	assert_int_equal(ratio_interval(one, 1, same, 0, 0.95, 1, &interval), -EINVAL);
	assert_int_equal(ratio_interval(one, 1, one, 1, 0.95, 1, &interval), 0);
	assert_int_equal(interval.method, INTERVAL_NONE);
	assert_int_equal(ratio_interval(one, 1, same, 3, 0.95, 1, &interval), 0);
	assert_float_equal(interval.low, 2, 0);
	assert_float_equal(interval.high, 2, 0);
}

/* Five points on y = 3 + 2x, one of them far off: the median slope does not move. */
static void test_slope(void **state)
{
	static const double x[] = {1, 2, 3, 4, 5}, y[] = {5, 7, 9, 100, 13};

	(void)state;
	assert_float_equal(median_slope(x, y, 5), 2, 1e-12);
	assert_true(isnan(median_slope(x, y, 1)));
	assert_true(isnan(median_slope((const double[]){1, 1}, y, 2)));
}

static void test_summary(void **state)
{
	double values[SAMPLE];

	(void)state;
	memcpy(values, sample, sizeof(sample));
	struct summary summary = summarize(values, SAMPLE, 0.95);

	assert_int_equal(summary.n, SAMPLE);
	assert_float_equal(summary.median, 4.7, 0);
	assert_float_equal(summary.interval.low, 1.2, 0);
	assert_float_equal(summary.interval.level, 1 - 2 / 128.0, 1e-12);
	assert_true(isnan(summarize(values, 0, 0.95).median));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_quantiles),    cmocka_unit_test(test_means),
		cmocka_unit_test(test_median_ranks), cmocka_unit_test(test_many_values),
		cmocka_unit_test(test_too_few),      cmocka_unit_test(test_outliers),
		cmocka_unit_test(test_ratio),        cmocka_unit_test(test_ratio_edges),
		cmocka_unit_test(test_slope),        cmocka_unit_test(test_summary),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
