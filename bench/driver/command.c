/* command.c: see command.h. */
#include "command.h"

#include <argp.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../runtimes/clock.h"
#include "clean.h"
#include "driver.h"

/* argp keys of options: above every character, below argp's own. */
enum { KEY_FIRST = 0x1000 };

/* So that sums of times and durations do not overflow. */
enum { DURATION_MAX_S = 365 * 24 * 3600 };

struct parsing {
	const struct command *command;
	void *options;
	struct texts *given;
};

static void *field_at(const struct parsing *parsing, size_t offset)
{
	return (char *)parsing->options + offset;
}

static error_t refuse(const struct parsing *parsing, const char *what, const char *text, const char *reason)
{
	char *given = strdup(text);

	if (given)
		text_clean(given, strlen(given), true);
	fprintf(stderr, "%s: %s%s%s: %s\n", parsing->command->name, what, *text ? "=" : "", given ? given : "", reason);
	free(given);
	return EINVAL;
}

static int note_given(const struct parsing *parsing, const struct command_option *option, const char *text)
{
	char *argument;
	int error;

	if (!parsing->given)
		return 0;
	if (asprintf(&argument, "--%s%s%s", option->name, option->argument ? "=" : "", text) < 0)
		return -ENOMEM;
	error = texts_add(parsing->given, argument);
	free(argument);
	return error;
}

static error_t take_option(const struct parsing *parsing, const struct command_option *option, const char *text)
{
	char reason[REASON_MAX] = "there is not enough memory", name[64];

	snprintf(name, sizeof name, "--%s", option->name);
	if (option->take(text, field_at(parsing, option->field), reason) < 0)
		return refuse(parsing, name, text, reason);
	return (error_t)-note_given(parsing, option, text);
}

static error_t take_argument(const struct parsing *parsing, const char *text)
{
	if (!parsing->command->arguments)
		return refuse(parsing, text, "", "this takes no argument besides its options; see --help");
	return (error_t)-texts_add(field_at(parsing, parsing->command->field), text);
}

static error_t parse(int key, char *text, struct argp_state *state)
{
	const struct parsing *parsing = state->input;

	if (key == ARGP_KEY_ARG)
		return take_argument(parsing, text);
	if (key < KEY_FIRST || key >= ARGP_KEY_END)
		return ARGP_ERR_UNKNOWN;
	return take_option(parsing, &parsing->command->options[key - KEY_FIRST], text ? text : "");
}

static size_t options_count(const struct command *command)
{
	size_t count = 0;

	while (command->options[count].name)
		count++;
	return count;
}

/* The option that a word (without dashes, up to its '=') abbreviates as getopt_long(3) allows, or NULL. */
static const struct command_option *option_find(const struct command *command, const char *word, size_t length)
{
	for (const struct command_option *option = command->options; option->name; option++)
		if (strncmp(option->name, word, length) == 0)
			return option;
	return NULL;
}

static bool known_to_argp(const char *word, size_t length)
{
	return strncmp("help", word, length) == 0 || strncmp("usage", word, length) == 0 ||
	       strncmp("version", word, length) == 0;
}

static int refuse_unknown(const struct command *command, const char *word)
{
	fprintf(stderr, "%s: %s is not known; the options are ", command->name, word);
	for (const struct command_option *option = command->options; option->name; option++)
		fprintf(stderr, "--%s, ", option->name);
	fputs("--help and --version\n", stderr);
	return -EINVAL;
}

/* getopt's own sentence for an unknown option would not name the known ones: look first. */
static int check_known(const struct command *command, int argc, char **argv)
{
	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
		const char *word = argv[i] + 2;
		size_t length = strncmp(argv[i], "--", 2) == 0 ? strcspn(word, "=") : 0;
		const struct command_option *option = length ? option_find(command, word, length) : NULL;

		if (argv[i][0] != '-' || argv[i][1] == '\0' || strcmp(argv[i], "-?") == 0 || strcmp(argv[i], "-V") == 0)
			continue;
		if (!option && !(length && known_to_argp(word, length)))
			return refuse_unknown(command, argv[i]);
		if (option && option->argument && word[length] != '=')
			i++;
	}
	return 0;
}

