/* run_prepare.c: the first steps of a run: everything that can be wrong before the first cell is played. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "../gbench/gbench.h"
#include "calibration.h"
#include "cores.h"
#include "driver.h"
#include "run.h"

/* A short number, so that a person can type it again. */
static uint64_t random_seed(void)
{
	uint32_t seed;

	if (getrandom(&seed, sizeof seed, 0) != sizeof seed)
		seed = (uint32_t)time(NULL);
	return seed;
}

static int take_flags_of_benchmark(struct run *run)
{
	struct texts *flags = &run->options.benchmark;
	char **argv = calloc(flags->count + 2, sizeof *argv);
	int argc = (int)flags->count + 1, error = -ENOMEM;

	if (argv) {
		argv[0] = (char *)"simul run";
		for (size_t i = 0; i < flags->count; i++)
			argv[i + 1] = flags->items[i];
		error = gbench_initialize(&argc, argv);
	}
	free(argv);
	return error < 0 ? DRIVER_USAGE : 0;
}

/* What a continued run was asked for, and what was measured for it. */
static int recall(struct run *run)
{
	struct texts arguments = {.items = NULL};
	json_t *manifest = ledger_read_json(&run->ledger, "manifest.json"), *calibration;
	int error = manifest ? manifest_arguments(manifest, &arguments) : -EINVAL;

	if (error == 0)
		error = run_options_recall(&run->options, &arguments);
	if (error == 0) {
		run->options.seed = (uint64_t)json_integer_value(json_object_get(manifest, "seed"));
		run->options.seeded = true;
		calibration = json_object_get(manifest, "calibration");
		run->calibration = json_incref(calibration ? calibration : json_null());
		run->costs = json_deep_copy(json_object_get(manifest, "calibration_least"));
	} else if (manifest) {
		say("%s cannot be continued: its manifest is not whole", run->options.resume);
	}
	texts_clear(&arguments);
	json_decref(manifest);
	return error < 0 ? DRIVER_NOTHING_DONE : 0;
}

static int read_options(struct run *run, int argc, char **argv)
{
	if (run_options_parse(&run->options, argc, argv) < 0)
		return DRIVER_USAGE;
	if (cores_check(&run->options.scaling))
		return DRIVER_USAGE;
	if (run->options.resume) {
		if (ledger_open(&run->ledger, run->options.resume) < 0)
			return DRIVER_NOTHING_DONE;
		run->ledger_open = true;
		if (recall(run))
			return DRIVER_NOTHING_DONE;
	}
	if (run->options.map.wanted) {
		int status = map_prepare(run);

		if (status)
			return status;
	}
	if (!run->options.seeded)
		run->options.seed = random_seed();
	run->repetitions = run->options.repetitions ? run->options.repetitions : run->options.profile->repetitions;
	run->timeout_ns = run->options.timeout_ns ? run->options.timeout_ns : run->options.profile->timeout_ns;
	return take_flags_of_benchmark(run);
}

/* Whoever asks for no workload gets those of the profile. */
static int choose_workloads(struct run_options *options)
{
	if (options->workloads.count > 0 || !options->profile->workloads)
		return 0;
	return texts_split(&options->workloads, options->profile->workloads, ',');
}

static struct plan_request request_of(const struct run *run, const char *load)
{
	const struct run_options *options = &run->options;

	return (struct plan_request){
		.profile = options->profile,
		.workloads = options->workloads,
		.runtimes = options->runtimes,
		.peers = options->peers,
		.settings = options->settings,
		.cores = options->cores,
		.limit_ns = options->timeout_ns ? options->timeout_ns / 2 : options->profile->limit_ns,
		.timeout_ns = run->timeout_ns,
		.machine = &run->machine,
		.players = &run->players,
		.calibration = run->calibration,
		.load = load,
		.matches = gbench_matches,
	};
}

static int refuse(int error, const char *reason)
{
	say("%s", reason);
	return error == -EINVAL ? DRIVER_USAGE : DRIVER_NOTHING_DONE;
}

/* Names and settings, before anything that takes time. */
static int check_names(struct run *run)
{
	char reason[REASON_MAX] = "there is not enough memory";
	struct plan_request request;
	int error = choose_workloads(&run->options);

	if (error == 0) {
		request = request_of(run, NULL);
		error = plan_request_check(&request, reason);
	}
	return error == 0 ? 0 : refuse(error, reason);
}

static int meet_machine_and_players(struct run *run)
{
	char *libexec = home_path(SIMUL_LIBEXEC);
	int error = machine_open(&run->machine, &(struct machine_source){.synthetic = NULL});

	run->machine_open = error == 0;
	run->machine.allow_quota = run->options.allow_quota;
	if (error == 0)
		error = players_discover(&run->players, libexec, getenv("PATH"));
	free(libexec);
	return error == 0 ? 0 : error == -EINTR ? DRIVER_INTERRUPTED : DRIVER_NOTHING_DONE;
}

static int measure_costs(struct run *run)
{
	if (!run->calibration)
		run->calibration = calibration_measure(&run->machine);
	if (!run->costs)
		run->costs = json_deep_copy(run->calibration);
	return run->costs ? 0 : DRIVER_NOTHING_DONE;
}

static int check_continued(struct run *run)
{
	json_t *manifest = run->options.resume ? ledger_read_json(&run->ledger, "manifest.json") : NULL;
	int error = 0;

	if (manifest && (manifest_check_machine(manifest, &run->machine) < 0 ||
			 manifest_check_players(manifest, &run->players) < 0))
		error = DRIVER_NOTHING_DONE;
	json_decref(manifest);
	return error;
}

int run_make_plan(struct run *run)
{
	char *load = home_path(SIMUL_LIBEXEC "/load"), reason[REASON_MAX] = "there is not enough memory";
	struct plan_request request;
	int error, status = run->options.scaling.wanted ? cores_prepare(run) : 0;

	if (status) {
		free(load);
		return status;
	}
	request = request_of(run, load);
	error = plan_make(&request, &run->plan, reason);
	free(load);
	if (error == 0) {
		plan_take_costs(&run->plan, run->costs);
		if (run->options.scaling.wanted && !run->options.scaling.concurrency)
			cores_tell_missing(&run->plan);
		return 0;
	}
	return refuse(error, reason);
}

int run_prepare(struct run *run, int argc, char **argv)
{
	int status = read_options(run, argc, argv);

	if (!status)
		status = meet_machine_and_players(run);
	if (!status)
		status = check_continued(run);
	if (!status)
		status = check_names(run);
	if (!status)
		status = measure_costs(run);
	if (!status)
		status = run_make_plan(run);
	return status;
}
