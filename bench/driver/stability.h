/* stability.h: `simul doctor --stability`: an A/A test. One cell is played many times, and what was measured is split
 * at random into two halves, again and again: whatever differs then is the machine's noise. */
#ifndef SIMUL_STABILITY_H
#define SIMUL_STABILITY_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

enum { STABILITY_SPLITS = 100, STABILITY_LEAST = 10 };

struct stability {
	size_t invocations;
	double median_ns;
	unsigned splits;
	unsigned faster, slower, same, undecided; /* of the splits, by the rule of compare.h */
	double detectable; /* share: 95 of 100 splits differ by less than this, in their medians */
	double half_width; /* share: of half the interval of the ratio, the median of all splits */
	double drift_p;    /* that the values have no trend over the run (Mann-Kendall) */
};

/* values in the order of the run, at least STABILITY_LEAST of them; splits: 1 to STABILITY_SPLITS. The same seed gives
 * the same answer. 0, -EINVAL or -ENOMEM. */
int stability_judge(const double *values, size_t count, unsigned splits, uint64_t seed, struct stability *stability);

/* Plays the cell: argv are the arguments of a `simul run` of one cell (argv[0] is "run"), with a seed of its own. 0, or
 * an exit code of driver.h when a sentence has been printed. *cell: its name, and *bundle where the records are; both
 * owned by the caller. */
int stability_play(int argc, char **argv, double **values, size_t *count, char **cell, char **bundle);

json_t *stability_json(const struct stability *stability);

#endif
