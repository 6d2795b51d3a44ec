/* words.h: tasks that wait on the address of a word, as futex(2) has it; for any number of workers.
 *
 * A fixed table of buckets, each with a lock and its waiters in the order of their coming. The waiter compares the word
 * with the lock held, and the waker changes the word before it takes the lock: whoever is second sees the other. */
#ifndef SIMUL_WORK_STEALING_WORDS_H
#define SIMUL_WORK_STEALING_WORDS_H

#include "worker.h"

/* -ENOMEM. */
int words_open(void);

/* Forgets all waiters. */
void words_close(void);

/* After the switch: unit waits if its word is still as expected (true), or does not (false). */
bool words_wait(struct unit *unit);

/* Takes up to count waiters for word out: a list by next, the longest waiting first. */
struct unit *words_wake(_Atomic uint32_t *word, unsigned count);

#endif
