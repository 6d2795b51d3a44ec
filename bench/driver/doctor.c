/* doctor.c: the verb `simul doctor`: what of this machine limits or disturbs measuring, and what mends it. */
#include "../machine/doctor.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../report/text.h"
#include "command.h"
#include "driver.h"
#include "stability.h"
#include "verbs.h"

enum { WIDTH = 80, INDENT = 10 };

struct doctor_options {
	bool json, stability;
	const char *workload, *runtime, *out;
	struct texts settings;
	uint64_t invocations, seed;
};

static const struct command_option doctor_table[] = {
	{.name = "json", .take = take_flag, .field = offsetof(struct doctor_options, json), .help = "Print JSON"},
	{.name = "stability",
	 .take = take_flag,
	 .field = offsetof(struct doctor_options, stability),
	 .help = "An A/A test too: one cell is played many times and compared with itself, to say which difference can "
		 "be "
		 "told from noise here"},
	{.name = "workload",
	 .argument = "NAME",
	 .take = take_text,
	 .field = offsetof(struct doctor_options, workload),
	 .help = "Of the A/A test (default: chess, 24 boards on one core)"},
	{.name = "runtime",
	 .argument = "NAME",
	 .take = take_text,
	 .field = offsetof(struct doctor_options, runtime),
	 .help = "Of the A/A test (default: thread)"},
	{.name = "set",
	 .argument = "KEY=VALUE",
	 .take = take_item,
	 .field = offsetof(struct doctor_options, settings),
	 .help = "A parameter of the A/A test's cell; may be repeated"},
	{.name = "invocations",
	 .argument = "N",
	 .take = take_positive,
	 .field = offsetof(struct doctor_options, invocations),
	 .help = "How often the A/A test plays (default: 40; at least 10)"},
	{.name = "seed",
	 .argument = "N",
	 .take = take_count,
	 .field = offsetof(struct doctor_options, seed),
	 .help = "Of the A/A test's splits (default: 1)"},
	{.name = "out",
	 .argument = "DIR",
	 .take = take_text,
	 .field = offsetof(struct doctor_options, out),
	 .help = "Where the A/A test's records are kept (default: as of simul run)"},
	{.name = NULL},
};

static const struct command doctor_command = {
	.name = "simul doctor",
	.help = "Says what of this machine limits or disturbs measuring, for which cells, and which command mends it. "
		"Nothing is changed."
		"\v"
		"Examples:\n"
		"  simul doctor\n"
		"  simul doctor --json\n"
		"  simul doctor --stability                which difference is told from noise here\n"
		"  simul doctor --stability --workload=chess --runtime=coroutine\n"
		"\n"
		"Exit status: 0 it has looked, whatever it found; 2 the call was wrong; 3 the A/A test could not be "
		"played.",
	.options = doctor_table,
};

/* ---- For a person ---- */

static void print_line(void *context, const char *text)
{
	(void)context;
	printf("%*s%s\n", INDENT, "", text);
}

static void print_finding(const struct finding *finding)
{
	printf("%-8s  %-15s %s\n", finding_state_name(finding->state), finding->topic, finding->found);
	if (finding->state == FINDING_GOOD)
		return;
	if (finding->means[0])
		text_wrap(finding->means, WIDTH - INDENT, print_line, NULL);
	if (finding->mend)
		printf("%*s-> %s\n", INDENT, "", finding->mend);
}

static void print_findings(const struct finding *findings, size_t count)
{
	size_t care = 0, unknown = 0;

	for (size_t i = 0; i < count; i++) {
		print_finding(&findings[i]);
		care += findings[i].state == FINDING_CARE;
		unknown += findings[i].state == FINDING_UNKNOWN;
	}
	printf("\n%zu of %zu want care, %zu cannot be read here. What is marked -> mends it, as root.\n", care, count,
	       unknown);
}

static void print_stability(const struct stability *stability, const char *cell, const char *bundle)
{
	char time[NUMBER_TEXT_MAX];
	unsigned wrong = stability->faster + stability->slower;

	printf("\nA/A test: %s, %zu invocations, median %s\n", cell, stability->invocations,
	       format_time(time, stability->median_ns));
	printf("  %u comparisons of one half with the other: %u faster, %u slower, no difference\n"
	       "  shown in %u, not enough data in %u. The rule may be wrong in 5 of 100: here it is\n"
	       "  in %u%s.\n",
	       stability->splits, stability->faster, stability->slower, stability->same, stability->undecided, wrong,
	       wrong > 5 ? ", so believe none" : "");
	printf("  With %zu invocations on each side two equal things differ by up to %.1f %% here\n"
	       "  (95 of 100 times), and an interval is +-%.1f %% wide: no smaller difference can be told.\n",
	       stability->invocations / 2, 100 * stability->detectable, 100 * stability->half_width);
	if (stability->drift_p < 0.01)
		printf("  The machine drifted meanwhile (Mann-Kendall, p = %.2g): compare only what was\n"
		       "  interleaved in one run.\n",
		       stability->drift_p);
	printf("Bundle: %s\n", bundle);
}

