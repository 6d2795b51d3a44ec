/* groups.h: which cells are compared with each other, and which of them a reader meets first.
 *
 * A group holds the cells that did the same work, one a runtime. A family holds the groups of a workload that differ in
 * nothing but its axis (boards, slices, connections): a family is a panel of a figure, a group a place on its axis.
 * Families are found by the names of groups: what is left of one when the axis is taken out of it.
 * A workload that this page has not heard of has no axis; each of its groups is then a family of its own. */
#ifndef SIMUL_GROUPS_H
#define SIMUL_GROUPS_H

#include "bundle.h"

/* What is known of a workload by its name. */
struct axis {
	const char *workload;
	const char *parameter;    /* that the family runs along; NULL: none */
	const char *task, *tasks; /* what one is called, and many */
	double reference;         /* the value that a reader knows already; 0: none */
};

struct group {
	const char *name;    /* borrowed from the bundle */
	double at;           /* the axis parameter; NAN if there is none */
	struct cell **cells; /* in the order of their runtimes' slots; part of groups.cells */
	size_t cell_count;
};

struct family {
	const char *workload; /* borrowed from the bundle */
	const struct axis *axis;
	char *rest;           /* the groups' name without workload and axis, as in "cores=1"; owned */
	struct group *groups; /* in the order of the axis; part of groups.groups */
	size_t group_count;
};

/* All of a bundle, which must outlive it. Workloads in the order of axes[], then others by name. */
struct groups {
	struct cell **cells;
	struct group *groups;
	struct family *families;
	size_t family_count;
};

/* 0 or -ENOMEM. */
int groups_make(const struct bundle *bundle, struct groups *groups);
void groups_clear(struct groups *groups);

/* The workload's families: the first, and how many; the longest first, then by name. NULL and 0 if there are none. */
const struct family *groups_of(const struct groups *groups, const char *workload, size_t *count);
/* Of the family: the first whose workload differs from that of the family before it. */
const struct family *family_next_workload(const struct groups *groups, const struct family *family);

/* The group that stands for the workload. Of its longest family (family is the first of its workload), among the groups
 * with the most settled cells (played or refused for a reason) and at least one result: the one at the axis' reference,
 * else the middle one. NULL if none has a result. */
const struct group *headline_group(const struct family *family);

/* Bound of the group's work in ns; NAN if not known. group_bound(): at the clock that the cores usually had, the median
 * of the bounds that its good invocations have of their own; without such, as in old bundles, the least.
 * group_least_bound(): at the fastest clock that the run has seen. Models that cannot use all cores have a higher one
 * of their own: the least of the group is what these cores allow at all. */
double group_bound(const struct group *group);
double group_least_bound(const struct group *group);
/* Whether any good invocation has a bound of its own. */
bool group_has_bounds(const struct group *group);

/* Whether any of its cells has a verified result. */
bool group_has_result(const struct group *group);

/* Whether most good invocations behind the group were: whatever is fastest in it is then no more than a guess. Tables,
 * pages and maps all ask here before they name a winner. The sentence is in text (size bytes), else it is empty: "do
 * not rely on it: 7 of 12 invocations were disturbed by other load". */
bool group_is_unreliable(const struct group *group, char *text, size_t size);

/* Greatest number of cores of a cell in the group. */
unsigned group_cores(const struct group *group);

/* "on 2 cores", or "on 2 cores, limit=1000000": what tells the family from others of its workload, cut to size. */
void family_label(const struct family *family, char *text, size_t size);

/* Whether its messages are due at fixed times (`rate`), from which latencies count: an open loop. */
bool family_is_open_loop(const struct family *family);

/* The cell of that runtime, or NULL. */
const struct cell *group_cell(const struct group *group, unsigned slot);

/* What became of a cell. */
enum fate {
	FATE_GOOD,
	FATE_PARTLY,  /* some invocations failed, some are good */
	FATE_FAILED,  /* none is good, and at least one failed */
	FATE_REFUSED, /* by the plan or by the player */
	FATE_UNPLAYED /* the run ended before it */
};
enum fate cell_fate(const struct cell *cell);

#endif
