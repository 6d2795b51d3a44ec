/* gil.h: one lock for a whole interpreter, handed over every GIL_INTERVAL_NS, by CPython's protocol.
 *
 * At any time at most one thread holds it, and only that one runs a task. A thread that wants it and does not get it
 * within the interval, while nobody else got it either, asks the holder to drop it. The holder, once it has dropped on
 * request, waits until another one has taken it (forced switching), or it would most often be first again.
 * Source of the protocol: CPython's Python/ceval_gil.h (the comment at its head; A. Pitrou, 2009); D. Beazley,
 * "Understanding the Python GIL" (2010).
 *
 * In CPython each of those who wait wakes up once an interval to ask, and wakes in vain where another one has asked: with
 * a thousand of them they take the core from the holder. Here the one who has waited longest asks for all.
 *
 * CPython's holder looks at the request between two bytecodes. C has no such places, so the request comes as a signal
 * (GIL_SIGNAL, ignored by default) to the holder, whose handler drops the lock and takes it again wherever the task
 * stands: a task that only computes is stopped after the interval, as Python code is. As any thread that is preempted
 * in the middle of something, it may hold a lock of the C library meanwhile; whoever waits for that lock with the GIL
 * in hand is asked to drop it in turn, after another interval.
 *
 * Waiters sleep in futex(2) and not in a condition variable, which no signal handler may touch. */
#ifndef SIMUL_THREAD_GIL_GIL_H
#define SIMUL_THREAD_GIL_GIL_H

#include <signal.h>

#include "../clock.h"

#define GIL_INTERVAL_NS (5 * NS_PER_MS) /* sys.setswitchinterval() of CPython has 5 ms */
#define GIL_SIGNAL SIGURG

/* Installs the handler and takes the lock for the calling thread, the first one. */
void gil_open(void);

/* Drops it, and puts back what the signal did before. The other threads have left by gil_drop(). */
void gil_close(void);

/* Takes it: waits until the calling thread holds it. Not if it does already. */
void gil_take(void);

/* Drops it, before something that may block and at the end of a thread. */
void gil_drop(void);

/* If somebody wants it: lets go until somebody has had it. */
void gil_yield(void);

/* If somebody has asked for it: the same. CPython's "eval breaker". */
void gil_check(void);

#endif
