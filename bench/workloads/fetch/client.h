/* client.h: what the HTTP clients of all dialects share: meeting the server, the request, the response and its check,
 * and the sum of what the fetches did. Connecting, writing, reading and waiting each dialect does for itself. */
#ifndef SIMUL_FETCH_CLIENT_H
#define SIMUL_FETCH_CLIENT_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef SIMUL_HTTP_PARSER
#include <http_parser.h>
#endif

#include "fetch.h"

struct play;

enum { FETCH_REQUEST_MAX = 160, FETCH_BUFFER = 2048 };

/* Where the server is, and the connection that keeps it there. */
struct fetch_server {
	struct sockaddr_in address;
	int control;
};

/* Announces the play, waits for the server to come and takes its address. Blocks; before any task exists. Raises the
 * soft limit on descriptors. Ends the play where no server comes. */
void fetch_meet(struct fetch_server *server, struct play *play);

/* A socket to connect from, or -errno. */
int fetch_socket(void);

/* A response as far as it has come; valid where it was opened, and not to be moved. */
struct fetch_response {
#ifdef SIMUL_HTTP_PARSER
	http_parser parser;
#endif
	uint64_t number, size; /* which, and bytes that its body must have */
	uint64_t got;          /* bytes of the body, right ones */
	bool complete, wrong;
};

/* One fetch, from its request on. Owned by its task; account fields are read when that has ended. */
struct fetch {
	uint64_t number;
	size_t request_bytes, written;
	struct fetch_response response;
	uint64_t begun_ns, ended_ns;
	int error; /* why there is no right response, positive; 0: there is one */
	char request[FETCH_REQUEST_MAX];
	char buffer[FETCH_BUFFER];
};

/* Makes the request number `number` to that server. */
void fetch_open(struct fetch *fetch, const struct fetch_server *server, uint64_t number, uint64_t size);

/* Takes what a read into the buffer brought: bytes, 0 at the end of the stream, or -errno. True: the fetch is over, and
 * `error` says how. */
bool fetch_take(struct fetch *fetch, ssize_t got);

/* All fetches, `stride` bytes apart from the first on, are over: ends the play and hands in audit and figures. A
 * shortage of the machine is a refusal. tasks: that have ended. */
void fetch_conclude(struct play *play, const struct fetch_server *server, const struct fetch *first, size_t stride,
		    uint64_t tasks);

#endif
