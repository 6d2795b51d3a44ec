/* progress.h: how far a run is, on standard error: one live line on a terminal, a plain line an invocation elsewhere.
 *
 * One run at a time in a process; the live line is the only line that is ever taken back. */
#ifndef SIMUL_PROGRESS_H
#define SIMUL_PROGRESS_H

#include <stddef.h>
#include <stdint.h>

/* total invocations, and what the estimates say that they take together. */
void progress_begin(size_t total, uint64_t estimate_ns);

/* An invocation starts; estimate_ns is its share of the whole. */
void progress_playing(const char *cell, uint64_t estimate_ns);

/* It has ended. reason: a sentence, or NULL if it is good; then wall_ns and bound_ns (0: none) are shown, and how often
 * it was played where that is more than once. */
void progress_played(const char *cell, uint64_t wall_ns, uint64_t bound_ns, unsigned plays, const char *reason);

/* One that need not be played after all. */
void progress_skipped(uint64_t estimate_ns);

/* Takes the live line away before other output; the next call of the above draws it again. Any time. */
void progress_clear(void);

#endif
