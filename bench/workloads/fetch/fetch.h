/* fetch.h: what the spec, the bodies and the load of the fetch workload agree on.
 *
 * A play is `fetches` HTTP/1.1 requests to a server that waits for `wait` before it answers each, all at once where the
 * model allows it, each on a connection of its own: connect, GET /NUMBER, the response, close. The server is the load;
 * its body of `size` bytes is the pattern (load/pattern.h) of message 0 of connection NUMBER.
 *
 * They meet so: the player listens at a port and says so, as an echo server does; the load connects there and sends its
 * own port, two bytes in the order of the network; when the player closes that connection, all is over. */
#ifndef SIMUL_FETCH_H
#define SIMUL_FETCH_H

#include "../../../runtimes/clock.h"
#include "../workload.h"

/* Indices into the spec's table of parameters. */
enum fetch_parameter { FETCH_FETCHES, FETCH_WAIT, FETCH_SIZE, FETCH_FLOOR };

#define FETCH_FETCHES_MAX UINT64_C(10000)
#define FETCH_WAIT_MAX (10 * NS_PER_S)
#define FETCH_SIZE_MAX (UINT64_C(64) << 10)

extern const struct workload_spec fetch_spec;

/* What a fetch adds to the checksum once its response has been found right, to the last byte. */
uint64_t fetch_token(uint64_t number);

#endif
