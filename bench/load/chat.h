/* chat.h: drives a chat server on 127.0.0.1 as all of its members, and checks what each of them hears.
 *
 * Every message names its sender and its number, and says when it was sent; the rest is a function of these. So a
 * member that is not told a message, is told it twice, too late in its sender's order, with other bytes, or one of
 * another room, is found and named. Closed loop: a member speaks again when it has heard itself. */
#ifndef SIMUL_LOAD_CHAT_H
#define SIMUL_LOAD_CHAT_H

#include "load.h"

struct chat_options {
	uint16_t port;
	uint32_t members, rooms; /* members a multiple of rooms */
	uint32_t size;           /* bytes a message, a multiple of 8, 32 at least */
	uint64_t messages;       /* timed messages of each member; one by which it joins precedes them */
	unsigned threads;        /* 1 at least, members at most */
	uint64_t timeout_ns;     /* for everything together */
};

/* As load_run(): messages, bytes and latency are those of the timed deliveries, each from its sending to its being
 * heard; least and most are of what a member has heard; errors are members. */
int chat_drive(const struct chat_options *options, struct load_result *result);

#endif
