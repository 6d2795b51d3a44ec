/* scaling_test.c: the fits against laws of known coefficients, without noise and with it, and what they refuse. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "scaling.h"

enum { COUNTS = 8, INVOCATIONS = 10 };
static const double counts[COUNTS] = {1, 2, 3, 4, 6, 8, 12, 16};

struct truth {
	double lambda, sigma, kappa;
};

static double rate_of(const struct truth *truth, double cores)
{
	return truth->lambda * cores / (1 + truth->sigma * (cores - 1) + truth->kappa * cores * (cores - 1));
}

/* --- noise ---------------------------------------------------------------------------------------------------- */

static uint64_t state64;

/* xorshift64* (Vigna 2016), then Box & Muller 1958. */
static double uniform(void)
{
	state64 ^= state64 >> 12, state64 ^= state64 << 25, state64 ^= state64 >> 27;
	return ((double)((state64 * UINT64_C(2685821657736338717)) >> 11) + 0.5) / 9007199254740992.0;
}

static double normal(void)
{
	return sqrt(-2 * log(uniform())) * cos(2 * M_PI * uniform());
}

static double rates[COUNTS][INVOCATIONS];

static void make_points(const struct truth *truth, double noise, struct scaling_point points[COUNTS])
{
	for (size_t i = 0; i < COUNTS; i++) {
		for (size_t k = 0; k < INVOCATIONS; k++)
			rates[i][k] = rate_of(truth, counts[i]) * (noise > 0 ? exp(noise * normal()) : 1);
		points[i] = (struct scaling_point){.cores = counts[i], .rates = rates[i], .n = INVOCATIONS};
	}
}

static int holds(const struct coefficient *coefficient, double truth)
{
	return coefficient->low <= truth && truth <= coefficient->high;
}

/* --- tests ---------------------------------------------------------------------------------------------------- */

static void test_exact(void **state)
{
	static const struct truth truths[] = {
		{1e6, 0.05, 0.001}, {2e3, 0.2, 0.01}, {5, 0, 0.002}, {7, 0.1, 0}, {1, 0, 0}};
	struct scaling_point points[COUNTS];
	struct scaling_fit fit;

	(void)state;
	for (size_t i = 0; i < sizeof(truths) / sizeof(*truths); i++) {
		make_points(&truths[i], 0, points);
		assert_int_equal(scaling_fit_make(points, COUNTS, FIT_USL, 1, &fit), 0);
		assert_true(fit.fitted);
		assert_float_equal(fit.lambda.value / truths[i].lambda, 1, 1e-6);
		assert_float_equal(fit.sigma.value, truths[i].sigma, 1e-6);
		assert_float_equal(fit.kappa.value, truths[i].kappa, 1e-6);
		assert_true(fit.residual < 1e-6);
		scaling_fit_clear(&fit);
	}
}

/* N* = sqrt((1 - 0.2) / 0.01) by hand; with kappa = 0 there is none; sqrt(0.95 / 0.0001) = 97 is far beyond 2 x 16. */
static void test_peak(void **state)
{
	static const struct truth peaked = {1, 0.2, 0.01}, none = {1, 0.1, 0}, far = {1, 0.05, 0.0001};
	struct scaling_point points[COUNTS];
	struct scaling_fit fit;

	(void)state;
	make_points(&peaked, 0, points);
	assert_int_equal(scaling_fit_make(points, COUNTS, FIT_USL, 1, &fit), 0);
	assert_true(fit.has_peak);
	assert_float_equal(fit.peak.value, sqrt(80), 1e-4);
	scaling_fit_clear(&fit);
	make_points(&none, 0, points);
	assert_int_equal(scaling_fit_make(points, COUNTS, FIT_USL, 1, &fit), 0);
	assert_false(fit.has_peak);
	scaling_fit_clear(&fit);
	make_points(&far, 0, points);
	assert_int_equal(scaling_fit_make(points, COUNTS, FIT_USL, 1, &fit), 0);
	assert_false(fit.has_peak);
	scaling_fit_clear(&fit);
}

/* Noise of 2 %, ten invocations a point: 95 % intervals hold the truth in at least 93 of 100 seeded trials. */
static void test_coverage(void **state)
{
	static const struct truth truth = {1e6, 0.05, 0.002}, amdahl = {1e6, 0.08, 0};
	struct scaling_point points[COUNTS];
	struct scaling_fit fit;
	int sigma = 0, kappa = 0, lambda = 0, peak = 0, serial = 0;

	(void)state;
	state64 = 1967;
	for (uint64_t trial = 0; trial < 100; trial++) {
		make_points(&truth, 0.02, points);
		assert_int_equal(scaling_fit_make(points, COUNTS, FIT_USL, trial, &fit), 0);
		sigma += holds(&fit.sigma, truth.sigma);
		kappa += holds(&fit.kappa, truth.kappa);
		lambda += holds(&fit.lambda, truth.lambda);
		peak += holds(&fit.peak, sqrt((1 - truth.sigma) / truth.kappa));
		scaling_fit_clear(&fit);
		make_points(&amdahl, 0.02, points);
		assert_int_equal(scaling_fit_make(points, COUNTS, FIT_AMDAHL, trial, &fit), 0);
		serial += holds(&fit.sigma, amdahl.sigma);
		scaling_fit_clear(&fit);
	}
	print_message("of 100: USL sigma %d, kappa %d, lambda %d, peak %d; Amdahl sigma %d\n", sigma, kappa, lambda,
		      peak, serial);
	assert_true(sigma >= 93 && kappa >= 93 && lambda >= 93 && peak >= 93 && serial >= 93);
}

