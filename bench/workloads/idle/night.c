/* night.c: what comes of idle, in every dialect. */
#include <string.h>

#include "../../../runtimes/clock.h"
#include "../../player/play.h"
#include "../lateness.h"
#include "idle.h"

void night_open(struct night *night, const struct play *play, uint64_t *late_ns)
{
	uint64_t tasks = play_value(play, IDLE_TASKS);

	memset(late_ns, 0xff, tasks * sizeof *late_ns);
	*night = (struct night){.tasks = tasks,
				.sleeps = play_value(play, IDLE_SLEEPS),
				.sleep_ns = play_value(play, IDLE_SLEEP),
				.late_ns = late_ns};
}

void night_note(struct night *night, uint64_t *late_ns, uint64_t deadline_ns)
{
	uint64_t now_ns = clock_now();

	if (now_ns < deadline_ns)
		return; /* not counted: the audit fails */
	*late_ns = now_ns - deadline_ns;
	/* Relaxed: joining orders everything, and the count itself is all that is read here. */
	if (atomic_fetch_add_explicit(&night->woken, 1, memory_order_relaxed) + 1 == night->tasks * night->sleeps)
		night->ended_ns = now_ns;
}

/* What it took to have them all there. Memory is measured once more for what only those have that sleep: timers. */
static void report_creation(struct play *play, const struct night *night, uint64_t alive, size_t own_bytes)
{
	double tasks = (double)night->tasks;
	uint64_t memory;

	play_figure(play, "create_ns_per_task", (double)night->created_ns / tasks);
	if (alive < night->tasks)
		return;
	play_peak(play);
	memory = play_memory_growth(play);
	if (memory > 0)
		play_figure(play, "bytes_per_task",
			    (double)memory / tasks - (double)(own_bytes + sizeof *night->late_ns));
}

void night_report(struct play *play, struct night *night, uint64_t ended, uint64_t alive, size_t own_bytes)
{
	play_end(play, night->ended_ns);
	play_audit(play, ended, atomic_load(&night->woken), 0, 0);
	play_figure(play, "beyond_ms",
		    ((double)night->ended_ns - (double)night->begun_ns - (double)(night->sleeps * night->sleep_ns)) / 1e6);
	lateness_report(play, night->late_ns, night->tasks);
	if (night->created_ns > 0)
		report_creation(play, night, alive, own_bytes);
}
