/* barrier.h: an order between a write and a later read, for two who each write before they read what the other writes:
 * at least one of them then sees the other (E. Dijkstra's and T. Dekker's mutual exclusion).
 *
 * One side comes often and pays nothing; the other comes seldom and pays for both: membarrier(2) makes every thread of
 * the process that is running complete its writes, in about 3 us. Where the kernel lacks it (before Linux 4.14), both
 * sides use a fence. */
#ifndef SIMUL_WORK_STEALING_BARRIER_H
#define SIMUL_WORK_STEALING_BARRIER_H

#include <stdatomic.h>
#include <stdbool.h>

/* Whether there is membarrier(2). Written by barrier_open(), before there are other threads. */
extern bool barrier_asymmetric;

void barrier_open(void);

/* The side that comes seldom. */
void barrier_heavy(void);

/* __sync_synchronize() and not atomic_thread_fence(): gcc's ThreadSanitizer refuses to compile the latter. */
static inline void barrier_full(void)
{
	__sync_synchronize();
}

/* The side that comes often. */
static inline __attribute__((always_inline)) void barrier_light(void)
{
	if (__builtin_expect(barrier_asymmetric, 1))
		atomic_signal_fence(memory_order_seq_cst);
	else
		barrier_full();
}

#endif
