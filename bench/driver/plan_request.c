/* plan_request.c: see plan_request.h. */
#include "plan_request.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../runtimes/runtime.h"

bool plan_request_chose(const struct texts *names, const char *name)
{
	return names->count == 0 || texts_have(names, name);
}

/* Is the workload among those of the profile that nobody has to ask for? */
static bool is_ordinary(const struct profile *profile, const char *workload)
{
	struct texts names = {.items = NULL};
	bool ordinary =
		!profile->workloads || texts_split(&names, profile->workloads, ',') < 0 || texts_have(&names, workload);

	texts_clear(&names);
	return ordinary;
}

bool plan_request_has_player(const struct plan_request *request, const struct workload_spec *spec,
			     const struct player *player)
{
	if (player->broken[0])
		return false;
	if (texts_have(&request->runtimes, player->name))
		return true;
	if (player->info.floor)
		return request->runtimes.count == 0 && player_info_plays(&player->info, spec->name);
	if (!player->info.peer || request->peers)
		return player->info.peer || request->runtimes.count == 0;
	return request->runtimes.count == 0 && (request->profile->peers || !is_ordinary(request->profile, spec->name));
}

static int refuse(char reason[REASON_MAX], const char *format, const char *word, const char *known)
{
	snprintf(reason, REASON_MAX, format, word, known);
	return -EINVAL;
}

/* Appends to a sentence; what does not fit is cut. */
static void append(char reason[REASON_MAX], const char *text, const char *more)
{
	size_t length = strlen(reason);

	snprintf(reason + length, REASON_MAX - length, "%s%s", text, more);
}

/* ---- Names ---- */

static int check_workloads(const struct plan_request *request, char reason[REASON_MAX])
{
	char known[REASON_MAX] = "";

	for (int i = 0; workloads[i]; i++)
		append(known, i ? ", " : "", workloads[i]->name);
	for (size_t i = 0; i < request->workloads.count; i++)
		if (!workload_find(request->workloads.items[i]))
			return refuse(reason, "'%.60s' is no workload; the workloads are %.150s",
				      request->workloads.items[i], known);
	return 0;
}

static const char *broken_reason(const struct players *players, const char *name)
{
	for (size_t i = 0; i < players->count; i++)
		if (players->items[i].broken[0] && strcmp(players->items[i].name, name) == 0)
			return players->items[i].broken;
	return NULL;
}

static int check_runtimes(const struct plan_request *request, char reason[REASON_MAX])
{
	int error = 0;

	for (size_t i = 0; error == 0 && i < request->runtimes.count; i++) {
		const char *name = request->runtimes.items[i], *broken = broken_reason(request->players, name);

		if (players_find(request->players, name))
			continue;
		error = broken ? refuse(reason, "the player of %.60s cannot be used: %.150s", name, broken)
			       : refuse(reason, "'%.30s' is no runtime; %s", name, "simul list names those there are");
	}
	return error;
}

/* ---- Settings ---- */

/* The part of a setting that is for this workload: behind "workload.", or all of it; NULL if it is for another one. */
static const char *setting_for(const char *setting, const struct workload_spec *spec)
{
	const char *dot = strchr(setting, '.'), *equals = strchr(setting, '=');
	size_t length = strlen(spec->name);

	if (!dot || (equals && equals < dot)) /* a dot behind the '=' belongs to a value */
		return setting;
	return (size_t)(dot - setting) == length && strncmp(setting, spec->name, length) == 0 ? dot + 1 : NULL;
}

/* The setting as an axis of that table, which is the workload's or its runtimes'; NULL if its key is not there. */
static const char *axis_in(const struct parameter *table, const char *setting, const struct workload_spec *spec)
{
	const char *axis = setting_for(setting, spec);
	char key[PARAMETER_TEXT_MAX];

	snprintf(key, sizeof key, "%.*s", axis ? (int)strcspn(axis, "=") : 0, axis ? axis : "");
	return parameter_find(table, key) >= 0 ? axis : NULL;
}

