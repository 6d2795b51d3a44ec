/* floor.h: the bare system calls of the same run, beneath the models that are made of them. */
#ifndef SIMUL_REPORT_FLOOR_H
#define SIMUL_REPORT_FLOOR_H

#include <stdio.h>

#include "../analysis/groups.h"

/* Whether the workload's groups are one call each, which no model changes. */
bool floor_is(const char *workload);

/* One table of all calls; family: the workload's first. 0 or -ENOMEM. */
int floor_table(const struct bundle *bundle, const struct groups *groups, const struct family *family, FILE *out);

/* Below a group in which tasks are created one at a time: how many times the bare creation and wait, measured on as
 * many cores, each runtime of ours takes whose tasks are the kernel's. Nothing where the run has no such pair. */
void floor_ratios(const struct bundle *bundle, const struct groups *groups, const struct group *group, FILE *out);

#endif
