/* descriptors.h: connections that go from the first task's process to its workers.
 *
 * A descriptor is a number in one process's table. What the first task adopts or accepts is registered, in shared
 * memory, under its number; a worker gets it under the same number, over a channel (SCM_RIGHTS, unix(7)), so that
 * nothing is translated when it is used. For that
 *
 *	- the first process accepts at numbers from base() on, which no other process has in use,
 *	- what was adopted before the workers were forked is replaced in them by a placeholder, so that its number stays
 *	  free and no worker keeps a connection open that it does not know of,
 *	- and descriptors that a worker opens itself get the lowest numbers, as always, and stay in that worker.
 *
 * task_hand_over() sends a descriptor and closes it here. A worker that uses one which the first process still holds
 * asks for a copy, which is closed together with the original.
 *
 * Functions are called by tasks and may suspend them. */
#ifndef SIMUL_PROCESS_COROUTINE_DESCRIPTORS_H
#define SIMUL_PROCESS_COROUTINE_DESCRIPTORS_H

#include <stdbool.h>
#include <stdint.h>

/* -ENOMEM. By task_run(), outside of any task. */
int descriptors_open(void);
void descriptors_close(void);

/* Channels, for all processes: before the supervisor is forked. -EMFILE, -ENFILE, -ENOMEM. */
int descriptors_open_channels(void);
void descriptors_close_channels(void);

/* The supervisor, when it begins; and for a place whose worker is dead. */
void descriptors_put_placeholders(void);
void descriptors_bury(uint32_t place);

/* The first process: serves requests until descriptors_stop_serving(). 0 or -ENOMEM. */
int descriptors_serve(void);
void descriptors_stop_serving(void);

/* A worker: takes what comes. 0 or -ENOMEM. */
int descriptors_receive(void);

/* The first process: registers fd, which is adopted. */
void descriptors_register(int fd);

/* The first process: the number under which an accepted, adopted descriptor goes on; -EMFILE and fd is closed. */
int descriptors_move(int fd);

/* The first process: sends fd to a worker, for that job, and closes it here. */
void descriptors_hand_over(int fd, uint32_t place, uint32_t job);

/* Any process: fd is about to be closed here. */
void descriptors_forget(int fd);

/* Any process: fd is not adopted here. Waits until it is: 0, or -EBADF if it never will be. */
int descriptors_await(int fd);

#endif
