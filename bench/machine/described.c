/* described.c: see described.h. */
#include "described.h"

#include <errno.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "internal.h"

char root[64];

int make_root(void **state)
{
	(void)state;
	snprintf(root, sizeof(root), "%s/machine-test-XXXXXX", P_tmpdir);
	return mkdtemp(root) ? 0 : -1;
}

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *walk)
{
	(void)status;
	(void)type;
	(void)walk;
	return remove(path);
}

int remove_root(void **state)
{
	(void)state;
	return nftw(root, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

void put(const char *path, const char *text)
{
	char full[512];
	FILE *file;

	snprintf(full, sizeof(full), "%s%s", root, path);
	for (char *slash = strchr(full + strlen(root) + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		assert_true(mkdir(full, 0755) == 0 || errno == EEXIST);
		*slash = '/';
	}
	file = fopen(full, "w");
	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
}

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

int described_part(struct machine *machine)
{
	int error = make_root(NULL);

	if (error)
		return -1;
	put("/proc/self/cgroup", "0::/\n");
	put("/proc/self/mountinfo", "31 22 0:26 / /group rw - cgroup2 cgroup2 rw\n");
	put("/group/cpuset.cpus.effective", "1-5,18-21\n");
	error = machine_open(machine, &(struct machine_source){.synthetic = "pack:2 core:8 pu:2"});
	if (!error) {
		cgroup_restrict(root, machine->allowed);
		machine->allowed_count = (unsigned)hwloc_bitmap_weight(machine->allowed);
		machine->physical_count = 5;
	}
	return remove_root(NULL) || error ? -1 : 0;
}
