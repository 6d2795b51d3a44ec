/* overflow.h: a stack that overflows says whose it is, and then ends the program as any SIGSEGV does.
 *
 * While watched, SIGSEGV is handled on a stack of its own. A fault in a guard page of the pool (stack.h) ends in a
 * sentence on standard error that names the task, and in SIGSEGV's default action; so does any fault while a stack has
 * lost its mark, which may be another task's doing: then "some task" has overflowed. All other faults go to whoever
 * handled them before. Stacks without guards are looked at by overflow_check() too, when their task has ended. One pool
 * at a time, in the thread that calls; what stood before is put back by overflow_unwatch().
 */
#ifndef SIMUL_COROUTINE_OVERFLOW_H
#define SIMUL_COROUTINE_OVERFLOW_H

#include "stack.h"

#include <limits.h>

#define OVERFLOW_UNKNOWN ULONG_MAX

/* A task as a sentence names it. */
struct overflow_task {
	unsigned long number; /* 0: the first task; OVERFLOW_UNKNOWN: some task */
	unsigned worker;      /* the task is the number'th that this one began, from 1; 0: there are no workers */
};

/* Name(header) tells the task from the header of its stack, or, for NULL, the task that runs in this thread; it runs in
 * a signal handler. -errno as sigaction(2) and sigaltstack(2). */
int overflow_watch(const struct stack_pool *pool, struct overflow_task (*name)(const void *header));

/* While watched, also: the first task's stack, which is none of the pool, begins at top and grows down from there until
 * memory ends. Remedy says what makes it larger. */
void overflow_watch_first(const void *top, const char *remedy);

void overflow_unwatch(void);

/* Says the sentence of the task with this header and aborts. */
_Noreturn void overflow_end(const void *header);

/* Of a task that ends: whether it has stayed on its stack, where that can be told. */
static inline void overflow_check(const struct stack_pool *pool, const void *header)
{
	if (__builtin_expect(pool->marked, 0) && stack_mark_gone(pool, header))
		overflow_end(header);
}

#endif
