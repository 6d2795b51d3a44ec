/* dial.h: many connections to one port of 127.0.0.1, one after another. */
#ifndef SIMUL_DIAL_H
#define SIMUL_DIAL_H

#include <stdint.h>

/* Opens connection number `index` to the port: non-blocking, small messages without delay (TCP_NODELAY), and a port of
 * its own that the next server may take at once (SO_REUSEADDR). Tries again until the deadline (clock_now()) where the
 * server's queue is full. The descriptor, or -errno. */
int dial(uint16_t port, uint32_t index, uint64_t deadline_ns);

/* Raises the soft limit on descriptors to the hard one. 0, or -EMFILE where that is not enough for so many connections
 * and a few more. */
int dial_make_room(uint32_t connections);

#endif
