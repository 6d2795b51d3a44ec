/* driver.h: what every part of the program `simul` shares: its exit codes and its way of speaking to people.
 *
 * Messages go to standard error, one sentence each; results go to standard output. */
#ifndef SIMUL_DRIVER_H
#define SIMUL_DRIVER_H

#include <signal.h>

/* What `simul` exits with, besides 0: every cell was played, or refused for a reason that is told. */
enum driver_exit {
	DRIVER_OK = 0,
	DRIVER_CELL_FAILED = 1,   /* the run is complete, but a cell gave no result that can be trusted */
	DRIVER_USAGE = 2,         /* the call was wrong: an unknown verb, option, workload, runtime, key or value */
	DRIVER_NOTHING_DONE = 3,  /* there is nothing to do, or nowhere to write it */
	DRIVER_INTERRUPTED = 130, /* Ctrl-C or a termination; what was finished is kept */
};

/* Prints "simul: ", the sentence and a newline to standard error, past the live line of progress. */
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Non-zero once SIGINT, SIGTERM or SIGHUP has come. Set by a handler that stop_watch() installs. */
extern volatile sig_atomic_t stop_requested;

/* From now on those signals only set stop_requested, and a broken pipe or a file size limit is an error of the write.
 */
void stop_watch(void);

/* The path of a file beside this program: its prefix (the folder above bin/), '/', and relative. Owned by the caller;
 * NULL without memory or without /proc. */
char *home_path(const char *relative);

#endif
