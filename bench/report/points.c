/* points.c: see points.h. */
#include "points.h"

#include <string.h>

#include "text.h"

enum { NAME_WIDTH = 17, POINT_WIDTH = 8, POINTS_A_LINE = 7, POINTS_MAX = 28 };

/* All points of a workload, family after family. */
struct points {
	const struct family *family[POINTS_MAX];
	const struct group *group[POINTS_MAX];
	size_t count, left_out;
	bool messages;
};

static void collect(struct points *points, const struct family *family, size_t families)
{
	for (size_t i = 0; i < families; i++)
		for (size_t j = 0; j < family[i].group_count; j++) {
			const struct group *group = &family[i].groups[j];

			if (!group_has_result(group))
				continue;
			if (points->count == POINTS_MAX) {
				points->left_out++;
				continue;
			}
			points->family[points->count] = &family[i];
			points->group[points->count++] = group;
			for (size_t k = 0; k < group->cell_count; k++)
				points->messages |= cell_summary(group->cells[k], MEASURE_RATE).n > 0;
		}
}

static void print_number(const struct points *points, const struct cell *cell, FILE *out)
{
	struct summary summary = {0};
	char text[NUMBER_TEXT_MAX] = "-";

	if (cell)
		summary = cell_summary(cell, points->messages ? MEASURE_RATE : MEASURE_WALL_NS);
	if (summary.n > 0 && points->messages)
		format_number(text, summary.median / 1e3);
	else if (summary.n > 0)
		format_time(text, summary.median);
	text_pad(out, text, -POINT_WIDTH);
}

static bool is_common(const struct points *points, const char *segment)
{
	for (size_t i = 0; i < points->count; i++)
		if (!strstr(points->family[i]->rest, segment))
			return false;
	return true;
}

/* What tells a family from others of the workload, cores left out: "blocks" of "limit=2000000/split=blocks/cores=2". */
static void rest_text(const struct points *points, const struct family *family, char *text, size_t size)
{
	*text = '\0';
	for (const char *segment = family->rest; *segment;) {
		size_t length = strcspn(segment, "/"), key = strcspn(segment, "=/");
		char own[64];

		snprintf(own, sizeof(own), "%.*s", (int)length, segment);
		if (strncmp(own, "cores=", strlen("cores=")) != 0 && !is_common(points, own))
			snprintf(text, size, "%s", own[key] == '=' ? own + key + 1 : own);
		segment += length + (segment[length] == '/');
	}
}

static void print_rests(const struct points *points, size_t first, size_t end, FILE *out)
{
	char text[64], cut[32];
	bool any = false;

	for (size_t i = first; i < end; i++) {
		rest_text(points, points->family[i], text, sizeof(text));
		any |= *text != '\0';
	}
	if (!any)
		return;
	fprintf(out, "  %-*s", NAME_WIDTH, "");
	for (size_t i = first; i < end; i++) {
		rest_text(points, points->family[i], text, sizeof(text));
		text_pad(out, text_cut(cut, sizeof(cut), text, POINT_WIDTH - 1), -POINT_WIDTH);
	}
	fputc('\n', out);
}

static void print_head(const struct points *points, size_t first, size_t end, FILE *out)
{
	char text[32];

	fprintf(out, "  %-*s", NAME_WIDTH, points->family[first]->axis->tasks);
	for (size_t i = first; i < end; i++) {
		snprintf(text, sizeof(text), "%.0f", points->group[i]->at);
		text_pad(out, isnan(points->group[i]->at) ? "" : text, -POINT_WIDTH);
	}
	fprintf(out, "\n  %-*s", NAME_WIDTH, "cores");
	for (size_t i = first; i < end; i++) {
		snprintf(text, sizeof(text), "%u", group_cores(points->group[i]));
		text_pad(out, text, -POINT_WIDTH);
	}
	fputc('\n', out);
	print_rests(points, first, end, out);
}

/* The runtime's name where it has a result at one of those points. */
static const char *name_at(const struct points *points, size_t first, size_t end, unsigned slot)
{
	for (size_t i = first; i < end; i++) {
		const struct cell *cell = group_cell(points->group[i], slot);

		if (cell && cell->count[STATUS_OK] > 0)
			return cell->runtime;
	}
	return NULL;
}

static void print_lines(const struct points *points, size_t first, size_t end, FILE *out)
{
	char cut[96];

	print_head(points, first, end, out);
	for (unsigned slot = 0; slot < BUNDLE_RUNTIMES_MAX; slot++) {
		const char *name = name_at(points, first, end, slot);

		if (!name)
			continue;
		fputs("  ", out);
		text_pad(out, text_cut(cut, sizeof(cut), name, NAME_WIDTH), NAME_WIDTH);
		for (size_t i = first; i < end; i++)
			print_number(points, group_cell(points->group[i], slot), out);
		fputc('\n', out);
	}
}

void points_table(const struct groups *groups, const struct family *family, FILE *out)
{
	struct points points = {.count = 0};
	size_t families;
	const struct family *first = groups_of(groups, family->workload, &families);

	collect(&points, first, families);
	if (points.count < 2)
		return;
	fprintf(out, "%.60s at all its points: %s, median (- no result)\n", family->workload,
		points.messages ? "k msg/s" : "wall time");
	for (size_t i = 0; i < points.count; i += POINTS_A_LINE)
		print_lines(&points, i, i + POINTS_A_LINE < points.count ? i + POINTS_A_LINE : points.count, out);
	if (points.left_out > 0)
		fprintf(out, "  and %zu more points, which are in the records\n", points.left_out);
	fputc('\n', out);
}
