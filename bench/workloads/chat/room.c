/* room.c: see room.h. */
#include "room.h"

#include <stdio.h>
#include <string.h>

#include "../../player/play.h"
#include "../echo/server.h"

enum { RING_BYTES_LEAST = 64 << 10 };

uint64_t chat_capacity(const struct values *values)
{
	uint64_t capacity = 2, size = values->value[CHAT_SIZE];

	while (capacity < 2 * chat_room_members(values) || capacity * size < RING_BYTES_LEAST)
		capacity *= 2;
	return capacity;
}

size_t chat_inbox_room(const struct values *values)
{
	return echo_room(values->value[CHAT_SIZE]);
}

void chat_inbox_consume(struct chat_inbox *inbox, uint64_t size)
{
	inbox->have -= size;
	if (inbox->have > 0)
		memmove(inbox->buffer, inbox->buffer + size, inbox->have);
}

void chat_add(struct chat_sum *sum, const struct chat_account *account)
{
	sum->tasks += account->tasks;
	sum->delivered += account->delivered;
	sum->checksum += account->checksum;
	if (account->error)
		sum->error = account->error;
	if (account->ended_ns > sum->last_ns)
		sum->last_ns = account->ended_ns;
}

void chat_conclude(struct play *play, const struct chat_sum *sum)
{
	uint64_t tasks = 2 * play_value(play, CHAT_MEMBERS);

	play_end(play, sum->last_ns);
	play_audit(play, sum->tasks, sum->delivered, sum->delivered * play_value(play, CHAT_SIZE), sum->checksum);
	if (sum->tasks < tasks)
		fprintf(stderr, "chat: %llu of %llu tasks did not end with the end of their member: %s\n",
			(unsigned long long)(tasks - sum->tasks), (unsigned long long)tasks, strerror(sum->error));
}
