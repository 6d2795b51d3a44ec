/* figure.c: gathers a figure's points, finds its axes' ranges and tics, and writes the TSV.
 *
 * The same points give the same bytes: numbers are printed in the C locale with six significant digits. */
#include "figure.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"

enum { GREY = 0x555555, SHAPE_CROSS = 2, SHAPE_NONE = 0 };

void figure_init(struct figure *figure, const struct bundle *bundle, const char *name)
{
	*figure = (struct figure){.bundle = bundle, .name = name, .columns = 1, .rows = 1, .legend = true};
	marks_make(bundle, figure->marks);
}

static void lines_clear(char **lines, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(lines[i]);
	free(lines);
}

static void series_clear(struct series *series)
{
	for (size_t i = 0; i < series->count; i++)
		free(series->points[i].text);
	free(series->points);
	free(series->name);
}

static void names_clear(char **names)
{
	for (size_t i = 0; names && names[i]; i++)
		free(names[i]);
	free(names);
}

void figure_clear(struct figure *figure)
{
	for (size_t i = 0; i < figure->series_count; i++)
		series_clear(&figure->series[i]);
	free(figure->series);
	lines_clear(figure->captions, figure->caption_count);
	lines_clear(figure->notes, figure->note_count);
	for (unsigned i = 0; i < figure->panel_count; i++) {
		names_clear(figure->panels[i].x.names);
		names_clear(figure->panels[i].y.names);
	}
	free(figure->counted);
	free(figure->title);
	*figure = (struct figure){0};
}

/* Room for one more item: sizes double from 8. */
static void *grow(struct figure *figure, void *items, size_t count, size_t size)
{
	if (count >= 8 && (count & (count - 1)) != 0)
		return items;
	if (count > 0 && count < 8)
		return items;
	void *grown = realloc(items, size * (count < 8 ? 8 : count * 2));

	if (!grown)
		figure->error = -ENOMEM;
	return grown;
}

static void line_append(struct figure *figure, char ***lines, size_t *count, const char *format, va_list arguments)
{
	char **grown = grow(figure, *lines, *count, sizeof(**lines));

	if (!grown)
		return;
	*lines = grown;
	if (vasprintf(&grown[*count], format, arguments) < 0)
		figure->error = -ENOMEM;
	else
		++*count;
}

void figure_title(struct figure *figure, const char *format, ...)
{
	va_list arguments;

	free(figure->title);
	va_start(arguments, format);
	if (vasprintf(&figure->title, format, arguments) < 0) {
		figure->title = NULL;
		figure->error = -ENOMEM;
	}
	va_end(arguments);
}

void figure_caption(struct figure *figure, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	line_append(figure, &figure->captions, &figure->caption_count, format, arguments);
	va_end(arguments);
}

void figure_note(struct figure *figure, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	line_append(figure, &figure->notes, &figure->note_count, format, arguments);
	va_end(arguments);
}

struct panel *figure_panel(struct figure *figure)
{
	if (figure->panel_count < PANELS_MAX)
		figure->panel_count++;
	struct panel *panel = &figure->panels[figure->panel_count - 1];

	*panel = (struct panel){.x = {.low = NAN, .high = NAN}, .y = {.low = NAN, .high = NAN}};
	return panel;
}

struct series *figure_series(struct figure *figure, enum series_style style, const char *name)
{
	struct series *grown = grow(figure, figure->series, figure->series_count, sizeof(*grown));
	char *copy = strdup(name);

	if (grown)
		figure->series = grown;
	if (!grown || !copy) {
		free(copy);
		figure->error = -ENOMEM;
		return NULL;
	}
	grown[figure->series_count] = (struct series){.panel = figure->panel_count - 1, .style = style, .name = copy};
	return &grown[figure->series_count++];
}

