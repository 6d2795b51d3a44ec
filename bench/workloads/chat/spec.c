/* spec.c: the chat workload, a server that hands on what each member says to all of its room; see chat.h.
 *
 * Seen from the server: two tasks a member, one that hears what it says and one that tells it what was said, since a
 * task waits for one thing at a time; an operation is a delivery, a message to one member (joins included). The
 * checksum is the sum of the first words of all messages that the server has received; that everybody was told
 * everything, in each sender's order, the load checks. */
#include <errno.h>
#include <stdio.h>

#include "../../../runtimes/runtime.h"
#include "../echo/echo.h"
#include "chat.h"

enum { TASKS_A_MEMBER = 2 };

static const struct parameter parameters[] = {
	[CHAT_MEMBERS] = {.name = "members",
			  .type = PARAMETER_COUNT,
			  .fallback = "48",
			  .least = 1,
			  .most = CHAT_MEMBERS_MAX,
			  .help = "TCP connections, all open at once, two tasks each"},
	[CHAT_ROOMS] = {.name = "rooms",
			.type = PARAMETER_COUNT,
			.fallback = "4",
			.least = 1,
			.most = CHAT_MEMBERS_MAX,
			.help = "rooms that the members share evenly"},
	[CHAT_SIZE] = {.name = "size",
		       .type = PARAMETER_SIZE,
		       .fallback = "64B",
		       .least = CHAT_SIZE_MIN,
		       .most = CHAT_SIZE_MAX,
		       .help = "bytes a message, a multiple of 8"},
	[CHAT_MESSAGES] = {.name = "messages",
			   .type = PARAMETER_COUNT,
			   .fallback = "100",
			   .least = 1,
			   .most = CHAT_MESSAGES_MAX,
			   .help = "timed messages of each member, one after another"},
	[CHAT_FLOOR] =
		{.name = "floor",
		 .type = PARAMETER_DURATION,
		 .fallback = "0",
		 .least = 0,
		 .most = ECHO_FLOOR_MAX,
		 .calibrate = echo_floor_ns,
		 .help = "cost of one send and one recv of 64 B on this machine; 0: unknown, and no lower bound"},
	{.name = NULL},
};

uint64_t chat_room_members(const struct values *values)
{
	return values->value[CHAT_MEMBERS] / values->value[CHAT_ROOMS];
}

uint64_t chat_room_total(const struct values *values)
{
	return chat_room_members(values) * (values->value[CHAT_MESSAGES] + 1);
}

static int resolve(struct values *values, char reason[REASON_MAX])
{
	unsigned long long members = values->value[CHAT_MEMBERS], rooms = values->value[CHAT_ROOMS];

	if (members % rooms > 0)
		snprintf(reason, REASON_MAX, "members=%llu do not share rooms=%llu evenly", members, rooms);
	else if (members / rooms > CHAT_ROOM_MAX)
		snprintf(reason, REASON_MAX, "members=%llu in rooms=%llu: a room holds %llu at most", members, rooms,
			 (unsigned long long)CHAT_ROOM_MAX);
	else if (values->value[CHAT_SIZE] % sizeof(uint64_t) > 0)
		snprintf(reason, REASON_MAX, "size=%llu is no multiple of 8",
			 (unsigned long long)values->value[CHAT_SIZE]);
	else
		return 0;
	return -EINVAL;
}

static int admit(const struct values *values, struct stage stage, char reason[REASON_MAX])
{
	uint64_t tasks = TASKS_A_MEMBER * values->value[CHAT_MEMBERS];

	if (stage.capabilities & RUNTIME_NO_SOCKETS)
		snprintf(reason, REASON_MAX, "this runtime has no sockets: a task cannot wait for one");
	else if (tasks > stage_concurrency(stage))
		snprintf(reason, REASON_MAX,
			 "%llu members are there at once, each with a task that hears it and one that tells it what "
			 "others say: of these %llu tasks only %llu can be under way here",
			 (unsigned long long)values->value[CHAT_MEMBERS], (unsigned long long)tasks,
			 (unsigned long long)stage_concurrency(stage));
	else
		return 0;
	return -ENOTSUP;
}

static uint64_t hands(const struct values *values, struct stage stage)
{
	uint64_t cores = stage_parallelism(stage);

	return cores < values->value[CHAT_MEMBERS] ? cores : values->value[CHAT_MEMBERS];
}

/* A member says nothing new before it has heard itself: each message is received alone, and told to its own sender
 * apart from the one before, which is what an echo costs at least (echo/spec.c). To the others of the room it may be
 * told together with more. */
static uint64_t bound_ns(const struct values *values, struct stage stage)
{
	uint64_t timed = values->value[CHAT_MEMBERS] * values->value[CHAT_MESSAGES];

	return timed * values_cost(values, CHAT_FLOOR) / 2 / hands(values, stage);
}

/* A generous 20 us a message and 5 us a delivery; up to 600 us to set up a member, where processes are forked. */
static uint64_t estimate_ns(const struct values *values, struct stage stage)
{
	uint64_t messages = values->value[CHAT_MEMBERS] * values->value[CHAT_MESSAGES];
	uint64_t deliveries = messages * chat_room_members(values);

	return values->value[CHAT_MEMBERS] * 600 * NS_PER_US + values->value[CHAT_MESSAGES] * 200 * NS_PER_US +
	       (4 * messages + deliveries) * 5 * NS_PER_US / hands(values, stage);
}

/* The sum of chat_word() over all members and their messages 0 to `messages`. */
static uint64_t checksum(const struct values *values)
{
	uint64_t members = values->value[CHAT_MEMBERS], messages = values->value[CHAT_MESSAGES];

	return ((members * (members - 1) / 2 * (messages + 1)) << CHAT_MEMBER_SHIFT) +
	       members * (messages * (messages + 1) / 2);
}

static void expect(const struct values *values, struct stage stage, struct expectation *expectation)
{
	uint64_t members = values->value[CHAT_MEMBERS];
	uint64_t deliveries = members * chat_room_total(values);

	*expectation = (struct expectation){
		.tasks = TASKS_A_MEMBER * members,
		.operations = deliveries,
		.bytes = deliveries * values->value[CHAT_SIZE],
		.checksum = checksum(values),
		.bound_ns = bound_ns(values, stage),
		.alive = TASKS_A_MEMBER * members,
		.estimate_ns = estimate_ns(values, stage),
		.exchanged = members * chat_room_members(values) * values->value[CHAT_MESSAGES],
	};
}

const struct workload_spec chat_spec = {
	.name = "chat",
	.question = "What does it cost each model to hand on what one member says to all others of its room?",
	.operation = "delivery",
	.bound_text = "timed messages x half of the calibrated cost of one send and one recv, over the cores in use",
	.parameters = parameters,
	.resolve = resolve,
	.admit = admit,
	.expect = expect,
};
