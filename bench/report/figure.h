/* figure.h: a figure as data, before anything draws it.
 *
 * A figure is made of panels in a grid, and series of points in them. It is written as one TSV that a person, gnuplot
 * or any other tool reads: a first line of column names, then rows, with two blank lines between blocks (gnuplot's
 * `index`). Block 0 describes the figure; each series is a block of its own; the last block is the legend. The columns:
 *
 *   kind panel series name x y low high mean n colour shape text letter
 *
 * kind: layout (x columns, y rows of panels), title, caption, note, panel (text), x-axis and y-axis (text label, low,
 * high; shape 1: log), x-tic and y-tic (x or y); series (name; text: its style; shape: its dash); point; legend (shape
 * 0: a heading). colour is 0xRRGGBB as a decimal number, shape is gnuplot's point type. What is not known is "NaN"
 * (numbers) or empty (text).
 *
 * letter stands for the runtime on a terminal. mark.h says where colour and shape come from. */
#ifndef SIMUL_FIGURE_H
#define SIMUL_FIGURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "../analysis/bundle.h"
#include "mark.h"

/* How a series is drawn. */
enum series_style {
	SERIES_RUNTIME,  /* dots, intervals and a line */
	SERIES_SAMPLES,  /* single invocations: faint dots */
	SERIES_BOUND,    /* the physical bound or the ideal */
	SERIES_OTHER,    /* another line of reference */
	SERIES_FAILED,   /* crosses at the axis */
	SERIES_FORECAST, /* a runtime's line that was not measured */
	SERIES_LAW,      /* a runtime's line by another law than its first: faint */
	SERIES_NOTE      /* text in the panel in place of points */
};

struct point {
	double x, y, low, high, mean; /* NAN where not known */
	size_t n;
	unsigned slot; /* BUNDLE_RUNTIMES_MAX: of no runtime */
	char *text;    /* owned; may be NULL */
};

struct series {
	unsigned panel; /* from 0 */
	enum series_style style;
	char *name;           /* owned */
	struct point *points; /* owned */
	size_t count, capacity;
};

struct figure_axis {
	char label[120];
	bool log;
	bool tics_at_points; /* the tics are the values that stand there */
	bool narrow;         /* has room for few tics */
	char **names;        /* NULL-terminated, owned: of the tics at 0, 1, 2 ...; NULL: they are numbers */
	double low, high;    /* NAN: from the points */
};

struct panel {
	char title[240];
	struct figure_axis x, y;
	bool blank; /* holds nothing but a note: no axes */
};

enum { PANELS_MAX = 36 };

struct figure {
	const struct bundle *bundle; /* borrowed */
	const char *name;
	unsigned columns, rows;
	char *title;
	char **captions, **notes; /* owned */
	size_t caption_count, note_count;
	struct panel panels[PANELS_MAX];
	unsigned panel_count;
	struct series *series; /* owned */
	size_t series_count;
	bool terminal; /* drawn with characters: its words name signs, not dashes and colours */
	bool legend;
	const char *legend_heading; /* over all of it, where its rows are no models; NULL: the models' families */
	struct mark marks[BUNDLE_RUNTIMES_MAX];
	bool used[BUNDLE_RUNTIMES_MAX]; /* runtimes that the legend names */
	/* What the caption says of all intervals: filled by figure_count(). */
	size_t n_least, n_most, mild, severe, values;
	bool *counted; /* owned; of the bundle's cells, by their index, those that have a point here; NULL: none */
	double level_least, level_most;
	bool by_range, by_rank, by_bootstrap;
	int error; /* the first -ENOMEM; nothing is written then */
};

void figure_init(struct figure *figure, const struct bundle *bundle, const char *name);
void figure_clear(struct figure *figure);

__attribute__((format(printf, 2, 3))) void figure_title(struct figure *figure, const char *format, ...);
__attribute__((format(printf, 2, 3))) void figure_caption(struct figure *figure, const char *format, ...);
__attribute__((format(printf, 2, 3))) void figure_note(struct figure *figure, const char *format, ...);

/* What lines of that style look like there: "Dashed grey", on a terminal "Signs #". Of SERIES_BOUND, SERIES_OTHER and
 * SERIES_FORECAST. */
const char *figure_line(const struct figure *figure, enum series_style style);
/* The whole figure says what it lacks, in place of panels; missing.gp draws it. */
void figure_missing(struct figure *figure, const char *text);

/* A new panel, valid until the figure is cleared; the last one again where there are PANELS_MAX already. */
struct panel *figure_panel(struct figure *figure);
/* A new, empty series in the last panel; NULL without memory. Valid until the next series. */
struct series *figure_series(struct figure *figure, enum series_style style, const char *name);
/* Copies the point; its text is copied too. A point without x is left out. series may be NULL. */
void figure_point(struct figure *figure, struct series *series, const struct point *point);

/* Counts what stands behind a point for the caption. */
void figure_count(struct figure *figure, const struct cell *cell, const struct summary *summary,
		  const struct interval *interval);

/* Writes the TSV. 0 or -errno. */
int figure_write(struct figure *figure, FILE *out);
/* The legend in one line, for a terminal: each runtime behind its letter; nothing where the figure has none. */
void figure_print_legend(const struct figure *figure, FILE *out);

/* caption.c: the lines under every figure: machine, numbers and intervals, version. Call it when all is counted. */
void figure_describe(struct figure *figure);
/* caption.c: notes on what the records left out, and on the cells of these groups without a result or with failures. */
struct family;
void figure_explain(struct figure *figure, const struct family *family);

/* The figures. Each fills an initialised figure from the bundle's groups. */
struct groups;
typedef void figure_maker(struct figure *figure, const struct groups *groups);
figure_maker scoreboard_figure, chess_figure, counting_figure, echo_figure, primitives_figure;
figure_maker forecast_figure, forecast_echo_figure;
figure_maker tail_figure, rate_figure, memory_figure;
figure_maker spread_figure, sequence_figure, starvation_figure, resources_figure, cost_figure;
figure_maker map_figure, fairness_figure;
figure_maker cores_figure, efficiency_figure, concurrency_figure;

/* The figures in their order, by index from 0: its maker and its name; NULL after the last. (plot.c) */
figure_maker *figure_at(size_t index, const char **name);

/* Draws TSV files with gnuplot (gnuplot.c). directory: where the TSV is and where images go; script: an absolute path;
 * terminal: NULL for SVG and PNG, else "dumb" with its size. What gnuplot prints on standard output is copied to out.
 * 0; -ENOENT: no gnuplot; -EIO: it failed; a sentence in both cases. */
struct gnuplot_job {
	const char *directory, *script, *data;
	bool terminal;
	unsigned columns, rows;
	FILE *out;
};
int gnuplot_run(const struct gnuplot_job *job);

#endif