void figure_point(struct figure *figure, struct series *series, const struct point *point)
{
	if (!series || isnan(point->x))
		return;
	struct point *grown = grow(figure, series->points, series->count, sizeof(*grown));

	if (!grown)
		return;
	series->points = grown;
	grown[series->count] = *point;
	if (point->text && !(grown[series->count].text = strdup(point->text)))
		figure->error = -ENOMEM;
	series->count++;
	if (series->style == SERIES_RUNTIME || series->style == SERIES_FAILED || series->style == SERIES_FORECAST ||
	    series->style == SERIES_LAW)
		figure->used[point->slot] = true;
}

const char *figure_line(const struct figure *figure, enum series_style style)
{
	/* curves.gp and scoreboard.gp have the same signs. */
	static const char *const looks[][2] = {
		[SERIES_BOUND] = {"Dashed grey", "Signs #"},
		[SERIES_OTHER] = {"Dotted grey", "Signs %"},
		[SERIES_FORECAST] = {"Lines", "Signs $"},
	};

	return looks[style][figure->terminal];
}

void figure_missing(struct figure *figure, const char *text)
{
	struct panel *panel = figure_panel(figure);

	snprintf(panel->title, sizeof(panel->title), " ");
	panel->blank = true;
	panel->x.low = panel->y.low = 0;
	panel->x.high = panel->y.high = 1;
	figure_point(figure, figure_series(figure, SERIES_NOTE, "missing"),
		     &(struct point){.x = 0.5,
				     .y = 0.5,
				     .low = NAN,
				     .high = NAN,
				     .mean = NAN,
				     .slot = BUNDLE_RUNTIMES_MAX,
				     .text = (char *)text});
	figure->columns = figure->rows = 1;
}

static void count_cell(struct figure *figure, const struct cell *cell)
{
	if (!figure->counted)
		figure->counted = calloc(figure->bundle->cell_count, sizeof(*figure->counted));
	if (figure->counted)
		figure->counted[cell - figure->bundle->cells] = true;
	else
		figure->error = -ENOMEM;
}

void figure_count(struct figure *figure, const struct cell *cell, const struct summary *summary,
		  const struct interval *interval)
{
	bool first = figure->n_most == 0;

	if (summary->n == 0)
		return;
	figure->n_least = first || summary->n < figure->n_least ? summary->n : figure->n_least;
	figure->n_most = summary->n > figure->n_most ? summary->n : figure->n_most;
	if (interval->level > 0) {
		bool known = figure->level_most > 0;

		figure->level_least = known ? fmin(figure->level_least, interval->level) : interval->level;
		figure->level_most = fmax(figure->level_most, interval->level);
	}
	figure->by_range |= interval->method == INTERVAL_RANGE;
	figure->by_rank |= interval->method == INTERVAL_RANK;
	figure->by_bootstrap |= interval->method == INTERVAL_BOOTSTRAP;
	figure->mild += summary->outliers.mild;
	figure->severe += summary->outliers.severe;
	figure->values += summary->n;
	count_cell(figure, cell);
}

/* --- axes ----------------------------------------------------------------------------------------------------- */

static void widen(double *low, double *high, double value, bool log)
{
	if (isnan(value) || isinf(value) || (log && value <= 0))
		return;
	*low = isnan(*low) ? value : fmin(*low, value);
	*high = isnan(*high) ? value : fmax(*high, value);
}

static void extent(const struct figure *figure, unsigned panel, bool vertical, bool log, double *low, double *high)
{
	*low = *high = NAN;
	for (size_t s = 0; s < figure->series_count; s++) {
		const struct series *series = &figure->series[s];

		if (series->panel != panel || series->style == SERIES_NOTE)
			continue;
		for (size_t i = 0; i < series->count; i++) {
			const struct point *point = &series->points[i];

			widen(low, high, vertical ? point->y : point->x, log);
			/* On a scoreboard (both ends of y fixed) intervals lie along x. */
			if (vertical || !isnan(figure->panels[panel].y.high + figure->panels[panel].y.low)) {
				widen(low, high, point->low, log);
				widen(low, high, point->high, log);
			}
		}
	}
}

