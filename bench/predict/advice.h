/* advice.h: which model to take for so many tasks that compute and wait, from what the primitives cost in a bundle. */
#ifndef SIMUL_ADVICE_H
#define SIMUL_ADVICE_H

#include "forecast.h"

enum verdict { VERDICT_FITS, VERDICT_MEMORY, VERDICT_REFUSED };

struct candidate {
	struct costs costs;
	struct forecast forecast;
	double total_ns; /* creation, where it is known, and the work */
	enum verdict verdict;
	bool tied;     /* with the one before it: within the margin of the best of its rank */
	unsigned rank; /* from 1; 0: it does not fit */
};

struct advice {
	struct candidate *candidate; /* owned; those that fit first, the fastest first */
	size_t count, fitting;
	double margin; /* that two forecasts must differ by, as a share, to be told apart */
};

/* All runtimes of the bundle with costs, without peers. work: boards are the tasks, pairs how often each computes and
 * waits. memory: bytes that all tasks may take; INFINITY: no limit. margin: such as 0.05.
 * 0, -ENODATA: no runtime has costs, -ENOMEM, -EIO or an error of network_play(). */
int advice_make(const struct bundle *bundle, const struct exhibition *work, double memory, double margin,
		struct advice *advice);
void advice_clear(struct advice *advice);

#endif
