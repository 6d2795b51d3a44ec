/* overflow.c: see overflow.h. The handler calls only what is async-signal-safe, and returns: the faulting instruction
 * runs again and meets the action that was put in place. */
#include "overflow.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Enough for the largest register file that a kernel saves (11 KiB with AMX tiles) and a sanitizer's own handler. */
static char alternate[256 * 1024] __attribute__((aligned(16)));

static struct {
	const struct stack_pool *pool;
	unsigned long (*number)(const void *header);
	const char *first_guard;
	size_t first_guard_bytes, first_stack_bytes;
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

static char *append_task(char *end, unsigned long number)
{
	return append_number(append(end, "task "), number);
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

static void say_task(const struct stack_pool *pool, unsigned long number)
{
	char sentence[256];

	say(sentence, append_task(sentence, number), pool->slot_bytes, "larger stacks (stack=SIZE)");
}

static void say_first(void)
{
	char sentence[256];

	say(sentence, append(sentence, "the first task"), watch.first_stack_bytes, "raise FIRST_STACK_BYTES");
}

static void handle(int signal, siginfo_t *info, void *context)
{
	struct sigaction standard = {.sa_handler = SIG_DFL};
	const void *header = stack_guarded_by(watch.pool, info->si_addr);
	bool first = (uintptr_t)info->si_addr - (uintptr_t)watch.first_guard < watch.first_guard_bytes;

	(void)context;
	if (header)
		say_task(watch.pool, watch.number(header));
	else if (first)
		say_first();
	sigaction(signal, header || first ? &standard : &watch.former_action, NULL);
}

void overflow_watch_first(const void *guard, size_t guard_bytes, size_t stack_bytes)
{
	watch.first_guard = guard;
	watch.first_guard_bytes = guard_bytes;
	watch.first_stack_bytes = stack_bytes;
}

void overflow_end(const struct stack_pool *pool, unsigned long number)
{
	say_task(pool, number);
	abort();
}

int overflow_watch(const struct stack_pool *pool, unsigned long (*number)(const void *header))
{
	struct sigaction action = {.sa_sigaction = handle, .sa_flags = SA_SIGINFO | SA_ONSTACK};
	stack_t stack = {.ss_sp = alternate, .ss_size = sizeof(alternate)};

	watch.pool = pool;
	watch.number = number;
	watch.first_guard_bytes = 0;
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