static void axis_fit(const struct figure *figure, unsigned panel, bool vertical)
{
	struct figure_axis *axis =
		(struct figure_axis *)(vertical ? &figure->panels[panel].y : &figure->panels[panel].x);
	double low, high;

	extent(figure, panel, vertical, axis->log, &low, &high);
	if (isnan(low))
		low = axis->log ? 1 : 0, high = axis->log ? 10 : 1;
	if (axis->log) {
		double margin = pow(high / low, 0.06) * (vertical || axis->tics_at_points ? 1.1 : 1.02);

		low /= margin, high *= margin;
	} else {
		double margin = high > low ? (high - low) * 0.08 : fmax(fabs(high), 1) * 0.1;

		low -= margin, high += margin;
	}
	axis->low = isnan(axis->low) ? low : axis->low;
	axis->high = isnan(axis->high) ? high : axis->high;
	if (!(axis->high > axis->low))
		axis->high = axis->low + 1;
}

/* How far along the axis a value stands, 0 to 1. */
static double place(const struct figure_axis *axis, double value)
{
	if (axis->log)
		return log(value / axis->low) / log(axis->high / axis->low);
	return (value - axis->low) / (axis->high - axis->low);
}

/* 1, 2 or 5 times a power of ten, at least `least`. */
static double nice_step(double least)
{
	double power = pow(10, floor(log10(least))), digit = least / power;

	return power * (digit <= 1 + 1e-9 ? 1 : digit <= 2 + 1e-9 ? 2 : digit <= 5 + 1e-9 ? 5 : 10);
}

/* Tics of an axis: at most TICS_MAX, in rising order. */
enum { TICS_MAX = 16 };
struct tics {
	double at[TICS_MAX];
	size_t count;
};

static void tic_add(struct tics *tics, const struct figure_axis *axis, double value)
{
	bool inside = value >= axis->low * (1 - 1e-12) && value <= axis->high * (1 + 1e-12);

	if (inside && tics->count < TICS_MAX)
		tics->at[tics->count++] = value;
}

static void tics_even(struct tics *tics, const struct figure_axis *axis)
{
	double step = nice_step((axis->high - axis->low) / 6);

	for (double i = ceil(axis->low / step); i * step <= axis->high && tics->count < TICS_MAX; i++)
		tic_add(tics, axis, i == 0 ? 0 : i * step); /* never -0 */
}

static void tics_log(struct tics *tics, const struct figure_axis *axis)
{
	static const double digits[] = {1, 2, 5};
	double decades = log10(axis->high / axis->low);

	if (!isfinite(decades)) /* the axis begins at 0, or beneath what a number can be */
		return;
	int step = decades > TICS_MAX ? (int)(decades / 8) : decades > 7 ? 2 : 1;

	if (decades < 0.6) {
		tics_even(tics, axis);
		return;
	}
	for (int power = (int)floor(log10(axis->low)); power <= log10(axis->high); power += step) {
		for (int i = 0; i < (decades > (axis->narrow ? 1.4 : 3.2) ? 1 : 3); i++)
			tic_add(tics, axis, digits[i] * pow(10, power));
	}
}

static int compare_doubles(const void *left, const void *right)
{
	double a = *(const double *)left, b = *(const double *)right;

	return (a > b) - (a < b);
}

