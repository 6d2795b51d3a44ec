/* newest.h: the bundle that is meant where none is named. */
#ifndef SIMUL_NEWEST_H
#define SIMUL_NEWEST_H

#include "text.h"

/* Adds the newest bundle of results/local, or the newest simul-TIME, of the current folder. 0; -ENOENT, with a
 * sentence: there is none; -ENOMEM. */
int newest_bundle_add(struct texts *bundles);

#endif
