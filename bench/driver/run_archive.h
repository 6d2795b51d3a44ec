/* run_archive.h: `simul run --out=-`: the bundle as an archive on standard output. */
#ifndef SIMUL_RUN_ARCHIVE_H
#define SIMUL_RUN_ARCHIVE_H

#include "run.h"

/* Whether this run's bundle goes to standard output. */
bool run_archived(const struct run *run);

/* Makes a temporary folder for the bundle, options.out from now on, and keeps standard output for the archive: what
 * anybody prints goes to standard error. 0, or an exit code of driver.h when a sentence has been printed. */
int run_archive_begin(struct run *run);

/* Writes the archive, whatever became of the run, and removes the folder, which is kept where that fails: then
 * DRIVER_NOTHING_DONE, else the status that it is given. Does nothing for a run that was not begun so. */
int run_archive_end(struct run *run, int status);

#endif
