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
		{.spec = NULL},
	};

	return player_main(argc, argv, &runtime, bodies);
}
