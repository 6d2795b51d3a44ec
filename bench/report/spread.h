/* spread.h: where the noise of a bundle's latencies comes from, and how many messages an invocation are best. */
#ifndef SIMUL_REPORT_SPREAD_H
#define SIMUL_REPORT_SPREAD_H

#include <stdio.h>

#include "../analysis/groups.h"

/* For 80 columns: a line a runtime of each workload's headline group that has samples within its invocations; nothing
 * where none has. 0, -ENOMEM or -EIO. */
int spread_print(const struct bundle *bundle, const struct groups *groups, FILE *out);

#endif
