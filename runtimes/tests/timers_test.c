/* timers_test.c: the heap of timers gives every entry back, in the order of their times, and not before. */
#include "../event_loop/timers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

/* A timer's own time beside its entry, to be compared when it comes out. */
struct expected {
	struct loop_entry entry;
	uint64_t time;
};

static uint64_t random_next(uint64_t *state)
{
	*state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return *state >> 33;
}

static void add_all(struct timers *timers, struct expected *all, size_t count, uint64_t range)
{
	uint64_t state = 1;

	for (size_t i = 0; i < count; i++) {
		all[i] = (struct expected){.time = random_next(&state) % range};
		assert_int_equal(timers_add(timers, all[i].time, &all[i].entry), 0);
	}
	assert_int_equal(timers_count(timers), count);
}

static size_t check_order(struct loop_queue *ready, uint64_t *latest, uint64_t now)
{
	size_t count = 0;

	for (; !loop_queue_empty(ready); count++) {
		const struct expected *out = (const struct expected *)loop_queue_pop(ready);

		assert_true(out->time >= *latest);
		assert_true(out->time <= now);
		*latest = out->time;
	}
	return count;
}

static void play(size_t count, uint64_t range)
{
	struct timers timers = {0};
	struct loop_queue ready;
	struct expected *all = calloc(count, sizeof(*all));
	uint64_t latest = 0;
	size_t seen = 0;

	assert_non_null(all);
	assert_int_equal(loop_queue_open(&ready), 0);
	add_all(&timers, all, count, range);
	for (uint64_t step = 1; step <= 10; step++) {
		uint64_t now = range * step / 10;

		timers_expire(&timers, now, &ready);
		seen += check_order(&ready, &latest, now);
		assert_int_equal(timers_count(&timers) + seen, count);
		if (timers_count(&timers))
			assert_true(timers_earliest(&timers) > now);
	}
	assert_int_equal(seen, count);
	timers_close(&timers);
	loop_queue_close(&ready);
	free(all);
}

static void every_small_number(void **state)
{
	(void)state;
	for (size_t count = 1; count < 200; count++)
		play(count, 1000);
}

static void equal_times(void **state)
{
	(void)state;
	play(5000, 1);
	play(5000, 3);
}

static void a_million(void **state)
{
	(void)state;
	play(1000000, UINT64_C(1) << 31);
}

/* Sleepers come and go: each one that expires adds another one. */
static void steady_traffic(void **state)
{
	enum { COUNT = 1000, ROUNDS = 100000 };
	struct expected all[COUNT];
	struct timers timers = {0};
	struct loop_queue ready;
	uint64_t random = 7, latest = 0;

	(void)state;
	assert_int_equal(loop_queue_open(&ready), 0);
	add_all(&timers, all, COUNT, 1000);
	for (int round = 0; round < ROUNDS; round++) {
		timers_expire(&timers, timers_earliest(&timers), &ready);
		while (!loop_queue_empty(&ready)) {
			struct expected *out = (struct expected *)loop_queue_pop(&ready);

			assert_true(out->time >= latest);
			latest = out->time;
			out->time += 1 + random_next(&random) % 1000;
			assert_int_equal(timers_add(&timers, out->time, &out->entry), 0);
		}
	}
	assert_int_equal(timers_count(&timers), COUNT);
	timers_close(&timers);
	loop_queue_close(&ready);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_small_number),
		cmocka_unit_test(equal_times),
		cmocka_unit_test(a_million),
		cmocka_unit_test(steady_traffic),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
