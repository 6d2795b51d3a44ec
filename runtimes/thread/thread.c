/* thread.c: a task is a kernel thread (1:1), created when it is spawned and gone when it is joined.
 *
 * Always: the first task is the program's main thread; a task's control block belongs to its spawner, who alone
 * allocates and frees it, so the heap needs no traffic between threads. */
#include <errno.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "../check.h"
#include "../kernel/futex.h"
#include "../kernel/shared_memory.h"
#include "../runtime.h"
#include "../task.h"

/* 64 KiB: room for a chain of calls into the C library, and small enough that the C library's cache of stacks
 * (40 MiB in glibc) holds 640 of them and a thread costs no mmap(2) again. Only touched pages cost memory. Below it
 * lies the guard page that is glibc's default. Sanitizers make frames several times larger. */
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
	.name = "thread",
	.model = "a kernel thread a task (1:1), created when it is spawned",
	.dialect = "direct",
	.suspends = "in the kernel: a system call blocks the thread, and the scheduler takes another one",
	.shares = "all memory and all descriptors of one process",
	.breaks = "the number of threads: two mappings each of vm.max_map_count, kernel.threads-max, the cgroup's "
		  "pids.max, "
		  "ulimit -u; about 25 KiB of memory each; a stack of 64 KiB",
	.sources = "POSIX threads as glibc does them (NPTL), futex(2)",
	.capabilities = RUNTIME_INTERLEAVES | RUNTIME_PARALLEL | RUNTIME_SHARES_MEMORY | RUNTIME_PREEMPTS,
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
	CHECK(error == 0, "thread: a stack of %d bytes is not allowed: %s", STACK_BYTES, strerror(error));
	main(argument);
	left = atomic_load_explicit(&unjoined, memory_order_relaxed);
	CHECK(left == 0, "thread: the first task returned before %lu task(s) were joined", left);
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

	thread->function(thread->argument);
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
	/* `handle` may be written after the thread has started; only the spawner reads it. */
	error = pthread_create(&thread->handle, &attributes, thread_main, thread);
	if (error) {
		free(thread);
		return -error;
	}
	task->id = (uintptr_t)thread;
	atomic_fetch_add_explicit(&unjoined, 1, memory_order_relaxed);
	return 0;
}

int task_join(struct task task)
{
	struct thread *thread = (struct thread *)task.id;
	int error = pthread_join(thread->handle, NULL);

	CHECK(error == 0, "thread: cannot join a task, which must be one of the caller's: %s", strerror(error));
	free(thread);
	atomic_fetch_sub_explicit(&unjoined, 1, memory_order_relaxed);
	return 0;
}

void task_yield(void)
{
	sched_yield();
}

int task_wait(_Atomic uint32_t *word, uint32_t expected)
{
	return futex_wait(word, expected, FUTEX_PRIVATE_FLAG);
}

int task_wake(_Atomic uint32_t *word, unsigned count)
{
	return futex_wake(word, count, FUTEX_PRIVATE_FLAG);
}

/* One table of descriptors for all: the task closes what it was given. */
void task_hand_over(int fd)
{
	(void)fd;
}
