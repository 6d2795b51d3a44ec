/* thread_gil.c: a task is a kernel thread, and only the holder of one lock runs, as in CPython.
 *
 * Always: a task's code runs while its thread holds the lock of gil.h; whatever may block in the kernel is done without
 * it. So tasks wait at the same time and compute one at a time. A task's control block belongs to its spawner. */
#include <errno.h>
#include <linux/futex.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "../check.h"
#include "../kernel/blocking.h"
#include "../kernel/futex.h"
#include "../kernel/shared_memory.h"
#include "../runtime.h"
#include "../task.h"
#include "gil.h"

/* Room for a chain of calls into the C library and the frame of the signal that asks for the lock, up to 11 KiB of
 * registers on x86-64. Sanitizers make frames several times larger. */
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define LARGE_FRAMES 1
#endif
#elif defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define LARGE_FRAMES 1
#endif
#ifdef LARGE_FRAMES
#define STACK_BYTES (512 * 1024)
#else
#define STACK_BYTES (64 * 1024)
#endif

const struct runtime runtime = {
	.name = "thread-gil",
	.model = "a kernel thread a task, under one interpreter lock as in CPython",
	.dialect = "direct",
	.suspends = "in the kernel, and without the lock around what blocks; who computes is asked for it after 5 ms",
	.shares = "all memory and all descriptors of one process",
	.breaks = "one core at a time; a task that has waited and finds another one computing waits 5 ms more; each "
		  "thread "
		  "that wants the lock wakes up every 5 ms to ask for it; and the number of threads",
	.sources = "CPython's Python/ceval_gil.h; D. Beazley, \"Understanding the Python GIL\" (2010)",
	.capabilities = RUNTIME_INTERLEAVES | RUNTIME_SHARES_MEMORY | RUNTIME_PREEMPTS,
};

/* Owned by the spawner from task_spawn() to task_join(). */
struct thread {
	pthread_t handle;
	task_function *function;
	void *argument;
};

static pthread_attr_t attributes; /* written before the first spawn, read by any spawner */

/* Relaxed: only its value in task_run() counts, which every join that was done in time happens before. */
static _Atomic unsigned long unjoined;

int task_run(task_function *main, void *argument)
{
	unsigned long left;
	int error = pthread_attr_init(&attributes);

	if (error)
		return -error;
	error = pthread_attr_setstacksize(&attributes, STACK_BYTES);
	CHECK(error == 0, "thread-gil: a stack of %d bytes is not allowed: %s", STACK_BYTES, strerror(error));
	gil_open();
	main(argument);
	left = atomic_load_explicit(&unjoined, memory_order_relaxed);
	CHECK(left == 0, "thread-gil: the first task returned before %lu task(s) were joined", left);
	gil_close();
	pthread_attr_destroy(&attributes);
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
	struct thread *thread = malloc(sizeof(*thread));
	int error;

	if (!thread)
		return -ENOMEM;
	thread->function = function;
	thread->argument = argument;
	error = pthread_create(&thread->handle, &attributes, thread_main, thread);
	if (error) {
		free(thread);
		return -error;
	}
	task->id = (uintptr_t)thread;
	atomic_fetch_add_explicit(&unjoined, 1, memory_order_relaxed);
	gil_check();
	return 0;
}

int task_join(struct task task)
{
	struct thread *thread = (struct thread *)task.id;
	int error;

	gil_drop();
	error = pthread_join(thread->handle, NULL);
	CHECK(error == 0, "thread-gil: cannot join a task, which must be one of the caller's: %s", strerror(error));
	gil_take();
	free(thread);
	atomic_fetch_sub_explicit(&unjoined, 1, memory_order_relaxed);
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
