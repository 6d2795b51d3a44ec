/* plot.c: report_plot(): each figure's data is written, then gnuplot draws it.
 *
 * For a terminal the data lies in a temporary folder that is removed again, so that a bundle that cannot be written can
 * still be looked at. */
#include "report.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../analysis/groups.h"
#include "figure.h"
#include "left_out.h"
#include "text.h"

/* needs, call: what a bundle without anything for it lacks, and what measures that. */
static const struct {
	const char *name;
	figure_maker *make;
	const char *needs, *call;
} figures[] = {
	{"scoreboard", scoreboard_figure, "any workload", "simul run"},
	{"map", map_figure, "chess over the number of tasks and the share of waiting", "simul map"},
	{"chess", chess_figure, "chess", "simul run --workload=chess"},
	{"counting", counting_figure, "counting", "simul run --workload=counting"},
	{"echo", echo_figure, "echo", "simul run --workload=echo"},
	{"primitives", primitives_figure, "any primitive", "simul run --workload=spawn,switch,idle,skynet"},
	{"cores", cores_figure, "a sweep over cores", "simul cores"},
	{"efficiency", efficiency_figure, "a sweep over cores", "simul cores"},
	{"concurrency", concurrency_figure, "a sweep over tasks a core", "simul cores --concurrency --workload=chess"},
	{"forecast", forecast_figure, "chess with the costs of the primitives", "simul run --profile=costs"},
	{"forecast-echo", forecast_echo_figure, "echo with the costs of the primitives", "simul run --profile=costs"},
	{"tail", tail_figure, "echo", "simul run --workload=echo"},
	{"rate", rate_figure, "echo at an offered rate",
	 "simul run --workload=echo --set rate=5000,20000,80000 --set messages=2000"},
	{"memory", memory_figure, "echo", "simul run --workload=echo"},
	{"spread", spread_figure, "a cell with three good invocations", "simul run --repetitions=5"},
	{"sequence", sequence_figure, "a cell with three good invocations", "simul run --repetitions=5"},
	{"starvation", starvation_figure, "starvation", "simul run --workload=starvation"},
	{"fairness", fairness_figure, "chess or counting with three good invocations",
	 "simul run --workload=chess,counting"},
	{"resources", resources_figure, "any CPU time", "simul run"},
	{"cost", cost_figure, "idle or switch with several numbers of tasks",
	 "simul run --workload=idle,switch --set tasks=100,1000,10000"},
};

enum { FIGURES = sizeof(figures) / sizeof(*figures) };

figure_maker *figure_at(size_t index, const char **name)
{
	*name = index < FIGURES ? figures[index].name : NULL;
	return index < FIGURES ? figures[index].make : NULL;
}

int report_check_figure(const char *name, char *reason, size_t size)
{
	size_t length = (size_t)snprintf(reason, size, "there is no figure '%.40s'; the figures are", name);

	for (size_t i = 0; i < FIGURES; i++)
		if (strcmp(name, figures[i].name) == 0)
			return 0;
	for (size_t i = 0; i < FIGURES && length < size; i++)
		length += (size_t)snprintf(reason + length, size - length, "%s%s", i ? ", " : " ", figures[i].name);
	return -EINVAL;
}

struct drawing {
	const struct groups *groups;
	const char *scripts; /* absolute */
	const char *directory;
	const struct report_options *options;
	FILE *out;      /* of text */
	unsigned width; /* of the terminal */
};

static int failed(int error, const char *what)
{
	fprintf(stderr, "simul: %s: %s\n", what, strerror(-error));
	return error;
}

/* --- as text -------------------------------------------------------------------------------------------------- */

static void print_line(void *context, const char *text)
{
	fprintf(context, "%s\n", text);
}

static void print_legend(const struct figure *figure, unsigned width, FILE *out)
{
	char *legend = NULL;
	size_t size;
	FILE *text = open_memstream(&legend, &size);

	if (!text)
		return;
	figure_print_legend(figure, text);
	fclose(text);
	text_wrap(legend ? legend : "", width, print_line, out);
	free(legend);
}

