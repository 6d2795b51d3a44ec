/* forecast.c: the figures of chess and echo beyond what was measured: simulated from the costs of the same bundle, with
 * what was measured in it. A bundle without such costs has no such figures. */
#include "forecast.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../predict/check.h"
#include "../predict/quiet.h"
#include "curves.h"
#include "drawn.h"
#include "text.h"

/* How far a bundle's own figure goes: so many times the cores that it may use, the tasks that it measured. */
enum { TIMES_CORES = 8, TIMES_TASKS = 10, CORES_MAX = 1024, MEASURED_MAX = 2, PLACES_MAX = 64, RATE_UNIT = 1000 };

/* A panel. */
struct part {
	struct figure *figure;
	const struct forecast_view *view;
	const struct family *family; /* measured on so many cores; NULL: nothing was */
	unsigned cores;
	double tasks[PLACES_MAX]; /* places of the curves, rising */
	unsigned places;
	size_t boundary; /* its series, where there is a family */
};

static struct point plain_point(double x, double y, unsigned slot)
{
	return (struct point){.x = x, .y = y, .low = NAN, .high = NAN, .mean = NAN, .slot = slot};
}

/* ---- Curves ---- */

static void chess_curve(const struct part *part, unsigned slot)
{
	struct exhibition exhibition = part->view->exhibition;
	struct series *series = NULL;
	struct forecast forecast;
	struct costs costs;

	exhibition.cores = part->cores;
	if (costs_read(part->figure->bundle, slot, part->cores, &costs) < 0)
		return;
	for (unsigned i = 0; i < part->places; i++) {
		exhibition.boards = part->tasks[i];
		if (forecast_chess(&costs, &exhibition, &forecast) < 0 || forecast.breaks)
			return;
		if (!series)
			series = figure_series(part->figure, SERIES_FORECAST, part->figure->bundle->runtimes[slot]);
		struct point point = plain_point(part->tasks[i], forecast.wall_ns / forecast.bound_ns, slot);

		figure_point(part->figure, series, &point);
	}
}

static void echo_curve(const struct part *part, unsigned slot)
{
	struct exchange exchange = part->view->exchange;
	struct series *series = NULL;
	struct echo_forecast forecast;
	struct echo_costs costs;

	exchange.cores = part->cores;
	exchange.load_cores = exchange.load_cores > 0 ? exchange.load_cores : part->cores;
	if (part->family && part->family->groups[0].cells[0]->load_cores > 0)
		exchange.load_cores = part->family->groups[0].cells[0]->load_cores;
	if (echo_costs_read(part->figure->bundle, slot, part->cores, NULL, &costs) < 0)
		return;
	for (unsigned i = 0; i < part->places; i++) {
		exchange.connections = part->tasks[i];
		int error = echo_forecast_make(&costs, &exchange, &forecast);

		if (error == -ENODATA)
			continue;
		if (error < 0 || forecast.breaks)
			return;
		if (!series)
			series = figure_series(part->figure, SERIES_FORECAST, part->figure->bundle->runtimes[slot]);
		struct point point = plain_point(part->tasks[i], forecast.rate / RATE_UNIT, slot);

		figure_point(part->figure, series, &point);
	}
}

static void curves(const struct part *part)
{
	for (unsigned slot = 0; slot < part->figure->bundle->runtime_count; slot++) {
		if (!part->view->wanted[slot])
			continue;
		if (part->view->echo)
			echo_curve(part, slot);
		else
			chess_curve(part, slot);
	}
}

/* ---- What was measured ---- */

static struct summary multiple_of(const struct cell *cell, const struct group *group, void *context)
{
	const struct forecast_view *view = context;
	struct summary summary = {.n = 0};

	(void)group;
	if (view->wanted[cell->slot])
		summary = quiet_summary(cell, MEASURE_TIMES_BOUND);
	summary.interval = (struct interval){.low = NAN, .high = NAN};
	summary.mean = NAN;
	return summary;
}

static struct summary rate_of(const struct cell *cell, const struct group *group, void *context)
{
	const struct forecast_view *view = context;
	struct summary summary = {.n = 0};

	(void)group;
	if (view->wanted[cell->slot])
		summary = quiet_summary(cell, MEASURE_RATE);
	summary.interval = (struct interval){.low = NAN, .high = NAN};
	summary.mean = NAN;
	return summary;
}

static bool is_asked(const struct forecast_view *view, const struct cell *cell)
{
	if (view->echo)
		return echo_is_plain(cell) && cell_parameter(cell, "size") == view->exchange.size;

	struct exhibition exhibition = exhibition_of(cell);

	return exhibition.pairs == view->exhibition.pairs && exhibition.move_ns == view->exhibition.move_ns &&
	       exhibition.reply_ns == view->exhibition.reply_ns && exhibition.cores == cell->cores;
}

