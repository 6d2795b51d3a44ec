/* programs.h: what the program `load` drives or is: a table of options and what is done with them, each. main.c does
 * the rest for all: help, arguments, the line of JSON, the sentence, the exit status. */
#ifndef SIMUL_LOAD_PROGRAMS_H
#define SIMUL_LOAD_PROGRAMS_H

#include "../workloads/parameters.h"
#include "load.h"

/* The first option of all, without which none begins. */
enum { LOAD_PORT };

#define LOAD_PORT_PARAMETER(words)                                                                                     \
	{                                                                                                              \
		.name = "port", .type = PARAMETER_COUNT, .least = 1, .most = 65535, .help = (words)                    \
	}
#define LOAD_THREADS_PARAMETER(words)                                                                                  \
	{                                                                                                              \
		.name = "threads", .type = PARAMETER_COUNT, .fallback = "0", .least = 0, .most = 1024, .help = (words) \
	}
#define LOAD_TIMEOUT_PARAMETER                                                                                         \
	{                                                                                                              \
		.name = "timeout", .type = PARAMETER_DURATION, .fallback = "60s", .least = NS_PER_MS,                  \
		.most = 3600 * NS_PER_S, .help = "time limit for everything together"                                  \
	}

struct load_program {
	const char *name, *about; /* about: whole lines */
	const struct parameter *parameters;
	/* What options must be together: 0, or -EINVAL with a sentence. NULL: nothing. */
	int (*check)(const struct values *values, char reason[REASON_MAX]);
	/* 0, even where errors were met; -errno: it could not begin, and result->reason says why. *line, where it is
	 * set, is the line of JSON; NULL: it is that of load_line(). */
	int (*run)(const struct values *values, struct load_result *result, json_t **line);
};

extern const struct load_program load_echo, load_chat, load_fetch;

/* Threads for so many connections: as asked, 0 being one for each core that this process may run on. */
unsigned load_threads(uint64_t asked, uint64_t connections);

#endif
