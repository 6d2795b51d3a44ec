/* bottleneck.h: of a server that a load drove, whose time it was: the server's, the client's, or the machine's. */
#ifndef SIMUL_REPORT_BOTTLENECK_H
#define SIMUL_REPORT_BOTTLENECK_H

#include <stdio.h>

#include "scoreboard.h"

/* Busy for more than this share of its threads' time, the client was the bottleneck: the server may be faster. */
#define CLIENT_BOUND 0.95

/* Whether it was so in half of the cell's invocations. */
bool client_bound(const struct cell *cell);

/* Connections that are open at once, the idle ones included. */
double cell_connections(const struct cell *cell);

/* What the server's CPU time of a message holds in these groups, where that is more than the message or not the same in
 * all records; NULL where there is nothing to say. */
const char *server_cpu_note(const struct group *groups, size_t count);

/* A row for each score with a result: the client's CPU time a message, how busy server and client were, deferred
 * interrupts and stolen time of all cores, fairness among connections, and what a connection takes in memory (the
 * slope over cells that differ in connections alone, idle or not, from three places on; else the growth over the
 * connections, where these are 1,000). */
void bottleneck_table(const struct bundle *bundle, const struct group *group, const struct score *scores, FILE *out);

#endif
