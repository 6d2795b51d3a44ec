/* async.c: order in the async dialect. */
#include "../../../runtimes/async.h"
#include "../../../runtimes/clock.h"
#include "../../player/play.h"
#include "order.h"

/* The frame of a task. */
struct actor {
	struct async async;
	struct order_speaker *speaker;
	bool goes_on;
};

/* What the tasks share, and the frame of the first one. */
static struct {
	struct async async;
	struct play *play;
	struct async_gate gate;
	struct order_scene scene;
	struct actor actor[ORDER_TASKS_MAX];
	uint32_t joined; /* tasks that have ended, in their order */
} set;

static enum async_state speak(struct async *self)
{
	struct actor *actor = (struct actor *)self;

	ASYNC_BEGIN;
	AWAIT(async_gate_pass(self, &set.gate, set.scene.script->tasks));
	do {
		AWAIT(async_sleep_until(self, clock_now() + order_pause_ns(&set.scene, actor->speaker)));
		actor->goes_on = order_say(&set.scene, actor->speaker);
	} while (actor->goes_on);
	ASYNC_END;
}

static void spawn_all(void)
{
	for (uint32_t i = 0; i < set.scene.script->tasks; i++) {
		set.actor[i].speaker = &set.scene.speaker[i];
		async_spawn(&set.actor[i].async, speak);
	}
}

static enum async_state perform(struct async *self)
{
	ASYNC_BEGIN;
	spawn_all();
	AWAIT(async_gate_await(self, &set.gate, set.scene.script->tasks));
	set.scene.begun_ns = play_begin(set.play);
	async_gate_open(&set.gate);
	for (; set.joined < set.scene.script->tasks; set.joined++)
		AWAIT(async_join(self, &set.actor[set.joined].async));
	order_report(set.play, &set.scene, set.joined);
	ASYNC_END;
}

static int run(struct play *play)
{
	set.play = play;
	order_open(&set.scene, play);
	return async_run(&set.async, perform);
}

const struct async_body order_async = {.spec = &order_spec, .run = run};
