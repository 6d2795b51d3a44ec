/* chat_main.c: `load chat`: options in, one line of JSON out. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "../workloads/chat/chat.h"
#include "chat.h"
#include "programs.h"

/* As the spec's, in its order, and the load's own. */
enum parameter_index { PORT, MEMBERS, ROOMS, SIZE, MESSAGES, THREADS, TIMEOUT };

static const struct parameter parameters[] = {
	[PORT] = {.name = "port",
		  .type = PARAMETER_COUNT,
		  .least = 1,
		  .most = 65535,
		  .help = "where the server listens on 127.0.0.1"},
	[MEMBERS] = {.name = "members",
		     .type = PARAMETER_COUNT,
		     .fallback = "48",
		     .least = 1,
		     .most = CHAT_MEMBERS_MAX,
		     .help = "TCP connections, all open at once"},
	[ROOMS] = {.name = "rooms",
		   .type = PARAMETER_COUNT,
		   .fallback = "4",
		   .least = 1,
		   .most = CHAT_MEMBERS_MAX,
		   .help = "rooms that the members share evenly"},
	[SIZE] = {.name = "size",
		  .type = PARAMETER_SIZE,
		  .fallback = "64B",
		  .least = CHAT_SIZE_MIN,
		  .most = CHAT_SIZE_MAX,
		  .help = "bytes a message, a multiple of 8"},
	[MESSAGES] = {.name = "messages",
		      .type = PARAMETER_COUNT,
		      .fallback = "100",
		      .least = 1,
		      .most = CHAT_MESSAGES_MAX,
		      .help = "timed messages of each member, after the one by which it joins"},
	[THREADS] = {.name = "threads",
		     .type = PARAMETER_COUNT,
		     .fallback = "0",
		     .least = 0,
		     .most = 1024,
		     .help = "threads that share the members; 0: one a core that the load may run on"},
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
	fprintf(file, "usage: load chat port=P [key=value ...]\n\n"
		      "Drives a chat server on 127.0.0.1 as all of its members and checks what each of them hears.\n"
		      "Prints one line of JSON.\n\n");
	for (const struct parameter *parameter = parameters; parameter->name; parameter++)
		fprintf(file, "  %-12s %s (default %s)\n", parameter->name, parameter->help,
			parameter->fallback ? parameter->fallback : "none");
}

/* The spec knows which members fit into which rooms. 0, or -EINVAL with a sentence. */
static int check_rooms(const struct values *values, char reason[REASON_MAX])
{
	struct values spec = {.value = {[CHAT_MEMBERS] = values->value[MEMBERS],
					[CHAT_ROOMS] = values->value[ROOMS],
					[CHAT_SIZE] = values->value[SIZE],
					[CHAT_MESSAGES] = values->value[MESSAGES]}};

	return chat_spec.resolve(&spec, reason);
}

static int take_arguments(int count, char **pairs, struct values *values, char reason[REASON_MAX])
{
	int error = 0;

	values_init(values, parameters);
	for (int i = 0; i < count && error == 0; i++)
		error = values_take(values, parameters, pairs[i], reason);
	if (error == 0 && !values->given[PORT]) {
		snprintf(reason, REASON_MAX, "port= is missing: say where the server listens");
		error = -EINVAL;
	}
	return error < 0 ? error : check_rooms(values, reason);
}

static struct chat_options options_from(const struct values *values)
{
	uint64_t threads = values->value[THREADS] > 0 ? values->value[THREADS] : load_cores();
	uint64_t members = values->value[MEMBERS];

	return (struct chat_options){.port = (uint16_t)values->value[PORT],
				     .members = (uint32_t)members,
				     .rooms = (uint32_t)values->value[ROOMS],
				     .size = (uint32_t)values->value[SIZE],
				     .messages = values->value[MESSAGES],
				     .threads = (unsigned)(threads < members ? threads : members),
				     .timeout_ns = values->value[TIMEOUT]};
}

int chat_main(int count, char **pairs)
{
	static struct load_result result; /* large: it holds a histogram */
	struct chat_options options;
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
	options = options_from(&values);
	if (load_chat(&options, &result) < 0) {
		fprintf(stderr, "load: %s\n", result.reason);
		return LOAD_EXIT_WRONG;
	}
	return load_conclude("chat", &result);
}
