/* plan.c: see plan.h. */
#include "plan.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../runtimes/clock.h"
#include "../../runtimes/runtime.h"
#include "calibration.h"
#include "clean.h"
#include "scaling.h"

enum { CELLS_MAX = 100000 };

/* Workloads whose player is a server that a load program drives. */
static const char *const loaded_workloads[] = {"echo", "chat", "fetch"};

/* What plan_make() works with: the request, the plan that it makes, and where a sentence goes. */
struct planner {
	const struct plan_request *request;
	struct plan *plan;
	char *reason;
};

/* One point of one sweep: everything of a cell that does not depend on its player. */
struct point {
	const struct workload_spec *spec;
	const struct axes *axes;
	const struct sweep *sweep;
	struct texts pairs;
	unsigned cores;
	const char *workers; /* NULL: nothing was said of them */
	const char *stack;   /* bytes; NULL likewise */
	uint64_t limit_ns;
	bool of_those_who_can; /* cells that would be refused are left out */
	struct values values;
	const struct placement *placement;
	uint64_t bound_ns;        /* see plan.h */
	char refused[REASON_MAX]; /* why nobody can play it; "" if somebody may */
};

static int fail(const struct planner *planner, const char *format, const char *word, const char *known)
{
	snprintf(planner->reason, REASON_MAX, format, word, known);
	return -EINVAL;
}

static const struct placement *placement_of(const struct planner *planner, unsigned cores, enum placement_policy policy,
					    char reason[REASON_MAX])
{
	struct plan *plan = planner->plan;
	struct placement *placement, **placements;

	for (size_t i = 0; i < plan->placements_count; i++)
		if ((unsigned)hwloc_bitmap_weight(plan->placements[i]->cores) == cores &&
		    plan->placements[i]->policy == policy)
			return plan->placements[i];
	placements = realloc(plan->placements, (plan->placements_count + 1) * sizeof *placements);
	placement = malloc(sizeof *placement);
	if (placements)
		plan->placements = placements;
	snprintf(reason, REASON_MAX, "there is not enough memory");
	if (!placements || !placement ||
	    placement_choose_by(planner->request->machine, policy, cores, placement, reason) < 0) {
		free(placement);
		return NULL;
	}
	return placements[plan->placements_count++] = placement;
}

/* All the cores that a player may use at once: a CPU quota is worth only so many. */
static unsigned all_cores(const struct machine *machine)
{
	unsigned quota = machine->quota_cores >= 1 ? (unsigned)machine->quota_cores : 1;

	if (machine->quota_cores <= 0 || machine->allow_quota || quota > machine->allowed_count)
		return machine->allowed_count;
	return quota;
}

int plan_admit(const struct player *player, const struct workload_spec *spec, const struct values *values,
	       struct stage stage, char reason[REASON_MAX])
{
	int error = spec->admit(values, stage, reason);

	if (error < 0 || player_info_plays(&player->info, spec->name))
		return error;
	snprintf(reason, REASON_MAX, "this player does not play %s", spec->name);
	return -ENOTSUP;
}

/* Before the time that it would take: no patience helps there. */
static void refuse_many(const struct planner *planner, struct cell *cell)
{
	const char *setting;
	uint64_t most = machine_kernel_tasks(planner->request->machine, &setting);

	cell->beyond = stage_of_kernel(cell->stage) && cell->expectation.alive > most;
	if (cell->beyond)
		snprintf(cell->refused, sizeof cell->refused,
			 "%" PRIu64 " threads or processes at the same time: this machine ends at %" PRIu64 " (%s)",
			 cell->expectation.alive, most, setting);
}

static void refuse_long(struct cell *cell, uint64_t limit_ns)
{
	char estimate[TEXT_DURATION_MAX], limit[TEXT_DURATION_MAX];
	uint64_t estimate_ns = cell->expectation.estimate_ns;

	if (cell->refused[0] || estimate_ns <= limit_ns)
		return;
	cell->lasting = true;
	text_duration((double)estimate_ns, estimate);
	text_duration((double)limit_ns, limit);
	/* Half of the timeout is what would be the limit then. */
	snprintf(cell->refused, sizeof cell->refused,
		 "would take about %s on this runtime, and what takes over %s is not played; --timeout=%" PRIu64
		 "s allows it",
		 estimate, limit, 2 * estimate_ns / NS_PER_S + 1);
}

