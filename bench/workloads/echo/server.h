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

/* What was served. */
struct echo_served {
	uint64_t connections, received, echoed; /* bytes */
	uint64_t broken;      /* of the connections: they ended by an error of theirs, such as a reset */
	uint64_t turned_away; /* for want of a place, a task or memory; not among the connections */
	uint64_t last_ns;     /* when the last connection ended, where that was noted */
	int error;            /* what broke one of them, positive */
};

void echo_served_add(struct echo_served *served, const struct echo_account *account);

/* Ends the play: hands in the audit, and says on standard error what failed, if anything did. A connection that broke
 * is no task that ended: the audit fails, and with it the play. */
void echo_conclude(struct play *play, const struct echo_served *served);

/* The same where connections last: of all their accounts, `stride` bytes from one to the next. */
void echo_conclude_all(struct play *play, const struct echo_account *first, size_t stride);

#endif
