/* predict.c: the verb `simul predict`. */
#include <errno.h>
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../runtimes/clock.h"
#include "../analysis/groups.h"
#include "../predict/check.h"
#include "../report/text.h"
#include "../workloads/parameters.h"
#include "command.h"
#include "driver.h"
#include "newest.h"
#include "verbs.h"

enum { CORES_MAX = 1024, TASKS_MAX = 10000000, PAIRS_MAX = 1000000 };

struct predict_options {
	struct texts bundles, runtimes, cores, tasks;
	uint64_t pairs, move_ns, reply_ns;
	bool json;
};

static int take_short_duration(const char *text, void *field, char reason[REASON_MAX])
{
	snprintf(reason, REASON_MAX, "it takes a duration such as 50us or 5ms");
	return duration_parse(text, field);
}

static const struct command_option predict_table[] = {
	{.name = "runtime",
	 .argument = "LIST",
	 .take = take_list,
	 .field = offsetof(struct predict_options, runtimes),
	 .help = "Only these runtimes (default: all whose costs the bundle has)"},
	{.name = "cores",
	 .argument = "LIST",
	 .take = take_list,
	 .field = offsetof(struct predict_options, cores),
	 .help = "Numbers of cores, up to 1024 (default: 1,2,64)"},
	{.name = "tasks",
	 .argument = "LIST",
	 .take = take_list,
	 .field = offsetof(struct predict_options, tasks),
	 .help = "Numbers of boards, up to 10000000 (default: 1000,100000)"},
	{.name = "pairs",
	 .argument = "N",
	 .take = take_positive,
	 .field = offsetof(struct predict_options, pairs),
	 .help = "Move pairs a game (default: 30)"},
	{.name = "move",
	 .argument = "DURATION",
	 .take = take_short_duration,
	 .field = offsetof(struct predict_options, move_ns),
	 .help = "The master's move, computed (default: 50us)"},
	{.name = "reply",
	 .argument = "DURATION",
	 .take = take_short_duration,
	 .field = offsetof(struct predict_options, reply_ns),
	 .help = "The opponent's reply, waited for (default: 550us)"},
	{.name = "json",
	 .take = take_flag,
	 .field = offsetof(struct predict_options, json),
	 .help = "Print JSON: the checks and the forecasts"},
	{.name = NULL},
};

static const struct command predict_command = {
	.name = "simul predict",
	.arguments = "[BUNDLE]",
	.help = "Says what chess would take on other numbers of cores and boards: a simulation of each model, event by "
		"event, fed with what sleeping, waking up, creating a task and its memory cost in a bundle. First it "
		"is "
		"held against the chess that the same bundle has measured. Without a BUNDLE: the newest one."
		"\v"
		"The bundle needs the primitives, and chess to be held against:\n"
		"  simul run --profile=costs --out=costs\n"
		"Then:\n"
		"  simul predict costs\n"
		"  simul predict costs --cores=64 --tasks=1000000 --runtime=coroutine\n"
		"  simul predict costs --move=1ms --reply=100ms --pairs=5\n"
		"\n"
		"Not in the simulation: contention that grows with the cores, caches, a scheduler's mistakes. What it "
		"says "
		"of more cores than were measured is what the model allows.",
	.options = predict_table,
	.field = offsetof(struct predict_options, bundles),
};

/* What is asked, understood. */
struct request {
	const struct predict_options *options;
	struct bundle bundle;
	struct groups groups;
	uint64_t *cores, *tasks; /* owned */
};

/* ---- The checks ---- */

static int by_error(const void *left, const void *right)
{
	double a = fabs(((const struct check *)left)->error), b = fabs(((const struct check *)right)->error);

	return (a < b) - (a > b);
}

/* The cells furthest off, and how many are near. */
static void print_checks(struct checks *checks, FILE *out)
{
	enum { SHOWN = 8 };
	const double near = 0.10;
	size_t within = 0;

	qsort(checks->check, checks->count, sizeof *checks->check, by_error);
	for (size_t i = 0; i < checks->count; i++)
		within += fabs(checks->check[i].error) <= near;
	fprintf(out,
		"Held against the chess of the same bundle, as multiples of the bound: %zu of %zu cells\n"
		"are within 10 %%, half within %.1f %%. The furthest off:\n\n"
		"  %-18s%7s%9s%11s%11s%9s\n",
		within, checks->count, 100 * fabs(checks->check[checks->count / 2].error), "", "cores", "boards",
		"measured", "forecast", "error");
	for (size_t i = 0; i < checks->count && i < SHOWN; i++) {
		const struct check *check = &checks->check[i];

		fprintf(out, "  %-18s%7u%9.0f%11.2f%11.2f%+8.1f%%\n", check->cell->runtime, check->cell->cores,
			cell_parameter(check->cell, "boards"), check->measured, check->forecast, 100 * check->error);
	}
	fputc('\n', out);
}

static json_t *check_json(const struct check *check)
{
	return json_pack("{s:s, s:i, s:f, s:f, s:f, s:f}", "runtime", check->cell->runtime, "cores",
			 (int)check->cell->cores, "boards", cell_parameter(check->cell, "boards"), "measured",
			 check->measured, "forecast", check->forecast, "error", check->error);
}

