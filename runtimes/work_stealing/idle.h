/* idle.h: how a worker without work goes to sleep, and how it is woken without a wake-up being lost.
 *
 * Whoever makes a task ready publishes it and then looks whether somebody sleeps; whoever goes to sleep says so and
 * then looks for tasks once more. Each writes before it reads what the other writes (barrier.h), so at least one of
 * them sees the other, and making a task ready costs no fence.
 *
 * Only one is woken at a time, and only when none is looking for work already: whoever finds some as the last one that
 * looked wakes the next one, so that as many come as there is work for (the rule of Go's scheduler,
 * runtime/proc.go, "Worker thread parking/unparking").
 *
 * Most tasks that become ready are run by their own worker in less time than another one takes to come: a parent whose
 * child ends soon, a task whose waker waits soon. A worker that has seen such tasks vanish while it looked for some is
 * deaf to further calls of that kind (CALL_LISTENERS) for a nap, and looks again by itself when it is over; so a task
 * that is left after all waits for NAP_LONGEST_NS at most.
 *
 * All sleepers wait at one epoll set, the door: a bell (eventfd) and the set of descriptors are behind it, both
 * edge-triggered, so that one event lets one of them go on; and each waits no longer than until the next timer.
 * model/sleep.pml checks the protocol. */
#ifndef SIMUL_WORK_STEALING_IDLE_H
#define SIMUL_WORK_STEALING_IDLE_H

#include "worker.h"

/* Of idle.sleepers: who sleeps and listens, who sleeps and is deaf, and how often somebody has left. */
#define IDLE_LISTENER UINT64_C(1)
#define IDLE_DEAF (UINT64_C(1) << 16)
#define IDLE_LEAVING (UINT64_C(1) << 32)

static inline unsigned idle_asleep(uint64_t sleepers)
{
	return (uint16_t)sleepers + (uint16_t)(sleepers >> 16);
}

static inline unsigned idle_listening(uint64_t sleepers)
{
	return (uint16_t)sleepers;
}

extern struct idle {
	_Atomic uint64_t sleepers;  /* partner of every deque, queue and slot */
	_Atomic uint32_t searching; /* workers that are awake and look for work */
	_Atomic uint32_t ringing;   /* 1 from the bell until somebody has heard it */
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

enum call {
	CALL_LISTENERS, /* the task will most likely be run by this worker soon */
	CALL_ANYBODY,   /* there is one more than this worker will run soon */
};

/* After a task has been published: whether anybody sleeps who is to come for it, by idle_answer(). */
static inline __attribute__((always_inline)) bool idle_called(enum call call)
{
	barrier_light();
	uint64_t sleepers = atomic_load_explicit(&idle.sleepers, memory_order_relaxed);

	return __builtin_expect(call == CALL_ANYBODY ? idle_asleep(sleepers) : idle_listening(sleepers), 0);
}

static inline void idle_answer(void)
{
	if (atomic_load_explicit(&idle.searching, memory_order_relaxed) == 0)
		idle_ring();
}

/* Called after a task has been published: somebody comes for it if anybody sleeps. */
static inline __attribute__((always_inline)) void idle_call(enum call call)
{
	if (idle_called(call))
		idle_answer();
}

#endif
