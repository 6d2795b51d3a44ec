/* report.c: the verb `simul report`. */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include "../report/report.h"
#include "command.h"
#include "driver.h"
#include "newest.h"
#include "verbs.h"

struct page_options {
	struct texts bundles;
	const char *out;
};

static const struct command_option page_table[] = {
	{.name = "out",
	 .argument = "FILE",
	 .take = take_text,
	 .field = offsetof(struct page_options, out),
	 .help = "Where the page goes (default: report.html in the first bundle)"},
	{.name = NULL},
};

static const struct command page_command = {
	.name = "simul report",
	.arguments = "[BUNDLE...]",
	.help = "Writes one HTML file that answers what the run was asked: which model for which work, by how much, "
		"how "
		"sure; with the figures, their numbers, the sources, the machine and the method. It needs no network "
		"and no "
		"other file, and the same bundles give the same page, byte for byte. Without a BUNDLE: the newest one "
		"in "
		"results/local, or the newest simul-TIME here."
		"\v"
		"Examples:\n"
		"  simul report                          the newest bundle\n"
		"  simul report results/monday           results/monday/report.html\n"
		"  simul report monday tuesday --out=both.html",
	.options = page_table,
	.field = offsetof(struct page_options, bundles),
};

static int write_page(const struct page_options *options)
{
	char *path = NULL;
	int error;

	if (!options->out && asprintf(&path, "%s/report.html", options->bundles.items[0]) < 0)
		return DRIVER_NOTHING_DONE;
	error = report_page((const char *const *)options->bundles.items, options->bundles.count,
			    options->out ? options->out : path);
	if (error == 0)
		printf("Page: %s\n", options->out ? options->out : path);
	free(path);
	return error < 0 ? DRIVER_NOTHING_DONE : DRIVER_OK;
}

int report_main(int argc, char **argv)
{
	struct page_options options = {.bundles = {.items = NULL}};
	int status;

	if (command_parse(&page_command, argc, argv, &options, NULL) < 0)
		status = DRIVER_USAGE;
	else if (options.bundles.count == 0 && newest_bundle_add(&options.bundles) < 0)
		status = DRIVER_NOTHING_DONE;
	else
		status = write_page(&options);
	texts_clear(&options.bundles);
	return status;
}
