/* scoreboard.c: every runtime in the headline group of every workload, fastest first; what has no result keeps its row.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../analysis/groups.h"
#include "figure.h"
#include "quantity.h"
#include "scoreboard.h"
#include "text.h"

static int compare_scores(const void *left, const void *right)
{
	const struct score *a = left, *b = right;
	bool a_missing = a->wall.n == 0, b_missing = b->wall.n == 0;

	if (a_missing != b_missing)
		return a_missing - b_missing;
	if (!a_missing && a->floor != b->floor)
		return a->floor - b->floor;
	if (!a_missing && a->wall.median != b->wall.median)
		return a->wall.median < b->wall.median ? -1 : 1;
	return (a->cell->slot > b->cell->slot) - (a->cell->slot < b->cell->slot);
}

struct score *scores_make(const struct bundle *bundle, const struct group *group)
{
	struct score *scores = calloc(group->cell_count, sizeof(*scores));

	if (!scores)
		return NULL;
	for (size_t i = 0; i < group->cell_count; i++) {
		scores[i].cell = group->cells[i];
		scores[i].wall = cell_summary(group->cells[i], MEASURE_WALL_NS);
		scores[i].floor = bundle_is_floor(bundle, group->cells[i]->runtime);
		scores[i].times = cell_summary(group->cells[i], MEASURE_TIMES_BOUND);
	}
	qsort(scores, group->cell_count, sizeof(*scores), compare_scores);
	return scores;
}

const char *method_text(const struct summary *least, size_t most, char *text, size_t size)
{
	static const char *const methods[] = {
		[INTERVAL_NONE] = "no interval",
		[INTERVAL_RANGE] = "interval: least to greatest",
		[INTERVAL_RANK] = "interval: rank-based",
	};
	char n[48] = "", level[48] = "";

	if (most > least->n)
		snprintf(n, sizeof(n), " to %zu", most);
	if (least->interval.level > 0)
		snprintf(level, sizeof(level), ", %s%.1f %%", most > least->n ? "at least " : "",
			 100 * least->interval.level);
	snprintf(text, size, "n = %zu%s, %s%s", least->n, n, methods[least->interval.method], level);
	return text;
}

void group_title(const struct family *family, const struct group *group, char *text, size_t size)
{
	const char *tasks = group->at == 1 ? family->axis->task : family->axis->tasks;
	char label[160];

	family_label(family, label, sizeof(label));
	if (isnan(group->at))
		snprintf(text, size, "%.60s %s", family->workload, label);
	else
		snprintf(text, size, "%.60s, %.0f %s %s", family->workload, group->at, tasks, label);
}

double memory_a_task(const struct family *family, unsigned slot)
{
	enum { PLACES_MAX = 64 };
	double x[PLACES_MAX], y[PLACES_MAX];
	size_t count = 0;

	for (size_t i = 0; i < family->group_count && count < PLACES_MAX; i++) {
		const struct cell *cell = group_cell(&family->groups[i], slot);
		double memory = cell ? cell_summary(cell, MEASURE_MEMORY_BYTES).median : NAN;

		if (isnan(memory) || isnan(family->groups[i].at))
			continue;
		x[count] = family->groups[i].at;
		y[count++] = memory;
	}
	double slope = count >= 3 ? median_slope(x, y, count) : NAN;

	return slope >= 0 ? slope : NAN;
}

/* "37.1 ms · 1.02 × bound", and for an echo its rate. */
static void score_text(const struct score *score, char *text, size_t size)
{
	double rate = cell_summary(score->cell, MEASURE_RATE).median;
	char time[NUMBER_TEXT_MAX], number[NUMBER_TEXT_MAX];
	int used = snprintf(text, size, "%s", format_time(time, score->wall.median));

	if (score->times.n > 0)
		used += snprintf(text + used, size - (size_t)used, "  %.2f × bound", score->times.median);
	if (!isnan(rate))
		used += snprintf(text + used, size - (size_t)used, "  %s k msg/s", format_number(number, rate / 1e3));
	if (score->cell->count[STATUS_FAILED] > 0)
		snprintf(text + used, size - (size_t)used, "  %zu failed", score->cell->count[STATUS_FAILED]);
}

static void draw_samples(struct figure *figure, const struct score *scores, size_t count, double unit)
{
	enum { SAMPLES_MAX = 200 }; /* of a row: more would only blacken it */
	struct series *series = figure_series(figure, SERIES_SAMPLES, "invocations");

	for (size_t row = 0; row < count; row++) {
		const struct cell *cell = scores[row].cell;

		for (size_t i = 0; i < cell->invocation_count && i < SAMPLES_MAX; i++) {
			if (cell->invocations[i].status != STATUS_OK)
				continue;
			figure_point(figure, series,
				     &(struct point){.x = cell->invocations[i].value[MEASURE_WALL_NS] / unit,
						     .y = -(double)row,
						     .low = NAN,
						     .high = NAN,
						     .mean = NAN,
						     .n = 1,
						     .slot = cell->slot});
		}
	}
}

static void draw_dots(struct figure *figure, const struct score *scores, size_t count, double unit)
{
	struct series *series = figure_series(figure, SERIES_RUNTIME, "runtimes");
	char text[160];

	for (size_t row = 0; row < count && scores[row].wall.n > 0; row++) {
		const struct summary *wall = &scores[row].wall;

		score_text(&scores[row], text, sizeof(text));
		figure_count(figure, scores[row].cell, wall, &wall->interval);
		figure_point(figure, series,
			     &(struct point){.x = wall->median / unit,
					     .y = -(double)row,
					     .low = wall->interval.low / unit,
					     .high = wall->interval.high / unit,
					     .mean = wall->mean / unit,
					     .n = wall->n,
					     .slot = scores[row].cell->slot,
					     .text = text});
	}
}

