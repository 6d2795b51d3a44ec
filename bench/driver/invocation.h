/* invocation.h: one player, played once in isolation.
 *
 * A warden process, forked for each invocation, starts the player pinned to its cores, starts the load when the player
 * says that it listens, collects what both print, holds the time limit, and ends only when no descendant is left: it is
 * the subreaper of all of them (prctl(2), PR_SET_CHILD_SUBREAPER) and is itself ended when the driver dies. Whatever a
 * player does, even to its warden, costs its own cell only.
 *
 * The player is the leader of its own session and process group; standard input is /dev/null, signals are as after
 * login, no other descriptor is open, the environment is the caller's. */
#ifndef SIMUL_INVOCATION_H
#define SIMUL_INVOCATION_H

#include <hwloc.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum invocation_status {
	INVOCATION_OK,         /* exited 0 and printed exactly one line besides a notice */
	INVOCATION_REFUSED,    /* exited 3 with a refusal line */
	INVOCATION_FAILED,     /* anything else: crashed, hung, flooded, left children behind, printed rubbish ... */
	INVOCATION_INTERRUPTED /* *stop became non-zero */
};

struct invocation_plan {
	const char *const *argv;         /* the player's; argv[0] is an absolute path; NULL-terminated */
	const char *const *load_argv;    /* the load's, without the port. NULL: a listening notice is a failure; else a
					  * play    without one is */
	bool load_reads_cpu;             /* the load is told the player's process too: server=PID */
	hwloc_topology_t topology;       /* binds player and load where it is this system's; NULL: no binding */
	hwloc_const_cpuset_t cores;      /* the player's; NULL: not bound */
	hwloc_const_cpuset_t load_cores; /* the load's; NULL: not bound */
	uint64_t timeout_ns;
	const volatile sig_atomic_t *stop; /* checked while waiting; may be NULL */
};

/* Everything here is owned by the caller; freed by invocation_clear(). */
struct invocation_result {
	enum invocation_status status;
	char *output; /* the line with the record, or the refusal (the load's, if it refused): one that record_parse()
		       * accepts; NULL if there is none */
	char *load_output; /* the load's line, likewise; NULL if there is none */
	char *messages;    /* the tail of what both wrote to standard error, at most 4 KiB, valid UTF-8; never NULL */
	char reason[256];  /* where status is not INVOCATION_OK, a sentence without its subject: "did not end within 60
			      s" */
	uint64_t elapsed_ns; /* from the start of the player until it ended or was given up */
	int exit_status;     /* as waitpid(2), of the player */
	unsigned leftover;   /* descendants that had to be killed after the player had ended */
};

/* Plays once. 0, or -errno where the warden itself could not be made (nothing was started then). From one thread at a
 * time, which must outlive the call; no child is forked meanwhile. Makes the caller a child subreaper for good, so that
 * even the death of a warden leaves nothing behind. */
int invocation_play(const struct invocation_plan *plan, struct invocation_result *result);

/* Frees what the result owns. Also right after an error, and twice. */
void invocation_clear(struct invocation_result *result);

#endif
