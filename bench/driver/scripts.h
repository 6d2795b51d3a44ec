/* scripts.h: where the figures' gnuplot scripts are. */
#ifndef SIMUL_SCRIPTS_H
#define SIMUL_SCRIPTS_H

#include "../report/report.h"

/* Draws a bundle's figures with the scripts of this installation. 0, or -errno when a sentence has been printed. */
int scripts_plot(const char *bundle, const struct report_options *options);

#endif
