/* plan_test.c: axes and plans: which cells there are, what they are called, what is refused and why.
 *
 * On a synthetic machine of four cores, with players that exist on paper only. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "../../runtimes/clock.h"
#include "../driver/plan.h"

static const char threads[] =
	"{\"protocol\": 1, \"runtime\": \"thread\", \"workloads\": [\"chess\", \"counting\", \"echo\"],"
	"\"capabilities\": [\"interleaves\", \"parallel\", \"shares-memory\", \"preempts\"]}";
static const char calls[] =
	"{\"protocol\": 1, \"runtime\": \"calls\", \"workloads\": [\"chess\", \"counting\", \"echo\"],"
	"\"capabilities\": []}";
static const char counter[] =
	"{\"protocol\": 1, \"runtime\": \"counter\", \"workloads\": [\"counting\"], \"capabilities\": []}";

static const char peer[] = "{\"protocol\": 1, \"runtime\": \"peer\", \"workloads\": [\"counting\"], "
			   "\"capabilities\": [], \"library\": \"lib 1.0\", \"peer\": true}";

static const char bare_calls[] = "{\"protocol\": 1, \"runtime\": \"bare\", \"workloads\": [\"counting\"], "
				 "\"capabilities\": [], \"floor\": true}";

static const char slow[] = "{\"protocol\": 1, \"runtime\": \"slow\", \"workloads\": [\"switch\"], "
			   "\"capabilities\": [\"interleaves\"], \"costs_ns\": {\"switch\": 100000, \"wake\": -1}}";
static const char swift[] = "{\"protocol\": 1, \"runtime\": \"swift\", \"workloads\": [\"switch\"], "
			    "\"capabilities\": [\"interleaves\"]}";

struct fixture {
	struct machine machine;
	struct player player[12];
	struct players players;
	json_t *calibration;
	struct plan_request request;
	struct plan plan;
	char reason[REASON_MAX];
};

static void add_player(struct fixture *fixture, const char *info)
{
	struct player *player = &fixture->player[fixture->players.count++];

	assert_int_equal(player_info_parse(info, &player->info, player->broken), 0);
	player->name = player->info.runtime;
	player->path = (char *)"/nowhere/simul-player";
}

static int set_up(void **state)
{
	static struct fixture fixture;

	fixture = (struct fixture){.players.items = fixture.player};
	add_player(&fixture, calls);
	add_player(&fixture, counter);
	add_player(&fixture, threads);
	fixture.player[3] = (struct player){.name = "wreck", .path = (char *)"", .broken = "did not answer"};
	fixture.players.count = 4;
	fixture.calibration = json_pack("{s:i, s:i, s:i}", "step_ps", 1000, "floor_ns", 5000, "division_ps", 2000);
	fixture.request = (struct plan_request){
		.profile = profile_find("quick"),
		.limit_ns = NS_PER_S,
		.timeout_ns = 20 * NS_PER_S,
		.machine = &fixture.machine,
		.players = &fixture.players,
		.calibration = fixture.calibration,
		.load = "/nowhere/load",
	};
	*state = &fixture;
	return machine_open(&fixture.machine, &(struct machine_source){.synthetic = "pack:1 core:4 pu:1"});
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	plan_clear(&fixture->plan);
	texts_clear(&fixture->request.workloads);
	texts_clear(&fixture->request.runtimes);
	texts_clear(&fixture->request.settings);
	texts_clear(&fixture->request.cores);
	for (size_t i = 0; i < fixture->players.count; i++)
		player_info_clear(&fixture->player[i].info);
	json_decref(fixture->calibration);
	machine_close(&fixture->machine);
	return 0;
}

/* The rest of this page counts on these three only, whatever else may be there. */
static void ask_for_three(struct fixture *fixture)
{
	texts_split(&fixture->request.workloads, "chess,counting,echo", ',');
}

static int make(struct fixture *fixture)
{
	plan_clear(&fixture->plan);
	return plan_make(&fixture->request, &fixture->plan, fixture->reason);
}

static const struct cell *find(const struct fixture *fixture, const char *name)
{
	for (size_t i = 0; i < fixture->plan.count; i++)
		if (strcmp(fixture->plan.cells[i].name, name) == 0)
			return &fixture->plan.cells[i];
	fail_msg("there is no cell %s", name);
	return NULL;
}

