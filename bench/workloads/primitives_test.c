/* primitives_test.c: what spawn, switch, idle, skynet and syscall expect, whom they admit, and what they refuse.
 *
 * Expected numbers are worked out by hand, or counted one by one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <string.h>

#include "../../runtimes/clock.h"
#include "../../runtimes/runtime.h"
#include "idle/idle.h"
#include "skynet/skynet.h"
#include "spawn/spawn.h"
#include "switch/switch.h"
#include "syscall/syscall.h"

/* Stages as the models have them. */
static const struct stage alone = {.cores = 2, .capabilities = RUNTIME_SHARES_MEMORY};
static const struct stage threads = {
	.cores = 2, .capabilities = RUNTIME_INTERLEAVES | RUNTIME_PARALLEL | RUNTIME_SHARES_MEMORY | RUNTIME_PREEMPTS};
static const struct stage processes = {.cores = 2,
				       .capabilities = RUNTIME_INTERLEAVES | RUNTIME_PARALLEL | RUNTIME_PREEMPTS};
static const struct stage locked = {.cores = 2,
				    .capabilities = RUNTIME_INTERLEAVES | RUNTIME_SHARES_MEMORY | RUNTIME_PREEMPTS};
static const struct stage pool = {.cores = 2,
				  .capabilities =
					  RUNTIME_INTERLEAVES | RUNTIME_PARALLEL | RUNTIME_PREEMPTS | RUNTIME_POOLED,
				  .workers = 3};
static const struct stage coroutines = {
	.cores = 2, .capabilities = RUNTIME_INTERLEAVES | RUNTIME_SHARES_MEMORY | RUNTIME_SWITCHES_STACKS};

enum { PAIRS_MAX = 4 };

/* Fills values from "key=value" pairs, NULL-terminated; returns what workload_values() returns. */
static int take(const struct workload_spec *spec, const char *const pairs[PAIRS_MAX], struct values *values,
		char reason[REASON_MAX])
{
	char *copies[PAIRS_MAX];
	int count = 0;

	for (; count < PAIRS_MAX && pairs[count]; count++)
		copies[count] = (char *)pairs[count];
	return workload_values(spec, count, copies, values, reason);
}

static struct expectation expected(const struct workload_spec *spec, const char *const pairs[PAIRS_MAX],
				   struct stage stage)
{
	struct expectation expectation;
	struct values values;
	char reason[REASON_MAX];

	assert_int_equal(take(spec, pairs, &values, reason), 0);
	spec->expect(&values, stage, &expectation);
	return expectation;
}

#define PAIRS(...) ((const char *const[PAIRS_MAX]){__VA_ARGS__})

static void assert_refused(const struct workload_spec *spec, const char *const pairs[PAIRS_MAX], const char *words)
{
	struct values values;
	char reason[REASON_MAX];

	assert_int_equal(take(spec, pairs, &values, reason), -EINVAL);
	assert_non_null(strstr(reason, words));
}

static int admitted(const struct workload_spec *spec, const char *const pairs[PAIRS_MAX], struct stage stage,
		    char reason[REASON_MAX])
{
	struct values values;

	reason[0] = '\0';
	assert_int_equal(take(spec, pairs, &values, reason), 0);
	return spec->admit(&values, stage, reason);
}

static void spawn_counts_marks(void **state)
{
	struct expectation expectation = expected(&spawn_spec, PAIRS("tasks=33"), threads);

	(void)state;
	assert_int_equal(expectation.tasks, 33);
	assert_int_equal(expectation.operations, 33);
	assert_int_equal(expectation.checksum, 1 + 2 + 3); /* tasks 0, 16 and 32 leave one */
	assert_int_equal(expectation.bound_ns, 0);
	assert_int_equal(expected(&spawn_spec, PAIRS("tasks=32", "batch=32"), threads).checksum, 1 + 2);
	assert_refused(&spawn_spec, PAIRS("tasks=10", "batch=11"), "batch=11 is more than tasks=10");
	assert_refused(&spawn_spec, PAIRS("tasks=10", "batch=5", "memory=cold"), "memory=cold takes batch=10");
}

/* What the profiles' limits go by: a model must not be called cheaper than the others that it costs a hundredfold of.
 */
static void estimates_know_the_models(void **state)
{
	const char *const pairs[PAIRS_MAX] = {"tasks=100000", "batch=100000"};
	uint64_t light = expected(&spawn_spec, pairs, coroutines).estimate_ns;
	uint64_t thread = expected(&spawn_spec, pairs, threads).estimate_ns;
	uint64_t process = expected(&spawn_spec, pairs, processes).estimate_ns;

	(void)state;
	assert_true(light < NS_PER_S);
	assert_true(thread > 10 * light);
	assert_true(process > 2 * thread);
	assert_true(expected(&skynet_spec, PAIRS("leaves=1000000"), threads).estimate_ns > 20 * NS_PER_S);
	assert_true(expected(&skynet_spec, PAIRS("leaves=1000000"), coroutines).estimate_ns < NS_PER_S);
	assert_true(expected(&spawn_spec, pairs, locked).estimate_ns > thread);
}