/* What the parameters and the stage allow; fills in the expectation of a cell that is played. */
static void cell_judge(const struct planner *planner, struct cell *cell, const struct point *point)
{
	if (cell->refused[0])
		return;
	if (cell->workers_set && !(cell->stage.capabilities & RUNTIME_WORKERS)) {
		snprintf(cell->refused, sizeof cell->refused, "this runtime has no workers that could be set");
		return;
	}
	if (cell->stack_set && !plan_takes_stack(cell->player)) {
		snprintf(cell->refused, sizeof cell->refused, "this runtime has no stacks whose size could be set");
		return;
	}
	if (plan_admit(cell->player, cell->spec, &cell->values, cell->stage, cell->refused) < 0)
		return;
	cell->spec->expect(&cell->values, cell->stage, &cell->expectation);
	refuse_many(planner, cell);
	refuse_long(cell, point->limit_ns);
}

static int cell_names(struct cell *cell, const struct point *point)
{
	char keys[512] = "", text[PARAMETER_TEXT_MAX];

	for (int i = 0; point->spec->parameters[i].name; i++) {
		const struct parameter *parameter = &point->spec->parameters[i];

		if (!axes_lead(point->axes, parameter->name))
			continue;
		parameter_format(parameter, cell->values.value[i], text);
		snprintf(keys + strlen(keys), sizeof keys - strlen(keys), "/%s=%s", parameter->name, text);
	}
	if (cell->workers_set)
		snprintf(keys + strlen(keys), sizeof keys - strlen(keys), "/%s=%u", worker_parameters[0].name,
			 cell->stage.workers);
	if (cell->stack_set) {
		parameter_format(&stack_parameters[0], cell->stack_bytes, text);
		snprintf(keys + strlen(keys), sizeof keys - strlen(keys), "/%s=%s", stack_parameters[0].name, text);
	}
	if (point->sweep->placement != PLACEMENT_CORE_FIRST)
		snprintf(keys + strlen(keys), sizeof keys - strlen(keys), "/placement=%s",
			 placement_policy_name(point->sweep->placement));
	if (asprintf(&cell->name, "%s/%s%s/cores=%u", cell->spec->name, cell->player->name, keys, point->cores) < 0 ||
	    asprintf(&cell->group, "%s%s/cores=%u", cell->spec->name, keys, point->cores) < 0)
		return -ENOMEM;
	return 0;
}

static bool is_loaded(const struct workload_spec *spec)
{
	for (size_t i = 0; i < sizeof loaded_workloads / sizeof *loaded_workloads; i++)
		if (strcmp(loaded_workloads[i], spec->name) == 0)
			return true;
	return false;
}

/* Whether the load was asked to run where the player does. */
static bool is_load_beside(const struct workload_spec *spec, const struct values *values)
{
	for (int i = 0; spec->parameters[i].name; i++)
		if (spec->parameters[i].places_load && values->value[i] > 0)
			return true;
	return false;
}

static hwloc_const_cpuset_t load_cores_of(const struct point *point)
{
	if (!point->placement || !is_loaded(point->spec))
		return NULL;
	return is_load_beside(point->spec, &point->values) ? point->placement->cores : point->placement->load_cores;
}

/* Adds all parameters, resolved ones too, in ns, bytes or counts: a player need know neither our defaults nor our
 * units. */
static int add_parameters(struct texts *argv, const struct cell *cell, bool for_player)
{
	char pair[2 * PARAMETER_TEXT_MAX];
	int error = 0;

	for (int i = 0; error == 0 && cell->spec->parameters[i].name; i++) {
		const struct parameter *parameter = &cell->spec->parameters[i];

		if ((parameter->calibrate || parameter->places_load) && !for_player)
			continue;
		if (parameter->type == PARAMETER_CHOICE)
			snprintf(pair, sizeof pair, "%s=%s", parameter->name,
				 parameter->choices[cell->values.value[i]]);
		else
			snprintf(pair, sizeof pair, "%s=%llu", parameter->name,
				 (unsigned long long)cell->values.value[i]);
		error = texts_add(argv, pair);
	}
	return error;
}

/* Makes the texts end as an argv does; the NULL is not counted. */
static int texts_terminate(struct texts *argv)
{
	char **items = realloc(argv->items, (argv->count + 1) * sizeof *items);

	if (!items)
		return -ENOMEM;
	argv->items = items;
	items[argv->count] = NULL;
	return 0;
}

