/* load.c: the verb `simul load`: drives anybody's echo server. */
#include <errno.h>
#include <jansson.h>
#include <sched.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

#include "../../runtimes/clock.h"
#include "../load/knee.h"
#include "../load/load.h"
#include "../workloads/echo/echo.h"
#include "command.h"
#include "core_list.h"
#include "driver.h"
#include "verbs.h"

enum { RATE_MAX = 10000000 };

struct load_command {
	struct load_address to;
	struct texts cores;
	uint64_t connections, idle, size, depth, messages, duration_ns, warmup_ns, rate, stall_ns;
	bool churn, find_knee, allow_remote, json;
};

#define FIELD(name) offsetof(struct load_command, name)

static int take_address(const char *text, void *field, char reason[REASON_MAX])
{
	return load_address_parse(field, text, reason);
}

static int take_number(const char *text, uint64_t *number, uint64_t least, uint64_t most, char reason[REASON_MAX])
{
	snprintf(reason, REASON_MAX, "it takes a whole number from %llu to %llu", (unsigned long long)least,
		 (unsigned long long)most);
	return count_parse(text, number) < 0 || *number < least || *number > most ? -EINVAL : 0;
}

static int take_connections(const char *text, void *field, char reason[REASON_MAX])
{
	return take_number(text, field, 1, 1000000, reason);
}

static int take_idle(const char *text, void *field, char reason[REASON_MAX])
{
	return take_number(text, field, 0, 1000000, reason);
}

static int take_depth(const char *text, void *field, char reason[REASON_MAX])
{
	return take_number(text, field, 1, LOAD_DEPTH_MAX, reason);
}

static int take_rate(const char *text, void *field, char reason[REASON_MAX])
{
	return take_number(text, field, 1, RATE_MAX, reason);
}

static int take_messages(const char *text, void *field, char reason[REASON_MAX])
{
	return take_number(text, field, 1, ECHO_MESSAGES_MAX, reason);
}

static int take_size(const char *text, void *field, char reason[REASON_MAX])
{
	uint64_t *bytes = field;

	snprintf(reason, REASON_MAX, "it takes a size from 1 to 64KiB");
	return size_parse(text, bytes) < 0 || *bytes < 1 || *bytes > ECHO_SIZE_MAX ? -EINVAL : 0;
}

static const struct command_option load_table[] = {
	{.name = "to",
	 .argument = "HOST:PORT",
	 .take = take_address,
	 .field = FIELD(to),
	 .help = "Where the server listens: 127.0.0.1:7000, [::1]:7000, or 7000 for 127.0.0.1:7000"},
	{.name = "connections",
	 .argument = "N",
	 .take = take_connections,
	 .field = FIELD(connections),
	 .help = "That carry messages (default: 50)"},
	{.name = "size",
	 .argument = "SIZE",
	 .take = take_size,
	 .field = FIELD(size),
	 .help = "Bytes a message, up to 64KiB (default: 64)"},
	{.name = "depth",
	 .argument = "N",
	 .take = take_depth,
	 .field = FIELD(depth),
	 .help = "Messages under way on a connection at once (default: 1)"},
	{.name = "rate",
	 .argument = "N",
	 .take = take_rate,
	 .field = FIELD(rate),
	 .help = "Open loop: N messages a second over all connections, due at fixed times whatever the server does "
		 "(default: closed loop, the next message when one has come back)"},
	{.name = "duration",
	 .argument = "DURATION",
	 .take = take_duration,
	 .field = FIELD(duration_ns),
	 .help = "Of the timed part (default: 10s, unless --messages is there)"},
	{.name = "warm-up",
	 .argument = "DURATION",
	 .take = take_duration,
	 .field = FIELD(warmup_ns),
	 .help = "The same load before the timed part (default: 500ms before a duration; one message a connection "
		 "otherwise)"},
	{.name = "messages",
	 .argument = "N",
	 .take = take_messages,
	 .field = FIELD(messages),
	 .help = "Timed messages a connection, instead of a duration"},
	{.name = "idle",
	 .argument = "N",
	 .take = take_idle,
	 .field = FIELD(idle),
	 .help = "Connections besides, open and silent (default: 0)"},
	{.name = "churn",
	 .take = take_flag,
	 .field = FIELD(churn),
	 .help = "A new connection for each message: connect, send, receive, close; the latency counts from the "
		 "connecting"},
	{.name = "find-knee",
	 .take = take_flag,
	 .field = FIELD(find_knee),
	 .help = "Open loops at a dozen rates, of --duration each (default: 1s), and a search for the rate from which "
		 "on "
		 "waiting explodes; prints a table to draw: gnuplot -c share/simul/plots/knee.gp FILE.tsv"},
	{.name = "cores",
	 .argument = "LIST",
	 .take = take_list,
	 .field = FIELD(cores),
	 .help = "One client thread on each of these cores (default: one thread, wherever the kernel puts it)"},
	{.name = "stall",
	 .argument = "DURATION",
	 .take = take_duration,
	 .field = FIELD(stall_ns),
	 .help = "Give a connection up whose message takes longer (default: 5s)"},
	{.name = "allow-remote",
	 .take = take_flag,
	 .field = FIELD(allow_remote),
	 .help = "Servers on other machines too, which is for their owner to allow"},
	{.name = "json", .take = take_flag, .field = FIELD(json), .help = "Print the record, a line of JSON"},
	{.name = NULL},
};

