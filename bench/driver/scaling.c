/* scaling.c: see scaling.h. */
#include "scaling.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../../runtimes/runtime.h"

/* The axis of one rung, and the workers, as a sweep wants them. */
struct rung_text {
	struct rung rung;
	char axis[120], workers[16];
};

/* An axis of one point: KEY=N, where N is a number of tasks (or of what else grows), and what goes with it. */
struct rule {
	const char *key;           /* NULL: the workload has no such sweep */
	const char *keys, *values; /* that go with it, from their '+' on; NULL: none */
	uint64_t per_core;         /* N of a core where nobody asks for another */
	uint64_t shared;           /* one more value, so much over N; 0: none */
	uint64_t dealt;            /* one more value, so much times the cores; 0: none */
	bool solved;               /* of weak scaling: N grows until the work has grown as the cores have */
};

static const struct growth {
	const char *workload;
	struct rule strong, weak, concurrency; /* strong: N a core of strong_cores() */
} growths[] = {
	/* So few pairs that who plays one board after another is done in two seconds: on up to 32 cores. */
	{"chess", .strong = {.key = "boards", .keys = "+pairs", .per_core = 50, .shared = 3000},
	 .weak = {.key = "boards", .per_core = 50},
	 .concurrency = {.key = "boards", .keys = "+pairs+move+reply", .values = "+2+10us+1ms"}},
	{"counting", .strong = {.key = "slices", .keys = "+limit", .values = "+1000000", .per_core = 8},
	 .weak = {.key = "limit", .keys = "+slices", .per_core = 500000, .dealt = 8, .solved = true},
	 .concurrency = {.key = "slices", .keys = "+limit", .values = "+1000000"}},
	{"echo", .strong = {.key = "connections", .keys = "+messages", .values = "+100", .per_core = 50},
	 .weak = {.key = "connections", .keys = "+messages", .values = "+100", .per_core = 50},
	 .concurrency = {.key = "connections", .keys = "+messages", .shared = 5000}},
	{"spawn", .strong = {.key = "tasks", .keys = "+batch", .values = "+1000", .per_core = 10000},
	 .weak = {.key = "tasks", .keys = "+batch", .values = "+1000", .per_core = 10000},
	 .concurrency = {.key = "tasks", .keys = "+batch+body", .values = "+10000000+yield"}},
	{"switch", .strong = {.key = "tasks", .keys = "+yields", .values = "+1000000", .per_core = 100},
	 .concurrency = {.key = "tasks", .keys = "+yields", .values = "+1000000"}},
	{"idle", .strong = {.key = "tasks", .per_core = 1000}, .weak = {.key = "tasks", .per_core = 1000},
	 .concurrency = {.key = "tasks"}},
	{.workload = NULL},
};

static const char *const law_names[] = {
	[SCALING_STRONG] = "strong", [SCALING_WEAK] = "weak", [SCALING_CONCURRENCY] = "concurrency"};

const char *scaling_law_name(enum scaling_law law)
{
	return law_names[law];
}

enum scaling_law scaling_law_of(const struct scaling_request *request)
{
	return request->concurrency ? SCALING_CONCURRENCY : request->weak ? SCALING_WEAK : SCALING_STRONG;
}

/* ---- Counts ---- */

static int compare_counts(const void *left, const void *right)
{
	unsigned a = *(const unsigned *)left, b = *(const unsigned *)right;

	return (a > b) - (a < b);
}

static int sort_once(unsigned *counts, int count)
{
	int kept = 0;

	qsort(counts, (size_t)count, sizeof(*counts), compare_counts);
	for (int i = 0; i < count; i++)
		if (kept == 0 || counts[kept - 1] != counts[i])
			counts[kept++] = counts[i];
	return kept;
}

/* What the quota leaves is not exceeded without being asked for. */
static unsigned usable(const struct machine *machine)
{
	unsigned quota = machine->quota_cores < 2 ? 1 : (unsigned)floor(machine->quota_cores + 1e-9);

	if (machine->quota_cores <= 0 || machine->allow_quota || quota > machine->allowed_count)
		return machine->allowed_count;
	return quota;
}

static int usual_counts(const struct machine *machine, unsigned *counts)
{
	unsigned all = usable(machine);
	int count = 0;

	for (unsigned cores = 1; cores < all; cores *= 2)
		counts[count++] = cores;
	if (machine->physical_count < all)
		counts[count++] = machine->physical_count;
	counts[count++] = all;
	if (all == machine->allowed_count)
		counts[count++] = 2 * all;
	return count;
}

