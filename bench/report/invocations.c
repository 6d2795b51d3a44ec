/* invocations.c: single invocations against their cell's median: the figures of how far they lie apart and of the order
 * in which they came, and the drift of drift.h.
 *
 * Both leave out cells of fewer than FEWEST invocations: with two, either is as far from the median as the other. */
#include <errno.h>
#include <stdlib.h>

#include "../analysis/ranktest.h"
#include "../analysis/samples.h"
#include "drift.h"
#include "figure.h"
#include "quantity.h"
#include "text.h"

enum { FEWEST = 3, COLUMNS = 3, CURVE_POINTS = 400, ALL_AT_ONCE = 800, PART_LEAST = 8, LEAST_PERCENT = 2 };

/* An invocation: its place in the run, and by how many percent its wall time differs from its cell's median. */
struct played {
	const struct cell *cell;
	double sequence, percent;
	bool disturbed;
};

/* Those of one panel, and which percents it shows. */
struct crowd {
	struct played *played; /* owned */
	size_t count;
	double low, high;
	size_t beyond;
	double furthest; /* of those beyond, percent */
};

static int compare_percents(const void *left, const void *right)
{
	double a = *(const double *)left, b = *(const double *)right;

	return (a > b) - (a < b);
}

static int by_sequence(const void *left, const void *right)
{
	const struct played *a = left, *b = right;

	return (a->sequence > b->sequence) - (a->sequence < b->sequence);
}

static void add_cell(struct crowd *crowd, const struct cell *cell)
{
	struct summary summary = cell_summary(cell, MEASURE_WALL_NS);

	if (summary.n < FEWEST || !(summary.median > 0))
		return;
	for (size_t i = 0; i < cell->invocation_count; i++) {
		const struct invocation *invocation = &cell->invocations[i];
		double wall = invocation->value[MEASURE_WALL_NS];

		if (invocation->status == STATUS_OK && !isnan(wall))
			crowd->played[crowd->count++] = (struct played){
				.cell = cell,
				.sequence = (double)invocation->sequence,
				.percent = 100 * (wall / summary.median - 1),
				.disturbed = invocation->disturbed,
			};
	}
}

static int crowd_make(struct crowd *crowd, size_t most)
{
	*crowd = (struct crowd){.played = malloc(sizeof(*crowd->played) * (most + 1))};
	return crowd->played ? 0 : -ENOMEM;
}

/* All of a workload, in the order of the run; first: its first family. */
static int crowd_of(const struct bundle *bundle, const struct groups *groups, const struct family *first,
		    struct crowd *crowd)
{
	const struct family *end = family_next_workload(groups, first);

	end = end ? end : groups->families + groups->family_count;
	if (crowd_make(crowd, bundle->invocation_count) < 0)
		return -ENOMEM;
	for (const struct family *family = first; family < end; family++)
		for (size_t i = 0; i < family->group_count; i++)
			for (size_t j = 0; j < family->groups[i].cell_count; j++)
				add_cell(crowd, family->groups[i].cells[j]);
	qsort(crowd->played, crowd->count, sizeof(*crowd->played), by_sequence);
	return 0;
}

/* ---- Drift ---- */

static int drift_of(const struct crowd *crowd, struct drift *drift)
{
	size_t most = crowd->count / PART_LEAST, parts = most < PARTS_MAX ? most : PARTS_MAX;
	double *values = calloc(crowd->count + 1, sizeof(*values)), medians[PARTS_MAX], places[PARTS_MAX];

	*drift = (struct drift){.trend_p = NAN, .trend = NAN, .phases_p = NAN, .low = NAN, .high = NAN, .parts = parts};
	if (!values)
		return -ENOMEM;
	for (size_t i = 0; i < crowd->count; i++)
		values[i] = crowd->played[i].percent;
	drift->phases_p = bartels(values, crowd->count);
	for (size_t i = 0; i < parts; i++) {
		size_t begin = i * crowd->count / parts, end = (i + 1) * crowd->count / parts;

		for (size_t j = begin; j < end; j++)
			values[j - begin] = crowd->played[j].percent;
		sort_values(values, end - begin);
		medians[i] = quantile(values, end - begin, 0.5);
		places[i] = (double)i;
		drift->low = fmin(drift->low, medians[i]);
		drift->high = fmax(drift->high, medians[i]);
		drift->part[i] = (struct part){
			.sequence = crowd->played[(begin + end) / 2].sequence, .percent = medians[i], .n = end - begin};
	}
	free(values);
	if (parts > 1) {
		drift->trend_p = mann_kendall(medians, parts, NULL);
		drift->trend = median_slope(places, medians, parts) * (double)(parts - 1);
	}
	return 0;
}

