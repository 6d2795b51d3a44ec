/* topology.c: the verb `simul topology`. */
#include <errno.h>
#include <jansson.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../machine/machine.h"
#include "command.h"
#include "driver.h"
#include "scaling.h"
#include "verbs.h"

struct topology_options {
	struct machine_source source;
	bool json;
	const char *drawing;
	enum placement_policy placement; /* in the drawing */
	uint64_t cores;                  /* in the drawing; 0: all physical ones */
};

static int take_placement(const char *text, void *field, char reason[REASON_MAX])
{
	snprintf(reason, REASON_MAX, "the placements are compact, scatter, core-first and smt-first");
	return placement_policy_find(text, field) ? 0 : -EINVAL;
}

static const struct command_option topology_table[] = {
	{.name = "synthetic",
	 .argument = "DESC",
	 .take = take_text,
	 .field = offsetof(struct topology_options, source.synthetic),
	 .help = "A machine in hwloc's synthetic notation instead of this one: \"pack:2 core:8 pu:2\""},
	{.name = "topology-xml",
	 .argument = "FILE",
	 .take = take_text,
	 .field = offsetof(struct topology_options, source.xml_path),
	 .help = "A machine that hwloc exported, such as a bundle's topology.xml"},
	{.name = "json",
	 .take = take_flag,
	 .field = offsetof(struct topology_options, json),
	 .help = "Print JSON: the machine as in the manifest, its parts with the PUs of each, and the counts and "
		 "orders "
		 "of a sweep over cores"},
	{.name = "draw",
	 .argument = "FILE",
	 .take = take_text,
	 .field = offsetof(struct topology_options, drawing),
	 .help = "Draw it too, as SVG, by hwloc's lstopo (Debian's package hwloc-nox): a player's cores orange, its "
		 "load's "
		 "blue"},
	{.name = "cores",
	 .argument = "N",
	 .take = take_positive,
	 .field = offsetof(struct topology_options, cores),
	 .help = "How many cores the drawing marks (default: all physical ones)"},
	{.name = "placement",
	 .argument = "NAME",
	 .take = take_placement,
	 .field = offsetof(struct topology_options, placement),
	 .help = "In which order it takes them: core-first (the default), compact, scatter, smt-first"},
	{.name = NULL},
};

static const struct command topology_command = {
	.name = "simul topology",
	.help = "Shows the machine as simul sees it: packages, caches and cores, which of them this process may use, "
		"and "
		"why fewer than there are (affinity, cgroup, CPU quota)."
		"\v"
		"Examples:\n"
		"  simul topology                                  this machine\n"
		"  taskset -c 0 simul topology                     with one core allowed\n"
		"  simul topology --synthetic 'pack:2 core:8 pu:2'\n"
		"  simul topology --topology-xml results/monday/topology.xml\n"
		"  simul topology --draw=machine.svg --cores=4 --placement=scatter\n"
		"\n"
		"Nothing is measured on a synthetic or imported machine; it is only shown, with the sweep that simul "
		"cores would make there.",
	.options = topology_table,
};

/* ---- The sweep that simul cores would make ---- */

/* How many counts, and which; those over allowed_count are workers on all PUs. */
static int usual_counts(const struct machine *machine, unsigned counts[SCALING_COUNTS_MAX])
{
	char reason[REASON_MAX];

	return scaling_counts(machine, NULL, counts, reason);
}

static void print_counts(const struct machine *machine)
{
	unsigned counts[SCALING_COUNTS_MAX];
	int count = usual_counts(machine, counts);

	printf("  %-12s", "Counts");
	for (int i = 0; i < count; i++) {
		printf("%s%u", i ? ", " : "", counts[i]);
		if (counts[i] > machine->allowed_count)
			printf(" workers on %u", machine->allowed_count);
	}
	putchar('\n');
}

/* Every allowed PU in the policy's order; owned by the caller, NULL without memory. */
static unsigned *order_of(const struct machine *machine, int policy)
{
	unsigned *pus = calloc(machine->allowed_count, sizeof *pus);

	if (pus && placement_order(machine, (enum placement_policy)policy, pus) < 0) {
		free(pus);
		pus = NULL;
	}
	return pus;
}

static void print_order(const struct machine *machine, int policy)
{
	enum { SHOWN_MAX = 40 };
	unsigned *pus = order_of(machine, policy);

	printf("  %-12s", placement_policy_name((enum placement_policy)policy));
	for (unsigned i = 0; pus && i < machine->allowed_count && i < SHOWN_MAX; i++)
		printf("%s%u", i ? " " : "", pus[i]);
	printf("%s\n", machine->allowed_count > SHOWN_MAX ? " ... (--json has them all)" : "");
	printf("  %-12s(%s)\n", "", placement_policy_text((enum placement_policy)policy));
	free(pus);
}