static uint64_t value_of(const struct cell *cell, const char *key)
{
	return cell->values.value[parameter_find(cell->spec->parameters, key)];
}

/* ---- Axes ---- */

static void axes_multiply(void **state)
{
	struct axes axes = {.count = 0};
	struct texts pairs = {.items = NULL};
	char reason[REASON_MAX];

	(void)state;
	assert_int_equal(axes_points(&axes), 1);
	assert_int_equal(axes_take(&axes, workload_find("chess"), "boards=1,2", reason), 0);
	assert_int_equal(axes_take(&axes, workload_find("chess"), "pairs=3,4,5", reason), 0);
	assert_int_equal(axes_points(&axes), 6);
	assert_int_equal(axes_pairs(&axes, 4, &pairs), 0);
	assert_int_equal(pairs.count, 2);
	assert_string_equal(pairs.items[0], "boards=2");
	assert_string_equal(pairs.items[1], "pairs=4");
	texts_clear(&pairs);
	axes_clear(&axes);
}

static void axes_replace(void **state)
{
	struct axes axes = {.count = 0};
	struct texts pairs = {.items = NULL};
	char reason[REASON_MAX];
	const struct workload_spec *echo = workload_find("echo");

	(void)state;
	assert_int_equal(axes_take(&axes, echo, "connections+messages=1+10,2+20", reason), 0);
	assert_true(axes_lead(&axes, "connections"));
	assert_false(axes_lead(&axes, "messages"));
	assert_int_equal(axes_take(&axes, echo, "messages=7", reason), 0);
	assert_int_equal(axes_points(&axes), 2);
	assert_int_equal(axes_pairs(&axes, 1, &pairs), 0);
	assert_string_equal(pairs.items[0], "connections=2");
	assert_string_equal(pairs.items[pairs.count - 1], "messages=7"); /* the last one counts */
	assert_int_equal(axes_take(&axes, echo, "connections=5", reason), 0);
	assert_int_equal(axes_points(&axes), 1);
	texts_clear(&pairs);
	axes_clear(&axes);
}

static void axes_refuse(void **state)
{
	static const char *const wrong[] = {"boards",   "boards=",        "boards=1,",          "nothing=1", "boards=x",
					    "boards=0", "boards+pairs=1", "boards+pairs=1+2+3", "=",         "+=1"};
	struct axes axes = {.count = 0};
	char reason[REASON_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		reason[0] = '\0';
		assert_int_not_equal(axes_take(&axes, workload_find("chess"), wrong[i], reason), 0);
		assert_int_not_equal(strlen(reason), 0);
		assert_int_equal(axes.count, 0);
	}
}

/* ---- Plans ---- */

static void quick_plan_is_whole(void **state)
{
	struct fixture *fixture = *state;
	const struct cell *cell;

	ask_for_three(fixture);
	assert_int_equal(make(fixture), 0);
	/* chess 4 + 1, counting 3, echo 3 points, each for three players. */
	assert_int_equal(fixture->plan.count, 11 * 3);
	cell = find(fixture, "chess/thread/boards=24/cores=1");
	assert_string_equal(cell->group, "chess/boards=24/cores=1");
	assert_string_equal(cell->refused, "");
	assert_int_equal(cell->stage.cores, 1);
	assert_int_equal(hwloc_bitmap_weight(cell->placement->cores), 1);
	assert_int_equal(value_of(cell, "step"), 1000);
	assert_true(cell->expectation.bound_ns > 0);
	assert_int_equal(cell->load_argv.count, 0);
	assert_int_equal(find(fixture, "chess/thread/boards=24/cores=4")->stage.cores, 4);
	cell = find(fixture, "echo/thread/connections=50/cores=1");
	assert_int_equal(value_of(cell, "messages"), 100);
	assert_int_equal(value_of(cell, "floor"), 5000);
	assert_string_equal(cell->load_argv.items[0], "/nowhere/load");
	assert_string_equal(cell->load_argv.items[1], "echo");
	assert_true(texts_have(&cell->load_argv, "connections=50"));
	assert_null(cell->load_argv.items[cell->load_argv.count]);
}

