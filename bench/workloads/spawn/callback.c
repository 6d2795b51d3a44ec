/* callback.c: spawn in the callback dialect. A task is a request and the functions that are called with it; nobody
 * joins it: the last task of a batch begins the next batch. */
#include <errno.h>
#include <stdlib.h>

#include "../../../runtimes/callback.h"
#include "../../../runtimes/clock.h"
#include "../../player/play.h"
#include "spawn.h"

struct child {
	struct callback_request request;
	struct crowd *crowd;
	uint8_t *mark;
};

struct crowd {
	struct play *play;
	callback_function *body;
	uint64_t tasks, batch;
	uint64_t spawned, ended; /* tasks */
	uint8_t *marks;
	uint64_t begun_ns;   /* 0 while the memory is warmed up */
	struct child *child; /* of one batch */
};

static void end_batch(struct crowd *crowd);

static void empty(struct callback_request *request)
{
	struct child *child = callback_owner(request, struct child, request);
	struct crowd *crowd = child->crowd;

	spawn_leave_mark(child->mark);
	if (++crowd->ended == crowd->spawned)
		end_batch(crowd);
}

static void yielding(struct callback_request *request)
{
	callback_soon(request, empty);
}

static void spawn_batch(struct crowd *crowd)
{
	uint64_t left = crowd->tasks - crowd->spawned, size = left < crowd->batch ? left : crowd->batch;

	for (uint64_t i = 0; i < size; i++) {
		crowd->child[i].crowd = crowd;
		crowd->child[i].mark = spawn_mark_of(crowd->begun_ns ? crowd->marks : NULL, crowd->spawned + i);
		callback_soon(&crowd->child[i].request, crowd->body);
	}
	crowd->spawned += size;
}

static void begin(struct crowd *crowd)
{
	crowd->tasks = play_value(crowd->play, SPAWN_TASKS);
	crowd->spawned = crowd->ended = 0;
	crowd->begun_ns = play_begin(crowd->play);
	spawn_batch(crowd);
}

static void end_batch(struct crowd *crowd)
{
	if (crowd->ended < crowd->tasks)
		spawn_batch(crowd);
	else if (crowd->begun_ns == 0)
		begin(crowd);
	else
		spawn_report(crowd->play, crowd->ended, crowd->marks, crowd->begun_ns, clock_now());
}

static void start(void *argument)
{
	struct crowd *crowd = argument;

	if (play_value(crowd->play, SPAWN_MEMORY) == SPAWN_COLD) {
		begin(crowd);
		return;
	}
	crowd->tasks = crowd->batch;
	spawn_batch(crowd);
}

static int run(struct play *play)
{
	uint64_t batch = play_value(play, SPAWN_BATCH);
	struct crowd crowd = {
		.play = play,
		.body = play_value(play, SPAWN_BODY) == SPAWN_YIELD ? yielding : empty,
		.batch = batch,
		.marks = calloc(spawn_marks(play_value(play, SPAWN_TASKS)), 1),
		.child = malloc(batch * sizeof(struct child)),
	};
	int error;

	if (!crowd.marks || !crowd.child)
		play_refuse(play, "memory", ENOMEM);
	error = callback_run(start, &crowd);
	free(crowd.child);
	free(crowd.marks);
	return error;
}

const struct callback_body spawn_callback = {.spec = &spawn_spec, .run = run};
