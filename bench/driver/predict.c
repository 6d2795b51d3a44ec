/* predict.c: the verb `simul predict`. */
#include <errno.h>
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../runtimes/clock.h"
#include "../predict/check.h"
#include "../report/left_out.h"
#include "../workloads/parameters.h"
#include "command.h"
#include "driver.h"
#include "newest.h"
#include "predict.h"
#include "verbs.h"

enum { CORES_MAX = 1024, TASKS_MAX = 10000000, CHECKS_SHOWN = 8 };

static int take_workload(const char *text, void *field, char reason[REASON_MAX])
{
	snprintf(reason, REASON_MAX, "it takes chess or echo");
	if (strcmp(text, "chess") != 0 && strcmp(text, "echo") != 0)
		return -EINVAL;
	*(bool *)field = strcmp(text, "echo") == 0;
	return 0;
}

static int take_size(const char *text, void *field, char reason[REASON_MAX])
{
	snprintf(reason, REASON_MAX, "it takes a size such as 64B or 16KiB");
	return size_parse(text, field);
}

static int take_short_duration(const char *text, void *field, char reason[REASON_MAX])
{
	snprintf(reason, REASON_MAX, "it takes a duration such as 50us or 5ms");
	return duration_parse(text, field);
}

static const struct command_option predict_table[] = {
	{.name = "workload",
	 .argument = "NAME",
	 .take = take_workload,
	 .field = offsetof(struct predict_options, echo),
	 .help = "chess or echo (default: chess)"},
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
	 .help = "Numbers of boards or connections, up to 10000000 (default: 1000,100000)"},
	{.name = "pairs",
	 .argument = "N",
	 .take = take_positive,
	 .field = offsetof(struct predict_options, pairs),
	 .help = "Chess: move pairs a game (default: 30)"},
	{.name = "move",
	 .argument = "DURATION",
	 .take = take_short_duration,
	 .field = offsetof(struct predict_options, move_ns),
	 .help = "Chess: the master's move, computed (default: 50us)"},
	{.name = "reply",
	 .argument = "DURATION",
	 .take = take_short_duration,
	 .field = offsetof(struct predict_options, reply_ns),
	 .help = "Chess: the opponent's reply, waited for (default: 550us)"},
	{.name = "messages",
	 .argument = "N",
	 .take = take_positive,
	 .field = offsetof(struct predict_options, messages),
	 .help = "Echo: messages a connection, one after another (default: 20)"},
	{.name = "size",
	 .argument = "SIZE",
	 .take = take_size,
	 .field = offsetof(struct predict_options, size),
	 .help = "Echo: bytes a message (default: 64B)"},
	{.name = "load-cores",
	 .argument = "N",
	 .take = take_positive,
	 .field = offsetof(struct predict_options, load_cores),
	 .help = "Echo: cores of the load, which are none of the server's (default: as many as the server's)"},
	{.name = "json",
	 .take = take_flag,
	 .field = offsetof(struct predict_options, json),
	 .help = "Print JSON: the checks and the forecasts"},
	{.name = "plot",
	 .argument = "DIR",
	 .take = take_text,
	 .field = offsetof(struct predict_options, plot),
	 .help = "Draw it too, beside what was measured, a panel for each of up to 6 numbers of cores: forecast.svg, "
		 "forecast.png (forecast-echo) and their data in that folder"},
	{.name = NULL},
};

static const struct command predict_command = {
	.name = "simul predict",
	.arguments = "[BUNDLE]",
	.help = "Says what chess or echo would take on other numbers of cores and tasks: a simulation of each model, "
		"event by event, fed with what is measured in a bundle: for chess what sleeping, waking up, creating a "
		"task and its memory cost; for echo what a message costs server and load. First it is held against the "
		"cells of that workload in the same bundle, and of those only against invocations that nothing "
		"disturbed, "
		"where there are any; of such are the costs. Without a BUNDLE: the newest one."
		"\v"
		"The bundle needs these costs:\n"
		"  simul run --profile=costs --out=costs\n"
		"Then:\n"
		"  simul predict costs\n"
		"  simul predict costs --cores=64 --tasks=1000000 --runtime=coroutine\n"
		"  simul predict costs --move=1ms --reply=100ms --pairs=5\n"
		"  simul predict costs --workload=echo --cores=1,8 --tasks=100,10000 --size=4KiB\n"
		"  simul predict costs --cores=2,8,128 --tasks=100000 --plot=figures\n"
		"\n"
		"Not in the simulation: contention that grows with the cores, caches, a scheduler's mistakes. What it "
		"says of more cores than were measured is what the model allows. A cell of echo is held against costs "
		"from all cells but itself.",
	.options = predict_table,
	.field = offsetof(struct predict_options, bundles),
};

