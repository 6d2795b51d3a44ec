/* settings.h: what a runtime got of the kernel where there are better and worse ways; a player keeps it among its
 * record's settings. Not thread-safe: the runtime writes while it starts. */
#ifndef SIMUL_SETTINGS_H
#define SIMUL_SETTINGS_H

#include <stdint.h>

enum { RUNTIME_SETTINGS_MAX = 4 };

struct runtime_setting {
	const char *name; /* a literal; NULL ends them */
	uint64_t value;
};

extern struct runtime_setting runtime_settings[RUNTIME_SETTINGS_MAX + 1];

/* For the runtime: name has that value from now on. */
void runtime_note(const char *name, uint64_t value);

#endif
