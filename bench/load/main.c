/* main.c: the program `load`: options in, one line of JSON out (results/SCHEMA.md, "What the load prints").
 *
 * Exit status: 0 every message came back whole and right; 1 something did not, with one sentence on standard error and
 * the counts so far on standard output; 2 the call was wrong. */
#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "../../runtimes/check.h"
#include "../workloads/echo/echo.h"
#include "load.h"
#include "programs.h"

enum { EXIT_OK = 0, EXIT_WRONG = 1, EXIT_USAGE = 2 };

enum load_parameter {
	LOAD_PORT,
	LOAD_CONNECTIONS,
	LOAD_SIZE,
	LOAD_MESSAGES,
	LOAD_DEPTH,
	LOAD_IDLE,
	LOAD_CHURN,
	LOAD_RATE,
	LOAD_DURATION,
	LOAD_WARMUP,
	LOAD_THREADS,
	LOAD_TIMEOUT
};

static const char *const no_or_yes[] = {"no", "yes", NULL};

static const struct parameter parameters[] = {
	[LOAD_PORT] = {.name = "port",
		       .type = PARAMETER_COUNT,
		       .least = 1,
		       .most = 65535,
		       .help = "where the server listens on 127.0.0.1"},
	[LOAD_CONNECTIONS] = {.name = "connections",
			      .type = PARAMETER_COUNT,
			      .fallback = "50",
			      .least = 1,
			      .most = ECHO_CONNECTIONS_MAX,
			      .help = "TCP connections, all open at once"},
	[LOAD_SIZE] = {.name = "size",
		       .type = PARAMETER_SIZE,
		       .fallback = "64B",
		       .least = 1,
		       .most = ECHO_SIZE_MAX,
		       .help = "bytes a message"},
	[LOAD_MESSAGES] = {.name = "messages",
			   .type = PARAMETER_COUNT,
			   .fallback = "400",
			   .least = 1,
			   .most = ECHO_MESSAGES_MAX,
			   .help = "timed messages a connection, after one warm-up message"},
	[LOAD_DEPTH] = {.name = "depth",
			.type = PARAMETER_COUNT,
			.fallback = "1",
			.least = 1,
			.most = LOAD_DEPTH_MAX,
			.help = "messages under way on a connection at once"},
	[LOAD_IDLE] = {.name = "idle",
		       .type = PARAMETER_COUNT,
		       .fallback = "0",
		       .least = 0,
		       .most = ECHO_CONNECTIONS_MAX,
		       .help = "connections besides, open and silent"},
	[LOAD_CHURN] = {.name = "churn",
			.type = PARAMETER_CHOICE,
			.fallback = "no",
			.choices = no_or_yes,
			.help = "yes: a new connection for each message, without warm-up messages"},
	[LOAD_RATE] = {.name = "rate",
		       .type = PARAMETER_COUNT,
		       .fallback = "0",
		       .least = 0,
		       .most = 10000000,
		       .help = "messages a second, due at fixed times, over all connections; 0: closed loop"},
	[LOAD_DURATION] = {.name = "duration",
			   .type = PARAMETER_DURATION,
			   .fallback = "0",
			   .least = 0,
			   .most = 3600 * NS_PER_S,
			   .help = "of the timed part, instead of messages"},
	[LOAD_WARMUP] = {.name = "warmup",
			 .type = PARAMETER_DURATION,
			 .fallback = "0",
			 .least = 0,
			 .most = 3600 * NS_PER_S,
			 .help = "the same load before the timed part, where that has a duration"},
	[LOAD_THREADS] = {.name = "threads",
			  .type = PARAMETER_COUNT,
			  .fallback = "0",
			  .least = 0,
			  .most = 1024,
			  .help = "threads that share the connections; 0: one a core that the load may run on"},
	[LOAD_TIMEOUT] = {.name = "timeout",
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
		"usage: load echo port=P [key=value ...]\n"
		"       load chat --help, load fetch --help\n\n"
		"Drives an echo server on 127.0.0.1 and checks every byte that comes back. Prints one line of JSON.\n"
		"Exit status: 0 all right, 1 an error or the time limit, 2 wrong call.\n\n");
	for (const struct parameter *parameter = parameters; parameter->name; parameter++)
		fprintf(file, "  %-12s %s (default %s)\n", parameter->name, parameter->help,
			parameter->fallback ? parameter->fallback : "none");
}

