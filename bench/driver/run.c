/* run.c: the verb `simul run`: its story, the bundle, and what Google Benchmark asks for. */
#include "run.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../gbench/gbench.h"
#include "calibration.h"
#include "driver.h"
#include "progress.h"
#include "run_archive.h"
#include "verbs.h"

/* Google Benchmark's side of a cell: it asks for one repetition after another. */
struct asker {
	struct run *run;
	size_t cell; /* of the schedule */
	unsigned asked;
};

static const struct cell *cell_at(const struct run *run, size_t index)
{
	return &run->plan.cells[run->playable[index]];
}

/* ---- The bundle ---- */

static int write_manifest(struct run *run)
{
	struct manifest_source source = {
		.options = &run->options,
		.machine = &run->machine,
		.players = &run->players,
		.plan = &run->plan,
		.calibration = run->calibration,
		.costs = run->costs,
		.repetitions = run->repetitions,
		.timeout_ns = run->timeout_ns,
	};
	json_t *manifest = manifest_make(&source);
	char *topology = ledger_file(&run->ledger, "topology.xml");
	int error = manifest && topology ? ledger_write_json(&run->ledger, "manifest.json", manifest) : -ENOMEM;

	if (error == 0) {
		error = machine_export(&run->machine, topology);
		if (error < 0)
			say("%s cannot be written: %s", topology, strerror(-error));
	}
	json_decref(manifest);
	free(topology);
	return error;
}

static int check_plan(struct run *run)
{
	json_t *manifest = ledger_read_json(&run->ledger, "manifest.json");
	int error = manifest ? manifest_check_plan(manifest, &run->plan) : -EINVAL;

	json_decref(manifest);
	return error;
}

static int recall_line(void *context, const json_t *line)
{
	struct run *run = context;
	const char *name = json_string_value(json_object_get(line, "cell"));
	json_int_t repetition = json_integer_value(json_object_get(line, "repetition"));
	json_int_t sequence = json_integer_value(json_object_get(line, "sequence"));

	if (sequence >= 0 && (size_t)sequence >= run->table.sequence)
		run->table.sequence = (size_t)sequence + 1;
	for (size_t i = 0; name && i < run->schedule.cells; i++)
		if (strcmp(cell_at(run, i)->name, name) == 0 && repetition >= 0 &&
		    (uint64_t)repetition < run->repetitions)
			trial_recall(line, schedule_trial(&run->schedule, i, (unsigned)repetition));
	return 0;
}

/* Whether the other cell is the same but for fewer tasks a core. */
static bool is_below(const struct cell *other, const struct cell *cell)
{
	return other->rung && other->rung->law == SCALING_CONCURRENCY && other->player == cell->player &&
	       other->spec == cell->spec && other->placement == cell->placement &&
	       other->rung->tasks_per_core < cell->rung->tasks_per_core;
}

/* Where a runtime has broken there is nothing to be learnt from more tasks. */
static bool broke_below(struct run *run, size_t index, char reason[REASON_MAX])
{
	const struct cell *cell = cell_at(run, index);

	if (!cell->rung || cell->rung->law != SCALING_CONCURRENCY)
		return false;
	for (size_t i = 0; i < run->schedule.cells; i++) {
		const struct cell *other = cell_at(run, i);

		if (!is_below(other, cell) || !schedule_gave_up(&run->schedule, i))
			continue;
		snprintf(reason, REASON_MAX, "not tried: it broke at %llu a core",
			 (unsigned long long)other->rung->tasks_per_core);
		return true;
	}
	return false;
}

/* Its own, where that was measured. */
static uint64_t bound_of(const struct trial *trial, const struct cell *cell)
{
	return trial->bound_ns > 0 ? trial->bound_ns : cell->bound_ns;
}

static void play(void *context, size_t index, unsigned repetition, struct trial *trial)
{
	struct run *run = context;
	const struct cell *cell = cell_at(run, index);
	char reason[REASON_MAX];

	if (stop_requested) {
		*trial = (struct trial){.status = TRIAL_STOPPED, .reason = "interrupted"};
		return;
	}
	if (broke_below(run, index, reason)) {
		trial_refuse(&run->table, cell, repetition, reason, trial);
		progress_skipped(cell->expectation.estimate_ns);
		return;
	}
	progress_playing(cell->name, cell->expectation.estimate_ns);
	trial_play(&run->table, cell, repetition, trial);
	progress_played(cell->name, trial->wall_ns, bound_of(trial, cell), trial->plays,
			trial->status == TRIAL_OK ? NULL : trial->reason);
}

/* A manifest that cannot be written has been told of; the next record will most likely meet the same and end the run.
 */
