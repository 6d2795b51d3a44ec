/* chat_program.c: `load chat`. */
#include "../workloads/chat/chat.h"
#include "chat.h"
#include "programs.h"

enum parameter_index { MEMBERS = LOAD_PORT + 1, ROOMS, SIZE, MESSAGES, THREADS, TIMEOUT };

static const struct parameter parameters[] = {
	[LOAD_PORT] = LOAD_PORT_PARAMETER("where the server listens on 127.0.0.1"),
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
	[THREADS] = LOAD_THREADS_PARAMETER("threads that share the members; 0: one a core that the load may run on"),
	[TIMEOUT] = LOAD_TIMEOUT_PARAMETER,
	{.name = NULL},
};

/* The spec knows which members fit into which rooms. */
static int check(const struct values *values, char reason[REASON_MAX])
{
	struct values spec = {.value = {[CHAT_MEMBERS] = values->value[MEMBERS],
					[CHAT_ROOMS] = values->value[ROOMS],
					[CHAT_SIZE] = values->value[SIZE],
					[CHAT_MESSAGES] = values->value[MESSAGES]}};

	return chat_spec.resolve(&spec, reason);
}

static int run(const struct values *values, struct load_result *result, json_t **line)
{
	uint64_t members = values->value[MEMBERS];

	(void)line;
	return chat_drive(&(struct chat_options){.port = (uint16_t)values->value[LOAD_PORT],
						 .members = (uint32_t)members,
						 .rooms = (uint32_t)values->value[ROOMS],
						 .size = (uint32_t)values->value[SIZE],
						 .messages = values->value[MESSAGES],
						 .threads = load_threads(values->value[THREADS], members),
						 .timeout_ns = values->value[TIMEOUT]},
			  result);
}

const struct load_program load_chat = {
	.name = "chat",
	.about = "Drives a chat server on 127.0.0.1 as all of its members and checks what each of them hears.\n",
	.parameters = parameters,
	.check = check,
	.run = run,
};
