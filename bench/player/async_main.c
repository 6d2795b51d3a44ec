/* async_main.c: main() of the players of the async dialect. */
#include "player.h"

static int perform(const struct player_body *body, struct play *play)
{
	const struct async_body *async = body->dialect_body;

	return async->run(play);
}

int main(int argc, char **argv)
{
	const struct player_body bodies[] = {
		{.spec = chess_async.spec, .perform = perform, .dialect_body = &chess_async},
		{.spec = counting_async.spec, .perform = perform, .dialect_body = &counting_async},
		{.spec = echo_async.spec, .perform = perform, .dialect_body = &echo_async},
		{.spec = spawn_async.spec, .perform = perform, .dialect_body = &spawn_async},
		{.spec = switch_async.spec, .perform = perform, .dialect_body = &switch_async},
		{.spec = idle_async.spec, .perform = perform, .dialect_body = &idle_async},
		{.spec = skynet_async.spec, .perform = perform, .dialect_body = &skynet_async},
		{.spec = starvation_async.spec, .perform = perform, .dialect_body = &starvation_async},
		{.spec = contention_async.spec, .perform = perform, .dialect_body = &contention_async},
		{.spec = order_async.spec, .perform = perform, .dialect_body = &order_async},
		{.spec = range_async.spec, .perform = perform, .dialect_body = &range_async},
		{.spec = NULL},
	};

	return player_main(argc, argv, &runtime, bodies);
}
