/* order_test.c: the order of playing: known sequences, permutations, rounds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../driver/order.h"

/* The first outputs of splitmix64 for the seed 1234567, from a second implementation of its published definition. */
static void prng_is_splitmix64(void **state)
{
	static const uint64_t known[] = {
		UINT64_C(6457827717110365317), UINT64_C(3203168211198807973),  UINT64_C(9817491932198370423),
		UINT64_C(4593380528125082431), UINT64_C(16408922859458223821),
	};
	struct prng prng = {.state = 1234567};

	(void)state;
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		assert_int_equal(prng_next(&prng), known[i]);
}

static void below_stays_below_and_reaches_all(void **state)
{
	struct prng prng = {.state = 1};
	unsigned seen[7] = {0};

	(void)state;
	for (int i = 0; i < 7000; i++) {
		uint64_t drawn = prng_below(&prng, 7);

		assert_true(drawn < 7);
		seen[drawn]++;
	}
	for (int i = 0; i < 7; i++) /* 1000 each, and a deviation of 29: six of them are allowed */
		assert_in_range(seen[i], 824, 1176);
	assert_int_equal(prng_below(&prng, 1), 0);
}

/* All six orders of three cells come about equally often. */
static void shuffle_is_uniform(void **state)
{
	struct prng prng = {.state = 7};
	unsigned seen[27] = {0}, orders = 0;

	(void)state;
	for (int i = 0; i < 6000; i++) {
		struct turn turns[3] = {{.cell = 0}, {.cell = 1}, {.cell = 2}};

		order_shuffle(&prng, turns, 3);
		seen[turns[0].cell * 9 + turns[1].cell * 3 + turns[2].cell]++;
	}
	for (int i = 0; i < 27; i++)
		if (seen[i] > 0) {
			assert_in_range(seen[i], 800, 1200);
			orders++;
		}
	assert_int_equal(orders, 6);
}

static void order_is_known(void **state)
{
	static const size_t known[] = {4, 1, 2, 0, 3, 2, 4, 3, 0, 1};
	struct turn turns[10];

	(void)state;
	order_make(5, 5, 2, turns);
	for (size_t i = 0; i < 10; i++)
		assert_int_equal(turns[i].cell, known[i]);
}

static void rounds_hold_every_cell_once(void **state)
{
	enum { CELLS = 40, REPETITIONS = 6 };
	static struct turn turns[CELLS * REPETITIONS], again[CELLS * REPETITIONS], other[CELLS * REPETITIONS];
	size_t differing = 0;

	(void)state;
	order_make(99, CELLS, REPETITIONS, turns);
	for (unsigned round = 0; round < REPETITIONS; round++) {
		unsigned seen[CELLS] = {0};

		for (size_t i = 0; i < CELLS; i++) {
			assert_int_equal(turns[round * CELLS + i].repetition, round);
			assert_int_equal(seen[turns[round * CELLS + i].cell]++, 0);
		}
	}
	order_make(99, CELLS, REPETITIONS, again);
	order_make(100, CELLS, REPETITIONS, other);
	for (size_t i = 0; i < CELLS * REPETITIONS; i++) {
		assert_int_equal(turns[i].cell, again[i].cell);
		differing += turns[i].cell != other[i].cell;
	}
	assert_true(differing > CELLS);
	order_make(1, 0, 3, turns); /* nothing to do is fine */
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(prng_is_splitmix64),          cmocka_unit_test(below_stays_below_and_reaches_all),
		cmocka_unit_test(shuffle_is_uniform),          cmocka_unit_test(order_is_known),
		cmocka_unit_test(rounds_hold_every_cell_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
