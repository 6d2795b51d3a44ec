/* left_out.h: what of a bundle no table or figure shows, and what its cells had against them, in sentences. */
#ifndef SIMUL_REPORT_LEFT_OUT_H
#define SIMUL_REPORT_LEFT_OUT_H

#include <stdio.h>

#include "../analysis/bundle.h"

/* A line each, begun with the prefix, for invocations that were planned and not played, lines that could not be read
 * and records of unknown cells. Returns how many lines: 0 where nothing is left out. */
unsigned left_out_print(const struct bundle *bundle, const char *prefix, FILE *out);

/* A sentence each: cells on more cores than the CPU quota pays for, which somebody allowed, and cells whose load had no
 * cores but SMT siblings of the player's. Empty where there are none. */
enum { CELLS_MARKED_MAX = 200 };
void over_quota_text(const struct bundle *bundle, char text[CELLS_MARKED_MAX]);
void load_on_siblings_text(const struct bundle *bundle, char text[CELLS_MARKED_MAX]);

#endif
