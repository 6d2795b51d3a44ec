/* fetch.h: the server that HTTP clients fetch from: each request is answered a fixed time after it was read. */
#ifndef SIMUL_LOAD_FETCH_H
#define SIMUL_LOAD_FETCH_H

#include "load.h"

struct fetch_options {
	uint16_t port;       /* where the client waits to be told ours */
	uint32_t fetches;    /* connections at once, at most */
	uint64_t wait_ns;    /* from the request to its response */
	uint32_t size;       /* bytes of a body */
	uint64_t timeout_ns; /* for everything together */
};

/* Serves until the client closes its connection. 0, even where errors were met: those are in *result. messages and
 * bytes are those of the bodies that were sent whole, errors the requests that were none or whose response could not be
 * sent; pacing is how late responses were, against the wait. -errno: it could not begin, and result->reason says why.
 */
int fetch_serve(const struct fetch_options *options, struct load_result *result);

#endif
