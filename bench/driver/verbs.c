/* verbs.c: see verbs.h. */
#include "verbs.h"

#include "command.h"

const struct verb verbs[] = {
	{"run", run_main, "play the cells of a profile; write records, a table and plots"},
	{"cores", run_main, "sweep over core counts, or over tasks a core until it breaks"},
	{"map", run_main, "which model leads, over the number of tasks and the share of waiting"},
	{"list", list_main, "the runtimes, the workloads, and which do not go together"},
	{"topology", topology_main, "the machine as simul sees it: cores, caches, what it may use"},
	{"doctor", doctor_main, "what limits or disturbs measuring here, and what mends it"},
	{"report", report_main, "one HTML page: the answer, figures, sources, every number"},
	{"plot", plot_main, "draw a bundle's figures, as images or in the terminal"},
	{"serve", serve_main, "run a runtime's echo server for anybody's clients"},
	{"load", load_main, "drive anybody's TCP echo server; every byte is checked"},
	{"compare", compare_main, "is a bundle, or a runtime, slower than another? how sure is that?"},
	{"predict", predict_main, "chess on other cores and boards, from a bundle's costs"},
	{"advise", advise_main, "which model for so many tasks that compute and wait"},
	{"merge", merge_main, "bundles from many hosts, verified, into one folder"},
	{.name = NULL},
};

void verb_command(const struct verb *verb, command_visitor *visit, void *context)
{
	char *arguments[] = {(char *)verb->name, NULL};

	command_visit(visit, context);
	verb->main(1, arguments);
	command_visit(NULL, NULL);
}
