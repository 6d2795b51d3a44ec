/* command.h: one table a verb: its options, their help, their validation and their place in the manifest.
 *
 * The parsing itself is glibc's argp. */
#ifndef SIMUL_COMMAND_H
#define SIMUL_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

#include "../workloads/parameters.h"
#include "text.h"

/* Reads text into the field of the options that it is for. 0, or -EINVAL (-ENOMEM) with a sentence in reason. */
typedef int option_take(const char *text, void *field, char reason[REASON_MAX]);

struct command_option {
	const char *name;     /* without the dashes; NULL ends a table */
	const char *argument; /* as the help shows it; NULL: a flag, and take() gets "" */
	option_take *take;
	size_t field; /* offset in the verb's options */
	const char *help;
};

struct command {
	const char *name;      /* "simul run" */
	const char *arguments; /* "[BUNDLE]", or NULL if the verb takes none */
	const char *help;      /* an introduction, \v, and what follows the options: examples */
	const struct command_option *options;
	size_t field; /* struct texts in the options, for arguments; ignored if there are none */
};

/* Parses argv[1] and on into *options (the struct that the fields are offsets of). --help and --version print and
 * exit. Each option that was given is added to `given` as "--name=text", unless that is NULL.
 * 0, or -EINVAL (-ENOMEM) when a sentence has been printed. */
int command_parse(const struct command *command, int argc, char **argv, void *options, struct texts *given);

/* A table of what is own, then of `shared` what keep() takes by its name; table has room for `room` with the end. */
void command_join(const struct command_option *own, const struct command_option *shared, bool (*keep)(const char *name),
		  struct command_option *table, size_t room);

/* From now on command_parse() hands its command to visit and fails without a word, so that documents can be made of the
 * tables; NULL ends it. */
void command_visit(void (*visit)(const struct command *command, void *context), void *context);

/* Takers for usual fields, named beside each. */
option_take take_flag;     /* bool: set */
option_take take_text;     /* const char *: borrowed */
option_take take_list;     /* struct texts: the pieces between commas are added */
option_take take_item;     /* struct texts: the text is added */
option_take take_count;    /* uint64_t */
option_take take_positive; /* uint64_t, 1 to 1,000,000 */
option_take take_duration; /* uint64_t of ns, at least 1 ms */

#endif