static void switch_shares_turns(void **state)
{
	(void)state;
	for (uint64_t tasks = 2; tasks < 9; tasks++) {
		uint64_t turns[9] = {0};

		for (uint64_t step = 0; step < 20; step++)
			turns[step % tasks]++;
		for (uint64_t i = 0; i < tasks; i++)
			assert_int_equal(switch_share(20, tasks, i), turns[i]);
	}
	assert_int_equal(expected(&switch_spec, PAIRS("mode=ring", "yields=4"), threads).checksum, 1 + 2 + 3 + 4);
	assert_int_equal(expected(&switch_spec, PAIRS("yields=4"), threads).checksum, 0);
	assert_refused(&switch_spec, PAIRS("tasks=5", "yields=4"), "not every one of tasks=5");
}

static void switch_admits_who_takes_turns(void **state)
{
	char reason[REASON_MAX];

	(void)state;
	assert_int_equal(admitted(&switch_spec, PAIRS("tasks=4"), coroutines, reason), 0);
	assert_int_equal(admitted(&switch_spec, PAIRS("tasks=3"), pool, reason), 0);
	assert_int_equal(admitted(&switch_spec, PAIRS("tasks=4"), pool, reason), -ENOTSUP);
	assert_non_null(strstr(reason, "only 3 tasks are under way"));
	assert_int_equal(admitted(&switch_spec, PAIRS("tasks=2"), alone, reason), -ENOTSUP);
	assert_non_null(strstr(reason, "nobody takes turns"));
}

static void idle_is_bound_by_its_rounds(void **state)
{
	const char *const pairs[PAIRS_MAX] = {"tasks=10", "sleep=20ms"};

	(void)state;
	assert_int_equal(expected(&idle_spec, pairs, threads).bound_ns, 20 * NS_PER_MS);
	assert_int_equal(expected(&idle_spec, pairs, pool).bound_ns, 4 * 20 * NS_PER_MS); /* 3 + 3 + 3 + 1 */
	assert_int_equal(expected(&idle_spec, pairs, alone).bound_ns, 10 * 20 * NS_PER_MS);
	assert_int_equal(expected(&idle_spec, pairs, alone).operations, 10);
	assert_int_equal(expected(&idle_spec, PAIRS("tasks=10", "sleep=20ms", "sleeps=3"), threads).bound_ns,
			 60 * NS_PER_MS);
	assert_int_equal(expected(&idle_spec, PAIRS("tasks=10", "sleeps=3"), threads).operations, 30);
	assert_true(expected(&idle_spec, PAIRS("tasks=1000000"), alone).estimate_ns > 1000 * NS_PER_S);
}

static uint64_t nodes_of(uint64_t leaves, uint64_t fanout)
{
	return leaves == 1 ? 1 : 1 + fanout * nodes_of(leaves / fanout, fanout);
}

static void skynet_counts_its_tree(void **state)
{
	char reason[REASON_MAX];

	(void)state;
	assert_int_equal(expected(&skynet_spec, PAIRS("leaves=1"), threads).tasks, 1);
	assert_int_equal(expected(&skynet_spec, PAIRS("leaves=1000"), threads).tasks, 1111);
	assert_int_equal(expected(&skynet_spec, PAIRS("leaves=1000000"), threads).checksum, UINT64_C(499999500000));
	for (uint64_t fanout = 2, leaves = 8; fanout < 9; fanout++, leaves = fanout * fanout * fanout)
		assert_int_equal(skynet_inner(leaves, fanout) + leaves, nodes_of(leaves, fanout));
	assert_refused(&skynet_spec, PAIRS("leaves=999"), "the next is 1000");
	assert_int_equal(admitted(&skynet_spec, PAIRS("leaves=1000"), threads, reason), 0);
	assert_int_equal(admitted(&skynet_spec, PAIRS("leaves=1000"), pool, reason), 0);
	assert_true(expected(&skynet_spec, PAIRS(NULL), pool).estimate_ns < 2 * NS_PER_S);
}

static void syscall_is_measured_once(void **state)
{
	static const char *const modes[] = {"mode=atomic", "mode=getppid", "mode=fork"};
	char reason[REASON_MAX];

	(void)state;
	assert_int_equal(admitted(&syscall_spec, PAIRS(NULL), alone, reason), 0);
	assert_int_equal(admitted(&syscall_spec, PAIRS(NULL), threads, reason), -ENOTSUP);
	assert_non_null(strstr(reason, "does not depend on the runtime"));
	assert_int_equal(expected(&syscall_spec, PAIRS("mode=fork", "calls=7"), alone).operations, 7);
	assert_int_equal(expected(&syscall_spec, PAIRS("mode=fork", "calls=7"), alone).tasks, 0);
	for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
		struct expectation expectation = expected(&syscall_spec, PAIRS(modes[i]), alone);

		assert_true(expectation.operations > 0);
		assert_int_equal(expectation.estimate_ns, 50 * NS_PER_MS);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(spawn_counts_marks),          cmocka_unit_test(estimates_know_the_models),
		cmocka_unit_test(switch_shares_turns),         cmocka_unit_test(switch_admits_who_takes_turns),
		cmocka_unit_test(idle_is_bound_by_its_rounds), cmocka_unit_test(skynet_counts_its_tree),
		cmocka_unit_test(syscall_is_measured_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
