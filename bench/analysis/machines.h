/* machines.h: the same cells on several machines: as they are, per core, against each machine's own speed, and against
 * its own one core.
 *
 * A row is a workload, a runtime and parameters; its points are machines and core counts. The base of a row is the
 * first machine's point with the most cores. A point takes part where it did the base's work: equal profile, version
 * and parameters, and where a cost of the machine that was measured anew is among the parameters, equal audits, or work
 * made of it so that its pieces last as long on each machine (paced: chess by default). What takes as long on a machine
 * whose cores are twice as fast is then twice the work: the speed of a paced point is that of cores, runtime and kernel
 * at equal durations, and says nothing of how fast a core is. Others are refused, each with the reason. A machine is
 * known by its identity, a hash of topology and CPU model that a restriction (taskset, cgroup) leaves as it is: one
 * that was restricted to a part of its cores is an emulation of a smaller machine, with the caches and the memory of
 * the whole, and is tagged so. */
#ifndef SIMUL_MACHINES_H
#define SIMUL_MACHINES_H

#include "compare.h"

enum { MACHINES_MAX = 64 };

struct machine_side {
	const struct samples *samples;       /* borrowed; a bundle */
	const char *identity;                /* borrowed; "" if unknown */
	unsigned allowed, present, physical; /* PUs, PUs, and physical cores among the allowed; 0: unknown */
	bool emulated;                       /* a restricted part of a machine */
};

struct machine_point {
	unsigned machine; /* place in machines.sides */
	const struct sample *sample;
	double cores, share; /* share: of the machine's allowed PUs; NAN: unknown */
	/* All NAN where it is refused. Above 1 is faster than the base. */
	double speed;
	struct interval interval; /* of the speed: percentile bootstrap, 95 % */
	enum verdict verdict;     /* by the rule of compare.h */
	bool paced;               /* its work is not the base's, but lasts as long */
	double per_core;          /* speed for a core, over that of the base */
	double calibrated; /* speed in units of the machine's own calibrated one-core speed, over that of the base; NAN:
			      none */
	double efficiency; /* speed over that on one core of the same machine, for each physical core; NAN: none */
	char refused[COMPARE_REASON_MAX];
};

struct machine_row {
	char *name;                     /* "counting/thread/limit=2000000/slices=8"; owned */
	const char *workload, *runtime; /* borrowed */
	bool paced;                     /* a point of it is */
	const struct machine_point
		*base;                /* one of points; NULL where the first machine has none: nothing is compared */
	struct machine_point *points; /* by machine, then by cores; owned by machines */
	size_t count;
	/* Why it compares nothing: other machines have not played it, nor is there a point that was refused by itself;
	 * empty where it does. The text has no runtime, so that rows may be grouped by it. */
	char alone[COMPARE_REASON_MAX];
};

struct machines {
	struct machine_side sides[MACHINES_MAX];
	unsigned side_count;
	struct machine_row *rows;
	size_t row_count;
	struct machine_point *points;
	size_t point_count, compared, refused; /* compared: points of other machines than the first */
	size_t paced;                          /* of the compared */
	size_t alone;                          /* rows whose reason alone is not empty */
};

/* bundles: count of them, 2 to MACHINES_MAX, which must outlive the result. 0, -EINVAL and a sentence, -ENOMEM. */
int machines_compare(const struct samples *bundles, unsigned count, const struct compare_options *options,
		     struct machines *machines);
void machines_clear(struct machines *machines);

/* How a machine other than the first stands to it: how many rows have each verdict, each machine on the most cores that
 * were compared; refused are those rows of it or of the first machine where nothing was. */
void machines_count(const struct machines *machines, unsigned machine, size_t of[VERDICTS]);

#endif
