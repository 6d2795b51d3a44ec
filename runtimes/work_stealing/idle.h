/* idle.h: how a worker without work goes to sleep, and how it is woken without a wake-up being lost.
 *
 * Whoever makes a task ready publishes it and then looks whether somebody sleeps; whoever goes to sleep says so and
 * then looks for tasks once more. Each writes before it reads what the other writes (E. Dijkstra's and T. Dekker's
 * mutual exclusion), so at least one of them sees the other, if no processor delays its write beyond its read. The
 * sleeper pays for that on both sides: membarrier(2) makes every running thread of the process complete its writes, so
 * that making a task ready costs no fence; before Linux 4.14 both sides use one.
 *
 * Only one is woken at a time, and only when none is looking for work already: whoever finds some as the last one that
 * looked wakes the next one, so that as many come as there is work for (the rule of Go's scheduler,
 * runtime/proc.go, "Worker thread parking/unparking").
 *
 * All sleepers wait at one epoll set, the door: a bell (eventfd) and the set of descriptors are behind it, both
 * edge-triggered, so that one event lets one of them go on; and each waits no longer than until the next timer.
 * model/sleep.pml checks the protocol. */
#ifndef SIMUL_WORK_STEALING_IDLE_H
#define SIMUL_WORK_STEALING_IDLE_H

#include "worker.h"

/* The lowest bits of idle.sleepers count who sleeps, the others how often somebody has left. */
#define IDLE_LEAVING (UINT64_C(1) << 16)
#define IDLE_MASK (IDLE_LEAVING - 1)

extern struct idle {
	_Atomic uint64_t sleepers;  /* partner of every deque, queue and slot */
	_Atomic uint32_t searching; /* workers that are awake and look for work */
	_Atomic uint32_t ringing;   /* 1 from the bell until somebody has heard it */
	bool asymmetric;            /* there is membarrier(2) */
} idle;

/* -errno as epoll_create1(2), eventfd(2). */
int idle_open(void);
void idle_close(void);

/* Wakes one sleeper, unless one has been woken who has not come yet. */
void idle_ring(void);

/* Lets everybody leave, one after another. */
void idle_stop(void);

/* A task for a worker that has none, or that has had its allowance; NULL: the run is over. */
struct unit *idle_find(struct worker *worker);

/* __sync_synchronize() and not atomic_thread_fence(): gcc's ThreadSanitizer refuses to compile the latter. */
static inline void idle_full_barrier(void)
{
	__sync_synchronize();
}

/* Between a write and a read of whoever makes a task ready. */
static inline void idle_light_barrier(void)
{
	if (__builtin_expect(idle.asymmetric, 1))
		atomic_signal_fence(memory_order_seq_cst);
	else
		idle_full_barrier();
}

/* Called after a task has been published: somebody comes for it if anybody sleeps. */
static inline void idle_notify(void)
{
	idle_light_barrier();
	if (__builtin_expect((atomic_load_explicit(&idle.sleepers, memory_order_relaxed) & IDLE_MASK) == 0, 1))
		return;
	if (atomic_load_explicit(&idle.searching, memory_order_relaxed) == 0)
		idle_ring();
}

#endif
