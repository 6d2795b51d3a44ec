/* player.h: the program around a runtime: `info` and `play`, measuring, the record. See results/SCHEMA.md. */
#ifndef SIMUL_PLAYER_H
#define SIMUL_PLAYER_H

#include "../../runtimes/runtime.h"
#include "play.h"

/* A workload's body as the player sees it, whatever its dialect. */
struct player_body {
	const struct workload_spec *spec;
	/* Runs the whole play in this process; 0 or -errno from the runtime. */
	int (*perform)(const struct player_body *body, struct play *play);
	/* Serves until a signal, likewise; -ENOSYS where the workload has no service. */
	int (*serve)(const struct player_body *body, struct play *play);
	const void *dialect_body;
};

/* main() of every player. bodies ends with a NULL spec. Returns the exit status. */
int player_main(int argc, char **argv, const struct runtime *runtime, const struct player_body *bodies);

#endif
