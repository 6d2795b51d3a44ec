/* calibration.c: see calibration.h. */
#include "calibration.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "driver.h"

enum { ROUNDS_A_CORE = 3, ROUNDS_MAX = 24, CORES_AGAIN_MAX = 8, RUNS_BESIDE = 3 };

/* What is measured on a core; adds to the costs. 1 if one of them is less than before, 0, or -errno. */
typedef int measurement(const void *what, int core, json_t *costs);

static void key_of(const struct parameter *parameter, char key[PARAMETER_TEXT_MAX])
{
	snprintf(key, PARAMETER_TEXT_MAX, "%s%s", parameter->name,
		 parameter->type == PARAMETER_DURATION ? "_ns" : "_ps");
}

static int put(json_t *costs, const struct parameter *parameter, uint64_t cost)
{
	char key[PARAMETER_TEXT_MAX];

	key_of(parameter, key);
	return json_object_set_new(costs, key, json_integer((json_int_t)cost)) < 0 ? -ENOMEM : 0;
}

/* 1 if it is less than before, 0, or -errno. 0: not measured. */
static int put_least(json_t *costs, const struct parameter *parameter, uint64_t cost)
{
	uint64_t before;
	int error;

	if (cost == 0 || (calibration_find(costs, parameter, &before) && before <= cost))
		return 0;
	error = put(costs, parameter, cost);
	return error < 0 ? error : 1;
}

static int measure_parameter(const struct parameter *parameter, json_t *costs)
{
	return put_least(costs, parameter, calibration_least(parameter->calibrate));
}

static int measure_spec(const void *what, int core, json_t *costs)
{
	const struct workload_spec *spec = what;
	int lower = 0, result = 0;

	(void)core;
	for (const struct parameter *parameter = spec->parameters; parameter->name && result >= 0; parameter++) {
		result = parameter->calibrate ? measure_parameter(parameter, costs) : 0;
		lower = result > 0 ? 1 : lower;
	}
	return result < 0 ? result : lower;
}

bool calibration_is_of(const struct workload_spec *spec)
{
	for (const struct parameter *parameter = spec->parameters; parameter->name; parameter++)
		if (parameter->calibrate)
			return true;
	return false;
}

/* Workloads may share a cost: one of them is enough. */
static bool stands_before(int w, const struct parameter *parameter)
{
	for (int i = 0; i < w; i++) {
		int index = parameter_find(workloads[i]->parameters, parameter->name);

		if (index >= 0 && workloads[i]->parameters[index].calibrate == parameter->calibrate)
			return true;
	}
	return false;
}

static int measure_all(const void *what, int core, json_t *costs)
{
	int result = 0;

	(void)what;
	(void)core;
	for (int w = 0; workloads[w]; w++)
		for (const struct parameter *parameter = workloads[w]->parameters; parameter->name && result >= 0;
		     parameter++)
			if (parameter->calibrate && !stands_before(w, parameter))
				result = measure_parameter(parameter, costs);
	return result;
}

static int bind_to(const struct machine *machine, int core)
{
	hwloc_bitmap_t set = hwloc_bitmap_alloc();
	int error;

	if (!set)
		return -ENOMEM;
	hwloc_bitmap_only(set, (unsigned)core);
	errno = 0;
	error = hwloc_set_cpubind(machine->topology, set, HWLOC_CPUBIND_THREAD) == 0 ? 0 : errno ? -errno : -ENOTSUP;
	hwloc_bitmap_free(set);
	return error;
}

/* So many rounds, one core after the other. 1 if anything is less than before, 0, or -errno. */
static int measure_rounds(const struct machine *machine, hwloc_const_cpuset_t cores, int rounds, measurement *measure,
			  const void *what, json_t *costs)
{
	int core = -1, lower = 0, result = 0;

	for (int round = 0; round < rounds && result >= 0 && !stop_requested; round++) {
		core = hwloc_bitmap_next(cores, core);
		if (core < 0)
			core = hwloc_bitmap_first(cores);
		result = bind_to(machine, core);
		if (result == 0)
			result = measure(what, core, costs);
		lower = result > 0 ? 1 : lower;
	}
	return result < 0 ? result : lower;
}

/* The calling thread goes back to where it was. hwloc reports success for a topology that is not this system's: never
 * ask then. */
