/* axes.c: see axes.h. */
#include "axes.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void axis_clear(struct axis *axis)
{
	texts_clear(&axis->keys);
	texts_clear(&axis->points);
}

static int add_pair(struct texts *pairs, const char *key, const char *value)
{
	char *pair;
	int error;

	if (asprintf(&pair, "%s=%s", key, value) < 0)
		return -ENOMEM;
	error = texts_add(pairs, pair);
	free(pair);
	return error;
}

/* The pairs of one point of an axis; -EINVAL if it has not as many values as there are keys. */
static int point_pairs(const struct axis *axis, const char *point, struct texts *pairs)
{
	struct texts values = {.items = NULL};
	int error = texts_split(&values, point, '+');

	if (error == 0 && values.count != axis->keys.count)
		error = -EINVAL;
	for (size_t i = 0; error == 0 && i < values.count; i++)
		error = add_pair(pairs, axis->keys.items[i], values.items[i]);
	texts_clear(&values);
	return error;
}

/* To a player a duration without a unit is in ns; what a person writes so is most often an oversight. */
static int check_unit(const char *pair, const struct workload_spec *spec, char reason[REASON_MAX])
{
	const char *value = strchr(pair, '=') + 1;
	char key[PARAMETER_TEXT_MAX];
	int index;

	snprintf(key, sizeof key, "%.*s", (int)(value - 1 - pair), pair);
	index = parameter_find(spec->parameters, key);
	if (index < 0 || spec->parameters[index].type != PARAMETER_DURATION || value[strspn(value, "0")] == '\0' ||
	    value[strspn(value, "0123456789.")] != '\0')
		return 0;
	snprintf(reason, REASON_MAX, "%.60s has no unit: it takes ns, us, ms or s", pair);
	return -EINVAL;
}

static int point_check(const struct axis *axis, const char *point, const struct workload_spec *spec,
		       char reason[REASON_MAX])
{
	struct texts pairs = {.items = NULL};
	struct values values;
	int error = point_pairs(axis, point, &pairs);

	if (error == -EINVAL)
		snprintf(reason, REASON_MAX, "%.60s has not %zu values, as its keys are", point, axis->keys.count);
	values_init(&values, spec->parameters);
	for (size_t i = 0; error == 0 && i < pairs.count; i++) {
		error = check_unit(pairs.items[i], spec, reason);
		if (error == 0)
			error = values_take(&values, spec->parameters, pairs.items[i], reason);
	}
	texts_clear(&pairs);
	return error;
}

static int axis_parse(struct axis *axis, const struct workload_spec *spec, const char *text, char reason[REASON_MAX])
{
	const char *equals = strchr(text, '=');
	char *keys = equals ? strndup(text, (size_t)(equals - text)) : NULL;
	int error = -EINVAL;

	if (!equals)
		snprintf(reason, REASON_MAX, "'%.60s' is not key=value", text);
	else
		error = keys ? texts_split(&axis->keys, keys, '+') : -ENOMEM;
	free(keys);
	if (error == 0)
		error = texts_split(&axis->points, equals + 1, ',');
	for (size_t i = 0; error == 0 && i < axis->points.count; i++)
		error = point_check(axis, axis->points.items[i], spec, reason);
	return error;
}

static const char *lead_of(const struct axis *axis)
{
	return axis->keys.items[0];
}

static void remove_replaced(struct axes *axes, const struct axis *by)
{
	size_t kept = 0;

	for (size_t i = 0; i < axes->count; i++)
		if (texts_have(&by->keys, lead_of(&axes->items[i])))
			axis_clear(&axes->items[i]);
		else
			axes->items[kept++] = axes->items[i];
	axes->count = kept;
}

int axes_take(struct axes *axes, const struct workload_spec *spec, const char *text, char reason[REASON_MAX])
{
	struct axis axis = {.keys = {.items = NULL}};
	int error = axis_parse(&axis, spec, text, reason);

	if (error < 0) {
		axis_clear(&axis);
		return error;
	}
	/* Every axis has a first key of its own and a workload at most PARAMETERS_MAX of them: there is room. */
	remove_replaced(axes, &axis);
	axes->items[axes->count++] = axis;
	return 0;
}

void axes_clear(struct axes *axes)
{
	for (size_t i = 0; i < axes->count; i++)
		axis_clear(&axes->items[i]);
	axes->count = 0;
}

bool axes_lead(const struct axes *axes, const char *key)
{
	for (size_t i = 0; i < axes->count; i++)
		if (strcmp(lead_of(&axes->items[i]), key) == 0)
			return true;
	return false;
}

size_t axes_points(const struct axes *axes)
{
	size_t points = 1;

	for (size_t i = 0; i < axes->count; i++)
		if (__builtin_mul_overflow(points, axes->items[i].points.count, &points))
			return SIZE_MAX;
	return points;
}

int axes_pairs(const struct axes *axes, size_t index, struct texts *pairs)
{
	size_t at[PARAMETERS_MAX];
	int error = 0;

	for (size_t i = axes->count; i-- > 0;) {
		at[i] = index % axes->items[i].points.count;
		index /= axes->items[i].points.count;
	}
	for (size_t i = 0; error == 0 && i < axes->count; i++)
		error = point_pairs(&axes->items[i], axes->items[i].points.items[at[i]], pairs);
	return error;
}
