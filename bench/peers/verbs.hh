/* verbs.hh: the direct dialect for peers that are written in C++: the headers of runtimes/ that they implement and use.
 *
 * g++ knows no _Atomic before C++23. An atomic word of 32 bits is a word as the processor sees it, and has the same
 * place in a call; word_load() reads one. */
#ifndef SIMUL_PEERS_VERBS_HH
#define SIMUL_PEERS_VERBS_HH

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <time.h>

extern "C" {
#ifndef __clang__
#define _Atomic
#endif
#include "../../runtimes/check.h"
#include "../../runtimes/clock.h"
#include "../../runtimes/event_loop/loop.h"
#include "../../runtimes/kernel/shared_memory.h"
#include "../../runtimes/runtime.h"
#include "../../runtimes/task.h"

#ifdef __clang__
using word = _Atomic uint32_t;

static inline uint32_t word_load(word *address)
{
	return __c11_atomic_load(address, __ATOMIC_RELAXED);
}
#else
#undef _Atomic
using word = uint32_t;

static inline uint32_t word_load(word *address)
{
	return __atomic_load_n(address, __ATOMIC_RELAXED);
}
#endif
}

/* Verbs of libraries that live in headers are inlined into the bodies of the workloads at link time, as they are into
 * the code of those who use them: after a switch, the return from a function that was called on another stack is one
 * that the processor predicts wrongly. Others see an ordinary function. */
#define INLINED_VERB __attribute__((always_inline, used)) inline

#endif