/* The longest family of the same work on so many cores; NULL: none has a result. */
static const struct family *family_on(const struct groups *groups, const struct forecast_view *view, unsigned cores)
{
	size_t count;
	const struct family *family = groups_of(groups, view->echo ? "echo" : "chess", &count);

	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < family[i].group_count; k++)
			if (group_has_result(&family[i].groups[k]) && group_cores(&family[i].groups[k]) == cores &&
			    is_asked(view, family[i].groups[k].cells[0]))
				return &family[i];
	return NULL;
}

static double measured_most(const struct family *family)
{
	double most = 0;

	for (size_t i = 0; i < family->group_count; i++)
		if (group_has_result(&family->groups[i]))
			most = fmax(most, family->groups[i].at);
	return most;
}

/* ---- A panel ---- */

static int by_size(const void *left, const void *right)
{
	double a = *(const double *)left, b = *(const double *)right;

	return (a > b) - (a < b);
}

/* 1, 3, 10, 30 ..., what was measured, and the last. */
static void choose_places(struct part *part)
{
	double most = part->view->most;
	unsigned kept = 0;

	for (size_t i = 0; part->family && i < part->family->group_count && part->places < PLACES_MAX / 2; i++) {
		most = fmax(most, part->family->groups[i].at);
		part->tasks[part->places++] = part->family->groups[i].at;
	}
	for (double at = 1; at < most && part->places < PLACES_MAX - 2; at *= 10) {
		part->tasks[part->places++] = at;
		if (3 * at < most)
			part->tasks[part->places++] = 3 * at;
	}
	part->tasks[part->places++] = most;
	qsort(part->tasks, part->places, sizeof(*part->tasks), by_size);
	for (unsigned i = 0; i < part->places; i++)
		if (kept == 0 || part->tasks[kept - 1] != part->tasks[i])
			part->tasks[kept++] = part->tasks[i];
	part->places = kept;
}

static void part_draw(struct part *part)
{
	struct panel *panel = figure_panel(part->figure);

	choose_places(part);
	snprintf(panel->title, sizeof(panel->title), "%u core%s: %s", part->cores, part->cores == 1 ? "" : "s",
		 part->family ? "measured (marks) and forecast (lines)" : "forecast, nothing measured");
	snprintf(panel->y.label, sizeof(panel->y.label),
		 part->view->echo ? "thousand messages/s (log)" : "wall time / bound (log)");
	snprintf(panel->x.label, sizeof(panel->x.label), part->view->echo ? "connections (log)" : "boards (log)");
	panel->x.log = panel->y.log = true;
	part->boundary = part->figure->series_count;
	if (part->family)
		figure_series(part->figure, SERIES_OTHER, "measured up to here");
	curves(part);
	if (part->family)
		curves_draw(part->figure, part->family, SERIES_RUNTIME, part->view->echo ? RATE_UNIT : 1,
			    part->view->echo ? rate_of : multiple_of, (void *)part->view);
}

/* All panels reach over the same, so that they can be compared, and the boundary from below to above. */
static void set_heights(struct figure *figure, const struct part *parts, unsigned count, bool echo)
{
	double low = INFINITY, high = 0;

	for (size_t i = 0; i < figure->series_count; i++)
		for (size_t k = 0; k < figure->series[i].count; k++) {
			low = fmin(low, figure->series[i].points[k].y);
			high = fmax(high, figure->series[i].points[k].y);
		}
	low = echo ? low / 1.5 : 0.9;
	high = fmax(high, low) * 1.5;
	for (unsigned i = 0; i < count; i++) {
		figure->panels[i].y.low = low;
		figure->panels[i].y.high = high;
		for (int end = 0; parts[i].family && end < 2; end++) {
			struct point point =
				plain_point(measured_most(parts[i].family), end ? high : low, BUNDLE_RUNTIMES_MAX);

			figure_point(figure, &figure->series[parts[i].boundary], &point);
		}
	}
}

static void note_checks(struct figure *figure, bool echo)
{
	struct checks checks;

	if ((echo ? echo_checks_make : checks_make)(figure->bundle, &checks) < 0)
		return;
	figure_note(figure,
		    "%s: no measurements, each model is simulated from what %s in this bundle. %s: where measuring "
		    "ended. Marks and costs are of invocations that nothing disturbed. Of %zu measured cells the "
		    "forecast is within 10 %% for %zu%s. Contention that grows with the "
		    "cores, caches and a scheduler's mistakes are not in it.",
		    figure_line(figure, SERIES_FORECAST),
		    echo ? "a message costs server and load" : "a sleep, a wake-up and a switch cost",
		    figure_line(figure, SERIES_OTHER), checks.count, checks_within(&checks, 0.10),
		    echo ? ", each from the costs of all others" : "");
	checks_clear(&checks);
}