static const char *axis_for(const char *setting, const struct workload_spec *spec)
{
	return axis_in(spec->parameters, setting, spec);
}

/* Whether one of those that take part has workers. */
static bool has_workers(const struct plan_request *request, const struct workload_spec *spec)
{
	for (size_t i = 0; i < request->players->count; i++) {
		const struct player *player = &request->players->items[i];

		if (plan_request_has_player(request, spec, player) && (player->info.capabilities & RUNTIME_WORKERS))
			return true;
	}
	return false;
}

bool plan_takes_stack(const struct player *player)
{
	return player->info.capabilities & RUNTIME_SWITCHES_STACKS && !player->info.peer;
}

static bool has_stacks(const struct plan_request *request, const struct workload_spec *spec)
{
	for (size_t i = 0; i < request->players->count; i++)
		if (plan_request_has_player(request, spec, &request->players->items[i]) &&
		    plan_takes_stack(&request->players->items[i]))
			return true;
	return false;
}

/* The setting as an axis of the size of stacks. */
static const char *stack_axis(const char *setting, const struct workload_spec *spec)
{
	const char *axis = axis_in(stack_parameters, setting, spec);
	size_t length = strlen(stack_parameters[0].name);

	return axis && strncmp(axis, stack_parameters[0].name, length) == 0 && axis[length] == '=' ? axis : NULL;
}

/* The known keys, where a sentence has room for them. */
static int refuse_setting(const struct plan_request *request, const char *setting, char reason[REASON_MAX])
{
	char known[4 * REASON_MAX] = "";
	int length = 0, room = sizeof known;

	for (int w = 0; workloads[w]; w++) {
		const struct parameter *parameters = workloads[w]->parameters;

		if (!plan_request_chose(&request->workloads, workloads[w]->name) || !setting_for(setting, workloads[w]))
			continue;
		for (int i = -1; (i < 0 || parameters[i].name) && length < room; i++)
			length += snprintf(known + length, (size_t)(room - length), "%s%s",
					   i < 0 ? "; "
					   : i   ? ", "
						 : " has ",
					   i < 0 ? workloads[w]->name : parameters[i].name);
	}
	if (length > 0 && length < REASON_MAX - 60)
		return refuse(reason, "--set %.30s: no such key%.200s", setting, known);
	return refuse(reason, "--set %.60s: no workload of this run has such a key; %s", setting,
		      "simul list shows those that they have");
}

/* A setting must reach at least one workload of the run. */
static int check_setting(const struct plan_request *request, const char *setting, char reason[REASON_MAX])
{
	if (!strchr(setting, '='))
		return refuse(reason, "--set %.60s is not key=value%s", setting, "");
	bool workers = false, stacks = false;

	for (int i = 0; workloads[i]; i++) {
		if (!plan_request_chose(&request->workloads, workloads[i]->name))
			continue;
		if (axis_for(setting, workloads[i]))
			return 0;
		if (stack_axis(setting, workloads[i])) {
			if (has_stacks(request, workloads[i]))
				return 0;
			stacks = true;
		}
		if (!axis_in(worker_parameters, setting, workloads[i]))
			continue;
		if (has_workers(request, workloads[i]))
			return 0;
		workers = true;
	}
	if (workers)
		return refuse(reason, "--set %.60s: no runtime of this run has workers; simul list says which have%s",
			      setting, "");
	if (stacks)
		return refuse(reason, "--set %.60s: no runtime of this run has stacks whose size could be set%s",
			      setting, "");
	return refuse_setting(request, setting, reason);
}

