/* calibration.h: what this machine's work costs, measured once a run and given to every player alike.
 *
 * A workload marks the parameters that are such costs. In the manifest each stands under its name and its unit: "step"
 * as "step_ps", "floor" as "floor_ns" (a calibrated duration is in ns, a calibrated count in picoseconds).
 *
 * Such a cost is the least that was seen: a disturbance, or a core whose clock is slow for a while, only ever makes it
 * larger. Costs are measured beside each invocation too, and what they are then, on average, says how fast the machine
 * was for that one (decisions/0007). Not thread-safe: the calling thread is bound to one core after another and goes
 * back to where it was. */
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

/* Whether any of the workload's parameters is such a cost. */
bool calibration_is_of(const struct workload_spec *spec);

/* What the workload's costs usually are just now on each of those cores (the first 8): the median of three runs, some
 * 6 ms a core and cost. Appends {"core": 0, "step_ps": 1290} for each of them to the array. 0 or -errno. */
int calibration_beside(const struct machine *machine, hwloc_const_cpuset_t cores, const struct workload_spec *spec,
		       json_t *moments);

/* The mean of those moments, each cost by itself, as the values' costs; 0 where there is none. */
void calibration_take_mean(const json_t *moments, const struct workload_spec *spec, struct values *values);

/* Puts what is less in those moments in the place of what stands in costs. 1 if anything was, 0, or -errno. */
int calibration_take_least(const json_t *moments, const struct workload_spec *spec, json_t *costs);

/* Non-zero, and the value, if the parameter is a calibration that was measured. */
int calibration_find(const json_t *calibration, const struct parameter *parameter, uint64_t *value);

#endif
