/* service.h: an echo server for anybody's clients, until SIGTERM: what the dialects share. The exchange is that of the
 * play; connections come and go, and their places in a table are used again.
 *
 * The first SIGTERM (or SIGINT) ends the accepting: a connection of the service's own to its listener wakes whoever
 * accepts, in every model. Connections under way are finished. The next one cuts off what is left. In a forked task,
 * which has one connection, the first one does.
 *
 * A play in churn is such a server for a number of connections, without the signals. */
#ifndef SIMUL_ECHO_SERVICE_H
#define SIMUL_ECHO_SERVICE_H

#include <stdbool.h>
#include <stdint.h>

#include "server.h"

enum { ECHO_SERVICE_MAX = 20000, ECHO_SERVICE_SIZE = 16 << 10, ECHO_SERVICE_PAUSE_MS = 10 };

/* How many connections there can be at once: raises the soft limit on descriptors, and keeps some for the rest. */
uint64_t echo_service_places(void);

/* A listener where the play says, adopted by the runtime and announced. From now on the signals are taken. */
int echo_service_listen(struct play *play, int (*adopt)(int fd));

bool echo_service_stopping(void);

/* Before the listener is closed, which forked tasks have too: nobody can connect any more. */
void echo_service_stop_listening(int listener);

/* What an accept brought. */
enum echo_arrival {
	ECHO_SERVE,   /* a connection, which is ready */
	ECHO_NOTHING, /* nothing, or what came is to be closed if it is a descriptor */
	ECHO_PAUSE    /* descriptors or memory are short: accept again after ECHO_SERVICE_PAUSE_MS */
};
enum echo_arrival echo_service_judge(int fd);

/* The task that has the connection: before its first verb, and before it closes it. */
void echo_service_begin(int fd);
void echo_service_end(int fd);

/* In churn: the next connection was accepted, or a negative errno value. The play begins with the first that carries a
 * message. Ends the play where a connection had to be turned away before. */
void echo_churn_accepted(struct play *play, const struct echo_served *served, uint64_t accepted, int fd);

#endif
