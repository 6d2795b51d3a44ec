/* page_draw.c: a figure's TSV as small panels of inline SVG, each with its numbers as a table.
 *
 * gnuplot draws the same TSV on one wide sheet; a page is read on a phone, in the dark and by a screen reader too, so
 * it is drawn panel by panel, in the page's own colours and type. bench/decisions/0010 says why. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "html.h"
#include "page.h"
#include "page_strip.h"
#include "text.h"

enum column { KIND, PANEL, SERIES, NAME, X, Y, LOW, HIGH, MEAN, N, COLOUR, SHAPE, TEXT, LETTER, COLUMNS };

/* A row of the TSV; its texts lie in the copy that was cut up. */
struct row {
	const char *kind, *name, *text;
	int panel, series;
	double x, y, low, high;
	unsigned long n, colour, shape;
};

struct sheet {
	struct page *page;
	char *copy;
	struct row *rows;
	size_t count;
	bool curves; /* it has a legend: runtimes are lines; else they are rows */
};

struct scale {
	double low, high;
	bool log;
	const char *label;
};

/* --- reading -------------------------------------------------------------------------------------------------- */

static double number_of(const char *text)
{
	char *end;
	double number = strtod(text, &end);

	return end == text ? NAN : number;
}

static void row_read(struct row *row, char *line)
{
	char *fields[COLUMNS];
	static char empty[] = "";

	for (int i = 0; i < COLUMNS; i++)
		fields[i] = line ? strsep(&line, "\t") : empty;
	*row = (struct row){
		.kind = fields[KIND],
		.name = fields[NAME],
		.text = fields[TEXT],
		.panel = atoi(fields[PANEL]),
		.series = atoi(fields[SERIES]),
		.x = number_of(fields[X]),
		.y = number_of(fields[Y]),
		.low = number_of(fields[LOW]),
		.high = number_of(fields[HIGH]),
		.n = strtoul(fields[N], NULL, 10),
		.colour = strtoul(fields[COLOUR], NULL, 10),
		.shape = strtoul(fields[SHAPE], NULL, 10),
	};
}

static int sheet_read(struct sheet *sheet, const char *tsv, size_t size)
{
	size_t lines = 1;

	for (size_t i = 0; i < size; i++)
		lines += tsv[i] == '\n';
	sheet->copy = strndup(tsv, size);
	sheet->rows = calloc(lines, sizeof(*sheet->rows));
	if (!sheet->copy || !sheet->rows)
		return -ENOMEM;
	for (char *rest = sheet->copy, *line; (line = strsep(&rest, "\n"));) {
		if (!*line)
			continue;
		row_read(&sheet->rows[sheet->count], line);
		sheet->curves |= strcmp(sheet->rows[sheet->count].kind, "legend") == 0;
		sheet->count++;
	}
	return 0;
}

static bool is(const struct row *row, const char *kind)
{
	return strcmp(row->kind, kind) == 0;
}

/* The next row of that kind and panel (0: of any) from *index on; NULL after the last. */
static const struct row *next(const struct sheet *sheet, size_t *index, const char *kind, int panel)
{
	while (*index < sheet->count) {
		const struct row *row = &sheet->rows[(*index)++];

		if (is(row, kind) && (panel == 0 || row->panel == panel))
			return row;
	}
	return NULL;
}

static const struct row *first(const struct sheet *sheet, const char *kind, int panel)
{
	size_t index = 0;

	return next(sheet, &index, kind, panel);
}

/* The points of a series follow it. */
static size_t points_of(const struct row *series)
{
	return series->n;
}

static struct scale scale_of(const struct sheet *sheet, const char *kind, int panel)
{
	const struct row *row = first(sheet, kind, panel);

	if (!row)
		return (struct scale){.low = 0, .high = 1, .label = ""};
	return (struct scale){.low = row->low, .high = row->high, .log = row->shape == 1, .label = row->text};
}

static double place(const struct scale *axis, double value)
{
	double share = axis->log ? log(value / axis->low) / log(axis->high / axis->low)
				 : (value - axis->low) / (axis->high - axis->low);

	return isfinite(share) ? share : NAN;
}

