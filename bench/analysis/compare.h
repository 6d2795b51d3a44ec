/* compare.h: is one thing slower than another? Cell by cell, with how sure that is.
 *
 * The ratio is that of the medians of wall time, other / base: above 1 the other one is slower. Its interval is the
 * percentile bootstrap's (statistics.h), seeded by the cell's name, so that a cell's verdict does not depend on what
 * else is compared. With the least effect e that matters (0.02) the other one is
 *
 *   slower               if the interval lies above 1, the ratio is at least 1 + e, and Mann-Whitney's p is below 0.02
 *   faster               likewise below 1 and at most 1 / (1 + e)
 *   no difference shown  if the interval lies between 1 / (1 + e) and 1 + e: whatever difference there is matters not
 *   not enough data      otherwise, and where a side has fewer than COMPARE_LEAST values
 *
 * so that two equal things are called faster or slower in at most 2 of 100 comparisons in the mean, whatever the noise
 * is like, and hardly ever in more than 5 of 100. Fewer than five values on a side decide nothing: with four on each
 * Mann-Whitney's p cannot be below 0.02.
 *
 * Cells are compared where they did the same work: equal parameters, profile and version, and where a cost of the
 * machine that was measured anew is among the parameters, equal audits. Others are refused, each with the reason. */
#ifndef SIMUL_COMPARE_H
#define SIMUL_COMPARE_H

#include "samples.h"

enum verdict { VERDICT_SLOWER, VERDICT_FASTER, VERDICT_SAME, VERDICT_UNDECIDED, VERDICT_REFUSED, VERDICTS };

/* The only words for them, in every table, figure and page, and what programs read: "no difference shown", of memory
 * "more"; "no-difference", "not-enough-data". */
const char *verdict_text(enum verdict verdict, const struct sample_kind *kind);
const char *verdict_name(enum verdict verdict);

enum { COMPARE_REASON_MAX = 400 };

struct comparison {
	const struct sample *base, *other; /* borrowed; NULL where a side has no such cell */
	double ratio;                      /* NAN where refused */
	struct interval interval;
	double p; /* Mann-Whitney */
	enum verdict verdict;
	bool stands;                     /* a finding among all cells: see false_discovery() at 5 % */
	bool paced;                      /* see compare_refuses() */
	char reason[COMPARE_REASON_MAX]; /* why it is refused; empty if it is not */
};

struct compare_options {
	double min_effect; /* e above, 0 to 10 */
	uint64_t seed;
	bool verdict_only; /* without the interval where the verdict is known before it: no value lies among the others'
			    */
};

struct comparisons {
	const struct samples *base, *other;       /* borrowed; the same one where runtimes are compared */
	const char *base_runtime, *other_runtime; /* NULL where bundles are */
	struct compare_options options;
	bool machines;            /* numbers of cores, and calibrations that the work is made of, may differ */
	struct comparison *items; /* in the base's order, then what only the other has; owned */
	size_t count;
	size_t of[VERDICTS]; /* how many of each */
	size_t compared;     /* all but the refused */
	size_t standing;     /* of the slower and faster: how many stand as findings among all cells */
	/* If nothing differed: the most verdicts that would be wrong, and the most the chance that any is. */
	double false_expected, false_any;
};

/* Every cell of two sources. 0 or -ENOMEM. */
int compare_samples(const struct samples *base, const struct samples *other, const struct compare_options *options,
		    struct comparisons *comparisons);

/* Of one bundle, one runtime against another, group by group. -ENOENT, with a sentence: it has no such runtime. */
int compare_runtimes(const struct samples *samples, const char *runtime, const char *against,
		     const struct compare_options *options, struct comparisons *comparisons);

/* Whether two samples of machines cannot be compared, whatever their numbers of cores: one has no result, or they did
 * not do the same work. The sentence is in reason then, and else empty. Work that each machine made of its own
 * calibration, so that its pieces last as long on both, is compared, and *paced then. */
bool compare_refuses(const struct samples *base_of, const struct sample *base, const struct samples *other_of,
		     const struct sample *other, bool *paced, char reason[COMPARE_REASON_MAX]);

void comparisons_clear(struct comparisons *comparisons);

/* What all reports call slower, and the seed of a cell that is the base: its name has a say in it. */
#define COMPARE_LEAST_EFFECT 0.02
enum { COMPARE_LEAST = 5 }; /* values on a side: fewer decide nothing */
uint64_t compare_seed(const char *name, uint64_t seed);

/* One pair of sets, both of one value at least, in any order: ratio, interval, p and verdict into *comparison.
 * Everything that says "slower" asks here. 0 or -ENOMEM. */
int compare_values(const double *base, size_t base_n, const double *other, size_t other_n,
		   const struct compare_options *options, struct comparison *comparison);

/* Whether the other one is neither shown to be slower nor likely to be by much: who may be by over 15 %, for all that
 * the interval says, is not advised as if it were level. */
bool comparison_is_level(const struct comparison *comparison);

#endif
