/* thread_gil.c: a task is a kernel thread, and only the holder of one lock runs, as in CPython.
 *
 * Always: a task's code runs while its thread holds the lock of gil.h; whatever may block in the kernel is done without
 * it. So tasks wait at the same time and compute one at a time. */
#include <linux/futex.h>
#include <sys/mman.h>

#include "../kernel/blocking.h"
#include "../kernel/futex.h"
#include "../kernel/shared_memory.h"
#include "../kernel/threads.h"
#include "../runtime.h"
#include "../task.h"
#include "gil.h"

const struct runtime runtime = {
	.name = "thread-gil",
	.model = "a kernel thread a task, under one interpreter lock as in CPython",
	.dialect = "direct",
	.suspends = "in the kernel, and without the lock around what blocks; who computes is asked for it after 5 ms",
	.shares = "all memory and all descriptors of one process",
	.breaks = "one core at a time; a task that has waited and finds another one computing waits 5 ms more; and the "
		  "number of threads",
	.sources = "CPython's Python/ceval_gil.h; D. Beazley, \"Understanding the Python GIL\" (2010)",
	.capabilities = RUNTIME_INTERLEAVES | RUNTIME_SHARES_MEMORY | RUNTIME_PREEMPTS,
};

int task_run(task_function *main, void *argument)
{
	int error = threads_open();

	if (error)
		return error;
	gil_open();
	main(argument);
	threads_close(runtime.name);
	gil_close();
	shared_memory_unmap();
	return 0;
}

void *task_shared(size_t bytes)
{
	return shared_memory_map(bytes, MAP_PRIVATE);
}

static void *thread_main(void *argument)
{
	struct thread *thread = argument;

	gil_take();
	thread->function(thread->argument);
	gil_drop();
	return NULL;
}

int task_spawn(struct task *task, task_function *function, void *argument)
{
	int error = threads_spawn(task, thread_main, function, argument);

	gil_check();
	return error;
}

int task_join(struct task task)
{
	gil_drop();
	threads_join(task, runtime.name);
	gil_take();
	return 0;
}

void task_yield(void)
{
	gil_yield();
}

void task_sleep_until(uint64_t deadline_ns)
{
	if (clock_now() >= deadline_ns)
		return;
	gil_drop();
	blocking_sleep_until(deadline_ns);
	gil_take();
}

int task_wait(_Atomic uint32_t *word, uint32_t expected)
{
	int result;

	/* As a lock of CPython: what need not wait keeps the GIL. */
	if (atomic_load(word) != expected)
		return 0;
	gil_drop();
	result = futex_wait(word, expected, FUTEX_PRIVATE_FLAG);
	gil_take();
	return result;
}

int task_wake(_Atomic uint32_t *word, unsigned count)
{
	int woken = futex_wake(word, count, FUTEX_PRIVATE_FLAG);

	gil_check();
	return woken;
}

/* Sockets: changing a mode and closing do not block, all else does or may. */

int task_adopt(int fd)
{
	return blocking_adopt(fd);
}

/* One table of descriptors for all: the task closes what it was given. */
void task_hand_over(int fd)
{
	(void)fd;
}

int task_close(int fd)
{
	return blocking_close(fd);
}

ssize_t task_read(int fd, void *buffer, size_t bytes)
{
	ssize_t got;

	gil_drop();
	got = blocking_read(fd, buffer, bytes);
	gil_take();
	return got;
}

ssize_t task_write(int fd, const void *buffer, size_t bytes)
{
	ssize_t sent;

	gil_drop();
	sent = blocking_write(fd, buffer, bytes);
	gil_take();
	return sent;
}

int task_accept(int listener)
{
	int fd;

	gil_drop();
	fd = blocking_accept(listener);
	gil_take();
	return fd;
}

int task_connect(int fd, const struct sockaddr *address, socklen_t length)
{
	int result;

	gil_drop();
	result = blocking_connect(fd, address, length);
	gil_take();
	return result;
}