/* One bound a group: what the cores allow, whoever plays. A model's own is higher where it cannot use all of them. */
static void bound_is_the_groups(void **state)
{
	struct fixture *fixture = *state;
	const struct cell *calls_cell, *threads_cell;
	json_t *faster = json_pack("{s:i}", "step_ps", 500);
	uint64_t bound_ns, estimate_ns;

	texts_add(&fixture->request.settings, "chess.boards=24,100000");
	assert_int_equal(make(fixture), 0);
	threads_cell = find(fixture, "chess/thread/boards=24/cores=4");
	calls_cell = find(fixture, "chess/calls/boards=24/cores=4");
	bound_ns = threads_cell->bound_ns;
	estimate_ns = threads_cell->expectation.estimate_ns;
	assert_int_equal(threads_cell->expectation.bound_ns, bound_ns);
	assert_int_equal(calls_cell->bound_ns, bound_ns);
	assert_true(calls_cell->expectation.bound_ns > bound_ns);
	/* Also of cells that are not played. */
	assert_true(find(fixture, "chess/calls/boards=100000/cores=1")->refused[0]);
	assert_true(find(fixture, "chess/calls/boards=100000/cores=1")->bound_ns > 0);
	/* A faster core lowers bounds, and changes nothing of the work. */
	plan_take_costs(&fixture->plan, faster);
	assert_true(threads_cell->bound_ns < bound_ns);
	assert_int_equal(calls_cell->bound_ns, threads_cell->bound_ns);
	assert_int_equal(threads_cell->expectation.bound_ns, threads_cell->bound_ns);
	assert_int_equal(threads_cell->expectation.estimate_ns, estimate_ns);
	assert_int_equal(value_of(threads_cell, "step"), 1000);
	json_decref(faster);
}

/* Whatever step is asked for: how much work that is, and how fast it can be done, are two things. */
static void a_given_step_has_the_measured_cost(void **state)
{
	struct fixture *fixture = *state;
	uint64_t bound_ns;

	texts_add(&fixture->request.settings, "chess.pairs=1");
	texts_add(&fixture->request.settings, "chess.reply=0");
	texts_add(&fixture->request.settings, "chess.boards=24");
	assert_int_equal(make(fixture), 0);
	bound_ns = find(fixture, "chess/thread/boards=24/pairs=1/reply=0ns/cores=1")->bound_ns;
	texts_add(&fixture->request.settings, "chess.step=4000");
	assert_int_equal(make(fixture), 0);
	assert_int_equal(find(fixture, "chess/thread/boards=24/pairs=1/reply=0ns/step=4000/cores=1")->bound_ns,
			 bound_ns / 4);
}

static void what_is_set_twice_is_refused(void **state)
{
	struct fixture *fixture = *state;

	texts_add(&fixture->request.settings, "boards=24");
	texts_add(&fixture->request.settings, "chess.boards=4"); /* for one workload another one than for all */
	assert_int_equal(make(fixture), 0);
	texts_add(&fixture->request.settings, "boards=50");
	assert_int_equal(make(fixture), -EINVAL);
	assert_string_equal(fixture->reason, "--set boards=50: boards is set already; values with commas make an axis");
}

/* 24 boards one after another take 24 x 30 x 600 us, 1000 more than any limit. */
static void what_is_set_is_played(void **state)
{
	struct fixture *fixture = *state;

	texts_add(&fixture->request.workloads, "chess");
	fixture->request.limit_ns = 100 * NS_PER_MS;
	assert_int_equal(make(fixture), 0);
	assert_string_equal(find(fixture, "chess/calls/boards=24/cores=1")->refused,
			    "would take about 432 ms on this runtime, and what takes over 100 ms is not played; "
			    "--timeout=1s allows it");
	texts_add(&fixture->request.settings, "boards=24,1000");
	assert_int_equal(make(fixture), 0);
	assert_string_equal(find(fixture, "chess/calls/boards=24/cores=1")->refused, "");
	assert_string_equal(find(fixture, "chess/thread/boards=1000/cores=1")->refused, "");
	assert_string_equal(find(fixture, "chess/calls/boards=1000/cores=1")->refused,
			    "would take about 18 s on this runtime, and what takes over 10 s is not played; "
			    "--timeout=37s allows it");
}

