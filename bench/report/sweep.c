/* sweep.c: see sweep.h. */
#include "sweep.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const char *word(const struct cell *cell, const char *key, const char *otherwise)
{
	const char *text = json_string_value(json_object_get(cell->sweep, key));

	return text ? text : otherwise;
}

static bool is_concurrency(const struct cell *cell)
{
	return strcmp(word(cell, "law", ""), "concurrency") == 0;
}

/* ---- Panels ---- */

static int compare_cells(const struct cell *a, const struct cell *b)
{
	int order = strcmp(a->workload, b->workload);

	order = order ? order : strcmp(word(a, "placement", ""), word(b, "placement", ""));
	order = order ? order : strcmp(word(a, "law", ""), word(b, "law", ""));
	if (!order && is_concurrency(a))
		order = (a->cores > b->cores) - (a->cores < b->cores);
	return order;
}

static int compare_rungs(const void *left, const void *right)
{
	const struct rung_cell *a = left, *b = right;
	int order = compare_cells(a->cell, b->cell);

	order = order ? order : (a->cell->slot > b->cell->slot) - (a->cell->slot < b->cell->slot);
	order = order ? order : (a->at > b->at) - (a->at < b->at);
	return order ? order : strcmp(a->cell->name, b->cell->name);
}

static struct rung_cell rung_of(const struct cell *cell)
{
	double workers = json_measure(cell->sweep, "workers"), tasks = json_measure(cell->sweep, "tasks_per_core");

	return (struct rung_cell){
		.cell = cell,
		.at = is_concurrency(cell)    ? tasks
		      : workers > cell->cores ? workers
					      : cell->cores,
		.cores = cell->cores,
		.operations = json_measure(cell->sweep, "operations"),
		.oversubscribed = workers > cell->cores,
	};
}

/* A cell without cores was refused for having too few: it has no place on the axis. */
static bool has_place(const struct rung_cell *rung)
{
	return rung->cores > 0 && rung->at > 0;
}

static void begin_panel(struct sweeps *sweeps, struct rung_cell *rung)
{
	const struct cell *cell = rung->cell;

	sweeps->panels[sweeps->count++] = (struct sweep_panel){
		.workload = cell->workload,
		.law = word(cell, "law", "strong"),
		.placement = word(cell, "placement", ""),
		.operation = word(cell, "operation", "operation"),
		.cores = is_concurrency(cell) ? cell->cores : 0,
		.rungs = rung,
	};
}

int sweeps_make(const struct bundle *bundle, bool concurrency, struct sweeps *sweeps)
{
	struct rung_cell *rungs = calloc(bundle->cell_count + 1, sizeof(*rungs));
	size_t count = 0;

	*sweeps = (struct sweeps){.panels = calloc(bundle->cell_count + 1, sizeof(*sweeps->panels))};
	if (!rungs || !sweeps->panels) {
		free(rungs);
		free(sweeps->panels);
		return -ENOMEM;
	}
	for (size_t i = 0; i < bundle->cell_count; i++) {
		if (!bundle->by_name[i]->sweep || is_concurrency(bundle->by_name[i]) != concurrency)
			continue;
		rungs[count] = rung_of(bundle->by_name[i]);
		count += has_place(&rungs[count]);
	}
	qsort(rungs, count, sizeof(*rungs), compare_rungs);
	sweeps->panels[0].rungs = rungs;
	for (size_t i = 0; i < count; i++) {
		if (i == 0 || compare_cells(rungs[i - 1].cell, rungs[i].cell) != 0)
			begin_panel(sweeps, &rungs[i]);
		sweeps->panels[sweeps->count - 1].count++;
	}
	return 0;
}

void sweeps_clear(struct sweeps *sweeps)
{
	free(sweeps->panels[0].rungs);
	free(sweeps->panels);
}

/* ---- Curves ---- */

const struct rung_cell *sweep_curve(const struct sweep_panel *panel, unsigned slot, size_t *count)
{
	const struct rung_cell *first = NULL;

	*count = 0;
	for (size_t i = 0; i < panel->count; i++) {
		if (panel->rungs[i].cell->slot != slot)
			continue;
		first = first ? first : &panel->rungs[i];
		++*count;
	}
	return first;
}

struct summary rung_rate(const struct rung_cell *rung)
{
	struct summary time = cell_summary(rung->cell, MEASURE_WALL_NS), rate = time;
	double operations = rung->operations * 1e9;

	if (time.n == 0 || isnan(operations))
		return (struct summary){.n = 0};
	rate.median = operations / time.median;
	rate.mean = operations / time.mean; /* harmonic */
	rate.interval.low = operations / time.interval.high;
	rate.interval.high = operations / time.interval.low;
	return rate;
}

const struct rung_cell *sweep_base(const struct rung_cell *curve, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!curve[i].oversubscribed && rung_rate(&curve[i]).n > 0)
			return &curve[i];
	return NULL;
}

/* The seed is the cell's place, so that intervals do not depend on what else is drawn. */
struct summary rung_efficiency(const struct rung_cell *rung, const struct rung_cell *base)
{
	struct summary summary = cell_summary(rung->cell, MEASURE_WALL_NS);
	double scale = rung->operations / base->operations * base->cores / rung->cores;
	double *values = malloc(sizeof(*values) * (rung->cell->invocation_count + base->cell->invocation_count + 1));
	size_t n, base_n;

	if (!values || summary.n == 0 || isnan(scale)) {
		free(values);
		return (struct summary){.n = 0};
	}
	n = cell_values(rung->cell, MEASURE_WALL_NS, values);
	base_n = cell_values(base->cell, MEASURE_WALL_NS, values + n);
	if (ratio_interval(values + n, base_n, values, n, 0.95, rung->cell->slot + 1, &summary.interval))
		summary.n = 0;
	summary.median = scale * cell_summary(base->cell, MEASURE_WALL_NS).median / summary.median;
	summary.interval.low *= scale;
	summary.interval.high *= scale;
	summary.mean = NAN; /* ratios are not averaged */
	free(values);
	return summary;
}

/* ---- What went wrong ---- */

bool rung_broke(const struct rung_cell *rung)
{
	const struct cell *cell = rung->cell;

	if (cell->refused)
		return json_is_true(json_object_get(cell->sweep, "beyond_machine"));
	return cell->count[STATUS_OK] == 0 && cell->count[STATUS_REFUSED] + cell->count[STATUS_FAILED] > 0;
}

double rung_load_share(const struct rung_cell *rung)
{
	double share = cell_summary(rung->cell, MEASURE_LOAD_SHARE).median;

	return rung->cell->load_cores > 0 ? fmin(share / rung->cell->load_cores, 1) : NAN;
}
