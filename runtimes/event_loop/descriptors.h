/* descriptors.h: room in a poller's table of descriptors, which is indexed by their numbers. */
#ifndef SIMUL_EVENT_LOOP_DESCRIPTORS_H
#define SIMUL_EVENT_LOOP_DESCRIPTORS_H

#include <stdlib.h>
#include <string.h>

/* The table with room for descriptor fd, new entries being zero; size: bytes of an entry. The table may have moved, and
 * *capacity, in entries, has grown with it. NULL: no memory, and the table is as it was. */
static inline void *descriptors_reserve(void *table, int *capacity, size_t size, int fd)
{
	int wanted = *capacity ? *capacity : 64;

	if (fd < *capacity)
		return table;
	while (wanted <= fd)
		wanted *= 2;
	char *grown = realloc(table, (size_t)wanted * size);

	if (!grown)
		return NULL;
	memset(grown + (size_t)*capacity * size, 0, (size_t)(wanted - *capacity) * size);
	*capacity = wanted;
	return grown;
}

#endif
