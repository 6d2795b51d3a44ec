/* forecast.h: the figure of a forecast: chess or echo, simulated from the costs of a bundle (bench/predict) beside what
 * was measured in it. */
#ifndef SIMUL_REPORT_FORECAST_H
#define SIMUL_REPORT_FORECAST_H

#include "../predict/echo.h"
#include "../predict/forecast.h"

enum { FORECAST_PANELS_MAX = 6 };

/* What is drawn: a panel for each number of cores. */
struct forecast_view {
	bool echo;                    /* else chess */
	struct exhibition exhibition; /* of chess, without boards and cores */
	struct exchange exchange;     /* of echo, without connections; load_cores 0: as many as the server's */
	double cores[FORECAST_PANELS_MAX];
	unsigned count;
	double most;                      /* boards or connections: curves end there, or where the measured cells do */
	bool wanted[BUNDLE_RUNTIMES_MAX]; /* by slot */
};

/* Draws forecast.svg and .png (of echo: forecast-echo) with their data into a folder, which is made if it is not there,
 * by the scripts in the other one. 0, or -errno and a sentence. */
int forecast_plot(const struct bundle *bundle, const struct forecast_view *view, const char *directory,
		  const char *scripts_directory);

#endif
