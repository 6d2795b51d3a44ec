/* sweep.h: the cells of a sweep over cores, or over tasks a core, as `simul cores` plays them, from the bundle. */
#ifndef SIMUL_REPORT_SWEEP_H
#define SIMUL_REPORT_SWEEP_H

#include "../analysis/bundle.h"

/* A cell with its place in the sweep. */
struct rung_cell {
	const struct cell *cell;
	double at;         /* cores; workers where more were asked for than there are PUs; or tasks a core */
	double cores;      /* PUs that it has */
	double operations; /* in operations of the first rung's kind; NAN if not known */
	bool oversubscribed;
};

/* One curve each of several runtimes: cells of one workload and one placement (and, of concurrency, one set of cores).
 * rungs are in the order of runtimes' slots, then of `at`. */
struct sweep_panel {
	const char *workload, *law, *placement, *operation; /* borrowed from the bundle */
	unsigned cores;                                     /* of concurrency; else 0 */
	struct rung_cell *rungs;
	size_t count;
};

struct sweeps {
	struct sweep_panel *panels;
	size_t count;
};

/* All of a bundle; none where its run was no sweep. concurrency: those over tasks a core, or those over cores. 0 or
 * -ENOMEM. */
int sweeps_make(const struct bundle *bundle, bool concurrency, struct sweeps *sweeps);
void sweeps_clear(struct sweeps *sweeps);

/* The runtime's rungs: the first, and how many. */
const struct rung_cell *sweep_curve(const struct sweep_panel *panel, unsigned slot, size_t *count);

/* Operations a second: the inverse of the summary of the times. n is 0 where there is no result. */
struct summary rung_rate(const struct rung_cell *rung);

/* Rate over that of the base, each for a core. */
struct summary rung_efficiency(const struct rung_cell *rung, const struct rung_cell *base);

/* The rung that a runtime's efficiency is measured against: that with the fewest cores and a result; NULL if none. */
const struct rung_cell *sweep_base(const struct rung_cell *curve, size_t count);

/* Where the machine could no longer do it: refused by the player or beyond the machine's limits, or failed. */
bool rung_broke(const struct rung_cell *rung);

/* Of the load, the share of its cores that it used, at most 1; NAN where there is no load. */
double rung_load_share(const struct rung_cell *rung);
/* Over it the client, not the server, may be what is measured. */
#define LOAD_SHARE_MOST 0.95

#endif
