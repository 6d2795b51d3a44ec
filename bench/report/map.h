/* map.h: the decision map in words, for whoever shows it. */
#ifndef SIMUL_REPORT_MAP_H
#define SIMUL_REPORT_MAP_H

#include "../analysis/map.h"
#include "mark.h"

enum { MAP_TEXT_MAX = 40 };

/* By enum map_aspect. */
extern const char *const map_questions[MAP_ASPECTS];

/* The first leader of each family that has one, the least first; returns how many. */
size_t map_families(const struct mark *marks, const struct map_answer *answer, const struct map_entry *first[FAMILIES]);

/* "99.9 %"; "1000", "10k"; "1.34x", "=" where nothing is behind, "?" where there is not enough data to say, "!" where
 * no answer can be relied on. Each returns text. */
char *map_share(char text[MAP_TEXT_MAX], double share);
char *map_tasks(char text[MAP_TEXT_MAX], double tasks);
char *map_margin(char text[MAP_TEXT_MAX], const struct map_place *place, enum map_aspect aspect);

/* For 80 columns; nothing where the bundle has no map, as *shown says. 0 or -ENOMEM. */
int map_table(const struct bundle *bundle, const struct groups *groups, bool *shown, FILE *out);

#endif
