/* drawn.h: a figure that is of no single bundle, into a folder of the caller's choice. */
#ifndef SIMUL_REPORT_DRAWN_H
#define SIMUL_REPORT_DRAWN_H

#include "figure.h"

/* Writes NAME.tsv into the directory, which is made if it is not there, and has gnuplot draw NAME.svg and NAME.png
 * beside it with scripts_directory/NAME.gp. 0, or -errno and a sentence. */
int drawn_figure(struct figure *figure, const char *directory, const char *scripts_directory);

#endif