static void test_refused(void **state)
{
	static const struct truth truth = {1, 0.05, 0.001};
	struct scaling_point points[COUNTS];
	struct scaling_fit fit;

	(void)state;
	make_points(&truth, 0, points);
	assert_int_equal(scaling_fit_make(points, 5, FIT_USL, 1, &fit), 0);
	assert_false(fit.fitted);
	assert_true(fit.refused[0] != '\0' && isnan(scaling_predict(&fit, 2, NULL).value));
	scaling_fit_clear(&fit);
	/* The same count twice is one count; a count across a boundary is none. */
	points[5].cores = points[4].cores;
	assert_int_equal(scaling_fit_make(points, 6, FIT_AMDAHL, 1, &fit), 0);
	assert_false(fit.fitted);
	points[5].cores = counts[5];
	points[5].beyond = points[6].beyond = points[7].beyond = true;
	assert_int_equal(scaling_fit_make(points, COUNTS, FIT_USL, 1, &fit), 0);
	assert_false(fit.fitted);
	assert_int_equal(fit.beyond, 3);
	points[5].beyond = false;
	points[7].n = 0;
	assert_int_equal(scaling_fit_make(points, COUNTS, FIT_USL, 1, &fit), 0);
	assert_true(fit.fitted);
	assert_int_equal(fit.points, 6);
	assert_float_equal(fit.most_cores, 8, 0);
	scaling_fit_clear(&fit);
	assert_int_equal(scaling_fit_make(points, 0, FIT_USL, 1, &fit), 0);
	assert_false(fit.fitted);
}

/* Points above the ideal line stay where they are, and are told. */
static void test_superlinear(void **state)
{
	static const struct truth linear = {100, 0, 0};
	struct scaling_point points[COUNTS];
	struct scaling_fit fit;

	(void)state;
	make_points(&linear, 0, points);
	for (size_t k = 0; k < INVOCATIONS; k++)
		rates[3][k] *= 1.2, rates[4][k] *= 1.1;
	assert_int_equal(scaling_fit_make(points, COUNTS, FIT_USL, 1, &fit), 0);
	assert_int_equal(fit.superlinear, 2);
	assert_true(fit.sigma.value >= 0 && fit.kappa.value >= 0);
	assert_true(fit.lambda.value > 100);
	scaling_fit_clear(&fit);
	assert_true(karp_flatt(&points[0], &points[3], 1).high < 0);
}

static void test_predicts(void **state)
{
	static const struct truth truth = {100, 0.05, 0.001};
	struct scaling_point points[COUNTS];
	struct scaling_fit fit;
	bool extrapolated;

	(void)state;
	state64 = 7;
	make_points(&truth, 0.01, points);
	assert_int_equal(scaling_fit_make(points, COUNTS, FIT_USL, 1, &fit), 0);
	struct coefficient rate = scaling_predict(&fit, 10, &extrapolated);

	assert_false(extrapolated);
	assert_true(holds(&rate, rate_of(&truth, 10)));
	rate = scaling_predict(&fit, 32, &extrapolated);
	assert_true(extrapolated);
	assert_true(holds(&rate, rate_of(&truth, 32)));
	assert_true(isnan(scaling_predict(&fit, 33, &extrapolated).value));
	scaling_fit_clear(&fit);
}

/* Karp & Flatt's own arithmetic: a speed-up of 6.25 on 8 cores gives (1/6.25 - 1/8) / (1 - 1/8) = 0.04. */
static void test_karp_flatt(void **state)
{
	static const double one[] = {10, 10, 10}, eight[] = {62.5, 62.5, 62.5};
	const struct scaling_point base = {.cores = 1, .rates = one, .n = 3},
				   point = {.cores = 8, .rates = eight, .n = 3};
	struct coefficient fraction = karp_flatt(&base, &point, 1);

	(void)state;
	assert_float_equal(fraction.value, 0.04, 1e-12);
	assert_float_equal(fraction.low, 0.04, 1e-12);
	assert_true(isnan(karp_flatt(NULL, &point, 1).value));
	assert_true(isnan(karp_flatt(&point, &base, 1).value));
	assert_true(isnan(karp_flatt(&base, &base, 1).value));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_exact),      cmocka_unit_test(test_peak),        cmocka_unit_test(test_coverage),
		cmocka_unit_test(test_refused),    cmocka_unit_test(test_superlinear), cmocka_unit_test(test_predicts),
		cmocka_unit_test(test_karp_flatt),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
