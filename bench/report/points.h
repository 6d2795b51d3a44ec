/* points.h: the median of every runtime at every point of a workload, beside the one point that the table shows. */
#ifndef SIMUL_REPORT_POINTS_H
#define SIMUL_REPORT_POINTS_H

#include <stdio.h>

#include "../analysis/groups.h"

/* A column a point, up to seven beside each other, 80 characters wide; nothing where the workload has but one point.
 * Times, or where a load drove it thousands of messages a second. family: the first of its workload. */
void points_table(const struct groups *groups, const struct family *family, FILE *out);

#endif
