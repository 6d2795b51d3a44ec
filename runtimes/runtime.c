/* runtime.c: how many workers there are to be, on what stacks, what they got of the kernel, and why none can be. */
#include "runtime.h"

#include "check.h"
#include "settings.h"

#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

unsigned runtime_workers;
size_t runtime_stack_bytes;
bool runtime_stack_unguarded;

char runtime_obstacle[RUNTIME_OBSTACLE_MAX];

void runtime_cannot_run(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(runtime_obstacle, sizeof runtime_obstacle, format, arguments);
	va_end(arguments);
}

struct runtime_setting runtime_settings[RUNTIME_SETTINGS_MAX + 1];

void runtime_note(const char *name, uint64_t value)
{
	int i = 0;

	while (i < RUNTIME_SETTINGS_MAX && runtime_settings[i].name && strcmp(runtime_settings[i].name, name) != 0)
		i++;
	CHECK(i < RUNTIME_SETTINGS_MAX, "more than %d settings of a runtime", RUNTIME_SETTINGS_MAX);
	runtime_settings[i] = (struct runtime_setting){.name = name, .value = value};
}

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
