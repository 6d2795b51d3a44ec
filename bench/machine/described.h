/* described.h: what tests of machines share: files that are laid out below a root, and machines that hwloc's synthetic
 * notation has no words for. */
#ifndef SIMUL_MACHINE_DESCRIBED_H
#define SIMUL_MACHINE_DESCRIBED_H

#include "machine.h"

/* A temporary folder, as set-up and teardown of cmocka's tests: made, and removed with all in it. */
extern char root[64];
int make_root(void **state);
int remove_root(void **state);

/* Writes a file below the root and makes the folders on its way; the test fails where it cannot. */
void put(const char *path, const char *text);

/* Machines, each to be closed by the caller; -1 where it could not be made. */

/* Four slow cores of one PU (0 2 4 6), then two fast ones of two (8 9, 10 11). */
int described_hybrid(struct machine *machine);

/* What a cgroup's cpuset leaves of pack:2 core:8 pu:2: half of a core (1), two whole ones (2 3, 4 5), and two on the
 * other package (18 19, 20 21). It makes a root of its own and removes it. */
int described_part(struct machine *machine);

#endif
