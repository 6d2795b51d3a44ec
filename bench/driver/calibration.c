/* calibration.c: see calibration.h. */
#include "calibration.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "driver.h"

static void key_of(const struct parameter *parameter, char key[PARAMETER_TEXT_MAX])
{
	snprintf(key, PARAMETER_TEXT_MAX, "%s%s", parameter->name,
		 parameter->type == PARAMETER_DURATION ? "_ns" : "_ps");
}

/* A disturbance only ever makes a cost larger: the least of some is taken. */
static uint64_t cost_of(const struct parameter *parameter)
{
	enum { ROUNDS = 3 };
	uint64_t least = UINT64_MAX;

	for (int round = 0; round < ROUNDS; round++) {
		uint64_t cost = parameter->calibrate();

		least = cost < least ? cost : least;
	}
	return least;
}

static int measure_workloads(json_t *calibration)
{
	char key[PARAMETER_TEXT_MAX];

	for (int w = 0; workloads[w]; w++)
		for (const struct parameter *parameter = workloads[w]->parameters; parameter->name; parameter++) {
			uint64_t cost = parameter->calibrate ? cost_of(parameter) : 0;

			key_of(parameter, key);
			if (cost > 0 && json_object_set_new(calibration, key, json_integer((json_int_t)cost)) < 0)
				return -ENOMEM;
		}
	return 0;
}

/* With this thread bound to core; it goes back to where it was. hwloc reports success for a topology that is not this
 * system's: never ask then. */
static int measure_bound(const struct machine *machine, hwloc_const_cpuset_t core, json_t *calibration)
{
	hwloc_bitmap_t before = hwloc_bitmap_alloc();
	int error = before ? 0 : -ENOMEM;

	errno = 0;
	if (error == 0 && (!machine->this_system ||
			   hwloc_get_cpubind(machine->topology, before, HWLOC_CPUBIND_THREAD) != 0 ||
			   hwloc_set_cpubind(machine->topology, core, HWLOC_CPUBIND_THREAD) != 0))
		error = errno ? -errno : -ENOTSUP;
	if (error == 0) {
		error = measure_workloads(calibration);
		hwloc_set_cpubind(machine->topology, before, HWLOC_CPUBIND_THREAD);
	}
	hwloc_bitmap_free(before);
	return error;
}

json_t *calibration_measure(const struct machine *machine)
{
	char reason[REASON_MAX] = "";
	struct placement placement;
	json_t *calibration = json_object();
	int error = placement_choose(machine, 1, &placement, reason);

	if (error == 0) {
		error = measure_bound(machine, placement.cores, calibration);
		placement_clear(&placement);
	}
	if (error == 0)
		return calibration;
	say("the machine cannot be calibrated: %s", *reason ? reason : strerror(-error));
	json_decref(calibration);
	return NULL;
}

int calibration_find(const json_t *calibration, const struct parameter *parameter, uint64_t *value)
{
	char key[PARAMETER_TEXT_MAX];
	const json_t *found;

	key_of(parameter, key);
	found = parameter->calibrate ? json_object_get(calibration, key) : NULL;
	if (!json_is_integer(found) || json_integer_value(found) <= 0)
		return 0;
	*value = (uint64_t)json_integer_value(found);
	return 1;
}
