/* core_list.h: cores that a person names, as numbers of the kernel's. */
#ifndef SIMUL_CORE_LIST_H
#define SIMUL_CORE_LIST_H

#include "text.h"

/* Zeroed, it is empty. Owns its items. */
struct core_list {
	unsigned *items;
	unsigned count;
};

/* Reads "0", "3" ... 0, or -EINVAL (-ENOMEM) after a sentence that begins with the verb: no number, named twice, or a
 * core that this process may not use. */
int core_list_read(struct core_list *list, const struct texts *texts, const char *verb);
void core_list_clear(struct core_list *list);

#endif
