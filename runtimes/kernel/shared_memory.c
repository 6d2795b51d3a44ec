/* shared_memory.c: see shared_memory.h. A list of mappings; each node is the caller's memory's only record. */
#include "shared_memory.h"

#include <stdlib.h>
#include <sys/mman.h>

struct mapping {
	struct mapping *next;
	void *memory;
	size_t bytes;
};

static struct mapping *mappings;

void *shared_memory_map(size_t bytes, int visibility)
{
	struct mapping *mapping = malloc(sizeof(*mapping));

	if (!mapping)
		return NULL;
	mapping->bytes = bytes;
	mapping->memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, visibility | MAP_ANONYMOUS, -1, 0);
	if (mapping->memory == MAP_FAILED) {
		free(mapping);
		return NULL;
	}
	mapping->next = mappings;
	mappings = mapping;
	return mapping->memory;
}

void shared_memory_unmap(void)
{
	while (mappings) {
		struct mapping *mapping = mappings;

		mappings = mapping->next;
		munmap(mapping->memory, mapping->bytes);
		free(mapping);
	}
}
