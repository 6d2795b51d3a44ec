/* counter.c: the counter's increments, and what comes of them, in every dialect. */
#include "../../player/play.h"
#include "contention.h"

void contention_add(struct contention_counter *counter, uint64_t increments, bool atomic)
{
	if (atomic)
		/* Relaxed: the count itself is all that is shared, and joining orders its last reading. */
		while (increments-- > 0)
			atomic_fetch_add_explicit(&counter->value, 1, memory_order_relaxed);
	else
		while (increments-- > 0)
			contention_write(counter, contention_read(counter) + 1);
}

/* A counter that cannot be right makes a checksum that is none. What the mode is about comes first: losses, or what it
 * costs to have none. */
void contention_report(struct play *play, const struct contention_sum *sum, const struct contention_counter *counter)
{
	const struct values *values = play_values(play);
	uint64_t value = contention_read(counter);
	bool plausible = contention_may_hold(values, play_stage(play), value);
	double made = (double)sum->made, lost = made - (double)value;

	play_end(play, sum->last_ns);
	play_audit(play, sum->ended, sum->made, 0, plausible ? sum->made : value);
	if (values->value[CONTENTION_MODE] == CONTENTION_NONE)
		play_figure(play, "lost_percent", lost * 100 / made);
	play_figure(play, "ns_per_increment", (double)(sum->last_ns - sum->begun_ns) / made);
	play_figure(play, "lost", lost);
}
