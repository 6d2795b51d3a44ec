/* fetch_main.c: `load fetch`: options in, one line of JSON out. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "../workloads/fetch/fetch.h"
#include "fetch.h"
#include "programs.h"

enum parameter_index { PORT, FETCHES, WAIT, SIZE, TIMEOUT };

static const struct parameter parameters[] = {
	[PORT] = {.name = "port",
		  .type = PARAMETER_COUNT,
		  .least = 1,
		  .most = 65535,
		  .help = "where the client waits on 127.0.0.1 to be told the server's port"},
	[FETCHES] = {.name = "fetches",
		     .type = PARAMETER_COUNT,
		     .fallback = "100",
		     .least = 1,
		     .most = FETCH_FETCHES_MAX,
		     .help = "connections at once, at most"},
	[WAIT] = {.name = "wait",
		  .type = PARAMETER_DURATION,
		  .fallback = "50ms",
		  .least = 0,
		  .most = FETCH_WAIT_MAX,
		  .help = "from a request to its response"},
	[SIZE] = {.name = "size",
		  .type = PARAMETER_SIZE,
		  .fallback = "1KiB",
		  .least = 1,
		  .most = FETCH_SIZE_MAX,
		  .help = "bytes of the body of a response"},
	[TIMEOUT] = {.name = "timeout",
		     .type = PARAMETER_DURATION,
		     .fallback = "60s",
		     .least = NS_PER_MS,
		     .most = 3600 * NS_PER_S,
		     .help = "time limit for everything together"},
	{.name = NULL},
};

static void print_help(FILE *file)
{
	fprintf(file,
		"usage: load fetch port=P [key=value ...]\n\n"
		"Is the HTTP server that a player fetches from: tells it the port, answers each GET /NUMBER after "
		"the wait,\nand ends with the player. Prints one line of JSON.\n\n");
	for (const struct parameter *parameter = parameters; parameter->name; parameter++)
		fprintf(file, "  %-12s %s (default %s)\n", parameter->name, parameter->help,
			parameter->fallback ? parameter->fallback : "none");
}

static int take_arguments(int count, char **pairs, struct values *values, char reason[REASON_MAX])
{
	int error = 0;

	values_init(values, parameters);
	for (int i = 0; i < count && error == 0; i++)
		error = values_take(values, parameters, pairs[i], reason);
	if (error == 0 && !values->given[PORT]) {
		snprintf(reason, REASON_MAX, "port= is missing: say where the client waits");
		error = -EINVAL;
	}
	return error;
}

int fetch_main(int count, char **pairs)
{
	static struct load_result result; /* large: it holds histograms */
	struct values values;
	char reason[REASON_MAX];

	if (count == 1 && strcmp(pairs[0], "--help") == 0) {
		print_help(stdout);
		return LOAD_EXIT_OK;
	}
	if (take_arguments(count, pairs, &values, reason) < 0) {
		fprintf(stderr, "load: %s\n", reason);
		return LOAD_EXIT_USAGE;
	}
	if (load_fetch(&(struct fetch_options){.port = (uint16_t)values.value[PORT],
					       .fetches = (uint32_t)values.value[FETCHES],
					       .wait_ns = values.value[WAIT],
					       .size = (uint32_t)values.value[SIZE],
					       .timeout_ns = values.value[TIMEOUT]},
		       &result) < 0) {
		fprintf(stderr, "load: %s\n", result.reason);
		return LOAD_EXIT_WRONG;
	}
	return load_conclude("fetch", &result);
}