int scaling_counts(const struct machine *machine, const struct texts *asked, unsigned counts[SCALING_COUNTS_MAX],
		   char reason[REASON_MAX])
{
	uint64_t number;

	if (!asked || asked->count == 0)
		return sort_once(counts, usual_counts(machine, counts));
	if (asked->count > SCALING_COUNTS_MAX) {
		snprintf(reason, REASON_MAX, "--counts: at most %d of them", SCALING_COUNTS_MAX);
		return -EINVAL;
	}
	for (size_t i = 0; i < asked->count; i++) {
		if (count_parse(asked->items[i], &number) < 0 || number < 1 || number > 4096) {
			snprintf(reason, REASON_MAX, "--counts=%.60s: it takes whole numbers from 1 to 4096",
				 asked->items[i]);
			return -EINVAL;
		}
		counts[i] = (unsigned)number;
	}
	return sort_once(counts, (int)asked->count);
}

/* ---- The work of a rung ---- */

static const struct growth *growth_of(const char *workload)
{
	const struct growth *growth = growths;

	while (growth->workload && strcmp(growth->workload, workload) != 0)
		growth++;
	return growth->workload ? growth : NULL;
}

static const struct rule *rule_of(const struct growth *growth, enum scaling_law law)
{
	const struct rule *rule = law == SCALING_STRONG ? &growth->strong
				  : law == SCALING_WEAK ? &growth->weak
							: &growth->concurrency;

	return rule->key ? rule : NULL;
}

/* The axes text of one rung. */
static void write_axis(const struct rule *rule, uint64_t number, unsigned cores, char text[120])
{
	uint64_t more = rule->shared ? rule->shared / number : rule->dealt * cores;

	snprintf(text, 120, "%s%s=%" PRIu64 "%s", rule->key, rule->keys ? rule->keys : "", number,
		 rule->values ? rule->values : "");
	if (rule->shared || rule->dealt)
		snprintf(text + strlen(text), 120 - strlen(text), "+%" PRIu64, more > 2 ? more : 2);
}

/* Work of counting up to that number, in any unit, and its operations. */
static double work_of(const struct workload_spec *spec, const struct rule *rule, uint64_t number, double *operations)
{
	const struct stage stage = {.cores = 1, .capabilities = RUNTIME_INTERLEAVES | RUNTIME_PARALLEL};
	char pair[2 * PARAMETER_TEXT_MAX], reason[REASON_MAX];
	struct expectation expectation = {.bound_ns = 0};
	struct values values;

	values_init(&values, spec->parameters);
	for (int i = 0; spec->parameters[i].name; i++)
		if (spec->parameters[i].calibrate)
			values.value[i] = 1000;
	snprintf(pair, sizeof(pair), "%s=%" PRIu64, rule->key, number);
	if (values_take(&values, spec->parameters, pair, reason) == 0)
		spec->expect(&values, stage, &expectation);
	*operations = (double)expectation.operations;
	return (double)expectation.bound_ns;
}

/* The number with which the work is `factor` times that of `base`: the work grows a little less than with its power of
 * three halves, so that a few corrections by that power come close. rung->work says how close. */
static uint64_t solve(const struct workload_spec *spec, const struct rule *rule, uint64_t base, double factor,
		      struct rung *rung)
{
	double operations, first = work_of(spec, rule, base, &operations), unused, work = first;
	uint64_t number = base;

	for (int i = 0; i < 6 && first > 0 && fabs(work / first / factor - 1) > 0.0005; i++) {
		double next = (double)number * pow(factor * first / work, 1 / 1.45);

		number = (uint64_t)llround(next);
		work = work_of(spec, rule, number, &unused);
		if (work <= 0) /* more than the workload takes: the cell will be refused, and say so */
			break;
	}
	rung->work = work > 0 ? work / first : factor;
	rung->operations = operations * rung->work;
	return number;
}

/* ---- Sweeps ---- */

/* What a rung is made for. */
struct place {
	const struct workload_spec *spec;
	const struct growth *growth; /* NULL: the workload's defaults, strong scaling alone */
	enum scaling_law law;
	enum placement_policy policy;
	unsigned count, most, all; /* most: the greatest count that is no number of workers */
	uint64_t per_core;         /* 0: the rule's */
};

static unsigned cores_of(const struct place *place)
{
	return place->count < place->all ? place->count : place->all;
}