static void refusals_have_reasons(void **state)
{
	struct fixture *fixture = *state;
	size_t playable = 0;

	ask_for_three(fixture);
	assert_int_equal(make(fixture), 0);
	assert_non_null(strstr(find(fixture, "chess/counter/boards=24/cores=1")->refused, "does not play chess"));
	assert_non_null(strstr(find(fixture, "echo/calls/connections=50/cores=1")->refused, "connections=1"));
	/* 100 boards x 30 pairs x 600 us, one after another. */
	assert_string_equal(find(fixture, "chess/calls/boards=100/cores=1")->refused,
			    "would take about 1.8 s on this runtime, and what takes over 1 s is not played; "
			    "--timeout=4s allows it");
	for (size_t i = 0; i < fixture->plan.count; i++)
		playable += fixture->plan.cells[i].refused[0] == '\0';
	assert_int_equal(playable, fixture->plan.playable);
}

static void settings_replace_and_name(void **state)
{
	struct fixture *fixture = *state;
	const struct cell *cell;

	texts_add(&fixture->request.workloads, "chess");
	texts_add(&fixture->request.runtimes, "thread");
	texts_add(&fixture->request.settings, "boards=2,3");
	texts_add(&fixture->request.settings, "chess.move=100us");
	texts_add(&fixture->request.cores, "1");
	assert_int_equal(make(fixture), 0);
	/* Both sweeps of chess come to the same cells: they are there once. */
	assert_int_equal(fixture->plan.count, 2);
	cell = find(fixture, "chess/thread/boards=3/move=100us/cores=1");
	assert_true(texts_have(&cell->argv, "move=100000"));
	assert_true(texts_have(&cell->argv, "reply=550000"));
	assert_string_equal(cell->argv.items[1], "play");
	assert_string_equal(cell->argv.items[2], "chess");
	assert_null(cell->argv.items[cell->argv.count]);
}

static const char primitives[] = "{\"protocol\": 1, \"runtime\": \"kernel\", \"workloads\": [\"idle\", \"spawn\"], "
				 "\"capabilities\": [\"interleaves\", \"preempts\"]}";
static const char pool[] = "{\"protocol\": 1, \"runtime\": \"pool\", \"workloads\": [\"counting\"], "
			   "\"capabilities\": [\"interleaves\", \"parallel\", \"pooled\", \"workers\"]}";
static const char bare[] =
	"{\"protocol\": 1, \"runtime\": \"bare\", \"workloads\": [\"syscall\"], \"capabilities\": []}";

static void workers_reach_those_that_have_some(void **state)
{
	struct fixture *fixture = *state;
	const struct cell *cell;

	add_player(fixture, pool);
	texts_add(&fixture->request.workloads, "counting");
	texts_add(&fixture->request.settings, "workers=1,3");
	assert_int_equal(make(fixture), 0);
	cell = find(fixture, "counting/pool/limit=1000000/slices=8/workers=3/cores=4");
	assert_true(texts_have(&cell->argv, "workers=3"));
	assert_int_equal(cell->stage.workers, 3);
	assert_string_equal(cell->group, "counting/limit=1000000/slices=8/workers=3/cores=4");
	assert_string_equal(find(fixture, "counting/thread/limit=1000000/slices=8/workers=1/cores=4")->refused,
			    "this runtime has no workers that could be set");
}