/* Nobody's value is dropped without a word. */
static int check_once(const struct plan_request *request, size_t index, char reason[REASON_MAX])
{
	const char *setting = request->settings.items[index];
	size_t length = strcspn(setting, "=") + 1;
	char key[PARAMETER_TEXT_MAX * 2];

	snprintf(key, sizeof key, "%.*s", (int)length - 1, setting);
	for (size_t i = 0; i < index; i++)
		if (strncmp(request->settings.items[i], setting, length) == 0)
			return refuse(reason, "--set %.60s: %.60s is set already; values with commas make an axis",
				      setting, key);
	return 0;
}

int plan_request_check(const struct plan_request *request, char reason[REASON_MAX])
{
	int error = check_workloads(request, reason);

	if (error == 0)
		error = check_runtimes(request, reason);
	for (size_t i = 0; error == 0 && i < request->settings.count; i++) {
		error = check_setting(request, request->settings.items[i], reason);
		if (error == 0)
			error = check_once(request, i, reason);
	}
	return error;
}

bool plan_request_sets(const struct plan_request *request, const struct workload_spec *spec)
{
	for (size_t i = 0; i < request->settings.count; i++)
		if (axis_for(request->settings.items[i], spec))
			return true;
	return false;
}

int plan_request_axes(const struct plan_request *request, const struct workload_spec *spec, const struct sweep *sweep,
		      struct axes *axes, char reason[REASON_MAX])
{
	int error = 0;

	for (int i = 0; error == 0 && sweep->axes[i]; i++)
		error = axes_take(axes, spec, sweep->axes[i], reason);
	for (size_t i = 0; error == 0 && i < request->settings.count; i++) {
		const char *axis = axis_for(request->settings.items[i], spec);

		if (axis)
			error = axes_take(axes, spec, axis, reason);
	}
	return error;
}

int plan_request_workers(const struct plan_request *request, const struct workload_spec *spec, struct texts *workers,
			 char reason[REASON_MAX])
{
	struct values values;
	int error = 0;

	for (size_t i = 0; error == 0 && i < request->settings.count; i++) {
		const char *axis = axis_in(worker_parameters, request->settings.items[i], spec);

		if (!axis)
			continue;
		texts_clear(workers); /* of two settings the later one counts */
		error = texts_split(workers, strchr(axis, '=') + 1, ',');
	}
	for (size_t i = 0; error == 0 && i < workers->count; i++) {
		char pair[2 * PARAMETER_TEXT_MAX];

		snprintf(pair, sizeof pair, "%s=%.40s", worker_parameters[0].name, workers->items[i]);
		values_init(&values, worker_parameters);
		error = values_take(&values, worker_parameters, pair, reason);
	}
	return error;
}

static int add_stack(struct texts *stacks, const char *text, char reason[REASON_MAX])
{
	char pair[2 * PARAMETER_TEXT_MAX];
	struct values values;
	int error;

	snprintf(pair, sizeof pair, "%s=%.40s", stack_parameters[0].name, text);
	values_init(&values, stack_parameters);
	error = values_take(&values, stack_parameters, pair, reason);
	if (error < 0)
		return error;
	if (values.value[0] > 0 && values.value[0] < RUNTIME_STACK_LEAST)
		return refuse(reason, "%.60s is too small: 1KiB at least, or 0 for the usual%s", pair, "");
	snprintf(pair, sizeof pair, "%llu", (unsigned long long)values.value[0]);
	return texts_add(stacks, pair);
}

int plan_request_stacks(const struct plan_request *request, const struct workload_spec *spec, struct texts *stacks,
			char reason[REASON_MAX])
{
	struct texts asked = {.items = NULL};
	int error = 0;

	for (size_t i = 0; error == 0 && i < request->settings.count; i++) {
		const char *axis = stack_axis(request->settings.items[i], spec);

		if (!axis)
			continue;
		texts_clear(&asked); /* of two settings the later one counts */
		error = texts_split(&asked, strchr(axis, '=') + 1, ',');
	}
	for (size_t i = 0; error == 0 && i < asked.count; i++)
		error = add_stack(stacks, asked.items[i], reason);
	texts_clear(&asked);
	return error;
}
