/* forecast.c: see forecast.h. */
#include "forecast.h"

#include <math.h>

#include "../../runtimes/clock.h"
#include "network.h"

/* About what Linux lets a task compute while others wait (its base slice is 0.75 ms times 1 + log2 of the cores, at
 * most 8 of them), and CPython's switch interval. They decide who ends first, hardly when all have ended. */
static const uint64_t slice_ns = 3 * NS_PER_MS, lock_interval_ns = 5 * NS_PER_MS;

enum model model_of(const struct bundle *bundle, unsigned slot)
{
	const char *runtime = bundle->runtimes[slot];
	bool parallel = bundle_can(bundle, runtime, "parallel");

	if (bundle_can(bundle, runtime, "pooled"))
		return MODEL_POOL;
	if (!bundle_can(bundle, runtime, "interleaves"))
		return MODEL_SEQUENTIAL;
	if (bundle_can(bundle, runtime, "preempts"))
		return parallel ? MODEL_KERNEL : MODEL_LOCK;
	if (!parallel)
		return MODEL_LOOP;
	return bundle_can(bundle, runtime, "shares-memory") ? MODEL_STEALING : MODEL_FORKED;
}

const char *model_text(enum model model)
{
	static const char *const texts[] = {
		[MODEL_SEQUENTIAL] = "one task after another",
		[MODEL_POOL] = "a worker a core, which keeps its task while that waits",
		[MODEL_KERNEL] = "the kernel's tasks, time-sliced on all cores",
		[MODEL_LOCK] = "the kernel's tasks under one lock",
		[MODEL_LOOP] = "one loop on one core",
		[MODEL_STEALING] = "a worker a core, and stealing",
		[MODEL_FORKED] = "a loop a core, tasks dealt out once",
	};

	return texts[model];
}

/* Longer of one game and all moves shared by the cores, as the workload's own bound. */
static double bound_of(const struct exhibition *exhibition)
{
	double game = exhibition->pairs * (exhibition->move_ns + exhibition->reply_ns);
	double computing =
		exhibition->boards * exhibition->pairs * exhibition->move_ns / exhibition->cores + exhibition->reply_ns;

	return fmax(game, computing);
}

static uint64_t whole(double ns)
{
	return ns > 0 ? (uint64_t)(ns + 0.5) : 0; /* NAN: 0 */
}

/* What computes, station 0, and who sleeps, station 1. round_ns: what a round costs besides the move: a sleep, and its
 * share of the task's start and end. */
static struct network network_of(const struct costs *costs, const struct exhibition *exhibition, double round_ns)
{
	enum model model = model_of(costs->bundle, costs->slot);
	bool everywhere = model == MODEL_KERNEL || model == MODEL_STEALING || model == MODEL_POOL;
	double boards = exhibition->boards;

	if (model == MODEL_FORKED)
		boards = ceil(boards / exhibition->cores); /* the fullest share */
	return (struct network){
		.tasks = (uint64_t)boards,
		.rounds = (uint64_t)exhibition->pairs,
		.places = model == MODEL_POOL         ? exhibition->cores
			  : model == MODEL_SEQUENTIAL ? 1
						      : 0,
		.station[0] = {.servers = everywhere ? exhibition->cores : 1,
			       .service_ns = whole(exhibition->move_ns + round_ns),
			       .latency_ns = whole(costs->latency_ns),
			       .quantum_ns = model == MODEL_KERNEL ? slice_ns
					     : model == MODEL_LOCK ? lock_interval_ns
								   : 0,
			       .switch_ns = whole(costs->switch_ns)},
		.station[1] = {.service_ns = whole(exhibition->reply_ns)},
	};
}

int forecast_chess(const struct costs *costs, const struct exhibition *exhibition, struct forecast *forecast)
{
	double boards = exhibition->boards, sleep_ns, ends_ns;
	struct network_result result;
	struct network network;
	int error;

	*forecast = (struct forecast){
		.bound_ns = bound_of(exhibition),
		.create_ns = boards * cost_at(&costs->create_ns, boards, NULL),
		.bytes = boards * cost_at(&costs->bytes, boards, NULL),
		.breaks = boards >= costs->limit,
	};
	sleep_ns = cost_at(&costs->sleep_ns, boards, &forecast->beyond);
	ends_ns = cost_at(&costs->ends_ns, boards, NULL);
	network = network_of(costs, exhibition, sleep_ns + (ends_ns > 0 ? ends_ns / exhibition->pairs : 0));
	error = network_play(&network, &result);
	forecast->wall_ns = (double)result.wall_ns;
	forecast->cpu_ns = (double)result.busy_ns[0] * boards / (double)network.tasks;
	if (costs->alone_ns > sleep_ns)
		forecast->cpu_ns += (costs->alone_ns - sleep_ns) * (double)result.idle_starts[0];
	return error;
}
