/* loop.c: see loop.h. The clock is read once a look, and again after a wait. */
#include "loop.h"

#include "../check.h"
#include "../clock.h"

#include <string.h>

int loop_open(struct loop *loop)
{
	*loop = (struct loop){.looked_at = clock_now()};
	int error = loop_queue_open(&loop->ready);

	if (error < 0)
		return error;
	if ((error = wait_table_open(&loop->words)) < 0)
		goto close_queue;
	if ((error = poller_open(&loop->poller)) < 0)
		goto close_words;
	return 0;
close_words:
	wait_table_close(&loop->words);
close_queue:
	loop_queue_close(&loop->ready);
	return error;
}

void loop_close(struct loop *loop)
{
	poller_close(&loop->poller);
	wait_table_close(&loop->words);
	timers_close(&loop->timers);
	loop_queue_close(&loop->ready);
}

/* Grants as many entries as will take LOOP_LOOK_NS if they take as long as the last ones did; at most twice as many as
 * last time, since a few short turns say little about the next ones. */
static void grant(struct loop *loop, uint64_t now)
{
	uint64_t used = (uint64_t)(loop->granted - loop->allowance);
	uint64_t passed = now - loop->looked_at + 1;
	uint64_t fitting = LOOP_LOOK_NS * used / passed + 1;
	uint64_t most = loop->granted < LOOP_ALLOWANCE / 2 ? 2 * (uint64_t)loop->granted + 1 : LOOP_ALLOWANCE;

	if (used > 0)
		loop->granted = (int)(fitting < most ? fitting : most);
	loop->allowance = loop->granted;
	loop->round -= (int)used;
	loop->looked_at = now;
}

static bool outside_matters(const struct loop *loop)
{
	return timers_count(&loop->timers) > 0 || loop->poller.waiting > 0;
}

/* How long to wait, in ns: not at all if somebody is ready, else until the first timer. */
static uint64_t patience(const struct loop *loop, uint64_t now)
{
	if (!loop_queue_empty(&loop->ready))
		return 0;
	return timers_count(&loop->timers) ? timers_earliest(&loop->timers) - now : POLLER_FOREVER;
}

/* With nobody waiting for a descriptor, the plain sleep: it has an absolute time and the timer slack of the thread,
 * where the epoll calls have a relative time and a slack that grows with it. */
static void wait_outside(struct loop *loop, uint64_t timeout)
{
	if (loop->poller.waiting > 0) {
		int count = poller_poll(&loop->poller, timeout, &loop->ready);

		CHECK(count >= 0, "waiting for descriptors failed: %s", strerror(-count));
	} else if (timeout > 0) {
		struct timespec until = timespec_from_ns(timers_earliest(&loop->timers));

		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
	}
	if (timeout > 0)
		loop->looked_at = clock_now(); /* the time asleep was nobody's turn */
}

static bool round_is_over(const struct loop *loop)
{
	return loop_queue_empty(&loop->ready) || loop->round <= 0;
}

static void begin_round(struct loop *loop)
{
	size_t count = loop_queue_count(&loop->ready);

	loop->round = count < LOOP_ALLOWANCE ? (int)count : LOOP_ALLOWANCE;
}

struct loop_entry *loop_look(struct loop *loop)
{
	while (outside_matters(loop)) {
		uint64_t now = clock_now();

		grant(loop, now);
		timers_expire(&loop->timers, now, &loop->ready);
		if (round_is_over(loop)) {
			if (outside_matters(loop))
				wait_outside(loop, patience(loop, now));
			begin_round(loop);
		}
		if (!loop_queue_empty(&loop->ready))
			break;
	}
	if (!outside_matters(loop))
		loop->allowance = loop->granted = LOOP_FIRST_ALLOWANCE;
	if (loop_queue_empty(&loop->ready))
		return NULL;
	loop->allowance--;
	return loop_queue_pop(&loop->ready);
}
