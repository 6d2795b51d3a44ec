/* own.h: the tables of what a workload's records hold beside wall time: ns a switch, lateness, bytes a task.
 *
 * A row a runtime, the least first: median, interval, and how many times the figure of each peer of the same run it is
 * (of the least, where there is no peer). What was not played stands below with its reason. */
#ifndef SIMUL_REPORT_OWN_H
#define SIMUL_REPORT_OWN_H

#include <stdio.h>

#include "../analysis/groups.h"

/* All groups of a workload whose figures quantity.h knows; family: its first. 0, -ENOMEM or -EIO. */
int own_tables(const struct bundle *bundle, const struct groups *groups, const struct family *family, FILE *out);

/* Of the group alone, the figures that quantity.h does not know; what is the same in all invocations is a fact of the
 * work and is left out. Prints nothing where there are none. */
int own_strange(const struct bundle *bundle, const struct group *group, FILE *out);

/* For each table of own_tables() its answer: the best runtime, and how it compares with the best peer. One call of
 * line(context, text) a group, without line breaks. */
int own_answers(const struct bundle *bundle, const struct groups *groups, const struct family *family,
		void (*line)(void *context, const char *text), void *context);

#endif
