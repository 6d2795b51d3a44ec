/* scene.c: what is said in a scene, and what comes of it, in every dialect. */
#include <errno.h>
#include <stdio.h>

#include "../../../runtimes/clock.h"
#include "../../../runtimes/runtime.h"
#include "../../player/play.h"
#include "order.h"

void order_open(struct order_scene *scene, const struct play *play)
{
	scene->script = &order_scripts[play_value(play, ORDER_EXAMPLE)];
	scene->unit_ns = play_value(play, ORDER_UNIT);
	for (uint32_t i = 0; i < scene->script->tasks; i++)
		scene->speaker[i].number = i;
}

/* Against the plan: all of the speaker's sleeps so far, from the start of the scene. */
static void note_lateness(const struct order_scene *scene, struct order_speaker *speaker)
{
	const struct order_line *line = scene->script->line[speaker->number];
	uint64_t planned_ns = scene->begun_ns;

	for (uint32_t i = 0; i <= speaker->said; i++)
		planned_ns += line[i].units * scene->unit_ns;
	speaker->ended_ns = clock_now();
	if (speaker->ended_ns > planned_ns + speaker->late_ns)
		speaker->late_ns = speaker->ended_ns - planned_ns;
}

bool order_say(struct order_scene *scene, struct order_speaker *speaker)
{
	enum order_word word = scene->script->line[speaker->number][speaker->said].word;
	/* Relaxed: each place is one task's alone, and joining orders its reading. */
	uint32_t place = atomic_fetch_add_explicit(&scene->said, 1, memory_order_relaxed);

	scene->events[place] = (struct order_event){.task = speaker->number, .word = word};
	note_lateness(scene, speaker);
	return ++speaker->said < scene->script->lines;
}

static uint32_t events_of(const struct order_scene *scene)
{
	return scene->script->tasks * scene->script->lines;
}

/* The words as digits, the first one first: 111222 is one one one two two two. */
static double digits(const struct order_scene *scene)
{
	uint64_t number = 0;

	for (uint32_t i = 0; i < events_of(scene); i++)
		number = number * 10 + scene->events[i].word;
	return (double)number;
}

static uint64_t checksum(const struct order_scene *scene)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < events_of(scene); i++)
		sum += order_checksum(scene->events[i].task, scene->events[i].word);
	return sum;
}

/* What an interleaving model promises holds only where tasks wake up within a unit: else nobody can tell. */
static void judge(struct play *play, const struct order_scene *scene, uint64_t tasks, uint64_t late_ns)
{
	unsigned capabilities = play_stage(play).capabilities;
	uint64_t kept = order_kept(scene->script, capabilities, scene->events);

	if (kept < events_of(scene)) {
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

void order_report(struct play *play, const struct order_scene *scene, uint64_t ended)
{
	uint64_t last_ns = 0, late_ns = 0;

	for (uint32_t i = 0; i < scene->script->tasks; i++) {
		const struct order_speaker *speaker = &scene->speaker[i];

		last_ns = speaker->ended_ns > last_ns ? speaker->ended_ns : last_ns;
		late_ns = speaker->late_ns > late_ns ? speaker->late_ns : late_ns;
	}
	play_end(play, last_ns);
	judge(play, scene, ended, late_ns);
}
