/* own.h: the figures that a workload's records hold beside wall time and cost: ns a switch, lateness, bytes a task. */
#ifndef SIMUL_REPORT_OWN_H
#define SIMUL_REPORT_OWN_H

#include <stdio.h>

#include "../analysis/groups.h"

/* One paragraph a figure: each runtime's median and its interval, and how many times the least it is. All figures of
 * the headline group, the first figure alone of the workload's other groups. What is the same in all invocations of a
 * group is a fact of the work and is left out. Prints nothing where there are none. 0, -ENOMEM or -EIO. */
int own_figures_print(const struct bundle *bundle, const struct groups *groups, const struct group *headline,
		      FILE *out);

#endif
