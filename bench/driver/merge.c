/* merge.c: the verb `simul merge`: bundles from anywhere into one folder. */
#include "../fleet/merge.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clean.h"
#include "command.h"
#include "driver.h"
#include "verbs.h"

struct merge_options {
	struct texts arguments; /* DIR, and the bundles */
};

static const struct command_option merge_table[] = {{.name = NULL}};

static const struct command merge_command = {
	.name = "simul merge",
	.arguments = "DIR BUNDLE...",
	.help = "Takes bundles, folders or archives from simul run --out=-, into DIR, a folder each, with their "
		"checksums verified. `-` is an archive on standard input. Nothing in DIR is ever changed: a bundle "
		"that "
		"is there already is left out, and another one of the same name is kept beside it."
		"\v"
		"Examples:\n"
		"  ssh host simul run --out=- | simul merge all -\n"
		"  simul merge all monday.tar results/local/*\n"
		"\n"
		"What is damaged, or no bundle, is refused with the reason; the others are merged.\n"
		"\n"
		"Exit status: 0 all bundles are in DIR; 1 one was refused; 2 the call was wrong; 3 DIR cannot be "
		"written; "
		"130 interrupted.",
	.options = merge_table,
	.field = offsetof(struct merge_options, arguments),
};

static void tell(const char *source, const char *name, enum merge_outcome outcome)
{
	static const char *const texts[] = {
		[MERGE_DONE] = "merged",
		[MERGE_BESIDE] = "merged beside another bundle that has its name",
		[MERGE_THERE] = "there already, nothing changed",
	};

	printf("%s: %s (%s)\n", name, texts[outcome], source);
	fflush(stdout);
}

/* One bundle; whether it is there now. */
static bool merge_one(int into, const char *source)
{
	char name[MERGE_NAME_MAX], reason[FLEET_REASON_MAX];
	enum merge_outcome outcome;

	if (merge_bundle(into, source, name, &outcome, reason) == 0) {
		tell(source, name, outcome);
		return true;
	}
	if (!stop_requested) {
		text_clean(reason, strlen(reason), true);
		say("%s is refused: %s", strcmp(source, "-") == 0 ? "standard input" : source, reason);
	}
	return false;
}

static int merge_all(int into, char **sources, size_t count)
{
	int status = DRIVER_OK;

	stop_watch();
	for (size_t i = 0; i < count; i++) {
		if (!merge_one(into, sources[i]))
			status = DRIVER_CELL_FAILED;
		if (stop_requested) {
			say("interrupted; what was merged is kept");
			return DRIVER_INTERRUPTED;
		}
	}
	return status;
}

static int merge_into(char **arguments, size_t count)
{
	const char *path = arguments[0];
	int into, status;

	if (mkdir(path, 0777) < 0 && errno != EEXIST) {
		say("the folder %s cannot be made: %s", path, strerror(errno));
		return DRIVER_NOTHING_DONE;
	}
	into = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (into < 0 || faccessat(into, ".", W_OK, 0) < 0) {
		say("%s cannot be written: %s", path, strerror(errno));
		status = DRIVER_NOTHING_DONE;
	} else {
		status = merge_all(into, arguments + 1, count - 1);
	}
	if (into >= 0)
		close(into);
	return status;
}

int merge_main(int argc, char **argv)
{
	struct merge_options options = {.arguments = {.items = NULL}};
	int status = DRIVER_USAGE;

	if (command_parse(&merge_command, argc, argv, &options, NULL) == 0) {
		if (options.arguments.count < 2)
			say("name the folder and the bundles: simul merge DIR BUNDLE...");
		else
			status = merge_into(options.arguments.items, options.arguments.count);
	}
	texts_clear(&options.arguments);
	return status;
}