static void lower_bounds(void *context, const struct cell *cell, const json_t *moments)
{
	struct run *run = context;
	json_t *manifest;

	if (calibration_take_least(moments, cell->spec, run->costs) <= 0)
		return;
	plan_take_costs(&run->plan, run->costs);
	manifest = ledger_read_json(&run->ledger, "manifest.json");
	if (manifest && manifest_take_costs(manifest, run->costs, &run->plan) == 0)
		ledger_write_json(&run->ledger, "manifest.json", manifest);
	json_decref(manifest);
}

/* Tasks a core; 0 for cells that are of no sweep over them. */
static uint64_t height(const struct run *run, const struct turn *turn)
{
	const struct rung *rung = cell_at(run, turn->cell)->rung;

	return rung ? rung->tasks_per_core : 0;
}

/* The first round of a sweep over tasks goes from few to many, in the order of the shuffle where they are as many, so
 * that nothing is tried beyond where a runtime breaks: there the whole machine may suffer. */
static void climb(struct run *run)
{
	struct turn *turns = run->schedule.turns;

	for (size_t i = 1; i < run->schedule.cells; i++)
		for (size_t j = i; j > 0 && height(run, &turns[j - 1]) > height(run, &turns[j]); j--) {
			struct turn turn = turns[j];

			turns[j] = turns[j - 1];
			turns[j - 1] = turn;
		}
}

static int make_schedule(struct run *run)
{
	size_t count = 0;
	int error;

	free(run->playable);
	run->playable = calloc(run->plan.count + 1, sizeof *run->playable);
	run->table = (struct trial_table){
		.machine = &run->machine,
		.ledger = &run->ledger,
		.timeout_ns = run->timeout_ns,
		.lower = lower_bounds,
		.context = run,
	};
	if (!run->playable)
		return -ENOMEM;
	for (size_t i = 0; i < run->plan.count; i++)
		if (!run->plan.cells[i].refused[0])
			run->playable[count++] = i;
	error = schedule_init(&run->schedule, run->options.seed, count, (unsigned)run->repetitions, play, run);
	if (error == 0)
		climb(run);
	return error;
}

int run_open(struct run *run)
{
	int error = make_schedule(run);

	/* Before there is a bundle, which would be left without records. */
	if (error == 0)
		error = gbench_check_output(run->options.resume ? NULL : run->options.out);
	if (error == 0 && run->options.resume) {
		error = check_plan(run);
		if (error == 0)
			error = ledger_each(&run->ledger, recall_line, run);
		return error < 0 ? DRIVER_NOTHING_DONE : 0;
	}
	if (error == 0 && run->options.out && strcmp(run->options.out, "-") == 0) {
		int status = run_archive_begin(run);

		if (status)
			return status;
	}
	if (error == 0)
		error = ledger_create(&run->ledger, run->options.out);
	run->ledger_open = error == 0;
	if (error == 0)
		error = write_manifest(run);
	return error < 0 ? DRIVER_NOTHING_DONE : 0;
}

/* What is still to be played, and about how long it takes. */
static void begin_progress(const struct run *run)
{
	uint64_t estimate_ns = 0;
	size_t count = 0;

	for (size_t i = 0; i < run->schedule.cells; i++)
		for (unsigned repetition = 0; repetition < run->repetitions; repetition++)
			if (schedule_trial(&run->schedule, i, repetition)->status == TRIAL_NONE) {
				estimate_ns += cell_at(run, i)->expectation.estimate_ns;
				count++;
			}
	progress_begin(count, estimate_ns);
}

/* The manifest first: a record of a cell that it has not would be lost. */
static int keep_plan(struct run *run)
{
	json_t *manifest = ledger_read_json(&run->ledger, "manifest.json");
	int error = manifest ? manifest_take_plan(manifest, &run->options, &run->plan) : -EIO;

	if (error == 0)
		error = ledger_write_json(&run->ledger, "manifest.json", manifest);
	json_decref(manifest);
	return error;
}

int run_replan(struct run *run)
{
	int error;

	schedule_clear(&run->schedule);
	plan_clear(&run->plan);
	if (map_prepare(run) || run_make_plan(run))
		return -EINVAL;
	error = make_schedule(run);
	if (error == 0)
		error = ledger_each(&run->ledger, recall_line, run);
	if (error == 0)
		error = keep_plan(run);
	if (error == 0)
		begin_progress(run);
	return error;
}

/* ---- Google Benchmark ---- */

static void report_trial(struct gbench_state *state, const struct trial *trial, uint64_t bound_ns)
{
	while (gbench_next(state))
		gbench_set_time(state, (double)trial->wall_ns / 1e9);
	if (bound_ns > 0) {
		gbench_counter(state, "sim_bound_ms", (double)bound_ns / 1e6);
		gbench_counter(state, "sim_ratio_to_bound", (double)trial->wall_ns / (double)bound_ns);
	}
	for (size_t i = 0; i < trial->figures.count; i++)
		gbench_counter(state, trial->figures.items[i].name, trial->figures.items[i].value);
}

