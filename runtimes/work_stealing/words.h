/* words.h: tasks that wait on the address of a word, as futex(2) has it; for any number of workers.
 *
 * The waiter compares the word with a lock held, and the waker changes the word before it takes the lock: whoever is
 * second sees the other. */
#ifndef SIMUL_WORK_STEALING_WORDS_H
#define SIMUL_WORK_STEALING_WORDS_H

#include "worker.h"

/* -ENOMEM. */
int words_open(void);

/* Forgets all waiters. */
void words_close(void);

/* After the switch: unit waits if its word is still as expected (true), or does not (false). */
bool words_wait(struct unit *unit);

/* Moves up to count waiters for word to the end of woken, the longest waiting first; returns how many. */
unsigned words_wake(_Atomic uint32_t *word, unsigned count, struct loop_queue *woken);

#endif
