/* load.h: drives an echo server on 127.0.0.1 and checks every byte that comes back.
 *
 * Closed loop, depth 1: a connection sends its next message when the one before it has come back whole. */
#ifndef SIMUL_LOAD_H
#define SIMUL_LOAD_H

#include <stdint.h>

#include "../analysis/histogram.h"

struct load_options {
	uint16_t port;
	uint32_t connections;
	uint32_t size;       /* bytes a message, at least 1 */
	uint64_t messages;   /* timed messages a connection, at least 1; a warm-up message precedes them */
	unsigned threads;    /* at least 1, at most connections */
	uint64_t timeout_ns; /* for everything together */
};

enum { LOAD_REASON_MAX = 256 };

/* Counts, latencies and CPU are those of the timed messages; errors and checksum include warm-ups and the end. */
struct load_result {
	uint64_t setup_ns;           /* connecting, and the warm-up messages */
	uint64_t wall_ns;            /* first send to last byte received */
	uint64_t user_ns, system_ns; /* CPU of the load's threads */
	uint64_t messages, bytes;    /* that came back, whole and right */
	uint64_t errors;             /* connections that did not get everything right, or did not end well */
	uint64_t checksum;           /* of all bytes received, whatever their order; see pattern.h */
	uint64_t least, most;        /* messages that came back on one connection */
	struct histogram latency;
	char reason[LOAD_REASON_MAX]; /* one sentence about the first error; empty if there is none */
};

/* Runs the exchange. 0, even where errors were met: those are in *result. -ENOMEM, -EAGAIN (a thread), -EMFILE: it
 * could not begin, and result->reason says why. Call it from one thread at a time. */
int load_echo(const struct load_options *options, struct load_result *result);

#endif