/* So many cores' work strong scaling does: as many as the greatest count or some more, so that machines of 1 and 2
 * cores, of 3 to 8, of 9 to 32 ... do the same and can be compared. */
static unsigned strong_cores(unsigned most)
{
	unsigned cores = 2;

	while (cores < most)
		cores *= 4;
	return cores;
}

static void write_work(const struct place *place, struct rung_text *text)
{
	const struct rule *rule = place->growth ? rule_of(place->growth, place->law) : NULL;
	uint64_t per_core = rule ? place->per_core ? place->per_core : rule->per_core : 0;
	unsigned factor = place->law == SCALING_STRONG ? strong_cores(place->most) : cores_of(place);

	text->rung.work = place->law == SCALING_WEAK ? factor : 1;
	if (!rule)
		return;
	if (place->law == SCALING_WEAK && rule->solved)
		write_axis(rule, solve(place->spec, rule, per_core, factor, &text->rung), factor, text->axis);
	else
		write_axis(rule, per_core * factor, factor, text->axis);
}

/* An axis of concurrency ends where its parameter does. */
static bool is_in_range(const struct place *place)
{
	const struct parameter *parameters = place->spec->parameters;
	int index = place->law == SCALING_CONCURRENCY
			    ? parameter_find(parameters, rule_of(place->growth, place->law)->key)
			    : -1;
	uint64_t number = place->per_core * cores_of(place);

	return index < 0 || (number >= parameters[index].least && number <= parameters[index].most);
}

static void make_rung(const struct place *place, struct sweep *sweep, struct rung_text *text)
{
	bool over = place->count > place->all;

	text->rung.law = place->law;
	text->rung.tasks_per_core = place->law == SCALING_CONCURRENCY ? place->per_core : 0;
	write_work(place, text);
	if (over && place->law != SCALING_CONCURRENCY) {
		text->rung.workers = place->count;
		snprintf(text->workers, sizeof(text->workers), "%u", place->count);
	}
	*sweep = (struct sweep){
		.workload = place->spec->name,
		.axes = {text->axis[0] ? text->axis : NULL},
		.cores = over ? place->all : place->count,
		.placement = place->policy,
		.workers = over ? text->workers : NULL,
		.rung = &text->rung,
	};
}

static int refuse_growth(const struct workload_spec *spec, enum scaling_law law, char reason[REASON_MAX])
{
	snprintf(reason, REASON_MAX, "%s has nothing that could grow with %s; it is played with --scaling=strong",
		 spec->name, law == SCALING_WEAK ? "the cores" : "its tasks");
	return -EINVAL;
}

/* Tasks a core. Where a model breaks, those beyond are not played. */
static const uint64_t usual_per_core[] = {1, 10, 100, 1000, 10000, 100000};

static int read_per_core(const struct scaling_request *request, uint64_t numbers[SCALING_COUNTS_MAX],
			 char reason[REASON_MAX])
{
	enum scaling_law law = scaling_law_of(request);
	int count = (int)request->per_core.count;

	if (count > 0 && law == SCALING_STRONG)
		snprintf(reason, REASON_MAX,
			 "--per-core goes with --scaling=weak or --concurrency; the work of strong "
			 "scaling is set by --set");
	else if (count > 1 && law == SCALING_WEAK)
		snprintf(reason, REASON_MAX, "--per-core takes one number with --scaling=weak");
	else if (count > SCALING_COUNTS_MAX)
		snprintf(reason, REASON_MAX, "--per-core takes at most %d numbers", SCALING_COUNTS_MAX);
	else
		reason[0] = '\0';
	for (int i = 0; !reason[0] && i < count; i++)
		if (count_parse(request->per_core.items[i], &numbers[i]) < 0 || numbers[i] < 1 || numbers[i] > 10000000)
			snprintf(reason, REASON_MAX, "--per-core=%.60s: it takes whole numbers from 1 to 10000000",
				 request->per_core.items[i]);
	if (reason[0])
		return -EINVAL;
	if (count > 0)
		return count;
	memcpy(numbers, usual_per_core, sizeof(usual_per_core));
	numbers[0] = law == SCALING_CONCURRENCY ? numbers[0] : 0;
	return law == SCALING_CONCURRENCY ? (int)(sizeof(usual_per_core) / sizeof(*usual_per_core)) : 1;
}

