/* echo.h: messages a second of an echo server under a model, from what a message costs server and load in a bundle.
 *
 * A closed network of two stations: the server on its cores, the load on its own. Every connection has one message
 * under way, at one of the two. What one message takes of a core is read from cells of `echo`, as CPU time:
 *
 *   in company     with 8 connections or more, over their number: a read, a write and a share of what it takes to learn
 *                  which connections are ready; costs.h says how it is interpolated
 *   alone          with one connection: the same, and going idle and being woken for each message
 *   a further byte the difference to a cell with longer messages, with as many connections if there is one
 *
 * Wall times are never read, so a cell's own can be held against its forecast. Which of the models is told apart as in
 * forecast.h says; one task after another, and a pool whose waiting tasks keep their workers, serve no more connections
 * than they have places.
 * What is left out: contention that grows with the number of cores, a network other than loopback, and the number of
 * bytes that sockets take at once. */
#ifndef SIMUL_PREDICT_ECHO_H
#define SIMUL_PREDICT_ECHO_H

#include "forecast.h"

/* Of one side. Times in ns of CPU time a message; NAN where the bundle does not say. */
struct side {
	struct cost_curve company_ns; /* over connections, messages of the least size */
	double alone_ns;              /* of the least size */
	double byte_ns;               /* of each byte beyond it */
};

struct echo_costs {
	const struct bundle *bundle;
	unsigned slot;  /* of the runtime, in bundle->runtimes */
	unsigned cores; /* of the server in the cells that the costs come from */
	double size;    /* the least of the cells' messages, in bytes */
	struct side server, load;
	struct cost_curve bytes; /* memory of a connection, over their number */
	double limit;            /* connections at which the model ended; NAN: it did not */
	char limit_reason[COST_TEXT_MAX];
};

struct exchange {
	double connections, messages, size; /* messages a connection, one after another; size in bytes */
	unsigned cores, load_cores;
};

struct echo_forecast {
	double wall_ns;
	double rate;                   /* messages a second */
	double latency_ns;             /* of a message there and back, the mean */
	double server_ns;              /* CPU time a message */
	double server_busy, load_busy; /* shares of their cores' time */
	double bytes;                  /* of all connections; NAN: not known */
	bool beyond;                   /* more or fewer connections than the costs were measured with */
	bool breaks;                   /* the model has ended at fewer, or has no places for so many */
};

/* Whether a cell is of the kind that is predicted: a closed loop of single messages on connections that last, with the
 * load apart. */
bool echo_is_plain(const struct cell *cell);

/* The costs of that runtime on so many cores, or the nearest as costs_read() has it. without: a cell that is left out,
 * since a forecast is held against it; or NULL. 0; -ENODATA if no cell says what a message costs, -EIO, -ENOMEM. */
int echo_costs_read(const struct bundle *bundle, unsigned slot, unsigned cores, const struct cell *without,
		    struct echo_costs *costs);

/* 0; -ENODATA if the costs do not say what so many connections or messages of that size take; or an error of
 * network_play(). */
int echo_forecast_make(const struct echo_costs *costs, const struct exchange *exchange, struct echo_forecast *forecast);

#endif
