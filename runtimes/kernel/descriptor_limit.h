/* descriptor_limit.h: room for many descriptors.
 *
 * The soft limit is often 1,024, and the hard one is the process's own to use. A process with CAP_SYS_RESOURCE may
 * raise the hard one too. Source: getrlimit(2). Thread-safe. */
#ifndef SIMUL_KERNEL_DESCRIPTOR_LIMIT_H
#define SIMUL_KERNEL_DESCRIPTOR_LIMIT_H

#include <stdint.h>
#include <sys/resource.h>

/* SPARE: for all that a program has open besides. MOST: beyond all that a workload asks for, nobody's limit is raised.
 */
enum { DESCRIPTORS_SPARE = 64, DESCRIPTORS_MOST = 1 << 16 };

/* Raises the soft limit to the hard one and, where `wanted` descriptors do not fit into that and it is allowed, the
 * hard one with it. How many fit now. */
static inline uint64_t descriptor_room(uint64_t wanted)
{
	struct rlimit limit = {.rlim_max = 0}, raised;

	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
	raised.rlim_cur = raised.rlim_max = wanted + DESCRIPTORS_SPARE;
	if (raised.rlim_max > limit.rlim_max && raised.rlim_max <= DESCRIPTORS_MOST &&
	    setrlimit(RLIMIT_NOFILE, &raised) == 0)
		limit = raised;
	return limit.rlim_max > DESCRIPTORS_SPARE ? limit.rlim_max - DESCRIPTORS_SPARE : 0;
}

#endif
