/* offload.h: calls that block in the kernel where nothing can be waited for instead (files: fsync(2), read(2)), made on
 * threads of their own, so that a model that has many tasks on one thread goes on meanwhile.
 *
 * Built once for all models on what each of them can wait for, a socket: a call is submitted, a byte comes when it has
 * returned. A task has a channel of its own, and one call under way on it:
 *
 *	offload_open(&channel); task_adopt(channel.end);
 *	offload_submit(&channel, function, argument);
 *	do
 *		task_read(channel.end, &byte, 1);
 *	while (!offload_done(&channel));
 *
 * There are OFFLOAD_THREADS threads a process, as in libuv, started by the first call, and they end with it. A call is
 *a wake-up, a switch to the thread and back, and a byte through a socket dearer than a plain one: some ten
 *microseconds. Sources: libuv's threadpool (UV_THREADPOOL_SIZE is 4); CPython's loop.run_in_executor(). */
#ifndef SIMUL_OFFLOAD_H
#define SIMUL_OFFLOAD_H

#include <stdatomic.h>
#include <stdbool.h>

enum { OFFLOAD_THREADS = 4 };

/* Owned by the task, and stays where it is until it is closed. */
struct offload_channel {
	int end;   /* the task's: to be adopted, read from, and closed by it */
	int other; /* the threads' */
	void (*function)(void *argument);
	void *argument;
	_Atomic bool done; /* stored with release after the call, before the byte is sent; offload_done() acquires */
	struct offload_channel *next;
};

/* 0; -EMFILE, -ENFILE, -ENOMEM. */
int offload_open(struct offload_channel *channel);

/* Calls function(argument) soon, on another thread of this process. 0; -EAGAIN: no thread could be started. */
int offload_submit(struct offload_channel *channel, void (*function)(void *argument), void *argument);

/* After a byte was read: the call has returned, and everything that it wrote is there. */
static inline bool offload_done(const struct offload_channel *channel)
{
	return atomic_load_explicit(&channel->done, memory_order_acquire);
}

/* No call is under way. The task's end is closed by the task. */
void offload_close(struct offload_channel *channel);

#endif
