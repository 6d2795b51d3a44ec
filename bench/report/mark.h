/* mark.h: how a runtime looks in every figure of every bundle.
 *
 * The colour is its model's family, found in what its player says of itself and never in its name. The shape and the
 * dash of its line come from its name, so that they stay, but for runtimes of one family whose names meet on one shape:
 * the later one in the alphabet then takes the next, where the other is in the bundle too. Peers and floors are hollow.
 */
#ifndef SIMUL_REPORT_MARK_H
#define SIMUL_REPORT_MARK_H

#include "../analysis/bundle.h"

/* In the order of the legend. */
enum model_family {
	FAMILY_SEQUENTIAL,         /* no interleaving */
	FAMILY_PROCESS,            /* scheduled by the kernel, nothing shared */
	FAMILY_THREAD,             /* scheduled by the kernel, memory shared */
	FAMILY_CALLBACK,           /* by its dialect */
	FAMILY_ASYNC,              /* by its dialect */
	FAMILY_COROUTINE,          /* switches stacks, on one core */
	FAMILY_PARALLEL_COROUTINE, /* switches stacks, on several */
	FAMILY_UNKNOWN,            /* its player says too little */
	FAMILY_FLOOR,              /* the bare calls of the kernel */
	FAMILIES
};

struct mark {
	enum model_family family;
	unsigned colour; /* 0xRRGGBB */
	unsigned shape;  /* gnuplot's point type */
	unsigned dash;   /* gnuplot's dash type; 1 is solid */
};

enum model_family model_family_of(const struct bundle *bundle, const char *runtime);
const char *model_family_heading(enum model_family family);
/* One capital letter, for those who see no colours; '?' of others. */
char model_family_letter(enum model_family family);

/* The mark of every slot of bundle.runtimes. */
void marks_make(const struct bundle *bundle, struct mark marks[BUNDLE_RUNTIMES_MAX]);

#endif