static const char *class_of(const struct sheet *sheet, const struct row *point, char text[8])
{
	const struct bundle *bundle = sheet->page->bundle;

	snprintf(text, 8, "m%d", FAMILY_UNKNOWN);
	for (unsigned slot = 0; slot < bundle->runtime_count; slot++)
		if (strcmp(bundle->runtimes[slot], point->name) == 0)
			page_colour(sheet->page, slot, text);
	return text;
}

/* --- curves --------------------------------------------------------------------------------------------------- */

/* In the units of the viewBox, which a phone shows one to one. */
enum { WIDTH = 360, HEIGHT = 250, LEFT = 46, RIGHT = 18, TOP = 8, BOTTOM = 36 };

struct panel {
	const struct sheet *sheet;
	FILE *out;
	int number;
	const char *title;
	struct scale x, y;
};

static double at_x(const struct panel *panel, double value)
{
	return LEFT + place(&panel->x, value) * (WIDTH - LEFT - RIGHT);
}

static double at_y(const struct panel *panel, double value)
{
	return HEIGHT - BOTTOM - place(&panel->y, value) * (HEIGHT - TOP - BOTTOM);
}

static void draw_x_tics(const struct panel *panel)
{
	const struct row *tic;
	double taken = -100;

	for (size_t i = 0; (tic = next(panel->sheet, &i, "x-tic", panel->number));) {
		double x = at_x(panel, tic->x), half;
		char text[32];
		int length = snprintf(text, sizeof(text), "%g", tic->x);

		if (isnan(x))
			continue;
		half = 3.3 * length;
		fprintf(panel->out, "<path class=\"grid\" d=\"M%.1f %dV%d\"/>", x, TOP, HEIGHT - BOTTOM);
		if (x - half < taken + 3)
			continue;
		taken = x + half;
		fprintf(panel->out, "<text class=\"tic\" x=\"%.1f\" y=\"%d\">%s</text>", x, HEIGHT - BOTTOM + 14, text);
	}
}

static void draw_y_tics(const struct panel *panel)
{
	const struct row *tic;

	for (size_t i = 0; (tic = next(panel->sheet, &i, "y-tic", panel->number));) {
		double y = at_y(panel, tic->y);

		if (!isnan(y))
			fprintf(panel->out,
				"<path class=\"grid\" d=\"M%d %.1fH%d\"/><text class=\"tic end\" x=\"%d\" "
				"y=\"%.1f\">%g</text>",
				LEFT, y, WIDTH - RIGHT, LEFT - 5, y + 3.5, tic->y);
	}
}

/* A line through the points of a series, broken where one is missing. */
static void draw_line(const struct panel *panel, const struct row *series, const char *class, unsigned long dash)
{
	bool open = false;

	fprintf(panel->out, "<path class=\"%s d%lu\" d=\"", class, dash);
	for (size_t i = 1; i <= points_of(series); i++) {
		double x = at_x(panel, series[i].x), y = at_y(panel, series[i].y);

		if (isnan(x) || isnan(y)) {
			open = false;
			continue;
		}
		fprintf(panel->out, "%c%.1f %.1f", open ? 'L' : 'M', x, y);
		open = true;
	}
	fputs("\"/>", panel->out);
}

static void draw_points(const struct panel *panel, const struct row *series, double aside)
{
	for (size_t i = 1; i <= points_of(series); i++) {
		const struct row *point = &series[i];
		double x = at_x(panel, point->x) + aside, y = at_y(panel, point->y);

		if (isnan(x) || isnan(y))
			continue;
		fprintf(panel->out, "<g transform=\"translate(%.1f %.1f)\"><title>", x, y);
		html_print(panel->out, "%s at %g: %.4g", point->name, point->x, point->y);
		if (!isnan(point->low) && !isnan(point->high))
			html_print(panel->out, " (%.4g to %.4g)", point->low, point->high);
		fputs("</title>", panel->out);
		if (!isnan(point->low) && !isnan(point->high))
			fprintf(panel->out, "<path class=\"bar\" d=\"M0 %.1fV%.1f\"/>", at_y(panel, point->low) - y,
				at_y(panel, point->high) - y);
		shape_path(panel->out, (unsigned)point->shape, 3.1);
		fputs("</g>", panel->out);
	}
}

