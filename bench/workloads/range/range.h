/* range.h: the indices of the range parameters, shared by the spec and the bodies. */
#ifndef SIMUL_RANGE_H
#define SIMUL_RANGE_H

#include "../workload.h"

enum range_parameter { RANGE_NUMBERS, RANGE_MODE };

enum range_mode { RANGE_EAGER, RANGE_LAZY };

extern const struct workload_spec range_spec;

#endif
