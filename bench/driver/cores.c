/* cores.c: see cores.h. */
#include "cores.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../runtimes/clock.h"
#include "driver.h"

#define FIELD(name) offsetof(struct run_options, name)

const struct profile cores_profile = {
	.name = "cores",
	.help = "a sweep over cores: 5 repetitions",
	.workloads = "chess,counting,echo",
	.repetitions = 5,
	.limit_ns = 5 * NS_PER_S / 2,
	.timeout_ns = 20 * NS_PER_S,
};

static int take_law(const char *text, void *field, char reason[REASON_MAX])
{
	bool *weak = field;

	*weak = strcmp(text, "weak") == 0;
	if (*weak || strcmp(text, "strong") == 0)
		return 0;
	snprintf(reason, REASON_MAX, "it takes strong (the same work on more cores) or weak (work grows with cores)");
	return -EINVAL;
}

static const struct command_option own[] = {
	{.name = "counts",
	 .argument = "LIST",
	 .take = take_list,
	 .field = FIELD(scaling.counts),
	 .help = "Core counts (default: 1, 2, 4 ..., all physical cores, all logical ones, twice as many). A count "
		 "over those that may be used is that number of workers on all of them, for runtimes with workers. "
		 "With "
		 "--concurrency: all cores"},
	{.name = "placement",
	 .argument = "LIST",
	 .take = take_list,
	 .field = FIELD(scaling.placements),
	 .help = "In which order cores are taken: core-first (the default), compact, scatter, smt-first; several make "
		 "an axis. simul topology shows them"},
	{.name = "scaling",
	 .argument = "LAW",
	 .take = take_law,
	 .field = FIELD(scaling.weak),
	 .help = "strong (the default): the same work on more cores; weak: work grows with the cores"},
	{.name = "concurrency",
	 .take = take_flag,
	 .field = FIELD(scaling.concurrency),
	 .help = "Sweep tasks a core instead, 1 to 100,000, until each runtime breaks: where and why is recorded"},
	{.name = "per-core",
	 .argument = "LIST",
	 .take = take_list,
	 .field = FIELD(scaling.per_core),
	 .help = "Tasks a core: with --concurrency the points of the axis, with --scaling=weak one number"},
	{.name = "allow-quota",
	 .take = take_flag,
	 .field = FIELD(allow_quota),
	 .help = "Measure on more cores than the cgroup's CPU quota pays for; such cells are marked"},
	{.name = "synthetic",
	 .argument = "DESC",
	 .take = take_text,
	 .field = FIELD(scaling.described.synthetic),
	 .help = "Refused: nothing can be measured on a described machine; simul topology shows its sweep"},
	{.name = "topology-xml",
	 .argument = "FILE",
	 .take = take_text,
	 .field = FIELD(scaling.described.xml_path),
	 .help = "Refused likewise"},
	{.name = NULL},
};

static const char help[] = "Sweeps over core counts, or with --concurrency over tasks a core, for every runtime and "
			   "workload that is asked "
			   "for, and draws throughput and efficiency over cores. It is a run like those of simul run: "
			   "one bundle, a seeded "
			   "random order, everything kept."
			   "\v"
			   "Examples:\n"
			   "  simul cores                              this machine, strong scaling\n"
			   "  simul cores --scaling=weak --workload=chess --runtime=thread,coroutine\n"
			   "  simul cores --counts=1,2,4,8 --placement=compact,scatter --workload=counting\n"
			   "  simul cores --concurrency --workload=chess\n"
			   "                                           tasks a core, up to where each runtime breaks\n"
			   "  simul cores --resume DIR                 after Ctrl-C\n"
			   "  simul topology --synthetic 'pack:2 core:8 pu:2'\n"
			   "                                           which cores another machine's sweep would take\n"
			   "\n"
			   "Strong and weak scaling are never mixed in a run. For echo the load keeps cores of its "
			   "own: where the player's "
			   "leave none the cell is refused. A described machine can be looked at, not measured.\n"
			   "\n"
			   "Exit status: as of simul run.";

/* Options of a run that a sweep chooses itself. */
static bool is_shared(const char *name)
{
	return strcmp(name, "cores") != 0 && strcmp(name, "profile") != 0 && strcmp(name, "allow-quota") != 0;
}