static void stacks_reach_those_that_switch_ours(void **state)
{
	static const char stackful[] = "{\"protocol\": 1, \"runtime\": \"stackful\", \"workloads\": [\"echo\"],"
				       "\"capabilities\": [\"interleaves\", \"switches-stacks\"]}";
	struct fixture *fixture = *state;
	const struct cell *cell;

	add_player(fixture, stackful);
	texts_add(&fixture->request.workloads, "echo");
	texts_add(&fixture->request.settings, "connections=1");
	texts_add(&fixture->request.settings, "stack=2KiB,0");
	assert_int_equal(make(fixture), 0);
	cell = find(fixture, "echo/stackful/connections=1/stack=2KiB/cores=1");
	assert_true(texts_have(&cell->argv, "stack=2048"));
	assert_false(texts_have(&cell->load_argv, "stack=2048"));
	assert_string_equal(cell->refused, "");
	assert_string_equal(find(fixture, "echo/thread/connections=1/stack=2KiB/cores=1")->refused,
			    "this runtime has no stacks whose size could be set");
	texts_add(&fixture->request.runtimes, "thread");
	assert_int_equal(make(fixture), -EINVAL);
	assert_non_null(strstr(fixture->reason, "no runtime of this run has stacks"));
	texts_clear(&fixture->request.runtimes);
	texts_clear(&fixture->request.settings);
	texts_add(&fixture->request.settings, "stack=100");
	assert_int_equal(make(fixture), -EINVAL);
	assert_non_null(strstr(fixture->reason, "1KiB at least"));
}

static void workers_that_nobody_has_are_refused(void **state)
{
	struct fixture *fixture = *state;

	texts_add(&fixture->request.workloads, "counting");
	texts_add(&fixture->request.settings, "workers=2");
	assert_int_equal(make(fixture), -EINVAL);
	assert_non_null(strstr(fixture->reason, "no runtime of this run has workers"));
	add_player(fixture, pool);
	fixture->request.settings.items[0][strlen("workers=")] = 'x';
	assert_int_equal(make(fixture), -EINVAL);
	assert_string_equal(fixture->reason, "workers=x is not understood: it takes a whole number");
}

static void the_kernel_has_room_for_so_many(void **state)
{
	struct fixture *fixture = *state;

	add_player(fixture, primitives);
	texts_add(&fixture->request.workloads, "idle");
	texts_add(&fixture->request.runtimes, "kernel");
	texts_add(&fixture->request.settings, "tasks=10000000");
	assert_int_equal(make(fixture), 0);
	assert_non_null(strstr(fixture->plan.cells[0].refused,
			       "10000000 threads or processes at the same time: this machine ends at "));
}

/* The floor is measured beside what stands on it, by who can, and is nobody's refusal. */
static void spawn_brings_the_bare_calls(void **state)
{
	struct fixture *fixture = *state;
	size_t calls = 0;

	add_player(fixture, primitives);
	add_player(fixture, bare);
	texts_add(&fixture->request.workloads, "spawn");
	assert_int_equal(make(fixture), 0);
	assert_string_equal(find(fixture, "syscall/bare/mode=fork/cores=1")->refused, "");
	for (size_t i = 0; i < fixture->plan.count; i++)
		calls += strcmp(fixture->plan.cells[i].spec->name, "syscall") == 0;
	assert_int_equal(calls, 2);
}

static void primitives_are_held_against_peers(void **state)
{
	struct fixture *fixture = *state;
	static const char switching[] =
		"{\"protocol\": 1, \"runtime\": \"library\", \"workloads\": [\"switch\", \"counting\"], "
		"\"capabilities\": [\"interleaves\"], \"peer\": true}";

	add_player(fixture, switching);
	texts_add(&fixture->request.workloads, "switch");
	texts_add(&fixture->request.workloads, "counting");
	assert_int_equal(make(fixture), 0);
	find(fixture, "switch/library/tasks=2/cores=1");
	for (size_t i = 0; i < fixture->plan.count; i++)
		assert_null(strstr(fixture->plan.cells[i].name, "counting/library"));
}

/* What a player is given leads it to the very values that the driver holds it against. */
static void arguments_come_back(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(make(fixture), 0);
	for (size_t i = 0; i < fixture->plan.count; i++) {
		const struct cell *cell = &fixture->plan.cells[i];
		struct values values;

		assert_int_equal(workload_values(cell->spec, (int)cell->argv.count - 3, cell->argv.items + 3, &values,
						 fixture->reason),
				 0);
		assert_memory_equal(values.value, cell->values.value, sizeof values.value);
	}
}

