/* shared_memory.h: the mappings behind task_shared(), for every runtime that gets them from mmap(2).
 *
 * Called by the first task and by task_run() only, so nothing here is locked. */
#ifndef SIMUL_KERNEL_SHARED_MEMORY_H
#define SIMUL_KERNEL_SHARED_MEMORY_H

#include <stddef.h>

/* bytes of zeroed memory, page-aligned; NULL if there is none. visibility: MAP_SHARED where tasks are forked,
 * MAP_PRIVATE where they live in one address space. Owned by this module until shared_memory_unmap(). */
void *shared_memory_map(size_t bytes, int visibility);

/* Gives everything back that was mapped since the last call. */
void shared_memory_unmap(void);

#endif
