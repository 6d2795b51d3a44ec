/* machines.h: machines side by side, as text, as JSON and as a figure. The same bundles give the same bytes. Errors: 0
 * or -errno, and one sentence on standard error. */
#ifndef SIMUL_REPORT_MACHINES_H
#define SIMUL_REPORT_MACHINES_H

#include "../analysis/machines.h"

/* Tables for 80 columns, the machines and the answer first. */
int machines_text(const struct machines *machines, FILE *out);
/* {"format", "machines": [...], "rows": [{"name", "points": [...]}]}: times in ns, unknown numbers absent. */
int machines_json(const struct machines *machines, FILE *out);
/* machines.tsv, machines.svg and machines.png in the directory, which is made if it is not there: for each workload the
 * fastest runtime of each machine, over cores and over the share of its cores. */
int machines_plot(const struct machines *machines, const char *directory, const char *scripts_directory);

#endif
