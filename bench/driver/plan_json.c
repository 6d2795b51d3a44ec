/* plan_json.c: the plan as the manifest shows it; see plan.h and results/SCHEMA.md. */
#include "plan.h"

static json_t *parameters_json(const struct cell *cell)
{
	json_t *object = json_object();

	for (int i = 0; cell->spec->parameters[i].name; i++) {
		const struct parameter *parameter = &cell->spec->parameters[i];
		uint64_t value = cell->values.value[i];

		json_object_set_new(object, parameter->name,
				    parameter->type == PARAMETER_CHOICE ? json_string(parameter->choices[value])
									: json_integer((json_int_t)value));
	}
	if (cell->workers_set)
		json_object_set_new(object, worker_parameters[0].name, json_integer(cell->stage.workers));
	return object;
}

static json_t *cores_json(hwloc_const_cpuset_t cores)
{
	json_t *array = json_array();

	for (int core = hwloc_bitmap_first(cores); core >= 0; core = hwloc_bitmap_next(cores, core))
		json_array_append_new(array, json_integer(core));
	return array;
}

static json_t *cell_json(const struct cell *cell)
{
	json_t *object =
		json_pack("{s:s, s:s, s:s, s:s, s:o}", "name", cell->name, "group", cell->group, "workload",
			  cell->spec->name, "runtime", cell->player->name, "parameters", parameters_json(cell));

	if (cell->placement)
		json_object_set_new(object, "cores", cores_json(cell->placement->cores));
	if (cell->placement && cell->load_argv.count > 0)
		json_object_set_new(object, "load_cores", cores_json(cell->placement->load_cores));
	if (cell->bound_ns > 0)
		json_object_set_new(object, "bound_ns", json_integer((json_int_t)cell->bound_ns));
	if (cell->expectation.bound_ns > cell->bound_ns)
		json_object_set_new(object, "model_bound_ns", json_integer((json_int_t)cell->expectation.bound_ns));
	if (cell->refused[0])
		json_object_set_new(object, "refused", json_string(cell->refused));
	return object;
}

json_t *plan_json(const struct plan *plan)
{
	json_t *array = json_array();

	for (size_t i = 0; i < plan->count; i++)
		if (json_array_append_new(array, cell_json(&plan->cells[i])) < 0) {
			json_decref(array);
			return NULL;
		}
	return array;
}