static int add_workers(struct texts *argv, const struct cell *cell)
{
	char pair[2 * PARAMETER_TEXT_MAX];

	if (!cell->workers_set || !(cell->stage.capabilities & RUNTIME_WORKERS))
		return 0;
	snprintf(pair, sizeof pair, "%s=%u", worker_parameters[0].name, cell->stage.workers);
	return texts_add(argv, pair);
}

static int add_stack(struct texts *argv, const struct cell *cell)
{
	char pair[2 * PARAMETER_TEXT_MAX];

	if (!cell->stack_set || !plan_takes_stack(cell->player))
		return 0;
	snprintf(pair, sizeof pair, "%s=%" PRIu64, stack_parameters[0].name, cell->stack_bytes);
	return texts_add(argv, pair);
}

static int cell_argv(struct cell *cell, const struct plan_request *request)
{
	char timeout[PARAMETER_TEXT_MAX];

	if (texts_add(&cell->argv, cell->player->path) < 0 || texts_add(&cell->argv, "play") < 0 ||
	    texts_add(&cell->argv, cell->spec->name) < 0 || add_parameters(&cell->argv, cell, true) < 0 ||
	    add_workers(&cell->argv, cell) < 0 || add_stack(&cell->argv, cell) < 0 || texts_terminate(&cell->argv) < 0)
		return -ENOMEM;
	if (!is_loaded(cell->spec) || !request->load)
		return 0;
	snprintf(timeout, sizeof timeout, "timeout=%llums", (unsigned long long)(request->timeout_ns / NS_PER_MS));
	if (texts_add(&cell->load_argv, request->load) < 0 || texts_add(&cell->load_argv, cell->spec->name) < 0 ||
	    add_parameters(&cell->load_argv, cell, false) < 0 || texts_add(&cell->load_argv, timeout) < 0)
		return -ENOMEM;
	return texts_terminate(&cell->load_argv);
}

static void cell_clear(struct cell *cell)
{
	free(cell->name);
	free(cell->group);
	texts_clear(&cell->argv);
	texts_clear(&cell->load_argv);
}

/* A cell that stands already (two sweeps may meet in one point) or that the filter denies is not wanted. */
static bool is_wanted(const struct planner *planner, const struct cell *cell)
{
	for (size_t i = 0; i < planner->plan->count; i++)
		if (strcmp(planner->plan->cells[i].name, cell->name) == 0)
			return false;
	return !planner->request->matches || planner->request->matches(cell->name);
}

static int keep_cell(const struct planner *planner, struct cell *cell)
{
	struct plan *plan = planner->plan;
	struct cell *cells;

	if (plan->count == CELLS_MAX)
		return fail(planner, "this asks for more than %s cells%s", "100000", "");
	cells = realloc(plan->cells, (plan->count + 1) * sizeof *cells);
	if (!cells)
		return -ENOMEM;
	plan->cells = cells;
	cells[plan->count++] = *cell;
	plan->playable += !cell->refused[0];
	return 0;
}

static int plan_cell(const struct planner *planner, const struct point *point, const struct player *player)
{
	struct cell cell = {
		.spec = point->spec,
		.player = player,
		.values = point->values,
		.stage = {.cores = point->cores,
			  .capabilities = player->info.capabilities,
			  .costs = player->info.costs,
			  .workers = point->workers ? (unsigned)atoi(point->workers) : 0},
		.workers_set = point->workers != NULL,
		.stack_set = point->stack != NULL,
		.stack_bytes = point->stack ? strtoull(point->stack, NULL, 10) : 0,
		.bound_ns = point->bound_ns,
		.rung = point->sweep->rung,
		.placement = point->placement,
		.load_cores = load_cores_of(point),
	};
	int error;

	memcpy(cell.refused, point->refused, sizeof cell.refused);
	cell_judge(planner, &cell, point);
	error = cell_names(&cell, point);
	if (error == 0 && ((point->of_those_who_can && cell.refused[0]) || !is_wanted(planner, &cell))) {
		cell_clear(&cell);
		return 0;
	}
	if (error == 0)
		error = cell_argv(&cell, planner->request);
	if (error == 0)
		error = keep_cell(planner, &cell);
	if (error < 0)
		cell_clear(&cell);
	return error;
}

