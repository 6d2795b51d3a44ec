/* rows.h: figures whose panels have the same rows, a runtime each: ours, then the peers, whose marks are hollow. */
#ifndef SIMUL_REPORT_ROWS_H
#define SIMUL_REPORT_ROWS_H

#include "../analysis/groups.h"
#include "figure.h"
#include "quantity.h"

/* The row of each runtime, from the top; -1: it has none. */
struct rows {
	int of[BUNDLE_RUNTIMES_MAX];
	int count;
};

/* What a panel shows of each cell. */
struct rows_value {
	const char *what, *unit; /* borrowed */
	bool log;                /* else linear from 0 to `most` */
	double most;
	struct summary (*summary)(const struct bundle *bundle, const struct cell *cell, const void *context);
	char *(*format)(char text[QUANTITY_TEXT_MAX], double value, const void *context);
	const void *context; /* the caller's */
};

/* Runtimes that have a good result in a cell of which `shown` says true get a row. */
struct rows rows_make(const struct bundle *bundle, bool (*shown)(const struct cell *cell));

/* Whether any cell of the group has a value that can be drawn. */
bool rows_has(const struct bundle *bundle, const struct group *group, const struct rows_value *value);

/* A panel of that group. A row without a mark says why: 0 on a logarithmic axis, failed, not measured, or not played.
 */
void rows_panel(struct figure *figure, const struct group *group, const struct rows_value *value,
		const struct rows *rows);

/* At most that many panels beside each other; no legend. Call it after the last panel. */
void rows_arrange(struct figure *figure, unsigned columns);

#endif
