/* manual.c: the man pages. */
#include "manual.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../driver/command.h"
#include "../driver/verbs.h"
#include "roff.h"

/* Without a date: the same source gives the same page. */
static void write_head(FILE *out, const char *name, const char *section, const char *summary)
{
	fprintf(out, ".TH %s %s \"\" \"simul %s\" \"%s\"\n.SH NAME\n", name, section, SIMUL_VERSION,
		*section == '1' ? "User Commands" : "Miscellaneous Information");
	for (; *name; name++)
		roff_text(out, (char[]){(char)(*name | 0x20), 0}, 1);
	fprintf(out, " \\- %s\n", summary);
}

static void write_option(FILE *out, const struct command_option *option)
{
	fputs(".TP\n\\fB\\-\\-", out);
	roff_text(out, option->name, strlen(option->name));
	fputs("\\fR", out);
	if (option->argument) {
		fputs("=\\fI", out);
		roff_text(out, option->argument, strlen(option->argument));
		fputs("\\fR", out);
	}
	fputc('\n', out);
	roff_line(out, option->help);
}

/* The help of a command: what stands before \v, the options, what stands after. */
static void write_command(const struct command *command, void *context)
{
	FILE *out = context;
	const char *after = strchr(command->help, '\v');
	char *before = strndup(command->help, after ? (size_t)(after - command->help) : strlen(command->help));

	roff_macro(out, "SS", command->name);
	fputs(".B ", out);
	roff_line(out, command->name);
	fputs("[\\fIOPTION\\fR...]", out);
	fputs(command->arguments ? " " : "", out);
	fputs(command->arguments ? command->arguments : "", out);
	fputs("\n.PP\n", out);
	if (before)
		roff_help(out, before);
	for (const struct command_option *option = command->options; option->name; option++)
		write_option(out, option);
	if (after) {
		fputs(".PP\n", out);
		roff_help(out, after + 1);
	}
	free(before);
}

int manual_simul(FILE *out)
{
	write_head(out, "SIMUL", "1", "processes, threads, callbacks or coroutines: measured side by side");
	fputs(".SH SYNOPSIS\n.B simul\n\\fIVERB\\fR [\\fIOPTION\\fR...]\n.br\n.B simul help\n[\\fIVERB\\fR]\n", out);
	fputs(".SH DESCRIPTION\n"
	      "simul compares concurrency models: the same verified work done with processes, threads, callbacks and "
	      "coroutines, "
	      "on the cores that there are.\n"
	      "A run writes a bundle, a folder with every record, tables and figures; \\fBsimul report\\fR makes one "
	      "HTML page "
	      "of it.\n.SH VERBS\n",
	      out);
	for (const struct verb *verb = verbs; verb->name; verb++) {
		fputs(".TP\n.B ", out);
		roff_line(out, verb->name);
		roff_line(out, verb->summary);
	}
	fputs(".SH OPTIONS\nEvery verb takes \\fB\\-\\-help\\fR and \\fB\\-\\-version\\fR. An option may be shortened "
	      "as long as it "
	      "is clear.\n",
	      out);
	for (const struct verb *verb = verbs; verb->name; verb++)
		verb_command(verb, write_command, out);
	fputs(".SH EXIT STATUS\n"
	      ".TP\n.B 0\nall is well\n.TP\n.B 1\na cell failed\n.TP\n.B 2\nthe call was wrong\n.TP\n.B 3\n"
	      "there was nothing to do, or nowhere to write it\n.TP\n.B 130\ninterrupted; what was finished is kept\n"
	      ".PP\nWhere a verb says otherwise above, it is as it says.\n"
	      ".SH FILES\n.TP\n.I results/local/TIME\na run's bundle, where the current folder has a folder results\n"
	      ".TP\n.I simul\\-TIME\na run's bundle elsewhere\n"
	      ".SH SEE ALSO\n.BR simul\\-player (7),\n.BR gnuplot (1)\n",
	      out);
	return ferror(out) ? -EIO : 0;
}

int manual_player(FILE *out, const char *schema, const char *readme)
{
	int error;

	write_head(out, "SIMUL-PLAYER", "7", "what a program answers that takes part in simul");
	fputs(".SH SYNOPSIS\n.B simul\\-\\fINAME\\fB info\n.br\n.B simul\\-\\fINAME\\fB play\n\\fIWORKLOAD\\fR "
	      "[\\fIKEY\\fR=\\fIVALUE\\fR...]\n.SH DESCRIPTION\n",
	      out);
	error = roff_markdown(out, readme, "Adding a player");
	fputs(".SH THE PROTOCOL\n", out);
	if (!error)
		error = roff_markdown(out, schema, "What a player prints");
	fputs(".SH SEE ALSO\n.BR simul (1)\n", out);
	return error ? error : ferror(out) ? -EIO : 0;
}
