/* core_list.c: see core_list.h. */
#include "core_list.h"

#include <errno.h>
#include <sched.h>
#include <stdint.h>
#include <stdlib.h>

#include "../workloads/parameters.h"
#include "driver.h"

enum { CORES_MAX = 8192 };

static int refuse(const char *verb, const char *text, const char *why)
{
	say("%s: --cores: '%s' %s", verb, text, why);
	return -EINVAL;
}

static int read_one(struct core_list *list, const char *text, const cpu_set_t *allowed, size_t bytes, const char *verb)
{
	uint64_t core;

	if (count_parse(text, &core) < 0 || core >= CORES_MAX)
		return refuse(verb, text, "is no number of a core; see simul topology");
	if (!CPU_ISSET_S(core, bytes, allowed))
		return refuse(verb, text, "is no core that this process may use; see simul topology");
	for (unsigned i = 0; i < list->count; i++)
		if (list->items[i] == core)
			return refuse(verb, text, "is named twice");
	list->items[list->count++] = (unsigned)core;
	return 0;
}

int core_list_read(struct core_list *list, const struct texts *texts, const char *verb)
{
	cpu_set_t *allowed = CPU_ALLOC(CORES_MAX);
	size_t bytes = CPU_ALLOC_SIZE(CORES_MAX);
	int error = 0;

	*list = (struct core_list){.items = calloc(texts->count + 1, sizeof *list->items)};
	if (!allowed || !list->items)
		error = -ENOMEM;
	else if (sched_getaffinity(0, bytes, allowed) < 0)
		error = -errno;
	for (size_t i = 0; error == 0 && i < texts->count; i++)
		error = read_one(list, texts->items[i], allowed, bytes, verb);
	CPU_FREE(allowed);
	return error;
}

void core_list_clear(struct core_list *list)
{
	free(list->items);
	*list = (struct core_list){.count = 0};
}
