/* variance_test.c: the split against R's analysis of variance. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "variance.h"

/* R 4.2.2: y <- c(10,12,11,13, 20,19,22,21, 15,14,16,17); g <- gl(3,4); m <- anova(lm(y~g))$"Mean Sq";
 * m[2] is 1.66666666666667 (within), (m[1]-m[2])/4 is 19.9166666666667 (between). */
static void test_split(void **state)
{
	static const struct invocation_samples invocations[] = {
		{4, 11.5, 5 / 3.0}, {4, 20.5, 5 / 3.0}, {4, 15.5, 5 / 3.0}};
	struct variance_split split = variance_split(invocations, 3, 1, 100);

	(void)state;
	assert_float_equal(split.within, 1.66666666666667, 1e-13);
	assert_float_equal(split.between, 19.9166666666667, 1e-12);
	/* R: sqrt(100 * m[2] / ((m[1]-m[2])/4)) */
	assert_float_equal(split.samples, 2.89278427070186, 1e-12);
}

/* Invocations whose means differ by no more than their samples make likely: nothing between them is seen. */
static void test_none_between(void **state)
{
	static const struct invocation_samples alike[] = {{100, 10, 50}, {100, 10.1, 50}};
	struct variance_split split = variance_split(alike, 2, 1, 1);

	(void)state;
	assert_true(split.between < 0);
	assert_true(isinf(split.samples));
}

static void test_too_few(void **state)
{
	static const struct invocation_samples one[] = {{100, 10, 50}, {1, 10, 0}};

	(void)state;
	assert_true(isnan(variance_split(one, 1, 1, 1).within));
	assert_true(isnan(variance_split(one, 2, 1, 1).between));
	assert_true(isnan(variance_split(one, 0, 1, 1).samples));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_split),
		cmocka_unit_test(test_none_between),
		cmocka_unit_test(test_too_few),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
