/* spec.c: the fetch workload, an HTTP client against a server that takes its time; see fetch.h.
 *
 * A task and an operation a fetch, bytes are those of the bodies. Each fetch checks its own response, status, length
 * and bytes, and adds its token to the checksum only if all is right. */
#include <errno.h>
#include <stdio.h>

#include "../../../runtimes/runtime.h"
#include "../../load/pattern.h"
#include "../echo/echo.h"
#include "fetch.h"

static const struct parameter parameters[] = {
	[FETCH_FETCHES] = {.name = "fetches",
			   .type = PARAMETER_COUNT,
			   .fallback = "100",
			   .least = 1,
			   .most = FETCH_FETCHES_MAX,
			   .help = "HTTP requests, all at once, a task and a connection each"},
	[FETCH_WAIT] = {.name = "wait",
			.type = PARAMETER_DURATION,
			.fallback = "50ms",
			.least = 0,
			.most = FETCH_WAIT_MAX,
			.help = "how long the server waits before it answers"},
	[FETCH_SIZE] = {.name = "size",
			.type = PARAMETER_SIZE,
			.fallback = "1KiB",
			.least = 1,
			.most = FETCH_SIZE_MAX,
			.help = "bytes of the body of a response"},
	[FETCH_FLOOR] = {.name = "floor",
			 .type = PARAMETER_DURATION,
			 .fallback = "0",
			 .least = 0,
			 .most = ECHO_FLOOR_MAX,
			 .calibrate = echo_floor_ns,
			 .help = "cost of one send and one recv of 64 B on this machine; 0: unknown, and the bound is "
				 "the wait"},
	{.name = NULL},
};

uint64_t fetch_token(uint64_t number)
{
	return pattern_seed(number, 0);
}

static int admit(const struct values *values, struct stage stage, char reason[REASON_MAX])
{
	(void)values;
#ifdef SIMUL_HTTP_PARSER
	if (!(stage.capabilities & RUNTIME_NO_SOCKETS))
		return 0;
	snprintf(reason, REASON_MAX, "this runtime has no sockets: a task cannot wait for one");
#else
	(void)stage;
	snprintf(reason, REASON_MAX, "this build has no parser for HTTP: libhttp-parser-dev was not installed");
#endif
	return -ENOTSUP;
}

/* How often all that can be under way at once have to wait. */
static uint64_t rounds(const struct values *values, struct stage stage)
{
	uint64_t fetches = values->value[FETCH_FETCHES], at_once = stage_concurrency(stage);

	return at_once < fetches ? (fetches + at_once - 1) / at_once : 1;
}

static uint64_t hands(const struct values *values, struct stage stage)
{
	uint64_t cores = stage_parallelism(stage), fetches = values->value[FETCH_FETCHES];

	return cores < fetches ? cores : fetches;
}

/* The last of the requests is sent, and a wait later its response is there; so all sends take place before the last
 * wait, and as the first response comes after the first wait, all receives after that. The longer of the two is at
 * least half of both: the wait, and half of a send and a receive a fetch. Of that, half, for what echo/spec.c says. */
static uint64_t bound_ns(const struct values *values, struct stage stage)
{
	uint64_t turns = rounds(values, stage), waiting = turns * values->value[FETCH_WAIT];
	uint64_t busy = values->value[FETCH_FETCHES] * values_cost(values, FETCH_FLOOR) / 4 / hands(values, stage);

	return turns > 1 ? waiting : waiting + busy;
}

/* 200 us a fetch beside creating its task, most of it the kernel's for a connection. */
static uint64_t estimate_ns(const struct values *values, struct stage stage)
{
	uint64_t fetches = values->value[FETCH_FETCHES];

	return rounds(values, stage) * (values->value[FETCH_WAIT] + NS_PER_MS) +
	       fetches * (200 * NS_PER_US + values->value[FETCH_SIZE]) / hands(values, stage) +
	       fetches * stage_task_ns(stage);
}

static void expect(const struct values *values, struct stage stage, struct expectation *expectation)
{
	uint64_t fetches = values->value[FETCH_FETCHES], checksum = 0;

	for (uint64_t i = 0; i < fetches; i++)
		checksum += fetch_token(i);
	*expectation = (struct expectation){
		.tasks = fetches,
		.operations = fetches,
		.bytes = fetches * values->value[FETCH_SIZE],
		.checksum = checksum,
		.bound_ns = bound_ns(values, stage),
		.alive = rounds(values, stage) > 1 ? 0 : fetches,
		.estimate_ns = estimate_ns(values, stage),
		.exchanged = fetches,
	};
}

const struct workload_spec fetch_spec = {
	.name = "fetch",
	.question = "How many HTTP responses can be waited for at once, and what does one cost?",
	.operation = "fetch",
	.bound_text =
		"the server's wait, and a quarter of the calibrated cost of a send and a recv for each fetch, over the "
		"cores in use",
	.parameters = parameters,
	.resolve = resolve_nothing,
	.admit = admit,
	.expect = expect,
};
