/* lateness.h: how late tasks came, as figures of a record. */
#ifndef SIMUL_LATENESS_H
#define SIMUL_LATENESS_H

#include <stdint.h>

struct play;

/* Sorts the values, in ns, at least one of them, and hands back late_p50_us, late_p99_us and late_max_us, by nearest
 * rank: the least of the values that so many percent of them do not exceed. */
void lateness_report(struct play *play, uint64_t *late_ns, uint64_t count);

/* The same of how long operations took: latency_p50_us, latency_p99_us and latency_max_us. */
void latency_report(struct play *play, uint64_t *latency_ns, uint64_t count);

#endif
