/* cores.h: the verb `simul cores`: a run (run.h) whose cells differ in their cores, or in their tasks a core. */
#ifndef SIMUL_CORES_H
#define SIMUL_CORES_H

#include "command.h"
#include "run.h"

/* Its options: those of `simul run` that it shares, which `run` has, and its own; all fill a struct run_options. */
const struct command *cores_command(const struct command *run);

/* Repetitions and limits of such a run; the sweeps are made for each run (scaling.h). */
extern const struct profile cores_profile;

/* What cannot be, whatever the machine. As below. */
int cores_check(const struct scaling_request *request);

/* Makes run->scaling for the machine that is open, and tells what will be swept. 0, or an exit code of driver.h when a
 * sentence has been printed. */
int cores_prepare(struct run *run);

/* Tells of the plan who will be missing in the curves because it takes too long: a sentence a workload and runtime. */
void cores_tell_missing(const struct plan *plan);

#endif
