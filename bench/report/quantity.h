/* quantity.h: what the figures of a workload's own are called, in which unit they are shown, and what its groups are.
 *
 * A record's own figures carry the unit in their name ("late_p99_us"); here stands what a reader is told instead. A
 * figure that this table has not is shown under its own name. */
#ifndef SIMUL_REPORT_QUANTITY_H
#define SIMUL_REPORT_QUANTITY_H

#include "../analysis/groups.h"

struct quantity {
	const char *workload;
	const char *figure;       /* in the record; NULL: `measure` */
	enum measure measure;     /* where figure is NULL */
	const char *what;         /* "wall time beyond the sleep" */
	const char *unit;         /* "ms"; "" where it has none */
	double scale;             /* from the recorded number to the unit */
	bool detail;              /* shown for the headline group alone */
	bool drawn;               /* has a panel in the figure of the primitives */
	bool level;               /* not of the kind of which half is twice as good: there is no ratio */
	const char *const *words; /* each decimal digit of it is one of these; NULL: it is a number */
};

/* The workload's quantities in the order of the table, from *index = 0 on; NULL after the last. */
const struct quantity *quantity_next(const char *workload, size_t *index);

/* Whether the workload is about figures of its own, wall time being only what they are made from. */
bool quantity_known(const char *workload);

/* That quantity of every good invocation that has it, in order of repetition, into values (room for
 * cell->invocation_count); returns how many. figures: of the cell, from cell_figures(). */
size_t quantity_values(const struct quantity *quantity, const struct cell *cell, const json_t *figures, double *values);

/* The same, read from the records and summarized; n is 0 where there is none. */
struct summary quantity_summary(const struct bundle *bundle, const struct cell *cell, const struct quantity *quantity);

/* What the group's cells did, without the workload's name: "2 tasks yielding in turn, on 1 core", cut to size. */
void quantity_label(const struct group *group, char *text, size_t size);

/* A number as a cell of a table: three digits, thousands apart ("4.12", "229,274"); its words where it is made of
 * digits. Returns text. */
enum { QUANTITY_TEXT_MAX = 120 };
char *quantity_format(char text[QUANTITY_TEXT_MAX], const struct quantity *quantity, double value);

#endif
