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
		{.spec = NULL},
	};

	return player_main(argc, argv, &runtime, bodies);
}