/* Called by Google Benchmark once for each repetition, in its order; the schedule plays in ours. */
static void answer(struct gbench_state *state, void *argument)
{
	struct asker *asker = argument;
	unsigned repetition = asker->asked++;
	const struct trial *trial;

	if (repetition >= asker->run->schedule.repetitions) {
		gbench_skip(state, "there is no such repetition");
		return;
	}
	trial = schedule_result(&asker->run->schedule, asker->cell, repetition);
	if (trial->status == TRIAL_OK)
		report_trial(state, trial, bound_of(trial, cell_at(asker->run, asker->cell)));
	else if (trial->status == TRIAL_NONE)
		gbench_skip(state, asker->run->schedule.stopped ? "the run was stopped before it" : "given up");
	else
		gbench_skip(state, trial->reason);
}

static enum gbench_unit unit_for(uint64_t ns)
{
	return ns < 1000000 ? GBENCH_US : ns < UINT64_C(10000000000) ? GBENCH_MS : GBENCH_S;
}

static int register_cells(struct run *run)
{
	int error = 0;

	run->askers = calloc(run->schedule.cells + 1, sizeof *run->askers);
	if (!run->askers)
		return -ENOMEM;
	for (size_t i = 0; error == 0 && i < run->schedule.cells; i++) {
		struct gbench_options options = {
			.iterations = 1,
			.repetitions = (int)run->repetitions,
			.manual_time = 1,
			.unit = unit_for(cell_at(run, i)->expectation.estimate_ns),
		};

		run->askers[i] = (struct asker){.run = run, .cell = i};
		error = gbench_register(cell_at(run, i)->name, answer, &run->askers[i], &options);
	}
	return error;
}

static void add_context(const struct run *run)
{
	char seed[24];

	snprintf(seed, sizeof seed, "%llu", (unsigned long long)run->options.seed);
	gbench_context("sim_version", SIMUL_VERSION);
	gbench_context("sim_profile", run->options.profile->name);
	gbench_context("sim_seed", seed);
	gbench_context("sim_machine", run->machine.identity);
	if (run->ledger_open && !run_archived(run))
		gbench_context("sim_bundle", run->ledger.path);
}

static int run_benchmarks(struct run *run, const char *json_path)
{
	struct gbench_run_options options = {.quiet = !run->options.wants_benchmark_output,
					     .json_path = json_path,
					     .hide_host = run->options.no_host_name};
	struct gbench_summary summary;
	int error = register_cells(run);

	if (error == 0) {
		add_context(run);
		error = gbench_run(&options, &summary);
	}
	/* Without its JSON a run is still whole: the records are what counts. */
	run->benchmark_lost = error == -EIO;
	if (run->benchmark_lost)
		return 0;
	if (error < 0)
		say("Google Benchmark could not run: %s", strerror(-error));
	return error;
}

int run_perform(struct run *run)
{
	char *json_path = ledger_file(&run->ledger, "benchmark.json");
	int error;

	say("seed %llu, profile %s, %llu repetition%s, into %s", (unsigned long long)run->options.seed,
	    run->options.profile->name, (unsigned long long)run->repetitions, run->repetitions == 1 ? "" : "s",
	    run_archived(run) ? "an archive on standard output" : run->ledger.path);
	begin_progress(run);
	error = run->options.map.wanted ? map_explore(run) : 0;
	if (error == 0)
		error = run_benchmarks(run, json_path);
	if (error == 0)
		schedule_finish(&run->schedule);
	progress_clear();
	free(json_path);
	return error < 0 ? DRIVER_NOTHING_DONE : 0;
}

int run_list_cells(struct run *run)
{
	int error = make_schedule(run);

	if (error == 0)
		error = run_benchmarks(run, NULL);
	return error < 0 ? DRIVER_NOTHING_DONE : 0;
}

/* ---- The story ---- */

void run_clear(struct run *run)
{
	schedule_clear(&run->schedule);
	free(run->askers);
	free(run->playable);
	plan_clear(&run->plan);
	scaling_clear(&run->scaling);
	map_plan_clear(&run->map);
	json_decref(run->calibration);
	json_decref(run->costs);
	players_clear(&run->players);
	if (run->ledger_open)
		ledger_close(&run->ledger);
	if (run->machine_open)
		machine_close(&run->machine);
	run_options_clear(&run->options);
}

int run_main(int argc, char **argv)
{
	struct run run = {.machine_open = false};
	int status;

	stop_watch();
	status = run_prepare(&run, argc, argv);
	if (!status && run.plan.playable == 0)
		status = run_explain_nothing(&run);
	else if (!status && gbench_lists_only())
		status = run_list_cells(&run);
	else if (!status) {
		status = run_open(&run);
		if (!status)
			status = run_perform(&run);
		if (!status)
			status = run_conclude(&run);
		status = run_archive_end(&run, status);
	}
	run_clear(&run);
	return status;
}