/* Reasons that were too long for their row here, in full; which were too long for any figure, the notes have. */
static void print_cut(const struct figure *figure, unsigned width, FILE *out)
{
	enum { NAMES_WIDTH = 26 };

	for (size_t i = 0; !figure->legend && i < figure->series_count; i++) {
		const struct series *series = &figure->series[i];

		for (size_t j = 0; j < series->count; j++) {
			const struct point *point = &series->points[j];
			bool reason = series->style == SERIES_FAILED || series->style == SERIES_NOTE;
			char *line;

			if (!reason || !point->text || text_width(point->text) + NAMES_WIDTH <= width ||
			    strstr(point->text, "…") ||
			    asprintf(&line, "%s, %s: %s", figure->bundle->runtimes[point->slot],
				     figure->panels[series->panel].title, point->text) < 0)
				continue;
			text_wrap(line, width, print_line, out);
			free(line);
		}
	}
}

/* One that says in place of panels what it lacks. */
static bool is_missing(const struct figure *figure)
{
	return figure->panel_count == 1 && figure->panels[0].blank;
}

static void print_words(const struct figure *figure, unsigned width, FILE *out)
{
	if (figure->legend)
		print_legend(figure, width, out);
	if (!is_missing(figure))
		text_wrap(
			figure->legend
				? "Letters are the runtimes' medians; where several fall on one place the last of them "
				  "stands. Other signs are the lines of reference, named below."
				: "o is a median, the signs on either side of it its interval.",
			width, print_line, out);
	print_cut(figure, width, out);
	for (size_t i = 0; i < figure->note_count; i++)
		text_wrap(figure->notes[i], width, print_line, out);
	for (size_t i = 0; i < figure->caption_count; i++)
		text_wrap(figure->captions[i], width, print_line, out);
	fputc('\n', out);
}

static unsigned terminal_width(void)
{
	const char *columns = getenv("COLUMNS");
	struct winsize size;
	long width = columns ? strtol(columns, NULL, 10) : 0;

	if (width <= 0 && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0)
		width = size.ws_col;
	return width < 1 ? 80 : width < 60 ? 60 : width > 200 ? 200 : (unsigned)width;
}

/* --- one figure ----------------------------------------------------------------------------------------------- */

static int write_data(struct figure *figure, const char *path)
{
	FILE *out = fopen(path, "we");

	if (!out)
		return failed(-errno, path);
	int error = figure_write(figure, out);

	if (fclose(out) && !error)
		error = -errno;
	return error ? failed(error, path) : 0;
}

/* An image of an earlier run must not be taken for this one's. */
static void remove_images(const struct drawing *drawing, const char *name)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s.svg", drawing->directory, name);
	unlink(path);
	snprintf(path, sizeof(path), "%s/%s.png", drawing->directory, name);
	unlink(path);
}

static void remove_files(const struct drawing *drawing, const char *name)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s.tsv", drawing->directory, name);
	unlink(path);
	remove_images(drawing, name);
}

static int check_images(const struct drawing *drawing, const char *name)
{
	static const char *const endings[] = {"svg", "png"};
	char path[PATH_MAX];
	struct stat status;

	for (int i = 0; i < 2; i++) {
		snprintf(path, sizeof(path), "%s/%s.%s", drawing->directory, name, endings[i]);
		if (stat(path, &status) < 0)
			return failed(-errno, path);
		if (status.st_size == 0)
			return failed(-ENOSPC, path);
	}
	return 0;
}

/* As many panels beside each other as have PANEL_WIDTH characters each: curves.gp has the same rule. */
static unsigned terminal_rows(const struct figure *figure, unsigned width)
{
	enum { PANEL_WIDTH = 60, PANEL_HEIGHT = 20 };
	unsigned columns = width / PANEL_WIDTH < figure->columns ? width / PANEL_WIDTH : figure->columns, rows = 0;

	if (figure->legend)
		return PANEL_HEIGHT * ((figure->panel_count + columns - 1) / columns) + 1;
	for (unsigned i = 0; i < figure->panel_count; i++)
		rows += (unsigned)(1.25 * (figure->panels[i].y.high - figure->panels[i].y.low)) + 8;
	return rows;
}

