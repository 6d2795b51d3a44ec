/* async_main.c: main() of the players of the async dialect. */
#include <errno.h>

#include "player.h"

static int perform(const struct player_body *body, struct play *play)
{
	const struct async_body *async = body->dialect_body;

	return async->run(play);
}

static int serve(const struct player_body *body, struct play *play)
{
	const struct async_body *async = body->dialect_body;

	return async->serve ? async->serve(play) : -ENOSYS;
}

#define BODY(name) {.spec = name##_async.spec, .perform = perform, .serve = serve, .dialect_body = &name##_async},

int main(int argc, char **argv)
{
	const struct player_body bodies[] = {WORKLOADS_IN_EVERY_DIALECT(BODY){.spec = NULL}};

	return player_main(argc, argv, &runtime, bodies);
}
