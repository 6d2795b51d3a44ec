/* coroutine_uring.c: what this runtime says of itself, and its verbs for files. The others are the scheduler's
 * (scheduler.h), over the poller of ../event_loop/poller_uring.c. */
#include "../event_loop/poller_uring.h"
#include "../runtime.h"
#include "scheduler.h"

const struct runtime runtime = {
	.name = "coroutine-uring",
	.model = "a stackful coroutine a task, on one thread over io_uring",
	.dialect = "direct",
	.suspends =
		"switching stacks, at each operation on a socket or a file: the kernel does it, and those of a turn "
		"together",
	.shares = "all memory",
	.breaks = "one core; a task that never suspends stops all others; memory at one page a task and more; "
		  "a library's function with locals of more than a page may leap over the guard page unseen; "
		  "needs Linux 5.11, and io_uring not to be forbidden, as it is in many containers",
	.sources = "A. de Moura, R. Ierusalimschy, \"Revisiting Coroutines\", 2009; io_uring_enter(2); "
		   "J. Axboe, \"Efficient IO with io_uring\", 2019",
	.library = "liburing " URING_VERSION,
	.capabilities = RUNTIME_INTERLEAVES | RUNTIME_SHARES_MEMORY | RUNTIME_SWITCHES_STACKS | RUNTIME_FILES,
};

int task_open_file(const char *path, int flags, mode_t mode)
{
	struct poller_file file = {.entry = coroutine_entry()};

	do {
		poller_file_open(coroutine_poller(), &file, path, flags, mode);
		coroutine_suspend();
	} while (file.result == -EINTR);
	return (int)file.result;
}

static ssize_t await_file(enum poller_file_call call, int fd, const void *buffer, size_t bytes, uint64_t at)
{
	struct poller_file file = {.entry = coroutine_entry()};

	do {
		poller_file_begin(coroutine_poller(), &file, call, fd, buffer, bytes, at);
		coroutine_suspend();
	} while (file.result == -EINTR);
	return file.result;
}

int task_close_file(int fd)
{
	return (int)await_file(POLLER_CLOSE, fd, NULL, 0, 0);
}

ssize_t task_pread(int fd, void *buffer, size_t bytes, uint64_t at)
{
	return await_file(POLLER_PREAD, fd, buffer, bytes, at);
}

ssize_t task_pwrite(int fd, const void *buffer, size_t bytes, uint64_t at)
{
	return await_file(POLLER_PWRITE, fd, buffer, bytes, at);
}

int task_fsync(int fd)
{
	return (int)await_file(POLLER_FSYNC, fd, NULL, 0, 0);
}
