/* own.c: see own.h. Names and their order are the records' own: nothing here knows a workload. */
#include "own.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "scoreboard.h"
#include "text.h"

enum { LINE_WIDTH = 78, RUNTIMES_MAX = 64 };

/* A group with the figures of each of its cells: name -> list of numbers, one an invocation. */
struct own {
	const struct family *family;
	const struct group *group;
	size_t count;
	json_t *figures[RUNTIMES_MAX]; /* owned */
};

static struct summary figure_summary(const struct own *own, size_t cell, const char *name)
{
	const json_t *list = json_object_get(own->figures[cell], name);
	double *values = malloc(sizeof(*values) * (json_array_size(list) + 1));
	size_t count = 0;

	for (size_t i = 0; values && i < json_array_size(list); i++)
		values[count++] = json_number_value(json_array_get(list, i));
	struct summary summary = summarize(values, count, 0.95);

	free(values);
	return summary;
}

static void write_figure(const struct summary *summary, const char *runtime, double least, FILE *text)
{
	char median[NUMBER_TEXT_MAX], low[NUMBER_TEXT_MAX], high[NUMBER_TEXT_MAX];

	fprintf(text, "%s %s", runtime, format_number(median, summary->median));
	if (summary->interval.level > 0)
		fprintf(text, " (%s..%s)", format_number(low, summary->interval.low),
			format_number(high, summary->interval.high));
	if (least > 0 && summary->median > least)
		fprintf(text, " %s x", format_number(median, summary->median / least));
}

/* The least median of the group's cells in *least; false where all values are equal. */
static bool is_measured(const struct own *own, const char *name, double *least)
{
	double low = INFINITY, high = -INFINITY;

	*least = INFINITY;
	for (size_t i = 0; i < own->count; i++) {
		const json_t *list = json_object_get(own->figures[i], name);

		for (size_t j = 0; j < json_array_size(list); j++) {
			low = fmin(low, json_number_value(json_array_get(list, j)));
			high = fmax(high, json_number_value(json_array_get(list, j)));
		}
		*least = fmin(*least, json_array_size(list) > 0 ? figure_summary(own, i, name).median : INFINITY);
	}
	return low < high;
}

static void print_line(void *context, const char *text)
{
	fprintf(context, "  %s\n", text);
}

/* 0, or -ENOMEM. */
static int print_figure(const struct own *own, const char *name, FILE *out)
{
	const char *separator = "";
	char title[200], *paragraph = NULL;
	size_t size;
	double least;
	FILE *text;

	if (!is_measured(own, name, &least))
		return 0;
	text = open_memstream(&paragraph, &size);
	if (!text)
		return -ENOMEM;
	group_title(own->family, own->group, title, sizeof(title));
	fprintf(text, "%s, %s: ", title, name);
	for (size_t i = 0; i < own->count; i++) {
		if (!json_object_get(own->figures[i], name))
			continue;
		struct summary summary = figure_summary(own, i, name);

		fputs(separator, text);
		write_figure(&summary, own->group->cells[i]->runtime, least, text);
		separator = ", ";
	}
	fclose(text);
	if (paragraph)
		text_wrap(paragraph, LINE_WIDTH, print_line, out);
	free(paragraph);
	return paragraph ? 0 : -ENOMEM;
}

/* Is there an earlier cell of the group with that figure? */
static bool is_known(const struct own *own, size_t before, const char *name)
{
	while (before-- > 0)
		if (json_object_get(own->figures[before], name))
			return true;
	return false;
}

static int print_group(const struct own *own, bool all, FILE *out)
{
	int error = 0;

	for (size_t i = 0; !error && i < own->count; i++) {
		const char *name;
		json_t *list;

		json_object_foreach(own->figures[i], name, list)
		{
			if (!error && !is_known(own, i, name))
				error = print_figure(own, name, out);
			if (!all)
				return error;
		}
	}
	return error;
}

static int group_print(const struct bundle *bundle, const struct family *family, const struct group *group, bool all,
		       FILE *out)
{
	struct own own = {.family = family, .group = group};
	int error = 0;

	while (!error && own.count < group->cell_count && own.count < RUNTIMES_MAX) {
		error = cell_figures(bundle, group->cells[own.count], &own.figures[own.count]);
		own.count += !error;
	}
	if (!error)
		error = print_group(&own, all, out);
	while (own.count > 0)
		json_decref(own.figures[--own.count]);
	return error;
}

int own_figures_print(const struct bundle *bundle, const struct groups *groups, const struct group *headline, FILE *out)
{
	size_t count;
	const struct family *families = groups_of(groups, headline->cells[0]->workload, &count);
	char *printed = NULL;
	size_t size;
	FILE *text = open_memstream(&printed, &size);
	int error = text ? 0 : -ENOMEM;

	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; !error && j < families[i].group_count; j++)
			error = group_print(bundle, &families[i], &families[i].groups[j],
					    &families[i].groups[j] == headline, text);
	if (text)
		fclose(text);
	if (!error && printed && size > 0)
		fprintf(out, "%s\n", printed);
	free(printed);
	return error;
}
