/* left_out.h: what of a bundle no table or figure shows, in sentences. */
#ifndef SIMUL_REPORT_LEFT_OUT_H
#define SIMUL_REPORT_LEFT_OUT_H

#include <stdio.h>

#include "../analysis/bundle.h"

/* A line each, begun with the prefix, for invocations that were planned and not played, lines that could not be read
 * and records of unknown cells. Returns how many lines: 0 where nothing is left out. */
unsigned left_out_print(const struct bundle *bundle, const char *prefix, FILE *out);

#endif
