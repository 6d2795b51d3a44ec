/* calibration.h: what this machine's work costs, measured once a run and given to every player alike.
 *
 * A workload marks the parameters that are such costs. In the manifest each stands under its name and its unit: "step"
 * as "step_ps", "floor" as "floor_ns" (a calibrated duration is in ns, a calibrated count in picoseconds). */
#ifndef SIMUL_CALIBRATION_H
#define SIMUL_CALIBRATION_H

#include <jansson.h>

#include "../machine/machine.h"
#include "../workloads/workload.h"

/* Measures all of them on one core. A new reference; NULL, with a sentence printed, where a measurement failed. */
json_t *calibration_measure(const struct machine *machine);

/* Non-zero, and the value, if the parameter is a calibration that was measured. */
int calibration_find(const json_t *calibration, const struct parameter *parameter, uint64_t *value);

#endif
