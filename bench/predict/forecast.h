/* forecast.h: how long an exhibition would take under a model, from what its primitives cost.
 *
 * The models are told apart by what a runtime says that it can do, never by name:
 *
 *   no interleaving             one task after another, on one core
 *   pooled                      so many tasks under way as there are cores, each keeping its place while it waits
 *   preempts, parallel          kernel threads or processes: any core takes the task that has waited longest, for a
 * slice preempts, not parallel      one lock: any core, but one at a time not parallel                one loop on one
 * core parallel, shares memory     tasks on a worker a core; work is where it is needed (perfect stealing) parallel
 * forked loops: the tasks dealt out once, a share each
 *
 * What is left out: contention that grows with the number of cores, caches and NUMA, a scheduler's mistakes. So a
 * forecast for more cores than were measured is what the model allows, not what it will reach. */
#ifndef SIMUL_FORECAST_H
#define SIMUL_FORECAST_H

#include "costs.h"

enum model { MODEL_SEQUENTIAL, MODEL_POOL, MODEL_KERNEL, MODEL_LOCK, MODEL_LOOP, MODEL_STEALING, MODEL_FORKED };

struct exhibition {
	double boards, pairs, move_ns, reply_ns;
	unsigned cores;
};

struct forecast {
	double wall_ns, cpu_ns;
	double bound_ns;  /* that these cores allow any model */
	double create_ns; /* of all tasks, before the clock starts; NAN: not known */
	double bytes;     /* of all tasks; NAN: not known */
	bool beyond;      /* more or fewer tasks than the costs were measured with */
	bool breaks;      /* the model has ended at fewer tasks */
};

enum model model_of(const struct bundle *bundle, unsigned slot);
/* "a kernel thread or process a task", without an article's full stop. */
const char *model_text(enum model model);

/* 0, or an error of network_play(). */
int forecast_chess(const struct costs *costs, const struct exhibition *exhibition, struct forecast *forecast);

#endif
