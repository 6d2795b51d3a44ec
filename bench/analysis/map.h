/* map.h: the decision map: over the number of tasks and the share of waiting, which models lead.
 *
 * A bundle has one where its chess was played at several numbers of boards with several shares of waiting,
 * reply / (move + reply), the move and the cores being the same: `simul map` measures such bundles, and any other with
 * such cells will do. Of several moves or cores the one with the most places counts. Peers and floors have no say.
 *
 * A cell leads where it has the least median or is level with that by the rule of compare.h. */
#ifndef SIMUL_MAP_H
#define SIMUL_MAP_H

#include "compare.h"
#include "groups.h"
#include "map_point.h"

/* What is asked: wall time of the work, or bytes of all tasks alive. Less than a page counts as a page. */
enum map_aspect { MAP_TIME, MAP_MEMORY, MAP_ASPECTS };

struct map_entry {
	const struct cell *cell;
	double *values, median; /* owned */
	size_t n;
	double ratio; /* of the median to the least */
	enum verdict verdict;
	bool leads;
};

struct map_answer {
	struct map_entry *entries; /* those with a result, the least first; owned */
	size_t count, leaders;
	bool unsure;                    /* something neither leads nor is shown to be behind */
	const struct map_entry *second; /* the least of those that are shown to be behind; NULL: none is */
};

struct map_place {
	const struct group *group;
	double tasks, share; /* share of waiting, 0 to 1 */
	size_t column, row;
	char unreliable[120]; /* why no answer here can be relied on: group_is_unreliable(); else empty */
	struct map_answer answer[MAP_ASPECTS];
};

/* Borrows the groups and their bundle. */
struct map {
	struct map_place *places; /* by row, then column; owned */
	size_t count;
	double *tasks, *shares; /* of the columns and the rows, ascending; owned */
	size_t columns, rows;
	double compute_ns;
	unsigned cores;
};

/* cores, compute_ns: only cells of that kind; 0: any. 0; -ENODATA: the bundle has no such map; -ENOMEM. */
int map_make(const struct groups *groups, const struct bundle *bundle, unsigned cores, double compute_ns,
	     struct map *map);
void map_clear(struct map *map);

/* The place there, or NULL. */
const struct map_place *map_at(const struct map *map, size_t column, size_t row);
/* The measured place that is nearest, tasks and the time of a round counted by their ratios. */
const struct map_place *map_near(const struct map *map, double tasks, double share);

/* Where to look next: a place in the middle between neighbours in a row or a column that have no leader in common, as
 * far as round numbers allow one. Returns how many are in points[most], time first. */
size_t map_refine(const struct map *map, struct map_point *points, size_t most);

#endif
