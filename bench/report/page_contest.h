/* page_contest.h: one question of the page's answer: the same work, every runtime, and its verdict against the best.
 *
 * Lower is better. The best is the one of ours with the least median; peers are there to be compared with and are
 * judged against it like everybody else. */
#ifndef SIMUL_REPORT_PAGE_CONTEST_H
#define SIMUL_REPORT_PAGE_CONTEST_H

#include "../analysis/compare.h"
#include "page.h"
#include "quantity.h"

struct entry {
	const struct cell *cell;
	const char *guest; /* "peer" or "floor": it has a row, but no say; NULL: one of ours */
	enum model_family family;
	double *values;       /* of the invocations, sorted; owned */
	struct summary value; /* ns, or the quantity's unit; n is 0 where there is no result */
	double ratio;         /* of the medians, to the best; NAN without a result */
	struct interval ratio_interval;
	enum verdict verdict; /* against the best, by the rule of simul compare; the best's is VERDICT_SAME */
	bool leads;           /* the best, or level with it: comparison_is_level() */
};

struct contest {
	const struct bundle *bundle;
	const struct family *family;
	const struct group *group;
	const struct quantity *quantity; /* what is compared; NULL: wall time */
	struct entry *entries;           /* the least first, then those without a result; owned */
	size_t count, results;           /* entries; those with a result */
	const struct entry *best;        /* NULL where none of ours has a result */
	double bound;                    /* NAN if not known, or if it is not wall time that is compared */
	char unreliable[120];            /* why no answer can be relied on: group_is_unreliable(); else empty */
};

/* 0, -ENODATA where nothing has a result, -ENOMEM. */
int contest_make(const struct page *page, const struct family *family, const struct group *group,
		 struct contest *contest);
/* Fills every entry's interval of the ratio, which takes a while. 0 or -ENOMEM. */
int contest_intervals(struct contest *contest);
void contest_clear(struct contest *contest);

/* Who stands for that model family: the first of ours that leads, else the one with the least median; NULL where none
 * has a result. A slower one of a lesser median, known better, does not hide one that leads. */
const struct entry *contest_of_family(const struct contest *contest, enum model_family family);

/* A value of the contest with its unit; two of them as "37.1..40.7 ms". */
char *contest_format(char text[QUANTITY_TEXT_MAX], const struct contest *contest, double value);
char *contest_format_range(char text[2 * QUANTITY_TEXT_MAX], const struct contest *contest,
			   const struct interval *interval);

#endif
