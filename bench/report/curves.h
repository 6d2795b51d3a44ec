/* curves.h: what the figures of one workload share: families of groups as panels, runtimes as curves along the axis. */
#ifndef SIMUL_CURVES_H
#define SIMUL_CURVES_H

#include "../analysis/groups.h"
#include "figure.h"

enum { CURVE_FAMILIES_MAX = 3 };

/* The families that a figure of that workload draws side by side: those with two groups or more and a result (or the
 * first one with a result), at most CURVE_FAMILIES_MAX; the rest is named in a note. Returns how many; 0 leaves a panel
 * that says what is missing, or none where the run has no such cell. */
size_t curves_choose(struct figure *figure, const struct groups *groups, const char *workload,
		     const struct family *chosen[CURVE_FAMILIES_MAX]);

/* The notes on what was not played there, after those that explain the figure. */
void curves_explain(struct figure *figure, const struct family *const *chosen, size_t count);

/* A value of a cell; n is 0 where there is none. context is the caller's. */
typedef struct summary curve_value(const struct cell *cell, const struct group *group, void *context);

/* One curve a runtime in the last panel, and crosses where cells failed. divide: what values are divided by (a unit).
 */
void curves_draw(struct figure *figure, const struct family *family, enum series_style style, double divide,
		 curve_value *value, void *context);

/* A line of reference: a value for each group, NAN for none. */
typedef double curve_reference(const struct group *group, void *context);
void curves_reference(struct figure *figure, const struct family *family, enum series_style style, const char *name,
		      double divide, curve_reference *value, void *context);

/* Greatest median wall time in the family, to choose a unit by; NAN if none. */
double curves_greatest(const struct family *family, enum measure measure);

#endif
