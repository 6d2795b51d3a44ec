/* pth.c: a peer: tasks as threads of GNU Pth, on one thread of the kernel.
 *
 * Driven as pth(3) says: default attributes (a stack of 64 KiB), a condition variable for whoever waits, and its own
 * calls for sleeping and sockets. Pth looks at the clock in each switch, and at each signal of each task that waits,
 * which takes about 1 us a task: beyond TASKS_MOST no run would come to an end, and there it refuses. */
#include <errno.h>
#include <fcntl.h>
#include <pth.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/select.h>
#include <unistd.h>

#include "../../../runtimes/check.h"
#include "../../../runtimes/clock.h"
#include "../../../runtimes/event_loop/wait_table.h"
#include "../../../runtimes/kernel/shared_memory.h"
#include "../../../runtimes/runtime.h"
#include "../../../runtimes/task.h"

const struct runtime runtime = {
	.name = "pth",
	.model = "a peer: a thread of GNU Pth a task, on one thread of the kernel",
	.dialect = "direct",
	.suspends = "switching stacks by makecontext(3), with the signal mask; select(2) in every switch",
	.shares = "all memory",
	.breaks = "one core; hundreds of tasks, since each switch looks at all that wait; 1,024 descriptors, as "
		  "select(2)",
	.sources = "pth(3); R. Engelschall, \"Portable Multithreading\", 2000",
	.capabilities = RUNTIME_INTERLEAVES | RUNTIME_SHARES_MEMORY | RUNTIME_SWITCHES_STACKS,
	.library = "GNU Pth " PTH_VERSION_STR,
	.costs = {.task_ns = 10000, .switch_ns = 2900, .wake_ns = 10000},
	.peer = true,
};

enum { TASKS_MOST = 500 };

/* A thread of Pth is created with one argument, and returns a pointer. Owned by the thread. */
struct start {
	task_function *function;
	void *argument;
};

/* On the stack of the task that waits; the entry stands for it in the wait table. */
struct waiter {
	struct loop_entry entry; /* the first member */
	bool woken;
	pth_cond_t condition;
};

static struct {
	struct wait_table words;
	struct loop_queue woken;
	pth_mutex_t mutex;
	unsigned long spawned, joined;
	bool initialised; /* for good: pth_kill() leaves no way back */
} scheduler;

int task_run(task_function *main, void *argument)
{
	if (!scheduler.initialised && !pth_init())
		return -errno;
	scheduler.initialised = true;
	if (wait_table_open(&scheduler.words) < 0)
		return -ENOMEM;
	if (loop_queue_open(&scheduler.woken) < 0) {
		wait_table_close(&scheduler.words);
		return -ENOMEM;
	}
	pth_mutex_init(&scheduler.mutex);
	scheduler.spawned = scheduler.joined = 0;
	main(argument);
	CHECK(scheduler.spawned == scheduler.joined, "the first task returned before it joined %lu of its tasks",
	      scheduler.spawned - scheduler.joined);
	loop_queue_close(&scheduler.woken);
	wait_table_close(&scheduler.words);
	shared_memory_unmap();
	return 0;
}

void *task_shared(size_t bytes)
{
	return shared_memory_map(bytes, MAP_PRIVATE);
}

static void *begin(void *argument)
{
	struct start start = *(struct start *)argument;

	free(argument);
	start.function(start.argument);
	return NULL;
}

int task_spawn(struct task *task, task_function *function, void *argument)
{
	struct start *start;
	pth_t thread;

	if (scheduler.spawned - scheduler.joined >= TASKS_MOST) {
		runtime_cannot_run(
			"GNU Pth takes about 1 us for each task at every switch, and beyond %d of them no run "
			"would come to an end",
			TASKS_MOST);
		return -EAGAIN;
	}
	start = malloc(sizeof *start);
	if (!start)
		return -ENOMEM;
	*start = (struct start){.function = function, .argument = argument};
	thread = pth_spawn(PTH_ATTR_DEFAULT, begin, start);
	if (!thread) {
		free(start);
		return -EAGAIN;
	}
	task->id = (uintptr_t)thread;
	scheduler.spawned++;
	return 0;
}

