/* echo_figures.c: what the figure of the echo server has no room for: the tail of its latencies, what a rate that is
 * offered does to them, and the memory that a connection takes. */
#include <stdlib.h>
#include <string.h>

#include "bottleneck.h"
#include "curves.h"
#include "text.h"

static const char workload[] = "echo";

static void add_point(struct figure *figure, struct series *series, double x, double y, const struct cell *cell)
{
	figure_point(figure, series,
		     &(struct point){.x = x,
				     .y = y,
				     .low = NAN,
				     .high = NAN,
				     .mean = NAN,
				     .n = cell->count[STATUS_OK],
				     .slot = cell->slot});
}

/* ---- The tail ---- */

enum { FEWEST_BEYOND = 5 }; /* messages that a percentile has beyond it; of fewer it is a matter of luck */

static void tail_of(struct figure *figure, const struct cell *cell)
{
	static const double one_in[] = {2, 5, 10, 100, 1000, 10000, 100000};
	struct histogram *histogram = malloc(sizeof(*histogram));
	struct series *series = NULL;

	if (!histogram || cell_latency(figure->bundle, cell, histogram) < 0 || histogram->count == 0)
		goto out;
	series = figure_series(figure, SERIES_RUNTIME, cell->runtime);
	for (size_t i = 0; i < sizeof(one_in) / sizeof(*one_in); i++)
		if ((double)histogram->count >= FEWEST_BEYOND * one_in[i])
			add_point(figure, series, one_in[i],
				  (double)histogram_percentile(histogram, 100 - 100 / one_in[i]) / 1e6, cell);
out:
	free(histogram);
}

static void panel_tail(struct figure *figure, const struct family *family, const struct group *group)
{
	struct panel *panel = figure_panel(figure);
	char label[200];

	family_label(family, label, sizeof(label));
	snprintf(panel->title, sizeof(panel->title), "%.0f %s, server %.160s", group->at,
		 group->at == 1 ? "connection" : "connections", label);
	snprintf(panel->x.label, sizeof(panel->x.label), "of so many messages one is slower (log)");
	panel->x.log = panel->x.tics_at_points = true;
	snprintf(panel->y.label, sizeof(panel->y.label), "latency, ms (log)");
	panel->y.log = true;
	for (size_t i = 0; i < group->cell_count; i++)
		if (group->cells[i]->count[STATUS_OK] > 0)
			tail_of(figure, group->cells[i]);
}

/* The group from which on there are as many with a result as there is room for. */
static size_t first_of_last(const struct family *family)
{
	size_t first = family->group_count;

	for (size_t found = 0; first > 0 && found < CURVE_FAMILIES_MAX; first--)
		found += group_has_result(&family->groups[first - 1]);
	return first;
}

void tail_figure(struct figure *figure, const struct groups *groups)
{
	size_t families, panels = 0;
	const struct family *family = groups_of(groups, workload, &families);

	figure_title(figure, "How slow are the slowest messages of the echo?");
	for (size_t i = families > 0 ? first_of_last(family) : 0; families > 0 && i < family->group_count; i++)
		if (group_has_result(&family->groups[i])) {
			panel_tail(figure, family, &family->groups[i]);
			panels++;
		}
	if (families > 0 && panels == 0)
		figure_missing(figure, "Nothing to draw: no invocation of echo has a good result.");
	if (panels == 0)
		return;
	figure->columns = (unsigned)panels;
	figure->rows = 1;
	figure_note(figure,
		    "Percentiles of all invocations' merged histograms, without intervals: at 100 stands p99, at 1000 "
		    "p99.9. Drawn as far as %d messages are slower still.",
		    FEWEST_BEYOND);
	figure_note(figure,
		    "In a closed loop a server that pauses is asked nothing meanwhile, so that its pauses hardly "
		    "show; those of an open loop (rate=...) count from when a message was due.");
}

/* ---- The offered rate ---- */

/* The same but for the rate: "cores=1/rate=1000" and "cores=1/rate=2000", with that number of connections. */
static bool is_sibling(const struct group *one, const struct group *other)
{
	const char *a = strstr(one->name, "/rate="), *b = strstr(other->name, "/rate=");
	size_t length = a ? (size_t)(a - one->name) : 0;

	return a && b && length == (size_t)(b - other->name) && strncmp(one->name, other->name, length) == 0 &&
	       strcmp(strchrnul(a + 1, '/'), strchrnul(b + 1, '/')) == 0;
}

static int compare_points(const void *left, const void *right)
{
	const struct point *a = left, *b = right;

	return (a->x > b->x) - (a->x < b->x);
}

/* Families stand in the order of their names, in which 128000 comes before 2000. */
static void rates_of(struct figure *figure, const struct groups *groups, const struct group *like, unsigned slot,
		     double percent)
{
	struct histogram *histogram = malloc(sizeof(*histogram));
	struct series *series = NULL;
	size_t families;
	const struct family *family = groups_of(groups, workload, &families);

	for (size_t i = 0; histogram && i < families; i++)
		for (size_t j = 0; j < family[i].group_count; j++) {
			const struct group *group = &family[i].groups[j];
			const struct cell *cell = is_sibling(like, group) ? group_cell(group, slot) : NULL;

			if (!cell || cell->count[STATUS_OK] == 0 || cell_latency(figure->bundle, cell, histogram) < 0 ||
			    histogram->count == 0)
				continue;
			if (!series)
				series = figure_series(figure, SERIES_RUNTIME, cell->runtime);
			add_point(figure, series, cell_parameter(cell, "rate") / 1e3,
				  (double)histogram_percentile(histogram, percent) / 1e6, cell);
		}
	if (series)
		qsort(series->points, series->count, sizeof(*series->points), compare_points);
	free(histogram);
}

