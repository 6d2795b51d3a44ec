/* drift.h: did the machine change during the run?
 *
 * Of a workload: each invocation's wall time over the median of its own cell, in the order of the run, cut into at most
 * 24 parts of 8 invocations or more. Drift is a trend of the parts' medians (Mann-Kendall), its size Theil and Sen's
 * slope from the first part to the last; phases are neighbours more alike than others (Bartels, over all invocations),
 * their size the least and the greatest of the parts' medians. Either is told from p < DRIFT_P and 2 % on. Of a cell: a
 * trend of its own invocations, of which it takes six. Source: Barrett et al., "Virtual Machine Warmup Blows Hot and
 * Cold" (OOPSLA 2017), for showing it at all. */
#ifndef SIMUL_REPORT_DRIFT_H
#define SIMUL_REPORT_DRIFT_H

#include <stdio.h>

#include "../analysis/groups.h"

enum { PARTS_MAX = 24 };

struct drift {
	double trend_p, trend; /* percent; NAN where there are fewer than two parts */
	double phases_p, low, high;
	size_t parts;
	struct part {
		double sequence, percent; /* its middle, and its median over the cells' medians */
		size_t n;
	} part[PARTS_MAX];
};

/* Of all the workload's cells with three good invocations; first: its first family. 0 or -ENOMEM. */
int workload_drift(const struct bundle *bundle, const struct groups *groups, const struct family *first,
		   struct drift *drift);

/* "no drift shown", "drift: +3.1 % over the run (p = 0.002)", "phases: from -3.1 to +5.2 % (p < 0.0001)", or nothing
 * where nothing is known. Returns text. */
char *drift_text(const struct drift *drift, char *text, size_t size);

/* Whether it has drift or phases. */
bool has_drift(const struct drift *drift);

bool cell_drifts(const struct cell *cell);

/* A line a workload that drifts, and how many cells do; a blank line follows where there is any. 0 or -ENOMEM. */
int drift_print(const struct bundle *bundle, const struct groups *groups, FILE *out);

#endif
