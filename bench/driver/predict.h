/* predict.h: what `simul predict` can be asked of each workload that it knows. */
#ifndef SIMUL_DRIVER_PREDICT_H
#define SIMUL_DRIVER_PREDICT_H

#include <stdint.h>

#include "../predict/check.h"
#include "../report/forecast.h"
#include "text.h"

struct predict_options {
	struct texts bundles, runtimes, cores, tasks;
	bool echo; /* the workload; else chess */
	uint64_t pairs, move_ns, reply_ns;
	uint64_t messages, size, load_cores; /* load_cores: 0 is as many as the server's */
	bool json;
	const char *plot; /* a folder; NULL: nothing is drawn */
};

/* What is asked, understood. */
struct predict_request {
	const struct predict_options *options;
	const struct subject *subject;
	struct bundle bundle;
	uint64_t *cores, *tasks; /* owned */
};

/* A workload that can be forecast. */
struct subject {
	const char *workload;
	const char *tasks; /* the parameter that counts them */
	const char *unit;  /* of what is checked */
	const char *needs; /* of the bundle */
	int decimals;      /* of what is checked */
	bool (*has_costs)(const struct predict_request *request, unsigned slot);
	int (*check)(const struct bundle *bundle, struct checks *checks);
	/* Prints the title and the heading of a table, and a runtime's line, or appends to the list where that is not
	 * NULL. 0, -ENODATA where the runtime has no costs for that, or another error. */
	void (*head)(const struct predict_request *request, unsigned cores, double tasks);
	int (*forecast)(const struct predict_request *request, unsigned slot, unsigned cores, double tasks,
			json_t *list);
	/* What it is of in a figure of what is asked. */
	void (*show)(const struct predict_request *request, struct forecast_view *view);
};

extern const struct subject predict_chess, predict_echo;

/* Whether a runtime is among those asked for. */
bool predict_asks(const struct predict_request *request, unsigned slot);

#endif