static void cores_may_be_too_many(void **state)
{
	struct fixture *fixture = *state;

	texts_add(&fixture->request.workloads, "counting");
	texts_add(&fixture->request.runtimes, "thread");
	texts_add(&fixture->request.settings, "slices=2");
	texts_add(&fixture->request.cores, "all");
	texts_add(&fixture->request.cores, "5");
	assert_int_equal(make(fixture), 0);
	assert_int_equal(fixture->plan.count, 2);
	assert_string_equal(find(fixture, "counting/thread/limit=1000000/slices=2/cores=4")->refused, "");
	assert_int_not_equal(strlen(find(fixture, "counting/thread/limit=1000000/slices=2/cores=5")->refused), 0);
	assert_null(find(fixture, "counting/thread/limit=1000000/slices=2/cores=5")->placement);
}

static int only_threads(const char *name)
{
	return strstr(name, "/thread/") != NULL;
}

static void filter_leaves_out(void **state)
{
	struct fixture *fixture = *state;

	fixture->request.matches = only_threads;
	ask_for_three(fixture);
	assert_int_equal(make(fixture), 0);
	assert_int_equal(fixture->plan.count, 11);
}

static void wrong_names_are_told(void **state)
{
	static const struct {
		const char *workload, *runtime, *setting, *cores, *told;
	} wrong[] = {
		{.workload = "chest", .told = "chess, counting, echo"},
		{.runtime = "fibre", .told = "simul list names"},
		{.runtime = "wreck", .told = "did not answer"},
		{.setting = "nothing=1", .told = "nothing=1"},
		{.workload = "chess", .setting = "nothing=1", .told = "no such key; chess has boards, pairs, "},
		{.setting = "boards", .told = "key=value"},
		{.setting = "boards=many", .told = "boards"},
		{.workload = "chess", .setting = "move=50", .told = "move=50 has no unit: it takes ns, us, ms or s"},
		{.setting = "nowhere.boards=1", .told = "nowhere"},
		{.setting = "counting.boards=1", .told = "slices"},
		{.workload = "counting", .setting = "boards=1", .told = "slices"},
		{.cores = "0", .told = "--cores"},
		{.cores = "some", .told = "--cores"},
	};
	struct fixture *fixture = *state;

	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		texts_clear(&fixture->request.workloads);
		texts_clear(&fixture->request.runtimes);
		texts_clear(&fixture->request.settings);
		texts_clear(&fixture->request.cores);
		if (wrong[i].workload)
			texts_add(&fixture->request.workloads, wrong[i].workload);
		if (wrong[i].runtime)
			texts_add(&fixture->request.runtimes, wrong[i].runtime);
		if (wrong[i].setting)
			texts_add(&fixture->request.settings, wrong[i].setting);
		if (wrong[i].cores)
			texts_add(&fixture->request.cores, wrong[i].cores);
		assert_int_equal(make(fixture), -22);
		assert_non_null(strstr(fixture->reason, wrong[i].told));
		assert_int_equal(fixture->plan.count, 0);
	}
}

/* Who plays counting, in a bit each: calls, counter, thread, the wreck, the peer. */
static unsigned who_counts(struct fixture *fixture, bool peers, const char *names)
{
	unsigned who = 0;

	fixture->request.peers = peers;
	texts_clear(&fixture->request.runtimes);
	if (*names)
		texts_split(&fixture->request.runtimes, names, ',');
	assert_int_equal(make(fixture), 0);
	for (size_t i = 0; i < fixture->plan.count; i++)
		who |= 1U << (fixture->plan.cells[i].player - fixture->player);
	return who;
}

static void peers_play_where_asked_for(void **state)
{
	struct fixture *fixture = *state;

	add_player(fixture, peer);
	texts_split(&fixture->request.workloads, "counting", ',');
	assert_int_equal(who_counts(fixture, false, ""), 0x07);
	assert_int_equal(who_counts(fixture, true, ""), 0x17);
	assert_int_equal(who_counts(fixture, false, "thread"), 0x04);
	assert_int_equal(who_counts(fixture, true, "thread"), 0x14);
	assert_int_equal(who_counts(fixture, false, "peer,calls"), 0x11);
}

