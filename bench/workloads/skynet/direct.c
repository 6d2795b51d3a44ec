/* direct.c: skynet in the direct dialect. The reference for the other dialects. */
#include <errno.h>

#include "../../../runtimes/clock.h"
#include "../../../runtimes/task.h"
#include "../../player/play.h"
#include "skynet.h"

/* Written before the first task is spawned; forked children inherit a copy, and a pointer to the same results. */
static struct skynet_tree tree;
static _Atomic uint32_t *refusal; /* task_shared(); why a node could not spawn its children, or 0 */

static void grow(void *place);

/* Spawns the children whose places begin at first and adds up what they return. A function of its own, so that a leaf
 * needs none of its registers. */
static __attribute__((noinline)) uint64_t grow_children(uint64_t *first)
{
	struct task children[SKYNET_FANOUT_MAX];
	uint64_t spawned, sum = 0;

	for (spawned = 0; spawned < tree.fanout; spawned++) {
		int error = task_spawn(&children[spawned], grow, &first[spawned]);

		if (error < 0) {
			/* Relaxed: read after everything has been joined. The last one is as good as the first. */
			atomic_store_explicit(refusal, (uint32_t)-error, memory_order_relaxed);
			break;
		}
	}
	for (uint64_t i = 0; i < spawned; i++) {
		task_join(children[i]); /* a child that failed has left its place as it was: the audit sees it */
		sum += first[i];
	}
	return sum;
}

static void grow(void *place)
{
	if (!skynet_is_leaf(&tree, place))
		*(uint64_t *)place = grow_children(skynet_children(&tree, place));
}

static void set_up(struct play *play)
{
	uint64_t *results;

	skynet_measure(&tree, play);
	results = task_shared(tree.nodes * sizeof *results);
	refusal = task_shared(sizeof *refusal);
	if (!refusal || !results)
		play_refuse(play, "memory", ENOMEM);
	skynet_plant(&tree, results);
}

/* The whole tree. Returns what task_join() says of the root. */
static int grow_tree(struct play *play)
{
	struct task root;
	int error = task_spawn(&root, grow, tree.results);

	if (error < 0)
		play_refuse(play, "tasks", -error);
	return task_join(root);
}

static void skynet_main(void *argument)
{
	struct play *play = argument;
	uint64_t begun_ns, ended_ns, ran;
	int error;

	set_up(play);
	if (play_value(play, SKYNET_MEMORY) == SKYNET_WARM) {
		grow_tree(play);
		skynet_plant(&tree, tree.results);
	}
	begun_ns = play_begin(play);
	error = grow_tree(play);
	ended_ns = clock_now();
	ran = skynet_ran(&tree);
	if (*refusal != 0)
		play_refuse_at(play, "tasks", (int)*refusal, ran);
	skynet_report(play, &tree, ran - (error < 0), begun_ns, ended_ns);
}

const struct direct_body skynet_direct = {.spec = &skynet_spec, .main = skynet_main};
