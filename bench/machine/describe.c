/* describe.c: the machine on one page, for a person. */
#include <inttypes.h>
#include <string.h>

#include "internal.h"

static void line(FILE *file, const char *label, const char *text)
{
	fprintf(file, "  %-12s%s\n", label, text);
}

static const char *plural(int count)
{
	return count == 1 ? "" : "s";
}

static void describe_structure(const struct machine *machine, FILE *file)
{
	int packages = hwloc_get_nbobjs_by_type(machine->topology, HWLOC_OBJ_PACKAGE);
	int nodes = hwloc_get_nbobjs_by_type(machine->topology, HWLOC_OBJ_NUMANODE);
	int kinds = hwloc_cpukinds_get_nr(machine->topology, 0);
	char text[160];

	snprintf(text, sizeof(text), "%d package%s, %d NUMA node%s within reach", packages, plural(packages), nodes,
		 plural(nodes));
	line(file, "Sockets", text);
	if (kinds > 1) {
		snprintf(text, sizeof(text), "%d: cores differ in speed; do not compare across them", kinds);
		line(file, "Core kinds", text);
	}
}

static void format_size(uint64_t bytes, char text[32])
{
	if (bytes >= UINT64_C(1) << 20)
		snprintf(text, 32, "%.4g MiB", (double)bytes / (1 << 20));
	else
		snprintf(text, 32, "%.4g KiB", (double)bytes / (1 << 10));
}

static void describe_cache(const struct machine *machine, hwloc_obj_type_t type, FILE *file)
{
	int count = hwloc_get_nbobjs_by_type(machine->topology, type);
	char size[32], name[32], text[128];
	hwloc_obj_t cache;
	int sharing;

	if (count <= 0)
		return;
	cache = hwloc_get_obj_by_type(machine->topology, type, 0);
	sharing = hwloc_bitmap_weight(cache->cpuset);
	hwloc_obj_type_snprintf(name, sizeof(name), cache, 0);
	format_size(cache->attr->cache.size, size);
	snprintf(text, sizeof(text), "%d x %s, %d logical core%s each", count, size, sharing, plural(sharing));
	line(file, name, text);
}

static void describe_caches(const struct machine *machine, FILE *file)
{
	static const hwloc_obj_type_t types[] = {HWLOC_OBJ_L1CACHE, HWLOC_OBJ_L2CACHE, HWLOC_OBJ_L3CACHE,
						 HWLOC_OBJ_L4CACHE};

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		describe_cache(machine, types[i], file);
}

static void describe_allowed(const struct machine *machine, FILE *file)
{
	const unsigned allowed = machine->allowed_count;
	char list[512], text[640];

	hwloc_bitmap_list_snprintf(list, sizeof(list), machine->allowed);
	snprintf(text, sizeof(text), "%s: %u of %u", list, allowed, machine->pus.present);
	line(file, "Logical", text);
	snprintf(text, sizeof(text), "%u core%s, %s", machine->physical_count, plural((int)machine->physical_count),
		 allowed > machine->physical_count ? "some with SMT siblings" : "no SMT siblings");
	line(file, "Physical", text);
}

/* Why fewer than there are. */
static void describe_restrictions(const struct machine *machine, FILE *file)
{
	const struct machine_pus *pus = &machine->pus;
	char text[160];

	if (pus->cgroup < pus->present) {
		snprintf(text, sizeof(text), "%u outside the cgroup's cpuset", pus->present - pus->cgroup);
		line(file, "Not allowed", text);
	}
	if (pus->affinity < pus->cgroup) {
		snprintf(text, sizeof(text), "%u outside this process's affinity mask (taskset)",
			 pus->cgroup - pus->affinity);
		line(file, "Not allowed", text);
	}
	if (machine->quota_cores > 0)
		snprintf(text, sizeof(text), "%.4g cores' worth of CPU time (cgroup)", machine->quota_cores);
	else
		snprintf(text, sizeof(text), "none");
	line(file, "CPU quota", text);
}

static void describe_placement(const struct machine *machine, unsigned count, FILE *file)
{
	char reason[256], cores[256], load[256], label[32], text[640];
	struct placement placement;

	if (placement_choose(machine, count, &placement, reason) != 0)
		return;
	hwloc_bitmap_list_snprintf(cores, sizeof(cores), placement.cores);
	hwloc_bitmap_list_snprintf(load, sizeof(load), placement.load_cores);
	snprintf(label, sizeof(label), "%u core%s", count, plural((int)count));
	snprintf(text, sizeof(text), "player on %s, load on %s%s", cores, load,
		 placement.shared ? " too: no other is left" : "");
	line(file, label, text);
	placement_clear(&placement);
}

static void describe_placements(const struct machine *machine, FILE *file)
{
	unsigned count = 1;

	for (; count < machine->allowed_count; count *= 2)
		describe_placement(machine, count, file);
	describe_placement(machine, machine->allowed_count, file);
}

void machine_print(const struct machine *machine, FILE *file)
{
	fprintf(file, "This machine\n");
	line(file, "CPU", machine->cpu);
	line(file, "Identity", machine->identity);
	describe_structure(machine, file);
	describe_caches(machine, file);
	fprintf(file, "Cores that may be used\n");
	describe_allowed(machine, file);
	describe_restrictions(machine, file);
	if (!machine->this_system)
		line(file, "Binding", "none: this topology was described, not found here");
	fprintf(file, "Who would run where\n");
	describe_placements(machine, file);
}
