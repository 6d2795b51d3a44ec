/* scoreboard.h: a group's cells in the order of their median wall time, for the first figure and the table. */
#ifndef SIMUL_SCOREBOARD_H
#define SIMUL_SCOREBOARD_H

#include "../analysis/groups.h"

struct score {
	const struct cell *cell;
	struct summary wall;  /* n is 0 where there is no result */
	struct summary times; /* the bound; n is 0 where none is known */
	bool floor;           /* the bare calls, no runtime */
};

/* One score a cell: runtimes, fastest first; then floors; then those without a result. Owned by the caller. NULL: no
 * memory. */
struct score *scores_make(const struct bundle *bundle, const struct group *group);

/* "n = 5 to 10, interval: rank-based, 95.0 %": least: the summary of the fewest invocations. Returns text. */
const char *method_text(const struct summary *least, size_t most, char *text, size_t size);

/* "chess, 24 boards on 1 core". */
void group_title(const struct family *family, const struct group *group, char *text, size_t size);

/* Bytes that a further task costs that runtime: the median slope over the family's places, from at least three of them;
 * NAN where it is not known. */
double memory_a_task(const struct family *family, unsigned slot);

#endif