static void print_sweep(const struct machine *machine)
{
	puts("What simul cores would sweep, and the orders in which it can take cores");
	print_counts(machine);
	for (int policy = 0; policy < PLACEMENT_POLICIES; policy++)
		print_order(machine, policy);
}

static json_t *span_json(const struct machine *machine, int policy, unsigned count)
{
	struct machine generous = *machine;
	struct placement placement;
	char reason[256];
	json_t *span;

	generous.allow_quota = true;
	if (placement_choose_by(&generous, (enum placement_policy)policy, count, &placement, reason) < 0)
		return json_null();
	span = json_pack("{s:i, s:i, s:i, s:i, s:i}", "count", (int)count, "cores", (int)placement.span.cores,
			 "packages", (int)placement.span.packages, "nodes", (int)placement.span.nodes, "kinds",
			 (int)placement.span.kinds);
	placement_clear(&placement);
	return span;
}

static json_t *policy_json(const struct machine *machine, int policy)
{
	json_t *order = json_array(), *spans = json_array();
	unsigned counts[SCALING_COUNTS_MAX], *pus = order_of(machine, policy);
	int count = usual_counts(machine, counts);

	for (unsigned i = 0; pus && i < machine->allowed_count; i++)
		json_array_append_new(order, json_integer(pus[i]));
	for (int i = 0; i < count; i++)
		if (counts[i] <= machine->allowed_count)
			json_array_append_new(spans, span_json(machine, policy, counts[i]));
	free(pus);
	return json_pack("{s:o, s:o}", "order", order, "spans", spans);
}

static json_t *sweep_json(const struct machine *machine)
{
	json_t *counts_json = json_array(), *placements = json_object();
	unsigned counts[SCALING_COUNTS_MAX];
	int count = usual_counts(machine, counts);

	for (int i = 0; i < count; i++)
		json_array_append_new(counts_json, json_integer(counts[i]));
	for (int policy = 0; policy < PLACEMENT_POLICIES; policy++)
		json_object_set_new(placements, placement_policy_name((enum placement_policy)policy),
				    policy_json(machine, policy));
	return json_pack("{s:o, s:o}", "counts", counts_json, "placements", placements);
}

/* ---- The verb ---- */

static int print(const struct machine *machine, bool as_json)
{
	json_t *json = as_json ? machine_json(machine, true) : NULL;

	if (!as_json) {
		machine_print(machine, stdout);
		print_sweep(machine);
		return DRIVER_OK;
	}
	json_object_set_new(json, "structure", machine_structure_json(machine));
	json_object_set_new(json, "sweep", sweep_json(machine));
	if (json && json_dumpf(json, stdout, JSON_INDENT(1)) == 0)
		putchar('\n');
	json_decref(json);
	return json ? DRIVER_OK : DRIVER_NOTHING_DONE;
}

static int draw(struct machine *machine, const struct topology_options *options)
{
	unsigned cores = options->cores ? (unsigned)options->cores : machine->physical_count;
	struct placement placement;
	char reason[256];
	int error;

	machine->allow_quota = true;
	if (placement_choose_by(machine, options->placement, cores, &placement, reason) < 0) {
		say("%s", reason);
		return DRIVER_USAGE;
	}
	error = machine_draw(machine, &placement, options->drawing);
	placement_clear(&placement);
	machine->allow_quota = false;
	if (error == -ENOENT)
		say("%s is not drawn: hwloc's lstopo is not installed (Debian: hwloc-nox)", options->drawing);
	else if (error < 0)
		say("%s is not drawn: %s", options->drawing, error == -EIO ? "lstopo failed" : strerror(-error));
	return error < 0 ? DRIVER_NOTHING_DONE : DRIVER_OK;
}

int topology_main(int argc, char **argv)
{
	struct topology_options options = {.placement = PLACEMENT_CORE_FIRST};
	struct machine machine;
	int status;

	if (command_parse(&topology_command, argc, argv, &options, NULL) < 0)
		return DRIVER_USAGE;
	if (!options.drawing && options.cores) {
		say("--cores is about the drawing: it goes with --draw");
		return DRIVER_USAGE;
	}
	if (options.source.synthetic && options.source.xml_path) {
		say("--synthetic and --topology-xml cannot stand together");
		return DRIVER_USAGE;
	}
	if (machine_open(&machine, &options.source) < 0)
		return options.source.synthetic || options.source.xml_path ? DRIVER_USAGE : DRIVER_NOTHING_DONE;
	status = print(&machine, options.json);
	if (status == DRIVER_OK && options.drawing)
		status = draw(&machine, &options);
	machine_close(&machine);
	return status;
}
