/* plan.h: the cells of a run: what is played, by whom, on which cores, and what is not and why.
 *
 * A plan depends on its request alone: the same request gives the same cells in the same order. */
#ifndef SIMUL_PLAN_H
#define SIMUL_PLAN_H

#include <jansson.h>

#include "../machine/machine.h"
#include "../workloads/workload.h"
#include "plan_request.h"

struct cell {
	char *name;  /* workload/runtime/key=value.../cores=N: the first keys of axes */
	char *group; /* the same without the runtime: cells of one group do the same work */
	const struct workload_spec *spec;
	const struct player *player;
	struct values values;
	struct stage stage;
	bool workers_set; /* stage.workers was asked for: it stands in the names, and the player is told */
	bool stack_set;   /* the same of the size of a task's stack */
	uint64_t stack_bytes;
	struct expectation expectation;    /* its bound is the model's own, which a record is held against */
	uint64_t bound_ns;                 /* of the group: what these cores allow any model; 0: none is known */
	bool beyond;                       /* refused for a limit of the machine, which no patience mends */
	bool lasting;                      /* refused for its duration */
	const struct rung *rung;           /* of a sweep over cores (scaling.h); NULL: of another run */
	const struct placement *placement; /* NULL where there are not so many cores */
	hwloc_const_cpuset_t load_cores;   /* of the placement; NULL: there is none, or no load */
	struct texts argv;                 /* of the player, NULL-terminated */
	struct texts load_argv;            /* of the load, NULL-terminated; empty: none is needed */
	char refused[REASON_MAX];          /* why it is not played; "" if it is */
};

/* Owned by the caller until plan_clear(); borrows the request's machine and players. */
struct plan {
	struct cell *cells;
	size_t count, playable;
	struct placement **placements;
	size_t placements_count;
};

/* 0; -EINVAL and a sentence for a name, key or value that is unknown or wrong, with the known ones; -ENOMEM. */
int plan_make(const struct plan_request *request, struct plan *plan, char reason[REASON_MAX]);
void plan_clear(struct plan *plan);

/* Makes all bounds from those costs (calibration.h). Nothing else changes: what is played, and how, stays. */
void plan_take_costs(struct plan *plan, const json_t *costs);

/* What the cell's cores allow any model where the costs are those (calibration_beside()); 0: no such time is known. */
uint64_t cell_bound_at(const struct cell *cell, const json_t *moments);

/* Why a player cannot play these values on this stage, before anything is started: 0, or -ENOTSUP and a sentence. */
int plan_admit(const struct player *player, const struct workload_spec *spec, const struct values *values,
	       struct stage stage, char reason[REASON_MAX]);

/* As "cells" in the manifest; a new reference, NULL without memory. */
json_t *plan_json(const struct plan *plan);

#endif
