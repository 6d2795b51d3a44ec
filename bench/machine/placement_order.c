/* placement_order.c: in which order a placement takes PUs.
 *
 * Cores are listed as the topology has them (packages, then what they share, then cores) or, for scatter, in turns
 * between the parts of each level, so that neighbours in the list share as little as possible. Each policy then says
 * when the further PUs of a core (its SMT siblings) come. Where cores differ in kind, the faster kind stands first. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../../runtimes/check.h"
#include "internal.h"

/* A PU with what it is ordered by. */
struct seat {
	unsigned pu;
	int keys[4];
};

static const char *const names[] = {
	[PLACEMENT_CORE_FIRST] = "core-first",
	[PLACEMENT_COMPACT] = "compact",
	[PLACEMENT_SCATTER] = "scatter",
	[PLACEMENT_SMT_FIRST] = "smt-first",
};

static const char *const texts[] = {
	[PLACEMENT_CORE_FIRST] = "a PU of each core, package by package, then the SMT siblings",
	[PLACEMENT_COMPACT] = "what shares a cache or memory is filled first, its cores before their siblings",
	[PLACEMENT_SCATTER] = "packages, memories and caches in turns, SMT siblings last",
	[PLACEMENT_SMT_FIRST] = "every sibling of a core before the next core",
};

const char *placement_policy_name(enum placement_policy policy)
{
	return names[policy];
}

const char *placement_policy_text(enum placement_policy policy)
{
	return texts[policy];
}

bool placement_policy_find(const char *name, enum placement_policy *policy)
{
	for (int i = 0; i < PLACEMENT_POLICIES; i++)
		if (strcmp(names[i], name) == 0) {
			*policy = (enum placement_policy)i;
			return true;
		}
	return false;
}

hwloc_obj_type_t placement_core_type(const struct machine *machine)
{
	return hwloc_get_nbobjs_by_type(machine->topology, HWLOC_OBJ_CORE) > 0 ? HWLOC_OBJ_CORE : HWLOC_OBJ_PU;
}

/* hwloc ranks kinds by what it knows of their efficiency, and gives all -1 where it knows nothing. */
static int speed_of(const struct machine *machine, hwloc_obj_t core)
{
	int kind = hwloc_cpukinds_get_by_cpuset(machine->topology, core->cpuset, 0), speed = -1;

	if (kind < 0 || hwloc_cpukinds_get_info(machine->topology, (unsigned)kind, NULL, &speed, NULL, NULL, 0) < 0)
		return 0;
	return speed < 0 ? 0 : speed;
}

/* What cores share: an L3 cache, a part of the machine with memory of its own, or the package: the smallest of them,
 * named by its first PU. */
static int domain_of(hwloc_obj_t core)
{
	hwloc_obj_t part = core->parent;

	while (part && part->type != HWLOC_OBJ_L3CACHE && part->type != HWLOC_OBJ_PACKAGE && part->memory_arity == 0)
		part = part->parent;
	return part ? hwloc_bitmap_first(part->cpuset) : 0;
}

/* The allowed cores below an object, in the topology's order. Returns how many; out has room for all. */
static size_t list_in_order(const struct machine *machine, hwloc_obj_t *out)
{
	hwloc_obj_t core = NULL;
	size_t count = 0;

	while ((core = hwloc_get_next_obj_by_type(machine->topology, placement_core_type(machine), core)))
		if (hwloc_bitmap_intersects(core->cpuset, machine->allowed))
			out[count++] = core;
	return count;
}

/* One of each list, then the second of each, and so on. ends[i] is where list i ends in below. */
static size_t deal(hwloc_obj_t *const *below, const size_t *ends, size_t lists, hwloc_obj_t *out)
{
	size_t count = 0, total = lists > 0 ? ends[lists - 1] : 0;

	for (size_t round = 0; count < total; round++)
		for (size_t list = 0; list < lists; list++) {
			size_t begin = list > 0 ? ends[list - 1] : 0;

			if (begin + round < ends[list])
				out[count++] = (*below)[begin + round];
		}
	return count;
}

/* The same cores in turns between the parts of each level. 0 or -ENOMEM. */
static int list_in_turns(const struct machine *machine, hwloc_obj_t object, hwloc_obj_t *out, size_t *count)
{
	hwloc_obj_t *below;
	size_t *ends, total = 0, part;
	int error = 0;

	*count = 0;
	if (!hwloc_bitmap_intersects(object->cpuset, machine->allowed))
		return 0;
	if (object->type == placement_core_type(machine)) {
		out[(*count)++] = object;
		return 0;
	}
	below = calloc((size_t)hwloc_bitmap_weight(object->cpuset) + 1, sizeof(*below));
	ends = calloc(object->arity + 1, sizeof(*ends));
	error = below && ends ? 0 : -ENOMEM;
	for (unsigned i = 0; !error && i < object->arity; i++) {
		error = list_in_turns(machine, object->children[i], below + total, &part);
		ends[i] = total += part;
	}
	if (!error)
		*count = deal(&below, ends, object->arity, out);
	free(below);
	free(ends);
	return error;
}

static void set_keys(struct seat *seat, enum placement_policy policy, int round, int slowness, int place, int domain)
{
	const int orders[PLACEMENT_POLICIES][4] = {
		[PLACEMENT_CORE_FIRST] = {round, slowness, place},
		[PLACEMENT_COMPACT] = {domain, round, slowness, place},
		[PLACEMENT_SCATTER] = {round, slowness, place},
		[PLACEMENT_SMT_FIRST] = {slowness, place, round},
	};

	memcpy(seat->keys, orders[policy], sizeof(seat->keys));
}

static int compare_seats(const void *left, const void *right)
{
	const struct seat *a = left, *b = right;

	for (int i = 0; i < 4; i++)
		if (a->keys[i] != b->keys[i])
			return a->keys[i] < b->keys[i] ? -1 : 1;
	return (a->pu > b->pu) - (a->pu < b->pu);
}

/* A seat for each allowed PU of the cores. Returns how many. */
static size_t seat_pus(const struct machine *machine, enum placement_policy policy, hwloc_obj_t *cores, size_t count,
		       struct seat *seats)
{
	size_t seated = 0;

	for (size_t i = 0; i < count; i++) {
		int round = 0, pu = -1;

		while ((pu = hwloc_bitmap_next(cores[i]->cpuset, pu)) >= 0) {
			if (!hwloc_bitmap_isset(machine->allowed, (unsigned)pu))
				continue;
			seats[seated].pu = (unsigned)pu;
			set_keys(&seats[seated++], policy, round++, -speed_of(machine, cores[i]), (int)i,
				 domain_of(cores[i]));
		}
	}
	return seated;
}

int placement_order(const struct machine *machine, enum placement_policy policy, unsigned *pus)
{
	const unsigned allowed = machine->allowed_count;
	hwloc_obj_t *cores = calloc(allowed, sizeof(*cores));
	struct seat *seats = calloc(allowed, sizeof(*seats));
	size_t count = 0, seated;
	int error = cores && seats ? 0 : -ENOMEM;

	if (!error && policy == PLACEMENT_SCATTER)
		error = list_in_turns(machine, hwloc_get_root_obj(machine->topology), cores, &count);
	else if (!error)
		count = list_in_order(machine, cores);
	if (!error) {
		seated = seat_pus(machine, policy, cores, count, seats);
		CHECK(seated == allowed, "hwloc shows allowed PUs that belong to no core");
		qsort(seats, seated, sizeof(*seats), compare_seats);
		for (unsigned i = 0; i < allowed; i++)
			pus[i] = seats[i].pu;
	}
	free(cores);
	free(seats);
	return error;
}
