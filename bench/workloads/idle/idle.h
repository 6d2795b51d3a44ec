/* idle.h: the indices of the idle parameters, shared by the spec and the bodies. */
#ifndef SIMUL_IDLE_H
#define SIMUL_IDLE_H

#include "../workload.h"

enum idle_parameter { IDLE_TASKS, IDLE_SLEEP, IDLE_START, IDLE_MEMORY };

enum idle_start { IDLE_GATE, IDLE_SPAWN };

enum idle_memory { IDLE_WARM, IDLE_COLD };

extern const struct workload_spec idle_spec;

#endif
