/* overflow.c: see overflow.h. The handler calls only what is async-signal-safe, and returns: the faulting instruction
 * runs again and meets the action that was put in place. */
#include "overflow.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>
#include <unistd.h>

enum { PAGE = 4096 }; /* the least there is */

/* Enough for the largest register file that a kernel saves (11 KiB with AMX tiles) and a sanitizer's own handler. */
static char alternate[256 * 1024] __attribute__((aligned(16)));

static struct {
	const struct stack_pool *pool;
	struct overflow_task (*name)(const void *header);
	uintptr_t first_top; /* 0: not watched */
	const char *first_remedy;
	struct sigaction former_action;
	stack_t former_stack;
} watch;

static char *append(char *end, const char *text)
{
	size_t bytes = strlen(text);

	memcpy(end, text, bytes);
	return end + bytes;
}

static char *append_number(char *end, unsigned long number)
{
	char digits[24], *first = digits + sizeof(digits);

	*--first = '\0';
	do
		*--first = (char)('0' + number % 10);
	while (number /= 10);
	return append(end, first);
}

static char *append_task(char *end, struct overflow_task task)
{
	if (task.number == OVERFLOW_UNKNOWN)
		return append(end, "some task");
	end = append_number(append(end, "task "), task.number);
	return task.worker ? append_number(append(end, " begun by worker "), task.worker) : end;
}

static void say(const char *sentence, char *end, size_t stack_bytes, const char *remedy)
{
	end = append(end, " overflowed its stack of ");
	end = append_number(end, stack_bytes / 1024);
	end = append(end, " KiB: use smaller local variables or less recursion in a task, or ");
	end = append(append(end, remedy), "\n");
	if (write(STDERR_FILENO, sentence, (size_t)(end - sentence)) < 0)
		return; /* nowhere to say it; the signal says the rest */
}

static void say_task(struct overflow_task task)
{
	char sentence[256];

	say(sentence, append_task(sentence, task), watch.pool->slot_bytes, "larger stacks (stack=SIZE)");
}

static void say_first(uintptr_t address)
{
	size_t bytes = (watch.first_top - address + PAGE - 1) / PAGE * PAGE;
	char sentence[256];

	say(sentence, append(sentence, "the first task"), bytes, watch.first_remedy);
}

static uintptr_t stack_pointer_of(const ucontext_t *context)
{
#if defined(__x86_64__)
	return (uintptr_t)context->uc_mcontext.gregs[REG_RSP];
#elif defined(__aarch64__)
	return (uintptr_t)context->uc_mcontext.sp;
#endif
}

/* Of a fault: whether the first task has come to the end of its stack. From a page below its stack pointer, for what is
 * stored there before the pointer moves, up to its top there is memory as long as there is any to be had. */
static bool first_is_full(uintptr_t address, const ucontext_t *context)
{
	return address < watch.first_top && address + PAGE >= stack_pointer_of(context) && watch.name(NULL).number == 0;
}

/* Whether the fault is an overflow. */
static bool explain(const void *address, const ucontext_t *context)
{
	const void *header;

	if (stack_guards(watch.pool, address, &header))
		say_task(watch.name(header));
	else if (first_is_full((uintptr_t)address, context))
		say_first((uintptr_t)address);
	else if (stack_any_mark_gone(watch.pool))
		say_task((struct overflow_task){.number = OVERFLOW_UNKNOWN});
	else
		return false;
	return true;
}

static void handle(int signal, siginfo_t *info, void *context)
{
	struct sigaction standard = {.sa_handler = SIG_DFL};

	sigaction(signal, explain(info->si_addr, context) ? &standard : &watch.former_action, NULL);
}

void overflow_watch_first(const void *top, const char *remedy)
{
	watch.first_top = (uintptr_t)top;
	watch.first_remedy = remedy;
}

void overflow_end(const void *header)
{
	say_task(watch.name(header));
	abort();
}

int overflow_watch(const struct stack_pool *pool, struct overflow_task (*name)(const void *header))
{
	struct sigaction action = {.sa_sigaction = handle, .sa_flags = SA_SIGINFO | SA_ONSTACK};
	stack_t stack = {.ss_sp = alternate, .ss_size = sizeof(alternate)};

	watch.pool = pool;
	watch.name = name;
	watch.first_top = 0;
	sigemptyset(&action.sa_mask);
	if (sigaltstack(&stack, &watch.former_stack) < 0)
		return -errno;
	if (sigaction(SIGSEGV, &action, &watch.former_action) < 0) {
		int error = errno;

		sigaltstack(&watch.former_stack, NULL);
		return -error;
	}
	return 0;
}

void overflow_unwatch(void)
{
	sigaction(SIGSEGV, &watch.former_action, NULL);
	sigaltstack(&watch.former_stack, NULL);
}
