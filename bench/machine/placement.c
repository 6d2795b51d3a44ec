/* placement.c: which PUs a player gets and which its load. The order of PUs is fixed by the topology: the first
 * allowed PU of every core, core by core, then the second of every core, and so on. */
#include <errno.h>
#include <math.h>

#include "../../runtimes/check.h"
#include "internal.h"

/* Cores, or PUs on a machine whose topology has no cores. */
static hwloc_obj_type_t core_type(const struct machine *machine)
{
	return hwloc_get_nbobjs_by_type(machine->topology, HWLOC_OBJ_CORE) > 0 ? HWLOC_OBJ_CORE : HWLOC_OBJ_PU;
}

/* The OS index of a core's allowed PU in that round, the first being 0; -1 if it has none. */
static int pu_of_round(const struct machine *machine, hwloc_obj_t core, unsigned round)
{
	int pu = hwloc_bitmap_first(core->cpuset);

	for (; pu >= 0; pu = hwloc_bitmap_next(core->cpuset, pu))
		if (hwloc_bitmap_isset(machine->allowed, (unsigned)pu) && round-- == 0)
			break;
	return pu;
}

/* Adds PUs of one round until cores has count of them. */
static void take_round(const struct machine *machine, unsigned round, unsigned count, hwloc_bitmap_t cores)
{
	hwloc_obj_t core = NULL;

	while ((core = hwloc_get_next_obj_by_type(machine->topology, core_type(machine), core))) {
		int pu = pu_of_round(machine, core, round);

		if ((unsigned)hwloc_bitmap_weight(cores) == count)
			return;
		if (pu >= 0)
			hwloc_bitmap_set(cores, (unsigned)pu);
	}
}

/* Every allowed PU of each core that the set has a part of. */
static void add_whole_cores(const struct machine *machine, hwloc_const_bitmap_t cores, hwloc_bitmap_t whole)
{
	hwloc_obj_t core = NULL;

	while ((core = hwloc_get_next_obj_by_type(machine->topology, core_type(machine), core)))
		if (hwloc_bitmap_intersects(core->cpuset, cores))
			hwloc_bitmap_or(whole, whole, core->cpuset);
}

/* An SMT sibling of the player's core shares its execution units: it is the load's only where no other core is left. */
static void place_load(const struct machine *machine, struct placement *placement)
{
	hwloc_bitmap_t load = placement->load_cores;

	add_whole_cores(machine, placement->cores, load);
	hwloc_bitmap_andnot(load, machine->allowed, load);
	if (hwloc_bitmap_iszero(load))
		hwloc_bitmap_andnot(load, machine->allowed, placement->cores);
	placement->shared = hwloc_bitmap_iszero(load);
	if (placement->shared)
		hwloc_bitmap_copy(load, placement->cores);
}

/* Whole cores that the quota pays for, one at least: less than one core still runs, held back. */
static unsigned quota_count(double quota_cores)
{
	return quota_cores < 2 ? 1 : (unsigned)floor(quota_cores + 1e-9);
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
	else if (machine->quota_cores > 0 && count > quota_count(machine->quota_cores))
		snprintf(reason, 256,
			 "%u cores are asked for, but the CPU quota of the cgroup pays for %.4g: ask for %u or raise "
			 "the quota.",
			 count, machine->quota_cores, quota_count(machine->quota_cores));
	else
		return 0;
	return -ERANGE;
}

int placement_choose(const struct machine *machine, unsigned count, struct placement *placement, char reason[256])
{
	int error = check_count(machine, count, reason);

	*placement = (struct placement){.cores = NULL};
	if (error)
		return error;
	*placement = (struct placement){.cores = hwloc_bitmap_alloc(), .load_cores = hwloc_bitmap_alloc()};
	if (!placement->cores || !placement->load_cores) {
		placement_clear(placement);
		snprintf(reason, 256, "There is no memory for a set of cores.");
		return -ENOMEM;
	}
	for (unsigned round = 0; round < machine->allowed_count; round++)
		take_round(machine, round, count, placement->cores);
	CHECK((unsigned)hwloc_bitmap_weight(placement->cores) == count,
	      "hwloc shows allowed PUs that belong to no core");
	place_load(machine, placement);
	return 0;
}

void placement_clear(struct placement *placement)
{
	hwloc_bitmap_free(placement->cores);
	hwloc_bitmap_free(placement->load_cores);
	*placement = (struct placement){.cores = NULL};
}
