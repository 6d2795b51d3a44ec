/* echo.h: what the spec, the bodies and the load of the echo workload agree on.
 *
 * A play is `connections` TCP connections to 127.0.0.1. On each, the load sends one warm-up message and then `messages`
 * timed ones of `size` bytes, `depth` of them being under way at once: each when an earlier one has come back whole,
 * or, with a `rate`, when its time has come. Then it closes its side. `idle` more connections are open meanwhile, and
 * carry nothing.
 *
 * With `churn` each message has a connection of its own, which the load closes when the message has come back, and
 * there are no warm-ups: connections x messages of them, `connections` at a time. */
#ifndef SIMUL_ECHO_H
#define SIMUL_ECHO_H

#include "../../../runtimes/clock.h"
#include "../workload.h"

/* Indices into the spec's table of parameters. */
enum echo_parameter {
	ECHO_CONNECTIONS,
	ECHO_SIZE,
	ECHO_MESSAGES,
	ECHO_DEPTH,
	ECHO_IDLE,
	ECHO_RATE,
	ECHO_CHURN,
	ECHO_CLIENT,
	ECHO_FLOOR
};

/* Upper limits. Their product, in bytes and in nanoseconds, fits into 64 bits. */
#define ECHO_CONNECTIONS_MAX UINT64_C(20000)
#define ECHO_SIZE_MAX (UINT64_C(64) << 10)
#define ECHO_MESSAGES_MAX UINT64_C(10000000)
#define ECHO_DEPTH_MAX UINT64_C(64)
#define ECHO_RATE_MAX UINT64_C(10000000)
#define ECHO_FLOOR_MAX NS_PER_MS

extern const struct workload_spec echo_spec;

/* How many connections the server serves from the first to the last, the idle ones included; and how many it has room
 * for at once. In churn that is more than the load has open, whose closed ones it may not have seen the end of. */
uint64_t echo_connections_ever(const struct values *values);
uint64_t echo_connections_at_once(const struct values *values);

/* One send and one recv of 64 bytes over loopback here and now, in ns, on the calling thread's core; 0: it cannot be
 * had. */
uint64_t echo_floor_ns(void);

#endif
