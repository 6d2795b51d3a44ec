/* main.c: the program `simul`: picks the verb. */
#include <argp.h>
#include <stdio.h>
#include <string.h>

#include "driver.h"
#include "verbs.h"

const char *argp_program_version = "simul " SIMUL_VERSION;

static void print_help(FILE *out)
{
	fputs("simul compares concurrency models: the same verified work done with processes,\n"
	      "threads, callbacks and coroutines, on the cores that you have.\n\n"
	      "Usage: simul VERB [OPTION...]\n\n",
	      out);
	for (const struct verb *verb = verbs; verb->name; verb++)
		fprintf(out, "  %-9s %s\n", verb->name, verb->summary);
	fputs("  help      this page, or a verb's: simul help run\n\n"
	      "Start with:\n"
	      "  simul run                within two minutes: a table, plots, all records\n"
	      "  simul plot --terminal    the newest bundle's figures, here\n"
	      "  simul VERB --help        examples, units, and where results go\n\n"
	      "Exit status: 0 all is well; 1 a cell failed; 2 the call was wrong; 3 there was\n"
	      "nothing to do or nowhere to write; 130 interrupted.\n",
	      out);
}

static const struct verb *verb_find(const char *name)
{
	for (const struct verb *verb = verbs; verb->name; verb++)
		if (strcmp(verb->name, name) == 0)
			return verb;
	return NULL;
}

static int refuse(const char *name)
{
	fprintf(stderr, "simul: '%s' is no verb; the verbs are ", name);
	for (const struct verb *verb = verbs; verb->name; verb++)
		fprintf(stderr, "%s, ", verb->name);
	fputs("help\n", stderr);
	return DRIVER_USAGE;
}

static int help(int argc, char **argv)
{
	char option[] = "--help", *arguments[] = {argv[0], option, NULL};
	const struct verb *verb = argc > 1 ? verb_find(argv[1]) : NULL;

	if (verb)
		return verb->main(2, arguments);
	if (argc > 1 && argv[1][0] != '-')
		return refuse(argv[1]);
	print_help(stdout);
	return DRIVER_OK;
}

static int dispatch(int argc, char **argv)
{
	const struct verb *verb = argc > 1 ? verb_find(argv[1]) : NULL;

	if (verb)
		return verb->main(argc - 1, argv + 1);
	if (argc < 2) {
		print_help(stderr);
		return DRIVER_USAGE;
	}
	if (strcmp(argv[1], "help") == 0 || strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
	    strcmp(argv[1], "-?") == 0)
		return help(argc - 1, argv + 1);
	if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-V") == 0) {
		puts(argp_program_version);
		return DRIVER_OK;
	}
	return refuse(argv[1]);
}

/* What could not be printed is an error, whatever the verb: a pipe that closed, a disk that is full. An interrupted
 * verb has not printed yet what counts. */
static int finish(int status)
{
	if ((fflush(stdout) == 0 && !ferror(stdout)) || status == DRIVER_INTERRUPTED)
		return status;
	say("standard output cannot be written in full");
	return DRIVER_NOTHING_DONE;
}

int main(int argc, char **argv)
{
	setvbuf(stdout, NULL, _IOLBF, 0); /* into one file with standard error, lines stay whole and in order */
	return finish(dispatch(argc, argv));
}
