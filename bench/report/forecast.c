/* forecast.c: the figure of the exhibition beyond this machine: chess simulated from the costs of the same bundle
 * (bench/predict), with what was measured in it. A bundle without such costs has no such figure. */
#include <stdlib.h>
#include <string.h>

#include "../predict/check.h"
#include "curves.h"
#include "text.h"

/* Cores that are simulated besides those that the bundle measured. */
enum { CORES_BEYOND = 64 };

static const double boards[] = {1, 4, 12, 24, 50, 100, 300, 1000, 3000, 10000};

enum { BOARDS = sizeof(boards) / sizeof(*boards) };

struct source {
	struct figure *figure;
	const struct family *family; /* of one number of cores */
	struct exhibition exhibition;
	double measured_up_to; /* boards; NAN: none */
};

static void forecast_curve(const struct source *source, const struct costs *costs)
{
	struct figure *figure = source->figure;
	struct series *series = figure_series(figure, SERIES_FORECAST, figure->bundle->runtimes[costs->slot]);

	for (size_t i = 0; i < BOARDS && boards[i] < (isnan(costs->limit) ? INFINITY : costs->limit); i++) {
		struct exhibition exhibition = source->exhibition;
		struct forecast forecast;

		exhibition.boards = boards[i];
		if (forecast_chess(costs, &exhibition, &forecast) < 0)
			return;
		figure_point(figure, series,
			     &(struct point){.x = boards[i],
					     .y = forecast.wall_ns / forecast.bound_ns,
					     .low = NAN,
					     .high = NAN,
					     .mean = NAN,
					     .slot = costs->slot});
	}
}

/* Peers are left out: their costs are in the table of `simul predict`. */
static void forecast_curves(const struct source *source)
{
	const struct bundle *bundle = source->figure->bundle;

	for (unsigned slot = 0; slot < bundle->runtime_count; slot++) {
		struct costs costs;

		if (!bundle_is_peer(bundle, bundle->runtimes[slot]) &&
		    costs_read(bundle, slot, source->exhibition.cores, &costs) == 0)
			forecast_curve(source, &costs);
	}
}

static struct summary multiple_of(const struct cell *cell, const struct group *group, void *context)
{
	struct summary summary = cell_summary(cell, MEASURE_WALL_NS);
	double bound = group_bound(group);

	(void)context;
	summary.median /= bound;
	summary.interval = (struct interval){.low = NAN, .high = NAN};
	summary.mean = NAN;
	return summary;
}

static void boundary(struct figure *figure, double at)
{
	struct series *series = figure_series(figure, SERIES_OTHER, "measured up to here");

	for (int end = 0; end < 2 && !isnan(at); end++)
		figure_point(figure, series,
			     &(struct point){.x = at, .y = end ? 1000 : 0.9, .low = NAN, .high = NAN, .mean = NAN});
}

static void panel_of(const struct source *source)
{
	struct panel *panel = figure_panel(source->figure);
	unsigned cores = source->exhibition.cores;

	snprintf(panel->title, sizeof(panel->title), "%u core%s: %s", cores, cores == 1 ? "" : "s",
		 source->family ? "measured (marks) and forecast (lines)" : "forecast, nothing measured");
	snprintf(panel->y.label, sizeof(panel->y.label), "wall time / bound (log)");
	snprintf(panel->x.label, sizeof(panel->x.label), "boards (log)");
	panel->x.log = panel->y.log = panel->x.tics_at_points = true;
	panel->y.low = 0.9;
	panel->y.high = 1000;
	boundary(source->figure, source->measured_up_to);
	forecast_curves(source);
	if (source->family)
		curves_draw(source->figure, source->family, SERIES_RUNTIME, 1, multiple_of, NULL);
}

static struct source source_of(struct figure *figure, const struct family *family)
{
	const struct group *last = &family->groups[family->group_count - 1];

	return (struct source){.figure = figure,
			       .family = family,
			       .exhibition = exhibition_of(last->cells[0]),
			       .measured_up_to = last->at};
}

static bool has_costs(const struct bundle *bundle)
{
	struct costs costs;

	for (unsigned slot = 0; slot < bundle->runtime_count; slot++)
		if (costs_read(bundle, slot, 1, &costs) == 0)
			return true;
	return false;
}

static void note_checks(struct figure *figure)
{
	struct checks checks;

	if (checks_make(figure->bundle, &checks) < 0)
		return;
	figure_note(
		figure,
		"Lines are no measurements: each model is simulated from what a sleep, a wake-up and a switch cost in "
		"this bundle. Of %zu measured cells the forecast is within 10 %% for %zu. Contention that grows with "
		"the cores, caches and a scheduler's mistakes are not in it.",
		checks.count, checks_within(&checks, 0.10));
	checks_clear(&checks);
}

void forecast_figure(struct figure *figure, const struct groups *groups)
{
	size_t count;
	const struct family *family = groups_of(groups, "chess", &count);
	struct source beyond;

	figure_title(figure, "What would the exhibition take with more boards, and on %d cores?", CORES_BEYOND);
	if (count == 0 || !has_costs(figure->bundle))
		return;
	if (count > 2)
		count = 2;
	figure->columns = (unsigned)count + 1;
	figure->rows = 1;
	note_checks(figure);
	for (size_t i = 0; i < count; i++) {
		struct source source = source_of(figure, &family[i]);

		panel_of(&source);
	}
	beyond = source_of(figure, family);
	beyond.family = NULL;
	beyond.measured_up_to = NAN;
	beyond.exhibition.cores = CORES_BEYOND;
	panel_of(&beyond);
}
