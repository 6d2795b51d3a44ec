/* sequential.c: one task after another, the base line that every other model is held against.
 *
 * A task is a function and its argument, kept until somebody joins it, and then a plain call on the joiner's stack.
 * Always: at most one task is running; a task that runs has been joined, so its joiner waits below it on the stack.
 * Hence nothing can change a word that a task waits for, and task_wait() says so. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "../check.h"
#include "../kernel/shared_memory.h"
#include "../runtime.h"
#include "../task.h"

const struct runtime runtime = {
	.name = "sequential",
	.model = "one task after another: a task is a plain call, made when it is joined",
	.dialect = "direct",
	.suspends = "not at all: while a task waits, everything waits",
	.shares = "all memory and all descriptors of one thread",
	.breaks = "tasks that need each other: a wait for another task is refused, since that task cannot run; "
		  "waiting times add up",
	.sources = "the procedure call; waiting by clock_nanosleep(2) and blocking sockets",
	.capabilities = RUNTIME_SHARES_MEMORY,
};

/* A task that has not run yet; owned by the runtime from task_spawn() to task_join(). */
struct pending {
	task_function *function;
	void *argument;
};

static unsigned long unjoined;

int task_run(task_function *main, void *argument)
{
	main(argument);
	CHECK(unjoined == 0, "sequential: the first task returned before it joined %lu task(s)", unjoined);
	shared_memory_unmap();
	return 0;
}

void *task_shared(size_t bytes)
{
	return shared_memory_map(bytes, MAP_PRIVATE);
}

int task_spawn(struct task *task, task_function *function, void *argument)
{
	struct pending *pending = malloc(sizeof(*pending));

	if (!pending)
		return -ENOMEM;
	*pending = (struct pending){.function = function, .argument = argument};
	task->id = (uintptr_t)pending;
	unjoined++;
	return 0;
}

int task_join(struct task task)
{
	struct pending *pending = (struct pending *)task.id;

	pending->function(pending->argument);
	free(pending);
	unjoined--;
	return 0;
}

/* No other task is ever ready: what is not running has not been joined yet. */
void task_yield(void)
{
}

int task_wait(_Atomic uint32_t *word, uint32_t expected)
{
	/* Acquire, as after a wait that another runtime ends: what was written before the word is seen. */
	if (atomic_load_explicit(word, memory_order_acquire) != expected)
		return 0;
	fputs("sequential: a task waits for another one, which can only run after it; "
	      "use a runtime that interleaves tasks\n",
	      stderr);
	return -EDEADLK;
}

/* Nobody ever waits. */
int task_wake(_Atomic uint32_t *word, unsigned count)
{
	(void)word;
	(void)count;
	return 0;
}

/* One table of descriptors for all: the task closes what it was given. */
void task_hand_over(int fd)
{
	(void)fd;
}