/* Where there are points, leaving out those too near to the one before to be read. */
static void tics_at_points(struct tics *tics, const struct figure *figure, unsigned panel)
{
	const struct figure_axis *axis = &figure->panels[panel].x;
	double least = 0.045 * figure->columns, last = -1, *values;
	size_t count = 0, room = 0;

	for (size_t s = 0; s < figure->series_count; s++)
		room += figure->series[s].panel == panel ? figure->series[s].count : 0;
	values = malloc(sizeof(*values) * (room + 1));
	if (!values)
		return;
	for (size_t s = 0; s < figure->series_count; s++) {
		bool reference = figure->series[s].style == SERIES_OTHER;

		for (size_t i = 0; figure->series[s].panel == panel && !reference && i < figure->series[s].count; i++)
			values[count++] = figure->series[s].points[i].x;
	}
	qsort(values, count, sizeof(*values), compare_doubles);
	for (size_t i = 0; i < count; i++) {
		if (place(axis, values[i]) - last < least)
			continue;
		last = place(axis, values[i]);
		tic_add(tics, axis, values[i]);
	}
	free(values);
}

/* --- writing -------------------------------------------------------------------------------------------------- */

/* A row; negative ids and NULL texts are left empty. */
struct row {
	const char *kind;
	int panel, series;
	const char *name;
	double x, y, low, high, mean;
	size_t n;
	unsigned colour, shape;
	const char *text;
	char letter; /* 0: none */
};

static void write_id(FILE *out, int id)
{
	if (id > 0)
		fprintf(out, "\t%d", id);
	else
		fputc('\t', out);
}

static void write_number(FILE *out, double number)
{
	if (isfinite(number))
		fprintf(out, "\t%.7g", number);
	else
		fputs("\tNaN", out);
}

static void write_row(FILE *out, const struct row *row)
{
	const double numbers[] = {row->x, row->y, row->low, row->high, row->mean};

	fputs(row->kind, out);
	write_id(out, row->panel);
	write_id(out, row->series);
	fprintf(out, "\t%s", row->name ? row->name : "");
	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
		write_number(out, numbers[i]);
	fprintf(out, "\t%zu\t%u\t%u\t%s\t%c\n", row->n, row->colour, row->shape, row->text ? row->text : "",
		row->letter ? row->letter : ' ');
}

static const struct row blank = {.x = NAN, .y = NAN, .low = NAN, .high = NAN, .mean = NAN};

static void write_text(FILE *out, const char *kind, unsigned panel, const char *text)
{
	struct row row = blank;

	row.kind = kind;
	row.panel = (int)panel;
	row.text = text;
	write_row(out, &row);
}

static void write_axis(FILE *out, const char *kind, unsigned panel, const struct figure_axis *axis)
{
	struct row row = blank;

	row.kind = kind;
	row.panel = (int)panel;
	row.low = axis->low;
	row.high = axis->high;
	row.shape = axis->log;
	row.text = *axis->label ? axis->label : " "; /* gnuplot reads 0 where nothing stands */
	write_row(out, &row);
}

static void write_tic(FILE *out, unsigned panel, bool vertical, double at, const char *name)
{
	struct row row = blank;

	row.kind = vertical ? "y-tic" : "x-tic";
	row.panel = (int)panel + 1;
	*(vertical ? &row.y : &row.x) = at;
	row.text = name;
	write_row(out, &row);
}

static void write_tics(FILE *out, const struct figure *figure, unsigned panel, bool vertical)
{
	const struct figure_axis *axis = vertical ? &figure->panels[panel].y : &figure->panels[panel].x;
	struct tics tics = {.count = 0};

	if (figure->panels[panel].blank)
		return;
	for (size_t i = 0; axis->names && axis->names[i]; i++)
		write_tic(out, panel, vertical, (double)i, axis->names[i]);
	if (axis->names)
		return;
	if (axis->tics_at_points)
		tics_at_points(&tics, figure, panel);
	else if (axis->log)
		tics_log(&tics, axis);
	else
		tics_even(&tics, axis);
	for (size_t i = 0; i < tics.count; i++)
		write_tic(out, panel, vertical, tics.at[i], NULL);
}

