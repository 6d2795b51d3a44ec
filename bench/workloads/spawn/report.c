/* report.c: what comes of spawn, in every dialect. */
#include "../../player/play.h"
#include "spawn.h"

static uint64_t sum_of_marks(const uint8_t *marks, uint64_t tasks)
{
	uint64_t sum = 0;

	for (uint64_t i = 0; i < spawn_marks(tasks); i++)
		sum += marks[i] * (i + 1);
	return sum;
}

void spawn_report(struct play *play, uint64_t ended, const uint8_t *marks, uint64_t begun_ns, uint64_t ended_ns)
{
	uint64_t tasks = play_value(play, SPAWN_TASKS);

	play_end(play, ended_ns);
	play_audit(play, ended, ended, 0, sum_of_marks(marks, tasks));
	play_figure(play, "ns_per_task", (double)(ended_ns - begun_ns) / (double)tasks);
}
