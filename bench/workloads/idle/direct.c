/* direct.c: idle in the direct dialect. The reference for the other dialects.
 *
 * The workload's own memory, a handle and a word a task, is touched before any task exists and left out of
 * bytes_per_task. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../../../runtimes/clock.h"
#include "../../../runtimes/runtime.h"
#include "../../../runtimes/sync.h"
#include "../../../runtimes/task.h"
#include "../../player/play.h"
#include "idle.h"

/* task_shared(); the one that wakes up last reads the clock for all. */
struct dormitory {
	struct gate rehearsal, gate;
	uint32_t arrivals; /* at a gate before it opens; 0: it is open */
	uint64_t tasks, sleep_ns;
	_Atomic uint64_t woken; /* in time: not before the deadline */
	uint64_t ended_ns;
	uint32_t late_ns[]; /* after the deadline, at most UINT32_MAX */
};

/* The first task's own; forked children inherit a copy. */
static struct dormitory *dormitory;

static void note(uint32_t *late_ns, uint64_t deadline_ns)
{
	uint64_t now_ns = clock_now(), late = now_ns - deadline_ns;

	if (now_ns < deadline_ns)
		return; /* not counted: the audit fails */
	*late_ns = late < UINT32_MAX ? (uint32_t)late : UINT32_MAX;
	/* Relaxed: task_join() orders everything, and the count itself is all that is read here. */
	if (atomic_fetch_add_explicit(&dormitory->woken, 1, memory_order_relaxed) + 1 == dormitory->tasks)
		dormitory->ended_ns = now_ns;
}

static void sleep_once(void *late_ns)
{
	uint64_t deadline_ns = clock_now() + dormitory->sleep_ns;

	task_sleep_until(deadline_ns);
	note(late_ns, deadline_ns);
}

static void wait_and_sleep(void *late_ns)
{
	gate_pass(&dormitory->gate, dormitory->arrivals);
	sleep_once(late_ns);
}

static void rehearse(void *unused)
{
	(void)unused;
	gate_pass(&dormitory->rehearsal, dormitory->arrivals);
}

static void spawn_all(struct play *play, struct task *handles, task_function *body)
{
	for (uint64_t i = 0; i < dormitory->tasks; i++) {
		int error = task_spawn(&handles[i], body, &dormitory->late_ns[i]);

		if (error < 0)
			play_refuse_at(play, "tasks", -error, i);
	}
}

static uint64_t join_all(struct task *handles)
{
	uint64_t joined = 0;

	for (uint64_t i = 0; i < dormitory->tasks; i++)
		joined += task_join(handles[i]) >= 0;
	return joined;
}

/* As many tasks as will sleep live at once, wait, and end: their memory is known to the machine afterwards. */
static void warm_up(struct play *play, struct task *handles)
{
	spawn_all(play, handles, rehearse);
	gate_await(&dormitory->rehearsal, dormitory->arrivals);
	gate_open(&dormitory->rehearsal);
	join_all(handles);
}

static struct task *set_up(struct play *play)
{
	uint64_t tasks = play_value(play, IDLE_TASKS), bytes = sizeof *dormitory + tasks * sizeof dormitory->late_ns[0];
	struct task *handles = malloc(tasks * sizeof *handles);

	dormitory = task_shared(bytes);
	if (!dormitory || !handles)
		play_refuse(play, "memory", ENOMEM);
	memset(dormitory, 0, bytes);
	memset(handles, 0xff, tasks * sizeof *handles); /* every page of both is there from now on */
	dormitory->tasks = tasks;
	dormitory->sleep_ns = play_value(play, IDLE_SLEEP);
	dormitory->arrivals = (uint32_t)stage_arrivals(play_stage(play), tasks);
	if (dormitory->arrivals == 0)
		atomic_store(&dormitory->rehearsal.open, 1);
	if (play_value(play, IDLE_MEMORY) == IDLE_WARM)
		warm_up(play, handles);
	return handles;
}

/* Both return when the steady work began. */
static uint64_t start_at_gate(struct play *play, struct task *handles, uint64_t *created_ns)
{
	uint64_t begun_ns;

	*created_ns = clock_now();
	spawn_all(play, handles, wait_and_sleep);
	gate_await(&dormitory->gate, dormitory->arrivals);
	*created_ns = clock_now() - *created_ns;
	begun_ns = play_begin(play);
	gate_open(&dormitory->gate);
	return begun_ns;
}

static uint64_t start_at_spawn(struct play *play, struct task *handles)
{
	uint64_t begun_ns = play_begin(play);

	spawn_all(play, handles, sleep_once);
	return begun_ns;
}

static int by_lateness(const void *left, const void *right)
{
	uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;

	return (a > b) - (a < b);
}

/* In us, by nearest rank: the least lateness that so many percent of the tasks do not exceed. Sorted before. */
static double percentile(uint64_t percent)
{
	uint64_t rank = (dormitory->tasks * percent + 99) / 100;

	return dormitory->late_ns[rank > 0 ? rank - 1 : 0] / 1e3;
}

static void report_lateness(struct play *play, uint64_t begun_ns)
{
	qsort(dormitory->late_ns, dormitory->tasks, sizeof dormitory->late_ns[0], by_lateness);
	play_figure(play, "beyond_ms",
		    ((double)dormitory->ended_ns - (double)begun_ns - (double)dormitory->sleep_ns) / 1e6);
	play_figure(play, "late_p50_us", percentile(50));
	play_figure(play, "late_p99_us", percentile(99));
	play_figure(play, "late_max_us", percentile(100));
}

/* What it took to have them all there; memory only where they were all alive when it was measured. */
static void report_creation(struct play *play, uint64_t created_ns)
{
	uint64_t tasks = dormitory->tasks, memory = play_memory_growth(play);

	play_figure(play, "create_ns_per_task", (double)created_ns / (double)tasks);
	if (dormitory->arrivals == tasks && memory > 0)
		play_figure(play, "bytes_per_task",
			    (double)memory / (double)tasks - sizeof(struct task) - sizeof dormitory->late_ns[0]);
}

static void idle_main(void *argument)
{
	struct play *play = argument;
	struct task *handles = set_up(play);
	bool timed_spawn = play_value(play, IDLE_START) == IDLE_SPAWN;
	uint64_t created_ns = 0;
	uint64_t begun_ns = timed_spawn ? start_at_spawn(play, handles) : start_at_gate(play, handles, &created_ns);
	uint64_t joined = join_all(handles);

	play_end(play, dormitory->ended_ns);
	play_audit(play, joined, atomic_load(&dormitory->woken), 0, 0);
	report_lateness(play, begun_ns);
	if (!timed_spawn)
		report_creation(play, created_ns);
	free(handles);
}

const struct direct_body idle_direct = {.spec = &idle_spec, .main = idle_main};
