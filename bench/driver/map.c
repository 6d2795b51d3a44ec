/* map.c: see map.h. */
#include "map.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../runtimes/clock.h"
#include "../analysis/map_point.h"
#include "../report/report.h"
#include "driver.h"
#include "run.h"

enum { PLACES_MAX = 400, NEW_MAX = 64 };

/* A round computes so long; a play lasts about so long; an invocation has so much beside it, and so much more for each
 * thread or process that is a task. */
static const uint64_t usual_compute_ns = 10 * NS_PER_US, play_ns = 20 * NS_PER_MS, beside_ns = 50 * NS_PER_MS;
static const uint64_t kernel_task_ns = 120 * NS_PER_US;
static const uint64_t usual_limit_ns = 300 * NS_PER_S;
static const char *const usual_tasks = "1,10,100,1000,10000", *const usual_waiting = "0,50,90,99,99.9";

const struct profile map_profile = {
	.name = "map",
	.help = "a decision map: 5 repetitions",
	.workloads = "chess",
	.repetitions = 5,
	.limit_ns = NS_PER_S / 2, /* who takes so long leads nowhere */
	.timeout_ns = 20 * NS_PER_S,
};

/* ---- Options ---- */

#define FIELD(name) offsetof(struct run_options, map.name)

static int take_compute(const char *text, void *field, char reason[REASON_MAX])
{
	uint64_t *ns = field;

	snprintf(reason, REASON_MAX, "it takes a duration from 1us to 100ms");
	return duration_parse(text, ns) < 0 || *ns < NS_PER_US || *ns > 100 * NS_PER_MS ? -EINVAL : 0;
}

static const struct command_option own[] = {
	{.name = "tasks",
	 .argument = "LIST",
	 .take = take_list,
	 .field = FIELD(tasks),
	 .help = "Numbers of tasks of the grid (default: 1,10,100,1000,10000)"},
	{.name = "waiting",
	 .argument = "LIST",
	 .take = take_list,
	 .field = FIELD(waiting),
	 .help = "Shares of waiting of the grid, in percent of a task's time (default: 0,50,90,99,99.9)"},
	{.name = "compute",
	 .argument = "DURATION",
	 .take = take_compute,
	 .field = FIELD(compute_ns),
	 .help = "What a task computes before it waits (default: 10us)"},
	{.name = "points",
	 .argument = "LIST",
	 .take = take_list,
	 .field = FIELD(points),
	 .help = "Further places, TASKS:PERCENT each, as in 5000:99.5; where the map refines itself it writes them "
		 "here"},
	{.name = "time-limit",
	 .argument = "DURATION",
	 .take = take_duration,
	 .field = FIELD(limit_ns),
	 .help = "About how long it may take (default: 300s). What the grid leaves of it goes to places between "
		 "neighbours "
		 "where other models lead"},
	{.name = NULL},
};

static const char help[] =
	"Measures a decision map: over the number of tasks and the share of their time that they wait, which model is "
	"fastest and which takes the least memory, with ties and with the margin to what comes behind. A grid first, "
	"then "
	"places in between where the answer changes. It is a run like those of simul run, of the workload chess: one "
	"bundle, a seeded random order, everything kept."
	"\v"
	"Examples:\n"
	"  simul map                                about five minutes on two cores\n"
	"  simul map --cores=1 --runtime=thread,coroutine,callback\n"
	"  simul map --compute=1ms --tasks=1,10,100 --time-limit=600s\n"
	"  simul map --resume DIR                   after Ctrl-C\n"
	"then:\n"
	"  simul report DIR; simul plot --figure=map DIR\n"
	"  simul advise DIR --tasks=5000 --compute=10us --wait=5ms --cores=2\n"
	"\n"
	"What a task computes at a time is one for the whole map: it is another map where a task computes for longer. "
	"Times are of the work, without the creation of the tasks.\n"
	"\n"
	"Exit status: as of simul run.";

/* Options of a run that a map chooses itself. */
static bool is_shared(const char *name)
{
	return strcmp(name, "workload") != 0 && strcmp(name, "profile") != 0 && strcmp(name, "set") != 0;
}

const struct command *map_command(const struct command *run)
{
	enum { OPTIONS_MAX = 40 };
	static struct command_option table[OPTIONS_MAX];
	static struct command command = {.name = "simul map", .help = help, .options = table};

	command_join(own, run->options, is_shared, table, OPTIONS_MAX);
	return &command;
}

