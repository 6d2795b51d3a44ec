/* forest.c: the forest plot: a row a cell, its ratio with the interval along a logarithmic axis, beside the line of no
 * difference and the band that does not matter. */
#include "comparison.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "drawn.h"
#include "figure.h"
#include "text.h"

enum { ROWS_MAX = 60 };

/* Colour and shape of a row are its verdict's: the verdicts stand where a figure has runtimes. */
static const struct bundle verdicts = {
	.runtimes = {"slower", "faster", "no difference shown", "not enough data"},
	.runtime_count = VERDICT_REFUSED,
};
static const struct mark verdict_marks[VERDICTS] = {
	[VERDICT_SLOWER] = {.colour = 0xd55e00, .shape = 9},
	[VERDICT_FASTER] = {.colour = 0x0072b2, .shape = 11},
	[VERDICT_SAME] = {.colour = 0x555555, .shape = 7},
	[VERDICT_UNDECIDED] = {.colour = 0x999999, .shape = 6},
};

/* Decided cells before others, greater differences first. */
static int compare_rows(const void *left, const void *right)
{
	const struct comparison *a = *(const struct comparison *const *)left,
				*b = *(const struct comparison *const *)right;
	int decided = (b->verdict <= VERDICT_FASTER) - (a->verdict <= VERDICT_FASTER);
	double far = fabs(log(a->ratio)) - fabs(log(b->ratio));

	return decided ? decided : far < 0 ? 1 : far > 0 ? -1 : (a > b) - (a < b);
}

static int compare_places(const void *left, const void *right)
{
	const struct comparison *a = *(const struct comparison *const *)left,
				*b = *(const struct comparison *const *)right;

	return (a > b) - (a < b);
}

/* The cells that are drawn, in the order of the comparison: all, or the most telling ROWS_MAX. */
static const struct comparison **rows_choose(const struct comparisons *comparisons, size_t *count)
{
	const struct comparison **rows = calloc(comparisons->count + 1, sizeof(*rows));

	*count = 0;
	for (size_t i = 0; rows && i < comparisons->count; i++) {
		if (comparisons->items[i].verdict != VERDICT_REFUSED)
			rows[(*count)++] = &comparisons->items[i];
	}
	if (*count > ROWS_MAX) {
		qsort(rows, *count, sizeof(*rows), compare_rows);
		*count = ROWS_MAX;
	}
	if (*count > 1)
		qsort(rows, *count, sizeof(*rows), compare_places);
	return rows;
}

static void row_draw(struct figure *figure, struct series *series, const struct comparison *comparison, double at)
{
	char text[120];

	snprintf(text, sizeof(text), "%.3f (%.3f..%.3f) %s%s", comparison->ratio, comparison->interval.low,
		 comparison->interval.high, verdict_text(comparison->verdict, comparison->base->kind),
		 comparison->verdict <= VERDICT_FASTER && !comparison->stands ? " ?" : "");
	figure_point(figure, series,
		     &(struct point){.x = comparison->ratio,
				     .y = at,
				     .low = comparison->interval.low,
				     .high = comparison->interval.high,
				     .mean = NAN,
				     .n = comparison->other->count,
				     .slot = comparison->verdict,
				     .text = text});
}

/* The script sets names to the left of the axis: their x is of no meaning. */
static void name_draw(struct figure *figure, struct series *series, const char *name, double at)
{
	char text[160];

	figure_point(figure, series,
		     &(struct point){.x = 1,
				     .y = at,
				     .low = NAN,
				     .high = NAN,
				     .mean = NAN,
				     .slot = BUNDLE_RUNTIMES_MAX,
				     .text = text_cut(text, sizeof(text), name, 44)});
}