static void write_panel(FILE *out, struct figure *figure, unsigned panel)
{
	const struct panel *described = &figure->panels[panel];

	axis_fit(figure, panel, false); /* first: a fixed y marks a scoreboard */
	axis_fit(figure, panel, true);
	write_text(out, "panel", panel + 1, described->title);
	write_axis(out, "x-axis", panel + 1, &described->x);
	write_axis(out, "y-axis", panel + 1, &described->y);
	write_tics(out, figure, panel, false);
	write_tics(out, figure, panel, true);
}

/* Crosses stand at the bottom of their panel, above each other where several fall on one place. */
static double cross_height(const struct figure *figure, const struct series *series, size_t index)
{
	const struct figure_axis *axis = &figure->panels[series->panel].y;
	size_t below = 0;

	for (const struct series *other = figure->series; other <= series; other++) {
		if (other->panel != series->panel || other->style != SERIES_FAILED)
			continue;
		for (size_t i = 0; i < other->count && !(other == series && i >= index); i++)
			below += other->points[i].x == series->points[index].x;
	}
	double share = fmin(0.03 + 0.05 * (double)below, 0.95);

	return axis->log ? axis->low * pow(axis->high / axis->low, share)
			 : axis->low + share * (axis->high - axis->low);
}

static bool is_reference(enum series_style style)
{
	return style == SERIES_BOUND || style == SERIES_OTHER;
}

/* What stands for a runtime on a terminal: a, b, c ... in the order of the legend; past 52 of them all are '?'. */
static char letter_of(const struct figure *figure, unsigned slot)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
	const struct mark *marks = figure->marks;
	size_t before = 0;

	for (unsigned i = 0; i < figure->bundle->runtime_count; i++)
		before += figure->used[i] &&
			  (marks[i].family < marks[slot].family || (marks[i].family == marks[slot].family && i < slot));
	return before < sizeof(letters) - 1 ? letters[before] : '?';
}

static void write_point(FILE *out, const struct figure *figure, const struct series *series, int id, size_t index)
{
	const struct point *point = &series->points[index];
	struct row row = {.kind = "point", .panel = (int)series->panel + 1, .series = id};

	row.x = point->x, row.y = point->y;
	row.low = point->low, row.high = point->high, row.mean = point->mean;
	row.n = point->n;
	row.text = point->text;
	row.colour = GREY, row.shape = SHAPE_NONE;
	if (is_reference(series->style)) {
		row.name = series->name;
	} else if (point->slot < figure->bundle->runtime_count) {
		row.name = figure->bundle->runtimes[point->slot];
		row.colour = figure->marks[point->slot].colour;
		row.shape = series->style == SERIES_FAILED ? SHAPE_CROSS : figure->marks[point->slot].shape;
		row.letter = letter_of(figure, point->slot);
	}
	if (series->style == SERIES_FAILED && isnan(row.y))
		row.y = cross_height(figure, series, index);
	write_row(out, &row);
}

static void write_series(FILE *out, const struct figure *figure, size_t index)
{
	static const char *const styles[] = {
		[SERIES_RUNTIME] = "runtime",   [SERIES_SAMPLES] = "samples", [SERIES_BOUND] = "bound",
		[SERIES_OTHER] = "other",       [SERIES_FAILED] = "failed",   [SERIES_NOTE] = "note",
		[SERIES_FORECAST] = "forecast", [SERIES_LAW] = "law",
	};
	const struct series *series = &figure->series[index];
	struct row row = blank;

	fputs("\n\n", out);
	row.kind = "series";
	row.panel = (int)series->panel + 1;
	row.series = (int)index + 1;
	row.name = series->name;
	row.n = series->count;
	row.text = styles[series->style];
	row.shape = 1;
	if (series->style == SERIES_RUNTIME && series->count > 0 && series->points[0].slot < BUNDLE_RUNTIMES_MAX)
		row.shape = figure->marks[series->points[0].slot].dash;
	write_row(out, &row);
	for (size_t i = 0; i < series->count; i++)
		write_point(out, figure, series, row.series, i);
}

