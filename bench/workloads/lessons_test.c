/* lessons_test.c: what starvation, contention, order and range expect, whom they admit, and what they refuse.
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
#include "chess/chess.h"
#include "chess/move.h"
#include "contention/contention.h"
#include "files/files.h"
#include "order/order.h"
#include "range/range.h"
#include "starvation/starvation.h"

/* Stages as the models have them. */
static const struct stage alone = {.cores = 2, .capabilities = RUNTIME_SHARES_MEMORY};
static const struct stage threads = {
	.cores = 2, .capabilities = RUNTIME_INTERLEAVES | RUNTIME_PARALLEL | RUNTIME_SHARES_MEMORY | RUNTIME_PREEMPTS};
static const struct stage locked = {.cores = 2,
				    .capabilities = RUNTIME_INTERLEAVES | RUNTIME_SHARES_MEMORY | RUNTIME_PREEMPTS};
static const struct stage coroutines = {
	.cores = 2, .capabilities = RUNTIME_INTERLEAVES | RUNTIME_SHARES_MEMORY | RUNTIME_SWITCHES_STACKS};

static struct stage pool_of(unsigned workers)
{
	return (struct stage){.cores = 2, .capabilities = threads.capabilities | RUNTIME_POOLED, .workers = workers};
}

enum { PAIRS_MAX = 4 };

#define PAIRS(...) ((const char *const[PAIRS_MAX]){__VA_ARGS__})

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

static struct values taken(const struct workload_spec *spec, const char *const pairs[PAIRS_MAX])
{
	struct values values;
	char reason[REASON_MAX];

	assert_int_equal(take(spec, pairs, &values, reason), 0);
	return values;
}

static struct expectation expected(const struct workload_spec *spec, const char *const pairs[PAIRS_MAX],
				   struct stage stage)
{
	struct values values = taken(spec, pairs);
	struct expectation expectation;

	spec->expect(&values, stage, &expectation);
	return expectation;
}

static void assert_refused(const struct workload_spec *spec, const char *const pairs[PAIRS_MAX], const char *words)
{
	struct values values;
	char reason[REASON_MAX];

	assert_int_equal(take(spec, pairs, &values, reason), -EINVAL);
	assert_non_null(strstr(reason, words));
}

static void assert_admitted(const struct workload_spec *spec, const char *const pairs[PAIRS_MAX], struct stage stage)
{
	struct values values = taken(spec, pairs);
	char reason[REASON_MAX];

	assert_int_equal(spec->admit(&values, stage, reason), 0);
}

static void assert_not_admitted(const struct workload_spec *spec, const char *const pairs[PAIRS_MAX],
				struct stage stage, const char *words)
{
	struct values values = taken(spec, pairs);
	char reason[REASON_MAX];

	assert_int_equal(spec->admit(&values, stage, reason), -ENOTSUP);
	assert_non_null(strstr(reason, words));
}

static void a_hog_is_foretold(void **state)
{
	/* 10 slices of 10,000 steps of 1 ns, against 2 beats of 40 us. */
	struct expectation hog =
		expected(&starvation_spec, PAIRS("hog=100us", "slice=10us", "beat=40us", "step=1000"), coroutines);
	uint64_t position = chess_opening(0);

	(void)state;
	for (int slice = 0; slice < 10; slice++)
		position = chess_move(position, 10000);
	assert_int_equal(hog.tasks, 2);
	assert_int_equal(hog.operations, 2);
	assert_int_equal(hog.checksum, position);
	assert_int_equal(hog.bound_ns, 100 * NS_PER_US);
}

static void beats_bound_a_hog_of_odd_slices(void **state)
{
	/* 3 slices of 30 us, and 10 beats of 10 us. */
	struct expectation hog =
		expected(&starvation_spec, PAIRS("hog=100us", "slice=30us", "beat=10us", "step=1000"), coroutines);

	(void)state;
	assert_int_equal(hog.operations, 10);
	assert_int_equal(hog.bound_ns, 100 * NS_PER_US);
	assert_refused(&starvation_spec, PAIRS("hog=10ms", "beat=20ms"), "beat=20ms is longer than hog=10ms");
	assert_refused(&starvation_spec, PAIRS("hog=10ms", "slice=20ms"), "slice=20ms is longer than hog=10ms");
}