int workload_drift(const struct bundle *bundle, const struct groups *groups, const struct family *first,
		   struct drift *drift)
{
	struct crowd crowd;
	int error = crowd_of(bundle, groups, first, &crowd);

	if (!error)
		error = drift_of(&crowd, drift);
	free(crowd.played);
	return error;
}

static bool has_trend(const struct drift *drift)
{
	return drift->trend_p < DRIFT_P && fabs(drift->trend) >= LEAST_PERCENT;
}

static bool has_phases(const struct drift *drift)
{
	return drift->phases_p < DRIFT_P && drift->high - drift->low >= LEAST_PERCENT;
}

bool has_drift(const struct drift *drift)
{
	return has_trend(drift) || has_phases(drift);
}

/* "p = 0.002", "p < 0.0001". */
static char *p_text(double p, char text[24])
{
	if (p < 1e-4)
		snprintf(text, 24, "p < 0.0001");
	else
		snprintf(text, 24, "p = %.1g", p);
	return text;
}

char *drift_text(const struct drift *drift, char *text, size_t size)
{
	char p[24];

	*text = '\0';
	if (has_trend(drift))
		snprintf(text, size, "drift: %+.1f %% over the run (%s)", drift->trend, p_text(drift->trend_p, p));
	else if (has_phases(drift))
		snprintf(text, size, "phases: from %+.1f to %+.1f %% (%s)", drift->low, drift->high,
			 p_text(drift->phases_p, p));
	else if (!isnan(drift->trend_p))
		snprintf(text, size, "no drift shown");
	return text;
}

bool cell_drifts(const struct cell *cell)
{
	enum { MOST = 5000 }; /* all pairs of them */
	double *values = malloc(sizeof(*values) * (cell->invocation_count + 1));
	size_t count = values ? cell_values(cell, MEASURE_WALL_NS, values) : 0;
	bool drifts = count <= MOST && mann_kendall(values, count, NULL) < DRIFT_P;

	free(values);
	return drifts;
}

static void print_line(void *context, const char *text)
{
	fprintf(context, "%s\n", text);
}

static bool print_workload_drift(const struct family *family, const struct drift *drift, FILE *out)
{
	char what[80], text[240];

	if (!has_drift(drift))
		return false;
	snprintf(text, sizeof(text),
		 "%.60s: %s: the machine changed meanwhile, for all models; see the figure sequence.", family->workload,
		 drift_text(drift, what, sizeof(what)));
	text_wrap(text, 80, print_line, out);
	return true;
}

int drift_print(const struct bundle *bundle, const struct groups *groups, FILE *out)
{
	size_t cells = 0, drifting = 0;
	bool any = false;
	int error = 0;
	char text[240];

	for (const struct family *family = groups->family_count ? groups->families : NULL; family && !error;
	     family = family_next_workload(groups, family)) {
		struct drift drift;

		error = workload_drift(bundle, groups, family, &drift);
		any |= !error && print_workload_drift(family, &drift, out);
	}
	for (size_t i = 0; i < bundle->cell_count; i++) {
		cells += bundle->cells[i].count[STATUS_OK] > 0;
		drifting += cell_drifts(&bundle->cells[i]);
	}
	if (drifting > 0) {
		snprintf(text, sizeof(text),
			 "In %zu of %zu cells, marked ~ where a table has them, times rise or fall over the run "
			 "(Mann-Kendall, p < %g; by chance: %.1f).",
			 drifting, cells, DRIFT_P, DRIFT_P * (double)cells);
		text_wrap(text, 80, print_line, out);
	}
	if (any || drifting > 0)
		fputc('\n', out);
	return error;
}

/* A few wild ones must not press all others together: the panel reaches a little beyond 19 of 20, and those outside of
 * it stand at its edge. */
static void find_limits(struct figure *figure, struct crowd *crowd)
{
	double *sorted = malloc(sizeof(*sorted) * (crowd->count + 1));

	if (!sorted) {
		figure->error = -ENOMEM;
		return;
	}
	for (size_t i = 0; i < crowd->count; i++)
		sorted[i] = crowd->played[i].percent;
	qsort(sorted, crowd->count, sizeof(*sorted), compare_percents);
	crowd->low = fmin(1.6 * quantile(sorted, crowd->count, 0.025), -1);
	crowd->high = fmax(1.6 * quantile(sorted, crowd->count, 0.975), 1);
	free(sorted);
	for (size_t i = 0; i < crowd->count; i++) {
		double percent = crowd->played[i].percent;

		if (percent >= crowd->low && percent <= crowd->high)
			continue;
		crowd->beyond++;
		crowd->furthest = fabs(percent) > fabs(crowd->furthest) ? percent : crowd->furthest;
	}
}

