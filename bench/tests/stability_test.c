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

enum { VALUES = 40 };

/* Times of 100 ms and up to `noise` of that above, skewed as disturbances are. */
static void make(double values[VALUES], double noise, uint64_t seed)
{
	struct prng prng = {.state = seed};

	for (int i = 0; i < VALUES; i++) {
		double even = (double)(prng_next(&prng) >> 11) / 9007199254740992.0;

		values[i] = 100e6 * (1 + noise * even * even);
	}
}

static void at_most_five_differ(void **state)
{
	static const double noises[] = {0.001, 0.05, 0.5};
	struct stability stability;
	double values[VALUES];

	(void)state;
	for (size_t i = 0; i < sizeof noises / sizeof *noises; i++) {
		make(values, noises[i], 7);
		assert_int_equal(stability_judge(values, VALUES, 3, &stability), 0);
		assert_true(stability.faster + stability.slower <= 5);
		assert_int_equal(stability.faster + stability.slower + stability.same + stability.undecided,
				 STABILITY_SPLITS);
	}
}

static void noise_hides_differences(void **state)
{
	struct stability quiet, noisy;
	double values[VALUES];

	(void)state;
	make(values, 0.001, 1);
	assert_int_equal(stability_judge(values, VALUES, 1, &quiet), 0);
	assert_int_equal(quiet.same, STABILITY_SPLITS);
	assert_true(quiet.detectable < 0.001);
	assert_true(quiet.median_ns >= 100e6 && quiet.median_ns < 100.1e6);
	make(values, 0.5, 1);
	assert_int_equal(stability_judge(values, VALUES, 1, &noisy), 0);
	assert_true(noisy.detectable > 0.02);
	assert_true(noisy.half_width > quiet.half_width);
}

static void the_seed_decides(void **state)
{
	struct stability one, two;
	double values[VALUES];

	(void)state;
	make(values, 0.1, 5);
	assert_int_equal(stability_judge(values, VALUES, 9, &one), 0);
	assert_int_equal(stability_judge(values, VALUES, 9, &two), 0);
	assert_memory_equal(&one, &two, sizeof one);
	assert_int_equal(stability_judge(values, VALUES, 10, &two), 0);
	assert_true(one.half_width != two.half_width);
}

static void a_drift_is_seen(void **state)
{
	struct stability stability;
	double values[VALUES];

	(void)state;
	for (int i = 0; i < VALUES; i++)
		values[i] = 100e6 + 1e6 * i;
	assert_int_equal(stability_judge(values, VALUES, 1, &stability), 0);
	assert_true(stability.drift_p < 0.001);
}

static void too_few_say_nothing(void **state)
{
	double values[VALUES] = {1, 2, 3, 4, 5, 6, 7};
	struct stability stability;

	(void)state;
	assert_int_equal(stability_judge(values, 7, 1, &stability), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(at_most_five_differ), cmocka_unit_test(noise_hides_differences),
		cmocka_unit_test(the_seed_decides),    cmocka_unit_test(a_drift_is_seen),
		cmocka_unit_test(too_few_say_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
