/* topology.c: opens the machine: hwloc's topology, the PUs that we may use, and what identifies the machine.
 *
 * The topology is loaded restricted to the process's binding. A second load that ignores every restriction says what is
 * there, for the identity and for the reason why fewer PUs are allowed than exist. */
#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

static void complain(const char *what, const char *name, int error)
{
	fprintf(stderr, "%s%s%s: %s.\n", what, *name ? " " : "", name, strerror(error));
}

static int last_error(void)
{
	return errno ? errno : EINVAL;
}

/* hwloc's own variables can put another topology in this machine's place, which IS_THISSYSTEM would then believe. */
static bool is_replaced(void)
{
	return getenv("HWLOC_XMLFILE") || getenv("HWLOC_SYNTHETIC") || getenv("HWLOC_FSROOT");
}

static bool is_this_machine(const struct machine_source *source)
{
	return !source->synthetic && !source->xml_path && !is_replaced();
}

/* A topology of the source with those flags, to be destroyed by the caller. 0 or -errno. */
static int load_topology(hwloc_topology_t *topology, const struct machine_source *source, unsigned long flags)
{
	int error = 0;

	errno = 0;
	if (hwloc_topology_init(topology) != 0)
		return -last_error();
	if (source->synthetic)
		error = hwloc_topology_set_synthetic(*topology, source->synthetic);
	else if (source->xml_path)
		error = hwloc_topology_set_xml(*topology, source->xml_path);
	else if (is_this_machine(source))
		error = hwloc_topology_set_flags(*topology, flags);
	if (error == 0)
		error = hwloc_topology_load(*topology);
	if (error == 0)
		return 0;
	error = -last_error();
	hwloc_topology_destroy(*topology);
	*topology = NULL;
	return error;
}

static int load_usable(struct machine *machine, const struct machine_source *source)
{
	const char *name = source->synthetic ? source->synthetic : source->xml_path ? source->xml_path : "";
	int error = load_topology(&machine->topology, source,
				  HWLOC_TOPOLOGY_FLAG_RESTRICT_TO_CPUBINDING | HWLOC_TOPOLOGY_FLAG_IS_THISSYSTEM);

	if (error)
		complain("hwloc cannot read the topology", name, -error);
	return error;
}

/* FNV-1a, 64 bits (Fowler, Noll, Vo; RFC 9923): not for secrets. */
static uint64_t hash_bytes(uint64_t hash, const void *data, size_t size)
{
	const unsigned char *bytes = data;

	for (size_t i = 0; i < size; i++)
		hash = (hash ^ bytes[i]) * UINT64_C(0x100000001b3);
	return hash;
}

static uint64_t hash_level(uint64_t hash, const char *type, int objects)
{
	char text[64];
	int length = snprintf(text, sizeof(text), "%s:%d/", type, objects);

	return hash_bytes(hash, text, (size_t)length);
}

/* How many objects of each type, and the CPU's model: never a size of memory, an address or a name. */
static void identify(struct machine *machine, hwloc_topology_t whole)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);

	for (int depth = 0; depth < hwloc_topology_get_depth(whole); depth++)
		hash = hash_level(hash, hwloc_obj_type_string(hwloc_get_depth_type(whole, depth)),
				  (int)hwloc_get_nbobjs_by_depth(whole, depth));
	hash = hash_level(hash, "NUMANode", hwloc_get_nbobjs_by_type(whole, HWLOC_OBJ_NUMANODE));
	hash = hash_bytes(hash, machine->cpu, strlen(machine->cpu));
	snprintf(machine->identity, sizeof(machine->identity), "%016llx", (unsigned long long)hash);
}

static void name_cpu(struct machine *machine, hwloc_topology_t whole)
{
	hwloc_obj_t package = hwloc_get_obj_by_type(whole, HWLOC_OBJ_PACKAGE, 0);
	const char *name = package ? hwloc_obj_get_info_by_name(package, "CPUModel") : NULL;

	if (!name)
		name = hwloc_obj_get_info_by_name(hwloc_get_root_obj(whole), "CPUModel");
	snprintf(machine->cpu, sizeof(machine->cpu), "%s", name ? name : "unknown");
}

/* The process's affinity mask; larger and larger masks until the kernel's fits (sched_getaffinity(2)). */
static int read_affinity(hwloc_bitmap_t cpus)
{
	for (int count = 1024; count <= 1 << 20; count *= 2) {
		size_t size = CPU_ALLOC_SIZE(count);
		cpu_set_t *set = CPU_ALLOC(count);
		int error = !set ? ENOMEM : sched_getaffinity(0, size, set) != 0 ? errno : 0;

		for (int cpu = 0; !error && cpu < count; cpu++)
			if (CPU_ISSET_S(cpu, size, set))
				hwloc_bitmap_set(cpus, (unsigned)cpu);
		CPU_FREE(set);
		if (error != EINVAL)
			return -error;
	}
	return -EINVAL;
}

