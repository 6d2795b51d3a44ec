/* list.c: the verb `simul list`: what there is to play, and by whom, for people and for programs. */
#include <errno.h>
#include <jansson.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../report/report.h"
#include "../report/text.h"
#include "command.h"
#include "driver.h"
#include "plan.h"
#include "players.h"
#include "verbs.h"

/* Players, each with the package that brings it. */
static const char left_out[] = SIMUL_LEFT_OUT;

struct list_options {
	bool json;
	const char *runtime, *workload;
};

enum { NAME_WIDTH = 17, WORKLOAD_WIDTH = 10, LINE_WIDTH = 79 };

static const struct command_option list_table[] = {
	{.name = "json", .take = take_flag, .field = offsetof(struct list_options, json), .help = "Print JSON"},
	{.name = "runtime",
	 .argument = "NAME",
	 .take = take_text,
	 .field = offsetof(struct list_options, runtime),
	 .help = "What that runtime says of its model: how it suspends, what its tasks share, where it breaks, "
		 "sources; and what it plays, or why not"},
	{.name = "workload",
	 .argument = "NAME",
	 .take = take_text,
	 .field = offsetof(struct list_options, workload),
	 .help = "That workload's parameters and bound, and who plays it, or why not"},
	{.name = NULL},
};

static const struct command list_command = {
	.name = "simul list",
	.help = "Lists the runtimes that were found, the workloads, and which of them do not go together."
		"\v"
		"A runtime is a program simul-NAME in this installation's libexec folder or on PATH that answers "
		"`info` and "
		"`play`; so anybody's runtime joins, in any language. Of two with one name the first found is taken.\n"
		"\n"
		"Examples:\n"
		"  simul list\n"
		"  simul list --runtime=thread\n"
		"  simul list --workload=echo\n"
		"  simul list --json | jq '.workloads[].parameters[].name'\n"
		"  PATH=$HOME/players:$PATH simul list",
	.options = list_table,
};

/* "" if the player plays the workload with its defaults on one core, or why it does not. */
static void judge(const struct player *player, const struct workload_spec *spec, char reason[REASON_MAX])
{
	struct stage stage = {.cores = 1, .capabilities = player->info.capabilities, .costs = player->info.costs};
	struct values values;

	reason[0] = '\0';
	values_init(&values, spec->parameters);
	plan_admit(player, spec, &values, stage, reason);
}

/* ---- For people ---- */

static const char *info_text(const struct player *player, const char *key)
{
	const char *text = json_string_value(json_object_get(player->info.json, key));

	return text ? text : "";
}

/* The name and the text: on a terminal as much of it as the line has room for. */
static void print_line(const char *name, int width, const char *text, FILE *out)
{
	char cut[4 * LINE_WIDTH];

	fputs("  ", out);
	text_pad(out, name, width);
	if (isatty(fileno(out)))
		text = text_cut(cut, sizeof cut, text, (size_t)(LINE_WIDTH - width - 3));
	fprintf(out, " %s\n", text);
}

/* A question; where that is longer than a terminal's line, its first clauses. */
static void print_question(const struct workload_spec *spec, FILE *out)
{
	size_t room = LINE_WIDTH - WORKLOAD_WIDTH - 3, length = strlen(spec->question);
	char *clauses = strdup(spec->question);

	while (clauses && isatty(fileno(out)) && length > room && length > 0)
		while (length > 0 && !strchr(",:?", clauses[--length]))
			;
	if (clauses && length > 0)
		clauses[length] = '\0';
	print_line(spec->name, WORKLOAD_WIDTH, clauses ? clauses : spec->question, out);
	free(clauses);
}

static void print_wrapped_line(void *context, const char *text)
{
	fprintf(context, "  %s\n", text);
}

static void print_parameter(const struct parameter *parameter, FILE *out)
{
	char least[PARAMETER_TEXT_MAX], most[PARAMETER_TEXT_MAX];
	const char *fallback = parameter->fallback ? parameter->fallback : "depends";

	fprintf(out, "  %-12s %s\n               default %s", parameter->name, parameter->help, fallback);
	if (parameter->type == PARAMETER_CHOICE) {
		for (int i = 0; parameter->choices[i]; i++)
			fprintf(out, "%s%s", i ? ", " : "; one of ", parameter->choices[i]);
	} else {
		parameter_format(parameter, parameter->least, least);
		parameter_format(parameter, parameter->most, most);
		fprintf(out, "; %s to %s", least, most);
	}
	fputs(parameter->calibrate ? "; measured in each run\n" : "\n", out);
}

static void print_workload(const struct workload_spec *spec, FILE *out)
{
	fprintf(out, "%s: %s\n  one operation: %s; bound: %s\n\n", spec->name, spec->question, spec->operation,
		spec->bound_text);
	for (const struct parameter *parameter = spec->parameters; parameter->name; parameter++)
		print_parameter(parameter, out);
}