static size_t count_runtimes(const struct panel *panel)
{
	const struct row *series;
	size_t count = 0;

	for (size_t i = 0; (series = next(panel->sheet, &i, "series", panel->number));)
		count += strcmp(series->text, "runtime") == 0;
	return count;
}

/* The lines of such a panel are forecasts, and what was measured is marks alone. */
static bool has_forecast(const struct panel *panel)
{
	const struct row *series;

	for (size_t i = 0; (series = next(panel->sheet, &i, "series", panel->number));)
		if (strcmp(series->text, "forecast") == 0)
			return true;
	return false;
}

static void draw_series(const struct panel *panel, const struct row *series, size_t rank, size_t count)
{
	char class[8];

	if (series->n == 0)
		return;
	if (strcmp(series->text, "bound") == 0) {
		draw_line(panel, series, "reference bound", 1);
	} else if (strcmp(series->text, "other") == 0) {
		draw_line(panel, series, "reference other", 1);
	} else if (strcmp(series->text, "note") == 0) {
		fprintf(panel->out, "<text class=\"tic\" x=\"%d\" y=\"%d\">", WIDTH / 2, HEIGHT / 2);
		html_text(panel->out, series[1].text);
		fputs("</text>", panel->out);
	} else {
		/* A little beside each other, since models often coincide. */
		double aside = ((double)rank - ((double)count - 1) / 2) * (count > 6   ? 8.0 / (double)count
									   : count > 0 ? 1.3
										       : 0);

		fprintf(panel->out, "<g class=\"series %s\" data-name=\"", class_of(panel->sheet, &series[1], class));
		html_text(panel->out, series[1].name);
		fputs("\">", panel->out);
		if (strcmp(series->text, has_forecast(panel) ? "forecast" : "runtime") == 0)
			draw_line(panel, series, "curve", series->shape);
		if (strcmp(series->text, "law") == 0)
			draw_line(panel, series, "curve", 4);
		else if (strcmp(series->text, "forecast") != 0)
			draw_points(panel, series, aside);
		fputs("</g>\n", panel->out);
	}
}

static void draw_label(const struct panel *panel)
{
	fprintf(panel->out, "<text class=\"label\" x=\"%d\" y=\"%d\">", (LEFT + WIDTH - RIGHT) / 2, HEIGHT - 5);
	html_text(panel->out, panel->x.label);
	fputs("</text>", panel->out);
}

