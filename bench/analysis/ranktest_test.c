/* ranktest_test.c: rank tests against R 4.2.2 and scipy 1.10.1; each test names the call. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ranktest.h"

/* R: wilcox.test(a, b, exact=TRUE)$p.value, and scipy.stats.mannwhitneyu(a, b, method="exact"). */
static void test_exact(void **state)
{
	static const double a[] = {12.1, 11.8, 12.6, 13.0, 12.4}, b[] = {12.9, 13.4, 13.1, 12.7, 14.0, 13.6};

	(void)state;
	assert_float_equal(mann_whitney(a, 5, b, 6), 0.0173160173160173, 1e-14);
	assert_float_equal(mann_whitney(b, 6, a, 5), 0.0173160173160173, 1e-14);
}

/* scipy.stats.permutation_test((a, b), sum of the first set's mid-ranks, n_resamples=inf). */
static void test_ties(void **state)
{
	static const double a[] = {1, 2, 2, 3, 5}, b[] = {2, 3, 4, 5, 5, 6}, same[] = {7, 7, 7, 7};

	(void)state;
	assert_float_equal(mann_whitney(a, 5, b, 6), 0.16017316017316016, 1e-14);
	assert_float_equal(mann_whitney(same, 4, same, 4), 1, 0);
	assert_float_equal(mann_whitney(a, 5, b, 0), 1, 0);
}

/* R: i <- 0:49; x <- round((i*37)%%101/7); i <- 0:39; y <- round((i*53)%%97/6+0.9);
 * wilcox.test(x, y, exact=FALSE, correct=TRUE)$p.value; scipy's method="asymptotic" gives the same. */
static void test_many(void **state)
{
	double x[50], y[40];

	(void)state;
	for (int i = 0; i < 50; i++)
		x[i] = nearbyint(i * 37 % 101 / 7.0);
	for (int i = 0; i < 40; i++)
		y[i] = nearbyint(i * 53 % 97 / 6.0 + 0.9);
	assert_float_equal(mann_whitney(x, 50, y, 40), 0.271946194326311, 1e-12);
}

/* With fewer than four on each side nothing can be said at 5 %: 2 / C(6, 3) is 0.1, 2 / C(8, 4) is 0.0286. */
static void test_least(void **state)
{
	static const double low[] = {1, 2, 3, 4}, high[] = {5, 6, 7, 8};

	(void)state;
	assert_float_equal(mann_whitney(low, 3, high, 3), 0.1, 1e-15);
	assert_float_equal(mann_whitney(low, 4, high, 4), 2 / 70.0, 1e-15);
}

/* R: cor.test(1:10, s, method="kendall", exact=TRUE)$p.value; S is tau times 45. */
static void test_trend(void **state)
{
	static const double rising[] = {5.1, 5.0, 5.3, 5.2, 5.6, 5.5, 5.4, 5.9, 5.8, 6.0};
	double falling[10], s;

	(void)state;
	assert_float_equal(mann_kendall(rising, 10, &s), 0.00221285273368599, 1e-15);
	assert_float_equal(s, 33, 0);
	for (int i = 0; i < 10; i++)
		falling[i] = -rising[i];
	assert_float_equal(mann_kendall(falling, 10, &s), 0.00221285273368599, 1e-15);
	assert_float_equal(s, -33, 0);
	assert_float_equal(mann_kendall(rising, 2, NULL), 1, 0);
}

/* R: cor.test(1:11, s, method="kendall", exact=FALSE, continuity=TRUE)$p.value; then i <- 0:79,
 * cor.test(1:80, (i*7919)%%997+i*1.5, ...) likewise. */
static void test_trend_approximate(void **state)
{
	static const double tied[] = {3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5}, flat[] = {2, 2, 2, 2, 2};
	double many[80];

	(void)state;
	assert_float_equal(mann_kendall(tied, 11, NULL), 0.234702477955161, 1e-12);
	assert_float_equal(mann_kendall(flat, 5, NULL), 1, 0);
	for (int i = 0; i < 80; i++)
		many[i] = i * 7919 % 997 + i * 1.5;
	assert_float_equal(mann_kendall(many, 80, NULL), 0.910683949263277, 1e-12);
}

/* The normal approximation, computed in Python by Bartels' formulas; of all 40,320 orders of eight values 4.81 % and
 * 98.7 % have as low a ratio as the first two. */
static void test_phases(void **state)
{
	static const double phases[] = {3, 1, 2, 4, 8, 5, 7, 6}, swings[] = {1, 8, 2, 7, 3, 6, 4, 5},
			    flat[] = {2, 2, 2, 2, 2, 2, 2, 2};
	double tied[40];

	(void)state;
	assert_float_equal(bartels(phases, 8), 0.04539896537619754, 1e-12);
	assert_float_equal(bartels(swings, 8), 0.9823373159243585, 1e-12);
	assert_float_equal(bartels(flat, 8), 1, 0);
	assert_float_equal(bartels(phases, 7), 1, 0);
	for (int i = 0; i < 40; i++)
		tied[i] = i / 10 % 2;
	assert_true(bartels(tied, 40) < 1e-6);
}

/* R: p.adjust(c(0.001, 0.012, 0.02, 0.03, 0.2), method="BH") is 0.005 0.03 0.0333 0.0375 0.2. */
static void test_discovery(void **state)
{
	static const double p[] = {0.001, 0.012, 0.02, 0.03, 0.2};

	(void)state;
	assert_int_equal(false_discovery(p, 5, 0.05), 4);
	assert_int_equal(false_discovery(p, 5, 0.034), 3);
	assert_int_equal(false_discovery(p, 5, 0.031), 2);
	assert_int_equal(false_discovery(p, 5, 0.004), 0);
	assert_int_equal(false_discovery(p, 0, 0.05), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_exact),     cmocka_unit_test(test_ties),
		cmocka_unit_test(test_many),      cmocka_unit_test(test_least),
		cmocka_unit_test(test_trend),     cmocka_unit_test(test_trend_approximate),
		cmocka_unit_test(test_discovery), cmocka_unit_test(test_phases),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