static void print_pair(const struct player *player, const struct workload_spec *spec, const char *name, FILE *out)
{
	char reason[REASON_MAX];

	judge(player, spec, reason);
	fprintf(out, "  %-*s %s%s\n", NAME_WIDTH, name, *reason ? "no: " : "yes", reason);
}

enum kind { KIND_RUNTIME, KIND_PEER, KIND_FLOOR };

static enum kind kind_of(const struct player *player)
{
	return player->info.floor ? KIND_FLOOR : player->info.peer ? KIND_PEER : KIND_RUNTIME;
}

static void print_runtimes(const struct players *players, FILE *out)
{
	size_t count = 0;

	fputs("Runtimes (in its own words, and what it plays: simul list --runtime=NAME)\n", out);
	for (size_t i = 0; i < players->count; i++) {
		const struct player *player = &players->items[i];

		if (kind_of(player) != KIND_RUNTIME)
			continue;
		count++;
		if (player->broken[0])
			fprintf(out, "  %s: cannot be used: %s\n    %s\n", player->name, player->broken, player->path);
		else
			print_line(player->name, NAME_WIDTH, info_text(player, "model"), out);
		if (!player->broken[0] && player_is_renamed(player))
			fprintf(out, "  %*s it calls itself so; the program is %s\n", NAME_WIDTH, "", player->path);
	}
	if (count == 0)
		fputs("  none: there is no program simul-NAME in the libexec folder or on PATH\n", out);
}

/* On one line. */
static void print_names(const struct players *players, enum kind kind, const char *heading, FILE *out)
{
	size_t count = 0;

	fputs(heading, out);
	for (size_t i = 0; i < players->count; i++)
		if (kind_of(&players->items[i]) == kind)
			fprintf(out, "%s %s", count++ ? "," : "", players->items[i].name);
	fputs(count ? "\n" : " none\n", out);
}

static void print_workloads(FILE *out)
{
	fputs("\nWorkloads (parameters, bound, who plays it: simul list --workload=NAME)\n", out);
	for (int i = 0; workloads[i]; i++)
		print_question(workloads[i], out);
}

/* A bit for each workload that the player does not play. */
static uint64_t gaps_of(const struct player *player)
{
	char reason[REASON_MAX];
	uint64_t gaps = 0;

	for (int i = 0; workloads[i]; i++) {
		judge(player, workloads[i], reason);
		gaps |= (uint64_t)(*reason != '\0') << i;
	}
	return gaps;
}

/* "a, b: not chat, fetch", or "only echo" where that is shorter. */
static void write_gaps(uint64_t gaps, FILE *text)
{
	int all = 0, count = 0;
	bool only;

	while (workloads[all])
		all++;
	only = 2 * __builtin_popcountll(gaps) > all;
	fputs(only ? ": only" : ": not", text);
	for (int i = 0; i < all; i++)
		if ((gaps >> i & 1) != only)
			fprintf(text, "%s %s", count++ ? "," : "", workloads[i]->name);
}

/* Players with the same gaps share a line; nothing if one before this one has them. */
static void write_shared_gaps(const struct players *players, const uint64_t *gaps, size_t first, FILE *text)
{
	for (size_t i = 0; i < first; i++)
		if (gaps[i] == gaps[first])
			return;
	fputs(players->items[first].name, text);
	for (size_t i = first + 1; i < players->count; i++)
		if (gaps[i] == gaps[first])
			fprintf(text, ", %s", players->items[i].name);
	write_gaps(gaps[first], text);
}

static void print_gaps(const struct players *players, FILE *out)
{
	uint64_t *gaps = calloc(players->count + 1, sizeof *gaps);

	fputs("\nNot played, as the defaults are, on one core\n", out);
	for (size_t i = 0; gaps && i < players->count; i++)
		gaps[i] = players->items[i].broken[0] ? 0 : gaps_of(&players->items[i]);
	for (size_t i = 0; gaps && i < players->count; i++) {
		char *line = NULL;
		size_t size;
		FILE *text = gaps[i] ? open_memstream(&line, &size) : NULL;

		if (!text)
			continue;
		write_shared_gaps(players, gaps, i, text);
		fclose(text);
		if (line)
			text_wrap(line, LINE_WIDTH - 2, print_wrapped_line, out);
		free(line);
	}
	free(gaps);
}

static void print_list(const struct players *players, FILE *out)
{
	print_runtimes(players, out);
	print_names(players, KIND_PEER, "Peers, with simul run --peers:", out);
	print_names(players, KIND_FLOOR, "Floors, bare calls of the kernel:", out);
	if (*left_out)
		fprintf(out, "Not built, since a package was not installed: %s\n", left_out);
	print_workloads(out);
	print_gaps(players, out);
}

/* ---- For programs ---- */

static json_t *runtime_json(const struct player *player)
{
	json_t *object = player->info.json ? json_copy(player->info.json) : json_object();

	json_object_set_new(object, "runtime", json_string(player->name));
	json_object_set_new(object, "path", json_string(player->path));
	if (player->broken[0])
		json_object_set_new(object, "reason", json_string(player->broken));
	return object;
}