static void draw_curves(const struct panel *panel)
{
	const struct row *series;
	size_t rank = 0, count = count_runtimes(panel);

	fprintf(panel->out, "<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"", WIDTH, HEIGHT);
	html_print(panel->out, "%s: %s over %s, %zu curves; the table below has the numbers", panel->title,
		   panel->y.label, panel->x.label, count);
	fputs("\">\n", panel->out);
	draw_y_tics(panel);
	draw_x_tics(panel);
	fprintf(panel->out, "<path class=\"frame\" d=\"M%d %dV%dH%d\"/>\n", LEFT, TOP, HEIGHT - BOTTOM, WIDTH - RIGHT);
	for (size_t i = 0; (series = next(panel->sheet, &i, "series", panel->number));) {
		draw_series(panel, series, rank, count);
		rank += strcmp(series->text, "runtime") == 0;
	}
	draw_label(panel);
	fputs("</svg>\n", panel->out);
}

/* --- a panel's numbers ---------------------------------------------------------------------------------------- */

enum { PLACES_MAX = 24 };

static int compare_doubles(const void *left, const void *right)
{
	double a = *(const double *)left, b = *(const double *)right;

	return (a > b) - (a < b);
}

/* The different x of the panel, in order; more than PLACES_MAX where they are too many for a table. */
static size_t places_of(const struct panel *panel, double places[PLACES_MAX])
{
	size_t count = 0;
	const struct row *point;

	for (size_t i = 0; (point = next(panel->sheet, &i, "point", panel->number));) {
		size_t known = 0;

		while (known < count && places[known] != point->x)
			known++;
		if (known < count || isnan(point->x))
			continue;
		if (count == PLACES_MAX)
			return PLACES_MAX + 1;
		places[count++] = point->x;
	}
	qsort(places, count, sizeof(*places), compare_doubles);
	return count;
}

static const struct row *point_at(const struct row *series, double x)
{
	for (size_t i = 1; i <= points_of(series); i++)
		if (series[i].x == x)
			return &series[i];
	return NULL;
}

static void table_number(FILE *out, const struct row *point)
{
	char text[NUMBER_TEXT_MAX];

	if (!point || isnan(point->y)) {
		fputs("<td class=\"number mild\">–</td>", out);
		return;
	}
	fprintf(out, "<td class=\"number\">%s", format_number(text, point->y));
	if (!isnan(point->low) && !isnan(point->high)) {
		fprintf(out, "<br><small>%s", format_number(text, point->low));
		fprintf(out, "..%s</small>", format_number(text, point->high));
	}
	fputs("</td>", out);
}

static void table_row(const struct panel *panel, const struct row *series, const double *places, size_t count)
{
	if (series->n == 0 || strcmp(series->text, "note") == 0 || strcmp(series->text, "failed") == 0 ||
	    strcmp(series->text, "law") == 0)
		return;
	fputs("<tr><th scope=\"row\">", panel->out);
	html_text(panel->out, *series[1].name ? series[1].name : series->name);
	fputs("</th>", panel->out);
	for (size_t i = 0; i < count; i++)
		table_number(panel->out, point_at(series, places[i]));
	fputs("</tr>\n", panel->out);
}

static void table_curves(const struct panel *panel)
{
	double places[PLACES_MAX];
	size_t count = places_of(panel, places);
	const struct row *series;

	if (count > PLACES_MAX || count == 0)
		return;
	fputs("<details><summary>Numbers</summary><div class=\"scroll\" tabindex=\"0\" role=\"region\" "
	      "aria-label=\"Numbers of ",
	      panel->out);
	html_text(panel->out, panel->title);
	fputs("\">\n<table class=\"small\"><caption>", panel->out);
	html_print(panel->out, "%s, over %s", panel->y.label, panel->x.label);
	fputs("</caption>\n<thead><tr><th scope=\"col\">runtime</th>", panel->out);
	for (size_t i = 0; i < count; i++)
		fprintf(panel->out, "<th scope=\"col\" class=\"number\">%g</th>", places[i]);
	fputs("</tr></thead>\n<tbody>\n", panel->out);
	for (size_t i = 0; (series = next(panel->sheet, &i, "series", panel->number));)
		table_row(panel, series, places, count);
	fputs("</tbody></table></div></details>\n", panel->out);
}

/* --- rows ----------------------------------------------------------------------------------------------------- */

static void row_of(const struct panel *panel, const struct strip *strip, const struct row *point, bool drawn)
{
	char class[8];

	fprintf(panel->out, "<tr><th scope=\"row\"><span class=\"swatch %s\" aria-hidden=\"true\"></span>",
		class_of(panel->sheet, point, class));
	html_text(panel->out, point->name);
	fputs("</th>", panel->out);
	if (!drawn) {
		fputs("<td class=\"reason\" colspan=\"2\">", panel->out);
		html_text(panel->out, point->text);
		fputs("</td></tr>\n", panel->out);
		return;
	}
	fputs("<td class=\"plot\">", panel->out);
	strip_begin(panel->out, strip, class, NAN);
	if (!isnan(point->low) && !isnan(point->high))
		strip_bar(panel->out, strip, point->low, point->high);
	strip_mark(panel->out, strip, point->x, (unsigned)point->shape);
	strip_end(panel->out);
	fputs("</td><td class=\"number\">", panel->out);
	html_text(panel->out, point->text);
	fputs("</td></tr>\n", panel->out);
}

static void draw_rows(const struct panel *panel)
{
	struct strip strip = {.low = panel->x.low, .high = panel->x.high, .log = panel->x.log};
	const struct row *series;

	strip_fit(&strip, panel->x.low, panel->x.high);
	fputs("<table class=\"rows narrow\"><thead><tr><th scope=\"col\">runtime</th><th scope=\"col\" class=\"plot\">",
	      panel->out);
	strip_axis(panel->out, &strip, 1);
	fputs("<span class=\"axis\">", panel->out);
	html_text(panel->out, panel->x.label);
	fputs("</span></th><th scope=\"col\">median</th></tr></thead>\n<tbody>\n", panel->out);
	for (size_t i = 0; (series = next(panel->sheet, &i, "series", panel->number));) {
		bool drawn = strcmp(series->text, "runtime") == 0;

		for (size_t k = 1; k <= points_of(series) && (drawn || strcmp(series->text, "note") == 0); k++)
			row_of(panel, &strip, &series[k], drawn);
	}
	fputs("</tbody></table>\n", panel->out);
}

/* --- a figure ------------------------------------------------------------------------------------------------- */

static void draw_legend(const struct sheet *sheet)
{
	FILE *out = sheet->page->out;
	const struct row *row;
	char class[8];

	fputs("<ul class=\"legend\">\n", out);
	for (size_t i = 0; (row = next(sheet, &i, "legend", 0));) {
		if (row->shape == 0)
			continue;
		fputs("<li><button type=\"button\" aria-pressed=\"true\" data-name=\"", out);
		html_text(out, row->name);
		fprintf(out,
			"\"><svg class=\"%s\" width=\"14\" height=\"14\" viewBox=\"-7 -7 14 14\" aria-hidden=\"true\">",
			class_of(sheet, row, class));
		shape_path(out, (unsigned)row->shape, 4);
		fputs("</svg>", out);
		html_text(out, row->name);
		fputs("</button></li>\n", out);
	}
	fputs("</ul>\n", out);
}

static void draw_panel(const struct sheet *sheet, const struct row *described)
{
	struct panel panel = {
		.sheet = sheet,
		.out = sheet->page->out,
		.number = described->panel,
		.title = described->text,
		.x = scale_of(sheet, "x-axis", described->panel),
		.y = scale_of(sheet, "y-axis", described->panel),
	};
	const struct row *note = first(sheet, "point", panel.number);

	fputs("<figure>\n<figcaption>", panel.out);
	html_text(panel.out, panel.title);
	if (sheet->curves && *panel.y.label) {
		fputs(" <span class=\"mild\">", panel.out);
		html_text(panel.out, panel.y.label);
		fputs("</span>", panel.out);
	}
	fputs("</figcaption>\n", panel.out);
	if (!first(sheet, "x-tic", panel.number)) {
		fputs("<p class=\"reason\">", panel.out);
		html_text(panel.out, note ? note->text : "nothing to draw");
		fputs("</p>\n", panel.out);
	} else if (sheet->curves) {
		draw_curves(&panel);
		table_curves(&panel);
	} else {
		draw_rows(&panel);
	}
	fputs("</figure>\n", panel.out);
}

int page_draw(struct page *page, const char *name, const char *tsv, size_t size)
{
	struct sheet sheet = {.page = page};
	const struct row *panel;
	int error = sheet_read(&sheet, tsv, size);

	if (!error) {
		fputs("<div class=\"figure\" data-figure=\"", page->out);
		html_text(page->out, name);
		fputs("\">\n", page->out);
		if (sheet.curves)
			draw_legend(&sheet);
		fputs("<div class=\"panels\">\n", page->out);
		for (size_t i = 0; (panel = next(&sheet, &i, "panel", 0));)
			draw_panel(&sheet, panel);
		fputs("</div>\n</div>\n", page->out);
	}
	free(sheet.rows);
	free(sheet.copy);
	return error;
}
