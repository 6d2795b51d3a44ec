/* scheduler.h: what the two halves of the async runtime share, tasks (async.c) and sockets (sockets.c). */
#ifndef SIMUL_ASYNC_SCHEDULER_H
#define SIMUL_ASYNC_SCHEDULER_H

#include "../event_loop/loop.h"

/* The one loop; open inside async_run(). */
extern struct loop async_loop;

#endif
