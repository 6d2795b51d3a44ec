/* plot.c: the verb `simul plot`. */
#include <stddef.h>
#include <stdio.h>

#include "command.h"
#include "driver.h"
#include "newest.h"
#include "scripts.h"
#include "verbs.h"

struct plot_options {
	struct texts bundles;
	struct report_options report;
};

static int take_figure(const char *text, void *field, char reason[REASON_MAX])
{
	*(const char **)field = text;
	return report_check_figure(text, reason, REASON_MAX);
}

static const struct command_option plot_table[] = {
	{.name = "terminal",
	 .take = take_flag,
	 .field = offsetof(struct plot_options, report.terminal),
	 .help = "Draw with characters on standard output; no file is written"},
	{.name = "figure",
	 .argument = "NAME",
	 .take = take_figure,
	 .field = offsetof(struct plot_options, report.figure),
	 .help = "Only that figure: scoreboard, map, chess, counting, echo, primitives, cores, efficiency, "
		 "concurrency, "
		 "forecast, forecast-echo, tail, rate, memory, spread, sequence, starvation, fairness, resources, cost"},
	{.name = NULL},
};

static const struct command plot_command = {
	.name = "simul plot",
	.arguments = "[BUNDLE...]",
	.help = "Draws the figures of a bundle by gnuplot: their data (TSV), SVG and PNG in BUNDLE/plots. The same "
		"bundle "
		"gives the same figures, on any machine. Without a BUNDLE: the newest one in results/local, or the "
		"newest "
		"simul-TIME here."
		"\v"
		"Examples:\n"
		"  simul plot                          the newest bundle\n"
		"  simul plot results/monday           a bundle by name\n"
		"  simul plot --terminal --figure=chess",
	.options = plot_table,
	.field = offsetof(struct plot_options, bundles),
};

static int plot(const char *bundle, const struct report_options *options)
{
	int error = scripts_plot(bundle, options);

	if (error == 0 && !options->terminal)
		printf("Plots: %s/plots\n", bundle);
	return error < 0 ? DRIVER_NOTHING_DONE : DRIVER_OK;
}

int plot_main(int argc, char **argv)
{
	struct plot_options options = {.bundles = {.items = NULL}};
	int status = DRIVER_OK;

	if (command_parse(&plot_command, argc, argv, &options, NULL) < 0)
		status = DRIVER_USAGE;
	else if (options.bundles.count == 0 && newest_bundle_add(&options.bundles) < 0)
		status = DRIVER_NOTHING_DONE;
	for (size_t i = 0; status == DRIVER_OK && i < options.bundles.count; i++)
		status = plot(options.bundles.items[i], &options.report);
	texts_clear(&options.bundles);
	return status;
}
