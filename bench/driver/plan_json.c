/* plan_json.c: the plan as the manifest shows it; see plan.h and results/SCHEMA.md. */
#include "plan.h"
#include "scaling.h"

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
	if (cell->stack_set)
		json_object_set_new(object, stack_parameters[0].name, json_integer((json_int_t)cell->stack_bytes));
	return object;
}

static json_t *cores_json(hwloc_const_cpuset_t cores)
{
	json_t *array = json_array();

	for (int core = hwloc_bitmap_first(cores); core >= 0; core = hwloc_bitmap_next(cores, core))
		json_array_append_new(array, json_integer(core));
	return array;
}

/* What of the machine the cores reach over, and where the cell stands in its sweep. */
static json_t *sweep_json(const struct cell *cell)
{
	const struct rung *rung = cell->rung;
	double operations = rung->operations > 0 ? rung->operations : (double)cell->expectation.operations;
	json_t *object = json_pack("{s:s, s:f, s:s}", "law", scaling_law_name(rung->law), "work", rung->work,
				   "operation", cell->spec->operation);

	if (operations > 0)
		json_object_set_new(object, "operations", json_real(operations));
	if (rung->tasks_per_core > 0)
		json_object_set_new(object, "tasks_per_core", json_integer((json_int_t)rung->tasks_per_core));
	if (rung->workers > 0)
		json_object_set_new(object, "workers", json_integer(rung->workers));
	if (cell->beyond)
		json_object_set_new(object, "beyond_machine", json_true());
	if (!cell->placement)
		return object;
	json_object_set_new(object, "placement", json_string(placement_policy_name(cell->placement->policy)));
	json_object_set_new(object, "span",
			    json_pack("{s:i, s:i, s:i, s:i}", "cores", (int)cell->placement->span.cores, "packages",
				      (int)cell->placement->span.packages, "nodes", (int)cell->placement->span.nodes,
				      "kinds", (int)cell->placement->span.kinds));
	return object;
}

static json_t *cell_json(const struct cell *cell)
{
	json_t *object =
		json_pack("{s:s, s:s, s:s, s:s, s:o}", "name", cell->name, "group", cell->group, "workload",
			  cell->spec->name, "runtime", cell->player->name, "parameters", parameters_json(cell));

	if (cell->placement)
		json_object_set_new(object, "cores", cores_json(cell->placement->cores));
	if (cell->load_cores && cell->load_argv.count > 0)
		json_object_set_new(object, "load_cores", cores_json(cell->load_cores));
	if (cell->load_cores && cell->load_argv.count > 0 && cell->placement->siblings &&
	    cell->load_cores == cell->placement->load_cores)
		json_object_set_new(object, "load_on_siblings", json_true());
	if (cell->placement && cell->placement->over_quota)
		json_object_set_new(object, "over_quota", json_true());
	if (cell->rung)
		json_object_set_new(object, "sweep", sweep_json(cell));
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
