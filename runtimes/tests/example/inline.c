/* inline.c: the smallest runtime of the direct dialect; a task runs inside its own task_spawn().
 *
 * Always: a task has ended when task_spawn() returns. So nothing is left for task_join() to do, and nobody runs who
 * could change a word that a task waits for. */
#include <errno.h>
#include <stdio.h>
#include <sys/mman.h>

#include "../../check.h"
#include "../../kernel/shared_memory.h"
#include "../../runtime.h"
#include "../../task.h"

const struct runtime runtime = {
	.name = "inline",
	.model = "a task is a plain call, made when it is spawned",
	.dialect = "direct",
	.suspends = "not at all: while a task waits, everything waits",
	.shares = "all memory and all descriptors of one thread",
	.breaks = "tasks that wait for each other, and the depth of the stack where tasks spawn tasks",
	.sources = "the procedure call",
	.capabilities = 0,
};

static unsigned long unjoined;

int task_run(task_function *main, void *argument)
{
	main(argument);
	CHECK(unjoined == 0, "inline: the first task returned before it joined %lu task(s)", unjoined);
	shared_memory_unmap();
	return 0;
}

void *task_shared(size_t bytes)
{
	return shared_memory_map(bytes, MAP_PRIVATE);
}

int task_spawn(struct task *task, task_function *function, void *argument)
{
	*task = (struct task){.id = 0};
	unjoined++;
	function(argument);
	return 0;
}

int task_join(struct task task)
{
	(void)task;
	unjoined--;
	return 0;
}

void task_yield(void)
{
}

int task_wait(_Atomic uint32_t *word, uint32_t expected)
{
	if (atomic_load(word) != expected)
		return 0;
	fputs("inline: a task waits for another one, and none can run; use a runtime that interleaves tasks\n", stderr);
	return -EDEADLK;
}

int task_wake(_Atomic uint32_t *word, unsigned count)
{
	(void)word;
	(void)count;
	return 0;
}

void task_hand_over(int fd)
{
	(void)fd;
}