/* ---- Places ---- */

struct map_text {
	char boards[80], reply[40];
};

static int complain(const char *format, const char *what)
{
	char text[200];

	snprintf(text, sizeof text, format, what);
	say("%s", text);
	return DRIVER_USAGE;
}

static bool read_tasks(const char *text, uint64_t *tasks)
{
	return count_parse(text, tasks) == 0 && *tasks >= 1 && *tasks <= 1000000;
}

/* Percent, as a share. */
static bool read_share(const char *text, double *share)
{
	char *end;
	double percent = strtod(text, &end);

	*share = percent / 100;
	return end != text && (!*end || strcmp(end, "%") == 0) && percent >= 0 && percent <= 99.99;
}

/* Rounds enough for a play that is worth measuring, two at least so that there is a wait between two computations. */
static uint64_t rounds_of(uint64_t tasks, uint64_t compute_ns, uint64_t wait_ns)
{
	uint64_t game = compute_ns + wait_ns, all = tasks * compute_ns, round = game > all ? game : all;
	uint64_t rounds = (play_ns + round - 1) / round;

	return rounds < 2 ? 2 : rounds;
}

static void add_place(struct map_plan *plan, uint64_t compute_ns, uint64_t tasks, double share)
{
	struct map_text *text = &plan->texts[plan->count];
	uint64_t wait_ns = (uint64_t)llround((double)compute_ns * share / (1 - share));

	snprintf(text->boards, sizeof text->boards, "boards+pairs+move=%llu+%llu+%lluns", (unsigned long long)tasks,
		 (unsigned long long)rounds_of(tasks, compute_ns, wait_ns), (unsigned long long)compute_ns);
	snprintf(text->reply, sizeof text->reply, "reply=%lluns", (unsigned long long)wait_ns);
	plan->sweeps[plan->count++] = (struct sweep){.workload = "chess", .axes = {text->boards, text->reply}};
}

static int add_point(struct map_plan *plan, uint64_t compute_ns, const char *text)
{
	char tasks_text[32];
	const char *colon = strchr(text, ':');
	uint64_t tasks;
	double share;

	snprintf(tasks_text, sizeof tasks_text, "%.*s", colon ? (int)(colon - text) : 0, text);
	if (!colon || !read_tasks(tasks_text, &tasks) || !read_share(colon + 1, &share))
		return complain("--points=%.60s: a place is TASKS:PERCENT, such as 5000:99.5", text);
	add_place(plan, compute_ns, tasks, share);
	return 0;
}

static int add_grid(struct map_plan *plan, uint64_t compute_ns, const struct texts *tasks, const struct texts *waiting)
{
	uint64_t number;
	double share;

	for (size_t i = 0; i < tasks->count; i++) {
		if (!read_tasks(tasks->items[i], &number))
			return complain("--tasks=%.60s: it takes whole numbers from 1 to 1000000", tasks->items[i]);
		for (size_t k = 0; k < waiting->count; k++) {
			if (!read_share(waiting->items[k], &share))
				return complain("--waiting=%.60s: it takes percents from 0 to 99.99",
						waiting->items[k]);
			add_place(plan, compute_ns, number, share);
		}
	}
	return 0;
}

/* What nobody has said. */
static int fill_in(struct map_request *request)
{
	int error = 0;

	if (request->tasks.count == 0)
		error = texts_split(&request->tasks, usual_tasks, ',');
	if (error == 0 && request->waiting.count == 0)
		error = texts_split(&request->waiting, usual_waiting, ',');
	request->compute_ns = request->compute_ns ? request->compute_ns : usual_compute_ns;
	request->limit_ns = request->limit_ns ? request->limit_ns : usual_limit_ns;
	return error;
}

