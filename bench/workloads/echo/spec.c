/* spec.c: the echo workload, a TCP server that sends back what it receives; see echo.h for the exchange.
 *
 * Seen from the server: a task a connection, an operation a message (warm-ups included). The bytes themselves are
 * checked by the load, which alone knows what they must be; the server's checksum is therefore always 0. */
#include <errno.h>
#include <stdio.h>

#include "../../../runtimes/runtime.h"
#include "echo.h"

enum { CHURN_SPARE = 16 }; /* places beside two for each connection, so that few have little to wait for */

static const char *const no_or_yes[] = {"no", "yes", NULL};
static const char *const apart_or_same[] = {"apart", "same", NULL};

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
	[ECHO_DEPTH] = {.name = "depth",
			.type = PARAMETER_COUNT,
			.fallback = "1",
			.least = 1,
			.most = ECHO_DEPTH_MAX,
			.help = "messages under way on a connection at once"},
	[ECHO_IDLE] = {.name = "idle",
		       .type = PARAMETER_COUNT,
		       .fallback = "0",
		       .least = 0,
		       .most = ECHO_CONNECTIONS_MAX,
		       .help = "connections besides that are open and carry nothing, a task each"},
	[ECHO_RATE] = {.name = "rate",
		       .type = PARAMETER_COUNT,
		       .fallback = "0",
		       .least = 0,
		       .most = ECHO_RATE_MAX,
		       .help = "messages a second, due at fixed times on all connections together, whatever the server "
			       "does (open loop); 0: each when an earlier one is back (closed loop)"},
	[ECHO_CHURN] =
		{.name = "churn",
		 .type = PARAMETER_CHOICE,
		 .fallback = "no",
		 .choices = no_or_yes,
		 .help = "yes: a new connection and task for each message (connect, one exchange, close), without "
			 "warm-up messages"},
	[ECHO_CLIENT] = {.name = "client",
			 .type = PARAMETER_CHOICE,
			 .fallback = "apart",
			 .choices = apart_or_same,
			 .places_load = true,
			 .help = "where the load runs; apart: on cores that the server has no part of, if there are "
				 "any, and each "
				 "message may wake a core up; same: on the server's"},
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

static uint64_t timed_messages(const struct values *values)
{
	return values->value[ECHO_CONNECTIONS] * values->value[ECHO_MESSAGES];
}

static uint64_t all_connections(const struct values *values)
{
	return values->value[ECHO_CONNECTIONS] + values->value[ECHO_IDLE];
}

uint64_t echo_connections_ever(const struct values *values)
{
	return values->value[ECHO_CHURN] ? timed_messages(values) + values->value[ECHO_IDLE] : all_connections(values);
}

uint64_t echo_connections_at_once(const struct values *values)
{
	uint64_t ever = echo_connections_ever(values), room = all_connections(values);

	if (values->value[ECHO_CHURN])
		room += values->value[ECHO_CONNECTIONS] + CHURN_SPARE;
	return room < ever ? room : ever;
}

static int resolve(struct values *values, char reason[REASON_MAX])
{
	if (!values->value[ECHO_CHURN] || values->value[ECHO_DEPTH] == 1)
		return 0;
	snprintf(reason, REASON_MAX, "churn=yes has one message a connection: depth=1");
	return -EINVAL;
}

static int admit(const struct values *values, struct stage stage, char reason[REASON_MAX])
{
	if (stage.capabilities & RUNTIME_NO_SOCKETS) {
		snprintf(reason, REASON_MAX, "this runtime has no sockets: a task cannot wait for one");
		return -ENOTSUP;
	}
	if (values->value[ECHO_CHURN] && stage_arrivals(stage, 1) == 0) {
		snprintf(reason, REASON_MAX,
			 "churn=yes: this runtime runs a task only when it is joined, and nobody joins while the next "
			 "connection is awaited");
		return -ENOTSUP;
	}
	if (all_connections(values) <= stage_concurrency(stage) || stage.capabilities & RUNTIME_REQUEUES)
		return 0;
	snprintf(reason, REASON_MAX,
		 "%llu connections are open at once, and this runtime finishes those it has begun before it looks at "
		 "another: it can only take connections=%llu",
		 (unsigned long long)all_connections(values), (unsigned long long)stage_concurrency(stage));
	return -ENOTSUP;
}

