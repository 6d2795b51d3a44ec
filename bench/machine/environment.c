/* environment.c: what of the machine and its settings a number depends on, as JSON. Each fact is read from one place
 * and is absent where that place is. */
#include <dirent.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>
#ifdef __GLIBC__
#include <gnu/libc-version.h>
#endif

#include "internal.h"

/* Files whose text is the fact. */
static const struct text_fact {
	const char *key, *path;
} text_facts[] = {
	{"governor", "/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"},
	{"frequency_driver", "/sys/devices/system/cpu/cpu0/cpufreq/scaling_driver"},
	{"smt_control", "/sys/devices/system/cpu/smt/control"},
	{"clocksource", "/sys/devices/system/clocksource/clocksource0/current_clocksource"},
	{"hypervisor_type", "/sys/hypervisor/type"},
};

/* Files that hold a limit. */
static const struct text_fact limit_facts[] = {
	{"pid_max", "/proc/sys/kernel/pid_max"},
	{"threads_max", "/proc/sys/kernel/threads-max"},
	{"max_map_count", "/proc/sys/vm/max_map_count"},
};

/* Variables that change how programs, libraries or hwloc behave; with a star, all that begin so. */
static const char *const variables[] = {
	"LD_*",         "GLIBC_TUNABLES", "MALLOC_*",           "HWLOC_*",         "BENCHMARK_*",
	"ASAN_OPTIONS", "TSAN_OPTIONS",   "UBSAN_OPTIONS",      "LSAN_OPTIONS",    "GOMAXPROCS",
	"GOGC",         "GOMEMLIMIT",     "UV_THREADPOOL_SIZE", "UV_USE_IO_URING", "SIMUL_*",
};

