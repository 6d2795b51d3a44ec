/* overflow.h: a stack that overflows says whose it is, and then ends the program as any SIGSEGV does.
 *
 * While watched, SIGSEGV is handled on a stack of its own. A fault in a guard page of the pool (stack.h) ends in a
 * sentence on standard error that names the task, and in SIGSEGV's default action; any other fault goes to whoever
 * handled it before. Stacks without guards are looked at by overflow_check(), when their task has ended. One pool at a
 * time, in the thread that calls; what stood before is put back by overflow_unwatch().
 */
#ifndef SIMUL_COROUTINE_OVERFLOW_H
#define SIMUL_COROUTINE_OVERFLOW_H

#include "stack.h"

/* Number(header) tells the task's number from the header of its stack; it runs in a signal handler.
 * -errno as sigaction(2) and sigaltstack(2). */
int overflow_watch(const struct stack_pool *pool, unsigned long (*number)(const void *header));

/* While watched, also: the first task's stack, which is none of the pool, has stack_bytes, and guard_bytes at guard. */
void overflow_watch_first(const void *guard, size_t guard_bytes, size_t stack_bytes);

void overflow_unwatch(void);

/* Says the same sentence and aborts. */
_Noreturn void overflow_end(const struct stack_pool *pool, unsigned long number);

/* Of a task that ends, with its number: whether it has stayed on its stack, where that can be told. */
static inline void overflow_check(const struct stack_pool *pool, const void *header, unsigned long number)
{
	if (__builtin_expect(pool->marked, 0) && stack_mark_gone(pool, header))
		overflow_end(pool, number);
}

#endif