/* ---- The checks ---- */

static int by_error(const void *left, const void *right)
{
	double a = fabs(((const struct check *)left)->error), b = fabs(((const struct check *)right)->error);

	return (a < b) - (a > b);
}

/* What the notes in the table mean. */
static void explain_notes(const struct checks *checks)
{
	bool beyond = false, disturbed = false;

	for (size_t i = 0; i < checks->count && i < CHECKS_SHOWN; i++) {
		beyond |= checks->check[i].beyond;
		disturbed |= !checks->check[i].alone;
	}
	if (beyond || disturbed)
		putchar('\n');
	if (beyond)
		puts("beyond: costs were known of fewer or of more tasks only.");
	if (disturbed)
		puts("disturbed: so was every invocation of that cell.");
}

/* How many are near, and the cells furthest off. */
static void print_checks(const struct subject *subject, struct checks *checks)
{
	if (checks->count == 0) {
		printf("The bundle has no %s that the forecast could be held against.\n\n", subject->workload);
		return;
	}
	qsort(checks->check, checks->count, sizeof *checks->check, by_error);
	printf("Held against %zu cells of %s in the same bundle, by their undisturbed\ninvocations, %s:\n"
	       "%zu are within 10 %%, half within %.1f %%, nine of ten within %.0f %%. The furthest off:\n\n"
	       "  %-18s%7s%13s%11s%11s%9s\n",
	       checks->count, subject->workload, subject->unit, checks_within(checks, 0.10),
	       100 * checks_error(checks, 0.5), 100 * checks_error(checks, 0.9), "", "cores", subject->tasks,
	       "measured", "forecast", "error");
	for (size_t i = 0; i < checks->count && i < CHECKS_SHOWN; i++) {
		const struct check *check = &checks->check[i];

		printf("  %-18s%7u%13.0f%11.*f%11.*f%+8.1f%%%s%s\n", check->cell->runtime, check->cell->cores,
		       cell_parameter(check->cell, subject->tasks), subject->decimals, check->measured,
		       subject->decimals, check->forecast, 100 * check->error, check->beyond ? "  beyond" : "",
		       check->alone ? "" : "  disturbed");
	}
	explain_notes(checks);
	putchar('\n');
}

static json_t *check_json(const struct subject *subject, const struct check *check)
{
	return json_pack("{s:s, s:s, s:i, s:f, s:f, s:f, s:f, s:b, s:b}", "cell", check->cell->name, "runtime",
			 check->cell->runtime, "cores", (int)check->cell->cores, subject->tasks,
			 cell_parameter(check->cell, subject->tasks), "measured", check->measured, "forecast",
			 check->forecast, "error", check->error, "beyond_measured", check->beyond, "disturbed",
			 !check->alone);
}

/* ---- The forecasts ---- */

bool predict_asks(const struct predict_request *request, unsigned slot)
{
	const struct texts *runtimes = &request->options->runtimes;

	return runtimes->count == 0 ? !bundle_is_floor(&request->bundle, request->bundle.runtimes[slot])
				    : texts_have(runtimes, request->bundle.runtimes[slot]);
}

/* One number of cores and tasks, all runtimes. list: for JSON; NULL: print. */
static int forecast_all(const struct predict_request *request, unsigned cores, double tasks, json_t *list)
{
	int error = 0;

	if (!list)
		request->subject->head(request, cores, tasks);
	for (unsigned slot = 0; slot < request->bundle.runtime_count && !error; slot++) {
		if (!predict_asks(request, slot))
			continue;
		error = request->subject->forecast(request, slot, cores, tasks, list);
		error = error == -ENODATA ? 0 : error;
	}
	if (!list)
		putchar('\n');
	return error;
}

static int forecast_grid(const struct predict_request *request, json_t *list)
{
	const struct predict_options *options = request->options;
	int error = 0;

	for (size_t c = 0; c < options->cores.count && !error; c++)
		for (size_t t = 0; t < options->tasks.count && !error; t++)
			error = forecast_all(request, (unsigned)request->cores[c], (double)request->tasks[t], list);
	return error;
}

/* ---- The verb ---- */

static int answer_text(const struct predict_request *request, struct checks *checks)
{
	print_checks(request->subject, checks);
	return forecast_grid(request, NULL);
}

static int answer_json(const struct predict_request *request, const struct checks *checks)
{
	json_t *list = json_array(), *checked = json_array();
	json_t *all = json_pack("{s:s, s:o, s:o}", "workload", request->subject->workload, "checks", checked,
				"forecasts", list);
	int error = all ? 0 : -ENOMEM;

	for (size_t i = 0; i < checks->count && !error; i++)
		error = json_array_append_new(checked, check_json(request->subject, &checks->check[i])) < 0 ? -ENOMEM
													    : 0;
	if (!error)
		error = forecast_grid(request, list);
	if (!error && json_dumpf(all, stdout, JSON_INDENT(1) | JSON_REAL_PRECISION(6)) == 0)
		putchar('\n');
	json_decref(all);
	return error;
}

