/* callback_main.c: main() of the players of the callback dialect. */
#include <errno.h>

#include "player.h"

static int perform(const struct player_body *body, struct play *play)
{
	const struct callback_body *callback = body->dialect_body;

	return callback->run(play);
}

static int serve(const struct player_body *body, struct play *play)
{
	const struct callback_body *callback = body->dialect_body;

	return callback->serve ? callback->serve(play) : -ENOSYS;
}

#define BODY(name) {.spec = name##_callback.spec, .perform = perform, .serve = serve, .dialect_body = &name##_callback},

int main(int argc, char **argv)
{
	const struct player_body bodies[] = {WORKLOADS_IN_EVERY_DIALECT(BODY){.spec = NULL}};

	return player_main(argc, argv, &runtime, bodies);
}