/* A heading a family and its runtimes beneath, in the order in which the letters are. */
static void write_legend_family(FILE *out, const struct figure *figure, enum model_family family, struct row *row)
{
	bool headed = false;

	for (unsigned slot = 0; slot < figure->bundle->runtime_count; slot++) {
		const struct mark *mark = &figure->marks[slot];

		if (!figure->used[slot] || mark->family != family)
			continue;
		if (!headed) {
			row->name = figure->legend_heading ? figure->legend_heading : model_family_heading(family);
			row->colour = mark->colour, row->shape = SHAPE_NONE, row->letter = 0;
			write_row(out, row);
			row->y++;
		}
		headed = true;
		row->name = figure->bundle->runtimes[slot];
		row->colour = mark->colour;
		row->shape = mark->shape;
		row->letter = letter_of(figure, slot);
		write_row(out, row);
		row->y++;
	}
}

/* "processes: b=process, c=process-pool. " */
static void print_legend_family(FILE *out, const struct figure *figure, enum model_family family)
{
	const char *heading = figure->legend_heading ? figure->legend_heading : model_family_heading(family);
	bool headed = false;

	for (unsigned slot = 0; slot < figure->bundle->runtime_count; slot++) {
		if (!figure->used[slot] || figure->marks[slot].family != family)
			continue;
		fprintf(out, "%s%s%c=%s", headed ? "" : heading, headed ? ", " : ": ", letter_of(figure, slot),
			figure->bundle->runtimes[slot]);
		headed = true;
	}
	fputs(headed ? ". " : "", out);
}

void figure_print_legend(const struct figure *figure, FILE *out)
{
	for (int family = 0; figure->legend && family < FAMILIES; family++)
		print_legend_family(out, figure, (enum model_family)family);
}

static void write_legend(FILE *out, const struct figure *figure)
{
	struct row row = blank;

	fputs("\n\n", out);
	row.kind = "legend";
	row.x = row.y = 0;
	for (int family = 0; figure->legend && family < FAMILIES; family++)
		write_legend_family(out, figure, (enum model_family)family, &row);
}

/* Lines under a figure, broken as its width allows. */
struct words {
	FILE *out;
	const char *kind;
};

static void write_line(void *context, const char *text)
{
	const struct words *words = context;

	write_text(words->out, words->kind, 0, text);
}

static void write_words(FILE *out, const struct figure *figure)
{
	enum { NOTES_MAX = 14 };
	size_t width = figure->columns == 1 ? 150 : 200;
	struct words notes = {.out = out, .kind = "note"}, captions = {.out = out, .kind = "caption"};
	char rest[80];

	for (size_t i = 0; i < figure->note_count && i < NOTES_MAX; i++)
		text_wrap(figure->notes[i], width, write_line, &notes);
	if (figure->note_count > NOTES_MAX) {
		snprintf(rest, sizeof(rest), "... and %zu more notes.", figure->note_count - NOTES_MAX);
		write_line(&notes, rest);
	}
	for (size_t i = 0; i < figure->caption_count; i++)
		text_wrap(figure->captions[i], width, write_line, &captions);
}

int figure_write(struct figure *figure, FILE *out)
{
	if (figure->error)
		return figure->error;
	fputs("kind\tpanel\tseries\tname\tx\ty\tlow\thigh\tmean\tn\tcolour\tshape\ttext\tletter\n", out);
	struct row layout = blank;

	layout.kind = "layout";
	layout.x = figure->columns;
	layout.y = figure->rows;
	write_row(out, &layout);
	write_text(out, "title", 0, figure->title);
	write_words(out, figure);
	for (unsigned i = 0; i < figure->panel_count; i++)
		write_panel(out, figure, i);
	for (size_t i = 0; i < figure->series_count; i++)
		write_series(out, figure, i);
	write_legend(out, figure);
	return ferror(out) ? -EIO : 0;
}
