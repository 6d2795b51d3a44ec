/* figures.h: the figures of one record that Google Benchmark shows beside its time, as counters. */
#ifndef SIMUL_FIGURES_H
#define SIMUL_FIGURES_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

enum { FIGURES_MAX = 16 };

/* Names are literals that begin with sim_ and end with the unit. What the record has not is not there. */
struct figures {
	struct {
		const char *name;
		double value;
	} items[FIGURES_MAX];
	size_t count;
};

/* load: NULL if the workload has none. */
void figures_read(struct figures *figures, const json_t *record, const json_t *load);

#endif
