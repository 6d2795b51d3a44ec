/* list.c: the verb `simul list`: what there is to play, and by whom, for people and for programs. */
#include <errno.h>
#include <jansson.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../report/report.h"
#include "command.h"
#include "driver.h"
#include "plan.h"
#include "players.h"
#include "verbs.h"

/* Players, each with the package that brings it. */
static const char left_out[] = SIMUL_LEFT_OUT;

struct list_options {
	bool json;
	const char *runtime;
};

static const struct command_option list_table[] = {
	{.name = "json", .take = take_flag, .field = offsetof(struct list_options, json), .help = "Print JSON"},
	{.name = "runtime",
	 .argument = "NAME",
	 .take = take_text,
	 .field = offsetof(struct list_options, runtime),
	 .help = "What that runtime says of its model: how it suspends, what its tasks share, where it breaks, "
		 "sources"},
	{.name = NULL},
};

static const struct command list_command = {
	.name = "simul list",
	.help = "Lists the runtimes that were found, the workloads with their parameters, and which runtime plays "
		"which "
		"workload, or why not."
		"\v"
		"A runtime is a program simul-NAME in this installation's libexec folder or on PATH that answers "
		"`info` and "
		"`play`; so anybody's runtime joins, in any language. Of two with one name the first found is taken.\n"
		"\n"
		"Examples:\n"
		"  simul list\n"
		"  simul list --runtime=thread\n"
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

static void print_capabilities(const struct player *player, FILE *out)
{
	const json_t *array = json_object_get(player->info.json, "capabilities"), *capability;
	size_t i;

	fputs("    can:", out);
	json_array_foreach(array, i, capability)
		fprintf(out, "%s %s", i ? "," : "", json_is_string(capability) ? json_string_value(capability) : "?");
	fputs(json_array_size(array) ? "\n" : " run one task after another\n", out);
}

static void print_runtime(const struct player *player, FILE *out)
{
	if (player->broken[0]) {
		fprintf(out, "  %s: cannot be used: %s\n    %s\n", player->name, player->broken, player->path);
		return;
	}
	fprintf(out, "  %-14s %s\n", player->name, info_text(player, "model"));
	if (*info_text(player, "library"))
		fprintf(out, "    made of: %s\n", info_text(player, "library"));
	print_capabilities(player, out);
	fprintf(out, "    %s\n", player->path);
}

static void print_parameter(const struct parameter *parameter, FILE *out)
{
	char least[PARAMETER_TEXT_MAX], most[PARAMETER_TEXT_MAX];
	const char *fallback = parameter->fallback ? parameter->fallback : "depends";

	fprintf(out, "    %-12s %s\n                 default %s", parameter->name, parameter->help, fallback);
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
	fprintf(out, "  %s: %s\n    one operation: %s; bound: %s\n", spec->name, spec->question, spec->operation,
		spec->bound_text);
	for (const struct parameter *parameter = spec->parameters; parameter->name; parameter++)
		print_parameter(parameter, out);
}

static void print_plays(const struct player *player, FILE *out)
{
	char reason[REASON_MAX];

	for (int i = 0; workloads[i]; i++) {
		judge(player, workloads[i], reason);
		fprintf(out, "  %-14s %-10s %s%s\n", player->name, workloads[i]->name, *reason ? "no: " : "yes",
			reason);
	}
}

enum kind { KIND_RUNTIME, KIND_PEER, KIND_FLOOR };

static enum kind kind_of(const struct player *player)
{
	return player->info.floor ? KIND_FLOOR : player->info.peer ? KIND_PEER : KIND_RUNTIME;
}

/* Prints those of a kind; how many there are. */
static size_t print_runtimes(const struct players *players, enum kind kind, FILE *out)
{
	size_t count = 0;

	for (size_t i = 0; i < players->count; i++)
		if (kind_of(&players->items[i]) == kind) {
			print_runtime(&players->items[i], out);
			count++;
		}
	return count;
}

static void print_list(const struct players *players, FILE *out)
{
	fputs("Runtimes\n", out);
	if (print_runtimes(players, KIND_RUNTIME, out) == 0)
		fputs("  none: there is no program simul-NAME in the libexec folder or on PATH\n", out);
	fputs("\nPeers, to compare with; played by: simul run --peers\n", out);
	if (print_runtimes(players, KIND_PEER, out) == 0)
		fputs("  none\n", out);
	fputs("\nFloors, the kernel's bare calls with no runtime; played wherever they can\n", out);
	if (print_runtimes(players, KIND_FLOOR, out) == 0)
		fputs("  none\n", out);
	if (*left_out)
		fprintf(out, "\nNot built, since a package was not installed: %s\n", left_out);
	fputs("\nWorkloads (set a parameter by: simul run --set key=value)\n", out);
	for (int i = 0; workloads[i]; i++)
		print_workload(workloads[i], out);
	fputs("\nWho plays what, as the defaults are, on one core\n", out);
	for (size_t i = 0; i < players->count; i++)
		if (!players->items[i].broken[0])
			print_plays(&players->items[i], out);
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
static int print_one(const struct players *players, const char *name)
{
	const struct player *player = players_find(players, name);
	char *known = player ? NULL : players_names(players);

	if (player) {
		report_runtime(player->info.json, stdout);
		putchar('\n');
		print_plays(player, stdout);
		return DRIVER_OK;
	}
	say("'%s' is no runtime; the runtimes are %s", name, known ? known : "many");
	free(known);
	return DRIVER_USAGE;
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
		status = print_one(&players, options.runtime);
	else if (options.json)
		print_json(&players);
	else
		print_list(&players, stdout);
	players_clear(&players);
	return status;
}
