/* load.h: drives a TCP echo server, ours or anybody's, and checks every byte that comes back.
 *
 * Closed loop: a connection sends its next message when an earlier one has come back, so that a server that pauses is
 * asked nothing meanwhile, and its pause is one slow message a connection. Open loop: messages are due at fixed times,
 * whatever the server does, and each latency counts from when its message was due, sent then or not (G. Tene, "How NOT
 * to Measure Latency", 2013: coordinated omission). */
#ifndef SIMUL_LOAD_H
#define SIMUL_LOAD_H

#include <jansson.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/socket.h>

#include "../analysis/histogram.h"

enum { LOAD_REASON_MAX = 256, LOAD_ADDRESS_MAX = 128 };

/* Where a server listens. */
struct load_address {
	struct sockaddr_storage storage;
	socklen_t length;
	bool loopback;               /* 127.0.0.0/8 or ::1 */
	char text[LOAD_ADDRESS_MAX]; /* in numbers: "127.0.0.1:7000", "[::1]:7000" */
};

/* "HOST:PORT", "[IPv6]:PORT" or "PORT", which is 127.0.0.1's. 0, or -EINVAL with a sentence. May ask a name server. */
int load_address_parse(struct load_address *address, const char *text, char reason[LOAD_REASON_MAX]);
void load_address_local(struct load_address *address, uint16_t port);

struct load_options {
	struct load_address to;
	uint32_t connections;  /* that carry messages, at least 1 */
	uint32_t idle;         /* more of them, open beside these, that carry none */
	uint32_t size;         /* bytes a message, at least 1 */
	uint32_t depth;        /* messages under way on a connection, at least 1 and at most LOAD_DEPTH_MAX */
	uint64_t messages;     /* timed messages a connection; 0: the duration decides */
	uint64_t duration_ns;  /* of the timed part; 0: the messages decide */
	uint64_t warmup_ns;    /* the same before it, untimed */
	uint64_t rate;         /* messages a second that are due, on all connections together; 0: closed loop */
	bool churn;            /* a connection for each message: connect, send, receive, close; depth is 1 */
	bool all_or_none;      /* nobody begins unless every connection could be opened and has warmed up */
	unsigned threads;      /* at least 1, at most connections */
	pid_t server;          /* whose CPU time is read where the timed part begins and ends; 0: nobody's */
	const unsigned *cores; /* one for each thread, which is bound to it; NULL: not bound */
	uint64_t stall_ns;     /* a message that takes longer costs its connection; 0: any time */
	uint64_t timeout_ns;   /* for everything together */
	const volatile sig_atomic_t *stop; /* non-zero ends the timed part early; may be NULL */
};

enum { LOAD_DEPTH_MAX = 64 };

/* How a connection can go wrong. Each connection is counted once, under what happened first. */
enum load_fault {
	LOAD_REFUSED,     /* nobody listened */
	LOAD_RESET,       /* ECONNRESET, EPIPE */
	LOAD_CLOSED,      /* the end of the stream came before the answers */
	LOAD_WRONG,       /* bytes that are not those that were sent: lost, repeated, changed, another connection's */
	LOAD_EXCESS,      /* more bytes than were sent */
	LOAD_STALLED,     /* a message took longer than stall_ns */
	LOAD_UNFINISHED,  /* messages were under way when the time limit came */
	LOAD_UNCLOSED,    /* the server did not close its side after we closed ours */
	LOAD_PORTS,       /* EADDRNOTAVAIL: no free port on our side */
	LOAD_DESCRIPTORS, /* EMFILE, ENFILE */
	LOAD_MEMORY,      /* ENOBUFS, ENOMEM */
	LOAD_OTHER,
	LOAD_FAULTS
};

/* Counts and CPU are those of the timed part: what came back in it, whenever it was due. Latencies are those of the
 * messages that were due in it (raw ones: sent in it), whenever they came back. Faults and checksum include all. */
struct load_result {
	uint64_t setup_ns; /* connecting, and the warm-up */
	uint64_t wall_ns;  /* the timed part: the duration, or from the first send to the last byte received */
	uint64_t user_ns, system_ns; /* CPU of the load's threads */
	uint64_t spun_ns;            /* of it, what an open loop waited for the clock */
	uint64_t server_ns;          /* CPU of the server and its descendants in the timed part; 0: not known */
	uint64_t messages, bytes;    /* that came back in the timed part, whole and right */
	uint64_t unsent;             /* due in an open loop, and still waiting to be sent when it ended */
	uint64_t opened;             /* connections */
	uint64_t errors;             /* connections that did not get everything right, or did not end well */
	uint64_t faults[LOAD_FAULTS];
	uint64_t checksum;        /* of all bytes received, whatever their order; see pattern.h */
	uint64_t least, most;     /* messages that came back on one connection */
	double in_flight;         /* messages under way: mean over the timed part, each count weighed with its time */
	uint64_t cut;             /* of them, under way when the timed part began, and when it ended */
	uint64_t longest_ns;      /* since sending, of all that came back since the timed part began */
	struct histogram latency; /* closed loop: since it was sent. Open loop: since it was due; `unsent` ones with
				     what they had waited, which is less than what they would have */
	struct histogram raw;     /* open loop: since it was sent */
	struct histogram pacing;  /* open loop: from when a message was due to when its turn came */
	char reason[LOAD_REASON_MAX]; /* one sentence about the first error; empty if there is none */
};

/* Runs the exchange. 0, even where errors were met: those are in *result. -ENOMEM, -EMFILE, -EINVAL (a core): it could
 * not begin, and result->reason says why. Raises the soft limit on descriptors. From one thread at a time. */
int load_run(const struct load_options *options, struct load_result *result);

/* Share of its threads' time that the load was busy, 0 to 1. Over LOAD_BOUND, the client was the bottleneck. */
double load_busy(const struct load_options *options, const struct load_result *result);
#define LOAD_BOUND 0.95

/* Whose delay an open loop shows: the client's where it had no time left, or where most of the latency had passed
 * before a message's turn came. */
bool load_was_late(const struct load_options *options, const struct load_result *result);

/* J. Little's law (1961): messages under way = messages a second x mean latency since they were sent. The right side is
 * messages, wall time and the histogram as they are reported; the left one comes of none of these, but of counting
 * beginnings less answers while the timed part lasts. The two read the clock together, so that a wrong clock is not
 * found; a message that one count or the histogram has too often or not at all is. */
double load_little_expected(const struct load_options *options, const struct load_result *result);
/* Whether they agree: within the tolerance, and as much more as messages can weigh that were `cut`. */
bool load_little_holds(const struct load_options *options, const struct load_result *result);
#define LOAD_LITTLE_TOLERANCE 0.05

/* As "What the load prints" in results/SCHEMA.md; a new reference, NULL if out of memory. What every load says, without
 * times and latency where it is not the one who measures them (setup_ns is 0); and what `load echo` says. */
json_t *load_line(const char *name, const struct load_result *result);
json_t *load_json(const struct load_options *options, const struct load_result *result);

/* The same for people. */
void load_print(const struct load_options *options, const struct load_result *result, FILE *out);

#endif
