/* async.c: idle in the async dialect. A task's memory is its frame, which is first touched when it is spawned. */
#include <errno.h>
#include <stdlib.h>

#include "../../../runtimes/async.h"
#include "../../../runtimes/clock.h"
#include "../../player/play.h"
#include "idle.h"

/* The frame of a task. Which of them it is follows from its place. */
struct sleeper {
	struct async async;
	uint64_t deadline_ns, slept; /* slept: times */
};

/* What the tasks share, and the frame of the first one. */
static struct dormitory {
	struct async async;
	struct async part, joining; /* the frames of calls */
	struct play *play;
	bool gated; /* start=gate */
	struct async_gate rehearsal, gate;
	struct night night;
	struct sleeper *sleeper; /* one a task */
	uint64_t joined;         /* tasks that have ended, in their order */
} dormitory;

static enum async_state rehearse(struct async *self)
{
	ASYNC_BEGIN;
	AWAIT(async_gate_pass(self, &dormitory.rehearsal, (uint32_t)dormitory.night.tasks));
	ASYNC_END;
}

static enum async_state sleep_all(struct async *self)
{
	struct sleeper *sleeper = (struct sleeper *)self;
	struct night *night = &dormitory.night;

	ASYNC_BEGIN;
	if (dormitory.gated)
		AWAIT(async_gate_pass(self, &dormitory.gate, (uint32_t)night->tasks));
	for (sleeper->slept = 0; sleeper->slept < night->sleeps; sleeper->slept++) {
		sleeper->deadline_ns = clock_now() + night->sleep_ns;
		AWAIT(async_sleep_until(self, sleeper->deadline_ns));
		night_note(night, &night->late_ns[sleeper - dormitory.sleeper], sleeper->deadline_ns);
	}
	ASYNC_END;
}

static void spawn_all(async_function *function)
{
	for (uint64_t i = 0; i < dormitory.night.tasks; i++)
		async_spawn(&dormitory.sleeper[i].async, function);
}

static enum async_state join_all(struct async *self)
{
	ASYNC_BEGIN;
	for (dormitory.joined = 0; dormitory.joined < dormitory.night.tasks; dormitory.joined++)
		AWAIT(async_join(self, &dormitory.sleeper[dormitory.joined].async));
	ASYNC_END;
}

/* As many tasks as will sleep live at once, wait, and end: their memory is known to the machine afterwards. */
static enum async_state warm_up(struct async *self)
{
	ASYNC_BEGIN;
	spawn_all(rehearse);
	AWAIT(async_gate_await(self, &dormitory.rehearsal, (uint32_t)dormitory.night.tasks));
	async_gate_open(&dormitory.rehearsal);
	AWAIT(async_call(self, &dormitory.joining, join_all));
	ASYNC_END;
}

static enum async_state start_at_gate(struct async *self)
{
	struct night *night = &dormitory.night;

	ASYNC_BEGIN;
	night->created_ns = clock_now();
	spawn_all(sleep_all);
	AWAIT(async_gate_await(self, &dormitory.gate, (uint32_t)night->tasks));
	night->created_ns = clock_now() - night->created_ns;
	night->begun_ns = play_begin(dormitory.play);
	async_gate_open(&dormitory.gate);
	ASYNC_END;
}

static enum async_state start_at_spawn(struct async *self)
{
	(void)self;
	dormitory.night.begun_ns = play_begin(dormitory.play);
	spawn_all(sleep_all);
	return ASYNC_DONE;
}

static enum async_state spend_night(struct async *self)
{
	struct night *night = &dormitory.night;

	ASYNC_BEGIN;
	if (play_value(dormitory.play, IDLE_MEMORY) == IDLE_WARM)
		AWAIT(async_call(self, &dormitory.part, warm_up));
	AWAIT(async_call(self, &dormitory.part, dormitory.gated ? start_at_gate : start_at_spawn));
	AWAIT(async_call(self, &dormitory.joining, join_all));
	night_report(dormitory.play, night, dormitory.joined, night->tasks, 0);
	ASYNC_END;
}

static int run(struct play *play)
{
	uint64_t tasks = play_value(play, IDLE_TASKS), *late_ns = malloc(tasks * sizeof *late_ns);
	int error;

	dormitory.play = play;
	dormitory.gated = play_value(play, IDLE_START) == IDLE_GATE;
	dormitory.sleeper = malloc(tasks * sizeof *dormitory.sleeper);
	if (!late_ns || !dormitory.sleeper)
		play_refuse(play, "memory", ENOMEM);
	night_open(&dormitory.night, play, late_ns);
	error = async_run(&dormitory.async, spend_night);
	free(dormitory.sleeper);
	free(late_ns);
	return error;
}

const struct async_body idle_async = {.spec = &idle_spec, .run = run};
