/* machines_figure.c: machines side by side: for each workload the speed of the fastest runtime, over cores and over the
 * share of the machine's cores. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "drawn.h"
#include "figure.h"
#include "machines.h"
#include "text.h"

enum { WORKLOADS_MAX = 4 };

static const unsigned colours[] = {0x0072b2, 0xd55e00, 0x009e73, 0xcc79a7, 0xe69f00, 0x56b4e9, 0x555555};

/* The row of the workload's figure: the one that most points of other machines were compared in. */
static const struct machine_row *row_choose(const struct machines *machines, const char *workload)
{
	const struct machine_row *chosen = NULL;
	size_t most = 0;

	for (size_t i = 0; i < machines->row_count; i++) {
		const struct machine_row *row = &machines->rows[i];
		size_t good = 0;

		if (strcmp(row->workload, workload) != 0 || !row->base)
			continue;
		for (size_t k = 0; k < row->count; k++)
			good += row->points[k].machine > 0 && !isnan(row->points[k].speed);
		if (good > most || (good == most && good > 0 && chosen &&
				    row->base->sample->summary.median < chosen->base->sample->summary.median))
			chosen = row, most = good;
	}
	return chosen;
}

static void points_draw(struct figure *figure, const struct machine_row *row, unsigned machine, bool share)
{
	struct series *series = figure_series(figure, SERIES_RUNTIME, figure->bundle->runtimes[machine]);

	for (size_t i = 0; i < row->count; i++) {
		const struct machine_point *point = &row->points[i];

		if (point->machine != machine || isnan(point->speed))
			continue;
		figure_point(figure, series,
			     &(struct point){.x = share ? 100 * point->share : point->cores,
					     .y = point->speed,
					     .low = point->interval.low,
					     .high = point->interval.high,
					     .mean = NAN,
					     .n = point->sample->count,
					     .slot = machine});
	}
}

/* The first machine's base, as many times as there are cores. */
static void ideal_draw(struct figure *figure, const struct machine_row *row)
{
	struct series *series = figure_series(figure, SERIES_BOUND, "ideal");
	double most = 0;

	for (size_t i = 0; i < row->count; i++)
		most = fmax(most, isnan(row->points[i].speed) ? 0 : row->points[i].cores);
	for (int end = 0; end < 2; end++)
		figure_point(figure, series,
			     &(struct point){.x = end * most,
					     .y = end * most / row->base->cores,
					     .low = NAN,
					     .high = NAN,
					     .mean = NAN,
					     .slot = BUNDLE_RUNTIMES_MAX});
}

static void panel_draw(struct figure *figure, const struct machines *machines, const struct machine_row *row,
		       bool share)
{
	struct panel *panel = figure_panel(figure);

	text_cut(panel->title, sizeof(panel->title), row->name, share ? 50 : 60);
	snprintf(panel->x.label, sizeof(panel->x.label), share ? "per cent of the machine's cores" : "cores");
	snprintf(panel->y.label, sizeof(panel->y.label),
		 row->paced ? "speed at equal durations (machine 1 = 1)" : "speed (machine 1, all its cores = 1)");
	panel->x.low = panel->y.low = 0;
	panel->x.tics_at_points = true;
	if (!share)
		ideal_draw(figure, row);
	for (unsigned i = 0; i < machines->side_count; i++)
		points_draw(figure, row, i, share);
}

/* Rows stand by name, those of a workload together. */
static void machines_fill(struct figure *figure, const struct machines *machines)
{
	size_t count = 0, left_out = 0;

	for (size_t i = 0; i < machines->row_count; i++) {
		const char *workload = machines->rows[i].workload;
		const struct machine_row *row = i > 0 && strcmp(machines->rows[i - 1].workload, workload) == 0
							? NULL
							: row_choose(machines, workload);

		left_out += row && count == WORKLOADS_MAX;
		if (!row || count == WORKLOADS_MAX)
			continue;
		count++;
		panel_draw(figure, machines, row, false);
		panel_draw(figure, machines, row, true);
	}
	figure->columns = 2;
	figure->rows = (unsigned)count;
	if (left_out > 0)
		figure_caption(figure, "%zu more %s compared and not drawn: the table has them.", left_out,
			       left_out == 1 ? "workload is" : "workloads are");
}

static void machines_describe(struct figure *figure, const struct machines *machines)
{
	figure_title(figure, "Which machine is faster, and what do its cores give?");
	figure_note(figure, "Mark: ratio of median wall times, machine 1 on the most of its cores = 1; bar: its 95 %% "
			    "interval (percentile bootstrap). Dashed: as many times that as there are cores. Of each "
			    "workload the cell that most machines have, by the runtime that is fastest on machine 1.");
	for (unsigned i = 0; i < machines->side_count; i++) {
		const struct machine_side *side = &machines->sides[i];

		figure_caption(figure, "%s: identity %s, %u of %u cores allowed%s.", figure->bundle->runtimes[i],
			       side->identity, side->allowed, side->present,
			       side->emulated ? "; emulated: a restricted part of a machine" : "");
	}
}

/* Machines stand where a figure has runtimes. Names are the caller's to free. */
static int sides_name(const struct machines *machines, struct bundle *named)
{
	for (unsigned i = 0; i < machines->side_count; i++) {
		char *name, *path = strdup(machines->sides[i].samples->path);
		size_t length = path ? strlen(path) : 0;

		while (length > 1 && path[length - 1] == '/')
			path[--length] = '\0';
		if (!path || asprintf(&name, "%u: %s", i + 1, strrchr(path, '/') ? strrchr(path, '/') + 1 : path) < 0) {
			free(path);
			return -ENOMEM;
		}
		free(path);
		for (char *c = name; *c; c++)
			*c = (unsigned char)*c < 0x20 || *c == '\\' || *c == '"' ? '?' : *c;
		named->runtimes[named->runtime_count++] = name;
	}
	return 0;
}

int machines_plot(const struct machines *machines, const char *directory, const char *scripts_directory)
{
	struct bundle *named = calloc(1, sizeof(*named));
	struct figure figure;
	int error = named ? sides_name(machines, named) : -ENOMEM;

	if (!error) {
		figure_init(&figure, named, "machines");
		figure.legend_heading = "machines";
		for (unsigned i = 0; i < machines->side_count; i++)
			figure.marks[i] = (struct mark){.family = FAMILY_UNKNOWN,
							.colour = colours[i % (sizeof(colours) / sizeof(*colours))],
							.shape = 5 + 2 * (i % 5),
							.dash = 1};
		machines_fill(&figure, machines);
		machines_describe(&figure, machines);
		if (figure.panel_count > 0)
			error = drawn_figure(&figure, directory, scripts_directory);
		else
			fputs("simul: these machines have no cell in common: there is nothing to draw\n", stderr);
		figure_clear(&figure);
	}
	for (unsigned i = 0; named && i < named->runtime_count; i++)
		free((char *)named->runtimes[i]);
	free(named);
	return error;
}