static json_t *parameter_json(const struct parameter *parameter)
{
	static const char *const types[] = {
		[PARAMETER_COUNT] = "count",
		[PARAMETER_DURATION] = "duration",
		[PARAMETER_SIZE] = "size",
		[PARAMETER_CHOICE] = "choice",
	};
	json_t *object = json_pack("{s:s, s:s, s:s, s:b}", "name", parameter->name, "type", types[parameter->type],
				   "help", parameter->help, "calibration", parameter->calibrate != NULL),
	       *choices;

	if (parameter->fallback)
		json_object_set_new(object, "default", json_string(parameter->fallback));
	if (parameter->type == PARAMETER_CHOICE) {
		choices = json_array();
		for (int i = 0; parameter->choices[i]; i++)
			json_array_append_new(choices, json_string(parameter->choices[i]));
		json_object_set_new(object, "choices", choices);
	} else {
		json_object_set_new(object, "least", json_integer((json_int_t)parameter->least));
		json_object_set_new(object, "most", json_integer((json_int_t)parameter->most));
	}
	return object;
}

static json_t *workload_json(const struct workload_spec *spec)
{
	json_t *parameters = json_array();

	for (const struct parameter *parameter = spec->parameters; parameter->name; parameter++)
		json_array_append_new(parameters, parameter_json(parameter));
	return json_pack("{s:s, s:s, s:s, s:s, s:o}", "name", spec->name, "question", spec->question, "operation",
			 spec->operation, "bound", spec->bound_text, "parameters", parameters);
}

static json_t *plays_json(const struct players *players)
{
	json_t *array = json_array(), *object;
	char reason[REASON_MAX];

	for (size_t i = 0; i < players->count; i++)
		for (int w = 0; !players->items[i].broken[0] && workloads[w]; w++) {
			judge(&players->items[i], workloads[w], reason);
			object = json_pack("{s:s, s:s, s:b}", "runtime", players->items[i].name, "workload",
					   workloads[w]->name, "plays", *reason == '\0');
			if (*reason)
				json_object_set_new(object, "refused", json_string(reason));
			json_array_append_new(array, object);
		}
	return array;
}

static json_t *list_json(const struct players *players)
{
	json_t *runtimes = json_array(), *all = json_array();

	for (size_t i = 0; i < players->count; i++)
		json_array_append_new(runtimes, runtime_json(&players->items[i]));
	for (int i = 0; workloads[i]; i++)
		json_array_append_new(all, workload_json(workloads[i]));
	return json_pack("{s:o, s:o, s:o, s:s}", "runtimes", runtimes, "workloads", all, "plays", plays_json(players),
			 "left_out", left_out);
}

static void print_json(const struct players *players)
{
	json_t *json = list_json(players);

	if (json)
		json_dumpf(json, stdout, JSON_INDENT(1));
	putchar('\n');
	json_decref(json);
}

/* The model's own words, and what it plays. */
static int print_runtime(const struct players *players, const char *name)
{
	const struct player *player = players_find(players, name);
	char *known = player ? NULL : players_names(players);

	if (player) {
		report_runtime(player->info.json, stdout);
		printf("  program   %s\n\n", player->path);
		for (int i = 0; workloads[i]; i++)
			print_pair(player, workloads[i], workloads[i]->name, stdout);
		return DRIVER_OK;
	}
	say("'%s' is no runtime; the runtimes are %s", name, known ? known : "many");
	free(known);
	return DRIVER_USAGE;
}

static int print_one_workload(const struct players *players, const char *name)
{
	const struct workload_spec *spec = workload_find(name);

	if (!spec) {
		say("'%s' is no workload; simul list has them", name);
		return DRIVER_USAGE;
	}
	print_workload(spec, stdout);
	fputs("\nWho plays it, as the defaults are, on one core\n", stdout);
	for (size_t i = 0; i < players->count; i++)
		if (!players->items[i].broken[0])
			print_pair(&players->items[i], spec, players->items[i].name, stdout);
	return DRIVER_OK;
}

int list_main(int argc, char **argv)
{
	struct list_options options = {.json = false};
	struct players players;
	char *libexec;
	int error, status = DRIVER_OK;

	if (command_parse(&list_command, argc, argv, &options, NULL) < 0)
		return DRIVER_USAGE;
	stop_watch();
	libexec = home_path(SIMUL_LIBEXEC);
	error = players_discover(&players, libexec, getenv("PATH"));
	free(libexec);
	if (error < 0)
		return error == -EINTR ? DRIVER_INTERRUPTED : DRIVER_NOTHING_DONE;
	if (options.runtime)
		status = print_runtime(&players, options.runtime);
	else if (options.workload)
		status = print_one_workload(&players, options.workload);
	else if (options.json)
		print_json(&players);
	else
		print_list(&players, stdout);
	players_clear(&players);
	return status;
}
