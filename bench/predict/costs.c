/* costs.c: see costs.h. */
#include "costs.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "quiet.h"

/* Fewer sleeps would charge them with the tasks' creation and end; fewer tasks with their core's going idle. */
static const double sleeps_least = 10, company_least = 8;

/* ---- Curves ---- */

static int by_tasks(const void *left, const void *right)
{
	const struct cost_point *a = left, *b = right;

	return (a->tasks > b->tasks) - (a->tasks < b->tasks);
}

void cost_add(struct cost_curve *curve, const struct cell *cell, double tasks, double value)
{
	if (!(tasks >= 1) || !(value > 0))
		return;
	for (unsigned i = 0; i < curve->count; i++) /* of several cells with so many tasks the cheapest counts */
		if (curve->point[i].tasks == tasks) {
			if (value < curve->point[i].value)
				curve->point[i] = (struct cost_point){.tasks = tasks, .value = value, .cell = cell};
			return;
		}
	if (curve->count == COST_POINTS_MAX)
		return;
	curve->point[curve->count++] = (struct cost_point){.tasks = tasks, .value = value, .cell = cell};
	qsort(curve->point, curve->count, sizeof *curve->point, by_tasks);
}

const struct cost_point *cost_near(const struct cost_curve *curve, double tasks)
{
	const struct cost_point *nearest = NULL;

	for (unsigned i = 0; i < curve->count; i++)
		if (!nearest || fabs(log(curve->point[i].tasks / tasks)) < fabs(log(nearest->tasks / tasks)))
			nearest = &curve->point[i];
	return nearest;
}

double cost_at(const struct cost_curve *curve, double tasks, bool *beyond)
{
	unsigned above = 0;

	if (beyond)
		*beyond = curve->count == 0 || tasks < curve->point[0].tasks ||
			  tasks > curve->point[curve->count - 1].tasks;
	if (curve->count == 0)
		return NAN;
	while (above < curve->count && curve->point[above].tasks < tasks)
		above++;
	if (above == 0)
		return curve->point[0].value;
	if (above == curve->count)
		return curve->point[above - 1].value;

	const struct cost_point *a = &curve->point[above - 1], *b = &curve->point[above];
	double share = log(tasks / a->tasks) / log(b->tasks / a->tasks);

	return a->value + share * (b->value - a->value);
}

/* ---- Cells ---- */

/* What is read from the cells of one workload. */
typedef int reader(const struct cell *cell, struct costs *costs);

static bool is_of(const struct cell *cell, const struct costs *costs, const char *workload)
{
	return cell->slot == costs->slot && strcmp(cell->workload, workload) == 0;
}

bool cores_nearer(unsigned cores, unsigned than, unsigned asked)
{
	if (than == 0)
		return true;
	if ((cores <= asked) != (than <= asked))
		return cores <= asked;
	return cores <= asked ? cores > than : cores < than;
}

static bool tells_cost_of_sleep(const struct cell *cell)
{
	return cell_parameter(cell, "sleeps") >= sleeps_least && cell_parameter(cell, "tasks") >= company_least;
}

/* The nearest number of cores on which the workload gave a result, of those cells that `counts` if it is not NULL; 0:
 * none. */
static unsigned nearest_cores(const struct costs *costs, const char *workload, bool (*counts)(const struct cell *cell))
{
	unsigned nearest = 0;

	for (size_t i = 0; i < costs->bundle->cell_count; i++) {
		const struct cell *cell = &costs->bundle->cells[i];

		if (is_of(cell, costs, workload) && cell->count[STATUS_OK] > 0 && (!counts || counts(cell)) &&
		    cores_nearer(cell->cores, nearest, costs->cores))
			nearest = cell->cores;
	}
	return nearest;
}

static int read_cells(struct costs *costs, const char *workload, unsigned cores, reader *read)
{
	int error = 0;

	for (size_t i = 0; i < costs->bundle->cell_count && !error; i++) {
		const struct cell *cell = &costs->bundle->cells[i];

		if (is_of(cell, costs, workload) && cell->cores == cores)
			error = read(cell, costs);
	}
	return error;
}

/* The median of a figure of the workload's own; NAN where the records have none. */
static double figure_median(const json_t *figures, const char *name)
{
	const json_t *list = json_object_get(figures, name), *value;
	size_t count = json_array_size(list), index;
	double *values = malloc((count + 1) * sizeof *values), median;

	if (!values)
		return NAN;
	json_array_foreach(list, index, value) values[index] = json_number_value(value);
	median = summarize(values, count, 0.95).median;
	free(values);
	return median;
}

static bool parameter_is(const struct cell *cell, const char *name, const char *text)
{
	const char *value = json_string_value(json_object_get(cell->parameters, name));

	return value && strcmp(value, text) == 0;
}

