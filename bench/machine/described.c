/* described.c: see described.h. */
#include "described.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "internal.h"

static int register_kind(hwloc_topology_t topology, hwloc_bitmap_t set, const char *pus, int efficiency)
{
	return hwloc_bitmap_list_sscanf(set, pus) == 0 &&
			       hwloc_cpukinds_register(topology, set, efficiency, 0, NULL, 0) == 0
		       ? 0
		       : -1;
}

static int export_hybrid(const char *path)
{
	hwloc_bitmap_t set = hwloc_bitmap_alloc();
	hwloc_topology_t topology;
	bool made = hwloc_topology_init(&topology) == 0 &&
		    hwloc_topology_set_synthetic(topology, "pack:1 core:6 pu:2") == 0 &&
		    hwloc_topology_load(topology) == 0 && hwloc_bitmap_list_sscanf(set, "0,2,4,6,8-11") == 0 &&
		    hwloc_topology_restrict(topology, set, 0) == 0 && register_kind(topology, set, "0,2,4,6", 0) == 0 &&
		    register_kind(topology, set, "8-11", 1) == 0 && hwloc_topology_export_xml(topology, path, 0) == 0;

	hwloc_topology_destroy(topology);
	hwloc_bitmap_free(set);
	return made ? 0 : -1;
}

/* As a file, since another machine's topology comes as one. */
int described_hybrid(struct machine *machine)
{
	char path[] = P_tmpdir "/described-XXXXXX";
	int file = mkstemp(path), error;

	if (file < 0)
		return -1;
	close(file);
	error = export_hybrid(path);
	if (!error)
		error = machine_open(machine, &(struct machine_source){.xml_path = path});
	unlink(path);
	return error ? -1 : 0;
}

static const struct {
	const char *path, *text; /* NULL: a folder */
} files[] = {
	{"/proc", NULL},
	{"/proc/self", NULL},
	{"/group", NULL},
	{"/proc/self/cgroup", "0::/\n"},
	{"/proc/self/mountinfo", "31 22 0:26 / /group rw - cgroup2 cgroup2 rw\n"},
	{"/group/cpuset.cpus.effective", "1-5,18-21\n"},
};

enum { FILES = sizeof(files) / sizeof(files[0]) };

static int lay_out(const char *root, const char *name, const char *text)
{
	char path[128];
	FILE *file;

	snprintf(path, sizeof(path), "%.60s%s", root, name);
	if (!text)
		return mkdir(path, 0700);
	file = fopen(path, "w");
	if (!file)
		return -1;
	fputs(text, file);
	return fclose(file);
}

static void remove_all(const char *root)
{
	char path[128];

	for (int i = FILES; i-- > 0;) {
		snprintf(path, sizeof(path), "%.60s%s", root, files[i].path);
		remove(path);
	}
	rmdir(root);
}

int described_part(struct machine *machine)
{
	char root[] = P_tmpdir "/described-XXXXXX";
	int error = mkdtemp(root) ? 0 : -1;

	for (int i = 0; i < FILES && !error; i++)
		error = lay_out(root, files[i].path, files[i].text);
	if (!error)
		error = machine_open(machine, &(struct machine_source){.synthetic = "pack:2 core:8 pu:2"});
	if (!error) {
		cgroup_restrict(root, machine->allowed);
		machine->allowed_count = (unsigned)hwloc_bitmap_weight(machine->allowed);
		machine->physical_count = 5;
	}
	remove_all(root);
	return error ? -1 : 0;
}