/* Nobody has to ask for it where it plays, and elsewhere it has no cell; who names runtimes gets those. */
static void floors_play_where_they_can(void **state)
{
	struct fixture *fixture = *state;

	add_player(fixture, bare_calls);
	texts_split(&fixture->request.workloads, "counting", ',');
	assert_int_equal(who_counts(fixture, false, ""), 0x17);
	assert_int_equal(who_counts(fixture, true, ""), 0x17);
	assert_int_equal(who_counts(fixture, true, "thread"), 0x04);
	assert_int_equal(who_counts(fixture, false, "bare,calls"), 0x11);
	texts_clear(&fixture->request.workloads);
	texts_split(&fixture->request.workloads, "chess", ',');
	assert_false(who_counts(fixture, true, "") & 0x10);
	assert_true(who_counts(fixture, false, "bare") & 0x10); /* with the reason why not */
}

/* 100,000 switches of 0.1 ms are 10 s; where no cost is given, or none that makes sense, it is the model's. */
static void costs_of_a_player_count(void **state)
{
	struct fixture *fixture = *state;

	add_player(fixture, slow);
	add_player(fixture, swift);
	texts_split(&fixture->request.workloads, "switch", ',');
	texts_split(&fixture->request.settings, "tasks=2;yields=100000;mode=yield,ring", ';');
	assert_int_equal(make(fixture), 0);
	assert_non_null(strstr(find(fixture, "switch/slow/tasks=2/yields=100000/mode=yield/cores=1")->refused,
			       "would take about 10"));
	assert_string_equal(find(fixture, "switch/slow/tasks=2/yields=100000/mode=ring/cores=1")->refused, "");
	assert_string_equal(find(fixture, "switch/swift/tasks=2/yields=100000/mode=yield/cores=1")->refused, "");
}

static void manifest_shows_cells(void **state)
{
	struct fixture *fixture = *state;
	json_t *cells, *cell;

	texts_add(&fixture->request.workloads, "echo");
	texts_add(&fixture->request.runtimes, "thread");
	assert_int_equal(make(fixture), 0);
	cells = plan_json(&fixture->plan);
	assert_int_equal(json_array_size(cells), 3);
	cell = json_array_get(cells, 0);
	assert_string_equal(json_string_value(json_object_get(cell, "group")), "echo/connections=1/cores=1");
	assert_int_equal(json_integer_value(json_object_get(json_object_get(cell, "parameters"), "size")), 64);
	assert_int_equal(json_array_size(json_object_get(cell, "cores")), 1);
	assert_int_equal(json_array_size(json_object_get(cell, "load_cores")), 3);
	json_decref(cells);
}

/* The load is placed by it and not told; the name says it. */
static void load_is_where_it_is_asked_to_be(void **state)
{
	struct fixture *fixture = *state;
	const struct cell *same, *apart;

	texts_add(&fixture->request.workloads, "echo");
	texts_add(&fixture->request.runtimes, "thread");
	texts_add(&fixture->request.settings, "connections=1");
	texts_add(&fixture->request.settings, "client=same,apart");
	assert_int_equal(make(fixture), 0);
	same = find(fixture, "echo/thread/connections=1/client=same/cores=1");
	apart = find(fixture, "echo/thread/connections=1/client=apart/cores=1");
	assert_true(hwloc_bitmap_isequal(same->load_cores, same->placement->cores));
	assert_false(hwloc_bitmap_intersects(apart->load_cores, apart->placement->cores));
	assert_true(texts_have(&same->argv, "client=same"));
	assert_false(texts_have(&same->load_argv, "client=same"));
}

/* ---- How long ---- */

/* As many runtimes as this repository has, and one more; what they can do decides what they are asked to play. */
static void add_many(struct fixture *fixture)
{
	static const struct {
		const char *name, *capabilities;
		unsigned count;
	} kinds[] = {
		{"sequential", "\"shares-memory\"", 1},
		{"callback", "\"interleaves\", \"shares-memory\"", 5},
		{"parallel", "\"interleaves\", \"parallel\", \"shares-memory\", \"preempts\"", 5},
		{"pool", "\"interleaves\", \"parallel\", \"shares-memory\", \"pooled\", \"workers\"", 1},
	};
	char info[512];

	for (size_t kind = 0; kind < sizeof kinds / sizeof *kinds; kind++)
		for (unsigned i = 0; i < kinds[kind].count; i++) {
			snprintf(info, sizeof info,
				 "{\"protocol\": 1, \"runtime\": \"%s-%u\", \"capabilities\": [%s],"
				 "\"workloads\": [\"chess\", \"counting\", \"echo\"]}",
				 kinds[kind].name, i, kinds[kind].capabilities);
			add_player(fixture, info);
		}
}

