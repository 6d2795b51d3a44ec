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

static void say(const struct stack_pool *pool, unsigned long number)
{
	char sentence[256], *end = append(sentence, "task ");

	end = append_number(end, number);
	end = append(end, " overflowed its stack of ");
	end = append_number(end, pool->slot_bytes / 1024);
	end = append(end,
		     " KiB: use smaller local variables or less recursion in a task, or larger stacks (stack=SIZE)\n");
	if (write(STDERR_FILENO, sentence, (size_t)(end - sentence)) < 0)
		return; /* nowhere to say it; the signal says the rest */
}

static void handle(int signal, siginfo_t *info, void *context)
{
	struct sigaction standard = {.sa_handler = SIG_DFL};
	const void *header = stack_guarded_by(watch.pool, info->si_addr);

	(void)context;
	if (header)
		say(watch.pool, watch.number(header));
	sigaction(signal, header ? &standard : &watch.former_action, NULL);
}

void overflow_end(const struct stack_pool *pool, unsigned long number)
{
	say(pool, number);
	abort();
}

int overflow_watch(const struct stack_pool *pool, unsigned long (*number)(const void *header))
{
	struct sigaction action = {.sa_sigaction = handle, .sa_flags = SA_SIGINFO | SA_ONSTACK};
	stack_t stack = {.ss_sp = alternate, .ss_size = sizeof(alternate)};

	watch.pool = pool;
	watch.number = number;
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
