/* threads.h: a kernel thread a task, for the runtimes that differ in who may run and not in what a task is.
 *
 * Always: the first task is the program's main thread; a task's control block belongs to its spawner, who alone
 * allocates and frees it, so the heap needs no traffic between threads. */
#ifndef SIMUL_KERNEL_THREADS_H
#define SIMUL_KERNEL_THREADS_H

#include <pthread.h>

#include "../task.h"

/* Owned by the spawner from threads_spawn() to threads_join(). */
struct thread {
	pthread_t handle; /* may be written after the thread has started; only the spawner reads it */
	task_function *function;
	void *argument;
};

/* 0, or -ENOMEM. */
int threads_open(void);

/* Every task must have been joined; who is named in the sentence that says that it was not. */
void threads_close(const char *who);

/* Starts main with the thread, whose function and argument it is to call. -EAGAIN, -ENOMEM as pthread_create(3). */
int threads_spawn(struct task *task, void *(*main)(void *thread), task_function *function, void *argument);

/* Waits in the kernel until the task has ended. */
void threads_join(struct task task, const char *who);

#endif
