/* coroutine_uring.c: what this runtime says of itself. Its verbs are the scheduler's (scheduler.h), over the poller of
 * ../event_loop/poller_uring.c. */
#include "../runtime.h"

const struct runtime runtime = {
	.name = "coroutine-uring",
	.model = "a stackful coroutine a task, on one thread over io_uring",
	.dialect = "direct",
	.suspends = "switching stacks, at each operation on a socket: the kernel does it, and those of a turn together",
	.shares = "all memory",
	.breaks = "one core; a task that never suspends stops all others; memory at one page a task and more; "
		  "a library's function with locals of more than a page may leap over the guard page unseen; "
		  "needs Linux 5.11, and io_uring not to be forbidden, as it is in many containers",
	.sources = "A. de Moura, R. Ierusalimschy, \"Revisiting Coroutines\", 2009; io_uring_enter(2); "
		   "J. Axboe, \"Efficient IO with io_uring\", 2019",
	.library = "liburing " URING_VERSION,
	.capabilities = RUNTIME_INTERLEAVES | RUNTIME_SHARES_MEMORY | RUNTIME_SWITCHES_STACKS,
};
