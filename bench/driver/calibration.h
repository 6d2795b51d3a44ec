/* calibration.h: what this machine's work costs, measured once a run and given to every player alike.
 *
 * A workload marks the parameters that are such costs. In the manifest each stands under its name and its unit: "step"
 * as "step_ps", "floor" as "floor_ns" (a calibrated duration is in ns, a calibrated count in picoseconds).
 *
 * A cost is the least that was seen: a disturbance, or a core whose clock is slow for a while, only ever makes it
 * larger. Not thread-safe: the calling thread is bound to one core after another and goes back to where it was. */
#ifndef SIMUL_CALIBRATION_H
#define SIMUL_CALIBRATION_H

#include <jansson.h>

#include "../machine/machine.h"
#include "../workloads/workload.h"

/* Measures all of them on every allowed core in turn (the first 24), for about a second on two. A new reference; NULL,
 * with a sentence printed, where a measurement failed. */
json_t *calibration_measure(const struct machine *machine);

/* Measures those of one workload again, on those cores (the first 8), and puts what is less than before in its place.
 * 1 if anything was, 0, or -errno. */
int calibration_lower(const struct machine *machine, hwloc_const_cpuset_t cores, const struct workload_spec *spec,
		      json_t *costs);

/* Non-zero, and the value, if the parameter is a calibration that was measured. */
int calibration_find(const json_t *calibration, const struct parameter *parameter, uint64_t *value);

#endif
