/* advise.c: the verb `simul advise`. */
#include <errno.h>
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../runtimes/clock.h"
#include "../predict/advice.h"
#include "../predict/check.h"
#include "../report/left_out.h"
#include "../report/report.h"
#include "../report/text.h"
#include "../workloads/parameters.h"
#include "command.h"
#include "driver.h"
#include "newest.h"
#include "verbs.h"

/* Forecasts that are nearer to each other than they are to measurements show no difference. */
static const double margin = 0.05;

struct advise_options {
	struct texts bundles;
	uint64_t tasks, rounds, compute_ns, wait_ns, cores, memory;
	bool json;
};

static int take_tasks(const char *text, void *field, char reason[REASON_MAX])
{
	uint64_t *count = field;

	snprintf(reason, REASON_MAX, "it takes a whole number from 1 to 10000000");
	return count_parse(text, count) < 0 || *count < 1 || *count > 10000000 ? -EINVAL : 0;
}

static int take_span(const char *text, void *field, char reason[REASON_MAX])
{
	uint64_t *ns = field;

	snprintf(reason, REASON_MAX, "it takes a duration up to 10s, such as 200us or 50ms");
	return duration_parse(text, ns) < 0 || *ns > 10 * NS_PER_S ? -EINVAL : 0;
}

static int take_bytes(const char *text, void *field, char reason[REASON_MAX])
{
	snprintf(reason, REASON_MAX, "it takes a size such as 256M (MiB) or 4G (GiB)");
	return size_parse(text, field);
}

static const struct command_option advise_table[] = {
	{.name = "tasks",
	 .argument = "N",
	 .take = take_tasks,
	 .field = offsetof(struct advise_options, tasks),
	 .help = "Tasks under way at the same time (default: 1000)"},
	{.name = "compute",
	 .argument = "DURATION",
	 .take = take_span,
	 .field = offsetof(struct advise_options, compute_ns),
	 .help = "What each computes before it waits (default: 50us)"},
	{.name = "wait",
	 .argument = "DURATION",
	 .take = take_span,
	 .field = offsetof(struct advise_options, wait_ns),
	 .help = "How long it then waits (default: 550us)"},
	{.name = "rounds",
	 .argument = "N",
	 .take = take_positive,
	 .field = offsetof(struct advise_options, rounds),
	 .help = "How often each does both (default: 10)"},
	{.name = "cores",
	 .argument = "N",
	 .take = take_positive,
	 .field = offsetof(struct advise_options, cores),
	 .help = "Cores to use (default: 1)"},
	{.name = "memory",
	 .argument = "SIZE",
	 .take = take_bytes,
	 .field = offsetof(struct advise_options, memory),
	 .help = "What all tasks together may take (default: no limit)"},
	{.name = "json", .take = take_flag, .field = offsetof(struct advise_options, json), .help = "Print JSON"},
	{.name = NULL},
};

static const struct command advise_command = {
	.name = "simul advise",
	.arguments = "[BUNDLE]",
	.help = "Ranks the models for tasks that compute and wait in turn: the time expected of each, its memory, and "
		"what "
		"it cannot do. It is forecast from what the primitives cost in a bundle, as by simul predict; the "
		"cells that "
		"it follows from are named; where the bundle has a decision map (simul map), the measured place "
		"nearest to it "
		"too. Of a bundle with a map alone, only that. Without a BUNDLE: the newest one."
		"\v"
		"The bundle needs the primitives, and chess to be held against:\n"
		"  simul run --profile=costs --out=costs\n"
		"Then:\n"
		"  simul advise costs --tasks=5000 --compute=200us --wait=50ms --cores=2\n"
		"  simul advise costs --tasks=100000 --compute=5us --wait=1s --memory=256MiB",
	.options = advise_table,
	.field = offsetof(struct advise_options, bundles),
};

struct request {
	const struct advise_options *options;
	struct bundle bundle;
	struct exhibition work;
	struct advice advice;
};

/* ---- As text ---- */

