/* direct_main.c: main() of the players of the direct dialect. */
#include "../../runtimes/task.h"
#include "player.h"

static int perform(const struct player_body *body, struct play *play)
{
	const struct direct_body *direct = body->dialect_body;

	return task_run(direct->main, play);
}

int main(int argc, char **argv)
{
	const struct player_body bodies[] = {
		{.spec = chess_direct.spec, .perform = perform, .dialect_body = &chess_direct},
		{.spec = counting_direct.spec, .perform = perform, .dialect_body = &counting_direct},
		{.spec = echo_direct.spec, .perform = perform, .dialect_body = &echo_direct},
		{.spec = spawn_direct.spec, .perform = perform, .dialect_body = &spawn_direct},
		{.spec = switch_direct.spec, .perform = perform, .dialect_body = &switch_direct},
		{.spec = idle_direct.spec, .perform = perform, .dialect_body = &idle_direct},
		{.spec = skynet_direct.spec, .perform = perform, .dialect_body = &skynet_direct},
		{.spec = syscall_direct.spec, .perform = perform, .dialect_body = &syscall_direct},
		{.spec = starvation_direct.spec, .perform = perform, .dialect_body = &starvation_direct},
		{.spec = contention_direct.spec, .perform = perform, .dialect_body = &contention_direct},
		{.spec = order_direct.spec, .perform = perform, .dialect_body = &order_direct},
		{.spec = range_direct.spec, .perform = perform, .dialect_body = &range_direct},
		{.spec = NULL},
	};

	return player_main(argc, argv, &runtime, bodies);
}
