/* profiles.h: what a run plays unless it is told otherwise: explicit tables, one a profile. */
#ifndef SIMUL_PROFILES_H
#define SIMUL_PROFILES_H

#include <stdbool.h>
#include <stdint.h>

#include "../machine/machine.h"

/* Cells of one workload: the product of its axes, played by every runtime. */
struct sweep {
	const char *workload;
	const char *axes[6]; /* as axes.h reads them; NULL after the last */
	unsigned cores;      /* of the player; 0: all that it may use */
	uint64_t limit_ns;   /* in place of the profile's, where that is less and the timeout allows it */
	/* Of `simul cores` (scaling.h): */
	enum placement_policy placement;
	const char *workers;     /* NULL: nothing is said of them */
	const struct rung *rung; /* NULL: of another run */
	/* Played too where only this workload is asked for, by those that can: what its figures are held against. */
	const char *beside;
};

struct profile {
	const char *name;
	const char *help;
	const char *workloads; /* played unless others are asked for, with commas; NULL: all */
	bool peers;            /* played in all workloads, unless runtimes are asked for */
	unsigned repetitions;
	uint64_t limit_ns;          /* a cell that is estimated to take longer is refused */
	uint64_t timeout_ns;        /* an invocation that takes longer is ended */
	const struct sweep *sweeps; /* ends with a NULL workload */
};

/* Ends with a NULL name; the first is the default. */
extern const struct profile profiles[];

/* The profile of that name, or NULL. */
const struct profile *profile_find(const char *name);

#endif