/* Takes away what the process's affinity mask does not hold. */
static int restrict_to_affinity(hwloc_bitmap_t cpus)
{
	hwloc_bitmap_t mask = hwloc_bitmap_alloc();
	int error = mask ? read_affinity(mask) : -ENOMEM;

	if (!error)
		hwloc_bitmap_and(cpus, cpus, mask);
	hwloc_bitmap_free(mask);
	return error;
}

static unsigned weight(hwloc_const_bitmap_t set)
{
	return (unsigned)hwloc_bitmap_weight(set);
}

/* allowed begins as all PUs of the whole machine; each restriction takes some away. */
static int restrict_allowed(struct machine *machine)
{
	int error = 0;

	machine->pus.present = weight(machine->allowed);
	if (machine->this_system)
		cgroup_restrict(machine->root, machine->allowed);
	machine->pus.cgroup = weight(machine->allowed);
	if (machine->this_system)
		error = restrict_to_affinity(machine->allowed);
	if (!error)
		hwloc_bitmap_and(machine->allowed, machine->allowed,
				 hwloc_topology_get_topology_cpuset(machine->topology));
	machine->pus.affinity = weight(machine->allowed);
	machine->allowed_count = weight(machine->allowed);
	if (!error && machine->allowed_count == 0)
		error = -ENODEV;
	return error;
}

static unsigned count_physical(const struct machine *machine)
{
	hwloc_obj_t core = NULL;
	unsigned count = 0;

	while ((core = hwloc_get_next_obj_by_type(machine->topology, HWLOC_OBJ_CORE, core)))
		count += hwloc_bitmap_intersects(core->cpuset, machine->allowed) != 0;
	return count ? count : machine->allowed_count;
}

/* What there is, whatever we may use of it. */
static int survey_whole(struct machine *machine, const struct machine_source *source)
{
	hwloc_topology_t whole;
	int error = load_topology(&whole, source,
				  HWLOC_TOPOLOGY_FLAG_INCLUDE_DISALLOWED | HWLOC_TOPOLOGY_FLAG_IS_THISSYSTEM);

	if (error)
		return error;
	name_cpu(machine, whole);
	identify(machine, whole);
	machine->allowed = hwloc_bitmap_dup(hwloc_topology_get_topology_cpuset(whole));
	hwloc_topology_destroy(whole);
	return machine->allowed ? 0 : -ENOMEM;
}

static int survey(struct machine *machine, const struct machine_source *source)
{
	int error = survey_whole(machine, source);

	if (!error)
		error = restrict_allowed(machine);
	if (error == -ENODEV)
		fprintf(stderr, "No CPU is left that both the cgroup's cpuset and the affinity mask allow.\n");
	else if (error)
		complain("The CPUs that may be used cannot be found out", "", -error);
	if (error)
		return error;
	machine->physical_count = count_physical(machine);
	if (machine->this_system || source->root)
		machine->quota_cores = cgroup_quota_cores(machine->root);
	return 0;
}

int machine_open(struct machine *machine, const struct machine_source *source)
{
	static const struct machine_source here;
	int error;

	if (!source)
		source = &here;
	*machine = (struct machine){.root = strdup(source->root ? source->root : "")};
	error = machine->root ? load_usable(machine, source) : -ENOMEM;
	if (!error) {
		machine->this_system = is_this_machine(source) && hwloc_topology_is_thissystem(machine->topology);
		error = survey(machine, source);
	}
	if (error)
		machine_close(machine);
	return error;
}

void machine_close(struct machine *machine)
{
	if (machine->topology)
		hwloc_topology_destroy(machine->topology);
	hwloc_bitmap_free(machine->allowed);
	free(machine->root);
	*machine = (struct machine){.topology = NULL};
}

/* hwloc notes the host name in the root object's infos: the copy that is exported has an empty note. */
void topology_forget_host_name(hwloc_topology_t topology)
{
	hwloc_obj_t root = hwloc_get_root_obj(topology);

	for (unsigned i = 0; i < root->infos_count; i++)
		if (strcmp(root->infos[i].name, "HostName") == 0)
			root->infos[i].value[0] = '\0';
}

int machine_export(const struct machine *machine, const char *path)
{
	hwloc_topology_t copy;
	int error = 0;

	errno = 0;
	if (hwloc_topology_dup(&copy, machine->topology) != 0)
		return -last_error();
	topology_forget_host_name(copy);
	if (hwloc_topology_export_xml(copy, path, 0) != 0)
		error = -last_error();
	hwloc_topology_destroy(copy);
	return error;
}
