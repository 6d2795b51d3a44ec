/* schedule_test.c: the schedule plays everything once, in the seeded order, whatever it is asked for first. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../driver/schedule.h"

enum { CELLS = 5, REPETITIONS = 4 };

/* A machine on paper: what was played, and what comes of a cell. */
struct paper {
	struct turn played[CELLS * REPETITIONS];
	size_t count;
	enum trial_status status[CELLS];
};

static void play(void *context, size_t cell, unsigned repetition, struct trial *trial)
{
	struct paper *paper = context;

	paper->played[paper->count++] = (struct turn){.cell = cell, .repetition = repetition};
	trial->status = paper->status[cell];
	trial->wall_ns = 100 * cell + repetition;
}

static struct paper blank(void)
{
	struct paper paper = {.count = 0};

	for (size_t i = 0; i < CELLS; i++)
		paper.status[i] = TRIAL_OK;
	return paper;
}

static void order_is_the_seeds(void **state)
{
	struct paper paper = blank();
	struct turn turns[CELLS * REPETITIONS];
	struct schedule schedule;

	(void)state;
	assert_int_equal(schedule_init(&schedule, 3, CELLS, REPETITIONS, play, &paper), 0);
	order_make(3, CELLS, REPETITIONS, turns);
	for (size_t cell = 0; cell < CELLS; cell++)
		for (unsigned repetition = 0; repetition < REPETITIONS; repetition++)
			assert_int_equal(schedule_result(&schedule, cell, repetition)->wall_ns,
					 100 * cell + repetition);
	assert_int_equal(paper.count, CELLS * REPETITIONS);
	for (size_t i = 0; i < paper.count; i++) {
		assert_int_equal(paper.played[i].cell, turns[i].cell);
		assert_int_equal(paper.played[i].repetition, turns[i].repetition);
	}
	schedule_clear(&schedule);
}

static void only_what_is_asked_for_first(void **state)
{
	struct paper paper = blank();
	struct schedule schedule;

	(void)state;
	assert_int_equal(schedule_init(&schedule, 3, CELLS, REPETITIONS, play, &paper), 0);
	schedule_result(&schedule, 2, 0);
	assert_in_range(paper.count, 1, CELLS);
	schedule_finish(&schedule);
	assert_int_equal(paper.count, CELLS * REPETITIONS);
	schedule_finish(&schedule);
	assert_int_equal(paper.count, CELLS * REPETITIONS);
	schedule_clear(&schedule);
}

static void known_results_are_not_played(void **state)
{
	struct paper paper = blank();
	struct schedule schedule;

	(void)state;
	assert_int_equal(schedule_init(&schedule, 3, CELLS, REPETITIONS, play, &paper), 0);
	schedule_trial(&schedule, 1, 2)->status = TRIAL_OK;
	schedule_trial(&schedule, 4, 0)->status = TRIAL_OK;
	schedule_finish(&schedule);
	assert_int_equal(paper.count, CELLS * REPETITIONS - 2);
	for (size_t i = 0; i < paper.count; i++)
		assert_false(paper.played[i].cell == 1 && paper.played[i].repetition == 2);
	schedule_clear(&schedule);
}

static void hopeless_cells_are_given_up(void **state)
{
	struct paper paper = blank();
	struct schedule schedule;
	unsigned played[CELLS] = {0};

	(void)state;
	paper.status[0] = TRIAL_FAILED;
	paper.status[1] = TRIAL_REFUSED;
	assert_int_equal(schedule_init(&schedule, 8, CELLS, REPETITIONS, play, &paper), 0);
	assert_int_equal(schedule_result(&schedule, 0, REPETITIONS - 1)->status, TRIAL_NONE);
	schedule_finish(&schedule);
	for (size_t i = 0; i < paper.count; i++)
		played[paper.played[i].cell]++;
	assert_int_equal(played[0], 2);
	assert_int_equal(played[1], 1);
	assert_int_equal(played[2], REPETITIONS);
	assert_true(schedule_gave_up(&schedule, 0));
	assert_true(schedule_gave_up(&schedule, 1));
	assert_false(schedule_gave_up(&schedule, 2));
	schedule_clear(&schedule);
}

static void a_stop_stops(void **state)
{
	struct paper paper = blank();
	struct schedule schedule;

	(void)state;
	assert_int_equal(schedule_init(&schedule, 8, CELLS, REPETITIONS, play, &paper), 0);
	paper.status[schedule.turns[3].cell] = TRIAL_STOPPED;
	schedule_finish(&schedule);
	assert_int_equal(paper.count, 4);
	assert_true(schedule.stopped);
	assert_int_equal(schedule_result(&schedule, schedule.turns[4].cell, schedule.turns[4].repetition)->status,
			 TRIAL_NONE);
	assert_int_equal(paper.count, 4);
	schedule_clear(&schedule);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(order_is_the_seeds),
		cmocka_unit_test(only_what_is_asked_for_first),
		cmocka_unit_test(known_results_are_not_played),
		cmocka_unit_test(hopeless_cells_are_given_up),
		cmocka_unit_test(a_stop_stops),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