/* ---- The A/A test ---- */

/* "simul run" of that one cell. Texts are owned by arguments. */
static int make_arguments(const struct doctor_options *options, struct texts *arguments)
{
	char text[160];
	int error = texts_add(arguments, "run");

	snprintf(text, sizeof text, "--workload=%.100s", options->workload ? options->workload : "chess");
	error = error ? error : texts_add(arguments, text);
	snprintf(text, sizeof text, "--runtime=%.100s", options->runtime ? options->runtime : "thread");
	error = error ? error : texts_add(arguments, text);
	snprintf(text, sizeof text, "--repetitions=%" PRIu64, options->invocations ? options->invocations : 40);
	error = error ? error : texts_add(arguments, text);
	error = error ? error : texts_add(arguments, "--no-plots");
	error = error ? error : texts_add(arguments, "--cores=1");
	if (!options->workload && options->settings.count == 0)
		error = error ? error : texts_add(arguments, "--set=boards=24");
	for (size_t i = 0; error == 0 && i < options->settings.count; i++) {
		snprintf(text, sizeof text, "--set=%.140s", options->settings.items[i]);
		error = texts_add(arguments, text);
	}
	if (error == 0 && options->out) {
		char *out;

		error = asprintf(&out, "--out=%s", options->out) < 0 ? -ENOMEM : texts_add(arguments, out);
		if (error == 0)
			free(out);
	}
	return error;
}

static int test(const struct doctor_options *options, struct stability *stability, char **cell, char **bundle)
{
	struct texts arguments = {.items = NULL};
	double *values = NULL;
	size_t count = 0;
	int status = DRIVER_NOTHING_DONE, error;

	if (make_arguments(options, &arguments) == 0)
		status = stability_play((int)arguments.count, arguments.items, &values, &count, cell, bundle);
	error = status ? 0
		       : stability_judge(values, count, STABILITY_SPLITS, options->seed ? options->seed : 1, stability);
	if (error) {
		say("the A/A test has too few good plays to compare: %zu", count);
		status = DRIVER_NOTHING_DONE;
	}
	free(values);
	texts_clear(&arguments);
	return status;
}

/* ---- The verb ---- */

static int print_json(const struct finding *findings, size_t count, const struct stability *stability, const char *cell,
		      const char *bundle)
{
	json_t *json = json_pack("{s:o}", "findings", findings_json(findings, count)), *test;

	if (stability) {
		test = stability_json(stability);
		json_object_set_new(test, "cell", json_string(cell));
		json_object_set_new(test, "bundle", json_string(bundle));
		json_object_set_new(json, "stability", test);
	}
	if (json && json_dumpf(json, stdout, JSON_INDENT(1)) == 0)
		putchar('\n');
	json_decref(json);
	return json ? DRIVER_OK : DRIVER_NOTHING_DONE;
}

static int examine(const struct doctor_options *options)
{
	struct finding findings[FINDINGS_MAX];
	struct stability stability;
	struct machine machine;
	char *cell = NULL, *bundle = NULL;
	int status = DRIVER_OK;
	size_t count;

	if (machine_open(&machine, NULL) < 0)
		return DRIVER_NOTHING_DONE;
	count = doctor_examine(&machine, findings);
	machine_close(&machine);
	if (!options->json)
		print_findings(findings, count);
	fflush(stdout);
	if (options->stability)
		status = test(options, &stability, &cell, &bundle);
	if (status == DRIVER_OK && options->json)
		status = print_json(findings, count, options->stability ? &stability : NULL, cell, bundle);
	else if (status == DRIVER_OK && options->stability)
		print_stability(&stability, cell, bundle);
	free(cell);
	free(bundle);
	return status;
}

static int check(const struct doctor_options *options)
{
	bool of_the_test = options->workload || options->runtime || options->out || options->settings.count > 0 ||
			   options->invocations > 0 || options->seed > 0;

	if (of_the_test && !options->stability)
		say("--workload, --runtime, --set, --invocations, --seed and --out are of the A/A test: they go with "
		    "--stability");
	else if (options->invocations > 0 && options->invocations < STABILITY_LEAST)
		say("--invocations=%" PRIu64
		    ": two halves of fewer than five plays cannot be compared; it takes 10 or more",
		    options->invocations);
	else
		return DRIVER_OK;
	return DRIVER_USAGE;
}

int doctor_main(int argc, char **argv)
{
	struct doctor_options options = {.json = false};
	int status = DRIVER_USAGE;

	if (command_parse(&doctor_command, argc, argv, &options, NULL) == 0)
		status = check(&options);
	if (status == DRIVER_OK)
		status = examine(&options);
	texts_clear(&options.settings);
	return status;
}
