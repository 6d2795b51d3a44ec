/* thread.c: a task is a kernel thread (1:1), created when it is spawned and gone when it is joined. */
#include <linux/futex.h>
#include <sched.h>
#include <sys/mman.h>

#include "../kernel/futex.h"
#include "../kernel/shared_memory.h"
#include "../kernel/threads.h"
#include "../runtime.h"
#include "../task.h"

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

int task_run(task_function *main, void *argument)
{
	int error = threads_open();

	if (error)
		return error;
	main(argument);
	threads_close(runtime.name);
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
	return threads_spawn(task, thread_main, function, argument);
}

int task_join(struct task task)
{
	threads_join(task, runtime.name);
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
