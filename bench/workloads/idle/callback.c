/* callback.c: idle in the callback dialect. A task's memory is its request, which is first touched when it is asked
 * for.
 */
#include <errno.h>
#include <stdlib.h>

#include "../../../runtimes/callback.h"
#include "../../../runtimes/clock.h"
#include "../../player/play.h"
#include "idle.h"

/* A task. Which of them it is follows from its place. */
struct sleeper {
	struct callback_request request;
	uint64_t deadline_ns, slept; /* slept: times */
};

static struct dormitory {
	struct play *play;
	struct night night;
	struct sleeper *sleeper; /* one a task */
	uint64_t arrived, ended; /* tasks */
} dormitory;

static void sleep_once(struct callback_request *request);

static void wake_up(struct callback_request *request)
{
	struct sleeper *sleeper = callback_owner(request, struct sleeper, request);
	struct night *night = &dormitory.night;

	if (request->result < 0)
		play_refuse(dormitory.play, "memory", (int)-request->result);
	night_note(night, &night->late_ns[sleeper - dormitory.sleeper], sleeper->deadline_ns);
	if (++sleeper->slept < night->sleeps)
		sleep_once(request);
	else if (++dormitory.ended == night->tasks)
		night_report(dormitory.play, night, dormitory.ended, night->tasks, 0);
}

static void sleep_once(struct callback_request *request)
{
	struct sleeper *sleeper = callback_owner(request, struct sleeper, request);

	sleeper->deadline_ns = clock_now() + dormitory.night.sleep_ns;
	callback_at(request, sleeper->deadline_ns, wake_up);
}

static void go_to_bed(struct callback_request *request)
{
	callback_owner(request, struct sleeper, request)->slept = 0;
	sleep_once(request);
}

static void ask_all(callback_function *function)
{
	for (uint64_t i = 0; i < dormitory.night.tasks; i++)
		callback_soon(&dormitory.sleeper[i].request, function);
}

/* A task is there. The last of them begins the play for all. */
static void arrive(struct callback_request *request)
{
	struct night *night = &dormitory.night;

	(void)request;
	if (++dormitory.arrived < night->tasks)
		return;
	night->created_ns = clock_now() - night->created_ns;
	night->begun_ns = play_begin(dormitory.play);
	ask_all(go_to_bed);
}

static void start_night(void)
{
	struct night *night = &dormitory.night;

	dormitory.arrived = 0;
	if (play_value(dormitory.play, IDLE_START) == IDLE_GATE) {
		night->created_ns = clock_now();
		ask_all(arrive);
	} else {
		night->begun_ns = play_begin(dormitory.play);
		ask_all(go_to_bed);
	}
}

static void rehearse(struct callback_request *request)
{
	(void)request;
	if (++dormitory.arrived == dormitory.night.tasks)
		start_night();
}

static void start(void *argument)
{
	(void)argument;
	if (play_value(dormitory.play, IDLE_MEMORY) == IDLE_WARM)
		ask_all(rehearse);
	else
		start_night();
}

static int run(struct play *play)
{
	uint64_t tasks = play_value(play, IDLE_TASKS), *late_ns = malloc(tasks * sizeof *late_ns);
	int error;

	dormitory.play = play;
	dormitory.sleeper = malloc(tasks * sizeof *dormitory.sleeper);
	if (!late_ns || !dormitory.sleeper)
		play_refuse(play, "memory", ENOMEM);
	night_open(&dormitory.night, play, late_ns);
	error = callback_run(start, NULL);
	free(dormitory.sleeper);
	free(late_ns);
	return error;
}

const struct callback_body idle_callback = {.spec = &idle_spec, .run = run};
