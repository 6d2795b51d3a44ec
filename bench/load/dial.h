/* dial.h: connections of a load, many of them to one port. */
#ifndef SIMUL_DIAL_H
#define SIMUL_DIAL_H

#include <stdint.h>

#include "load.h"

/* Begins a connection, the load's index'th, from 0: non-blocking, small messages without delay (TCP_NODELAY), and a
 * port of its own that the next server may take at once (SO_REUSEADDR). Waits until it stands or until_ns (clock_now())
 * has come: -ETIMEDOUT, over loopback after 20 ms, to be tried again. Until_ns 0: it may still be on its way. The
 * descriptor, or -errno. */
int dial_once(const struct load_address *to, uint64_t index, uint64_t until_ns);

/* The same with a port of 127.0.0.1, tried again until the deadline. */
int dial(uint16_t port, uint32_t index, uint64_t deadline_ns);

/* Raises the soft limit on descriptors, and with the right to it the hard one. 0, or -EMFILE with a sentence where that
 * is not enough for so many connections and a few more. */
int dial_make_room(uint64_t connections, char reason[LOAD_REASON_MAX]);

/* Whether a connection that was not made by until_ns (clock_now()) is to be tried again. */
bool dial_again(int error, uint64_t until_ns);

#endif
