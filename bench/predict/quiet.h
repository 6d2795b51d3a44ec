/* quiet.h: what a cell says by those invocations that nothing disturbed; by all of them where none was left alone.
 *
 * A forecast is of a machine that does nothing else: stolen time stretches a wall time and empties caches, and in an
 * invocation that was interrupted every other round it would stand in the costs, or in what a forecast is held against,
 * as if it were the model's. */
#ifndef SIMUL_PREDICT_QUIET_H
#define SIMUL_PREDICT_QUIET_H

#include "../analysis/bundle.h"

/* As cell_summary() and cell_figures(). */
struct summary quiet_summary(const struct cell *cell, enum measure measure);
int quiet_figures(const struct bundle *bundle, const struct cell *cell, json_t **figures);

/* Whether a good invocation was left alone. */
bool quiet_has(const struct cell *cell);

#endif
