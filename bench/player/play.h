/* play.h: what the body of a workload sees of its player.
 *
 * A body sets its tasks up, waits until all of them have arrived at the gate, calls play_begin(), opens the gate,
 * joins them and calls play_end(). What lies between the two calls is the steady work that is timed; before it is
 * setup, after it is teardown. */
#ifndef SIMUL_PLAY_H
#define SIMUL_PLAY_H

#include <stdint.h>

#include "../workloads/workload.h"

struct play;

/* The parameter of that index in the spec's table. */
uint64_t play_value(const struct play *play, int index);
struct stage play_stage(const struct play *play);

/* All tasks exist and wait: measures memory, then CPU, then reads the clock. Returns that time, the start of the steady work. */
uint64_t play_begin(struct play *play);

/* All tasks are joined. last_ns: when the last of them ended its work, by clock_now(); what follows it is teardown. */
void play_end(struct play *play, uint64_t last_ns);

/* What was done, counted by the tasks themselves; held against the spec's expectation. */
void play_audit(struct play *play, uint64_t tasks, uint64_t operations, uint64_t bytes, uint64_t checksum);

/* A measured figure of this workload's own, kept in the record under "figures"; name is a literal, value finite. */
void play_figure(struct play *play, const char *name, double value);

/* Tells the driver that the server of this play listens on 127.0.0.1:port; the driver then starts the load. */
void play_listening(struct play *play, uint16_t port);

/* Ends the play: the machine cannot do this (a limit, a privilege, a kernel feature), which is a result and not a failure.
 * what: "threads", "processes", "descriptors", "memory", "ports" ... error: a positive errno. Does not return. */
_Noreturn void play_refuse(struct play *play, const char *what, int error);

/* A body of the direct dialect; main is the first task and gets the play as its argument. */
struct direct_body {
	const struct workload_spec *spec;
	void (*main)(void *play);
};

extern const struct direct_body chess_direct, counting_direct, echo_direct;

#endif
