/* sync.h: what tasks wait with, built once on task_wait() and task_wake() for every runtime of the direct dialect.
 *
 * All of these live in task_shared() memory and are ready when zeroed. */
#ifndef SIMUL_SYNC_H
#define SIMUL_SYNC_H

#include <stdatomic.h>
#include <stdint.h>

/* A start barrier: tasks arrive and wait; the first task opens it once all have arrived. */
struct gate {
	_Atomic uint32_t arrived;
	_Atomic uint32_t complete; /* 1 when `expected` tasks have arrived */
	_Atomic uint32_t open;
};

/* A task: arrive, as one of at least `expected`, and wait until the gate is open. */
void gate_pass(struct gate *gate, uint32_t expected);

/* The spawner: wait until `expected` tasks have arrived; returns at once for 0. */
void gate_await(struct gate *gate, uint32_t expected);

/* The spawner: let everybody through, now and later. */
void gate_open(struct gate *gate);

/* A counting semaphore; a semaphore of one permit is a mutex. */
struct semaphore {
	_Atomic uint32_t permits;
	_Atomic uint32_t waiters;
};

void semaphore_init(struct semaphore *semaphore, uint32_t permits);
void semaphore_acquire(struct semaphore *semaphore);
void semaphore_release(struct semaphore *semaphore);

#endif
