/* direct.c: order in the direct dialect. The reference for the other dialects. */
#include <errno.h>

#include "../../../runtimes/clock.h"
#include "../../../runtimes/sync.h"
#include "../../../runtimes/task.h"
#include "../../player/play.h"
#include "order.h"

/* task_shared(). Who a task is follows from the speaker that it is given. */
static struct stage_set {
	struct gate gate;
	uint32_t arrivals;
	struct order_scene scene;
} * set;

static void speak(void *argument)
{
	struct order_speaker *speaker = argument;

	gate_pass(&set->gate, set->arrivals);
	do
		task_sleep_until(clock_now() + order_pause_ns(&set->scene, speaker));
	while (order_say(&set->scene, speaker));
}

static void order_main(void *argument)
{
	struct play *play = argument;
	struct task tasks[ORDER_TASKS_MAX];
	uint64_t joined = 0;
	uint32_t count;

	set = task_shared(sizeof *set);
	if (!set)
		play_refuse(play, "memory", ENOMEM);
	order_open(&set->scene, play);
	count = set->scene.script->tasks;
	set->arrivals = (uint32_t)stage_arrivals(play_stage(play), count);
	for (uint32_t i = 0; i < count; i++) {
		int error = task_spawn(&tasks[i], speak, &set->scene.speaker[i]);

		if (error < 0)
			play_refuse_at(play, "tasks", -error, i);
	}
	gate_await(&set->gate, set->arrivals);
	set->scene.begun_ns = play_begin(play);
	gate_open(&set->gate);
	for (uint32_t i = 0; i < count; i++)
		joined += task_join(tasks[i]) >= 0;
	order_report(play, &set->scene, joined);
}

const struct direct_body order_direct = {.spec = &order_spec, .main = order_main};
