/* report.c: what comes of range, in every dialect. */
#include "../../player/play.h"
#include "range.h"

void range_report(struct play *play, const struct range_sum *sum)
{
	uint64_t ended_ns = sum->ended_ns - sum->paused_ns;

	play_end(play, ended_ns);
	play_audit(play, sum->ended, sum->taken, 0, sum->sum);
	play_figure(play, "ns_per_number",
		    (double)(ended_ns - sum->begun_ns) / (double)play_value(play, RANGE_NUMBERS));
	if (play_memory_growth(play) > 0)
		play_figure(play, "memory_bytes", (double)play_memory_growth(play));
}
