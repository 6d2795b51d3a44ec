/* direct.c: idle in the direct dialect. The reference for the other dialects.
 *
 * The workload's own memory, a handle and a word a task, is touched before any task exists and left out of
 * bytes_per_task. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../../../runtimes/clock.h"
#include "../../../runtimes/sync.h"
#include "../../../runtimes/task.h"
#include "../../player/play.h"
#include "idle.h"

/* task_shared(). */
struct dormitory {
	struct gate rehearsal, gate;
	uint32_t arrivals; /* at a gate before it opens; 0: it is open */
	struct night night;
	uint64_t late_ns[];
};

/* The first task's own; forked children inherit a copy. */
static struct dormitory *dormitory;

static void sleep_all(void *late_ns)
{
	const struct night *night = &dormitory->night;

	for (uint64_t i = 0; i < night->sleeps; i++) {
		uint64_t deadline_ns = clock_now() + night->sleep_ns;

		task_sleep_until(deadline_ns);
		night_note(&dormitory->night, late_ns, deadline_ns);
	}
}

static void wait_and_sleep(void *late_ns)
{
	gate_pass(&dormitory->gate, dormitory->arrivals);
	sleep_all(late_ns);
}

static void rehearse(void *unused)
{
	(void)unused;
	gate_pass(&dormitory->rehearsal, dormitory->arrivals);
}

static void spawn_all(struct play *play, struct task *handles, task_function *body)
{
	for (uint64_t i = 0; i < dormitory->night.tasks; i++) {
		int error = task_spawn(&handles[i], body, &dormitory->late_ns[i]);

		if (error < 0)
			play_refuse_at(play, "tasks", -error, i);
	}
}

static uint64_t join_all(struct task *handles)
{
	uint64_t joined = 0;

	for (uint64_t i = 0; i < dormitory->night.tasks; i++)
		joined += task_join(handles[i]) >= 0;
	return joined;
}

/* As many tasks as will sleep live at once, wait, and end: their memory is known to the machine afterwards. */
static void warm_up(struct play *play, struct task *handles)
{
	spawn_all(play, handles, rehearse);
	gate_await(&dormitory->rehearsal, dormitory->arrivals);
	gate_open(&dormitory->rehearsal);
	join_all(handles);
}

static struct task *set_up(struct play *play)
{
	uint64_t tasks = play_value(play, IDLE_TASKS);
	struct task *handles = malloc(tasks * sizeof *handles);

	dormitory = task_shared(sizeof *dormitory + tasks * sizeof dormitory->late_ns[0]);
	if (!dormitory || !handles)
		play_refuse(play, "memory", ENOMEM);
	night_open(&dormitory->night, play, dormitory->late_ns);
	memset(handles, 0xff, tasks * sizeof *handles); /* every page is there from now on */
	dormitory->arrivals = (uint32_t)stage_arrivals(play_stage(play), tasks);
	if (dormitory->arrivals == 0)
		atomic_store(&dormitory->rehearsal.open, 1);
	if (play_value(play, IDLE_MEMORY) == IDLE_WARM)
		warm_up(play, handles);
	return handles;
}

static void start_at_gate(struct play *play, struct task *handles)
{
	dormitory->night.created_ns = clock_now();
	spawn_all(play, handles, wait_and_sleep);
	gate_await(&dormitory->gate, dormitory->arrivals);
	dormitory->night.created_ns = clock_now() - dormitory->night.created_ns;
	dormitory->night.begun_ns = play_begin(play);
	gate_open(&dormitory->gate);
}

static void start_at_spawn(struct play *play, struct task *handles)
{
	dormitory->night.begun_ns = play_begin(play);
	spawn_all(play, handles, sleep_all);
}

static void idle_main(void *argument)
{
	struct play *play = argument;
	struct task *handles = set_up(play);

	if (play_value(play, IDLE_START) == IDLE_SPAWN)
		start_at_spawn(play, handles);
	else
		start_at_gate(play, handles);
	night_report(play, &dormitory->night, join_all(handles), dormitory->arrivals, sizeof *handles);
	free(handles);
}

const struct direct_body idle_direct = {.spec = &idle_spec, .main = idle_main};
