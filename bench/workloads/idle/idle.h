/* idle.h: the indices of the idle parameters, and what the bodies of all dialects share. */
#ifndef SIMUL_IDLE_H
#define SIMUL_IDLE_H

#include <stdatomic.h>
#include <stddef.h>

#include "../workload.h"

struct play;

enum idle_parameter { IDLE_TASKS, IDLE_SLEEP, IDLE_START, IDLE_MEMORY, IDLE_SLEEPS };

enum idle_start { IDLE_GATE, IDLE_SPAWN };

enum idle_memory { IDLE_WARM, IDLE_COLD };

extern const struct workload_spec idle_spec;

/* What the tasks of a play write down, in memory that all of them see. */
struct night {
	uint64_t tasks, sleeps, sleep_ns; /* sleeps: of each task, one after another */
	uint64_t created_ns; /* start=gate: how long it took to have them all there */
	uint64_t begun_ns;
	_Atomic uint64_t woken; /* in time: not before the deadline */
	uint64_t ended_ns;      /* written by the last of them, who reads the clock for all */
	uint64_t *late_ns;      /* after the last deadline, one a task */
};

/* Begins a night whose lateness is kept in late_ns, one a task; every page of it is there afterwards. */
void night_open(struct night *night, const struct play *play, uint64_t *late_ns);

/* A task has woken up; late_ns is its own place. */
void night_note(struct night *night, uint64_t *late_ns, uint64_t deadline_ns);

/* All tasks have ended: ends the play and hands back what was done. alive: tasks that were there, waiting, when the
 * play began; own_bytes: what the body had for each task before that was created, which no task is charged for. */
void night_report(struct play *play, struct night *night, uint64_t ended, uint64_t alive, size_t own_bytes);

#endif
