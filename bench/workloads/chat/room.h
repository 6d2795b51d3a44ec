/* room.h: what the chat servers of all dialects share: the ring in which a room keeps what was said last, a member's
 * inbox, and the accounts. Who waits for whom, and how, which is what is measured, each dialect writes for itself.
 *
 * What is said in a room has numbers, from 0 on, in the order of all its members. The ring holds the last `capacity` of
 * them: twice as many as there are members at least, so that those who keep up never wait; whoever speaks waits for
 * those who do not. */
#ifndef SIMUL_CHAT_ROOM_H
#define SIMUL_CHAT_ROOM_H

#include <stddef.h>
#include <stdint.h>

#include "chat.h"

struct play;

/* The messages of one room. Plain data; bytes are owned by whoever made them. */
struct chat_ring {
	uint64_t size;     /* bytes a message */
	uint64_t capacity; /* messages, a power of two */
	char *bytes;       /* capacity x size of them */
};

/* For rooms of the play's size: messages that a ring holds. */
uint64_t chat_capacity(const struct values *values);

static inline char *chat_place(const struct chat_ring *ring, uint64_t number)
{
	return ring->bytes + (number & (ring->capacity - 1)) * ring->size;
}

/* How many of the messages [from, to), at least one, lie together in memory, from the first of them on. */
static inline uint64_t chat_together(const struct chat_ring *ring, uint64_t from, uint64_t to)
{
	uint64_t left = ring->capacity - (from & (ring->capacity - 1));

	return to - from < left ? to - from : left;
}

/* What a member's connection has brought and nobody has taken yet. */
struct chat_inbox {
	size_t have;
	char *buffer; /* chat_inbox_room() bytes, aligned as a word */
};

size_t chat_inbox_room(const struct values *values);

/* Takes the first message, of `size` bytes, which is there, out of the inbox. */
void chat_inbox_consume(struct chat_inbox *inbox, uint64_t size);

/* The first word of the message at the beginning. */
static inline uint64_t chat_inbox_word(const struct chat_inbox *inbox)
{
	return *(const uint64_t *)(const void *)inbox->buffer;
}

/* What a member's tasks have done; each field is written by one of them, and read when both have ended. */
struct chat_account {
	uint64_t checksum;  /* first words of the messages that it has said */
	uint64_t delivered; /* messages told to it, whole */
	uint64_t ended_ns;
	uint64_t tasks; /* that have ended as they should */
	int error;      /* what ended one of them before the end, positive; 0 is the ordinary end */
};

/* The sum of all members. A task that broke is not counted: the audit fails, and with it the play. */
struct chat_sum {
	uint64_t tasks, delivered, checksum, last_ns;
	int error;
};

void chat_add(struct chat_sum *sum, const struct chat_account *account);

/* Ends the play: hands in the audit, and says on standard error what failed, if anything did. */
void chat_conclude(struct play *play, const struct chat_sum *sum);

#endif