static int measure_and_return(const struct machine *machine, hwloc_const_cpuset_t cores, int rounds,
			      measurement *measure, const void *what, json_t *costs)
{
	hwloc_bitmap_t before = hwloc_bitmap_alloc();
	int result;

	errno = 0;
	if (!before)
		return -ENOMEM;
	if (!machine->this_system || hwloc_get_cpubind(machine->topology, before, HWLOC_CPUBIND_THREAD) != 0) {
		result = errno ? -errno : -ENOTSUP;
	} else {
		result = measure_rounds(machine, cores, rounds, measure, what, costs);
		hwloc_set_cpubind(machine->topology, before, HWLOC_CPUBIND_THREAD);
	}
	hwloc_bitmap_free(before);
	return result;
}

json_t *calibration_measure(const struct machine *machine)
{
	int rounds = ROUNDS_A_CORE * (int)machine->allowed_count;
	json_t *costs = json_object();
	int result = -ENOMEM;

	if (costs)
		result = measure_and_return(machine, machine->allowed, rounds < ROUNDS_MAX ? rounds : ROUNDS_MAX,
					    measure_all, NULL, costs);
	if (result >= 0)
		return costs;
	say("the machine cannot be calibrated: %s", strerror(-result));
	json_decref(costs);
	return NULL;
}

static int rounds_once(hwloc_const_cpuset_t cores)
{
	int rounds = hwloc_bitmap_weight(cores);

	return rounds < CORES_AGAIN_MAX ? rounds : CORES_AGAIN_MAX;
}

int calibration_lower(const struct machine *machine, hwloc_const_cpuset_t cores, const struct workload_spec *spec,
		      json_t *costs)
{
	return measure_and_return(machine, cores, rounds_once(cores), measure_spec, spec, costs);
}

/* ---- Beside an invocation ---- */

static int compare_costs(const void *left, const void *right)
{
	const uint64_t *a = left, *b = right;

	return (*a > *b) - (*a < *b);
}

/* The median: the core may be taken away during one run, and slow down or speed up during another. */
static uint64_t median_of_runs(calibration_run *calibrate)
{
	uint64_t runs[RUNS_BESIDE];

	for (int i = 0; i < RUNS_BESIDE; i++)
		runs[i] = calibrate();
	qsort(runs, RUNS_BESIDE, sizeof *runs, compare_costs);
	return runs[0] > 0 ? runs[RUNS_BESIDE / 2] : 0;
}

/* Appends the costs of one core to an array. */
static int measure_moment(const void *what, int core, json_t *moments)
{
	const struct workload_spec *spec = what;
	json_t *costs = json_pack("{s:i}", "core", core);
	int error = costs ? 0 : -ENOMEM;

	for (const struct parameter *parameter = spec->parameters; parameter->name && !error; parameter++) {
		uint64_t cost = parameter->calibrate ? median_of_runs(parameter->calibrate) : 0;

		if (cost > 0)
			error = put(costs, parameter, cost);
	}
	if (!error && json_object_size(costs) > 1 && json_array_append(moments, costs) < 0)
		error = -ENOMEM;
	json_decref(costs);
	return error;
}

int calibration_beside(const struct machine *machine, hwloc_const_cpuset_t cores, const struct workload_spec *spec,
		       json_t *moments)
{
	if (!calibration_is_of(spec))
		return 0;
	return measure_and_return(machine, cores, rounds_once(cores), measure_moment, spec, moments);
}

/* What a core has done is the sum of its speeds, so costs are averaged by their inverses. 0 if none has it. */
static uint64_t mean_cost(const json_t *moments, const struct parameter *parameter)
{
	double speed = 0;
	uint64_t cost;
	size_t i, count = 0;
	json_t *costs;

	json_array_foreach(moments, i, costs)
	{
		if (!calibration_find(costs, parameter, &cost))
			continue;
		speed += 1 / (double)cost;
		count++;
	}
	return count > 0 ? (uint64_t)((double)count / speed + 0.5) : 0;
}

void calibration_take_mean(const json_t *moments, const struct workload_spec *spec, struct values *values)
{
	for (int i = 0; spec->parameters[i].name; i++)
		if (spec->parameters[i].calibrate)
			values->cost[i] = mean_cost(moments, &spec->parameters[i]);
}

int calibration_take_least(const json_t *moments, const struct workload_spec *spec, json_t *costs)
{
	int lower = 0, result = 0;
	uint64_t cost;
	size_t i;
	json_t *moment;

	json_array_foreach(moments, i, moment)
	{
		for (const struct parameter *parameter = spec->parameters; parameter->name && result >= 0;
		     parameter++) {
			result = calibration_find(moment, parameter, &cost) ? put_least(costs, parameter, cost) : 0;
			lower = result > 0 ? 1 : lower;
		}
	}
	return result < 0 ? result : lower;
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
