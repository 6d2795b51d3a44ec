/* engine.h: what the parts of the load share: session.c starts threads, loop.c takes each through its phases, open.c
 * connects, exchange.c sends, receives and checks.
 *
 * A thread owns everything of its connections; what threads share is `session`, written before they start, but for
 * the barrier, the start that one of them sets between two passes of it, and one flag.
 *
 * Messages of a connection are numbered from 0, which is the warm-up message. Always, with depth D:
 * answered <= outgoing <= begun <= answered + D. */
#ifndef SIMUL_LOAD_ENGINE_H
#define SIMUL_LOAD_ENGINE_H

#include <pthread.h>
#include <stdatomic.h>

#include "../../runtimes/clock.h"
#include "load.h"

enum phase {
	WARMING,    /* message 0 is on its way */
	EXCHANGING, /* messages go to and fro */
	RESTING,    /* the phase's last message has come back, or it carries none; nothing may come now */
	ENDING      /* our side is closed; the end of the stream must come */
};

struct connection {
	int fd; /* -1: closed */
	enum phase phase;
	bool blocked;            /* the socket's buffer was full; waiting to send the rest */
	bool failed;             /* it takes no part any more */
	uint32_t index;          /* among all connections of the session */
	uint32_t sent, received; /* bytes of the message that is being sent, and of the one that is coming back */
	uint64_t due;            /* open loop: messages that the schedule has let go */
	uint64_t begun;          /* messages that were begun */
	uint64_t outgoing;       /* the one that is being sent, or would be */
	uint64_t answered;       /* messages that have come back */
	uint64_t timed;          /* of them, those of the timed part */
	uint64_t *begun_ns;      /* when message m was about to be sent: at m % depth */
};

struct session {
	const struct load_options *options;
	uint64_t begun_ns;
	uint64_t start_ns, timed_ns, end_ns;       /* of the exchange: set between two passes of the barrier */
	double interval_ns;                        /* from one message to the next in an open loop */
	uint64_t server_begun_ns, server_ended_ns; /* CPU of the server, read between two passes of the barrier */
	pthread_barrier_t warm;
	_Atomic bool hopeless; /* some thread could not get ready: nobody starts the timed messages. Relaxed: the
				  barrier orders it */
};

struct worker {
	struct session *session;
	pthread_t thread;
	unsigned number;
	int epoll;
	struct connection *connections;
	uint32_t count; /* of connections that carry messages; `idle` ones follow them */
	uint32_t idle;
	enum phase phase;
	uint32_t awaited;      /* connections that have not finished the current phase */
	uint64_t deadline_ns;  /* of the phase */
	uint64_t *begun_ns;    /* of all connections */
	uint64_t limit;        /* messages that may be begun on a connection in this phase */
	bool over;             /* the exchange's time is: nothing more is begun */
	bool counting;         /* of CPU time: the timed part has begun, and not ended */
	uint64_t turn;         /* open loop: messages that the schedule of this thread has let go */
	uint64_t turn_ns;      /* when the next one is due */
	uint64_t under_way;    /* messages of the exchange: begun, and not come back */
	uint64_t sampled_ns;   /* when they were counted last; at first, where the timed part begins */
	double under_way_sum;  /* of messages x ns, in the timed part */
	uint64_t worked_ns;    /* open loop: turns in which there was something to do */
	uint64_t last_ns;      /* when the last message that counts came back, or the timed part ended */
	uint64_t next_look_ns; /* for stalled connections */
	uint64_t idle_user_ns, idle_system_ns; /* CPU before the timed part */
	uint64_t *out, *in, *part; /* messages to send, bytes received, one message aligned: see pattern.h */
	struct load_result result; /* of this thread */
};

enum { RECEIVE_MAX = 256 << 10, BATCH_MAX = 16 };

static inline bool is_open_loop(const struct worker *worker)
{
	return worker->session->options->rate > 0;
}

static inline bool is_stopped(const struct worker *worker)
{
	return worker->session->options->stop && *worker->session->options->stop;
}

/* The earlier of the time limit and the time that anything may take from now on. */
static inline uint64_t patience_ends_ns(const struct worker *worker, uint64_t now_ns)
{
	uint64_t stall_ns = worker->session->options->stall_ns;

	return stall_ns > 0 && now_ns + stall_ns < worker->deadline_ns ? now_ns + stall_ns : worker->deadline_ns;
}

/* open.c */

/* Connects and watches. 0 or -errno; the connection is closed then. With `wait` it returns when the connection stands,
 * or not before the time limit; else it may still be on its way. */
int open_connection(struct worker *worker, struct connection *connection, bool wait);
/* Opens all but in churn, where only idle ones are. False if it stopped at the first error. */
bool open_all(struct worker *worker);

/* exchange.c */

/* To be called before the number of messages under way changes, and when the timed part ends: so many were until now.
 */
void sample_under_way(struct worker *worker, uint64_t now_ns);

/* Closes it and counts it, once; the first reason is kept in words. */
void fail(struct worker *worker, struct connection *connection, enum load_fault fault, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
enum load_fault fault_of(int error);
/* Begins as many messages as may be, and sends what the socket takes. */
void begin_messages(struct worker *worker, struct connection *connection, uint64_t now_ns);
void push(struct worker *worker, struct connection *connection);
void pull(struct worker *worker, struct connection *connection);
/* It has finished its phase. */
void rest(struct worker *worker, struct connection *connection);
/* When message m of an open loop's connection is due. */
uint64_t due_ns(const struct worker *worker, const struct connection *connection, uint64_t message);
int watch(struct worker *worker, struct connection *connection, int operation, uint32_t events);

/* loop.c */

/* The whole life of a thread of the load; worker is the argument. */
void *worker_main(void *argument);

#endif
