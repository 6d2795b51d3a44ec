/* order.h: the indices of the order parameters, what the tasks of each example do, in which order that must show, and
 * the scene in which the bodies of all dialects have them do it. */
#ifndef SIMUL_ORDER_H
#define SIMUL_ORDER_H

#include <stdatomic.h>
#include <stdbool.h>

#include "../workload.h"

struct play;

enum order_parameter { ORDER_EXAMPLE, ORDER_UNIT };

enum order_example { ORDER_COUNT, ORDER_SAY };

/* What a task can say. The figure "order" is made of these digits. */
enum order_word { ORDER_ONE = 1, ORDER_TWO, ORDER_HELLO, ORDER_GOODBYE };

enum { ORDER_LINES_MAX = 2, ORDER_TASKS_MAX = 3, ORDER_EVENTS_MAX = 6 };

/* What one task does: sleeps so many units, says the word, and goes on to its next line. */
struct order_line {
	enum order_word word;
	uint64_t units;
};

struct order_script {
	uint32_t tasks, lines; /* lines of each task */
	struct order_line line[ORDER_TASKS_MAX][ORDER_LINES_MAX];
	/* The words in the order of an interleaving model, and of one that runs a task to its end before the next. */
	enum order_word interleaved[ORDER_EVENTS_MAX], in_turn[ORDER_EVENTS_MAX];
};

struct order_event {
	uint32_t task;
	enum order_word word;
};

extern const struct order_script order_scripts[];
extern const struct workload_spec order_spec;

/* How many of the events stand where a model of these capabilities must have them: the word is the promised one, and
 * comes from a task that had to say it (in turn: from the task whose turn it is). */
uint64_t order_kept(const struct order_script *script, unsigned capabilities,
		    const struct order_event events[ORDER_EVENTS_MAX]);

/* A sum over who said what; the same in any order. */
uint64_t order_checksum(uint32_t task, enum order_word word);

/* What a task knows of itself. */
struct order_speaker {
	uint32_t number;
	uint32_t said;    /* lines */
	uint64_t late_ns; /* at most, against the plan from the start of the scene */
	uint64_t ended_ns;
};

/* In memory that all tasks see. The log is the order: an event's place is taken by one atomic addition, and is the
 * task's own from then on. */
struct order_scene {
	const struct order_script *script; /* a constant: at the same address in a forked child */
	uint64_t unit_ns;
	uint64_t begun_ns; /* written before the first line is said */
	_Atomic uint32_t said;
	struct order_event events[ORDER_EVENTS_MAX];
	struct order_speaker speaker[ORDER_TASKS_MAX];
};

/* A zeroed scene becomes the one that the play asks for. */
void order_open(struct order_scene *scene, const struct play *play);

/* How long the speaker sleeps before the line that comes next. */
static inline uint64_t order_pause_ns(const struct order_scene *scene, const struct order_speaker *speaker)
{
	return scene->script->line[speaker->number][speaker->said].units * scene->unit_ns;
}

/* The speaker says the line that comes next. False: it was the last one. */
bool order_say(struct order_scene *scene, struct order_speaker *speaker);

/* All tasks have ended: ends the play and hands back what was done. Ends it as a refusal where tasks woke up so late
 * that nobody can tell which order the model gives. */
void order_report(struct play *play, const struct order_scene *scene, uint64_t ended);

#endif
