/* census.h: whether anything can still go on, asked when a worker has no memory for a further task.
 *
 * Such a worker begins its next job when one of its tasks has ended. If all tasks everywhere wait for those that are
 * not begun, none ever ends. A task of the first process's, the warden, finds that out and ends the run; it sleeps
 * until a worker tells a shortage, so that without one nothing is counted.
 *
 * A process is quiet if none of its tasks can go on unless another process notifies it. The warden has all processes
 * counted in rounds, and the next one begins when all have answered the last. If each was quiet two rounds ago and has
 * run no task since, all were quiet at once when the round between began. Nor was anything under way then, in the mail
 * or in a channel: who was to get it has been woken and has collected since, and would have run a task.
 *
 * Source: waves of counting, F. Mattern, "Algorithms for distributed termination detection", 1987. */
#ifndef SIMUL_PROCESS_COROUTINE_CENSUS_H
#define SIMUL_PROCESS_COROUTINE_CENSUS_H

#include <stdbool.h>

/* The first process, when the workers have been forked. -ENOMEM. */
int census_open(void);

/* When ground->ending is set. */
void census_close(void);

/* A worker, whenever it has tried to begin its jobs: whether one could not be for lack of memory. */
void census_tell_shortage(bool is_short);

/* The clerk of a worker, when it has collected everything. */
void census_answer(void);

#endif
