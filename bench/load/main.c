/* main.c: the program `load`: options in, one line of JSON out (results/SCHEMA.md, "What the load prints").
 *
 * Exit status: 0 every message came back whole and right; 1 something did not, with one sentence on standard error and
 * the counts so far on standard output; 2 the call was wrong. */
#include <errno.h>
#include <inttypes.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../../runtimes/check.h"
#include "programs.h"

enum { EXIT_OK = 0, EXIT_WRONG = 1, EXIT_USAGE = 2 };

static const struct load_program *const programs[] = {&load_echo, &load_chat, &load_fetch};

enum { PROGRAMS = sizeof programs / sizeof programs[0] };

unsigned load_threads(uint64_t asked, uint64_t connections)
{
	cpu_set_t set;

	if (asked == 0) /* an error: more cores than cpu_set_t holds */
		asked = sched_getaffinity(0, sizeof set, &set) < 0 ? (uint64_t)sysconf(_SC_NPROCESSORS_ONLN)
								   : (uint64_t)CPU_COUNT(&set);
	return (unsigned)(asked < connections ? asked : connections);
}

static void print_usage(FILE *file)
{
	for (int i = 0; i < PROGRAMS; i++)
		fprintf(file, "%sload %s port=P [key=value ...]\n", i == 0 ? "usage: " : "       ", programs[i]->name);
	fputs("\nload NAME --help says what it does, and its keys.\n", file);
}

static void print_help(const struct load_program *program)
{
	printf("usage: load %s port=P [key=value ...]\n\n%sPrints one line of JSON.\n"
	       "Exit status: 0 all right, 1 an error or the time limit, 2 wrong call.\n\n",
	       program->name, program->about);
	for (const struct parameter *parameter = program->parameters; parameter->name; parameter++)
		printf("  %-12s %s (default %s)\n", parameter->name, parameter->help,
		       parameter->fallback ? parameter->fallback : "none");
}

/* 0, or -EINVAL with a sentence. */
static int take_arguments(const struct load_program *program, char **pairs, struct values *values,
			  char reason[REASON_MAX])
{
	int error = 0;

	values_init(values, program->parameters);
	for (; *pairs && error == 0; pairs++)
		error = values_take(values, program->parameters, *pairs, reason);
	if (error < 0)
		return error;
	if (!values->given[LOAD_PORT]) {
		snprintf(reason, REASON_MAX, "port= is missing: %s", program->parameters[LOAD_PORT].help);
		return -EINVAL;
	}
	return program->check ? program->check(values, reason) : 0;
}

static int print_line(json_t *line)
{
	int written;

	CHECK(line, "load: no memory for the line of output");
	written = json_dumpf(line, stdout, JSON_COMPACT) == 0 && putchar('\n') != EOF && fflush(stdout) == 0;
	json_decref(line);
	if (!written)
		fprintf(stderr, "load: cannot write to standard output\n");
	return written ? EXIT_OK : EXIT_WRONG;
}

static int run(const struct load_program *program, const struct values *values)
{
	static struct load_result result; /* large: it holds histograms */
	json_t *line = NULL;
	int status;

	if (program->run(values, &result, &line) < 0) {
		fprintf(stderr, "load: %s\n", result.reason);
		return EXIT_WRONG;
	}
	status = print_line(line ? line : load_line(program->name, &result));
	if (result.errors == 0)
		return status;
	fprintf(stderr, "load: %s; %" PRIu64 " messages were right, %" PRIu64 " connections failed\n", result.reason,
		result.messages, result.errors);
	return EXIT_WRONG;
}

static const struct load_program *find(const char *name)
{
	for (int i = 0; i < PROGRAMS; i++)
		if (strcmp(programs[i]->name, name) == 0)
			return programs[i];
	return NULL;
}

int main(int argc, char **argv)
{
	const struct load_program *program = argc >= 2 ? find(argv[1]) : NULL;
	bool helps = argc > 1 && strcmp(argv[argc - 1], "--help") == 0;
	struct values values;
	char reason[REASON_MAX];

	if (!program) {
		print_usage(helps ? stdout : stderr);
		return helps ? EXIT_OK : EXIT_USAGE;
	}
	if (helps) {
		print_help(program);
		return EXIT_OK;
	}
	if (take_arguments(program, argv + 2, &values, reason) < 0) {
		fprintf(stderr, "load: %s\n", reason);
		return EXIT_USAGE;
	}
	return run(program, &values);
}
