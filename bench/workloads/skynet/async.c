/* async.c: skynet in the async dialect. A node keeps the frames of its children from their start to their end; where
 * the runtime runs a task when it is spawned, there are never more of them than lie on one way through the tree. */
#include <errno.h>
#include <stdlib.h>

#include "../../../runtimes/async.h"
#include "../../../runtimes/clock.h"
#include "../../player/play.h"
#include "skynet.h"

/* The frame of a task. */
struct node {
	struct async async;
	uint64_t *place;
	struct node *child; /* fanout of them; a leaf has none */
	uint64_t joined;    /* children that have ended, in their order */
};

/* What the tasks share, and the frame of the first one. */
static struct {
	struct async async;
	struct play *play;
	struct skynet_tree tree;
	struct node root;
	uint64_t begun_ns, ended_ns;
} forest;

static enum async_state grow(struct async *self);

static void spawn_children(struct node *node)
{
	uint64_t *first = skynet_children(&forest.tree, node->place);

	node->joined = 0;
	node->child = malloc(forest.tree.fanout * sizeof *node->child);
	if (!node->child)
		play_refuse_at(forest.play, "tasks", ENOMEM, skynet_ran(&forest.tree));
	for (uint64_t i = 0; i < forest.tree.fanout; i++) {
		node->child[i].place = &first[i];
		async_spawn(&node->child[i].async, grow);
	}
}

static void add_up(struct node *node)
{
	uint64_t sum = 0;

	for (uint64_t i = 0; i < forest.tree.fanout; i++)
		sum += *node->child[i].place;
	free(node->child);
	*node->place = sum;
}

static enum async_state grow(struct async *self)
{
	struct node *node = (struct node *)self;

	ASYNC_BEGIN;
	if (skynet_is_leaf(&forest.tree, node->place))
		return ASYNC_DONE;
	spawn_children(node);
	for (; node->joined < forest.tree.fanout; node->joined++)
		AWAIT(async_join(self, &node->child[node->joined].async));
	add_up(node);
	ASYNC_END;
}

static enum async_state grow_tree(struct async *self)
{
	ASYNC_BEGIN;
	if (play_value(forest.play, SKYNET_MEMORY) == SKYNET_WARM) {
		async_spawn(&forest.root.async, grow);
		AWAIT(async_join(self, &forest.root.async));
		skynet_plant(&forest.tree, forest.tree.results);
	}
	forest.begun_ns = play_begin(forest.play);
	async_spawn(&forest.root.async, grow);
	AWAIT(async_join(self, &forest.root.async));
	forest.ended_ns = clock_now();
	skynet_report(forest.play, &forest.tree, skynet_ran(&forest.tree), forest.begun_ns, forest.ended_ns);
	ASYNC_END;
}

static int run(struct play *play)
{
	uint64_t *results;
	int error;

	forest.play = play;
	skynet_measure(&forest.tree, play);
	results = malloc(forest.tree.nodes * sizeof *results);
	if (!results)
		play_refuse(play, "memory", ENOMEM);
	skynet_plant(&forest.tree, results);
	forest.root.place = results;
	error = async_run(&forest.async, grow_tree);
	free(results);
	return error;
}

const struct async_body skynet_async = {.spec = &skynet_spec, .run = run};
