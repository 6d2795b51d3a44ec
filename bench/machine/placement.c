/* placement.c: which PUs a player gets and which its load; placement_order.c has the orders. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "internal.h"

/* Every allowed PU of each core that the set has a part of. */
static void add_whole_cores(const struct machine *machine, hwloc_const_bitmap_t cores, hwloc_bitmap_t whole)
{
	hwloc_obj_t core = NULL;

	while ((core = hwloc_get_next_obj_by_type(machine->topology, placement_core_type(machine), core)))
		if (hwloc_bitmap_intersects(core->cpuset, cores))
			hwloc_bitmap_or(whole, whole, core->cpuset);
}

/* An SMT sibling of the player's core shares its execution units: it is the load's only where no other core is left. */
static void place_load(const struct machine *machine, struct placement *placement)
{
	hwloc_bitmap_t load = placement->load_cores;

	add_whole_cores(machine, placement->cores, load);
	hwloc_bitmap_andnot(load, machine->allowed, load);
	placement->siblings = hwloc_bitmap_iszero(load);
	if (placement->siblings)
		hwloc_bitmap_andnot(load, machine->allowed, placement->cores);
	placement->shared = hwloc_bitmap_iszero(load);
	placement->siblings &= !placement->shared;
	if (placement->shared)
		hwloc_bitmap_copy(load, placement->cores);
}

/* Whole cores that the quota pays for, one at least: less than one core still runs, held back. */
static unsigned quota_count(double quota_cores)
{
	return quota_cores < 2 ? 1 : (unsigned)floor(quota_cores + 1e-9);
}

static bool is_over_quota(const struct machine *machine, unsigned count)
{
	return machine->quota_cores > 0 && count > quota_count(machine->quota_cores);
}

static int check_count(const struct machine *machine, unsigned count, char reason[256])
{
	const unsigned allowed = machine->allowed_count;

	if (count == 0)
		snprintf(reason, 256, "A player needs a core: ask for 1 to %u.", allowed);
	else if (count > allowed)
		snprintf(reason, 256,
			 "%u cores are asked for, but only %u of this machine's %u may be used: ask for 1 to %u.",
			 count, allowed, machine->pus.present, allowed);
	else if (is_over_quota(machine, count) && !machine->allow_quota)
		snprintf(reason, 256,
			 "%u cores are asked for, but the CPU quota of the cgroup pays for %.4g: ask for %u, raise "
			 "the quota, or measure under it, marked, by --allow-quota.",
			 count, machine->quota_cores, quota_count(machine->quota_cores));
	else
		return 0;
	return -ERANGE;
}

static unsigned count_parts(const struct machine *machine, hwloc_obj_type_t type, hwloc_const_bitmap_t cores)
{
	hwloc_obj_t part = NULL;
	unsigned count = 0;

	while ((part = hwloc_get_next_obj_by_type(machine->topology, type, part)))
		count += hwloc_bitmap_intersects(part->cpuset, cores) != 0;
	return count > 0 ? count : 1;
}

static unsigned count_kinds(const struct machine *machine, hwloc_const_bitmap_t cores)
{
	int kinds = hwloc_cpukinds_get_nr(machine->topology, 0);
	hwloc_bitmap_t set = hwloc_bitmap_alloc();
	unsigned count = 0;

	for (int kind = 0; set && kind < kinds; kind++)
		if (hwloc_cpukinds_get_info(machine->topology, (unsigned)kind, set, NULL, NULL, NULL, 0) == 0)
			count += hwloc_bitmap_intersects(set, cores) != 0;
	hwloc_bitmap_free(set);
	return count > 0 ? count : 1;
}

static struct placement_span span_of(const struct machine *machine, hwloc_const_bitmap_t cores)
{
	return (struct placement_span){
		.cores = count_parts(machine, placement_core_type(machine), cores),
		.packages = count_parts(machine, HWLOC_OBJ_PACKAGE, cores),
		.nodes = count_parts(machine, HWLOC_OBJ_NUMANODE, cores),
		.kinds = count_kinds(machine, cores),
	};
}

/* The first count PUs of the order. 0 or -ENOMEM. */
static int take_first(const struct machine *machine, enum placement_policy policy, unsigned count, hwloc_bitmap_t cores)
{
	unsigned *pus = calloc(machine->allowed_count, sizeof(*pus));
	int error = pus ? placement_order(machine, policy, pus) : -ENOMEM;

	for (unsigned i = 0; !error && i < count; i++)
		hwloc_bitmap_set(cores, pus[i]);
	free(pus);
	return error;
}

int placement_choose_by(const struct machine *machine, enum placement_policy policy, unsigned count,
			struct placement *placement, char reason[256])
{
	int error = check_count(machine, count, reason);

	*placement = (struct placement){.cores = NULL};
	if (error)
		return error;
	*placement = (struct placement){
		.cores = hwloc_bitmap_alloc(),
		.load_cores = hwloc_bitmap_alloc(),
		.over_quota = is_over_quota(machine, count),
		.policy = policy,
	};
	if (!placement->cores || !placement->load_cores || take_first(machine, policy, count, placement->cores) < 0) {
		placement_clear(placement);
		snprintf(reason, 256, "There is no memory for a set of cores.");
		return -ENOMEM;
	}
	placement->span = span_of(machine, placement->cores);
	place_load(machine, placement);
	return 0;
}

int placement_choose(const struct machine *machine, unsigned count, struct placement *placement, char reason[256])
{
	return placement_choose_by(machine, PLACEMENT_CORE_FIRST, count, placement, reason);
}

void placement_clear(struct placement *placement)
{
	hwloc_bitmap_free(placement->cores);
	hwloc_bitmap_free(placement->load_cores);
	*placement = (struct placement){.cores = NULL};
}
