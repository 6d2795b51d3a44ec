/* little_test.c: Little's law finds a report whose parts do not belong together. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "load.h"

enum { MS_NS = 1000000, MESSAGES = 1000 };

static const struct load_options closed = {.connections = 10, .depth = 1, .threads = 1};
static struct load_result result; /* large: it holds histograms */

/* A thousand messages of 1 ms in 100 ms: ten were under way. */
static int begin(void **state)
{
	(void)state;
	result = (struct load_result){.wall_ns = 100 * MS_NS, .messages = MESSAGES, .in_flight = 10};
	for (int i = 0; i < MESSAGES; i++)
		histogram_add(&result.latency, MS_NS);
	return 0;
}

static void test_holds(void **state)
{
	(void)state;
	assert_float_equal(load_little_expected(&closed, &result), 10, 1e-6);
	assert_true(load_little_holds(&closed, &result));
}

static void test_wrong_throughput(void **state)
{
	(void)state;
	result.messages = MESSAGES * 9 / 10;
	assert_false(load_little_holds(&closed, &result));
	result.messages = MESSAGES;
	result.wall_ns = 110 * MS_NS;
	assert_false(load_little_holds(&closed, &result));
}

/* Slow messages that the histogram does not have. */
static void test_lost_latencies(void **state)
{
	(void)state;
	result.in_flight = 12;
	assert_false(load_little_holds(&closed, &result));
}

/* In an open loop the law is of the time since sending. */
static void test_open_loop(void **state)
{
	struct load_options open = closed;

	(void)state;
	open.rate = 10000;
	for (int i = 0; i < MESSAGES; i++)
		histogram_add(&result.raw, 2 * MS_NS);
	assert_false(load_little_holds(&open, &result));
	result.in_flight = 20;
	assert_true(load_little_holds(&open, &result));
}

/* Five of ten connections' messages were sent before and ten come back after; no more than they can weigh is forgiven.
 */
static void test_cut(void **state)
{
	(void)state;
	result.messages = MESSAGES - 60;
	assert_false(load_little_holds(&closed, &result));
	result.cut = 15;
	assert_true(load_little_holds(&closed, &result));
	result.messages = MESSAGES / 2;
	assert_false(load_little_holds(&closed, &result));
	result.longest_ns = 50 * MS_NS; /* a stall over the beginning */
	assert_true(load_little_holds(&closed, &result));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_holds, begin),
		cmocka_unit_test_setup(test_wrong_throughput, begin),
		cmocka_unit_test_setup(test_lost_latencies, begin),
		cmocka_unit_test_setup(test_open_loop, begin),
		cmocka_unit_test_setup(test_cut, begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
