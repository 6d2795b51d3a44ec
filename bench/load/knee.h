/* knee.h: how much a server can be asked before waiting explodes: latency over the rate that is offered, and the knee
 * by search.
 *
 * A closed loop tells about how much the server can do. Open loops are then run at shares of that, and between the last
 * rate that was good and the first that was not, until these are close. Good is a rate that was kept (99 % of what was
 * due came back in time) at a median latency of at most KNEE_FACTOR times that of the lowest rate; not at a p99, which
 * at any rate shows what else the machine does. Both are conventions, and the points stand beside the answer.
 * A point that is not good where the client itself was late says nothing of the server: it is run again, KNEE_AGAIN
 * times at most, and is not judged if the client is late each time. */
#ifndef SIMUL_LOAD_KNEE_H
#define SIMUL_LOAD_KNEE_H

#include "load.h"

enum { KNEE_POINTS_MAX = 16, KNEE_FACTOR = 10, KNEE_AGAIN = 2 };
#define KNEE_KEPT 0.99

/* One open loop; latencies in ns since due unless raw. */
struct knee_point {
	uint64_t rate; /* offered, messages a second */
	double achieved, busy;
	uint64_t p50, p90, p99, p999, raw_p99, pacing_p99, unsent;
	bool kept, late, good; /* late: the client was, and the point is not judged unless it is good */
};

struct knee {
	double closed;                             /* messages a second in a closed loop */
	struct knee_point points[KNEE_POINTS_MAX]; /* by rate */
	unsigned count;
	const struct knee_point *last_good, *first_bad; /* NULL: there is none */
	char reason[LOAD_REASON_MAX];
};

/* Runs a load: load_run(), or a model of a server in a test. */
typedef int knee_run(void *context, const struct load_options *options, struct load_result *result);

/* options: as of one of the runs, without a rate. 0; -EIO and a sentence in knee->reason where a run went wrong; -EINTR
 * once *options->stop; what load_run() returns where one could not begin. What was found until then is there. */
int knee_find(struct knee *knee, const struct load_options *options, knee_run *run, void *context);

/* A line of names and a line a point, separated by tabs. */
void knee_write(const struct knee *knee, FILE *out);

#endif
