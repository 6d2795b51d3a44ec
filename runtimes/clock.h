/* clock.h: the one clock of the project, CLOCK_MONOTONIC in nanoseconds.
 *
 * Every time in simul is a uint64_t of nanoseconds on this clock unless its name says otherwise. */
#ifndef SIMUL_CLOCK_H
#define SIMUL_CLOCK_H

#include <stdint.h>
#include <time.h>

#define NS_PER_US UINT64_C(1000)
#define NS_PER_MS UINT64_C(1000000)
#define NS_PER_S UINT64_C(1000000000)

static inline uint64_t ns_from_timespec(struct timespec time)
{
	return (uint64_t)time.tv_sec * NS_PER_S + (uint64_t)time.tv_nsec;
}

static inline struct timespec timespec_from_ns(uint64_t ns)
{
	return (struct timespec){.tv_sec = (time_t)(ns / NS_PER_S), .tv_nsec = (long)(ns % NS_PER_S)};
}

/* Now, in ns since an arbitrary start (boot). Cannot fail; safe from any thread. */
static inline uint64_t clock_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return ns_from_timespec(now);
}

/* CPU time of the calling thread, in ns. Cannot fail. */
static inline uint64_t clock_thread_cpu(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return ns_from_timespec(now);
}

#endif
