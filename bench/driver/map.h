/* map.h: the verb `simul map`: a run (run.h) whose cells are chess over the number of tasks and the share of waiting.
 *
 * The grid comes first. Where neighbours in it have no leader in common (analysis/map.h), places between them are added
 * to the plan and to the arguments in the manifest, so that a run that is continued has the same plan. */
#ifndef SIMUL_DRIVER_MAP_H
#define SIMUL_DRIVER_MAP_H

#include "command.h"
#include "profiles.h"

struct run;
struct run_options;

/* What was asked for. */
struct map_request {
	bool wanted;
	struct texts tasks, waiting; /* of the grid; empty: the usual ones */
	struct texts points;         /* further places, "TASKS:PERCENT" */
	uint64_t compute_ns;         /* 0: the usual */
	uint64_t limit_ns;           /* 0: the usual */
};

/* Its options: those of `simul run` that it shares and its own; all fill a struct run_options. */
const struct command *map_command(const struct command *run);

/* Repetitions and limits of such a run. */
extern const struct profile map_profile;

/* The profile with a sweep for each place. Owned by the caller until map_plan_clear(). */
struct map_plan {
	struct profile profile;
	struct sweep *sweeps;
	struct map_text *texts; /* what the sweeps point to */
	size_t count;
};

/* Makes run->map for the options as they are. 0, or an exit code of driver.h when a sentence has been printed. */
int map_prepare(struct run *run);
void map_plan_clear(struct map_plan *plan);

/* Says how long it will take, plays the grid, and refines it until the time is over. 0 or -errno when a sentence has
 * been printed. */
int map_explore(struct run *run);

#endif
