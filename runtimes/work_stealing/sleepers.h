/* sleepers.h: timers, a heap a worker. A worker takes out its own; those that are overdue, any other that has nothing
 * else to do or looks at the outside: a task that computes for long delays only itself. */
#ifndef SIMUL_WORK_STEALING_SLEEPERS_H
#define SIMUL_WORK_STEALING_SLEEPERS_H

#include "worker.h"

/* After the switch: unit waits for its deadline. */
void sleepers_wait(struct worker *worker, struct unit *unit);

/* Makes the tasks ready whose time has come. */
void sleepers_expire(struct worker *worker, uint64_t now);

/* When worker must look again, at the latest at `latest`. */
uint64_t sleepers_next(const struct worker *worker, uint64_t latest);

#endif
