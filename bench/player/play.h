/* play.h: what the body of a workload sees of its player.
 *
 * A body sets its tasks up, waits until all of them have arrived at the gate, calls play_begin(), opens the gate,
 * joins them and calls play_end(). What lies between the two calls is the steady work that is timed; before it is
 * setup, after it is teardown. */
#ifndef SIMUL_PLAY_H
#define SIMUL_PLAY_H

#include <stddef.h>
#include <stdint.h>

#include "../workloads/list.h"
#include "../workloads/workload.h"

struct play;
struct sockaddr_storage;
struct echo_served;

/* The parameter of that index in the spec's table. */
uint64_t play_value(const struct play *play, int index);
/* All of them. */
const struct values *play_values(const struct play *play);
struct stage play_stage(const struct play *play);

/* All tasks exist and wait: measures memory, then CPU, then reads the clock. Returns that time, the start of the steady
 * work. */
uint64_t play_begin(struct play *play);

/* Memory may be at its most in the midst of the steady work: measures it once more; the larger of both counts. Returns
 * how long that took in ns, in which the tasks have to wait: a body leaves it out of play_end()'s last_ns. */
uint64_t play_peak(struct play *play);

/* What the tree of processes grew by from the start of the play to play_begin(), or play_peak() if that was more, in
 * bytes of PSS; 0 if that is unknown. */
uint64_t play_memory_growth(const struct play *play);

/* All tasks are joined. last_ns: when the last of them ended its work, by clock_now(); what follows it is teardown. */
void play_end(struct play *play, uint64_t last_ns);

/* The same, where each of `count` tasks, one at least, has noted when it ended, `stride` bytes from one to the next:
 * the record then tells how these times are spread. */
void play_end_all(struct play *play, const uint64_t *ended_ns, size_t stride, uint64_t count);

/* What was done, counted by the tasks themselves; held against the spec's expectation. */
void play_audit(struct play *play, uint64_t tasks, uint64_t operations, uint64_t bytes, uint64_t checksum);

/* A measured figure of this workload's own, kept in the record under "figures"; name is a literal, value finite. */
void play_figure(struct play *play, const char *name, double value);

/* Something that was set for the play and could have been otherwise, kept in the record under "settings"; name is a
 * literal. */
void play_setting(struct play *play, const char *name, uint64_t value);

/* Tells the driver that the server of this play listens on 127.0.0.1:port; the driver then starts the load. */
void play_listening(struct play *play, uint16_t port);

/* A service (`serve` instead of `play`): where it is to listen; port 0 is any. It has no parameters and no record: what
 * it served is told when it has ended. */
const struct sockaddr_storage *play_service_address(const struct play *play);
void play_served(struct play *play, const struct echo_served *served);
/* Ends the service: nobody can listen there. error: a positive errno. */
_Noreturn void play_refuse_address(struct play *play, int error);

/* Ends the play: the machine cannot do this (a limit, a privilege, a kernel feature), which is a result and not a
 * failure. what: "threads", "processes", "descriptors", "memory", "ports" ... error: a positive errno. Does not return.
 */
_Noreturn void play_refuse(struct play *play, const char *what, int error);

/* The same after `reached` of them could be had. */
_Noreturn void play_refuse_at(struct play *play, const char *what, int error, uint64_t reached);

/* A body of the direct dialect; main is the first task and gets the play as its argument. `serve`, where the workload
 * has it, is the first task of a service. */
struct direct_body {
	const struct workload_spec *spec;
	void (*main)(void *play);
	void (*serve)(void *play);
};

#define DECLARE_DIRECT(name) extern const struct direct_body name##_direct;
WORKLOADS_IN_EVERY_DIALECT(DECLARE_DIRECT)
WORKLOADS_DIRECT_ONLY(DECLARE_DIRECT)

/* A body of the async dialect; run() keeps the first task's frame, calls async_run() and returns what it returns. */
struct async_body {
	const struct workload_spec *spec;
	int (*run)(struct play *play);
	int (*serve)(struct play *play); /* a service, where the workload has it */
};

#define DECLARE_ASYNC(name) extern const struct async_body name##_async;
WORKLOADS_IN_EVERY_DIALECT(DECLARE_ASYNC)

/* A body of the callback dialect; run() sets up, calls callback_run() and returns what it returned. */
struct callback_body {
	const struct workload_spec *spec;
	int (*run)(struct play *play);
	int (*serve)(struct play *play); /* a service, where the workload has it */
};

#define DECLARE_CALLBACK(name) extern const struct callback_body name##_callback;
WORKLOADS_IN_EVERY_DIALECT(DECLARE_CALLBACK)

#endif
