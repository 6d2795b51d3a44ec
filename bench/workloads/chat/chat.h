/* chat.h: what the spec, the bodies and the load of the chat workload agree on.
 *
 * A play is `members` TCP connections to 127.0.0.1, in `rooms` rooms of the same size: member m, from 0 on, is in room
 * m % rooms. Whatever a member sends goes to all members of its room, itself included. Each sends message 0, by which
 * it joins; when all have heard all joins of their room, it sends `messages` timed ones of `size` bytes, each when it
 * has heard the one before it itself; when it has heard everything that was said in its room, it closes its side.
 *
 * A message begins with a word that says whose it is and which: the member from bit 40 on, its number below. What
 * follows is between the members: to the server, it is bytes. */
#ifndef SIMUL_CHAT_H
#define SIMUL_CHAT_H

#include "../../../runtimes/clock.h"
#include "../workload.h"

/* Indices into the spec's table of parameters. */
enum chat_parameter { CHAT_MEMBERS, CHAT_ROOMS, CHAT_SIZE, CHAT_MESSAGES, CHAT_FLOOR };

/* Limits. A room's is one of memory: each of its members knows how far it has heard each other one. */
#define CHAT_MEMBERS_MAX UINT64_C(20000)
#define CHAT_ROOM_MAX UINT64_C(1000)
#define CHAT_SIZE_MIN UINT64_C(32)
#define CHAT_SIZE_MAX (UINT64_C(4) << 10)
#define CHAT_MESSAGES_MAX UINT64_C(1000000)

extern const struct workload_spec chat_spec;

/* The first word of a message. */
enum { CHAT_MEMBER_SHIFT = 40 };

static inline uint64_t chat_word(uint64_t member, uint64_t message)
{
	return member << CHAT_MEMBER_SHIFT | message;
}

/* Members a room, and what is said in it until the end, joins included. */
uint64_t chat_room_members(const struct values *values);
uint64_t chat_room_total(const struct values *values);

#endif
