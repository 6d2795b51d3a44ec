/* stability_test.c: the A/A test on values that are made up: it keeps its promise, sees noise for what it is, and
 * gives the same answer for the same seed. */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../driver/order.h"
#include "../driver/stability.h"

enum { VALUES = 16, FEW = 12 /* splits: each takes some milliseconds */ };

/* Times of 100 ms and up to `noise` of that above, skewed as disturbances are. */
static void make(double values[VALUES], double noise, uint64_t seed)
{
	struct prng prng = {.state = seed};

	for (int i = 0; i < VALUES; i++) {
		double even = (double)(prng_next(&prng) >> 11) / 9007199254740992.0;

		values[i] = 100e6 * (1 + noise * even * even);
	}
}

/* Where noise is large against the least effect. */
static void few_halves_differ(void **state)
{
	struct stability stability;
	double values[VALUES];

	(void)state;
	make(values, 0.5, 7);
	assert_int_equal(stability_judge(values, VALUES, STABILITY_SPLITS, 3, &stability), 0);
	assert_true(stability.faster + stability.slower <= 5);
	assert_int_equal(stability.faster + stability.slower + stability.same + stability.undecided, STABILITY_SPLITS);
	assert_true(stability.detectable > 0.02);
	assert_true(stability.half_width > 0.01);
}

static void quiet_shows_small_differences(void **state)
{
	struct stability stability;
	double values[VALUES];

	(void)state;
	make(values, 0.001, 1);
	assert_int_equal(stability_judge(values, VALUES, FEW, 1, &stability), 0);
	assert_int_equal(stability.same, FEW);
	assert_true(stability.detectable < 0.001);
	assert_true(stability.median_ns >= 100e6 && stability.median_ns < 100.1e6);
}

static void the_seed_decides(void **state)
{
	struct stability one, two;
	double values[VALUES];

	(void)state;
	make(values, 0.1, 5);
	assert_int_equal(stability_judge(values, VALUES, FEW, 9, &one), 0);
	assert_int_equal(stability_judge(values, VALUES, FEW, 9, &two), 0);
	assert_memory_equal(&one, &two, sizeof one);
	assert_int_equal(stability_judge(values, VALUES, FEW, 10, &two), 0);
	assert_true(one.half_width != two.half_width);
}

static void a_drift_is_seen(void **state)
{
	struct stability stability;
	double values[VALUES];

	(void)state;
	for (int i = 0; i < VALUES; i++)
		values[i] = 100e6 + 1e6 * i;
	assert_int_equal(stability_judge(values, VALUES, FEW, 1, &stability), 0);
	assert_true(stability.drift_p < 0.001);
}

static void too_few_say_nothing(void **state)
{
	double values[VALUES] = {1, 2, 3, 4, 5, 6, 7, 8, 9};
	struct stability stability;

	(void)state;
	assert_int_equal(stability_judge(values, 9, FEW, 1, &stability), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(few_halves_differ),   cmocka_unit_test(quiet_shows_small_differences),
		cmocka_unit_test(the_seed_decides),    cmocka_unit_test(a_drift_is_seen),
		cmocka_unit_test(too_few_say_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
