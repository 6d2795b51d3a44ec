/* threads.c: a kernel thread a task. */
#include "threads.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

#include "../check.h"

/* 64 KiB: room for a chain of calls into the C library and the frame of a signal, up to 11 KiB of registers on x86-64;
 * and small enough that the C library's cache of stacks (40 MiB in glibc) holds 640 of them and a thread costs no
 * mmap(2) again. Only touched pages cost memory. Below it lies the guard page that is glibc's default. Sanitizers make
 * frames several times larger. */
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

static pthread_attr_t attributes; /* written before the first spawn, read by any spawner */

/* Relaxed: only its value in threads_close() counts, which every join that was done in time happens before. */
static _Atomic unsigned long unjoined;

/* From Linux 6.16 on a process with threads keeps its futexes in a table of its own, of four buckets a core and 16 at
 * least. Beside 10,000 sleepers each wake-up walks past some hundreds of them there; or, where the word that is woken
 * shares the bucket of one on which all the others sleep (so it was in one invocation of eight), past every one.
 * EINVAL: an older kernel, whose one table for everybody is wide enough. */
static void widen_futex_table(void)
{
	enum { FUTEX_HASH = 78, SET_SLOTS = 1, SLOTS = 1024 }; /* PR_FUTEX_HASH of linux/prctl.h, which may be older */

	prctl(FUTEX_HASH, SET_SLOTS, (unsigned long)SLOTS, 0UL, 0UL);
}

int threads_open(void)
{
	int error = pthread_attr_init(&attributes);

	if (error)
		return -error;
	error = pthread_attr_setstacksize(&attributes, STACK_BYTES);
	CHECK(error == 0, "threads: a stack of %d bytes is not allowed: %s", STACK_BYTES, strerror(error));
	widen_futex_table();
	return 0;
}

void threads_close(const char *who)
{
	unsigned long left = atomic_load_explicit(&unjoined, memory_order_relaxed);

	CHECK(left == 0, "%s: the first task returned before %lu task(s) were joined", who, left);
	pthread_attr_destroy(&attributes);
}

int threads_spawn(struct task *task, void *(*main)(void *thread), task_function *function, void *argument)
{
	struct thread *thread = malloc(sizeof(*thread));
	int error;

	if (!thread)
		return -ENOMEM;
	thread->function = function;
	thread->argument = argument;
	error = pthread_create(&thread->handle, &attributes, main, thread);
	if (error) {
		free(thread);
		return -error;
	}
	task->id = (uintptr_t)thread;
	atomic_fetch_add_explicit(&unjoined, 1, memory_order_relaxed);
	return 0;
}

void threads_join(struct task task, const char *who)
{
	struct thread *thread = (struct thread *)task.id;
	int error = pthread_join(thread->handle, NULL);

	CHECK(error == 0, "%s: cannot join a task, which must be one of the caller's: %s", who, strerror(error));
	free(thread);
	atomic_fetch_sub_explicit(&unjoined, 1, memory_order_relaxed);
}
