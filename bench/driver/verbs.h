/* verbs.h: what `simul` can do: one table, one function a verb. */
#ifndef SIMUL_VERBS_H
#define SIMUL_VERBS_H

struct verb {
	const char *name;
	int (*main)(int argc, char **argv); /* argv[0] is the verb; returns an exit code of driver.h */
	const char *summary;
};

/* Ends with a NULL name. */
extern const struct verb verbs[];

/* Calls visit(command, context) with the verb's table of options, and does nothing else of what the verb does. */
struct command;
typedef void command_visitor(const struct command *command, void *context);
void verb_command(const struct verb *verb, command_visitor *visit, void *context);

int run_main(int argc, char **argv);
int list_main(int argc, char **argv);
int topology_main(int argc, char **argv);
int doctor_main(int argc, char **argv);
int plot_main(int argc, char **argv);
int serve_main(int argc, char **argv);
int load_main(int argc, char **argv);
int report_main(int argc, char **argv);
int compare_main(int argc, char **argv);
int merge_main(int argc, char **argv);
int predict_main(int argc, char **argv);
int advise_main(int argc, char **argv);

#endif