static void read_limit(const struct cell *cell, double tasks, struct costs *costs)
{
	if (cell->count[STATUS_OK] > 0 || cell->count[STATUS_REFUSED] == 0 ||
	    (!isnan(costs->limit) && tasks >= costs->limit))
		return;
	costs->limit = tasks;
	cell_reason(costs->bundle, cell, costs->limit_reason, sizeof costs->limit_reason);
}

static double steady_of_task(const struct cell *cell)
{
	return quiet_summary(cell, MEASURE_STEADY_NS).median / cell_parameter(cell, "tasks");
}

/* The same night with a few sleeps a task; NULL: none was measured. */
static const struct cell *short_night(const struct costs *costs, const struct cell *cell)
{
	const char *start = json_string_value(json_object_get(cell->parameters, "start"));

	for (size_t i = 0; i < costs->bundle->cell_count; i++) {
		const struct cell *other = &costs->bundle->cells[i];

		if (is_of(other, costs, "idle") && other->cores == cell->cores && other->count[STATUS_OK] > 0 &&
		    cell_parameter(other, "tasks") == cell_parameter(cell, "tasks") &&
		    cell_parameter(other, "sleeps") < sleeps_least && (!start || parameter_is(other, "start", start)))
			return other;
	}
	return NULL;
}

/* A night of k sleeps takes k times a sleep, and a start and an end. */
static void read_sleep(const struct cell *cell, struct costs *costs)
{
	double tasks = cell_parameter(cell, "tasks"), sleeps = cell_parameter(cell, "sleeps"),
	       all_ns = steady_of_task(cell), sleep_ns = all_ns / sleeps;
	const struct cell *few = short_night(costs, cell);

	if (few) {
		double fewer = cell_parameter(few, "sleeps"), few_ns = steady_of_task(few);
		double apart_ns = (all_ns - few_ns) / (sleeps - fewer), ends_ns = few_ns - fewer * apart_ns;

		if (apart_ns > 0 && ends_ns > 0) {
			sleep_ns = apart_ns;
			cost_add(&costs->ends_ns, few, tasks, ends_ns);
		}
	}
	cost_add(&costs->sleep_ns, cell, tasks, sleep_ns);
}

static int read_idle(const struct cell *cell, struct costs *costs)
{
	double tasks = cell_parameter(cell, "tasks"), sleeps = cell_parameter(cell, "sleeps"), sleep_ns;
	json_t *figures;
	int error;

	read_limit(cell, tasks, costs);
	if (cell->count[STATUS_OK] == 0)
		return 0;
	error = quiet_figures(costs->bundle, cell, &figures);
	if (error)
		return error;
	sleep_ns = quiet_summary(cell, MEASURE_STEADY_NS).median / (tasks * sleeps);
	if (tells_cost_of_sleep(cell))
		read_sleep(cell, costs);
	if (tasks == 1 && sleeps >= sleeps_least)
		costs->alone_ns = sleep_ns, costs->alone = cell;
	if (tasks == 1)
		costs->latency_ns = fmin(costs->latency_ns, figure_median(figures, "late_p50_us") * 1e3);
	cost_add(&costs->create_ns, cell, tasks, figure_median(figures, "create_ns_per_task"));
	cost_add(&costs->bytes, cell, tasks, figure_median(figures, "bytes_per_task"));
	json_decref(figures);
	return 0;
}

static int read_switch(const struct cell *cell, struct costs *costs)
{
	json_t *figures;
	int error;

	if (cell->count[STATUS_OK] == 0 || !parameter_is(cell, "mode", "yield") || cell_parameter(cell, "tasks") != 2)
		return 0;
	error = quiet_figures(costs->bundle, cell, &figures);
	if (error)
		return error;
	costs->switch_ns = fmin(costs->switch_ns, figure_median(figures, "ns_per_switch"));
	json_decref(figures);
	return 0;
}

int costs_read(const struct bundle *bundle, unsigned slot, unsigned cores, struct costs *costs)
{
	int error;

	*costs = (struct costs){
		.bundle = bundle,
		.slot = slot,
		.cores = cores,
		.alone_ns = NAN,
		.latency_ns = NAN,
		.switch_ns = NAN,
		.limit = NAN,
	};
	error = read_cells(costs, "switch", nearest_cores(costs, "switch", NULL), read_switch);
	costs->cores = nearest_cores(costs, "idle", tells_cost_of_sleep);
	if (costs->cores == 0)
		costs->cores = nearest_cores(costs, "idle", NULL);
	if (!error)
		error = read_cells(costs, "idle", costs->cores, read_idle);
	if (costs->sleep_ns.count == 0) /* who sleeps one after another always sleeps alone */
		cost_add(&costs->sleep_ns, costs->alone, 1, costs->alone_ns);
	return error ? error : costs->sleep_ns.count > 0 ? 0 : -ENODATA;
}
