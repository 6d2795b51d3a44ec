/* structure.c: the parts of the machine and the PUs of each, as JSON: only PUs that may be used, only parts that have
 * any. */
#include "internal.h"

json_t *pu_list_json(hwloc_const_bitmap_t set)
{
	json_t *list = json_array();

	for (int index = hwloc_bitmap_first(set); index >= 0; index = hwloc_bitmap_next(set, index))
		json_array_append_new(list, json_integer(index));
	return list;
}

/* What a part has besides its PUs, which are there already. */
typedef void (*describe)(hwloc_obj_t object, json_t *part);

static void describe_nothing(hwloc_obj_t object, json_t *part)
{
	(void)object, (void)part;
}

static void describe_node(hwloc_obj_t object, json_t *part)
{
	json_object_set_new(part, "node", json_integer(object->os_index));
	if (object->attr->numanode.local_memory > 0)
		json_object_set_new(part, "bytes", json_integer((json_int_t)object->attr->numanode.local_memory));
}

static void describe_cache(hwloc_obj_t object, json_t *part)
{
	static const char *const types[] = {[HWLOC_OBJ_CACHE_UNIFIED] = "unified",
					    [HWLOC_OBJ_CACHE_DATA] = "data",
					    [HWLOC_OBJ_CACHE_INSTRUCTION] = "instruction"};

	json_object_set_new(part, "level", json_integer(object->attr->cache.depth));
	json_object_set_new(part, "type", json_string(types[object->attr->cache.type]));
	if (object->attr->cache.size > 0)
		json_object_set_new(part, "bytes", json_integer((json_int_t)object->attr->cache.size));
}

/* NULL where none of them may be used. */
static json_t *part_json(const struct machine *machine, hwloc_const_bitmap_t pus)
{
	hwloc_bitmap_t allowed = hwloc_bitmap_alloc();
	json_t *part = NULL;

	if (allowed && hwloc_bitmap_and(allowed, pus, machine->allowed) == 0 && !hwloc_bitmap_iszero(allowed))
		part = json_pack("{s:o}", "pus", pu_list_json(allowed));
	hwloc_bitmap_free(allowed);
	return part;
}

static void add_parts(json_t *list, const struct machine *machine, int depth, describe describe)
{
	hwloc_obj_t object = NULL;

	while ((object = hwloc_get_next_obj_by_depth(machine->topology, depth, object))) {
		json_t *part = part_json(machine, object->cpuset);

		if (!part)
			continue;
		describe(object, part);
		json_array_append_new(list, part);
	}
}

static json_t *parts_json(const struct machine *machine, hwloc_obj_type_t type, describe describe)
{
	int depth = hwloc_get_type_depth(machine->topology, type);
	json_t *list = json_array();

	if (depth != HWLOC_TYPE_DEPTH_UNKNOWN && depth != HWLOC_TYPE_DEPTH_MULTIPLE)
		add_parts(list, machine, depth, describe);
	return list;
}

/* The largest first, as they contain one another. */
static json_t *caches_json(const struct machine *machine)
{
	json_t *list = json_array();

	for (int depth = 0; depth < hwloc_topology_get_depth(machine->topology); depth++)
		if (hwloc_obj_type_is_cache(hwloc_get_depth_type(machine->topology, depth)))
			add_parts(list, machine, depth, describe_cache);
	return list;
}

/* hwloc's order: the slowest first. */
static json_t *kinds_json(const struct machine *machine)
{
	int count = hwloc_cpukinds_get_nr(machine->topology, 0);
	hwloc_bitmap_t pus = hwloc_bitmap_alloc();
	json_t *list = json_array();

	for (int i = 0; pus && i < count; i++) {
		int efficiency;
		json_t *part;

		if (hwloc_cpukinds_get_info(machine->topology, (unsigned)i, pus, &efficiency, NULL, NULL, 0) < 0)
			continue;
		part = part_json(machine, pus);
		if (part && efficiency >= 0)
			json_object_set_new(part, "speed_rank", json_integer(efficiency));
		if (part)
			json_array_append_new(list, part);
	}
	hwloc_bitmap_free(pus);
	return list;
}

json_t *machine_structure_json(const struct machine *machine)
{
	return json_pack("{s:o, s:o, s:o, s:o, s:o}", "packages",
			 parts_json(machine, HWLOC_OBJ_PACKAGE, describe_nothing), "numa_nodes",
			 parts_json(machine, HWLOC_OBJ_NUMANODE, describe_node), "caches", caches_json(machine),
			 "cores", parts_json(machine, placement_core_type(machine), describe_nothing), "core_kinds",
			 kinds_json(machine));
}