/* How many messages the server can have in its hands at the same instant. */
static uint64_t hands(const struct values *values, struct stage stage)
{
	uint64_t cores = stage_parallelism(stage);

	return cores < values->value[ECHO_CONNECTIONS] ? cores : values->value[ECHO_CONNECTIONS];
}

/* Whatever its model, a server makes one recv and one send for each message, or for `depth` of them, since a client
 * waits for a reply before it sends again, and nothing can be joined across connections. In an open loop any number of
 * messages may have come meanwhile, and there is no such bound. `floor` is the cheapest such pair that the calibration
 * saw. The bound takes half of it, because it must hold under every noise and for servers that nobody has written yet:
 * a batched interface (io_uring) saves the two entries into the kernel; delivery over loopback, part of the calibrated
 * send, may run on the client's core (receive packet steering); the clock frequency may be higher in the play than in
 * the calibration; and messages below 64 B copy a little less. None of these touches the rest of the pair: the segment
 * is built, queued and copied on the server's cores. */
static uint64_t bound_ns(const struct values *values, struct stage stage)
{
	if (values->value[ECHO_RATE] > 0)
		return 0;
	return timed_messages(values) * values_cost(values, ECHO_FLOOR) / 2 / values->value[ECHO_DEPTH] /
	       hands(values, stage);
}

/* When the last message of an open loop is due; 0 in a closed one. */
static uint64_t due_ns(const struct values *values)
{
	uint64_t rate = values->value[ECHO_RATE], timed = timed_messages(values);

	return rate > 0 ? timed / rate * NS_PER_S + timed % rate * NS_PER_S / rate : 0;
}

static uint64_t longest(uint64_t a, uint64_t b, uint64_t c)
{
	uint64_t longer = a > b ? a : b;

	return longer > c ? longer : c;
}

/* Either the server's cores decide (a generous 20 us a message, and 2 ns a byte), or the round trip of a single
 * connection does, which sleeps and wakes up twice, or the rate. Setting up takes up to 300 us a connection, where a
 * process is forked for each; in churn it is part of each message. */
static uint64_t estimate_ns(const struct values *values, struct stage stage)
{
	uint64_t message_ns = 20 * NS_PER_US + 2 * values->value[ECHO_SIZE];
	uint64_t busy = timed_messages(values) * message_ns / hands(values, stage);
	uint64_t alone = values->value[ECHO_MESSAGES] * (100 * NS_PER_US + 2 * values->value[ECHO_SIZE]);

	if (values->value[ECHO_CHURN])
		busy += timed_messages(values) * (100 * NS_PER_US + stage_task_ns(stage));
	return all_connections(values) * 300 * NS_PER_US + longest(busy, alone, due_ns(values));
}

static void expect(const struct values *values, struct stage stage, struct expectation *expectation)
{
	uint64_t warm_ups = values->value[ECHO_CHURN] ? 0 : values->value[ECHO_CONNECTIONS];
	uint64_t operations = timed_messages(values) + warm_ups;

	*expectation = (struct expectation){.tasks = echo_connections_ever(values),
					    .operations = operations,
					    .bytes = operations * values->value[ECHO_SIZE],
					    .checksum = 0,
					    .bound_ns = bound_ns(values, stage),
					    .alive = echo_connections_at_once(values),
					    .estimate_ns = estimate_ns(values, stage)};
}

const struct workload_spec echo_spec = {
	.name = "echo",
	.question = "How fast does each model answer on sockets, and at what cost in CPU and memory a connection?",
	.operation = "message",
	.bound_text = "timed messages x half of the calibrated cost of one send and one recv, over the cores in use",
	.parameters = parameters,
	.load_reads_cpu = true,
	.resolve = resolve,
	.admit = admit,
	.expect = expect,
};
