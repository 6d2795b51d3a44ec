/* census.c: see census.h. */
#include "census.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "../clock.h"
#include "../coroutine/scheduler.h"
#include "place.h"

#define TICK_NS (100 * NS_PER_MS)

/* Of this process. */
static struct {
	size_t turns; /* when it was last counted */
	uint32_t begun;
	uint32_t quiet_since; /* the round; 0: it is not */
} here;

static struct {
	struct task task;
	int timer;
	void (*deadlocked)(void);
} warden;

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
	if (atomic_load(&ground->places[place_here].counted) != atomic_load(&ground->round))
		answer(1); /* descriptors.c's receive() */
}

void census_tell_shortage(bool is_short)
{
	struct place *place = &ground->places[place_here];

	if (atomic_load(&place->is_short) != is_short)
		atomic_store(&place->is_short, is_short);
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
static bool was_quiet(uint32_t since, uint32_t round)
{
	return since > 0 && since + 1 < round;
}

static bool all_have_been_quiet(uint32_t round)
{
	for (uint32_t place = 0; place <= ground->workers; place++)
		if (!was_quiet(atomic_load(&ground->places[place].quiet_since), round))
			return false;
	return was_quiet(atomic_load(&ground->buried), round);
}

static _Noreturn void end_short(void)
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

/* Workers are asked only while this process has nothing to do. */
static void count(void)
{
	uint32_t round = atomic_load(&ground->round);

	answer(1 + ground->workers); /* the clerk, and descriptors.c's for each worker */
	if (!all_have_answered(round))
		return;
	if (all_have_been_quiet(round)) {
		if (any_is_short())
			end_short();
		warden.deadlocked();
	}
	if (here.quiet_since > 0)
		ask(round + 1);
}

static void watch(void *argument)
{
	uint64_t ticks[2]; /* more than there is to read: it is drained then */

	(void)argument;
	while (coroutine_read(warden.timer, ticks, sizeof(ticks)) > 0)
		count();
}

int census_open(void)
{
	warden.timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	return warden.timer < 0 ? -errno : 0;
}

void census_close(void)
{
	close(warden.timer);
	here.quiet_since = 0; /* the workers of a later run are copies */
}

int census_start(void (*deadlocked)(void))
{
	const struct timespec tick = {.tv_nsec = TICK_NS};
	int error = coroutine_adopt(warden.timer);

	if (error < 0)
		return error;
	warden.deadlocked = deadlocked;
	timerfd_settime(warden.timer, 0, &(struct itimerspec){.it_value = tick, .it_interval = tick}, NULL);
	return coroutine_spawn(&warden.task, watch, NULL);
}

void census_stop(void)
{
	coroutine_disown(warden.timer);
	coroutine_join(warden.task);
}