static double shown(const struct crowd *crowd, double percent)
{
	return fmin(fmax(percent, crowd->low), crowd->high);
}

static void note_beyond(struct figure *figure, const struct crowd *crowd, const char *workload)
{
	if (crowd->beyond > 0)
		figure_note(
			figure,
			"%s: %zu of %zu invocations lie beyond the panel and stand at its edge, the furthest %+.3g %%.",
			workload, crowd->beyond, crowd->count, crowd->furthest);
}

static struct point point_of(const struct played *played, double x, double y)
{
	return (struct point){.x = x, .y = y, .low = NAN, .high = NAN, .mean = NAN, .n = 1, .slot = played->cell->slot};
}

/* ---- Spread ---- */

static int by_percent_of_cell(const void *left, const void *right)
{
	const struct played *a = left, *b = right;

	if (a->cell->slot != b->cell->slot)
		return a->cell->slot < b->cell->slot ? -1 : 1;
	return (a->percent > b->percent) - (a->percent < b->percent);
}

/* Each stands in the middle of its own step (Hazen's plotting position), so that all curves meet at the median. Of very
 * many a regular part is drawn. */
static void draw_shares(struct figure *figure, struct crowd *crowd)
{
	qsort(crowd->played, crowd->count, sizeof(*crowd->played), by_percent_of_cell);
	for (size_t begin = 0, end; begin < crowd->count; begin = end) {
		const struct cell *cell = crowd->played[begin].cell;
		struct series *series = figure_series(figure, SERIES_RUNTIME, cell->runtime);

		for (end = begin; end < crowd->count && crowd->played[end].cell == cell; end++)
			;
		size_t step = (end - begin + CURVE_POINTS - 1) / CURVE_POINTS;

		for (size_t i = begin + (end - 1 - begin) % step; i < end; i += step) {
			struct point point = point_of(&crowd->played[i], shown(crowd, crowd->played[i].percent),
						      ((double)(i - begin) + 0.5) / (double)(end - begin));

			point.mean = crowd->played[i].percent;
			figure_point(figure, series, &point);
		}
	}
}

static void panel_spread(struct figure *figure, const struct group *group)
{
	struct crowd crowd;
	size_t most = 0;
	char label[180];

	for (size_t i = 0; i < group->cell_count; i++)
		most += group->cells[i]->invocation_count;
	if (crowd_make(&crowd, most) < 0) {
		figure->error = -ENOMEM;
		return;
	}
	for (size_t i = 0; i < group->cell_count; i++)
		add_cell(&crowd, group->cells[i]);
	if (crowd.count > 0) {
		struct panel *panel = figure_panel(figure);

		find_limits(figure, &crowd);
		quantity_label(group, label, sizeof(label));
		snprintf(panel->title, sizeof(panel->title), "%.40s: %.64s", group->cells[0]->workload, label);
		snprintf(panel->x.label, sizeof(panel->x.label), "wall time, %% over its cell's median");
		snprintf(panel->y.label, sizeof(panel->y.label), "share of invocations that were faster");
		panel->x.low = crowd.low, panel->x.high = crowd.high;
		panel->y.low = 0, panel->y.high = 1;
		draw_shares(figure, &crowd);
		note_beyond(figure, &crowd, group->cells[0]->workload);
	}
	free(crowd.played);
}

void spread_figure(struct figure *figure, const struct groups *groups)
{
	figure_title(figure, "How much do invocations of one cell differ?");
	figure_note(figure, "Each mark is an invocation, each curve a runtime: the steeper it is, the more alike are "
			    "its invocations.");
	for (const struct family *family = groups->family_count ? groups->families : NULL;
	     family && figure->panel_count < PANELS_MAX; family = family_next_workload(groups, family)) {
		const struct group *group = headline_group(family);

		if (group)
			panel_spread(figure, group);
	}
	figure->columns = figure->panel_count < COLUMNS ? figure->panel_count : COLUMNS;
	figure->rows = (figure->panel_count + COLUMNS - 1) / COLUMNS;
}

/* ---- Sequence ---- */