static void print_work(const struct request *request)
{
	char compute[NUMBER_TEXT_MAX], wait[NUMBER_TEXT_MAX], bytes[NUMBER_TEXT_MAX];
	const struct exhibition *work = &request->work;

	printf("%.0f tasks, %.0f times each: compute %s, wait %s; %u core%s%s%s\n\n", work->boards, work->pairs,
	       format_time(compute, work->move_ns), format_time(wait, work->reply_ns), work->cores,
	       work->cores == 1 ? "" : "s", request->options->memory ? ", memory " : "",
	       request->options->memory ? format_bytes(bytes, (double)request->options->memory) : "");
	printf("  %4s  %-18s%10s%9s%10s%10s%10s\n", "", "", "in all", "x bound", "creation", "CPU", "memory");
}

static const char *time_or_dash(char text[NUMBER_TEXT_MAX], double ns)
{
	return isnan(ns) ? "-" : format_time(text, ns);
}

static void print_candidate(const struct request *request, const struct candidate *candidate)
{
	const struct forecast *forecast = &candidate->forecast;
	char total[NUMBER_TEXT_MAX], create[NUMBER_TEXT_MAX], cpu[NUMBER_TEXT_MAX], bytes[NUMBER_TEXT_MAX],
		rank[16] = "=";

	if (!candidate->tied)
		snprintf(rank, sizeof rank, "%u.", candidate->rank);
	printf("  %4s  %-18s%10s%9.2f%10s%10s%10s%s\n", rank, request->bundle.runtimes[candidate->costs.slot],
	       format_time(total, candidate->total_ns), candidate->total_ns / forecast->bound_ns,
	       time_or_dash(create, forecast->create_ns), format_time(cpu, forecast->cpu_ns),
	       isnan(forecast->bytes) ? "-" : format_bytes(bytes, forecast->bytes), forecast->beyond ? " *" : "");
}

static void print_unfit(const struct request *request, const struct candidate *candidate)
{
	char bytes[NUMBER_TEXT_MAX];

	if (candidate->verdict == VERDICT_MEMORY)
		printf("  %-18s takes %s\n", request->bundle.runtimes[candidate->costs.slot],
		       format_bytes(bytes, candidate->forecast.bytes));
	else
		printf("  %-18s refused %.0f tasks: %s\n", request->bundle.runtimes[candidate->costs.slot],
		       candidate->costs.limit, candidate->costs.limit_reason);
}

static void print_origin(const struct request *request)
{
	const struct cost_point *point;

	puts("\nFrom these cells, what a sleep costs with about so many tasks:");
	for (size_t i = 0; i < request->advice.count; i++) {
		point = cost_near(&request->advice.candidate[i].costs.sleep_ns, request->work.boards);
		printf("  %s\n", point->cell->name);
	}
}

/* How far such forecasts were from the chess of the same bundle. */
static void print_trust(const struct request *request)
{
	struct checks checks;

	if (checks_make(&request->bundle, &checks) < 0)
		return;
	if (checks.count > 0)
		printf("\nHeld against %zu cells of chess in that bundle, such forecasts are off by %.1f %% in the "
		       "middle,\nby %.0f %% in nine of ten.\n",
		       checks.count, 100 * checks_error(&checks, 0.5), 100 * checks_error(&checks, 0.9));
	checks_clear(&checks);
}

static void print_advice(const struct request *request)
{
	const struct advice *advice = &request->advice;
	bool beyond = false;

	print_work(request);
	for (size_t i = 0; i < advice->fitting; i++) {
		print_candidate(request, &advice->candidate[i]);
		beyond = beyond || advice->candidate[i].forecast.beyond;
	}
	printf("\n=  within %.0f %% of the one above it in rank: no difference shown.\n", 100 * advice->margin);
	if (beyond)
		puts("*  costs were measured with fewer or more tasks.");
	if (advice->fitting < advice->count)
		puts("\nNot fit for this:");
	for (size_t i = advice->fitting; i < advice->count; i++)
		print_unfit(request, &advice->candidate[i]);
	print_origin(request);
	print_trust(request);
}

/* ---- As JSON ---- */