const struct command *cores_command(const struct command *run)
{
	enum { OPTIONS_MAX = 40 };
	static struct command_option table[OPTIONS_MAX];
	static struct command command = {.name = "simul cores", .help = help, .options = table};

	command_join(own, run->options, is_shared, table, OPTIONS_MAX);
	return &command;
}

/* ---- What is going to be swept ---- */

/* Why there are fewer cores than the machine has. */
static void say_why_few(const struct machine *machine)
{
	const struct machine_pus *pus = &machine->pus;
	char list[256];

	if (pus->affinity == pus->present)
		return;
	hwloc_bitmap_list_snprintf(list, sizeof list, machine->allowed);
	if (pus->affinity < pus->cgroup)
		say("%u of %u cores may be used (%s): %u outside this process's affinity mask, as taskset sets it",
		    pus->affinity, pus->present, list, pus->cgroup - pus->affinity);
	if (pus->cgroup < pus->present)
		say("%u of %u cores may be used (%s): %u outside the cgroup's cpuset", pus->affinity, pus->present,
		    list, pus->present - pus->cgroup);
}

static void say_quota(const struct machine *machine)
{
	if (machine->quota_cores <= 0 || machine->quota_cores >= machine->allowed_count)
		return;
	say("the cgroup's CPU quota pays for %.4g of %u cores; what needs more is %s", machine->quota_cores,
	    machine->allowed_count, machine->allow_quota ? "measured and marked" : "refused without --allow-quota");
}

static void write_counts(const struct run *run, char *text, size_t size)
{
	unsigned counts[SCALING_COUNTS_MAX];
	char reason[REASON_MAX];
	int count = scaling_counts(&run->machine, &run->options.scaling.counts, counts, reason);

	*text = '\0';
	for (int i = 0; i < count; i++) {
		unsigned all = run->machine.allowed_count;
		size_t used = strlen(text);

		if (counts[i] > all)
			snprintf(text + used, size - used, "%s%u workers on %u", i ? ", " : "", counts[i], all);
		else
			snprintf(text + used, size - used, "%s%u", i ? ", " : "", counts[i]);
	}
}

static void say_sweep(const struct run *run)
{
	enum scaling_law law = scaling_law_of(&run->options.scaling);
	char counts[512];

	say_why_few(&run->machine);
	say_quota(&run->machine);
	write_counts(run, counts, sizeof counts);
	if (law == SCALING_CONCURRENCY)
		say("concurrency: tasks are added until each runtime breaks; cores stay as they are");
	else
		say("%s scaling over cores %s", scaling_law_name(law), counts);
	if (run->machine.allowed_count == 1 && law != SCALING_CONCURRENCY)
		say("there is one core: nothing can be said of scaling, only of its workers");
}

int cores_check(const struct scaling_request *request)
{
	if (request->described.synthetic || request->described.xml_path)
		say("nothing can be measured on a described machine: simul topology shows its sweep");
	else if (request->weak && request->concurrency)
		say("--scaling and --concurrency cannot stand together: cores or tasks, one axis a run");
	else
		return 0;
	return DRIVER_USAGE;
}

int cores_prepare(struct run *run)
{
	const struct scaling_request *request = &run->options.scaling;
	char reason[REASON_MAX] = "there is not enough memory";
	int error;

	error = scaling_make(request, &run->machine, &run->options.workloads, &cores_profile, &run->scaling, reason);
	if (error < 0) {
		say("%s", reason);
		return error == -EINVAL ? DRIVER_USAGE : DRIVER_NOTHING_DONE;
	}
	run->options.profile = &run->scaling.profile;
	say_sweep(run);
	return 0;
}

/* Whether a cell before it, of the same workload and runtime, lasts too long as well. */
static bool is_told(const struct plan *plan, size_t cell)
{
	for (size_t i = 0; i < cell; i++)
		if (plan->cells[i].lasting && plan->cells[i].spec == plan->cells[cell].spec &&
		    plan->cells[i].player == plan->cells[cell].player)
			return true;
	return false;
}

void cores_tell_missing(const struct plan *plan)
{
	for (size_t i = 0; i < plan->count; i++)
		if (plan->cells[i].lasting && !is_told(plan, i))
			say("from %s on: %s", plan->cells[i].name, plan->cells[i].refused);
}
