/* spinlock.h: a lock for a few instructions, zeroed when free.
 *
 * No task is ever switched away from while it holds one; the thread may be preempted, so that those who wait give way
 * after a while. */
#ifndef SIMUL_WORK_STEALING_SPINLOCK_H
#define SIMUL_WORK_STEALING_SPINLOCK_H

#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct spinlock {
	_Atomic uint32_t held;
};

static inline void spin_pause(void)
{
#if defined(__x86_64__)
	__builtin_ia32_pause();
#elif defined(__aarch64__)
	__asm__ volatile("isb" ::: "memory"); /* yield is a no-op on most processors */
#endif
}

/* Acquire: partner of the release in spin_unlock(). */
static inline bool spin_try(struct spinlock *lock)
{
	return atomic_exchange_explicit(&lock->held, 1, memory_order_acquire) == 0;
}

static inline void spin_lock(struct spinlock *lock)
{
	for (unsigned turns = 1; !spin_try(lock); turns++)
		while (atomic_load_explicit(&lock->held, memory_order_relaxed))
			if (turns++ % 128)
				spin_pause();
			else
				sched_yield();
}

static inline void spin_unlock(struct spinlock *lock)
{
	atomic_store_explicit(&lock->held, 0, memory_order_release);
}

#endif
