/* direct.c: skynet in the direct dialect. The reference for the other dialects.
 *
 * A node's result has a place of its own in shared memory, and the place is all that a task is told: its number, and so
 * whether it is a leaf, follows from it. A place that still holds NOT_RUN belongs to a task that never ran. */
#include <errno.h>
#include <string.h>

#include "../../../runtimes/clock.h"
#include "../../../runtimes/task.h"
#include "../../player/play.h"
#include "skynet.h"

#define NOT_RUN UINT64_MAX

/* Written before the first task is spawned; forked children inherit a copy, and a pointer to the same results. */
static struct {
	uint64_t *results; /* task_shared(); one a node */
	uint64_t inner, nodes, fanout;
	_Atomic uint32_t *refusal; /* task_shared(); why a node could not spawn its children, or 0 */
} tree;

static void grow(void *place);

/* Spawns the children whose places begin at first and adds up what they return. */
static uint64_t grow_children(uint64_t *first)
{
	struct task children[SKYNET_FANOUT_MAX];
	uint64_t spawned = 0, sum = 0;
	int error = 0;

	while (spawned < tree.fanout && error == 0) {
		error = task_spawn(&children[spawned], grow, &first[spawned]);
		spawned += error == 0;
	}
	/* Relaxed: read after everything has been joined. The last one to be refused is as good as the first. */
	if (error < 0)
		atomic_store_explicit(tree.refusal, (uint32_t)-error, memory_order_relaxed);
	for (uint64_t i = 0; i < spawned; i++) {
		task_join(children[i]); /* a child that failed has left its place as it was: the audit sees it */
		sum += first[i];
	}
	return sum;
}

static void grow(void *place)
{
	uint64_t *result = place;
	uint64_t node = (uint64_t)(result - tree.results);

	if (node >= tree.inner)
		*result = node - tree.inner;
	else
		*result = grow_children(&tree.results[node * tree.fanout + 1]);
}

static void set_up(struct play *play)
{
	uint64_t leaves = play_value(play, SKYNET_LEAVES);

	tree.fanout = play_value(play, SKYNET_FANOUT);
	tree.inner = skynet_inner(leaves, tree.fanout);
	tree.nodes = tree.inner + leaves;
	tree.refusal = task_shared(sizeof *tree.refusal);
	tree.results = task_shared(tree.nodes * sizeof *tree.results);
	if (!tree.refusal || !tree.results)
		play_refuse(play, "memory", ENOMEM);
	memset(tree.results, 0xff,
	       tree.nodes * sizeof *tree.results); /* NOT_RUN; no page of it is new to the timed part */
}

static uint64_t count_results(void)
{
	uint64_t count = 0;

	for (uint64_t i = 0; i < tree.nodes; i++)
		count += tree.results[i] != NOT_RUN;
	return count;
}

static void skynet_main(void *argument)
{
	struct play *play = argument;
	struct task root;
	uint64_t begun_ns, ended_ns, leaves = play_value(play, SKYNET_LEAVES), ran;
	int error;

	set_up(play);
	begun_ns = play_begin(play);
	error = task_spawn(&root, grow, tree.results);
	if (error < 0)
		play_refuse(play, "tasks", -error);
	error = task_join(root);
	ended_ns = clock_now();
	ran = count_results();
	if (*tree.refusal != 0)
		play_refuse_at(play, "tasks", (int)*tree.refusal, ran);
	play_end(play, ended_ns);
	play_audit(play, ran - (error < 0), leaves, 0, tree.results[0]);
	play_figure(play, "ns_per_task", (double)(ended_ns - begun_ns) / (double)tree.nodes);
}

const struct direct_body skynet_direct = {.spec = &skynet_spec, .main = skynet_main};
