/* check.h: a bundle's own chess, held against what is forecast from the primitives of the same bundle. */
#ifndef SIMUL_PREDICT_CHECK_H
#define SIMUL_PREDICT_CHECK_H

#include "forecast.h"

/* One measured cell beside its forecast, both as multiples of the bound: so a clock that was faster or slower in one of
 * them decides nothing. */
struct check {
	const struct cell *cell; /* borrowed from the bundle */
	double measured, forecast;
	double error; /* forecast over measured, less 1 */
};

struct checks {
	struct check *check; /* owned */
	size_t count;
	size_t uncosted; /* chess cells with a result whose runtime has no costs in the bundle */
};

/* All cells of chess with a result and costs. 0, -ENOMEM, -EIO or an error of network_play(). */
int checks_make(const struct bundle *bundle, const struct groups *groups, struct checks *checks);
void checks_clear(struct checks *checks);

/* The exhibition that the cell played. */
struct exhibition exhibition_of(const struct cell *cell);

#endif
