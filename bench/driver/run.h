/* run.h: the verb `simul run`, in steps. */
#ifndef SIMUL_RUN_H
#define SIMUL_RUN_H

#include <jansson.h>

#include "ledger.h"
#include "manifest.h"
#include "plan.h"
#include "run_options.h"
#include "scaling.h"
#include "schedule.h"
#include "trial.h"

/* All of one run. Owned by run_main(); what is not there yet is zero. */
struct run {
	struct run_options options;
	struct machine machine;
	bool machine_open;
	struct players players;
	json_t *calibration;    /* what players are given */
	json_t *costs;          /* the least of each since: what bounds are made from */
	struct scaling scaling; /* what a sweep over cores plays; the plan points into it */
	struct map_plan map;    /* what a map plays; likewise */
	struct plan plan;
	struct ledger ledger;
	bool ledger_open;
	struct trial_table table;
	struct schedule schedule;
	size_t *playable;     /* indices into plan.cells of those that are played: what the schedule counts by */
	struct asker *askers; /* one a playable cell, for Google Benchmark */
	uint64_t repetitions, timeout_ns;
	char *archive_folder; /* with --out=-: the temporary one; else NULL */
	int archive;          /* what was standard output */
	bool benchmark_lost;  /* Google Benchmark could not write all that it was to write, and has said so */
};

/* Each step: 0, or an exit code of driver.h when a sentence has been printed. */
int run_prepare(struct run *run, int argc, char **argv); /* options, machine, players, calibration, plan */
int run_open(struct run *run);                           /* the bundle, new or continued, and the schedule */
int run_perform(struct run *run);                        /* Google Benchmark asks, the schedule plays */
int run_conclude(struct run *run);                       /* table, failures, plots; the run's exit code */
int run_explain_nothing(const struct run *run);          /* instead of the last three: nothing can be played */
void run_clear(struct run *run);

/* The plan anew, as the options are now, with what is played already; into the manifest too. 0 or -errno. */
int run_replan(struct run *run);
int run_make_plan(struct run *run);

/* Google Benchmark has been given its flags; prints the names of the cells and nothing else. */
int run_list_cells(struct run *run);

#endif