static const struct resource_fact {
	const char *key;
	int resource;
} resource_facts[] = {
	{"open_files", RLIMIT_NOFILE},
	{"processes", RLIMIT_NPROC},
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void put_text(json_t *json, const char *key, const char *text)
{
	if (*text)
		json_object_set_new(json, key, json_string(text));
}

static void put_text_facts(json_t *json, const char *root)
{
	char text[256];

	for (size_t i = 0; i < COUNT(text_facts); i++)
		if (read_text(root, text_facts[i].path, text, sizeof(text)) > 0)
			put_text(json, text_facts[i].key, text);
}

/* The chosen word of a list such as "always [madvise] never". */
static void put_huge_pages(json_t *json, const char *root)
{
	char text[128], *end, *begin;

	if (read_text(root, "/sys/kernel/mm/transparent_hugepage/enabled", text, sizeof(text)) <= 0)
		return;
	begin = strchr(text, '[');
	end = begin ? strchr(begin, ']') : NULL;
	if (!end)
		return;
	*end = '\0';
	put_text(json, "transparent_huge_pages", begin + 1);
}

/* Intel's driver says "no turbo", all others "boost". */
static void put_boost(json_t *json, const char *root)
{
	int64_t value;

	if (read_number(root, "/sys/devices/system/cpu/intel_pstate/no_turbo", &value) == 0)
		json_object_set_new(json, "boost", json_boolean(!value));
	else if (read_number(root, "/sys/devices/system/cpu/cpufreq/boost", &value) == 0)
		json_object_set_new(json, "boost", json_boolean(value));
}

/* x86 says so among the CPU's flags; elsewhere nothing is known. */
static void put_hypervisor(json_t *json, const char *root)
{
	enum { CPUINFO_MAX = 16384 };
	char text[CPUINFO_MAX], *flags, *end;

	if (read_text(root, "/proc/cpuinfo", text, sizeof(text)) <= 0)
		return;
	flags = strstr(text, "\nflags");
	if (!flags)
		return;
	end = strchr(flags + 1, '\n');
	if (end)
		*end = '\0';
	json_object_set_new(json, "hypervisor", json_boolean(strstr(flags, " hypervisor") != NULL));
}

static int is_plain_name(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

/* What the kernel does about each known fault of the CPU. */
static void put_mitigations(json_t *json, const char *root)
{
	static const char folder[] = "/sys/devices/system/cpu/vulnerabilities";
	char path[512], text[256];
	struct dirent **entries;
	json_t *mitigations;
	int count;

	snprintf(path, sizeof(path), "%s%s", root, folder);
	count = scandir(path, &entries, is_plain_name, alphasort);
	if (count < 0)
		return;
	mitigations = json_object();
	for (int i = 0; i < count; i++) {
		snprintf(path, sizeof(path), "%s/%s", folder, entries[i]->d_name);
		if (read_text(root, path, text, sizeof(text)) > 0)
			put_text(mitigations, entries[i]->d_name, text);
		free(entries[i]);
	}
	free(entries);
	json_object_set_new(json, "mitigations", mitigations);
}

static bool changes_behaviour(const char *name, size_t length)
{
	for (size_t i = 0; i < COUNT(variables); i++) {
		size_t fixed = strcspn(variables[i], "*");

		if (strncmp(name, variables[i], fixed) == 0 && (variables[i][fixed] == '*' || fixed == length))
			return true;
	}
	return false;
}

/* The value with the user's home folder as "~", since its name is a person's; to be freed by the caller. */
static char *without_home(const char *value)
{
	const char *home = getenv("HOME");
	size_t length = home && strlen(home) > 1 ? strlen(home) : 0;
	char *text = strdup(value), *to = text;

	while (text && *value) {
		bool is_home = length > 0 && strncmp(value, home, length) == 0 && strchr("/: ,", value[length]);

		*to++ = is_home ? '~' : *value;
		value += is_home ? length : 1;
	}
	if (text)
		*to = '\0';
	return text;
}

static void put_variables(json_t *json)
{
	json_t *found = json_object();

	for (char **entry = environ; entry && *entry; entry++) {
		size_t length = strcspn(*entry, "=");
		char *value;
		json_t *text;

		if ((*entry)[length] != '=' || !changes_behaviour(*entry, length))
			continue;
		value = without_home(*entry + length + 1);
		text = value ? json_string(value) : NULL;
		/* Without memory, or where it is no UTF-8: at least that it is set. */
		json_object_setn_new(found, *entry, length, text ? text : json_true());
		free(value);
	}
	if (json_object_size(found) > 0)
		json_object_set(json, "variables", found);
	json_decref(found);
}

static void put_limits(json_t *json, const char *root)
{
	json_t *limits = json_object();
	struct rlimit limit;
	int64_t number;

	for (size_t i = 0; i < COUNT(resource_facts); i++) {
		if (getrlimit((__rlimit_resource_t)resource_facts[i].resource, &limit) != 0)
			continue;
		json_object_set_new(limits, resource_facts[i].key,
				    limit.rlim_cur == RLIM_INFINITY ? json_string("unlimited")
								    : json_integer((json_int_t)limit.rlim_cur));
	}
	for (size_t i = 0; i < COUNT(limit_facts); i++)
		if (read_number(root, limit_facts[i].path, &number) == 0)
			json_object_set_new(limits, limit_facts[i].key, json_integer(number));
	number = cgroup_memory_bytes(root);
	if (number >= 0)
		json_object_set_new(limits, "cgroup_memory", json_integer(number));
	number = cgroup_tasks(root);
	if (number >= 0)
		json_object_set_new(limits, "cgroup_tasks", json_integer(number));
	json_object_set_new(json, "limits", limits);
}

static void put_system(json_t *json, bool with_host_name)
{
	struct utsname system;
	char text[160];
	int slack = prctl(PR_GET_TIMERSLACK);

	if (uname(&system) == 0) {
		snprintf(text, sizeof(text), "%s %s", system.sysname, system.release);
		put_text(json, "kernel", text);
		put_text(json, "kernel_build", system.version);
		put_text(json, "architecture", system.machine);
		if (with_host_name)
			put_text(json, "host", system.nodename);
	}
#ifdef __GLIBC__
	snprintf(text, sizeof(text), "glibc %s", gnu_get_libc_version());
	put_text(json, "libc", text);
#endif
	if (slack >= 0)
		json_object_set_new(json, "timer_slack_ns", json_integer(slack));
}

static json_t *count_of(const struct machine *machine, hwloc_obj_type_t type)
{
	return json_integer(hwloc_get_nbobjs_by_type(machine->topology, type));
}

static void put_topology(json_t *json, const struct machine *machine)
{
	json_object_set_new(json, "identity", json_string(machine->identity));
	json_object_set_new(json, "this_system", json_boolean(machine->this_system));
	json_object_set_new(json, "cpu", json_string(machine->cpu));
	json_object_set_new(json, "cores_allowed", pu_list_json(machine->allowed));
	json_object_set_new(json, "cores_physical", json_integer(machine->physical_count));
	json_object_set_new(json, "cores_present", json_integer(machine->pus.present));
	json_object_set_new(json, "smt", json_boolean(machine->physical_count < machine->allowed_count));
	json_object_set_new(json, "packages", count_of(machine, HWLOC_OBJ_PACKAGE));
	json_object_set_new(json, "numa_nodes", count_of(machine, HWLOC_OBJ_NUMANODE));
	if (hwloc_cpukinds_get_nr(machine->topology, 0) > 0)
		json_object_set_new(json, "core_kinds", json_integer(hwloc_cpukinds_get_nr(machine->topology, 0)));
	if (machine->quota_cores > 0)
		json_object_set_new(json, "quota_cores", json_real(machine->quota_cores));
}

/* What of the readings around each invocation this machine does not give. */
static void put_unreadable(json_t *json, const char *root)
{
	struct disturbance now;
	char missing[120];

	disturbance_read_below(root, &now);
	disturbance_missing(&now, missing, sizeof(missing));
	put_text(json, "noise_unreadable", missing);
}

json_t *machine_json(const struct machine *machine, bool with_host_name)
{
	json_t *json = json_object();

	put_topology(json, machine);
	if (!machine->this_system)
		return json;
	put_system(json, with_host_name);
	put_text_facts(json, machine->root);
	put_huge_pages(json, machine->root);
	put_boost(json, machine->root);
	put_hypervisor(json, machine->root);
	put_limits(json, machine->root);
	put_variables(json);
	put_mitigations(json, machine->root);
	put_unreadable(json, machine->root);
	return json;
}

uint64_t machine_kernel_tasks(const struct machine *machine, const char **setting)
{
	static const struct {
		const char *path, *setting;
	} limits[] = {
		{"/proc/sys/kernel/pid_max", "kernel.pid_max"},
		{"/proc/sys/kernel/threads-max", "kernel.threads-max"},
	};
	uint64_t least = UINT64_MAX;
	int64_t value;

	*setting = "";
	for (size_t i = 0; i < COUNT(limits); i++) {
		if (read_number(machine->root, limits[i].path, &value) < 0 || value <= 0 || (uint64_t)value >= least)
			continue;
		least = (uint64_t)value;
		*setting = limits[i].setting;
	}
	value = cgroup_tasks(machine->root);
	if (value > 0 && (uint64_t)value < least) {
		least = (uint64_t)value;
		*setting = "pids.max of the cgroup";
	}
	return least;
}