static void a_heart_beats_beside_a_hog(void **state)
{
	(void)state;
	assert_admitted(&starvation_spec, PAIRS("step=1000"), coroutines);
	assert_admitted(&starvation_spec, PAIRS("step=1000"), pool_of(2));
	assert_not_admitted(&starvation_spec, PAIRS("step=1000"), pool_of(1), "after the hog has ended");
	assert_not_admitted(&starvation_spec, PAIRS("step=1000"), alone, "nothing beats beside the hog");
}

static bool exact(const char *const pairs[PAIRS_MAX], struct stage stage)
{
	struct values values = taken(&contention_spec, pairs);

	return contention_is_exact(&values, stage);
}

static void updates_are_lost_where_tasks_meet(void **state)
{
	(void)state;
	assert_true(exact(PAIRS("mode=none"), alone));
	assert_true(exact(PAIRS("mode=none"), coroutines));
	assert_false(exact(PAIRS("mode=none"), threads));
	assert_false(exact(PAIRS("mode=none"), locked)); /* interrupted between reading and writing */
	assert_true(exact(PAIRS("mode=none", "suspend=yes"), alone));
	assert_false(exact(PAIRS("mode=none", "suspend=yes"), coroutines));
	assert_true(exact(PAIRS("mode=none", "suspend=yes", "tasks=1"), threads));
	assert_true(exact(PAIRS("mode=atomic"), threads));
	assert_true(exact(PAIRS("mode=mutex", "suspend=yes"), threads));
	assert_refused(&contention_spec, PAIRS("mode=atomic", "suspend=yes"), "takes suspend=no");
}

static void a_counter_holds_no_more_than_was_added(void **state)
{
	struct values values = taken(&contention_spec, PAIRS("tasks=3", "increments=5"));

	(void)state;
	assert_false(contention_may_hold(&values, threads, 0));
	assert_true(contention_may_hold(&values, threads, 1));
	assert_true(contention_may_hold(&values, threads, 15));
	assert_false(contention_may_hold(&values, threads, 16));
	assert_false(contention_may_hold(&values, coroutines, 14));
	assert_true(contention_may_hold(&values, coroutines, 15));
	assert_int_equal(expected(&contention_spec, PAIRS("tasks=3", "increments=5"), threads).operations, 15);
	assert_int_equal(expected(&contention_spec, PAIRS("tasks=3", "increments=5"), threads).checksum, 15);
}

static uint64_t kept(enum order_example example, unsigned capabilities, const struct order_event *events)
{
	return order_kept(&order_scripts[example], capabilities, events);
}

static void ones_come_before_twos_or_in_turn(void **state)
{
	const struct order_event interleaved[] = {{2, ORDER_ONE}, {0, ORDER_ONE}, {1, ORDER_ONE},
						  {0, ORDER_TWO}, {1, ORDER_TWO}, {2, ORDER_TWO}};
	const struct order_event in_turn[] = {{0, ORDER_ONE}, {0, ORDER_TWO}, {1, ORDER_ONE},
					      {1, ORDER_TWO}, {2, ORDER_ONE}, {2, ORDER_TWO}};
	const struct order_event twice[] = {{0, ORDER_ONE}, {0, ORDER_ONE}, {1, ORDER_ONE},
					    {0, ORDER_TWO}, {1, ORDER_TWO}, {7, ORDER_TWO}};
	const struct order_event exchanged[] = {{1, ORDER_ONE}, {0, ORDER_TWO}, {0, ORDER_ONE},
						{1, ORDER_TWO}, {2, ORDER_ONE}, {2, ORDER_TWO}};

	(void)state;
	assert_int_equal(kept(ORDER_COUNT, coroutines.capabilities, interleaved), 6);
	assert_int_equal(kept(ORDER_COUNT, alone.capabilities, in_turn), 6);
	assert_int_equal(kept(ORDER_COUNT, coroutines.capabilities, in_turn), 4); /* the middle two are exchanged */
	assert_int_equal(kept(ORDER_COUNT, alone.capabilities, interleaved), 2);  /* the third and the last */
	assert_true(kept(ORDER_COUNT, coroutines.capabilities, twice) < 6);
	assert_int_equal(kept(ORDER_COUNT, alone.capabilities, exchanged), 3); /* from the fourth on */
}

