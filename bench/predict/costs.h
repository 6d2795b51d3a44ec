/* costs.h: what a bundle says that one task of a model costs, and where the model ends.
 *
 * Costs come from the primitives of the same bundle: `idle` played with several sleeps a task (what falling asleep and
 * being woken takes of a core, how late a task wakes up on an idle one, its creation and memory) and `switch` (giving a
 * core away). A sleep is measured with several tasks that wake up together, and with one alone; where so many tasks
 * also slept only a few times, the difference tells what their start and end cost, which else count as sleeping. Each
 * is known at some numbers of tasks: between two of them it is interpolated over the logarithm of the number, outside
 * it is that of the nearest, and `beyond` says so. Medians over the invocations that nothing
 * disturbed (quiet.h). Times in ns, memory in bytes; NAN where
 * the bundle does not say. */
#ifndef SIMUL_COSTS_H
#define SIMUL_COSTS_H

#include <stdbool.h>

#include "../analysis/groups.h"

enum { COST_POINTS_MAX = 64, COST_TEXT_MAX = 300 };

/* One quantity over the number of tasks, in rising order. */
struct cost_curve {
	struct cost_point {
		double tasks, value;
		const struct cell *cell; /* where it was measured; borrowed from the bundle */
	} point[COST_POINTS_MAX];
	unsigned count;
};

struct costs {
	const struct bundle *bundle;
	unsigned slot;                    /* of the runtime, in bundle->runtimes */
	unsigned cores;                   /* of the cells that the costs come from */
	struct cost_curve sleep_ns;       /* of CPU time: one sleep and its end, on a core that others keep busy */
	double alone_ns;                  /* the same where the core goes idle meanwhile */
	struct cost_curve ends_ns;        /* of CPU time: a task's start at the gate, and its end */
	const struct cell *alone;         /* where that was measured; NULL: nowhere */
	struct cost_curve create_ns;      /* of one task */
	struct cost_curve bytes;          /* of one task */
	double latency_ns;                /* a task wakes up so late where its core was idle */
	double switch_ns;                 /* from one task to another that is ready */
	double limit;                     /* tasks at which the model ended; NAN: it did not */
	char limit_reason[COST_TEXT_MAX]; /* empty if limit is NAN */
};

/* The costs of that runtime on so many cores, or on the nearest number of cores below that was measured, else above.
 * 0, -ENODATA if the bundle has no cell of `idle` of that runtime that a cost of sleeping could be read from, -ENOMEM
 * or -EIO. */
int costs_read(const struct bundle *bundle, unsigned slot, unsigned cores, struct costs *costs);

/* A point; of several with so many tasks the cheapest counts. Anything but fewer than one task and a value above 0 is
 * left out, and so is what there is no room for. */
void cost_add(struct cost_curve *curve, const struct cell *cell, double tasks, double value);

/* Whether costs on so many cores stand for those on `asked` rather than the costs on `than` do, where 0 is none. */
bool cores_nearer(unsigned cores, unsigned than, unsigned asked);

/* The point nearest to so many tasks by their ratio; NULL for an empty curve. */
const struct cost_point *cost_near(const struct cost_curve *curve, double tasks);

/* The value for so many tasks; NAN for an empty curve. beyond may be NULL. */
double cost_at(const struct cost_curve *curve, double tasks, bool *beyond);

#endif
