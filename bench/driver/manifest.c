/* manifest.c: see manifest.h. */
#include "manifest.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include "commit.h"
#include "driver.h"

enum { FORMAT = 1 };

#ifdef __clang__
static const char compiler[] = "clang " __clang_version__;
#else
static const char compiler[] = "gcc " __VERSION__;
#endif

static json_t *texts_json(const char *first, const struct texts *one, const struct texts *two)
{
	json_t *array = json_array();

	json_array_append_new(array, json_string(first));
	for (size_t i = 0; i < one->count; i++)
		json_array_append_new(array, json_string(one->items[i]));
	for (size_t i = 0; i < two->count; i++)
		json_array_append_new(array, json_string(two->items[i]));
	return array;
}

static json_t *players_json(const struct players *players)
{
	json_t *array = json_array();

	for (size_t i = 0; i < players->count; i++)
		if (!players->items[i].broken[0])
			json_array_append_new(array, json_pack("{s:s, s:O}", "path", players->items[i].path, "info",
							       players->items[i].info.json));
	return array;
}

static json_t *created_json(void)
{
	char text[32];
	time_t now = time(NULL);
	struct tm utc;

	strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &utc));
	return json_string(text);
}

static const char *verb_of(const struct run_options *options)
{
	return options->scaling.wanted ? "cores" : options->map.wanted ? "map" : "run";
}

json_t *manifest_make(const struct manifest_source *source)
{
	const struct run_options *options = source->options;

	return json_pack("{s:i, s:s, s:s, s:o, s:s, s:I, s:I, s:I, s:o, s:o, s:{s:s, s:s}, s:O, s:O, s:o, s:o}",
			 "format", FORMAT, "version", SIMUL_VERSION, "commit", SIMUL_COMMIT, "created", created_json(),
			 "profile", options->profile->name, "seed", (json_int_t)options->seed, "repetitions",
			 (json_int_t)source->repetitions, "timeout_ns", (json_int_t)source->timeout_ns, "arguments",
			 texts_json(verb_of(options), &options->given, &options->benchmark), "machine",
			 machine_json(source->machine, !options->no_host_name), "build", "compiler", compiler, "flags",
			 SIMUL_C_FLAGS, "calibration", source->calibration, "calibration_least", source->costs,
			 "players", players_json(source->players), "cells", plan_json(source->plan));
}

int manifest_take_costs(json_t *manifest, json_t *costs, const struct plan *plan)
{
	if (json_object_set(manifest, "calibration_least", costs) < 0 ||
	    json_object_set_new(manifest, "cells", plan_json(plan)) < 0)
		return -ENOMEM;
	return 0;
}

int manifest_take_plan(json_t *manifest, const struct run_options *options, const struct plan *plan)
{
	if (json_object_set_new(manifest, "arguments",
				texts_json(verb_of(options), &options->given, &options->benchmark)) < 0 ||
	    json_object_set_new(manifest, "cells", plan_json(plan)) < 0)
		return -ENOMEM;
	return 0;
}

int manifest_arguments(const json_t *manifest, struct texts *arguments)
{
	const json_t *array = json_object_get(manifest, "arguments"), *argument;
	size_t i;

	if (json_array_size(array) == 0)
		return -EINVAL;
	json_array_foreach(array, i, argument)
	{
		if (!json_is_string(argument))
			return -EINVAL;
		if (texts_add(arguments, json_string_value(argument)) < 0)
			return -ENOMEM;
	}
	return 0;
}

static const char *string_at(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "unknown";
}

int manifest_check_machine(const json_t *manifest, const struct machine *machine)
{
	const json_t *theirs = json_object_get(manifest, "machine");

	if (json_integer_value(json_object_get(manifest, "format")) != FORMAT) {
		say("this bundle is of a format that this version does not know");
		return -EINVAL;
	}
	if (strcmp(string_at(manifest, "version"), SIMUL_VERSION) != 0) {
		say("this bundle was begun by simul %s and this is %s: start a new run", string_at(manifest, "version"),
		    SIMUL_VERSION);
		return -EINVAL;
	}
	if (strcmp(string_at(theirs, "identity"), machine->identity) != 0) {
		say("this bundle was begun on another machine (%s, identity %s; this one is %s): start a new run",
		    string_at(theirs, "cpu"), string_at(theirs, "identity"), machine->identity);
		return -EINVAL;
	}
	return 0;
}

static const json_t *info_of(const json_t *manifest, const char *runtime)
{
	const json_t *array = json_object_get(manifest, "players"), *player;
	size_t i;

	json_array_foreach(array, i, player)
	{
		const json_t *info = json_object_get(player, "info");

		if (strcmp(string_at(info, "runtime"), runtime) == 0)
			return info;
	}
	return NULL;
}

/* A player that came later takes no part. */
static void drop_newcomers(const json_t *manifest, struct players *players)
{
	for (size_t i = 0; i < players->count; i++)
		if (!players->items[i].broken[0] && !info_of(manifest, players->items[i].name))
			strcpy(players->items[i].broken, "it was not there when this run was begun");
}

int manifest_check_players(const json_t *manifest, struct players *players)
{
	const json_t *array = json_object_get(manifest, "players"), *theirs;
	size_t i;

	json_array_foreach(array, i, theirs)
	{
		const json_t *info = json_object_get(theirs, "info");
		const struct player *player = players_find(players, string_at(info, "runtime"));

		if (player && json_equal(player->info.json, info))
			continue;
		say("the player %s %s: start a new run", string_at(info, "runtime"),
		    player ? "has changed since this bundle was begun" : "of this bundle cannot be found any more");
		return -EINVAL;
	}
	drop_newcomers(manifest, players);
	return 0;
}

int manifest_check_plan(const json_t *manifest, const struct plan *plan)
{
	json_t *cells = plan_json(plan);
	bool same = cells && json_equal(cells, json_object_get(manifest, "cells"));

	json_decref(cells);
	if (same)
		return 0;
	say("the cells of this bundle are not those that its arguments give today (other cores may be allowed now): "
	    "start a new run");
	return -EINVAL;
}