static void panel_rate(struct figure *figure, const struct groups *groups, const struct group *like, double percent)
{
	struct panel *panel = figure_panel(figure);

	snprintf(panel->title, sizeof(panel->title), "p%.0f of the time from when a message was due, %.0f connection%s",
		 percent, like->at, like->at == 1 ? "" : "s");
	snprintf(panel->x.label, sizeof(panel->x.label), "offered rate, thousand messages/s (log)");
	panel->x.log = panel->x.tics_at_points = true;
	snprintf(panel->y.label, sizeof(panel->y.label), "latency, ms (log)");
	panel->y.log = true;
	for (unsigned slot = 0; slot < figure->bundle->runtime_count; slot++)
		rates_of(figure, groups, like, slot, percent);
}

void rate_figure(struct figure *figure, const struct groups *groups)
{
	const struct group *like = NULL;
	bool offered = false;
	size_t families;
	const struct family *family = groups_of(groups, workload, &families);

	figure_title(figure, "How long does a message take at the rate that is offered?");
	for (size_t i = 0; i < families && !like; i++)
		for (size_t j = 0; family_is_open_loop(&family[i]) && j < family[i].group_count && !like; j++) {
			offered = true;
			like = group_has_result(&family[i].groups[j]) ? &family[i].groups[j] : NULL;
		}
	if (offered && !like)
		figure_missing(figure, "Nothing to draw: no invocation of echo at an offered rate has a good result.");
	if (!like)
		return;
	figure->columns = 1;
	figure->rows = 2;
	panel_rate(figure, groups, like, 50);
	panel_rate(figure, groups, like, 99);
	figure_note(figure,
		    "An open loop: messages are due at fixed times whatever the server does, and what it delays "
		    "counts. Where a curve turns up the server cannot keep the rate.");
}

/* ---- Memory ---- */

/* The median over the connections; its interval too. */
static struct summary memory_of(const struct cell *cell, const struct group *group, void *context)
{
	struct summary summary = cell_summary(cell, *(const enum measure *)context);
	double each = 1 / cell_connections(cell);

	(void)group;
	summary.median *= each;
	summary.mean *= each;
	summary.interval.low *= each;
	summary.interval.high *= each;
	if (!(summary.median > 0)) /* the axis is logarithmic */
		summary.n = 0;
	return summary;
}

static void panel_memory(struct figure *figure, const struct family *family, enum measure measure, const char *what)
{
	struct panel *panel = figure_panel(figure);
	char label[200];

	family_label(family, label, sizeof(label));
	snprintf(panel->title, sizeof(panel->title), "%s, server %.150s", what, label);
	snprintf(panel->x.label, sizeof(panel->x.label), "connections (log)");
	panel->x.log = panel->x.tics_at_points = true;
	snprintf(panel->y.label, sizeof(panel->y.label), "KiB/connection (log)");
	panel->y.log = true;
	curves_draw(figure, family, SERIES_RUNTIME, 1024, memory_of, &measure);
}

/* At how many numbers of connections anything was seen. */
static size_t places_seen(const struct family *family, enum measure measure)
{
	size_t places = 0;

	for (size_t i = 0; i < family->group_count; i++) {
		bool seen = false;

		for (size_t j = 0; j < family->groups[i].cell_count; j++)
			seen |= cell_summary(family->groups[i].cells[j], measure).median > 0;
		places += seen;
	}
	return places;
}

/* A row of panels; a single place of several would say nothing of one more connection. */
static void panels_memory(struct figure *figure, const struct family *const *families, size_t count,
			  enum measure measure, const char *what)
{
	size_t shown = 0;

	for (size_t i = 0; i < count; i++)
		shown += places_seen(families[i], measure) > (families[i]->group_count > 1);
	if (shown == 0)
		figure_note(figure, "Not drawn, as it was seen at one number of connections at most: %s.", what);
	for (size_t i = 0; i < count && shown > 0; i++)
		panel_memory(figure, families[i], measure, what);
	figure->rows += shown > 0;
}

void memory_figure(struct figure *figure, const struct groups *groups)
{
	const struct family *families[CURVE_FAMILIES_MAX];
	size_t count = curves_choose(figure, groups, workload, families);

	figure_title(figure, "What does a connection take in memory?");
	if (count == 0)
		return;
	figure->rows = 0;
	panels_memory(figure, families, count, MEASURE_MEMORY_BYTES, "memory of the server's processes");
	panels_memory(figure, families, count, MEASURE_SLAB_BYTES, "memory in the kernel's slabs, for both ends");
	figure_note(figure,
		    "Of the processes: what they grew by when all connections were open (PSS, kernel "
		    "stacks and page tables), over their number: what few connections share weighs there. Of the "
		    "slabs: what they grew by (sockets, files, their entries in epoll sets), of the whole "
		    "machine, and so of the client too.");
	curves_explain(figure, families, count);
}