static void draw(struct figure *figure, const struct groups *groups, const struct forecast_view *view)
{
	struct part parts[FORECAST_PANELS_MAX];

	figure_title(figure, view->echo ? "How many messages a second with more connections, and on more cores?"
					: "What would the exhibition take with more boards, and on more cores?");
	figure->columns = view->count < 3 ? view->count : 3;
	figure->rows = (view->count + figure->columns - 1) / figure->columns;
	note_checks(figure, view->echo);
	for (unsigned i = 0; i < view->count; i++) {
		unsigned cores = (unsigned)view->cores[i];

		parts[i] = (struct part){
			.figure = figure, .view = view, .cores = cores, .family = family_on(groups, view, cores)};
		part_draw(&parts[i]);
	}
	if (!figure->error)
		set_heights(figure, parts, view->count, view->echo);
}

/* ---- A bundle's own figures ---- */

static bool has_costs(const struct bundle *bundle)
{
	struct costs costs;

	for (unsigned slot = 0; slot < bundle->runtime_count; slot++)
		if (costs_read(bundle, slot, 1, &costs) == 0)
			return true;
	return false;
}

static bool has_cores(const struct forecast_view *view, double cores)
{
	for (unsigned i = 0; i < view->count; i++)
		if (view->cores[i] == cores)
			return true;
	return false;
}

/* As many as were measured, on up to MEASURED_MAX numbers of cores, and on more. */
static void view_make(const struct bundle *bundle, const struct family *family, size_t count,
		      struct forecast_view *view)
{
	size_t allowed = json_array_size(json_object_get(bundle_object(bundle, "machine"), "cores_allowed"));
	double most = 0, cores = 0;

	for (size_t i = 0; i < count; i++) {
		const struct cell *cell = family[i].groups[0].cells[0];

		if (!is_asked(view, cell))
			continue;
		most = fmax(most, measured_most(&family[i]));
		cores = fmax(cores, cell->cores);
		if (view->count < MEASURED_MAX && !has_cores(view, cell->cores))
			view->cores[view->count++] = cell->cores;
	}
	cores = fmin(TIMES_CORES * fmax(cores, (double)allowed), CORES_MAX);
	if (!has_cores(view, cores))
		view->cores[view->count++] = cores;
	view->most = TIMES_TASKS * most;
	for (unsigned slot = 0; slot < bundle->runtime_count; slot++)
		view->wanted[slot] = !bundle_is_peer(bundle, bundle->runtimes[slot]) &&
				     !bundle_is_floor(bundle, bundle->runtimes[slot]);
}

void forecast_figure(struct figure *figure, const struct groups *groups)
{
	struct forecast_view view = {.echo = false};
	size_t count;
	const struct family *family = groups_of(groups, "chess", &count);

	if (count == 0 || !has_costs(figure->bundle))
		return;
	view.exhibition = exhibition_of(family->groups[0].cells[0]);
	view_make(figure->bundle, family, count, &view);
	draw(figure, groups, &view);
}

void forecast_echo_figure(struct figure *figure, const struct groups *groups)
{
	struct forecast_view view = {.echo = true};
	size_t count, i = 0;
	const struct family *family = groups_of(groups, "echo", &count);

	while (i < count && (!echo_is_plain(family[i].groups[0].cells[0]) || family[i].group_count < 2))
		i++;
	/* Any run of echo has its costs: drawn is where the run was made for forecasts. */
	if (i == count || !has_costs(figure->bundle))
		return;
	view.exchange = (struct exchange){.messages = 20, .size = cell_parameter(family[i].groups[0].cells[0], "size")};
	view_make(figure->bundle, family, count, &view);
	draw(figure, groups, &view);
}

/* ---- What somebody asks for ---- */

int forecast_plot(const struct bundle *bundle, const struct forecast_view *view, const char *directory,
		  const char *scripts_directory)
{
	struct figure figure;
	struct groups groups;
	int error = groups_make(bundle, &groups);

	if (error)
		return error;
	figure_init(&figure, bundle, view->echo ? "forecast-echo" : "forecast");
	draw(&figure, &groups, view);
	figure_describe(&figure);
	error = drawn_figure(&figure, directory, scripts_directory);
	figure_clear(&figure);
	groups_clear(&groups);
	return error;
}
