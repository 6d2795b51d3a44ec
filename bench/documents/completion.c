/* completion.c: completion for bash: what is known when the program is built stands in the file; which runtimes there
 * are is looked up in the folders where simul looks for them. */
#include <errno.h>
#include <string.h>

#include "../driver/command.h"
#include "../driver/profiles.h"
#include "../driver/verbs.h"
#include "../report/figure.h"
#include "../workloads/workload.h"
#include "manual.h"

static const char functions[] = "# Names of the runtimes: programs simul-NAME beside this simul and on PATH.\n"
				"_simul_runtimes() {\n"
				"\tlocal program folder file\n"
				"\tprogram=$(type -P \"${COMP_WORDS[0]}\") || program=$(type -P simul) || return 0\n"
				"\tprogram=$(readlink -f \"$program\")\n"
				"\tfolder=${program%/bin/*}/libexec/simul\n"
				"\tfor file in \"$folder\"/simul-*; do\n"
				"\t\t[[ -x $file ]] && printf '%s\\n' \"${file##*/simul-}\"\n"
				"\tdone\n"
				"\tcompgen -c simul- | sed 's/^simul-//'\n"
				"}\n\n"
				"# The last piece of a list with commas, one of the words in $1.\n"
				"_simul_list() {\n"
				"\tlocal before=\n"
				"\t[[ $current == *,* ]] && before=${current%,*},\n"
				"\tmapfile -t COMPREPLY < <(compgen -P \"$before\" -W \"$1\" -- \"${current##*,}\")\n"
				"}\n\n"
				"_simul_files() {\n"
				"\tcompopt -o filenames 2>/dev/null\n"
				"\tmapfile -t COMPREPLY < <(compgen -f -- \"$current\")\n"
				"}\n\n";

static const char begin[] =
	"_simul() {\n"
	"\tlocal current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} verb=${COMP_WORDS[1]} "
	"options\n"
	"\tCOMPREPLY=()\n"
	"\tif [[ $COMP_CWORD -eq 1 ]]; then\n"
	"\t\tmapfile -t COMPREPLY < <(compgen -W \"$_simul_verbs help --help --version\" -- \"$current\")\n"
	"\t\treturn\n"
	"\tfi\n"
	"\t# bash splits --option=value at the sign.\n"
	"\tif [[ $current == = ]]; then\n\t\tcurrent=\n\telif [[ $previous == = ]]; then\n"
	"\t\tprevious=${COMP_WORDS[COMP_CWORD - 2]}\n\tfi\n";

static const char end[] =
	"\tcase $verb in\n"
	"\thelp)\n\t\tmapfile -t COMPREPLY < <(compgen -W \"$_simul_verbs\" -- \"$current\")\n\t\treturn\n\t\t;;\n";

static const char finish[] = "\tesac\n"
			     "\tif [[ $current == -* ]]; then\n"
			     "\t\tcompopt -o nospace 2>/dev/null\n"
			     "\t\tmapfile -t COMPREPLY < <(compgen -W \"$options --help --version\" -- \"$current\")\n"
			     "\t\t[[ ${COMPREPLY[0]} == *= ]] || compopt +o nospace 2>/dev/null\n"
			     "\telse\n"
			     "\t\t_simul_files\n"
			     "\tfi\n"
			     "}\n"
			     "complete -F _simul simul\n";

static void write_verbs(FILE *out)
{
	fputs("_simul_verbs='", out);
	for (const struct verb *verb = verbs; verb->name; verb++)
		fprintf(out, "%s%s", verb == verbs ? "" : " ", verb->name);
	fputs("'\n_simul_workloads='", out);
	for (int i = 0; workloads[i]; i++)
		fprintf(out, "%s%s", i ? " " : "", workloads[i]->name);
	fputs("'\n_simul_profiles='", out);
	for (const struct profile *profile = profiles; profile->name; profile++)
		fprintf(out, "%s%s", profile == profiles ? "" : " ", profile->name);
	fputs("'\n_simul_figures='", out);
	const char *name;

	for (size_t i = 0; figure_at(i, &name); i++)
		fprintf(out, "%s%s", i ? " " : "", name);
	fputs("'\n_simul_settings='", out);
	for (int i = 0; workloads[i]; i++)
		for (const struct parameter *parameter = workloads[i]->parameters; parameter->name; parameter++)
			fprintf(out, "%s= ", parameter->name);
	fputs("'\n\n", out);
}

/* Which options' values are known, whatever the verb. */
static const char values[] =
	"\tcase $previous in\n"
	"\t--workload)\n\t\t_simul_list \"$_simul_workloads\"\n\t\treturn\n\t\t;;\n"
	"\t--runtime | --against)\n\t\t_simul_list \"$(_simul_runtimes)\"\n\t\treturn\n\t\t;;\n"
	"\t--profile)\n\t\t_simul_list \"$_simul_profiles\"\n\t\treturn\n\t\t;;\n"
	"\t--figure)\n\t\t_simul_list \"$_simul_figures\"\n\t\treturn\n\t\t;;\n"
	"\t--set)\n\t\tcompopt -o nospace 2>/dev/null\n\t\t_simul_list \"$_simul_settings\"\n\t\treturn\n\t\t;;\n"
	"\t--out | --resume)\n\t\t_simul_files\n\t\treturn\n\t\t;;\n"
	"\tesac\n";

static void write_options(const struct command *command, void *context)
{
	FILE *out = context;

	fputs("options='", out);
	for (const struct command_option *option = command->options; option->name; option++)
		fprintf(out, "%s--%s%s", option == command->options ? "" : " ", option->name,
			option->argument ? "=" : "");
	fputc('\'', out);
}

int completion_bash(FILE *out)
{
	fprintf(out, "# bash completion for simul %s, made from its tables of options.\n\n", SIMUL_VERSION);
	write_verbs(out);
	fputs(functions, out);
	fputs(begin, out);
	fputs(values, out);
	fputs(end, out);
	for (const struct verb *verb = verbs; verb->name; verb++) {
		fprintf(out, "\t%s) ", verb->name);
		verb_command(verb, write_options, out);
		fputs(" ;;\n", out);
	}
	fputs(finish, out);
	return ferror(out) ? -EIO : 0;
}