static int draw(const struct drawing *drawing, struct figure *figure)
{
	char data[PATH_MAX], script[PATH_MAX + 64], name[64];
	bool terminal = drawing->options->terminal;

	snprintf(name, sizeof(name), "%s.tsv", figure->name);
	snprintf(data, sizeof(data), "%s/%s", drawing->directory, name);
	snprintf(script, sizeof(script), "%s/%s.gp", drawing->scripts, is_missing(figure) ? "missing" : figure->name);
	int error = write_data(figure, data);

	if (error)
		return error;
	if (terminal)
		fprintf(drawing->out, "%s\n", figure->title);
	if (terminal && is_missing(figure)) {
		fprintf(drawing->out, "%s\n", figure->series[0].points[0].text);
		print_words(figure, drawing->width, drawing->out);
		return drawing->options->figure ? -ENODATA : 0;
	}
	if (!terminal)
		remove_images(drawing, figure->name);
	error = gnuplot_run(&(struct gnuplot_job){
		.directory = drawing->directory,
		.script = script,
		.data = name,
		.terminal = terminal,
		.columns = drawing->width,
		.rows = terminal ? terminal_rows(figure, drawing->width) : 0,
		.out = drawing->out,
	});
	if (terminal && !error)
		print_words(figure, drawing->width, drawing->out);
	return error || terminal ? error : check_images(drawing, figure->name);
}

static void describe_missing(struct figure *figure, size_t index)
{
	char text[160];

	snprintf(text, sizeof(text), "This run has nothing for it: it needs %s.", figures[index].needs);
	figure_missing(figure, text);
	figure_note(figure, "To measure it: %s", figures[index].call);
}

static int draw_figure(const struct drawing *drawing, const struct bundle *bundle, size_t index)
{
	struct figure figure;

	figure_init(&figure, bundle, figures[index].name);
	figure.terminal = drawing->options->terminal;
	figures[index].make(&figure, drawing->groups);
	if (figure.panel_count == 0 && drawing->options->figure)
		describe_missing(&figure, index);
	figure_describe(&figure);
	/* One that has nothing to show is drawn only if it was asked for by name, and an older one is not kept. */
	bool empty = figure.panel_count == 0 && !figure.error;
	int error = empty ? 0 : draw(drawing, &figure);

	if (empty && !drawing->options->terminal)
		remove_files(drawing, figure.name);
	figure_clear(&figure);
	return error;
}

static int draw_all(const struct drawing *drawing, const struct bundle *bundle)
{
	const char *only = drawing->options->figure;
	int error = 0;

	for (size_t i = 0; i < FIGURES && !error; i++)
		if (!only || strcmp(only, figures[i].name) == 0)
			error = draw_figure(drawing, bundle, i);
	return error;
}

/* --- where ---------------------------------------------------------------------------------------------------- */

static int draw_in_bundle(struct drawing *drawing, const struct bundle *bundle, const char *path)
{
	char directory[PATH_MAX];

	if (snprintf(directory, sizeof(directory), "%s/plots", path) >= (int)sizeof(directory) - 64)
		return failed(-ENAMETOOLONG, path);
	if (mkdir(directory, 0777) < 0 && errno != EEXIST)
		return failed(-errno, directory);
	drawing->directory = directory;
	return draw_all(drawing, bundle);
}

static void remove_folder(const char *path)
{
	char name[PATH_MAX + 64];

	for (size_t i = 0; i < FIGURES; i++) {
		snprintf(name, sizeof(name), "%s/%s.tsv", path, figures[i].name);
		unlink(name);
	}
	rmdir(path);
}

static int draw_on_terminal(struct drawing *drawing, const struct bundle *bundle)
{
	const char *parent = getenv("TMPDIR");
	char directory[PATH_MAX];

	if (snprintf(directory, sizeof(directory), "%s/simul-XXXXXX", parent ? parent : "/tmp") >= PATH_MAX - 64)
		return failed(-ENAMETOOLONG, parent);
	if (!mkdtemp(directory))
		return failed(-errno, directory);
	drawing->directory = directory;
	drawing->width = terminal_width();
	drawing->out = drawing->options->out ? drawing->options->out : stdout;
	int error = draw_all(drawing, bundle);

	remove_folder(directory);
	return error;
}

int report_plot(const char *path, const char *scripts_directory, const struct report_options *options)
{
	static const struct report_options none;
	char scripts[PATH_MAX];
	struct bundle bundle;
	struct groups groups;
	struct drawing drawing = {.groups = &groups, .scripts = scripts, .options = options ? options : &none};

	if (!realpath(scripts_directory, scripts))
		return failed(-errno, scripts_directory);
	int error = bundle_open(path, &bundle);

	if (error)
		return error;
	error = groups_make(&bundle, &groups);
	if (error) {
		failed(error, path);
	} else {
		error = drawing.options->terminal ? draw_on_terminal(&drawing, &bundle)
						  : draw_in_bundle(&drawing, &bundle, path);
		left_out_print(&bundle, "simul: ", stderr);
		groups_clear(&groups);
	}
	bundle_close(&bundle);
	return error;
}
