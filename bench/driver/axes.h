/* axes.h: the points at which a workload is played, as a product of axes.
 *
 * An axis is text: "boards=1,4,24". Keys may follow the first one, "connections+messages=1+5000,10+2000": only the
 * first names a cell, and the others go with it. An axis that is added replaces those with the same first key, and a
 * key that it sets is no longer set by others: what the user says takes the place of what the profile says. */
#ifndef SIMUL_AXES_H
#define SIMUL_AXES_H

#include "../workloads/workload.h"
#include "text.h"

struct axis {
	struct texts keys;
	struct texts points; /* values, in the order of the keys, joined by '+' */
};

/* Zeroed, it has one point without keys. Owns its texts. */
struct axes {
	struct axis items[PARAMETERS_MAX];
	size_t count;
};

/* 0, or -EINVAL and a sentence (an unknown key with the list of the known ones, a bad value), or -ENOMEM. */
int axes_take(struct axes *axes, const struct workload_spec *spec, const char *text, char reason[REASON_MAX]);
void axes_clear(struct axes *axes);

/* Whether the key is the first of an axis. */
bool axes_lead(const struct axes *axes, const char *key);

/* How many points there are: the product of all axes, SIZE_MAX where it overflows. */
size_t axes_points(const struct axes *axes);

/* Adds the "key=value" pairs of the point of that index; the last axis varies fastest.
 * Of two pairs of one key the later one counts. 0 or -ENOMEM. */
int axes_pairs(const struct axes *axes, size_t index, struct texts *pairs);

#endif