static void goodbye_comes_first_or_in_turn(void **state)
{
	const struct order_event goodbye_first[ORDER_EVENTS_MAX] = {{1, ORDER_GOODBYE}, {0, ORDER_HELLO}};
	const struct order_event hello_first[ORDER_EVENTS_MAX] = {{0, ORDER_HELLO}, {1, ORDER_GOODBYE}};

	(void)state;
	assert_int_equal(kept(ORDER_SAY, threads.capabilities, goodbye_first), 2);
	assert_int_equal(kept(ORDER_SAY, threads.capabilities, hello_first), 0);
	assert_int_equal(kept(ORDER_SAY, alone.capabilities, hello_first), 2);
	assert_int_equal(kept(ORDER_SAY, alone.capabilities, goodbye_first), 0);
}

static void sleeps_add_up_in_turn(void **state)
{
	(void)state;
	assert_int_equal(expected(&order_spec, PAIRS("unit=10ms"), threads).bound_ns, 10 * NS_PER_MS);
	assert_int_equal(expected(&order_spec, PAIRS("unit=10ms"), alone).bound_ns, 30 * NS_PER_MS);
	assert_int_equal(expected(&order_spec, PAIRS("unit=10ms", "example=say"), threads).bound_ns, 20 * NS_PER_MS);
	assert_int_equal(expected(&order_spec, PAIRS("unit=10ms", "example=say"), alone).bound_ns, 30 * NS_PER_MS);
	assert_int_equal(expected(&order_spec, PAIRS("example=say"), alone).checksum,
			 order_checksum(0, ORDER_HELLO) + order_checksum(1, ORDER_GOODBYE));
	assert_int_equal(expected(&order_spec, PAIRS("example=count"), alone).operations, 6);
	assert_admitted(&order_spec, PAIRS("example=count"), pool_of(3));
	assert_admitted(&order_spec, PAIRS("example=say"), pool_of(2));
	assert_not_admitted(&order_spec, PAIRS("example=count"), pool_of(2), "only 2 of 3 tasks are under way");
	assert_not_admitted(&order_spec, PAIRS("example=say"), pool_of(1), "neither order is promised");
}

static void a_row_is_added_up(void **state)
{
	uint64_t sum = 0;

	(void)state;
	for (uint64_t numbers = 1; numbers < 10; sum += numbers++) {
		struct values values = taken(&range_spec, PAIRS(NULL));
		struct expectation expectation;

		values.value[RANGE_NUMBERS] = numbers;
		range_spec.expect(&values, coroutines, &expectation);
		assert_int_equal(expectation.checksum, sum);
		assert_int_equal(expectation.operations, numbers);
	}
	assert_int_equal(expected(&range_spec, PAIRS(NULL), coroutines).checksum, UINT64_C(49999995000000));
}

static void a_generator_needs_two_at_once(void **state)
{
	(void)state;
	assert_admitted(&range_spec, PAIRS("mode=eager"), alone);
	assert_admitted(&range_spec, PAIRS("mode=lazy"), pool_of(2));
	assert_not_admitted(&range_spec, PAIRS("mode=lazy"), alone, "none can stop after each number");
	assert_not_admitted(&range_spec, PAIRS("mode=eager"), pool_of(1), "one that makes and one that takes");
	/* What the profiles' limits go by. */
	assert_true(expected(&range_spec, PAIRS("mode=lazy"), threads).estimate_ns > 60 * NS_PER_S);
	assert_true(expected(&range_spec, PAIRS("mode=lazy"), coroutines).estimate_ns < 10 * NS_PER_S);
	assert_true(expected(&range_spec, PAIRS("mode=eager"), threads).estimate_ns < NS_PER_S);
}