enum { REASON_WIDTH = 110 };

/* A row without a dot holds its reason; a failed one also a cross. The place along x is the gnuplot script's. */
static void draw_reasons(struct figure *figure, const struct score *scores, size_t count, bool failed)
{
	struct series *series =
		figure_series(figure, failed ? SERIES_FAILED : SERIES_NOTE, failed ? "failed" : "reasons");

	for (size_t row = 0; row < count; row++) {
		enum fate fate = cell_fate(scores[row].cell);
		char reason[400], text[500], cut[280];

		if (scores[row].wall.n > 0 || (fate == FATE_FAILED) != failed)
			continue;
		cell_reason(figure->bundle, scores[row].cell, reason, sizeof(reason));
		snprintf(text, sizeof(text), "%s%s",
			 failed                 ? "failed: "
			 : fate == FATE_REFUSED ? "refused: "
						: "",
			 reason);
		if (text_width(text) > REASON_WIDTH)
			figure_note(figure, "%s, %s: %s", scores[row].cell->runtime, scores[row].cell->workload, text);
		figure_point(figure, series,
			     &(struct point){.x = 0,
					     .y = -(double)row,
					     .low = NAN,
					     .high = NAN,
					     .mean = NAN,
					     .slot = scores[row].cell->slot,
					     .text = text_cut(cut, sizeof(cut), text, REASON_WIDTH)});
	}
}

/* Beside the rows with a result: reasons are not crossed by it. */
static void draw_bound(struct figure *figure, const struct score *scores, size_t count, double bound)
{
	struct series *series = figure_series(figure, SERIES_BOUND, "bound");
	size_t rows = 0;

	while (rows < count && scores[rows].wall.n > 0)
		rows++;

	for (int end = 0; end < 2 && !isnan(bound); end++) {
		double y = end ? 0.6 : 0.4 - (double)rows;

		figure_point(figure, series, &(struct point){.x = bound, .y = y, .low = NAN, .high = NAN, .mean = NAN});
	}
}

static void panel_of(struct figure *figure, const struct family *family, const struct group *group)
{
	struct score *scores = scores_make(figure->bundle, group);
	struct panel *panel = figure_panel(figure);
	double bound = group_bound(group);
	char title[200], time[NUMBER_TEXT_MAX];

	if (!scores) {
		figure->error = -ENOMEM;
		return;
	}
	struct time_unit unit = time_unit_for(scores[0].wall.median);

	group_title(family, group, title, sizeof(title));
	snprintf(panel->title, sizeof(panel->title), "%s%s%s", title,
		 isnan(bound)       ? ""
		 : figure->terminal ? "; #: bound, "
				    : "; dashed: bound, ",
		 isnan(bound) ? "" : format_time(time, bound));
	snprintf(panel->x.label, sizeof(panel->x.label), "wall time, %s (log scale, shorter is better)", unit.name);
	panel->x.log = true;
	panel->y.low = 0.4 - (double)group->cell_count;
	panel->y.high = 0.6;
	draw_bound(figure, scores, group->cell_count, bound / unit.ns);
	draw_samples(figure, scores, group->cell_count, unit.ns);
	draw_dots(figure, scores, group->cell_count, unit.ns);
	draw_reasons(figure, scores, group->cell_count, false);
	draw_reasons(figure, scores, group->cell_count, true);
	free(scores);
}

static void question_append(char *question, size_t size, const char *workload, bool first)
{
	size_t used = strlen(question);

	if (used < 100)
		snprintf(question + used, size - used, "%s%.60s", first ? ": " : ", ", workload);
}

void scoreboard_figure(struct figure *figure, const struct groups *groups)
{
	char question[400] = "Which model is fastest here";
	const struct family *family = NULL;
	bool measured = false;
	size_t primitives = 0;

	figure->legend = false;
	while ((family = family_next_workload(groups, family))) {
		const struct group *group = headline_group(family);

		if (!group) {
			figure_note(figure, "%s: no invocation has a good result.", family->workload);
			continue;
		}
		if (quantity_known(family->workload)) {
			primitives++;
			continue;
		}
		if (figure->panel_count == PANELS_MAX)
			break;
		measured = measured || group_has_bounds(group);
		question_append(question, sizeof(question), family->workload, figure->panel_count == 0);
		panel_of(figure, family, group);
	}
	if (figure->panel_count > 0)
		figure_note(figure,
			    "%s%s: the bound, the least time that "
			    "these cores need for the work%s. The other figures say what a board, a slice and a "
			    "connection is.",
			    figure->terminal ? "" : "Small dots below a mark: the single invocations. ",
			    figure_line(figure, SERIES_BOUND),
			    measured ? ", as fast as their clock usually was; × bound: of each invocation against what "
				       "was measured directly before and after it, the median"
				     : "; no correct play can be faster");
	if (primitives > 0 && figure->panel_count > 0)
		figure_note(figure, "The primitives have figures of their own units: see primitives.");
	if (figure->panel_count == 0)
		figure_missing(figure, primitives > 0
					       ? "This run has primitives only: see the figure primitives, in "
						 "their own units."
					       : "Nothing to draw: no invocation of this run has a good result.");
	figure->rows = figure->panel_count;
	figure_title(figure, "%s?", question);
}
