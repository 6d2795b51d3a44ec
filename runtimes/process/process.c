/* process.c: a task is a process, forked when it is spawned.
 *
 * Always: a task's process is a child of the process that spawned it, and dies with it (PR_SET_PDEATHSIG), so that a
 * player that is killed leaves nobody behind. Tasks share the mappings of task_shared() and nothing else; everything
 * else is a copy made at the fork, this file's own state included. */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../check.h"
#include "../kernel/futex.h"
#include "../kernel/shared_memory.h"
#include "../runtime.h"
#include "../task.h"

const struct runtime runtime = {
	.name = "process",
	.model = "a process a task, forked when it is spawned",
	.dialect = "direct",
	.suspends = "in the kernel: a system call blocks the process, and the scheduler takes another one",
	.shares = "only memory from task_shared(); all other memory is a copy made at the fork, "
		  "and so is the table of descriptors",
	.breaks = "the number of processes (ulimit -u, kernel.pid_max) and about 100 KiB of memory each; "
		  "a task that crashes without waking those who wait for it leaves them waiting",
	.sources = "fork(2), waitpid(2), PR_SET_PDEATHSIG in prctl(2), futex(2) on a shared mapping",
	.capabilities = RUNTIME_INTERLEAVES | RUNTIME_PARALLEL | RUNTIME_PREEMPTS,
};

/* Tasks of this process that wait for their task_join(). It lies on the first task's stack, which is copied after each
 * fork anyway: in a page of its own it would cost a page fault more for each task, 4 % of fork and wait. */
static unsigned long *unjoined;

int task_run(task_function *main, void *argument)
{
	const struct sigaction ordinary = {.sa_handler = SIG_DFL};
	struct sigaction before;
	unsigned long count = 0;

	/* SIG_IGN, which a program inherits from its parent, would have the kernel reap children before task_join(). */
	CHECK(sigaction(SIGCHLD, &ordinary, &before) == 0, "process: cannot set SIGCHLD: %s", strerror(errno));
	unjoined = &count;
	main(argument);
	CHECK(count == 0, "process: the first task returned before it joined %lu task(s)", count);
	unjoined = NULL;
	CHECK(sigaction(SIGCHLD, &before, NULL) == 0, "process: cannot restore SIGCHLD: %s", strerror(errno));
	shared_memory_unmap();
	return 0;
}

void *task_shared(size_t bytes)
{
	return shared_memory_map(bytes, MAP_SHARED);
}

/* prctl(PR_SET_PDEATHSIG, SIGKILL), without a page of the C library that nothing else needs. The signal comes for a
 * parent that dies from now on. */
static inline void die_with_parent(void)
{
#if defined(__x86_64__)
	long result = SYS_prctl;

	__asm__ volatile("syscall" : "+a"(result) : "D"(PR_SET_PDEATHSIG), "S"((long)SIGKILL) : "rcx", "r11", "memory");
#else
	prctl(PR_SET_PDEATHSIG, SIGKILL);
#endif
}

/* Touches as little as it can: in a fresh child every new page of code or data is a page fault, 2 to 5 us of the about
 * 100 that fork and wait take. Hence what a task prints and does not flush is lost with its memory. */
static _Noreturn void run_as_child(pid_t parent, task_function *function, void *argument)
{
	unsigned long inherited = *unjoined; /* the parent's tasks; this task's own are counted on top */

	die_with_parent();
	/* After one that died before, the parent is another. */
	if (getppid() != parent)
		_exit(EXIT_FAILURE);
	function(argument);
	CHECK(*unjoined == inherited, "process: a task returned before it joined its own");
	_exit(EXIT_SUCCESS); /* exit handlers and buffered output are the parent's */
}

int task_spawn(struct task *task, task_function *function, void *argument)
{
	pid_t parent = getpid(), child;

	if (__fpending(stdout) > 0)
		fflush(stdout); /* or a task that prints and flushes would print the parent's words once more */
	child = fork();
	if (child < 0)
		return -errno;
	if (child == 0)
		run_as_child(parent, function, argument);
	task->id = (uintptr_t)child;
	++*unjoined;
	return 0;
}

static int judge(pid_t child, int status)
{
	if (WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SUCCESS)
		return 0;
	if (WIFEXITED(status))
		fprintf(stderr, "process: the task in process %d exited with status %d instead of returning\n",
			(int)child, WEXITSTATUS(status));
	else
		fprintf(stderr, "process: the task in process %d was ended by signal %d (%s)\n", (int)child,
			WTERMSIG(status), strsignal(WTERMSIG(status)));
	return -ECHILD;
}

int task_join(struct task task)
{
	pid_t child = (pid_t)task.id;
	int status;

	while (waitpid(child, &status, 0) < 0)
		CHECK(errno == EINTR, "process: cannot wait for process %d, which must be a task of the caller: %s",
		      (int)child, strerror(errno));
	--*unjoined;
	return judge(child, status);
}

void task_yield(void)
{
	sched_yield();
}

int task_wait(_Atomic uint32_t *word, uint32_t expected)
{
	return futex_wait(word, expected, 0);
}

int task_wake(_Atomic uint32_t *word, unsigned count)
{
	return futex_wake(word, count, 0);
}

/* The child has its own copy since the fork; the peer sees an end only when both are closed. */
void task_hand_over(int fd)
{
	close(fd);
}