/* ---- The forecasts ---- */

static bool is_asked(const struct request *request, unsigned slot)
{
	const struct texts *runtimes = &request->options->runtimes;

	return runtimes->count == 0 || texts_have(runtimes, request->bundle.runtimes[slot]);
}

static const char *note_of(const struct costs *costs, const struct forecast *forecast, char text[80])
{
	char tasks[NUMBER_TEXT_MAX];

	if (forecast->breaks)
		snprintf(text, 80, "refused %s tasks", format_number(tasks, costs->limit));
	else
		snprintf(text, 80, "%s", forecast->beyond ? "beyond measured" : "");
	return text;
}

static void print_forecast(const struct request *request, const struct costs *costs, const struct forecast *forecast)
{
	char wall[NUMBER_TEXT_MAX], cpu[NUMBER_TEXT_MAX], bytes[NUMBER_TEXT_MAX], create[NUMBER_TEXT_MAX], note[80];

	if (forecast->breaks) {
		printf("  %-18s%10s%9s%10s%10s%10s  %s\n", request->bundle.runtimes[costs->slot], "-", "-", "-", "-",
		       "-", note_of(costs, forecast, note));
		return;
	}
	printf("  %-18s%10s%9.2f%10s%10s%10s  %s\n", request->bundle.runtimes[costs->slot],
	       format_time(wall, forecast->wall_ns), forecast->wall_ns / forecast->bound_ns,
	       format_time(cpu, forecast->cpu_ns),
	       isnan(forecast->create_ns) ? "-" : format_time(create, forecast->create_ns),
	       isnan(forecast->bytes) ? "-" : format_bytes(bytes, forecast->bytes), note_of(costs, forecast, note));
}

static json_t *forecast_json(const struct request *request, const struct costs *costs,
			     const struct exhibition *exhibition, const struct forecast *forecast)
{
	json_t *json =
		json_pack("{s:s, s:s, s:i, s:f, s:f, s:f, s:f, s:b}", "runtime", request->bundle.runtimes[costs->slot],
			  "model", model_text(model_of(&request->bundle, costs->slot)), "cores", (int)exhibition->cores,
			  "boards", exhibition->boards, "wall_ns", forecast->wall_ns, "bound_ns", forecast->bound_ns,
			  "cpu_ns", forecast->cpu_ns, "beyond_measured", forecast->beyond);

	if (!isnan(forecast->create_ns))
		json_object_set_new(json, "create_ns", json_real(forecast->create_ns));
	if (!isnan(forecast->bytes))
		json_object_set_new(json, "bytes", json_real(forecast->bytes));
	if (forecast->breaks)
		json_object_set_new(json, "ended",
				    json_pack("{s:f, s:s}", "tasks", costs->limit, "reason", costs->limit_reason));
	return json;
}

/* One number of cores and boards, all runtimes. list: for JSON; NULL: print. */
static int forecast_all(const struct request *request, const struct exhibition *exhibition, json_t *list)
{
	int error = 0;

	for (unsigned slot = 0; slot < request->bundle.runtime_count && !error; slot++) {
		struct forecast forecast;
		struct costs costs;

		if (!is_asked(request, slot))
			continue;
		error = costs_read(&request->bundle, slot, exhibition->cores, &costs);
		if (error == -ENODATA) {
			error = 0;
			continue;
		}
		if (!error)
			error = forecast_chess(&costs, exhibition, &forecast);
		if (!error && list)
			json_array_append_new(list, forecast_json(request, &costs, exhibition, &forecast));
		else if (!error)
			print_forecast(request, &costs, &forecast);
	}
	return error;
}

static void print_head(const struct exhibition *exhibition)
{
	char move[NUMBER_TEXT_MAX], reply[NUMBER_TEXT_MAX];

	printf("%u core%s, %.0f boards, %.0f pairs, a move %s, a reply %s\n\n  %-18s%10s%9s%10s%10s%10s\n",
	       exhibition->cores, exhibition->cores == 1 ? "" : "s", exhibition->boards, exhibition->pairs,
	       format_time(move, exhibition->move_ns), format_time(reply, exhibition->reply_ns), "", "wall", "x bound",
	       "CPU", "creation", "memory");
}

static int forecast_grid(const struct request *request, json_t *list)
{
	const struct predict_options *options = request->options;
	int error = 0;

	for (size_t c = 0; c < options->cores.count && !error; c++)
		for (size_t t = 0; t < options->tasks.count && !error; t++) {
			struct exhibition exhibition = {.boards = (double)request->tasks[t],
							.pairs = (double)options->pairs,
							.move_ns = (double)options->move_ns,
							.reply_ns = (double)options->reply_ns,
							.cores = (unsigned)request->cores[c]};

			if (!list)
				print_head(&exhibition);
			error = forecast_all(request, &exhibition, list);
			if (!list)
				putchar('\n');
		}
	return error;
}

/* ---- The verb ---- */

