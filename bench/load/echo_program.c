/* echo_program.c: `load echo`. */
#include <errno.h>
#include <stdio.h>

#include "../workloads/echo/echo.h"
#include "programs.h"

enum load_parameter {
	LOAD_CONNECTIONS = LOAD_PORT + 1,
	LOAD_SIZE,
	LOAD_MESSAGES,
	LOAD_DEPTH,
	LOAD_IDLE,
	LOAD_CHURN,
	LOAD_RATE,
	LOAD_DURATION,
	LOAD_WARMUP,
	LOAD_THREADS,
	LOAD_TIMEOUT,
	LOAD_SERVER
};

static const char *const no_or_yes[] = {"no", "yes", NULL};

static const struct parameter parameters[] = {
	[LOAD_PORT] = LOAD_PORT_PARAMETER("where the server listens on 127.0.0.1"),
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
	[LOAD_THREADS] =
		LOAD_THREADS_PARAMETER("threads that share the connections; 0: one a core that the load may run on"),
	[LOAD_TIMEOUT] = LOAD_TIMEOUT_PARAMETER,
	[LOAD_SERVER] = {.name = "server",
			 .type = PARAMETER_COUNT,
			 .fallback = "0",
			 .least = 0,
			 .most = INT32_MAX,
			 .help = "the server's process, whose CPU time in the timed part is told; 0: nobody's"},
	{.name = NULL},
};

static struct load_options options_from(const struct values *values)
{
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
		.threads = load_threads(values->value[LOAD_THREADS], connections),
		.timeout_ns = values->value[LOAD_TIMEOUT],
		/* With churn those who have served have ended, and their time with them; where a warm-up ends by the
		 * clock, nobody reads the server's. */
		.server = values->value[LOAD_CHURN] != 0 || values->value[LOAD_WARMUP] > 0
				  ? 0
				  : (pid_t)values->value[LOAD_SERVER],
	};

	load_address_local(&options.to, (uint16_t)values->value[LOAD_PORT]);
	return options;
}

static int check(const struct values *values, char reason[REASON_MAX])
{
	if (values->value[LOAD_WARMUP] > 0 && values->value[LOAD_DURATION] == 0)
		snprintf(reason, REASON_MAX,
			 "warmup= goes with duration=; each connection has one warm-up message anyway");
	else if (values->value[LOAD_CHURN] != 0 && values->value[LOAD_DEPTH] > 1)
		snprintf(reason, REASON_MAX, "churn=yes has one message a connection: depth=1");
	else
		return 0;
	return -EINVAL;
}

static int run(const struct values *values, struct load_result *result, json_t **line)
{
	struct load_options options = options_from(values);
	int error = load_run(&options, result);

	if (error == 0)
		*line = load_json(&options, result);
	return error;
}

const struct load_program load_echo = {
	.name = "echo",
	.about = "Drives an echo server on 127.0.0.1 and checks every byte that comes back.\n",
	.parameters = parameters,
	.check = check,
	.run = run,
};
