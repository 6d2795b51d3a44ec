/* comparison.h: what a comparison says, for a person, for Markdown and for a program; and as a forest plot.
 *
 * The same comparison gives the same bytes. Errors: 0 or -errno, and one sentence on standard error. */
#ifndef SIMUL_REPORT_COMPARISON_H
#define SIMUL_REPORT_COMPARISON_H

#include <stdio.h>

#include "../analysis/compare.h"

/* A table for 80 columns, the answer first. */
int comparison_text(const struct comparisons *comparisons, FILE *out);
/* The same as GitHub's Markdown. */
int comparison_markdown(const struct comparisons *comparisons, FILE *out);
/* One object: {"base", "other", "min_effect", "level", "seed", "counts", "false_positives", "warnings", "cells":
 * [...]}; times in ns, unknown numbers absent. */
int comparison_json(const struct comparisons *comparisons, FILE *out);

/* Writes forest.tsv, forest.svg and forest.png into the directory, which is made if it is not there. */
int comparison_plot(const struct comparisons *comparisons, const char *directory, const char *scripts_directory);

/* Calls line() for each thing that a reader should know before he trusts it: different machines, different clocks,
 * disturbed or drifting cells, other commits. */
void comparison_warnings(const struct comparisons *comparisons, void (*line)(void *context, const char *text),
			 void *context);

enum { COMPARISON_LINE_MAX = 900 };

/* How many verdicts would be false were nothing different, and which of those found can be relied on. Returns text. */
char *comparison_trust(const struct comparisons *comparisons, char text[COMPARISON_LINE_MAX]);

/* "2 slower, 1 faster, 30 no difference shown, 8 not enough data; 3 refused". Returns text. */
char *comparison_counts(const struct comparisons *comparisons, char *text, size_t size);

#endif