int task_join(struct task task)
{
	CHECK(pth_join((pth_t)task.id, NULL), "pth_join: %s", strerror(errno));
	scheduler.joined++;
	return 0;
}

void task_yield(void)
{
	pth_yield(NULL);
}

/* Pth counts in microseconds. */
void task_sleep_until(uint64_t deadline_ns)
{
	uint64_t now_ns;

	while ((now_ns = clock_now()) < deadline_ns) {
		uint64_t rest_us = (deadline_ns - now_ns + NS_PER_US - 1) / NS_PER_US;

		pth_nap(pth_time((long)(rest_us / 1000000), (long)(rest_us % 1000000)));
	}
}

int task_wait(_Atomic uint32_t *word, uint32_t expected)
{
	struct waiter self = {.condition = PTH_COND_INIT};

	/* Relaxed: all tasks are one thread of the kernel. */
	if (atomic_load_explicit(word, memory_order_relaxed) != expected)
		return 0;
	wait_table_add(&scheduler.words, word, &self.entry);
	pth_mutex_acquire(&scheduler.mutex, FALSE, NULL);
	while (!self.woken)
		pth_cond_await(&self.condition, &scheduler.mutex, NULL);
	pth_mutex_release(&scheduler.mutex);
	return 0;
}

/* pth_cond_notify() lets others run, and they may wake others in their turn: each empties the queue that all share. */
int task_wake(_Atomic uint32_t *word, unsigned count)
{
	unsigned woken = wait_table_wake(&scheduler.words, word, count, &scheduler.woken);

	while (!loop_queue_empty(&scheduler.woken)) {
		struct waiter *next = (struct waiter *)loop_queue_pop(&scheduler.woken);

		next->woken = true;
		pth_cond_notify(&next->condition, FALSE);
	}
	return (int)woken;
}

/* Sockets block as far as the kernel knows; Pth asks select(2) first. */
int task_adopt(int fd)
{
	if (fd >= FD_SETSIZE)
		return -EMFILE;
	return pth_fdmode(fd, PTH_FDMODE_BLOCK) == PTH_FDMODE_ERROR ? -errno : 0;
}

void task_hand_over(int fd)
{
	(void)fd; /* tasks share their descriptors */
}

int task_close(int fd)
{
	return close(fd) < 0 ? -errno : 0;
}

/* While one task waits in pth_send() the descriptor does not block, and Pth takes that for another one's wish: true if
 * the operation failed for that reason, and can now be tried again. */
static bool waited(ssize_t count, int fd, unsigned long until)
{
	pth_event_t event;

	if (count >= 0 || errno != EAGAIN)
		return false;
	event = pth_event(PTH_EVENT_FD | until, fd);
	CHECK(event, "no memory for an event of Pth");
	pth_wait(event);
	pth_event_free(event, PTH_FREE_THIS);
	return true;
}

ssize_t task_read(int fd, void *buffer, size_t bytes)
{
	ssize_t count;

	do
		count = pth_read(fd, buffer, bytes);
	while (waited(count, fd, PTH_UNTIL_FD_READABLE));
	return count < 0 ? -errno : count;
}

ssize_t task_write(int fd, const void *buffer, size_t bytes)
{
	ssize_t count;

	do
		count = pth_send(fd, buffer, bytes, MSG_NOSIGNAL);
	while (waited(count, fd, PTH_UNTIL_FD_WRITEABLE));
	return count < 0 ? -errno : count;
}

int task_accept(int listener)
{
	int fd = pth_accept(listener, NULL, NULL), error;

	if (fd < 0)
		return -errno;
	error = fcntl(fd, F_SETFD, FD_CLOEXEC) < 0 ? -errno : task_adopt(fd);
	if (error < 0)
		close(fd);
	return error < 0 ? error : fd;
}

int task_connect(int fd, const struct sockaddr *address, socklen_t length)
{
	return pth_connect(fd, address, length) < 0 ? -errno : 0;
}
