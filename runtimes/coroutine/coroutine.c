/* coroutine.c: what this runtime says of itself. Its verbs are the scheduler's (scheduler.h), all of them as they are.
 */
#include "../runtime.h"

const struct runtime runtime = {
	.name = "coroutine",
	.model = "a stackful coroutine a task, on one thread over epoll",
	.dialect = "direct",
	.suspends = "switching stacks",
	.shares = "all memory",
	.breaks = "one core; a task that never suspends stops all others; memory at one page a task and more; "
		  "a library's function with locals of more than a page may leap over the guard page unseen",
	.sources = "A. de Moura, R. Ierusalimschy, \"Revisiting Coroutines\", 2009; epoll(7)",
	.capabilities = RUNTIME_INTERLEAVES | RUNTIME_SHARES_MEMORY | RUNTIME_SWITCHES_STACKS,
};