static bool is_drawn(const struct predict_request *request, unsigned slot)
{
	const struct bundle *bundle = &request->bundle;

	return predict_asks(request, slot) &&
	       (request->options->runtimes.count > 0 || !bundle_is_peer(bundle, bundle->runtimes[slot]));
}

static int plot(const struct predict_request *request)
{
	const struct predict_options *options = request->options;
	struct forecast_view view = {.count = (unsigned)options->cores.count};
	char *scripts = home_path("share/simul/plots");
	int error;

	for (unsigned i = 0; i < view.count; i++)
		view.cores[i] = (double)request->cores[i];
	for (size_t i = 0; i < options->tasks.count; i++)
		view.most = fmax(view.most, (double)request->tasks[i]);
	for (unsigned slot = 0; slot < request->bundle.runtime_count; slot++)
		view.wanted[slot] = is_drawn(request, slot);
	request->subject->show(request, &view);
	error = scripts ? forecast_plot(&request->bundle, &view, options->plot, scripts) : -ENOMEM;
	free(scripts);
	return error;
}

static bool has_costs(const struct predict_request *request)
{
	for (unsigned slot = 0; slot < request->bundle.runtime_count; slot++)
		if (predict_asks(request, slot) && request->subject->has_costs(request, slot))
			return true;
	return false;
}

static int answer(struct predict_request *request)
{
	struct checks checks;
	int error;

	if (!has_costs(request)) {
		say("this bundle has no costs to predict %s from: it needs %s; simul run --profile=costs makes one "
		    "that has "
		    "them",
		    request->subject->workload, request->subject->needs);
		return DRIVER_NOTHING_DONE;
	}
	error = request->subject->check(&request->bundle, &checks);
	if (!error)
		error = request->options->json ? answer_json(request, &checks) : answer_text(request, &checks);
	checks_clear(&checks);
	if (error < 0)
		say("there can be no forecast: %s", strerror(-error));
	else if (request->options->plot)
		error = plot(request); /* which says why */
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

static int check_runtimes(const struct predict_request *request)
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

static int open_and_answer(struct predict_request *request)
{
	int status = DRIVER_USAGE;

	if (read_numbers(&request->options->cores, "cores", CORES_MAX, &request->cores) < 0 ||
	    read_numbers(&request->options->tasks, "tasks", TASKS_MAX, &request->tasks) < 0)
		return DRIVER_USAGE;
	if (bundle_open(request->options->bundles.items[0], &request->bundle) < 0)
		return DRIVER_NOTHING_DONE;
	left_out_print(&request->bundle, "simul: ", stderr);
	if (check_runtimes(request) == 0)
		status = answer(request);
	bundle_close(&request->bundle);
	return status;
}

static int fill_in(struct predict_options *options)
{
	if (options->bundles.count > 1) {
		say("simul predict takes one bundle; see --help");
		return -EINVAL;
	}
	if (options->plot && options->cores.count > FORECAST_PANELS_MAX) {
		say("--plot draws a panel for each number of cores, %d at most", FORECAST_PANELS_MAX);
		return -EINVAL;
	}
	if (options->cores.count == 0 && texts_split(&options->cores, "1,2,64", ',') < 0)
		return -ENOMEM;
	if (options->tasks.count == 0 && texts_split(&options->tasks, "1000,100000", ',') < 0)
		return -ENOMEM;
	return 0;
}

static int read_and_answer(struct predict_request *request, struct predict_options *options)
{
	if (fill_in(options) < 0)
		return DRIVER_USAGE;
	if (options->bundles.count == 0 && newest_bundle_add(&options->bundles) < 0)
		return DRIVER_NOTHING_DONE;
	return open_and_answer(request);
}

int predict_main(int argc, char **argv)
{
	struct predict_options options = {
		.pairs = 30, .move_ns = 50 * NS_PER_US, .reply_ns = 550 * NS_PER_US, .messages = 20, .size = 64};
	struct predict_request request = {.options = &options};
	int status = DRIVER_USAGE;

	if (command_parse(&predict_command, argc, argv, &options, NULL) == 0) {
		request.subject = options.echo ? &predict_echo : &predict_chess;
		status = read_and_answer(&request, &options);
	}
	free(request.cores);
	free(request.tasks);
	texts_clear(&options.bundles);
	texts_clear(&options.runtimes);
	texts_clear(&options.cores);
	texts_clear(&options.tasks);
	return status;
}