static int plan_players(const struct planner *planner, const struct point *point)
{
	const struct players *players = planner->request->players;
	int error = 0;

	for (size_t i = 0; error == 0 && i < players->count; i++)
		if (plan_request_has_player(planner->request, point->spec, &players->items[i]))
			error = plan_cell(planner, point, &players->items[i]);
	return error;
}

static int add_calibrations(const struct planner *planner, const struct workload_spec *spec, const struct axes *axes,
			    struct texts *pairs)
{
	char pair[2 * PARAMETER_TEXT_MAX];
	uint64_t value;
	int error = 0;

	for (const struct parameter *parameter = spec->parameters; error == 0 && parameter->name; parameter++) {
		if (axes_lead(axes, parameter->name) ||
		    !calibration_find(planner->request->calibration, parameter, &value))
			continue;
		snprintf(pair, sizeof pair, "%s=%llu", parameter->name, (unsigned long long)value);
		error = texts_add(pairs, pair);
	}
	return error;
}

static void take_costs(struct values *values, const struct workload_spec *spec, const json_t *costs)
{
	for (int i = 0; spec->parameters[i].name; i++)
		calibration_find(costs, &spec->parameters[i], &values->cost[i]);
}

void plan_take_costs(struct plan *plan, const json_t *costs)
{
	struct expectation expectation;

	for (size_t i = 0; i < plan->count; i++) {
		struct cell *cell = &plan->cells[i], *before = i > 0 ? cell - 1 : NULL;

		take_costs(&cell->values, cell->spec, costs);
		if (cell->bound_ns > 0)
			cell->bound_ns = before && strcmp(before->group, cell->group) == 0
						 ? before->bound_ns
						 : workload_bound(cell->spec, &cell->values, cell->stage.cores);
		if (cell->expectation.bound_ns == 0)
			continue;
		cell->spec->expect(&cell->values, cell->stage, &expectation);
		cell->expectation.bound_ns = expectation.bound_ns;
	}
}

/* In a sweep over cores a load that ran on the player's cores would be measured with it. */
static void refuse_shared(struct point *point)
{
	if (point->sweep->rung && point->placement->shared && is_loaded(point->spec) &&
	    !is_load_beside(point->spec, &point->values))
		snprintf(point->refused, sizeof point->refused,
			 "the load would have no core of its own beside the %u of the player", point->cores);
}

uint64_t cell_bound_at(const struct cell *cell, const json_t *moments)
{
	struct values values = cell->values;

	if (cell->bound_ns == 0 || !calibration_is_of(cell->spec))
		return 0;
	calibration_take_mean(moments, cell->spec, &values);
	return workload_bound(cell->spec, &values, cell->stage.cores);
}

/* All of a point that its pairs and its cores decide. */
static void point_judge(const struct planner *planner, struct point *point)
{
	if (workload_values(point->spec, (int)point->pairs.count, point->pairs.items, &point->values, point->refused) <
	    0)
		return;
	point->placement = placement_of(planner, point->cores, point->sweep->placement, point->refused);
	if (!point->placement)
		return;
	point->refused[0] = '\0';
	refuse_shared(point);
	take_costs(&point->values, point->spec, planner->request->calibration);
	point->bound_ns = workload_bound(point->spec, &point->values, point->cores);
}

/* The place of a sweep that is filled in so far; workers and pairs follow. */
static int plan_points(const struct planner *planner, const struct point *place)
{
	size_t points = axes_points(place->axes);
	int error = 0;

	if (points > CELLS_MAX)
		return fail(planner, "this asks for more than %s cells%s", "100000", "");
	for (size_t i = 0; error == 0 && i < points; i++) {
		struct point point = *place;

		error = axes_pairs(place->axes, i, &point.pairs);
		if (error == 0)
			error = add_calibrations(planner, place->spec, place->axes, &point.pairs);
		if (error == 0) {
			point_judge(planner, &point);
			error = plan_players(planner, &point);
		}
		texts_clear(&point.pairs);
	}
	return error;
}

static int plan_stacks(const struct planner *planner, struct point place)
{
	struct texts stacks = {.items = NULL};
	int error = plan_request_stacks(planner->request, place.spec, &stacks, planner->reason);

	if (error == 0 && stacks.count == 0)
		error = plan_points(planner, &place);
	for (size_t i = 0; error == 0 && i < stacks.count; i++) {
		place.stack = stacks.items[i];
		error = plan_points(planner, &place);
	}
	texts_clear(&stacks);
	return error;
}