static struct argp_option *argp_options(const struct command *command)
{
	size_t count = options_count(command);
	struct argp_option *options = calloc(count + 1, sizeof *options);

	for (size_t i = 0; options && i < count; i++)
		options[i] = (struct argp_option){
			.name = command->options[i].name,
			.key = KEY_FIRST + (int)i,
			.arg = command->options[i].argument,
			.doc = command->options[i].help,
			.group = (int)i + 1, /* within a group argp sorts by name; we keep the table's order */
		};
	return options;
}

static struct {
	void (*visit)(const struct command *command, void *context);
	void *context;
} visitor;

void command_join(const struct command_option *own, const struct command_option *shared, bool (*keep)(const char *name),
		  struct command_option *table, size_t room)
{
	size_t count = 0;

	for (; own->name && count < room - 1; own++)
		table[count++] = *own;
	for (; shared->name && count < room - 1; shared++)
		if (keep(shared->name))
			table[count++] = *shared;
	table[count] = (struct command_option){.name = NULL};
}

void command_visit(void (*visit)(const struct command *command, void *context), void *context)
{
	visitor.visit = visit;
	visitor.context = context;
}

int command_parse(const struct command *command, int argc, char **argv, void *options, struct texts *given)
{
	struct parsing parsing = {.command = command, .options = options, .given = given};
	struct argp argp = {.parser = parse, .args_doc = command->arguments, .doc = command->help};
	struct argp_option *table;
	char *name = argv[0];
	int error;

	if (visitor.visit) {
		visitor.visit(command, visitor.context);
		return -ECANCELED;
	}
	error = check_known(command, argc, argv);
	if (error < 0)
		return error;
	table = argp_options(command);
	if (!table)
		return -ENOMEM;
	argp.options = table;
	argp_err_exit_status = DRIVER_USAGE;
	argv[0] = (char *)command->name;
	error = -(int)argp_parse(&argp, argc, argv, 0, NULL, &parsing);
	argv[0] = name;
	free(table);
	return error;
}

int take_flag(const char *text, void *field, char reason[REASON_MAX])
{
	(void)text;
	(void)reason;
	*(bool *)field = true;
	return 0;
}

int take_text(const char *text, void *field, char reason[REASON_MAX])
{
	*(const char **)field = text;
	if (*text)
		return 0;
	snprintf(reason, REASON_MAX, "it must not be empty");
	return -EINVAL;
}

int take_list(const char *text, void *field, char reason[REASON_MAX])
{
	(void)reason;
	return texts_split(field, text, ',');
}

int take_item(const char *text, void *field, char reason[REASON_MAX])
{
	(void)reason;
	return texts_add(field, text);
}

int take_count(const char *text, void *field, char reason[REASON_MAX])
{
	snprintf(reason, REASON_MAX, "it takes a whole number");
	return count_parse(text, field);
}

int take_positive(const char *text, void *field, char reason[REASON_MAX])
{
	uint64_t *count = field;

	snprintf(reason, REASON_MAX, "it takes a whole number from 1 to 1000000");
	if (count_parse(text, count) < 0 || *count < 1 || *count > 1000000)
		return -EINVAL;
	return 0;
}

int take_duration(const char *text, void *field, char reason[REASON_MAX])
{
	uint64_t *ns = field;

	snprintf(reason, REASON_MAX, "it takes a duration of 1ms to 31536000s, a year, such as 500ms, 10s or 90s");
	return duration_parse(text, ns) < 0 || *ns < NS_PER_MS || *ns > DURATION_MAX_S * NS_PER_S ? -EINVAL : 0;
}
