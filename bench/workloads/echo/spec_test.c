/* spec_test.c: what the echo workload expects, whom it admits, and that its bound stays a bound. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../../../runtimes/runtime.h"
#include "echo.h"

static const struct stage one_core = {.cores = 1, .capabilities = RUNTIME_INTERLEAVES | RUNTIME_PARALLEL};
static const struct stage four_cores = {.cores = 4, .capabilities = RUNTIME_INTERLEAVES | RUNTIME_PARALLEL};
static const struct stage one_loop = {.cores = 4, .capabilities = RUNTIME_INTERLEAVES};
static const struct stage one_by_one = {.cores = 4, .capabilities = 0};

static struct values values_of(int count, char *const pairs[])
{
	char reason[REASON_MAX];
	struct values values;

	assert_int_equal(workload_values(&echo_spec, count, pairs, &values, reason), 0);
	return values;
}

static struct expectation expected(struct stage stage, int count, char *const pairs[])
{
	struct values values = values_of(count, pairs);
	struct expectation expectation;

	echo_spec.expect(&values, stage, &expectation);
	return expectation;
}

static void test_work(void **state)
{
	struct expectation expectation = expected(one_core, 3, (char *[]){"connections=3", "messages=10", "size=100"});

	(void)state;
	assert_int_equal(expectation.tasks, 3);
	assert_int_equal(expectation.operations, 33); /* warm-ups included */
	assert_int_equal(expectation.bytes, 3300);
	assert_int_equal(expectation.checksum, 0);
	assert_int_equal(expectation.bound_ns, 0); /* the floor is not known */
	assert_true(expectation.estimate_ns > 0);
}

static void test_fallbacks(void **state)
{
	struct expectation expectation = expected(one_core, 0, NULL);

	(void)state;
	assert_int_equal(expectation.tasks, 50);
	assert_int_equal(expectation.operations, 50 * 401);
	assert_int_equal(expectation.bytes, 50 * 401 * 64);
}

/* Half the floor a timed message, over the cores that the model can use and that have a connection to serve. */
static void test_bound(void **state)
{
	char *const many[] = {"connections=50", "messages=100", "floor=5us"};
	char *const two[] = {"connections=2", "messages=100", "floor=5us"};

	(void)state;
	assert_int_equal(expected(one_core, 3, many).bound_ns, 12500000);
	assert_int_equal(expected(four_cores, 3, many).bound_ns, 3125000);
	assert_int_equal(expected(one_loop, 3, many).bound_ns, 12500000);
	assert_int_equal(expected(four_cores, 3, two).bound_ns, 250000);
}

/* Idle connections are tasks, and carry nothing; messages that wait together can be taken together; at a rate the time
 * is what was asked for. */
static void test_axes(void **state)
{
	struct expectation idle =
		expected(one_core, 4, (char *[]){"connections=3", "messages=10", "idle=7", "size=100"});
	struct expectation deep =
		expected(one_core, 4, (char *[]){"connections=50", "messages=100", "floor=5us", "depth=5"});
	struct expectation open =
		expected(one_core, 4, (char *[]){"connections=50", "messages=1000", "floor=5us", "rate=10000"});
	struct values values = values_of(2, (char *[]){"connections=1", "idle=1"});
	char reason[REASON_MAX] = "";

	(void)state;
	assert_int_equal(idle.tasks, 10);
	assert_int_equal(idle.operations, 33);
	assert_int_equal(idle.bytes, 3300);
	assert_int_equal(deep.bound_ns, 2500000);
	assert_int_equal(open.bound_ns, 0);
	assert_true(open.estimate_ns >= 5 * NS_PER_S && open.estimate_ns < 6 * NS_PER_S);
	assert_int_equal(echo_spec.admit(&values, one_by_one, reason), -ENOTSUP);
}

/* Each message has a connection and a task of its own, and there are no warm-ups. */
static void test_churn(void **state)
{
	char *const pairs[] = {"connections=3", "messages=10", "idle=2", "size=100", "churn=yes"};
	struct expectation churn = expected(one_core, 5, pairs);
	struct values values = values_of(2, (char *[]){"connections=1", "churn=yes"});
	char reason[REASON_MAX] = "";

	(void)state;
	assert_int_equal(churn.tasks, 32);
	assert_int_equal(churn.operations, 30);
	assert_int_equal(churn.bytes, 3000);
	assert_true(churn.alive >= 5 && churn.alive <= churn.tasks);
	assert_int_equal(echo_spec.admit(&values, one_core, reason), 0);
	assert_int_equal(echo_spec.admit(&values, one_by_one, reason), -ENOTSUP);
	assert_non_null(strstr(reason, "joined"));
	assert_int_equal(workload_values(&echo_spec, 2, (char *[]){"churn=yes", "depth=2"}, &values, reason), -EINVAL);
	assert_non_null(strstr(reason, "depth=1"));
}

/* Everything at its greatest fits into 64 bits. */
static void test_extremes(void **state)
{
	char *const pairs[] = {"connections=20000", "messages=10000000", "size=64KiB", "floor=1ms", "idle=20000"};
	struct expectation expectation = expected(one_core, 5, pairs);

	(void)state;
	assert_int_equal(expectation.operations, UINT64_C(20000) * 10000001);
	assert_int_equal(expectation.bytes, UINT64_C(20000) * 10000001 * 65536);
	assert_int_equal(expectation.bound_ns, UINT64_C(20000) * 10000000 * 500000);
	assert_true(expectation.estimate_ns > UINT64_C(20000) * 10000000 * 20000);
}

static void test_admission(void **state)
{
	struct values one = values_of(1, (char *[]){"connections=1"}), two = values_of(1, (char *[]){"connections=2"});
	struct stage pool = {.cores = 4, .capabilities = RUNTIME_INTERLEAVES | RUNTIME_POOLED, .workers = 1};
	char reason[REASON_MAX] = "";

	(void)state;
	assert_int_equal(echo_spec.admit(&one, one_by_one, reason), 0);
	assert_int_equal(echo_spec.admit(&two, one_loop, reason), 0);
	assert_int_equal(echo_spec.admit(&two, one_by_one, reason), -ENOTSUP);
	assert_non_null(strstr(reason, "connections=1"));
	assert_int_equal(echo_spec.admit(&two, pool, reason), -ENOTSUP);
	pool.capabilities |= RUNTIME_REQUEUES;
	assert_int_equal(echo_spec.admit(&two, pool, reason), 0);
}

static void test_ranges(void **state)
{
	static char *const pairs[] = {"connections=0", "connections=20001", "size=0",   "size=65537", "messages=0",
				      "floor=2ms",     "depth=0",           "depth=65", "idle=20001", "rate=10000001"};
	char reason[REASON_MAX];
	struct values values;

	(void)state;
	for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++)
		assert_int_equal(workload_values(&echo_spec, 1, &pairs[i], &values, reason), -EINVAL);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_work),   cmocka_unit_test(test_fallbacks), cmocka_unit_test(test_bound),
		cmocka_unit_test(test_axes),   cmocka_unit_test(test_extremes),  cmocka_unit_test(test_admission),
		cmocka_unit_test(test_ranges), cmocka_unit_test(test_churn),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
