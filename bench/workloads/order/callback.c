/* callback.c: order in the callback dialect. A speaker is called when its pause is over. */
#include <errno.h>

#include "../../../runtimes/callback.h"
#include "../../../runtimes/clock.h"
#include "../../player/play.h"
#include "order.h"

static struct {
	struct play *play;
	struct order_scene scene;
	struct callback_request request[ORDER_TASKS_MAX]; /* one a task */
	uint32_t ended;                                   /* tasks */
} set;

static void speak(struct callback_request *request);

static void pause_before_line(struct callback_request *request)
{
	const struct order_speaker *speaker = &set.scene.speaker[request - set.request];

	callback_at(request, clock_now() + order_pause_ns(&set.scene, speaker), speak);
}

static void speak(struct callback_request *request)
{
	if (request->result < 0)
		play_refuse(set.play, "memory", (int)-request->result);
	if (order_say(&set.scene, &set.scene.speaker[request - set.request]))
		pause_before_line(request);
	else if (++set.ended == set.scene.script->tasks)
		order_report(set.play, &set.scene, set.ended);
}

static void perform(void *argument)
{
	(void)argument;
	set.scene.begun_ns = play_begin(set.play);
	for (uint32_t i = 0; i < set.scene.script->tasks; i++)
		callback_soon(&set.request[i], pause_before_line);
}

static int run(struct play *play)
{
	set.play = play;
	order_open(&set.scene, play);
	return callback_run(perform, NULL);
}

const struct callback_body order_callback = {.spec = &order_spec, .run = run};
