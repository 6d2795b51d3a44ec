/* plot.c: the verb `simul plot`. */
#include <dirent.h>
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "command.h"
#include "driver.h"
#include "scripts.h"
#include "verbs.h"

struct plot_options {
	struct texts bundles;
	struct report_options report;
};

static const struct command_option plot_table[] = {
	{.name = "terminal",
	 .take = take_flag,
	 .field = offsetof(struct plot_options, report.terminal),
	 .help = "Draw with characters on standard output; no file is written"},
	{.name = "figure",
	 .argument = "NAME",
	 .take = take_text,
	 .field = offsetof(struct plot_options, report.figure),
	 .help = "Only that figure: scoreboard, chess, counting, echo, primitives, cores, efficiency, concurrency"},
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

struct newest {
	char *path;
	struct timespec made;
};

static bool is_later(struct timespec left, struct timespec right)
{
	return left.tv_sec != right.tv_sec ? left.tv_sec > right.tv_sec : left.tv_nsec > right.tv_nsec;
}

/* Takes path over. */
static void consider(struct newest *newest, char *path)
{
	char *manifest;
	struct stat status;

	if (!path || asprintf(&manifest, "%s/manifest.json", path) < 0) {
		free(path);
		return;
	}
	if (stat(manifest, &status) == 0 && (!newest->path || is_later(status.st_mtim, newest->made))) {
		char *older = newest->path;

		*newest = (struct newest){.path = path, .made = status.st_mtim};
		path = older;
	}
	free(manifest);
	free(path);
}

static void search(struct newest *newest, const char *folder, const char *prefix)
{
	DIR *directory = opendir(folder);
	struct dirent *entry;
	char *path;

	while (directory && (entry = readdir(directory)))
		if (entry->d_name[0] != '.' && strncmp(entry->d_name, prefix, strlen(prefix)) == 0)
			consider(newest, asprintf(&path, "%s/%s", folder, entry->d_name) < 0 ? NULL : path);
	if (directory)
		closedir(directory);
}

/* The newest bundle of this folder: its path, owned by the caller; NULL if there is none. */
static char *newest_bundle(void)
{
	struct newest newest = {.path = NULL};

	search(&newest, "results/local", "");
	search(&newest, ".", "simul-");
	return newest.path;
}

static int plot(const char *bundle, const struct report_options *options)
{
	int error = scripts_plot(bundle, options);

	if (error == 0 && !options->terminal)
		printf("Plots: %s/plots\n", bundle);
	return error < 0 ? DRIVER_NOTHING_DONE : DRIVER_OK;
}

static int plot_newest(const struct report_options *options)
{
	char *newest = newest_bundle();
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