static const struct command load_command = {
	.name = "simul load",
	.help = "Drives a TCP echo server, ours or anybody's, and checks every byte that comes back: a message that is "
		"lost, repeated or another connection's is found and named."
		"\v"
		"Examples:\n"
		"  simul load --to 7000                            10 s, 50 connections, 64 B\n"
		"  simul load --to 7000 --rate 20000               open loop\n"
		"  simul load --to 7000 --depth 16 --size 1KiB     pipelined\n"
		"  simul load --to 7000 --connections 10 --idle 5000 --messages 1000\n"
		"  simul load --to 7000 --churn --duration 2s      connect, one message, close\n"
		"  simul load --to 7000 --find-knee > knee.tsv     latency over rate\n"
		"  simul load --to '[::1]:7000' --cores 2,3        a thread on each core\n"
		"\n"
		"A server to try it with: simul serve echo --runtime=coroutine. An open loop keeps its cores busy: it "
		"waits for the clock by looking at it. Its latency counts from when a message was due, not from when "
		"it was sent; both are shown. The timed part ends early with Ctrl-C.\n"
		"\n"
		"Exit status: 0 every byte was right; 1 a connection failed; 2 the call was wrong; 3 nothing came "
		"back, or it could not begin; 130 interrupted.",
	.options = load_table,
};

/* What does not go together, in words. */
static int check(const struct load_command *asked)
{
	if (asked->to.length == 0)
		say("load: say where the server listens: --to HOST:PORT");
	else if (!asked->to.loopback && !asked->allow_remote)
		say("load: %s is not this machine's loopback: --allow-remote drives it, if its owner agrees",
		    asked->to.text);
	else if (asked->messages > 0 && (asked->duration_ns > 0 || asked->warmup_ns > 0))
		say("load: --messages stands instead of --duration and --warm-up");
	else if (asked->churn && asked->depth > 1)
		say("load: --churn has one message a connection, and no --depth");
	else if (asked->find_knee && (asked->rate > 0 || asked->messages > 0 || asked->json))
		say("load: --find-knee chooses the rates, runs for a --duration each, and prints its own table");
	else
		return 0;
	return -EINVAL;
}

static uint64_t or_else(uint64_t value, uint64_t fallback)
{
	return value > 0 ? value : fallback;
}

static struct load_options options_of(const struct load_command *asked, const struct core_list *cores)
{
	uint32_t connections = (uint32_t)or_else(asked->connections, 50);
	bool timed = asked->messages == 0;