static void line_draw(struct figure *figure, enum series_style style, const char *name, double x, double rows)
{
	struct series *series = figure_series(figure, style, name);

	for (int end = 0; end < 2; end++)
		figure_point(figure, series,
			     &(struct point){.x = x,
					     .y = end == 0 ? 0.7 : 0.3 - rows,
					     .low = NAN,
					     .high = NAN,
					     .mean = NAN,
					     .slot = BUNDLE_RUNTIMES_MAX});
}

static void rows_draw(struct figure *figure, const struct comparisons *comparisons,
		      const struct comparison *const *rows, size_t count)
{
	double effect = 1 + comparisons->options.min_effect;
	struct series *series;

	line_draw(figure, SERIES_BOUND, "equal", 1, (double)count);
	if (effect > 1) {
		line_draw(figure, SERIES_OTHER, "the least effect", 1 / effect, (double)count);
		line_draw(figure, SERIES_OTHER, "the least effect", effect, (double)count);
	}
	series = figure_series(figure, SERIES_NOTE, "names");
	for (size_t i = 0; i < count; i++)
		name_draw(figure, series, comparisons->base_runtime ? rows[i]->base->group : rows[i]->base->name,
			  -(double)i);
	series = figure_series(figure, SERIES_RUNTIME, "ratios");
	for (size_t i = 0; i < count; i++)
		row_draw(figure, series, rows[i], -(double)i);
}

static void axis_choose(struct figure_axis *axis, const struct comparison *const *rows, size_t count)
{
	double low = 1, high = 1;

	for (size_t i = 0; i < count; i++) {
		low = fmin(low, rows[i]->interval.low);
		high = fmax(high, rows[i]->interval.high);
	}
	axis->log = high / low > 3;
}

static void caption_line(void *context, const char *text)
{
	figure_caption(context, "%s", text);
}

static void forest_describe(struct figure *figure, const struct comparisons *comparisons, size_t shown)
{
	char counts[200];

	figure_note(figure,
		    "%s. Mark: ratio of the medians; bar: its 95 %% interval (percentile bootstrap). Dashed: "
		    "equal; dotted: %.3g %% either way, the least that matters.",
		    comparison_counts(comparisons, counts, sizeof(counts)), comparisons->options.min_effect * 100);
	if (shown < comparisons->compared)
		figure_note(figure, "The %zu most telling of %zu cells are shown.", shown, comparisons->compared);
	comparison_warnings(comparisons, caption_line, figure);
}

static void forest_fill(struct figure *figure, const struct comparisons *comparisons,
			const struct comparison *const *rows, size_t count)
{
	const char *base = comparisons->base_runtime, *other = comparisons->other_runtime;
	struct panel *panel = figure_panel(figure);

	base = base ? base : comparisons->base->path;
	other = other ? other : comparisons->other->path;
	figure_title(figure, "Is %s slower than %s?", other, base);
	figure->legend = false;
	snprintf(panel->x.label, sizeof(panel->x.label), "%.46s, %.20s / %.20s: right of 1 is %.8s",
		 comparisons->base->kind->what, other, base, comparisons->base->kind->more);
	panel->y.low = 0.3 - (double)count, panel->y.high = 0.7;
	axis_choose(&panel->x, rows, count);
	rows_draw(figure, comparisons, rows, count);
	forest_describe(figure, comparisons, count);
}

int comparison_plot(const struct comparisons *comparisons, const char *directory, const char *scripts_directory)
{
	struct figure figure;
	size_t count;
	const struct comparison **rows = rows_choose(comparisons, &count);

	if (!rows)
		return -ENOMEM;
	figure_init(&figure, &verdicts, "forest");
	memcpy(figure.marks, verdict_marks, sizeof(verdict_marks));
	if (count > 0)
		forest_fill(&figure, comparisons, rows, count);
	int error = count > 0 ? drawn_figure(&figure, directory, scripts_directory) : 0;

	if (count == 0)
		fputs("simul: no cell could be compared: there is nothing to draw\n", stderr);
	figure_clear(&figure);
	free(rows);
	return error;
}
