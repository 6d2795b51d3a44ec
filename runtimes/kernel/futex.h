/* futex.h: task_wait() and task_wake() as the kernel does them, futex(2).
 *
 * For runtimes whose tasks are threads of the kernel. `scope` is FUTEX_PRIVATE_FLAG where all tasks share one address
 * space, and 0 where they share only mappings: the kernel then finds the word by its page and not by its address.
 * Source: futex(2); U. Drepper, "Futexes Are Tricky" (2011). Safe from any thread and process. */
#ifndef SIMUL_KERNEL_FUTEX_H
#define SIMUL_KERNEL_FUTEX_H

#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Sleeps while *word == expected. 0 after a wake-up, a mismatch or a signal; else -errno. */
static inline int futex_wait(_Atomic uint32_t *word, uint32_t expected, int scope)
{
	if (syscall(SYS_futex, word, FUTEX_WAIT | scope, expected, NULL, NULL, 0) == 0)
		return 0;
	return errno == EAGAIN || errno == EINTR ? 0 : -errno;
}

/* Wakes up to count sleepers, longest sleeping first; returns how many, or -errno. */
static inline int futex_wake(_Atomic uint32_t *word, unsigned count, int scope)
{
	/* The kernel takes an int, and wakes one for a negative count. */
	long woken = syscall(SYS_futex, word, FUTEX_WAKE | scope, count < INT_MAX ? count : INT_MAX, NULL, NULL, 0);

	return woken < 0 ? -errno : (int)woken;
}

#endif