static void appends_overlap_as_far_as_calls_can_block(void **state)
{
	const struct stage awaiting = {.cores = 1, .capabilities = coroutines.capabilities | RUNTIME_FILES};
	const struct stage carried = {
		.cores = 2, .capabilities = coroutines.capabilities | RUNTIME_PARALLEL | RUNTIME_WORKERS, .workers = 3};

	(void)state;
	assert_int_equal(expected(&files_spec, PAIRS("files=8", "appends=5", "slow=1ms"), threads).bound_ns,
			 5 * NS_PER_MS);
	assert_int_equal(expected(&files_spec, PAIRS("files=8", "appends=5", "slow=1ms"), coroutines).bound_ns,
			 8 * 5 * NS_PER_MS / 4);
	assert_int_equal(
		expected(&files_spec, PAIRS("files=8", "appends=5", "slow=1ms", "offload=no"), coroutines).bound_ns,
		8 * 5 * NS_PER_MS);
	assert_int_equal(
		expected(&files_spec, PAIRS("files=9", "appends=5", "slow=1ms", "offload=no"), carried).bound_ns,
		3 * 5 * NS_PER_MS);
	assert_int_equal(expected(&files_spec, PAIRS("files=8", "appends=5", "slow=1ms"), awaiting).bound_ns,
			 5 * NS_PER_MS);
	assert_int_equal(expected(&files_spec, PAIRS("files=8", "appends=5"), coroutines).bound_ns, 0);
}

static void files_are_counted_and_bounded(void **state)
{
	struct expectation files = expected(&files_spec, PAIRS("files=3", "appends=5", "size=100"), coroutines);

	(void)state;
	assert_int_equal(files.tasks, 4);
	assert_int_equal(files.operations, 3 * 6);
	assert_int_equal(files.bytes, 1500);
	assert_int_equal(files.checksum, files_token(0) + files_token(1) + files_token(2));
	assert_refused(&files_spec, PAIRS("files=256", "appends=10000", "size=1MiB"), "256 MiB");
	assert_not_admitted(&files_spec, PAIRS(NULL), alone, "nothing beats beside");
	assert_not_admitted(&files_spec, PAIRS(NULL), pool_of(1), "one task");
	assert_admitted(&files_spec, PAIRS(NULL), pool_of(2));
}

/* A kernel that schedules tasks needs no other threads. */
static void only_loops_call_elsewhere(void **state)
{
	const struct stage awaiting = {.cores = 1, .capabilities = coroutines.capabilities | RUNTIME_FILES};
	struct values yes = taken(&files_spec, PAIRS(NULL)), no = taken(&files_spec, PAIRS("offload=no"));

	(void)state;
	assert_true(files_offloads(&yes, coroutines));
	assert_true(files_offloads(&yes, locked));
	assert_false(files_offloads(&yes, threads));
	assert_false(files_offloads(&no, coroutines));
	assert_false(files_awaits(&yes, coroutines));
	assert_true(files_awaits(&yes, awaiting));
	assert_false(files_offloads(&yes, awaiting));
	assert_false(files_awaits(&no, awaiting));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_hog_is_foretold),
		cmocka_unit_test(beats_bound_a_hog_of_odd_slices),
		cmocka_unit_test(a_heart_beats_beside_a_hog),
		cmocka_unit_test(updates_are_lost_where_tasks_meet),
		cmocka_unit_test(a_counter_holds_no_more_than_was_added),
		cmocka_unit_test(ones_come_before_twos_or_in_turn),
		cmocka_unit_test(goodbye_comes_first_or_in_turn),
		cmocka_unit_test(sleeps_add_up_in_turn),
		cmocka_unit_test(a_row_is_added_up),
		cmocka_unit_test(a_generator_needs_two_at_once),
		cmocka_unit_test(appends_overlap_as_far_as_calls_can_block),
		cmocka_unit_test(files_are_counted_and_bounded),
		cmocka_unit_test(only_loops_call_elsewhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
