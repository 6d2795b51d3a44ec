/* direct_main.c: main() of the players of the direct dialect. */
#include <errno.h>

#include "../../runtimes/task.h"
#include "player.h"

static int perform(const struct player_body *body, struct play *play)
{
	const struct direct_body *direct = body->dialect_body;

	return task_run(direct->main, play);
}

static int serve(const struct player_body *body, struct play *play)
{
	const struct direct_body *direct = body->dialect_body;

	return direct->serve ? task_run(direct->serve, play) : -ENOSYS;
}

#define BODY(name) {.spec = name##_direct.spec, .perform = perform, .serve = serve, .dialect_body = &name##_direct},

int main(int argc, char **argv)
{
	const struct player_body bodies[] = {WORKLOADS_IN_EVERY_DIALECT(BODY)
						     WORKLOADS_DIRECT_ONLY(BODY){.spec = NULL}};

	return player_main(argc, argv, &runtime, bodies);
}
