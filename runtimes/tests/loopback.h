/* loopback.h: a listener on 127.0.0.1 and bytes that tell their position, for the tests of all dialects. */
#ifndef SIMUL_TESTS_LOOPBACK_H
#define SIMUL_TESTS_LOOPBACK_H

#include <errno.h>
#include <netinet/in.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>

#include "../check.h"

/* A listener, and where it listens. */
struct place {
	int listener;
	struct sockaddr_in address;
};

/* The listener is the caller's, and no runtime's yet. */
static inline struct place place_open(void)
{
	struct place place = {
		.listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0),
		.address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)},
	};
	struct sockaddr *address = (struct sockaddr *)&place.address;
	socklen_t length = sizeof(place.address);

	CHECK(place.listener >= 0 && bind(place.listener, address, length) == 0 && listen(place.listener, 128) == 0 &&
		      getsockname(place.listener, address, &length) == 0,
	      "cannot listen on 127.0.0.1: %s", strerror(errno));
	return place;
}

/* The byte at a position: in the wrong place, most are wrong. */
static inline unsigned char pattern(size_t position)
{
	return (unsigned char)(position * 2654435761u >> 13);
}

#endif
