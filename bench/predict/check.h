/* check.h: a bundle's own chess and echo, held against what is forecast from the costs in the same bundle. */
#ifndef SIMUL_PREDICT_CHECK_H
#define SIMUL_PREDICT_CHECK_H

#include "forecast.h"

/* One measured cell beside its forecast, both by invocations that nothing disturbed (quiet.h). Chess: both as multiples
 * of the bound, the measured invocations of their own, so that a clock which was faster or slower in one of them
 * decides nothing. Echo: messages a second. */
struct check {
	const struct cell *cell; /* borrowed from the bundle */
	double measured, forecast;
	double error; /* forecast over measured, less 1 */
	bool beyond;  /* costs were known of fewer or more tasks only */
	bool alone;   /* an invocation of the cell was left alone; else all that is known of it was disturbed */
};

struct checks {
	struct check *check; /* owned */
	size_t count;
	size_t uncosted; /* cells with a result that the bundle has no costs for */
};

/* All cells of chess with a result and costs. 0, -ENOMEM, -EIO or an error of network_play(). */
int checks_make(const struct bundle *bundle, struct checks *checks);
/* All cells of echo in a closed loop of one message a connection, each forecast from the costs of all others. The same.
 */
int echo_checks_make(const struct bundle *bundle, struct checks *checks);
void checks_clear(struct checks *checks);

/* How many are at most so far off, as a share; and the error that the share q of them stays below, NAN without any. */
size_t checks_within(const struct checks *checks, double error);
double checks_error(const struct checks *checks, double q);

/* The exhibition that the cell played. */
struct exhibition exhibition_of(const struct cell *cell);

#endif