static int plan_workers(const struct planner *planner, struct point place, unsigned cores)
{
	struct texts workers = {.items = NULL};
	int error = plan_request_workers(planner->request, place.spec, &workers, planner->reason);

	place.cores = cores;
	place.workers = place.sweep->workers;
	if (error == 0 && workers.count == 0)
		error = plan_stacks(planner, place);
	for (size_t i = 0; error == 0 && i < workers.count; i++) {
		place.workers = workers.items[i];
		error = plan_stacks(planner, place);
	}
	texts_clear(&workers);
	return error;
}

static int plan_cores(const struct planner *planner, const struct point *place, unsigned of_profile)
{
	const struct texts *cores = &planner->request->cores;
	unsigned all = all_cores(planner->request->machine);
	uint64_t count;
	int error = 0;

	if (cores->count == 0)
		return plan_workers(planner, *place, of_profile ? of_profile : all);
	for (size_t i = 0; error == 0 && i < cores->count; i++) {
		if (strcmp(cores->items[i], "all") == 0)
			count = all;
		else if (count_parse(cores->items[i], &count) < 0 || count < 1 || count > 100000)
			return fail(planner, "--cores=%.60s: it takes numbers from 1 on, or all%s", cores->items[i],
				    "");
		error = plan_workers(planner, *place, (unsigned)count);
	}
	return error;
}

/* The profile's limit, or the sweep's own where that is longer and half of the timeout is not shorter. Who sets
 * parameters wants to see them played: half of the timeout then. */
static uint64_t limit_of(const struct plan_request *request, const struct workload_spec *spec,
			 const struct sweep *sweep)
{
	uint64_t half = request->timeout_ns / 2;
	uint64_t own = sweep->limit_ns < half && !plan_request_sets(request, spec) ? sweep->limit_ns : half;

	return own > request->limit_ns ? own : request->limit_ns;
}

static int plan_sweep(const struct planner *planner, const struct workload_spec *spec, const struct sweep *sweep)
{
	struct axes axes = {.count = 0};
	struct point place = {
		.spec = spec, .axes = &axes, .sweep = sweep, .limit_ns = limit_of(planner->request, spec, sweep)};
	int error = plan_request_axes(planner->request, spec, sweep, &axes, planner->reason);

	place.of_those_who_can =
		!plan_request_chose(&planner->request->workloads, spec->name) || sweep->workers != NULL;
	if (error == 0)
		error = plan_cores(planner, &place, sweep->cores);
	axes_clear(&axes);
	return error;
}

/* Whether the sweep is played: its workload was asked for, or one that it stands beside. */
static bool is_played(const struct plan_request *request, const struct sweep *sweep)
{
	return plan_request_chose(&request->workloads, sweep->workload) ||
	       (sweep->beside && plan_request_chose(&request->workloads, sweep->beside));
}

/* A workload that the profile does not know is played once, as its defaults say, on one core. */
static int plan_workload(const struct planner *planner, const struct workload_spec *spec)
{
	static const struct sweep defaults = {.cores = 1};
	bool known = !plan_request_chose(&planner->request->workloads, spec->name);
	int error = 0;

	for (const struct sweep *sweep = planner->request->profile->sweeps; error == 0 && sweep->workload; sweep++)
		if (strcmp(sweep->workload, spec->name) == 0) {
			known = true;
			if (is_played(planner->request, sweep))
				error = plan_sweep(planner, spec, sweep);
		}
	return known ? error : plan_sweep(planner, spec, &defaults);
}

int plan_make(const struct plan_request *request, struct plan *plan, char reason[REASON_MAX])
{
	struct planner planner = {.request = request, .plan = plan, .reason = reason};
	int error;

	*plan = (struct plan){.cells = NULL};
	snprintf(reason, REASON_MAX, "there is not enough memory");
	error = plan_request_check(request, reason);
	for (int i = 0; error == 0 && workloads[i]; i++)
		error = plan_workload(&planner, workloads[i]);
	if (error < 0)
		plan_clear(plan);
	return error;
}

void plan_clear(struct plan *plan)
{
	for (size_t i = 0; i < plan->count; i++)
		cell_clear(&plan->cells[i]);
	for (size_t i = 0; i < plan->placements_count; i++) {
		placement_clear(plan->placements[i]);
		free(plan->placements[i]);
	}
	free(plan->cells);
	free(plan->placements);
	*plan = (struct plan){.cells = NULL};
}
