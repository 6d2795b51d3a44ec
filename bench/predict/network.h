/* network.h: a closed network of two stations, simulated event by event.
 *
 * Every task goes round so many times: it is served at the first station, then at the second. A station has so many
 * servers (cores, sleeping places) and one queue, first come, first served. That is what chess is (a move on a core,
 * then a reply that is slept, with a place for everybody), and an echo in a closed loop (server, then client).
 *
 * Where all tasks together would make very many rounds, only the first of them are played, and the rest are taken to be
 * like the last one: with constant services and everybody in turn, rounds soon repeat.
 *
 * Deterministic: the same network gives the same answer on every machine. Time is whole nanoseconds. Memory: 16 bytes a
 * task and station. The queue of those being served is kept in the order of their ends by insertion from its tail: with
 * equal services, the common case, each event costs the same however many tasks there are.
 * Source: the event-scheduling approach, Law, "Simulation Modeling and Analysis" (2014), chapter 1. */
#ifndef SIMUL_NETWORK_H
#define SIMUL_NETWORK_H

#include <stdint.h>

struct station {
	uint64_t servers;    /* 0: one for each task */
	uint64_t service_ns; /* of one visit */
	uint64_t latency_ns; /* until a server that was idle begins: a wake-up */
	uint64_t quantum_ns; /* after which a visit goes to the queue's end if others wait; 0: served to its end */
	uint64_t switch_ns;  /* what being put back costs its server */
};

struct network {
	uint64_t tasks, rounds; /* 1 and more */
	uint64_t places;        /* tasks under way at once, the others following as they end; 0: all */
	uint64_t visits_played; /* of all tasks together, beyond which not all are played; 0: 20 million */
	struct station station[2];
};

struct network_result {
	uint64_t wall_ns;        /* until the last task has ended */
	uint64_t busy_ns[2];     /* of all servers of a station together, switches included, waking up not */
	uint64_t waited_ns[2];   /* of all visits, in the queue */
	uint64_t idle_starts[2]; /* visits that found a server idle */
	uint64_t preemptions;
	uint64_t rounds_played; /* of each task; fewer than all where the rest was taken to be like it */
};

/* 0, -EINVAL for a network without tasks or rounds, -EOVERFLOW for more than 2^32 - 2 tasks or a time beyond 290 years,
 * -ENOMEM. */
int network_play(const struct network *network, struct network_result *result);

#endif