/* Of very many a regular part is drawn. */
static void draw_invocations(struct figure *figure, const struct crowd *crowd, unsigned slot, bool disturbed)
{
	size_t step = (crowd->count + ALL_AT_ONCE - 1) / ALL_AT_ONCE;
	struct series *series = NULL;

	for (size_t i = 0; i < crowd->count; i += step) {
		const struct played *played = &crowd->played[i];

		if (played->cell->slot != slot || played->disturbed != disturbed)
			continue;
		if (!series)
			series = figure_series(figure, disturbed ? SERIES_FAILED : SERIES_SAMPLES,
					       played->cell->runtime);
		struct point point = point_of(played, played->sequence, shown(crowd, played->percent));

		point.mean = played->percent;
		figure_point(figure, series, &point);
		figure->used[slot] = true;
	}
}

/* The medians of successive parts of the run: what moves them moved the machine. */
static void draw_medians(struct figure *figure, const struct crowd *crowd, const struct drift *drift)
{
	struct series *series = figure_series(figure, SERIES_OTHER, "median of a part of the run");

	for (size_t i = 0; drift->parts > 1 && i < drift->parts; i++)
		figure_point(figure, series,
			     &(struct point){.x = drift->part[i].sequence,
					     .y = shown(crowd, drift->part[i].percent),
					     .low = NAN,
					     .high = NAN,
					     .mean = NAN,
					     .n = drift->part[i].n});
}

static void draw_middle(struct figure *figure, const struct panel *panel)
{
	struct series *series = figure_series(figure, SERIES_BOUND, "median of the cell");
	const double ends[] = {panel->x.low, panel->x.high};

	for (int i = 0; i < 2; i++)
		figure_point(figure, series,
			     &(struct point){.x = ends[i], .y = 0, .low = NAN, .high = NAN, .mean = NAN});
}

static void panel_sequence(struct figure *figure, struct crowd *crowd, double last)
{
	struct panel *panel = figure_panel(figure);
	size_t step = (crowd->count + ALL_AT_ONCE - 1) / ALL_AT_ONCE;
	struct drift drift;
	char text[80];

	find_limits(figure, crowd);
	if (drift_of(crowd, &drift) < 0)
		figure->error = -ENOMEM;
	drift_text(&drift, text, sizeof(text));
	snprintf(panel->title, sizeof(panel->title), "%.100s%s%s", crowd->played[0].cell->workload, *text ? ": " : "",
		 text);
	snprintf(panel->x.label, sizeof(panel->x.label), "place in the run");
	snprintf(panel->y.label, sizeof(panel->y.label), "%% over median");
	panel->x.low = 0, panel->x.high = last + 1;
	panel->y.low = crowd->low, panel->y.high = crowd->high;
	draw_middle(figure, panel);
	for (unsigned slot = 0; slot < figure->bundle->runtime_count; slot++)
		draw_invocations(figure, crowd, slot, false);
	for (unsigned slot = 0; slot < figure->bundle->runtime_count; slot++)
		draw_invocations(figure, crowd, slot, true);
	draw_medians(figure, crowd, &drift);
	note_beyond(figure, crowd, crowd->played[0].cell->workload);
	if (step > 1)
		figure_note(figure, "%s: one of %zu invocations is drawn; the medians are of all.",
			    crowd->played[0].cell->workload, step);
}

static double last_sequence(const struct bundle *bundle)
{
	double last = 0;

	for (size_t i = 0; i < bundle->cell_count; i++)
		for (size_t j = 0; j < bundle->cells[i].invocation_count; j++)
			last = fmax(last, (double)bundle->cells[i].invocations[j].sequence);
	return last;
}

void sequence_figure(struct figure *figure, const struct groups *groups)
{
	double last = last_sequence(figure->bundle);

	figure_title(figure, "Did the machine change during the run?");
	figure_note(figure,
		    "Each mark is an invocation, by its wall time over the median of its own cell; cells come in a "
		    "random order, so that a change is shared by all models. %s: the median of successive parts of the "
		    "run. Drift: it rises or falls from end to end (Mann-Kendall); phases: neighbours are more alike "
		    "than others (Bartels); p < %g. Crosses were disturbed by other load.",
		    figure->terminal ? figure_line(figure, SERIES_OTHER) : "The line", DRIFT_P);
	for (const struct family *family = groups->family_count ? groups->families : NULL;
	     family && figure->panel_count < PANELS_MAX; family = family_next_workload(groups, family)) {
		struct crowd crowd;

		if (crowd_of(figure->bundle, groups, family, &crowd) < 0) {
			figure->error = -ENOMEM;
			return;
		}
		if (crowd.count > 0)
			panel_sequence(figure, &crowd, last);
		free(crowd.played);
	}
	figure->columns = 1;
	figure->rows = figure->panel_count;
}