static json_t *candidate_json(const struct request *request, const struct candidate *candidate)
{
	static const char *const verdicts[] = {
		[VERDICT_FITS] = "fits", [VERDICT_MEMORY] = "memory", [VERDICT_REFUSED] = "refused"};
	const struct cost_point *point = cost_near(&candidate->costs.sleep_ns, request->work.boards);
	json_t *json = json_pack(
		"{s:s, s:s, s:s, s:f, s:f, s:f, s:s}", "runtime", request->bundle.runtimes[candidate->costs.slot],
		"model", model_text(model_of(&request->bundle, candidate->costs.slot)), "verdict",
		verdicts[candidate->verdict], "total_ns", candidate->total_ns, "bound_ns", candidate->forecast.bound_ns,
		"cpu_ns", candidate->forecast.cpu_ns, "from", point->cell->name);

	if (candidate->rank > 0)
		json_object_set_new(json, "rank", json_integer(candidate->rank));
	if (!isnan(candidate->forecast.bytes))
		json_object_set_new(json, "bytes", json_real(candidate->forecast.bytes));
	if (candidate->verdict == VERDICT_REFUSED)
		json_object_set_new(json, "reason", json_string(candidate->costs.limit_reason));
	return json;
}

/* ---- The verb ---- */

/* What a map of the bundle has measured there. Returns as report_map_near(). */
static int near(const struct request *request, json_t **json)
{
	const struct exhibition *work = &request->work;

	return report_map_near(request->options->bundles.items[0], work->boards,
			       work->reply_ns / (work->move_ns + work->reply_ns), work->cores, stdout, json);
}

/* "forecast": a list, none without costs; "measured": where there is a map. */
static bool print_json(const struct request *request)
{
	json_t *list = json_array(), *measured = NULL, *json = json_pack("{s:o}", "forecast", list);

	for (size_t i = 0; i < request->advice.count; i++)
		json_array_append_new(list, candidate_json(request, &request->advice.candidate[i]));
	if (near(request, &measured) > 0)
		json_object_set_new(json, "measured", measured);
	if (request->advice.count > 0 || measured) {
		json_dumpf(json, stdout, JSON_INDENT(1) | JSON_REAL_PRECISION(6));
		putchar('\n');
	}
	json_decref(json);
	return request->advice.count > 0 || measured;
}

static bool print_text(const struct request *request)
{
	int measured;

	if (request->advice.count > 0)
		print_advice(request);
	measured = near(request, NULL);
	if (measured < 0)
		say("the map of that bundle cannot be read");
	return request->advice.count > 0 || measured > 0;
}

static int answer(struct request *request)
{
	double memory = request->options->memory ? (double)request->options->memory : INFINITY;
	int error = advice_make(&request->bundle, &request->work, memory, margin, &request->advice);
	bool said;

	if (error < 0 && error != -ENODATA) {
		say("there can be no advice: %s", strerror(-error));
		return DRIVER_NOTHING_DONE;
	}
	said = request->options->json ? print_json(request) : print_text(request);
	if (error == 0)
		advice_clear(&request->advice);
	if (!said)
		say("this bundle has no costs to advise from; simul run --profile=costs makes one that has");
	return said ? DRIVER_OK : DRIVER_NOTHING_DONE;
}

static int open_and_answer(struct advise_options *options)
{
	struct request request = {.options = options,
				  .work = {.boards = (double)options->tasks,
					   .pairs = (double)options->rounds,
					   .move_ns = (double)options->compute_ns,
					   .reply_ns = (double)options->wait_ns,
					   .cores = (unsigned)options->cores}};
	int status;

	if (options->bundles.count > 1 || options->compute_ns + options->wait_ns == 0) {
		say("%s", options->bundles.count > 1 ? "simul advise takes one bundle; see --help"
						     : "--compute and --wait cannot both be 0");
		return DRIVER_USAGE;
	}
	if (options->bundles.count == 0 && newest_bundle_add(&options->bundles) < 0)
		return DRIVER_NOTHING_DONE;
	if (bundle_open(options->bundles.items[0], &request.bundle) < 0)
		return DRIVER_NOTHING_DONE;
	left_out_print(&request.bundle, "simul: ", stderr);
	status = answer(&request);
	bundle_close(&request.bundle);
	return status;
}

int advise_main(int argc, char **argv)
{
	struct advise_options options = {
		.tasks = 1000, .rounds = 10, .compute_ns = 50 * NS_PER_US, .wait_ns = 550 * NS_PER_US, .cores = 1};
	int status = DRIVER_USAGE;

	if (command_parse(&advise_command, argc, argv, &options, NULL) == 0)
		status = open_and_answer(&options);
	texts_clear(&options.bundles);
	return status;
}
