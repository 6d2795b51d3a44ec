/* runtime.c: how many workers there are to be. */
#include "runtime.h"

#include <sched.h>
#include <unistd.h>

unsigned runtime_workers;

unsigned runtime_worker_count(void)
{
	cpu_set_t set;

	if (runtime_workers > 0)
		return runtime_workers;
	/* More cores than cpu_set_t holds: as many as are online. */
	if (sched_getaffinity(0, sizeof set, &set) < 0)
		return (unsigned)sysconf(_SC_NPROCESSORS_ONLN);
	return (unsigned)CPU_COUNT(&set);
}
