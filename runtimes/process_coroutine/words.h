/* words.h: task_wait() and task_wake() between processes, each of which runs many tasks.
 *
 * A hash table of waits in shared memory, by the address of the word. A wait is linked while the bucket's lock is held
 * and the word has been compared under the same lock; who wakes unlinks it under that lock too and puts it into the
 * mail of the waiter's place, whose process then makes the task ready.
 *
 * Why no wake-up is lost: whoever changes a word does so before task_wake(), which takes the lock of the word's bucket.
 * Either that is before the waiter has taken it, then the lock hands the change over and the comparison sees it; or
 * after, then the wait is linked and is found. From there on the notification carries it: place.h.
 *
 * And if a process dies? Locks name their holder; the supervisor, which alone sees deaths, takes all of them, those of
 * the dead included, and links anew every wait that says it is linked, except the dead one's. What the dead had
 * unlinked and not delivered is found by the waits' owners: words_pardon(). */
#ifndef SIMUL_PROCESS_COROUTINE_WORDS_H
#define SIMUL_PROCESS_COROUTINE_WORDS_H

#include <stdatomic.h>
#include <stdint.h>

/* -ENOMEM. Once, by ground_open(). */
int words_open(void);

/* As task_wait() and task_wake(), for a word in shared memory. Also the supervisor may wake. */
int words_wait(_Atomic uint32_t *word, uint32_t expected);
int words_wake(_Atomic uint32_t *word, unsigned count);

/* The owner of a place: makes those tasks ready whose waits are in its mail. */
void words_collect(void);

/* The same after a death: also those who were taken out of the table and never put into the mail. */
void words_pardon(void);

/* The supervisor: the process of the place is dead, and its tasks wait for nothing any more. */
void words_bury(uint32_t place);

/* The process that takes over the place of one that was buried: its waits are there to be used again. */
void words_inherit(void);

#endif
