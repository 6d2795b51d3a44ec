/* server.h: what the echo servers of all dialects share: the listener, the room for a chunk, and the sum of what the
 * connections did. The exchange itself, which is what is measured, each dialect writes for itself. */
#ifndef SIMUL_ECHO_SERVER_H
#define SIMUL_ECHO_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct play;

/* Bytes: a cache line, and the most that echo_room() gives. */
enum { ECHO_LINE = 64, ECHO_ROOM_MAX = 16 << 10 };

/* What a connection has done; written by its own task alone, read when that has ended. */
struct echo_account {
	uint64_t received, echoed; /* bytes */
	uint64_t ended_ns;
	int error; /* what ended it before the end of the stream, positive; 0 is the ordinary end */
};

/* Bytes in a connection's buffer for messages of so many: a little more, up to 16 KiB, so that a read which comes back
 * short tells the runtime that the socket is drained. */
size_t echo_room(uint64_t size);

/* Connections of the play that are open at once, the idle ones included; in churn, how many there is room for. */
uint64_t echo_connections(const struct play *play);

/* Whether a connection ends with its first message and others come, until there were echo_connections_ever(). */
bool echo_is_churn(const struct play *play);
uint64_t echo_connections_in_all(const struct play *play);

/* A listener at 127.0.0.1 for as many connections as the play has, adopted by the runtime and announced to the driver.
 * Makes room for their descriptors (kernel/descriptor_limit.h). Ends the play where a shortage forbids it. */
int echo_listen(struct play *play, int (*adopt)(int fd));

/* The same for so many connections, whatever the play's parameters are. */
int echo_listen_for(struct play *play, uint64_t connections, int (*adopt)(int fd));

/* Makes an accepted connection ready to serve; fd may be a negative errno value, which ends the play: a shortage as a
 * refusal, anything else as a defect. */
void echo_accepted(struct play *play, int fd);

/* The sum of all connections. A connection that broke is no task that ended: the audit fails, and with it the play. */
struct echo_sum {
	uint64_t tasks, operations, bytes, last_ns;
	int error;
};

void echo_add(struct echo_sum *sum, const struct echo_account *account, uint64_t size);

/* Ends the play: hands in the audit, and says on standard error what failed, if anything did. */
void echo_conclude(struct play *play, const struct echo_sum *sum);

#endif
