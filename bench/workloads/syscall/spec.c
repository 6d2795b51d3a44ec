/* spec.c: the floor: what the bare calls cost that the models are made of. No task is started. */
#include <errno.h>
#include <stdio.h>

#include "../../../runtimes/clock.h"
#include "../../../runtimes/runtime.h"
#include "syscall.h"

static const char *const modes[] = {
	[SYSCALL_ATOMIC] = "atomic",
	[SYSCALL_MUTEX] = "mutex",
	[SYSCALL_CLOCK_GETTIME] = "clock_gettime",
	[SYSCALL_GETPPID] = "getppid",
	[SYSCALL_SCHED_YIELD] = "sched_yield",
	[SYSCALL_FUTEX] = "futex",
	[SYSCALL_EPOLL_WAIT] = "epoll_wait",
	[SYSCALL_EVENTFD] = "eventfd",
	[SYSCALL_PIPE] = "pipe",
	[SYSCALL_PAGE] = "page",
	[SYSCALL_THREAD] = "thread",
	[SYSCALL_VFORK] = "vfork",
	[SYSCALL_FORK] = "fork",
	[SYSCALL_MODES] = NULL,
};

/* About what one takes in a guest: for estimates, and for as many calls as fill the time below. */
static const uint64_t about_ns[SYSCALL_MODES] = {
	[SYSCALL_ATOMIC] = 5,
	[SYSCALL_MUTEX] = 20,
	[SYSCALL_CLOCK_GETTIME] = 50,
	[SYSCALL_GETPPID] = 200,
	[SYSCALL_SCHED_YIELD] = 500,
	[SYSCALL_FUTEX] = 250,
	[SYSCALL_EPOLL_WAIT] = 250,
	[SYSCALL_EVENTFD] = 1000,
	[SYSCALL_PIPE] = 1500,
	[SYSCALL_PAGE] = 4000,
	[SYSCALL_THREAD] = 50 * NS_PER_US,
	[SYSCALL_VFORK] = 50 * NS_PER_US,
	[SYSCALL_FORK] = 200 * NS_PER_US,
};

static const uint64_t enough_ns = 50 * NS_PER_MS;

static const struct parameter parameters[] = {
	[SYSCALL_MODE] = {.name = "mode",
			  .type = PARAMETER_CHOICE,
			  .fallback = "getppid",
			  .choices = modes,
			  .help = "the call; eventfd, pipe: a write and a read; page: map, touch and unmap one; "
				  "thread, vfork, fork: create one and wait for its end"},
	[SYSCALL_CALLS] = {.name = "calls",
			   .type = PARAMETER_COUNT,
			   .least = 1,
			   .most = 4000000000,
			   .help = "how often; default: for about 50 ms"},
	{.name = NULL},
};

static int resolve(struct values *values, char reason[REASON_MAX])
{
	(void)reason;
	if (!values->given[SYSCALL_CALLS])
		values->value[SYSCALL_CALLS] = enough_ns / about_ns[values->value[SYSCALL_MODE]];
	return 0;
}

/* The floor is the same under every model. Those whose tasks take turns are above it; what has none of that plays. */
static int admit(const struct values *values, struct stage stage, char reason[REASON_MAX])
{
	(void)values;
	if (!(stage.capabilities & RUNTIME_INTERLEAVES))
		return 0;
	snprintf(reason, REASON_MAX,
		 "the floor does not depend on the runtime: it is measured once, where tasks run one after another");
	return -ENOTSUP;
}

static void expect(const struct values *values, struct stage stage, struct expectation *expectation)
{
	(void)stage;
	*expectation = (struct expectation){
		.operations = values->value[SYSCALL_CALLS],
		.estimate_ns = values->value[SYSCALL_CALLS] * about_ns[values->value[SYSCALL_MODE]],
	};
}

const struct workload_spec syscall_spec = {
	.name = "syscall",
	.question = "The floor: what do the bare calls cost that the models are made of?",
	.operation = "call",
	.bound_text = "none: this is what others are held against",
	.parameters = parameters,
	.resolve = resolve,
	.admit = admit,
	.expect = expect,
};