static struct load_options options_from(const struct values *values)
{
	uint64_t threads = values->value[LOAD_THREADS] > 0 ? values->value[LOAD_THREADS] : load_cores();
	uint64_t connections = values->value[LOAD_CONNECTIONS], duration_ns = values->value[LOAD_DURATION];
	struct load_options options = {
		.connections = (uint32_t)connections,
		.idle = (uint32_t)values->value[LOAD_IDLE],
		.size = (uint32_t)values->value[LOAD_SIZE],
		.depth = (uint32_t)values->value[LOAD_DEPTH],
		.messages = duration_ns > 0 ? 0 : values->value[LOAD_MESSAGES],
		.duration_ns = duration_ns,
		.warmup_ns = values->value[LOAD_WARMUP],
		.rate = values->value[LOAD_RATE],
		.churn = values->value[LOAD_CHURN] != 0,
		.all_or_none = true,
		.threads = (unsigned)(threads < connections ? threads : connections),
		.timeout_ns = values->value[LOAD_TIMEOUT],
	};

	load_address_local(&options.to, (uint16_t)values->value[LOAD_PORT]);
	return options;
}

/* 0, or -EINVAL with a sentence. */
static int take_arguments(int count, char **pairs, struct load_options *options, char reason[REASON_MAX])
{
	struct values values;
	int error = 0;

	values_init(&values, parameters);
	for (int i = 0; i < count && error == 0; i++)
		error = values_take(&values, parameters, pairs[i], reason);
	if (error == 0 && !values.given[LOAD_PORT]) {
		snprintf(reason, REASON_MAX, "port= is missing: say where the server listens");
		error = -EINVAL;
	}
	if (error == 0 && values.value[LOAD_WARMUP] > 0 && values.value[LOAD_DURATION] == 0) {
		snprintf(reason, REASON_MAX,
			 "warmup= goes with duration=; each connection has one warm-up message anyway");
		error = -EINVAL;
	}
	if (error == 0 && values.value[LOAD_CHURN] != 0 && values.value[LOAD_DEPTH] > 1) {
		snprintf(reason, REASON_MAX, "churn=yes has one message a connection: depth=1");
		error = -EINVAL;
	}
	*options = options_from(&values);
	return error;
}

static int print_result(const struct load_options *options, const struct load_result *result)
{
	json_t *json = load_json(options, result);
	int written;

	CHECK(json, "load: no memory for the line of output");
	written = json_dumpf(json, stdout, JSON_COMPACT) == 0 && putchar('\n') != EOF && fflush(stdout) == 0;
	json_decref(json);
	if (!written)
		fprintf(stderr, "load: cannot write to standard output\n");
	return written ? EXIT_OK : EXIT_WRONG;
}

static int run(const struct load_options *options)
{
	static struct load_result result; /* large: it holds a histogram */

	if (load_run(options, &result) < 0) {
		fprintf(stderr, "load: %s\n", result.reason);
		return EXIT_WRONG;
	}
	if (print_result(options, &result) != EXIT_OK)
		return EXIT_WRONG;
	if (result.errors == 0)
		return EXIT_OK;
	fprintf(stderr, "load: %s; %" PRIu64 " of %" PRIu64 " messages came back, %" PRIu64 " connections failed\n",
		result.reason, result.messages,
		options->messages > 0 ? options->connections * options->messages : result.messages, result.errors);
	return EXIT_WRONG;
}

int main(int argc, char **argv)
{
	struct load_options options;
	char reason[REASON_MAX];

	if (argc == 2 && strcmp(argv[1], "--help") == 0) {
		print_help(stdout);
		return EXIT_OK;
	}
	if (argc >= 2 && strcmp(argv[1], "chat") == 0)
		return chat_main(argc - 2, argv + 2);
	if (argc >= 2 && strcmp(argv[1], "fetch") == 0)
		return fetch_main(argc - 2, argv + 2);
	if (argc < 2 || strcmp(argv[1], "echo") != 0) {
		print_help(stderr);
		return EXIT_USAGE;
	}
	if (take_arguments(argc - 2, argv + 2, &options, reason) < 0) {
		fprintf(stderr, "load: %s\n", reason);
		return EXIT_USAGE;
	}
	return run(&options);
}
