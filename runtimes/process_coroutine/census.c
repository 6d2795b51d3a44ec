/* census.c: see census.h. */
#include "census.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "../clock.h"
#include "../coroutine/scheduler.h"
#include "place.h"
#include "words.h"

#define ROUND_NS (50 * NS_PER_MS)

/* Of this process. */
static struct {
	size_t turns; /* when it was last counted */
	uint32_t begun;
	uint32_t quiet_since; /* the round; 0: it is not */
} here;

static struct task warden;

/* Answering. */

/* Nobody has had a turn since then but the task that counts, one. Jobs begin without becoming ready: their number
 * tells. */
static bool has_rested(size_t turns, uint32_t begun)
{
	return here.quiet_since > 0 && turns - here.turns <= 1 && begun == here.begun;
}

/* Descriptors: how many tasks of the runtime's own wait for other processes in the poller. */
static void answer(unsigned descriptors)
{
	struct place *place = &ground->places[place_here];
	uint32_t round = atomic_load(&ground->round), begun = atomic_load(&place->first);
	size_t turns;
	bool quiet = coroutine_quiet(descriptors, &turns) && !atomic_load(&place->notified);

	if (!quiet)
		here.quiet_since = 0;
	else if (!has_rested(turns, begun))
		here.quiet_since = atomic_load(&ground->round); /* which may have begun meanwhile: not before it */
	here.turns = turns;
	here.begun = begun;
	atomic_store(&place->quiet_since, here.quiet_since);
	atomic_store(&place->counted, round); /* after quiet_since: the warden reads it first */
}

void census_answer(void)
{
	if (atomic_load(&ground->round) > 0)
		answer(1); /* descriptors.c's receive() */
}

void census_tell_shortage(bool is_short)
{
	struct place *place = &ground->places[place_here];

	if (atomic_load(&place->is_short) == is_short)
		return;
	atomic_store(&place->is_short, is_short);
	if (!is_short)
		return;
	atomic_fetch_add(&ground->shortages, 1);
	words_wake(&ground->shortages, 1);
}

/* The warden. */

static bool any_is_short(void)
{
	for (uint32_t place = 1; place <= ground->workers; place++)
		if (atomic_load(&ground->places[place].is_short))
			return true;
	return false;
}

static void ask(uint32_t round)
{
	atomic_store(&ground->round, round);
	for (uint32_t place = 1; place <= ground->workers; place++)
		place_notify(place);
}

static bool all_have_answered(uint32_t round)
{
	for (uint32_t place = 0; place <= ground->workers; place++)
		if (atomic_load(&ground->places[place].counted) != round)
			return false;
	return true;
}

/* Since before the round that came before this one. */
static bool all_have_been_quiet(uint32_t round)
{
	for (uint32_t place = 0; place <= ground->workers; place++) {
		uint32_t since = atomic_load(&ground->places[place].quiet_since);

		if (since == 0 || since + 1 >= round)
			return false;
	}
	return true;
}

static _Noreturn void end_run(void)
{
	uint32_t left = 0;

	for (uint32_t place = 1; place <= ground->workers; place++)
		left += atomic_load(&ground->places[place].behind) - atomic_load(&ground->places[place].first);
	fprintf(stderr,
		"process-coroutine: there is no memory for %u tasks that are not begun, and all others wait: the run "
		"ends; raise the limit that was met or run fewer tasks\n",
		left);
	_exit(EXIT_FAILURE); /* and all others with it: kernel/supervision.h */
}

/* Until no worker is short, or the run ends. */
static void count(void)
{
	uint32_t round = atomic_load(&ground->round) + 1;

	ask(round);
	while (any_is_short() && !atomic_load(&ground->ending)) {
		coroutine_sleep_until(clock_now() + ROUND_NS);
		answer(1 + ground->workers); /* the clerk, and descriptors.c's for each worker */
		if (!all_have_answered(round))
			continue;
		if (any_is_short() && all_have_been_quiet(round))
			end_run();
		ask(++round);
	}
}

static void watch(void *argument)
{
	(void)argument;
	while (!atomic_load(&ground->ending)) {
		uint32_t seen = atomic_load(&ground->shortages);

		if (any_is_short())
			count();
		else
			words_wait(&ground->shortages, seen);
	}
}

int census_open(void)
{
	return coroutine_spawn(&warden, watch, NULL);
}

void census_close(void)
{
	atomic_fetch_add(&ground->shortages, 1);
	words_wake(&ground->shortages, 1);
	coroutine_join(warden);
	here.quiet_since = 0; /* the workers of a later run are copies */
}