int map_prepare(struct run *run)
{
	struct map_request *request = &run->options.map;
	struct map_plan *plan = &run->map;
	size_t room;
	int status;

	map_plan_clear(plan);
	if (run->options.cores.count > 1)
		return complain("%s", "a map is of one number of cores: --cores takes one");
	if (fill_in(request) < 0)
		return DRIVER_NOTHING_DONE;
	room = request->tasks.count * request->waiting.count + request->points.count + 1;
	if (room > PLACES_MAX)
		return complain("%s", "a map has at most 399 places");
	plan->profile = map_profile;
	plan->sweeps = calloc(room, sizeof *plan->sweeps);
	plan->texts = calloc(room, sizeof *plan->texts);
	if (!plan->sweeps || !plan->texts)
		return DRIVER_NOTHING_DONE;
	status = add_grid(plan, request->compute_ns, &request->tasks, &request->waiting);
	for (size_t i = 0; !status && i < request->points.count; i++)
		status = add_point(plan, request->compute_ns, request->points.items[i]);
	plan->profile.sweeps = plan->sweeps;
	run->options.profile = &plan->profile;
	return status;
}

void map_plan_clear(struct map_plan *plan)
{
	free(plan->sweeps);
	free(plan->texts);
	*plan = (struct map_plan){.sweeps = NULL};
}

/* ---- Exploring ---- */

static uint64_t estimate_ns(const struct cell *cell)
{
	const struct expectation *expectation = &cell->expectation;

	return expectation->estimate_ns + beside_ns +
	       (stage_of_kernel(cell->stage) ? expectation->tasks * kernel_task_ns : 0);
}

/* What is still to be played, about. */
static uint64_t left_ns(const struct run *run, size_t *invocations)
{
	uint64_t sum_ns = 0;

	*invocations = 0;
	for (size_t i = 0; i < run->schedule.cells; i++)
		for (unsigned repetition = 0; repetition < run->repetitions; repetition++)
			if (schedule_trial(&run->schedule, i, repetition)->status == TRIAL_NONE) {
				sum_ns += estimate_ns(&run->plan.cells[run->playable[i]]);
				++*invocations;
			}
	return sum_ns;
}

static void say_length(const struct run *run)
{
	size_t invocations;
	uint64_t grid_ns = left_ns(run, &invocations), limit_ns = run->options.map.limit_ns;

	say("map: %zu places, %zu invocations, about %llu s; then places in between where the answer changes, until "
	    "about %llu s in all (--time-limit)",
	    run->map.count, invocations, (unsigned long long)(grid_ns / NS_PER_S),
	    (unsigned long long)((grid_ns > limit_ns ? grid_ns : limit_ns) / NS_PER_S));
}

/* As one more --points, so that a run that is continued has the same plan. */
static int add_points(struct run_options *options, const struct map_point *points, size_t count)
{
	char text[NEW_MAX * 40] = "--points=";
	int error = 0;

	for (size_t i = 0; i < count && !error; i++) {
		char point[40];

		snprintf(point, sizeof point, "%.0f:%g", points[i].tasks, 100 * points[i].share);
		snprintf(text + strlen(text), sizeof text - strlen(text), "%s%s", i ? "," : "", point);
		error = texts_add(&options->map.points, point);
	}
	return error ? error : texts_add(&options->given, text);
}

/* Of what is played already: what a place takes. */
static uint64_t place_ns(const struct run *run, uint64_t spent_ns)
{
	return run->map.count > 0 ? spent_ns / run->map.count + 1 : spent_ns;
}

/* Asks the bundle where to look next, for no longer than is left. Returns how many places were added, or -errno. */
static int refine(struct run *run, uint64_t begun_ns)
{
	struct map_point points[NEW_MAX];
	uint64_t spent_ns = clock_now() - begun_ns, limit_ns = run->options.map.limit_ns;
	size_t most = limit_ns > spent_ns ? (limit_ns - spent_ns) / place_ns(run, spent_ns) : 0;
	int count, error;

	most = most < NEW_MAX ? most : NEW_MAX;
	if (most == 0 || run->map.count + most >= PLACES_MAX)
		return 0;
	count = report_map_refine(run->ledger.path, points, most);
	if (count <= 0)
		return count;
	error = add_points(&run->options, points, (size_t)count);
	if (!error)
		error = run_replan(run);
	return error ? error : count;
}

int map_explore(struct run *run)
{
	uint64_t begun_ns = clock_now();
	int added = 1;

	say_length(run);
	while (added > 0) {
		schedule_finish(&run->schedule);
		if (run->schedule.stopped)
			return 0;
		added = refine(run, begun_ns);
		if (added > 0)
			say("map: the answer changes between neighbours; %d places in between", added);
	}
	return added;
}