static int read_placements(const struct texts *asked, enum placement_policy policies[PLACEMENT_POLICIES],
			   char reason[REASON_MAX])
{
	int count = 0;

	if (asked->count == 0)
		policies[count++] = PLACEMENT_CORE_FIRST;
	for (size_t i = 0; i < asked->count; i++) {
		enum placement_policy policy;
		bool known = placement_policy_find(asked->items[i], &policy), again = false;

		if (!known) {
			snprintf(reason, REASON_MAX,
				 "--placement=%.40s: the placements are compact, scatter, core-first and smt-first",
				 asked->items[i]);
			return -EINVAL;
		}
		for (int j = 0; j < count; j++)
			again |= policies[j] == policy;
		if (!again)
			policies[count++] = policy;
	}
	return count;
}

/* All that scaling_make() goes through. */
struct ladder {
	enum placement_policy policies[PLACEMENT_POLICIES];
	unsigned counts[SCALING_COUNTS_MAX];
	uint64_t per_core[SCALING_COUNTS_MAX];
	int policy_count, count_count, per_core_count;
};

static int read_ladder(const struct scaling_request *request, const struct machine *machine, struct ladder *ladder,
		       char reason[REASON_MAX])
{
	ladder->policy_count = read_placements(&request->placements, ladder->policies, reason);
	if (ladder->policy_count < 0)
		return -EINVAL;
	ladder->per_core_count = read_per_core(request, ladder->per_core, reason);
	if (ladder->per_core_count < 0)
		return -EINVAL;
	ladder->count_count = scaling_counts(machine, &request->counts, ladder->counts, reason);
	if (ladder->count_count < 0)
		return -EINVAL;
	/* Concurrency is another axis: cores stay as they are. */
	if (request->concurrency && request->counts.count == 0) {
		ladder->counts[0] = usable(machine);
		ladder->count_count = 1;
	}
	return 0;
}

static size_t add_workload(const struct ladder *ladder, struct place place, struct sweep *sweeps,
			   struct rung_text *texts)
{
	size_t made = 0;

	for (int policy = 0; policy < ladder->policy_count; policy++)
		for (int count = 0; count < ladder->count_count; count++)
			for (int number = 0; number < ladder->per_core_count; number++) {
				place.policy = ladder->policies[policy];
				place.count = ladder->counts[count];
				place.per_core = ladder->per_core[number];
				if (!is_in_range(&place))
					continue;
				make_rung(&place, &sweeps[made], &texts[made]);
				made++;
			}
	return made;
}

static int add_workloads(const struct ladder *ladder, const struct machine *machine, enum scaling_law law,
			 const struct texts *names, struct scaling *scaling, char reason[REASON_MAX])
{
	size_t made = 0;

	for (size_t i = 0; i < names->count; i++) {
		struct place place = {
			.spec = workload_find(names->items[i]),
			.law = law,
			.most = ladder->counts[ladder->count_count - 1],
			.all = machine->allowed_count,
		};

		place.most = place.most < place.all ? place.most : place.all;

		if (!place.spec) /* plan_make() says so */
			continue;
		place.growth = growth_of(place.spec->name);
		if (law != SCALING_STRONG && (!place.growth || !rule_of(place.growth, law)))
			return refuse_growth(place.spec, law, reason);
		made += add_workload(ladder, place, scaling->sweeps + made, scaling->texts + made);
	}
	return 0;
}

int scaling_make(const struct scaling_request *request, const struct machine *machine, const struct texts *workloads,
		 const struct profile *base, struct scaling *scaling, char reason[REASON_MAX])
{
	struct ladder ladder;
	int error = read_ladder(request, machine, &ladder, reason);
	size_t room;

	*scaling = (struct scaling){.profile = *base};
	if (error < 0)
		return error;
	room = workloads->count * (size_t)(ladder.policy_count * ladder.count_count * ladder.per_core_count) + 1;
	scaling->sweeps = calloc(room, sizeof(*scaling->sweeps));
	scaling->texts = calloc(room, sizeof(*scaling->texts));
	snprintf(reason, REASON_MAX, "there is not enough memory");
	error = scaling->sweeps && scaling->texts ? 0 : -ENOMEM;
	if (!error)
		error = add_workloads(&ladder, machine, scaling_law_of(request), workloads, scaling, reason);
	scaling->profile.sweeps = scaling->sweeps;
	if (error < 0)
		scaling_clear(scaling);
	return error;
}

void scaling_clear(struct scaling *scaling)
{
	free(scaling->sweeps);
	free(scaling->texts);
	scaling->sweeps = NULL;
	scaling->texts = NULL;
}
