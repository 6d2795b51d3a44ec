/* callback.c: skynet in the callback dialect. Functions are called in the order in which they were asked for, so the
 * tree grows level by level, and at last all leaves are there at once. */
#include <errno.h>
#include <stdlib.h>

#include "../../../runtimes/callback.h"
#include "../../../runtimes/clock.h"
#include "../../player/play.h"
#include "skynet.h"

/* A task. It has ended when its result is written: a leaf at once, another node when the last of its children has. */
struct node {
	struct callback_request request;
	struct node *parent; /* NULL: this is the root */
	uint64_t *place;
	struct node *child; /* fanout of them, freed when they have ended */
	uint64_t left;      /* children that have not ended */
};

static struct {
	struct play *play;
	struct skynet_tree tree;
	struct node root;
	uint64_t begun_ns; /* 0 while the memory is warmed up */
} forest;

static void add_up(struct node *node)
{
	const uint64_t *result = skynet_children(&forest.tree, node->place);
	uint64_t sum = 0;

	for (uint64_t i = 0; i < forest.tree.fanout; i++)
		sum += result[i];
	free(node->child);
	*node->place = sum;
}

static void grow(struct callback_request *request);

/* The tree has ended: the untimed one, or that which counts. */
static void report(void)
{
	uint64_t ended_ns = clock_now();

	if (forest.begun_ns == 0) {
		skynet_plant(&forest.tree, forest.tree.results);
		forest.begun_ns = play_begin(forest.play);
		callback_soon(&forest.root.request, grow);
		return;
	}
	skynet_report(forest.play, &forest.tree, skynet_ran(&forest.tree), forest.begun_ns, ended_ns);
}

/* The node has ended, and with it, perhaps, those above it. */
static void end(struct node *node)
{
	for (node = node->parent; node; node = node->parent) {
		if (--node->left > 0)
			return;
		add_up(node);
	}
	report();
}

static void grow(struct callback_request *request)
{
	struct node *node = callback_owner(request, struct node, request);
	uint64_t *first;

	if (skynet_is_leaf(&forest.tree, node->place)) {
		end(node);
		return;
	}
	node->left = forest.tree.fanout;
	node->child = malloc(node->left * sizeof *node->child);
	if (!node->child)
		play_refuse_at(forest.play, "tasks", ENOMEM, skynet_ran(&forest.tree));
	first = skynet_children(&forest.tree, node->place);
	for (uint64_t i = 0; i < forest.tree.fanout; i++) {
		node->child[i].parent = node;
		node->child[i].place = &first[i];
		callback_soon(&node->child[i].request, grow);
	}
}

static void grow_tree(void *argument)
{
	(void)argument;
	if (play_value(forest.play, SKYNET_MEMORY) == SKYNET_COLD)
		forest.begun_ns = play_begin(forest.play);
	callback_soon(&forest.root.request, grow);
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
	error = callback_run(grow_tree, NULL);
	free(results);
	return error;
}

const struct callback_body skynet_callback = {.spec = &skynet_spec, .run = run};
