/* plot.c: the verb `simul plot`. */
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include "command.h"
#include "driver.h"
#include "ledger.h"
#include "scripts.h"
#include "verbs.h"

struct plot_options {
	struct texts bundles;
	struct report_options report;
};

static const struct command_option plot_table[] = {
	{"terminal", NULL, take_flag, offsetof(struct plot_options, report.terminal),
	 "Draw with characters on standard output; no file is written"},
	{"figure", "NAME", take_text, offsetof(struct plot_options, report.figure),
	 "Only that figure: scoreboard, chess, counting, echo"},
	{.name = NULL},
};

static const struct command plot_command = {
	.name = "simul plot",
	.arguments = "[BUNDLE...]",
	.help = "Draws the figures of a bundle by gnuplot: their data (TSV), SVG and PNG in BUNDLE/plots. The same bundle "
		"gives the same figures, on any machine. Without a BUNDLE: the newest one in results/local, or the newest "
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

static int plot_newest(const struct report_options *options)
{
	char *newest = ledger_newest();
	int status;

	if (!newest) {
		say("there is no bundle in results/local, and no simul-TIME here: name one, or make one by simul run");
		return DRIVER_NOTHING_DONE;
	}
	status = plot(newest, options);
	free(newest);
	return status;
}

int plot_main(int argc, char **argv)
{
	struct plot_options options = {.bundles = {.items = NULL}};
	int status = DRIVER_OK;

	if (command_parse(&plot_command, argc, argv, &options, NULL) < 0)
		status = DRIVER_USAGE;
	else if (options.bundles.count == 0)
		status = plot_newest(&options.report);
	for (size_t i = 0; status == DRIVER_OK && i < options.bundles.count; i++)
		status = plot(options.bundles.items[i], &options.report);
	texts_clear(&options.bundles);
	return status;
}
