/* report.c: what comes of switch, in every dialect. */
#include "../../player/play.h"
#include "switch.h"

void switch_report(struct play *play, const struct switch_sum *sum, uint64_t begun_ns, uint64_t ended_ns)
{
	play_end(play, ended_ns);
	play_audit(play, sum->ended, sum->turns, 0, sum->checksum);
	play_figure(play, "ns_per_switch", (double)(ended_ns - begun_ns) / (double)sum->turns);
}
