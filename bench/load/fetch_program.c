/* fetch_program.c: `load fetch`. */
#include "../workloads/fetch/fetch.h"
#include "fetch.h"
#include "programs.h"

enum parameter_index { FETCHES = LOAD_PORT + 1, WAIT, SIZE, TIMEOUT };

static const struct parameter parameters[] = {
	[LOAD_PORT] = LOAD_PORT_PARAMETER("where the client waits on 127.0.0.1 to be told the server's port"),
	[FETCHES] = {.name = "fetches",
		     .type = PARAMETER_COUNT,
		     .fallback = "100",
		     .least = 1,
		     .most = FETCH_FETCHES_MAX,
		     .help = "connections at once, at most"},
	[WAIT] = {.name = "wait",
		  .type = PARAMETER_DURATION,
		  .fallback = "50ms",
		  .least = 0,
		  .most = FETCH_WAIT_MAX,
		  .help = "from a request to its response"},
	[SIZE] = {.name = "size",
		  .type = PARAMETER_SIZE,
		  .fallback = "1KiB",
		  .least = 1,
		  .most = FETCH_SIZE_MAX,
		  .help = "bytes of the body of a response"},
	[TIMEOUT] = LOAD_TIMEOUT_PARAMETER,
	{.name = NULL},
};

static int run(const struct values *values, struct load_result *result, json_t **line)
{
	(void)line;
	return fetch_serve(&(struct fetch_options){.port = (uint16_t)values->value[LOAD_PORT],
						   .fetches = (uint32_t)values->value[FETCHES],
						   .wait_ns = values->value[WAIT],
						   .size = (uint32_t)values->value[SIZE],
						   .timeout_ns = values->value[TIMEOUT]},
			   result);
}

const struct load_program load_fetch = {
	.name = "fetch",
	.about = "Is the HTTP server that a player fetches from: tells it the port, answers each GET /NUMBER after the "
		 "wait,\nand ends with the player.\n",
	.parameters = parameters,
	.run = run,
};
