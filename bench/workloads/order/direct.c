/* direct.c: order in the direct dialect. The reference for the other dialects.
 *
 * The log is the order: an event's place is taken by one atomic addition, and is the task's own from then on. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "../../../runtimes/clock.h"
#include "../../../runtimes/runtime.h"
#include "../../../runtimes/sync.h"
#include "../../../runtimes/task.h"
#include "../../player/play.h"
#include "order.h"

struct speaker {
	struct scene *scene;
	struct task task;
	uint32_t number;
	uint64_t late_ns; /* at most, against the plan from the start of the scene */
	uint64_t ended_ns;
};

/* task_shared(). */
struct scene {
	struct gate gate;
	const struct order_script *script; /* a constant: at the same address in a forked child */
	uint64_t unit_ns;
	uint32_t arrivals;
	uint64_t begun_ns; /* written before the gate opens */
	_Atomic uint32_t said;
	struct order_event events[ORDER_EVENTS_MAX];
	struct speaker speaker[ORDER_TASKS_MAX];
};

/* Relaxed: each place is one task's alone, and task_join() orders its reading. */
static void say(struct scene *scene, uint32_t task, enum order_word word)
{
	uint32_t place = atomic_fetch_add_explicit(&scene->said, 1, memory_order_relaxed);

	scene->events[place] = (struct order_event){.task = task, .word = word};
}

static void speak(void *argument)
{
	struct speaker *speaker = argument;
	struct scene *scene = speaker->scene;
	const struct order_line *line = scene->script->line[speaker->number];
	uint64_t planned_ns;

	gate_pass(&scene->gate, scene->arrivals);
	planned_ns = scene->begun_ns;
	for (uint32_t i = 0; i < scene->script->lines; i++) {
		task_sleep_until(clock_now() + line[i].units * scene->unit_ns);
		say(scene, speaker->number, line[i].word);
		speaker->ended_ns = clock_now();
		planned_ns += line[i].units * scene->unit_ns;
		if (speaker->ended_ns > planned_ns + speaker->late_ns)
			speaker->late_ns = speaker->ended_ns - planned_ns;
	}
}

static struct scene *set_up(struct play *play)
{
	struct scene *scene = task_shared(sizeof *scene);

	if (!scene)
		play_refuse(play, "memory", ENOMEM);
	scene->script = &order_scripts[play_value(play, ORDER_EXAMPLE)];
	scene->unit_ns = play_value(play, ORDER_UNIT);
	scene->arrivals = (uint32_t)stage_arrivals(play_stage(play), scene->script->tasks);
	for (uint32_t i = 0; i < scene->script->tasks; i++) {
		int error;

		scene->speaker[i].scene = scene;
		scene->speaker[i].number = i;
		error = task_spawn(&scene->speaker[i].task, speak, &scene->speaker[i]);
		if (error < 0)
			play_refuse_at(play, "tasks", -error, i);
	}
	gate_await(&scene->gate, scene->arrivals);
	return scene;
}

/* The words as digits, the first one first: 111222 is one one one two two two. */
static double digits(const struct scene *scene)
{
	uint64_t number = 0;

	for (uint32_t i = 0; i < scene->script->tasks * scene->script->lines; i++)
		number = number * 10 + scene->events[i].word;
	return (double)number;
}

static uint64_t checksum(const struct scene *scene)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < scene->script->tasks * scene->script->lines; i++)
		sum += order_checksum(scene->events[i].task, scene->events[i].word);
	return sum;
}

/* What an interleaving model promises holds only where tasks wake up within a unit: else nobody can tell. */
static void judge(struct play *play, const struct scene *scene, uint64_t tasks, uint64_t late_ns)
{
	unsigned capabilities = play_stage(play).capabilities;
	uint64_t kept = order_kept(scene->script, capabilities, scene->events);

	if (kept < (uint64_t)scene->script->tasks * scene->script->lines) {
		if ((capabilities & RUNTIME_INTERLEAVES) && late_ns >= scene->unit_ns)
			play_refuse(play, "wake-ups within a unit", ETIME);
		fprintf(stderr,
			"order: %.0f is not the order that this model promises (1: one, 2: two, 3: hello, 4: "
			"goodbye)\n",
			digits(scene));
	}
	play_audit(play, tasks, kept, 0, checksum(scene));
	play_figure(play, "order", digits(scene));
	if (capabilities & RUNTIME_INTERLEAVES)
		play_figure(play, "late_max_us", (double)late_ns / 1e3);
}

static void order_main(void *argument)
{
	struct play *play = argument;
	struct scene *scene = set_up(play);
	uint64_t joined = 0, last_ns = 0, late_ns = 0;

	scene->begun_ns = play_begin(play);
	gate_open(&scene->gate);
	for (uint32_t i = 0; i < scene->script->tasks; i++) {
		const struct speaker *speaker = &scene->speaker[i];

		joined += task_join(speaker->task) >= 0;
		last_ns = speaker->ended_ns > last_ns ? speaker->ended_ns : last_ns;
		late_ns = speaker->late_ns > late_ns ? speaker->late_ns : late_ns;
	}
	play_end(play, last_ns);
	judge(play, scene, joined, late_ns);
}

const struct direct_body order_direct = {.spec = &order_spec, .main = order_main};
