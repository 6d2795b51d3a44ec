/* direct.c: spawn in the direct dialect. The reference for the other dialects.
 *
 * Nothing between play_begin() and play_end() but spawning and joining: handles and marks are touched before. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../../../runtimes/clock.h"
#include "../../../runtimes/task.h"
#include "../../player/play.h"
#include "spawn.h"

struct crowd {
	struct play *play;
	task_function *body;
	uint64_t tasks, batch;
	uint8_t *marks;      /* task_shared(); one in SPAWN_MARK_EVERY tasks counts itself here */
	struct task *handle; /* of one batch; the first task's own */
	struct task single;  /* that of a batch of one: on the stack, since another page that is written after a fork */
			     /* would be a page fault that the bare call does not have */
	uint64_t joined;
};

static void empty(void *mark)
{
	spawn_leave_mark(mark);
}

static void yielding(void *mark)
{
	task_yield();
	empty(mark);
}

/* Creates the tasks [first, end), then joins them. */
static void run_batch(struct crowd *crowd, uint64_t first, uint64_t end, uint8_t *marks)
{
	for (uint64_t i = first; i < end; i++) {
		int error = task_spawn(&crowd->handle[i - first], crowd->body, spawn_mark_of(marks, i));

		if (error < 0)
			play_refuse_at(crowd->play, "tasks", -error, i - first);
	}
	for (uint64_t i = first; i < end; i++)
		crowd->joined += task_join(crowd->handle[i - first]) >= 0;
}

static void run_batches(struct crowd *crowd)
{
	uint64_t first = 0;

	for (; crowd->tasks - first > crowd->batch; first += crowd->batch)
		run_batch(crowd, first, first + crowd->batch, crowd->marks);
	run_batch(crowd, first, crowd->tasks, crowd->marks);
}

static void set_up(struct play *play, struct crowd *crowd)
{
	*crowd = (struct crowd){
		.play = play,
		.body = play_value(play, SPAWN_BODY) == SPAWN_YIELD ? yielding : empty,
		.tasks = play_value(play, SPAWN_TASKS),
		.batch = play_value(play, SPAWN_BATCH),
	};
	crowd->marks = task_shared(spawn_marks(crowd->tasks));
	crowd->handle = crowd->batch == 1 ? &crowd->single : malloc(crowd->batch * sizeof *crowd->handle);
	if (!crowd->marks || !crowd->handle)
		play_refuse(play, "memory", ENOMEM);
	memset(crowd->marks, 0, spawn_marks(crowd->tasks));
	memset(crowd->handle, 0xff, crowd->batch * sizeof *crowd->handle); /* no page of it is new to the timed part */
	if (play_value(play, SPAWN_MEMORY) == SPAWN_WARM)
		run_batch(crowd, 0, crowd->batch, NULL);
	crowd->joined = 0;
}

static void spawn_main(void *argument)
{
	struct play *play = argument;
	struct crowd crowd;
	uint64_t begun_ns;

	set_up(play, &crowd);
	begun_ns = play_begin(play);
	run_batches(&crowd);
	spawn_report(play, crowd.joined, crowd.marks, begun_ns, clock_now());
	if (crowd.handle != &crowd.single)
		free(crowd.handle);
}

const struct direct_body spawn_direct = {.spec = &spawn_spec, .main = spawn_main};
