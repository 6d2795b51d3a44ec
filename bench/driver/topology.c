/* topology.c: the verb `simul topology`. */
#include <jansson.h>
#include <stddef.h>
#include <stdio.h>

#include "../machine/machine.h"
#include "command.h"
#include "driver.h"
#include "verbs.h"

struct topology_options {
	struct machine_source source;
	bool json;
};

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
	 .help = "Print JSON, as in the manifest"},
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
		"\n"
		"Nothing is measured on a synthetic or imported machine; it is only shown.",
	.options = topology_table,
};

static int print(const struct machine *machine, bool as_json)
{
	json_t *json = as_json ? machine_json(machine, true) : NULL;

	if (!as_json)
		machine_print(machine, stdout);
	else if (json && json_dumpf(json, stdout, JSON_INDENT(1)) == 0)
		putchar('\n');
	json_decref(json);
	return as_json && !json ? DRIVER_NOTHING_DONE : DRIVER_OK;
}

int topology_main(int argc, char **argv)
{
	struct topology_options options = {.json = false};
	struct machine machine;
	int status;

	if (command_parse(&topology_command, argc, argv, &options, NULL) < 0)
		return DRIVER_USAGE;
	if (options.source.synthetic && options.source.xml_path) {
		say("--synthetic and --topology-xml cannot stand together");
		return DRIVER_USAGE;
	}
	if (machine_open(&machine, &options.source) < 0)
		return options.source.synthetic || options.source.xml_path ? DRIVER_USAGE : DRIVER_NOTHING_DONE;
	status = print(&machine, options.json);
	machine_close(&machine);
	return status;
}
