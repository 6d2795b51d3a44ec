/* supervisor.h: who forks the workers, and forks them again when they have crashed.
 *
 *	the first task's process
 *	  `- supervisor		forked by the first task_spawn()
 *	       |- worker	a loop of coroutines
 *	       `- worker ...
 *
 * The supervisor runs no task and changes nothing, so that each worker is a copy of the first process as it was at the
 * first task_spawn(). Who dies with whom: kernel/supervision.h. */
#ifndef SIMUL_PROCESS_COROUTINE_SUPERVISOR_H
#define SIMUL_PROCESS_COROUTINE_SUPERVISOR_H

/* The first process, in the first task: 0 once all workers have been forked; -EAGAIN, -ENOMEM. worker() is what each
 * runs, at its place (place.h); it does not return. */
int supervisor_start(void (*worker)(void));

/* Returns when no worker is left. They are to go home by themselves: ground->ending. */
void supervisor_end(void);

#endif
