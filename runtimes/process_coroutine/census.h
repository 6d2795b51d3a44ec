/* census.h: whether anything can still go on. If all tasks everywhere wait, for each other or for jobs that a worker
 * has no memory to begin, no loop sees that: each process waits for the others.
 *
 * A task of the first process's, the warden, finds it out and ends the run. It wakes up by a timer of the kernel's, ten
 * times a second, and asks the workers only if its own process has nothing to do, so that nobody who runs pays for it.
 *
 * A process is quiet if none of its tasks can go on unless another process notifies it: none is ready, sleeps until a
 * time, or waits for a descriptor. The warden has all processes counted in rounds, and the next one begins when all
 * have answered the last; a worker that computes answers late. If each was quiet two rounds ago and has run no task
 * since, all were quiet at once when the round between began. Nor was anything under way then, in the mail or in a
 * channel: who was to get it has been woken and has collected since, and would have run a task. The supervisor, which
 * wakes for the dead, counts as quiet from the round in which it last buried one.
 *
 * Source: waves of counting, F. Mattern, "Algorithms for distributed termination detection", 1987. What he counts as
 * messages shows here as turns of tasks at the receiver, so that those who send and receive count nothing. */
#ifndef SIMUL_PROCESS_COROUTINE_CENSUS_H
#define SIMUL_PROCESS_COROUTINE_CENSUS_H

#include <stdbool.h>

/* The first process, before the workers are forked, and after their end. -EMFILE, -ENFILE, -ENOMEM. */
int census_open(void);
void census_close(void);

/* The first process, when the workers have been forked: deadlocked() is called by the warden, in a task, once nothing
 * can go on, and does not return. -ENOMEM. */
int census_start(void (*deadlocked)(void));
void census_stop(void);

/* A worker, whenever it has tried to begin its jobs: whether one could not be for lack of memory. */
void census_tell_shortage(bool is_short);

/* The clerk of a worker, when it has collected everything. */
void census_answer(void);

#endif
