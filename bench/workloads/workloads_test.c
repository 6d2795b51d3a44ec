/* workloads_test.c: parameters, and the answers of the specs against independent ones. */
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
#include "counting/counting.h"
#include "counting/primes.h"

static void durations(void **state)
{
	static const struct {
		const char *text;
		uint64_t ns;
	} good[] = {{"0", 0},
		    {"17", 17},
		    {"50us", 50000},
		    {"5.5ms", 5500000},
		    {"2s", 2000000000},
		    {"0.25us", 250},
		    {"1.000s", NS_PER_S},
		    {"0.000000001s", 1},
		    {"7ns", 7},
		    {"18446744073s", UINT64_C(18446744073000000000)}};
	static const char *const bad[] = {
		"",      "us",   "-1",  "5 ms", "5m",           "1.5ns", "0.0000000001s",
		"1..5s", "5.ms", ".5s", "1e3",  "18446744074s", "5ms ",  "99999999999999999999"};
	uint64_t ns;

	(void)state;
	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
		assert_int_equal(duration_parse(good[i].text, &ns), 0);
		assert_int_equal(ns, good[i].ns);
	}
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_int_equal(duration_parse(bad[i], &ns), -EINVAL);
}

static void sizes_and_counts(void **state)
{
	uint64_t value;

	(void)state;
	assert_int_equal(size_parse("64KiB", &value), 0);
	assert_int_equal(value, 65536);
	assert_int_equal(size_parse("1.5KiB", &value), 0);
	assert_int_equal(value, 1536);
	assert_int_equal(size_parse("256M", &value), 0);
	assert_int_equal(value, 256 << 20);
	assert_int_equal(size_parse("1.5G", &value), 0);
	assert_int_equal(value, UINT64_C(3) << 29);
	assert_int_equal(size_parse("64kB", &value), -EINVAL);
	assert_int_equal(size_parse("64Mi", &value), -EINVAL);
	assert_int_equal(duration_parse("5m", &value), -EINVAL);
	assert_int_equal(count_parse("24", &value), 0);
	assert_int_equal(value, 24);
	assert_int_equal(count_parse("24us", &value), -EINVAL);
	assert_int_equal(count_parse("2.4", &value), -EINVAL);
}

static void formatting_reads_back(void **state)
{
	static const struct parameter duration = {.name = "d", .type = PARAMETER_DURATION, .most = UINT64_MAX};
	static const uint64_t values[] = {0, 1, 999, 1000, 50000, 5500000, NS_PER_S, 90 * NS_PER_S, UINT64_MAX};
	char text[PARAMETER_TEXT_MAX];
	uint64_t back;

	(void)state;
	for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
		parameter_format(&duration, values[i], text);
		assert_int_equal(duration_parse(text, &back), 0);
		assert_int_equal(back, values[i]);
	}
	parameter_format(&duration, 50000, text);
	assert_string_equal(text, "50us");
}

static int take(const struct workload_spec *spec, const char *pair, char reason[REASON_MAX])
{
	struct values values;
	char *pairs[] = {(char *)pair};

	return workload_values(spec, 1, pairs, &values, reason);
}

static void refusals_name_what_is_known(void **state)
{
	char reason[REASON_MAX];

	(void)state;
	assert_int_equal(take(&chess_spec, "bords=3", reason), -EINVAL);
	assert_non_null(strstr(reason, "unknown key 'bords'"));
	assert_non_null(strstr(reason, "boards, pairs, move"));
	assert_int_equal(take(&chess_spec, "boards", reason), -EINVAL);
	assert_non_null(strstr(reason, "not key=value"));
	assert_int_equal(take(&chess_spec, "=3", reason), -EINVAL);
	assert_int_equal(take(&chess_spec, "boards=0", reason), -EINVAL);
	assert_non_null(strstr(reason, "1 to 10000000"));
	assert_int_equal(take(&chess_spec, "move=fast", reason), -EINVAL);
	assert_non_null(strstr(reason, "a duration"));
	assert_int_equal(take(&chess_spec, "preset=kasparov", reason), -EINVAL);
	assert_non_null(strstr(reason, "one of polgar"));
	assert_int_equal(take(&counting_spec, "slices=90000", reason), 0);
	assert_int_equal(take(&counting_spec, "limit=100", reason), 0);
	assert_int_equal(take(&counting_spec, "limit=9", reason), -EINVAL);
}

static void polgar_is_scaled(void **state)
{
	char *pairs[] = {"scale=1000", "reply=1ms", "step=1000"};
	struct values values;
	char reason[REASON_MAX];

	(void)state;
	assert_int_equal(workload_values(&chess_spec, 3, pairs, &values, reason), 0);
	assert_int_equal(values.value[CHESS_BOARDS], 24);
	assert_int_equal(values.value[CHESS_MOVE], 5 * NS_PER_MS);
	assert_int_equal(values.value[CHESS_REPLY], NS_PER_MS);
}