static int set_up_many(void **state)
{
	static struct fixture fixture;

	fixture = (struct fixture){.players.items = fixture.player};
	add_many(&fixture);
	fixture.calibration = json_pack("{s:i, s:i, s:i}", "step_ps", 1757, "floor_ns", 3500, "division_ps", 2500);
	fixture.request = (struct plan_request){
		.profile = profile_find("quick"),
		.limit_ns = profile_find("quick")->limit_ns,
		.timeout_ns = profile_find("quick")->timeout_ns,
		.machine = &fixture.machine,
		.players = &fixture.players,
		.calibration = fixture.calibration,
		.load = "/nowhere/load",
	};
	texts_split(&fixture.request.workloads, fixture.request.profile->workloads, ',');
	*state = &fixture;
	return machine_open(&fixture.machine, &(struct machine_source){.synthetic = "pack:1 core:2 pu:1"});
}

/* What its help promises. Starting, watching and syncing an invocation takes about 25 ms beside its work. */
static void quick_is_quick(void **state)
{
	struct fixture *fixture = *state;
	uint64_t sum_ns = 0;

	assert_int_equal(make(fixture), 0);
	for (size_t i = 0; i < fixture->plan.count; i++)
		if (!fixture->plan.cells[i].refused[0])
			sum_ns += fixture->plan.cells[i].expectation.estimate_ns + 25 * NS_PER_MS;
	sum_ns *= fixture->request.profile->repetitions;
	print_message("quick takes about %.1f s for %zu of %zu cells\n", (double)sum_ns / 1e9, fixture->plan.playable,
		      fixture->plan.count);
	assert_true(fixture->plan.playable > 12 * 5);
	assert_true(sum_ns < 90 * NS_PER_S);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(axes_multiply),
		cmocka_unit_test(axes_replace),
		cmocka_unit_test(axes_refuse),
		cmocka_unit_test_setup_teardown(quick_plan_is_whole, set_up, tear_down),
		cmocka_unit_test_setup_teardown(bound_is_the_groups, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_given_step_has_the_measured_cost, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_is_set_twice_is_refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_is_set_is_played, set_up, tear_down),
		cmocka_unit_test_setup_teardown(refusals_have_reasons, set_up, tear_down),
		cmocka_unit_test_setup_teardown(settings_replace_and_name, set_up, tear_down),
		cmocka_unit_test_setup_teardown(workers_reach_those_that_have_some, set_up, tear_down),
		cmocka_unit_test_setup_teardown(stacks_reach_those_that_switch_ours, set_up, tear_down),
		cmocka_unit_test_setup_teardown(workers_that_nobody_has_are_refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_kernel_has_room_for_so_many, set_up, tear_down),
		cmocka_unit_test_setup_teardown(spawn_brings_the_bare_calls, set_up, tear_down),
		cmocka_unit_test_setup_teardown(primitives_are_held_against_peers, set_up, tear_down),
		cmocka_unit_test_setup_teardown(arguments_come_back, set_up, tear_down),
		cmocka_unit_test_setup_teardown(cores_may_be_too_many, set_up, tear_down),
		cmocka_unit_test_setup_teardown(filter_leaves_out, set_up, tear_down),
		cmocka_unit_test_setup_teardown(wrong_names_are_told, set_up, tear_down),
		cmocka_unit_test_setup_teardown(peers_play_where_asked_for, set_up, tear_down),
		cmocka_unit_test_setup_teardown(floors_play_where_they_can, set_up, tear_down),
		cmocka_unit_test_setup_teardown(costs_of_a_player_count, set_up, tear_down),
		cmocka_unit_test_setup_teardown(manifest_shows_cells, set_up, tear_down),
		cmocka_unit_test_setup_teardown(load_is_where_it_is_asked_to_be, set_up, tear_down),
		cmocka_unit_test_setup_teardown(quick_is_quick, set_up_many, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
