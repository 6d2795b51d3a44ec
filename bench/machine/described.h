/* described.h: machines for tests that hwloc's synthetic notation has no words for. Each is to be closed by the caller;
 * -1 where it could not be made. */
#ifndef SIMUL_MACHINE_DESCRIBED_H
#define SIMUL_MACHINE_DESCRIBED_H

#include "machine.h"

/* Four slow cores of one PU (0 2 4 6), then two fast ones of two (8 9, 10 11). */
int described_hybrid(struct machine *machine);

/* What a cgroup's cpuset leaves of pack:2 core:8 pu:2: half of a core (1), two whole ones (2 3, 4 5), and two on the
 * other package (18 19, 20 21). */
int described_part(struct machine *machine);

#endif