/* 24 boards, 30 pairs, 50 us and 550 us, 1 ns a step: by hand in each comment. */
static void chess_bounds(void **state)
{
	char *pairs[] = {"step=1000", "boards=24", "masters=0"};
	const unsigned parallel = RUNTIME_INTERLEAVES | RUNTIME_PARALLEL;
	struct expectation expectation;
	struct values values;
	char reason[REASON_MAX];

	(void)state;
	assert_int_equal(workload_values(&chess_spec, 3, pairs, &values, reason), 0);
	chess_spec.expect(&values, (struct stage){.cores = 1, .capabilities = parallel}, &expectation);
	assert_int_equal(expectation.bound_ns, 24 * 30 * 50000 + 550000); /* the master never rests */
	assert_int_equal(expectation.operations, 720);
	chess_spec.expect(&values, (struct stage){.cores = 8, .capabilities = parallel}, &expectation);
	assert_int_equal(expectation.bound_ns, 30 * 600000); /* one game */
	chess_spec.expect(&values, (struct stage){.cores = 8, .capabilities = RUNTIME_INTERLEAVES}, &expectation);
	assert_int_equal(expectation.bound_ns, 24 * 30 * 50000 + 550000); /* one core computes */
	values.value[CHESS_MASTERS] = 1;
	chess_spec.expect(&values, (struct stage){.cores = 8, .capabilities = parallel}, &expectation);
	assert_int_equal(expectation.bound_ns, 24 * 30 * 50000 + 550000); /* one master */
	chess_spec.expect(&values, (struct stage){.cores = 1}, &expectation);
	assert_int_equal(expectation.estimate_ns, 24 * 30 * 600000); /* one after another */
}

static void moves_are_foretold(void **state)
{
	static const uint64_t steps[] = {0, 1, 2, 3, 64, 1000, 12345};

	(void)state;
	for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++)
		assert_int_equal(chess_move(chess_opening(i), steps[i]),
				 chess_move_foretold(chess_opening(i), chess_jump(steps[i])));
	/* One step from 1 by hand: 6364136223846793005 + 1442695040888963407. */
	assert_int_equal(chess_move(1, 1), UINT64_C(7806831264735756412));
	assert_true(chess_step_ps() > 0);
}

/* pi(n) at powers of ten: OEIS A006880. Sums of primes below: OEIS A046731. */
static void primes_are_known(void **state)
{
	static const struct {
		uint64_t limit, count, sum;
	} known[] = {{10, 4, 17},
		     {100, 25, 1060},
		     {1000, 168, 76127},
		     {10000, 1229, 5736396},
		     {100000, 9592, 454396537},
		     {1000000, 78498, UINT64_C(37550402023)}};

	(void)state;
	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
		struct primes sieved, divided = {.count = 2, .sum = 2 + 3};

		primes_by_sieve(known[i].limit, &sieved);
		primes_by_division(0, candidates_below(known[i].limit), &divided);
		assert_int_equal(sieved.count, known[i].count);
		assert_int_equal(sieved.sum, known[i].sum);
		assert_int_equal(divided.count, known[i].count);
		assert_int_equal(divided.sum, known[i].sum);
	}
	assert_true(primes_division_ps() > 0);
}

/* The sieve's count of divisions against counting them one by one. */
static void divisions_are_counted(void **state)
{
	struct primes sieved;
	uint64_t divisions = 0;

	(void)state;
	for (uint64_t i = 0; i < candidates_below(20000); i++)
		for (uint32_t number = candidate_number(i), divisor = 5; divisor * divisor <= number; divisor += 6) {
			divisions++;
			if (number % divisor == 0)
				break;
			divisions++;
			if (number % (divisor + 2) == 0)
				break;
		}
	primes_by_sieve(20000, &sieved);
	assert_int_equal(sieved.divisions, divisions);
}

static void candidates_are_prime_to_six(void **state)
{
	uint64_t index = 0;

	(void)state;
	for (uint32_t number = 5; number < 1000; number++) {
		assert_int_equal(candidates_below(number), index);
		if (number % 2 != 0 && number % 3 != 0)
			assert_int_equal(candidate_number(index++), number);
	}
}

static void every_spec_is_whole(void **state)
{
	(void)state;
	for (int i = 0; workloads[i]; i++) {
		const struct workload_spec *spec = workloads[i];

		assert_ptr_equal(workload_find(spec->name), spec);
		assert_true(spec->question && spec->operation && spec->bound_text);
		assert_true(spec->resolve && spec->admit && spec->expect);
		for (int j = 0; spec->parameters[j].name; j++) {
			assert_non_null(spec->parameters[j].help);
			if (spec->parameters[j].calibrate)
				assert_true(spec->parameters[j].calibrate() > 0);
		}
	}
	assert_null(workload_find("checkers"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(durations),
		cmocka_unit_test(sizes_and_counts),
		cmocka_unit_test(formatting_reads_back),
		cmocka_unit_test(refusals_name_what_is_known),
		cmocka_unit_test(polgar_is_scaled),
		cmocka_unit_test(chess_bounds),
		cmocka_unit_test(moves_are_foretold),
		cmocka_unit_test(primes_are_known),
		cmocka_unit_test(divisions_are_counted),
		cmocka_unit_test(candidates_are_prime_to_six),
		cmocka_unit_test(every_spec_is_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
