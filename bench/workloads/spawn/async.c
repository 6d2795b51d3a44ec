/* async.c: spawn in the async dialect. A task's memory is its frame: the frames of one batch are kept for all, and
 * first touched where they are spawned, which is what memory=cold times. */
#include <errno.h>
#include <stdlib.h>

#include "../../../runtimes/async.h"
#include "../../../runtimes/clock.h"
#include "../../player/play.h"
#include "spawn.h"

/* The frame of a task. */
struct child {
	struct async async;
	uint8_t *mark;
};

/* The frame of a call: batches, one after another, until so many tasks have ended. */
struct batches {
	struct async async;
	async_function *body;
	uint64_t tasks, batch;
	uint8_t *marks;        /* NULL: no task leaves one */
	struct child *child;   /* of one batch */
	uint64_t ended;        /* tasks of all batches before this one */
	uint64_t size, joined; /* tasks of this batch, and those of them that have ended */
};

/* The frame of the first task. */
struct crowd {
	struct async async;
	struct play *play;
	uint8_t *marks;
	uint64_t begun_ns;
	struct batches batches;
};

static enum async_state empty(struct async *self)
{
	spawn_leave_mark(((struct child *)self)->mark);
	return ASYNC_DONE;
}

static enum async_state yielding(struct async *self)
{
	ASYNC_BEGIN;
	AWAIT(async_yield(self));
	spawn_leave_mark(((struct child *)self)->mark);
	ASYNC_END;
}

static void spawn_batch(struct batches *batches)
{
	uint64_t left = batches->tasks - batches->ended;

	batches->size = left < batches->batch ? left : batches->batch;
	for (uint64_t i = 0; i < batches->size; i++) {
		batches->child[i].mark = spawn_mark_of(batches->marks, batches->ended + i);
		async_spawn(&batches->child[i].async, batches->body);
	}
}

static enum async_state run_batches(struct async *self)
{
	struct batches *batches = (struct batches *)self;

	ASYNC_BEGIN;
	while (batches->ended < batches->tasks) {
		spawn_batch(batches);
		for (batches->joined = 0; batches->joined < batches->size; batches->joined++)
			AWAIT(async_join(self, &batches->child[batches->joined].async));
		batches->ended += batches->joined;
	}
	ASYNC_END;
}

static void make_ready(struct batches *batches, uint64_t tasks, uint8_t *marks)
{
	batches->tasks = tasks;
	batches->marks = marks;
	batches->ended = 0;
}

static enum async_state spawn_all(struct async *self)
{
	struct crowd *crowd = (struct crowd *)self;
	struct batches *batches = &crowd->batches;

	ASYNC_BEGIN;
	if (play_value(crowd->play, SPAWN_MEMORY) == SPAWN_WARM) {
		make_ready(batches, batches->batch, NULL);
		AWAIT(async_call(self, &batches->async, run_batches));
	}
	make_ready(batches, play_value(crowd->play, SPAWN_TASKS), crowd->marks);
	crowd->begun_ns = play_begin(crowd->play);
	AWAIT(async_call(self, &batches->async, run_batches));
	spawn_report(crowd->play, batches->ended, crowd->marks, crowd->begun_ns, clock_now());
	ASYNC_END;
}

static int run(struct play *play)
{
	uint64_t batch = play_value(play, SPAWN_BATCH);
	struct crowd crowd = {
		.play = play,
		.marks = calloc(spawn_marks(play_value(play, SPAWN_TASKS)), 1),
		.batches = {.body = play_value(play, SPAWN_BODY) == SPAWN_YIELD ? yielding : empty,
			    .batch = batch,
			    .child = malloc(batch * sizeof(struct child))},
	};
	int error;

	if (!crowd.marks || !crowd.batches.child)
		play_refuse(play, "memory", ENOMEM);
	error = async_run(&crowd.async, spawn_all);
	free(crowd.batches.child);
	free(crowd.marks);
	return error;
}

const struct async_body spawn_async = {.spec = &spawn_spec, .run = run};
