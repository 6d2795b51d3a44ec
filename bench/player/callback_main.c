/* callback_main.c: main() of the players of the callback dialect. */
#include "player.h"

static int perform(const struct player_body *body, struct play *play)
{
	const struct callback_body *callback = body->dialect_body;

	return callback->run(play);
}

int main(int argc, char **argv)
{
	const struct player_body bodies[] = {
		{.spec = chess_callback.spec, .perform = perform, .dialect_body = &chess_callback},
		{.spec = counting_callback.spec, .perform = perform, .dialect_body = &counting_callback},
		{.spec = echo_callback.spec, .perform = perform, .dialect_body = &echo_callback},
		{.spec = spawn_callback.spec, .perform = perform, .dialect_body = &spawn_callback},
		{.spec = switch_callback.spec, .perform = perform, .dialect_body = &switch_callback},
		{.spec = idle_callback.spec, .perform = perform, .dialect_body = &idle_callback},
		{.spec = skynet_callback.spec, .perform = perform, .dialect_body = &skynet_callback},
		{.spec = starvation_callback.spec, .perform = perform, .dialect_body = &starvation_callback},
		{.spec = contention_callback.spec, .perform = perform, .dialect_body = &contention_callback},
		{.spec = order_callback.spec, .perform = perform, .dialect_body = &order_callback},
		{.spec = range_callback.spec, .perform = perform, .dialect_body = &range_callback},
		{.spec = NULL},
	};

	return player_main(argc, argv, &runtime, bodies);
}
