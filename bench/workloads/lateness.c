/* lateness.c: see lateness.h. */
#include "lateness.h"

#include <stdlib.h>

#include "../player/play.h"

static int by_lateness(const void *left, const void *right)
{
	uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;

	return (a > b) - (a < b);
}

static double percentile_us(const uint64_t *late_ns, uint64_t count, uint64_t percent)
{
	uint64_t rank = (count * percent + 99) / 100;

	return (double)late_ns[rank - 1] / 1e3;
}

void lateness_report(struct play *play, uint64_t *late_ns, uint64_t count)
{
	qsort(late_ns, count, sizeof *late_ns, by_lateness);
	play_figure(play, "late_p50_us", percentile_us(late_ns, count, 50));
	play_figure(play, "late_p99_us", percentile_us(late_ns, count, 99));
	play_figure(play, "late_max_us", percentile_us(late_ns, count, 100));
}

void latency_report(struct play *play, uint64_t *latency_ns, uint64_t count)
{
	qsort(latency_ns, count, sizeof *latency_ns, by_lateness);
	play_figure(play, "latency_p50_us", percentile_us(latency_ns, count, 50));
	play_figure(play, "latency_p99_us", percentile_us(latency_ns, count, 99));
	play_figure(play, "latency_max_us", percentile_us(latency_ns, count, 100));
}
