/* scaling.h: what `simul cores` plays: the cells of a sweep over core counts, or over tasks a core, as a profile.
 *
 * Two laws that are never mixed in a run. Strong: the same work on more cores (G. Amdahl, 1967). Weak: the work grows
 * with the cores (J. Gustafson, 1988). Apart from both, concurrency: cores stay as they are, and tasks are added until
 * the model or the machine breaks. */
#ifndef SIMUL_SCALING_H
#define SIMUL_SCALING_H

#include "../machine/machine.h"
#include "../workloads/workload.h"
#include "profiles.h"
#include "text.h"

enum scaling_law { SCALING_STRONG, SCALING_WEAK, SCALING_CONCURRENCY };
const char *scaling_law_name(enum scaling_law law);

/* Where a cell stands in such a sweep. */
struct rung {
	enum scaling_law law;
	unsigned workers;  /* more than there are PUs: asked of all PUs; 0: nothing is asked */
	double work;       /* in that of the first rung: 1 for strong scaling */
	double operations; /* of that work in operations of the first rung's kind; 0: as the cell is expected to do */
	uint64_t tasks_per_core; /* concurrency only */
};

/* What was asked for. */
struct scaling_request {
	bool wanted; /* the run is one of `simul cores` */
	bool weak, concurrency;
	struct texts counts;     /* empty: powers of two, all cores, all PUs, twice the PUs */
	struct texts placements; /* empty: core-first */
	struct texts per_core;   /* tasks a core: of weak scaling one number, of concurrency any */
	struct machine_source described;
};
enum scaling_law scaling_law_of(const struct scaling_request *request);

/* The counts of a sweep, ascending, each once: as asked for, or those above. Those over allowed_count are workers on
 * all PUs. Returns how many are in counts[SCALING_COUNTS_MAX], or -EINVAL and a sentence. */
enum { SCALING_COUNTS_MAX = 128 };
int scaling_counts(const struct machine *machine, const struct texts *asked, unsigned counts[SCALING_COUNTS_MAX],
		   char reason[REASON_MAX]);

/* A profile with a sweep for each workload, placement and count. Owned by the caller until scaling_clear(). */
struct scaling {
	struct profile profile;
	struct sweep *sweeps;
	struct rung_text *texts; /* what the sweeps point to */
};

/* base: repetitions, limits and names. 0; -EINVAL and a sentence; -ENOMEM. */
int scaling_make(const struct scaling_request *request, const struct machine *machine, const struct texts *workloads,
		 const struct profile *base, struct scaling *scaling, char reason[REASON_MAX]);
void scaling_clear(struct scaling *scaling);

#endif