	return (struct load_options){
		.to = asked->to,
		.connections = connections,
		.idle = (uint32_t)asked->idle,
		.size = (uint32_t)or_else(asked->size, 64),
		.depth = (uint32_t)or_else(asked->depth, 1),
		.messages = asked->messages,
		.duration_ns = timed ? or_else(asked->duration_ns, asked->find_knee ? NS_PER_S : 10 * NS_PER_S) : 0,
		.warmup_ns = timed ? or_else(asked->warmup_ns, 500 * NS_PER_MS) : 0,
		.rate = asked->rate,
		.churn = asked->churn,
		.threads = cores->count == 0            ? 1
			   : cores->count < connections ? cores->count
							: connections,
		.cores = cores->count == 0 ? NULL : cores->items,
		.stall_ns = or_else(asked->stall_ns, 5 * NS_PER_S),
		.timeout_ns = 24 * 3600 * NS_PER_S,
		.stop = &stop_requested,
	};
}

static int print(const struct load_command *asked, const struct load_options *options, const struct load_result *result)
{
	json_t *json = asked->json ? load_json(options, result) : NULL;

	if (!asked->json)
		load_print(options, result, stdout);
	else if (json && json_dumpf(json, stdout, JSON_COMPACT) == 0)
		putchar('\n');
	json_decref(json);
	return asked->json && !json ? -ENOMEM : 0;
}

static int status_of(const struct load_command *asked, const struct load_result *result)
{
	if (result->errors > 0 && asked->json) /* for people it stands in the table */
		say("load: %s", result->reason);
	if (stop_requested)
		return DRIVER_INTERRUPTED;
	if (result->messages == 0)
		return DRIVER_NOTHING_DONE;
	return result->errors > 0 ? DRIVER_CELL_FAILED : DRIVER_OK;
}

static int run_once(void *context, const struct load_options *options, struct load_result *result)
{
	(void)context;
	return load_run(options, result);
}

static void tell_knee(const struct knee *knee)
{
	const struct knee_point *good = knee->last_good, *bad = knee->first_bad;

	say("load: closed loop: %.0f messages/s", knee->closed);
	for (unsigned i = 0; i < knee->count; i++)
		if (knee->points[i].late && !knee->points[i].good)
			say("load: %llu messages/s: the client itself was late, %d times; that says nothing of the "
			    "server",
			    (unsigned long long)knee->points[i].rate, KNEE_AGAIN + 1);
	if (good)
		say("load: up to %llu messages/s: p50 %.1f us, p99 %.1f us since due", (unsigned long long)good->rate,
		    (double)good->p50 / NS_PER_US, (double)good->p99 / NS_PER_US);
	if (bad)
		say("load: not at %llu messages/s: p50 %.1f us, p99 %.1f us%s", (unsigned long long)bad->rate,
		    (double)bad->p50 / NS_PER_US, (double)bad->p99 / NS_PER_US,
		    bad->kept ? "" : ", and the rate is not kept");
}

static int find_knee(const struct load_options *options)
{
	struct knee knee;
	int error = knee_find(&knee, options, run_once, NULL);

	knee_write(&knee, stdout);
	if (error == 0)
		tell_knee(&knee);
	else if (error != -EINTR)
		say("load: %s", knee.reason);
	if (error == -EIO)
		return DRIVER_CELL_FAILED;
	return error == 0 ? DRIVER_OK : error == -EINTR ? DRIVER_INTERRUPTED : DRIVER_NOTHING_DONE;
}

static int run(const struct load_command *asked, const struct core_list *cores)
{
	static struct load_result result; /* large: it holds histograms */
	struct load_options options = options_of(asked, cores);

	stop_watch();
	prctl(PR_SET_TIMERSLACK, 1); /* as every player has it */
	if (asked->find_knee)
		return find_knee(&options);
	if (load_run(&options, &result) < 0) {
		say("load: %s", result.reason);
		return DRIVER_NOTHING_DONE;
	}
	if (print(asked, &options, &result) < 0)
		return DRIVER_NOTHING_DONE;
	return status_of(asked, &result);
}

int load_main(int argc, char **argv)
{
	struct load_command asked = {.json = false};
	struct core_list cores = {.count = 0};
	int status = DRIVER_USAGE;

	if (command_parse(&load_command, argc, argv, &asked, NULL) == 0 && check(&asked) == 0 &&
	    core_list_read(&cores, &asked.cores, "load") == 0)
		status = run(&asked, &cores);
	core_list_clear(&cores);
	texts_clear(&asked.cores);
	return status;
}
