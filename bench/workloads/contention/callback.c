/* callback.c: contention in the callback dialect. A function is never interrupted, so an increment is lost only where
 * it is cut in two functions. Then a mutex helps, which is made here of the dialect's only means: who wants it and does
 * not get it is called when it is given back. */
#include <errno.h>
#include <stdlib.h>

#include "../../../runtimes/callback.h"
#include "../../../runtimes/clock.h"
#include "../../player/play.h"
#include "contention.h"

/* A task. */
struct contender {
	struct callback_request request;
	struct contest *contest;
	struct contender *next; /* behind this one, waiting for the mutex */
	uint64_t made;
	uint64_t value; /* read and not written yet */
};

struct contest {
	struct play *play;
	struct contention_counter counter;
	uint64_t tasks, increments;
	enum contention_mode mode;
	bool suspended;                 /* between the two halves of an increment */
	bool held;                      /* the mutex */
	struct contender *first, *last; /* who wait for it */
	uint64_t arrived, ended;        /* tasks */
	uint64_t begun_ns;
	struct contender *contender;
};

static struct contender *contender_of(struct callback_request *request)
{
	return callback_owner(request, struct contender, request);
}

static void report(const struct contest *contest)
{
	struct contention_sum sum = {.ended = contest->ended, .begun_ns = contest->begun_ns, .last_ns = clock_now()};

	for (uint64_t i = 0; i < contest->tasks; i++)
		sum.made += contest->contender[i].made;
	contention_report(contest->play, &sum, &contest->counter);
}

static void end(struct contest *contest)
{
	if (++contest->ended == contest->tasks)
		report(contest);
}

static void entered(struct callback_request *request);

/* False: the mutex is somebody else's; entered() will be called when it is this one's. */
static bool acquire(struct contender *contender)
{
	struct contest *contest = contender->contest;

	if (!contest->held)
		return contest->held = true;
	contender->next = NULL;
	if (contest->first)
		contest->last->next = contender;
	else
		contest->first = contender;
	contest->last = contender;
	return false;
}

/* The mutex goes to the longest waiting, and is free where nobody waits. */
static void release(struct contest *contest)
{
	struct contender *first = contest->first;

	contest->held = first != NULL;
	if (!first)
		return;
	contest->first = first->next;
	callback_soon(&first->request, entered);
}

static void write_back(struct contender *contender)
{
	struct contest *contest = contender->contest;

	contention_write(&contest->counter, contender->value + 1);
	contender->made++;
	if (contest->mode == CONTENTION_MUTEX)
		release(contest);
}

static void resumed(struct callback_request *request);

/* False: the second half comes later, in resumed(). */
static bool increment(struct contender *contender)
{
	contender->value = contention_read(&contender->contest->counter);
	if (contender->contest->suspended) {
		callback_soon(&contender->request, resumed);
		return false;
	}
	write_back(contender);
	return true;
}

/* Makes one increment after another, until one has to wait. */
static void go_on(struct contender *contender)
{
	struct contest *contest = contender->contest;

	while (contender->made < contest->increments)
		if ((contest->mode == CONTENTION_MUTEX && !acquire(contender)) || !increment(contender))
			return;
	end(contest);
}

static void entered(struct callback_request *request)
{
	if (increment(contender_of(request)))
		go_on(contender_of(request));
}

static void resumed(struct callback_request *request)
{
	write_back(contender_of(request));
	go_on(contender_of(request));
}

static void add_singly(struct callback_request *request)
{
	go_on(contender_of(request));
}

static void add_straight(struct callback_request *request)
{
	struct contender *contender = contender_of(request);
	struct contest *contest = contender->contest;

	contention_add(&contest->counter, contest->increments, contest->mode == CONTENTION_ATOMIC);
	contender->made = contest->increments;
	end(contest);
}

/* A task is there. The last of them begins the play for all. */
static void arrive(struct callback_request *request)
{
	struct contest *contest = contender_of(request)->contest;
	bool straight = contest->mode != CONTENTION_MUTEX && !contest->suspended;

	if (++contest->arrived < contest->tasks)
		return;
	contest->begun_ns = play_begin(contest->play);
	for (uint64_t i = 0; i < contest->tasks; i++)
		callback_soon(&contest->contender[i].request, straight ? add_straight : add_singly);
}

static void hold_contest(void *argument)
{
	struct contest *contest = argument;

	for (uint64_t i = 0; i < contest->tasks; i++) {
		contest->contender[i].contest = contest;
		callback_soon(&contest->contender[i].request, arrive);
	}
}

static int run(struct play *play)
{
	uint64_t tasks = play_value(play, CONTENTION_TASKS);
	struct contest contest = {
		.play = play,
		.tasks = tasks,
		.increments = play_value(play, CONTENTION_INCREMENTS),
		.mode = play_value(play, CONTENTION_MODE),
		.suspended = play_value(play, CONTENTION_SUSPEND) == CONTENTION_SUSPENDED,
		.contender = calloc(tasks, sizeof(struct contender)),
	};
	int error;

	if (!contest.contender)
		play_refuse(play, "memory", ENOMEM);
	error = callback_run(hold_contest, &contest);
	free(contest.contender);
	return error;
}

const struct callback_body contention_callback = {.spec = &contention_spec, .run = run};
