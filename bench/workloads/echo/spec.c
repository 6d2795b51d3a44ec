/* spec.c: the echo workload, a TCP server that sends back what it receives; see echo.h for the exchange.
 *
 * Seen from the server: a task a connection, an operation a message (warm-ups included). The bytes themselves are
 * checked by the load, which alone knows what they must be; the server's checksum is therefore always 0. */
#include <errno.h>
#include <stdio.h>

#include "../../../runtimes/runtime.h"
#include "echo.h"

static const struct parameter parameters[] = {
	[ECHO_CONNECTIONS] = {.name = "connections",
			      .type = PARAMETER_COUNT,
			      .fallback = "50",
			      .least = 1,
			      .most = ECHO_CONNECTIONS_MAX,
			      .help = "TCP connections, all open at once, a task each"},
	[ECHO_SIZE] = {.name = "size",
		       .type = PARAMETER_SIZE,
		       .fallback = "64B",
		       .least = 1,
		       .most = ECHO_SIZE_MAX,
		       .help = "bytes a message"},
	[ECHO_MESSAGES] = {.name = "messages",
			   .type = PARAMETER_COUNT,
			   .fallback = "400",
			   .least = 1,
			   .most = ECHO_MESSAGES_MAX,
			   .help = "timed messages a connection, one after another"},
	[ECHO_FLOOR] =
		{.name = "floor",
		 .type = PARAMETER_DURATION,
		 .fallback = "0",
		 .least = 0,
		 .most = ECHO_FLOOR_MAX,
		 .calibrate = echo_floor_ns,
		 .help = "cost of one send and one recv of 64 B on this machine; 0: unknown, and no lower bound"},
	{.name = NULL},
};

static int admit(const struct values *values, struct stage stage, char reason[REASON_MAX])
{
	if (stage.capabilities & RUNTIME_NO_SOCKETS) {
		snprintf(reason, REASON_MAX, "this runtime has no sockets: a task cannot wait for one");
		return -ENOTSUP;
	}
	if (stage.capabilities & RUNTIME_PRIVATE_DESCRIPTORS) {
		snprintf(reason, REASON_MAX,
			 "a connection cannot be handed to a task: its descriptor is opened after the workers have begun");
		return -ENOTSUP;
	}
	if (values->value[ECHO_CONNECTIONS] <= stage_concurrency(stage))
		return 0;
	snprintf(reason, REASON_MAX,
		 "%llu connections are open at once, and this runtime finishes those it has begun before it looks at "
		 "another: it can only take connections=%llu",
		 (unsigned long long)values->value[ECHO_CONNECTIONS], (unsigned long long)stage_concurrency(stage));
	return -ENOTSUP;
}

/* How many messages the server can have in its hands at the same instant. */
static uint64_t hands(const struct values *values, struct stage stage)
{
	uint64_t cores = stage_parallelism(stage);

	return cores < values->value[ECHO_CONNECTIONS] ? cores : values->value[ECHO_CONNECTIONS];
}

/* Whatever its model, a server makes one recv and one send for each message, since a client waits for each reply before
 * it sends again, and nothing can be joined across connections. `floor` is the cheapest such pair that the calibration
 * saw. The bound takes half of it, because it must hold under every noise and for servers that nobody has written yet:
 * a batched interface (io_uring) saves the two entries into the kernel; delivery over loopback, part of the calibrated
 * send, may run on the client's core (receive packet steering); the clock frequency may be higher in the play than in
 * the calibration; and messages below 64 B copy a little less. None of these touches the rest of the pair: the segment
 * is built, queued and copied on the server's cores. */
static uint64_t bound_ns(const struct values *values, struct stage stage)
{
	uint64_t timed = values->value[ECHO_CONNECTIONS] * values->value[ECHO_MESSAGES];

	return timed * values_cost(values, ECHO_FLOOR) / 2 / hands(values, stage);
}

/* Either the server's cores decide (a generous 20 us a message, and 2 ns a byte), or the round trip of a single
 * connection does, which sleeps and wakes up twice. Setting up takes up to 300 us a connection, where a process is
 * forked for each. */
static uint64_t estimate_ns(const struct values *values, struct stage stage)
{
	uint64_t message_ns = 20 * NS_PER_US + 2 * values->value[ECHO_SIZE];
	uint64_t busy =
		values->value[ECHO_CONNECTIONS] * values->value[ECHO_MESSAGES] * message_ns / hands(values, stage);
	uint64_t alone = values->value[ECHO_MESSAGES] * (100 * NS_PER_US + 2 * values->value[ECHO_SIZE]);

	return values->value[ECHO_CONNECTIONS] * 300 * NS_PER_US + (busy > alone ? busy : alone);
}

static void expect(const struct values *values, struct stage stage, struct expectation *expectation)
{
	uint64_t operations = values->value[ECHO_CONNECTIONS] * (values->value[ECHO_MESSAGES] + 1);

	*expectation = (struct expectation){.tasks = values->value[ECHO_CONNECTIONS],
					    .operations = operations,
					    .bytes = operations * values->value[ECHO_SIZE],
					    .checksum = 0,
					    .bound_ns = bound_ns(values, stage),
					    .estimate_ns = estimate_ns(values, stage)};
}

const struct workload_spec echo_spec = {
	.name = "echo",
	.question = "How fast does each model answer on sockets, and at what cost in CPU and memory a connection?",
	.operation = "message",
	.bound_text = "timed messages x half of the calibrated cost of one send and one recv, over the cores in use",
	.parameters = parameters,
	.resolve = resolve_nothing,
	.admit = admit,
	.expect = expect,
};