static int answer_text(const struct request *request, struct checks *checks)
{
	if (checks->count > 0)
		print_checks(checks, stdout);
	else
		puts("The bundle has no chess that the forecast could be held against.\n");
	return forecast_grid(request, NULL);
}

static int answer_json(const struct request *request, const struct checks *checks)
{
	json_t *list = json_array(), *checked = json_array();
	json_t *all = json_pack("{s:o, s:o}", "checks", checked, "forecasts", list);
	int error = all ? 0 : -ENOMEM;

	for (size_t i = 0; i < checks->count && !error; i++)
		error = json_array_append_new(checked, check_json(&checks->check[i])) < 0 ? -ENOMEM : 0;
	if (!error)
		error = forecast_grid(request, list);
	if (!error && json_dumpf(all, stdout, JSON_INDENT(1) | JSON_REAL_PRECISION(6)) == 0)
		putchar('\n');
	json_decref(all);
	return error;
}

static bool has_costs(const struct request *request)
{
	struct costs costs;

	for (unsigned slot = 0; slot < request->bundle.runtime_count; slot++)
		if (is_asked(request, slot) && costs_read(&request->bundle, slot, 1, &costs) == 0)
			return true;
	return false;
}

static int answer(struct request *request)
{
	struct checks checks;
	int error;

	if (!has_costs(request)) {
		say("this bundle has no costs to predict from: it needs idle with several sleeps a task; make one by "
		    "simul run "
		    "--workload=chess,idle,switch");
		return DRIVER_NOTHING_DONE;
	}
	error = checks_make(&request->bundle, &request->groups, &checks);
	if (!error)
		error = request->options->json ? answer_json(request, &checks) : answer_text(request, &checks);
	checks_clear(&checks);
	if (error < 0)
		say("there can be no forecast: %s", strerror(-error));
	return error < 0 ? DRIVER_NOTHING_DONE : DRIVER_OK;
}

static int read_numbers(const struct texts *texts, const char *option, uint64_t most, uint64_t **numbers)
{
	*numbers = calloc(texts->count + 1, sizeof **numbers);
	for (size_t i = 0; *numbers && i < texts->count; i++)
		if (count_parse(texts->items[i], &(*numbers)[i]) < 0 || (*numbers)[i] < 1 || (*numbers)[i] > most) {
			say("--%s: '%s' is no whole number from 1 to %llu", option, texts->items[i],
			    (unsigned long long)most);
			return -EINVAL;
		}
	return *numbers ? 0 : -ENOMEM;
}

static int check_runtimes(const struct request *request)
{
	const struct texts *runtimes = &request->options->runtimes;

	for (size_t i = 0; i < runtimes->count; i++) {
		bool known = false;

		for (unsigned slot = 0; slot < request->bundle.runtime_count; slot++)
			known = known || strcmp(request->bundle.runtimes[slot], runtimes->items[i]) == 0;
		if (!known) {
			say("--runtime: the bundle has no runtime '%s'", runtimes->items[i]);
			return -EINVAL;
		}
	}
	return 0;
}

static int open_and_answer(struct request *request)
{
	int status = DRIVER_USAGE;

	if (read_numbers(&request->options->cores, "cores", CORES_MAX, &request->cores) < 0 ||
	    read_numbers(&request->options->tasks, "tasks", TASKS_MAX, &request->tasks) < 0)
		return DRIVER_USAGE;
	if (bundle_open(request->options->bundles.items[0], &request->bundle) < 0)
		return DRIVER_NOTHING_DONE;
	if (check_runtimes(request) == 0) {
		status = DRIVER_NOTHING_DONE;
		if (groups_make(&request->bundle, &request->groups) == 0) {
			status = answer(request);
			groups_clear(&request->groups);
		}
	}
	bundle_close(&request->bundle);
	return status;
}

static int fill_in(struct predict_options *options)
{
	if (options->bundles.count > 1) {
		say("simul predict takes one bundle; see --help");
		return -EINVAL;
	}
	if (options->cores.count == 0 && texts_split(&options->cores, "1,2,64", ',') < 0)
		return -ENOMEM;
	if (options->tasks.count == 0 && texts_split(&options->tasks, "1000,100000", ',') < 0)
		return -ENOMEM;
	return 0;
}

static int read_and_answer(struct request *request, struct predict_options *options)
{
	if (fill_in(options) < 0)
		return DRIVER_USAGE;
	if (options->bundles.count == 0 && newest_bundle_add(&options->bundles) < 0)
		return DRIVER_NOTHING_DONE;
	return open_and_answer(request);
}

int predict_main(int argc, char **argv)
{
	struct predict_options options = {.pairs = 30, .move_ns = 50 * NS_PER_US, .reply_ns = 550 * NS_PER_US};
	struct request request = {.options = &options};
	int status = DRIVER_USAGE;

	if (command_parse(&predict_command, argc, argv, &options, NULL) == 0)
		status = read_and_answer(&request, &options);
	free(request.cores);
	free(request.tasks);
	texts_clear(&options.bundles);
	texts_clear(&options.runtimes);
	texts_clear(&options.cores);
	texts_clear(&options.tasks);
	return status;
}
