/* primitives.c: the primitives in their own units: a panel a group and quantity, a row a runtime, the same rows in
 * every panel. Peers stand below our own and have hollow marks. */
#include "../analysis/groups.h"
#include "figure.h"
#include "quantity.h"

enum { COLUMNS = 3 };

/* The row of each runtime, from the top: ours, then the peers; -1: it has no result of a primitive. */
struct rows {
	int of[BUNDLE_RUNTIMES_MAX];
	int count;
};

static bool is_drawn(const char *workload)
{
	const struct quantity *quantity;
	size_t index = 0;

	while ((quantity = quantity_next(workload, &index)))
		if (quantity->drawn)
			return true;
	return false;
}

static bool has_result(const struct bundle *bundle, unsigned slot)
{
	for (size_t i = 0; i < bundle->cell_count; i++) {
		const struct cell *cell = bundle->by_name[i];

		if (cell->slot == slot && cell->count[STATUS_OK] > 0 && is_drawn(cell->workload))
			return true;
	}
	return false;
}

static struct rows rows_make(const struct bundle *bundle)
{
	struct rows rows = {.count = 0};

	for (int peers = 0; peers < 2; peers++)
		for (unsigned slot = 0; slot < bundle->runtime_count; slot++)
			if (bundle_is_peer(bundle, bundle->runtimes[slot]) == (peers == 1))
				rows.of[slot] = has_result(bundle, slot) ? rows.count++ : -1;
	return rows;
}

/* A row without a result says so: the table has the reason. */
static void draw_missing(struct figure *figure, const struct group *group, const struct rows *rows, const bool *drawn)
{
	static char played[] = "0", failed[] = "failed", none[] = "-";
	struct series *series = figure_series(figure, SERIES_NOTE, "not played");

	for (unsigned slot = 0; slot < figure->bundle->runtime_count; slot++) {
		const struct cell *cell = group_cell(group, slot);
		enum fate fate = cell ? cell_fate(cell) : FATE_UNPLAYED;
		struct point point = {.x = 0, .low = NAN, .high = NAN, .mean = NAN, .slot = slot};

		point.y = -rows->of[slot];
		point.text = fate == FATE_GOOD || fate == FATE_PARTLY ? played : fate == FATE_FAILED ? failed : none;
		if (rows->of[slot] >= 0 && !drawn[slot])
			figure_point(figure, series, &point);
	}
}

static void draw_dots(struct figure *figure, const struct group *group, const struct quantity *quantity,
		      const struct rows *rows, bool *drawn)
{
	struct series *series = figure_series(figure, SERIES_RUNTIME, quantity->what);
	char text[QUANTITY_TEXT_MAX];

	for (size_t i = 0; i < group->cell_count; i++) {
		const struct cell *cell = group->cells[i];
		struct summary summary = quantity_summary(figure->bundle, cell, quantity);

		/* There is no place for 0 on a logarithmic axis. */
		if (summary.n == 0 || !(summary.median > 0) || rows->of[cell->slot] < 0)
			continue;
		drawn[cell->slot] = true;
		figure_count(figure, cell, &summary, &summary.interval);
		figure_point(figure, series,
			     &(struct point){.x = summary.median,
					     .y = -rows->of[cell->slot],
					     .low = summary.interval.low > 0 ? summary.interval.low : summary.median,
					     .high = summary.interval.high,
					     .mean = summary.mean,
					     .n = summary.n,
					     .slot = cell->slot,
					     .text = quantity_format(text, quantity, summary.median)});
	}
}

static bool has_quantity(const struct bundle *bundle, const struct group *group, const struct quantity *quantity)
{
	for (size_t i = 0; i < group->cell_count; i++)
		if (quantity_summary(bundle, group->cells[i], quantity).median > 0)
			return true;
	return false;
}

static void panel_of(struct figure *figure, const struct group *group, const struct quantity *quantity,
		     const struct rows *rows)
{
	struct panel *panel = figure_panel(figure);
	bool drawn[BUNDLE_RUNTIMES_MAX] = {false};
	char label[180];

	quantity_label(group, label, sizeof(label));
	snprintf(panel->title, sizeof(panel->title), "%.40s: %s", group->cells[0]->workload, label);
	snprintf(panel->x.label, sizeof(panel->x.label), "%s, %s (log scale)", quantity->what, quantity->unit);
	panel->x.log = panel->x.narrow = true;
	panel->y.low = 0.4 - rows->count;
	panel->y.high = 0.6;
	draw_dots(figure, group, quantity, rows, drawn);
	draw_missing(figure, group, rows, drawn);
}

static void panels_of(struct figure *figure, const struct group *group, const struct rows *rows)
{
	const struct quantity *quantity;
	size_t index = 0;

	while ((quantity = quantity_next(group->cells[0]->workload, &index)))
		if (quantity->drawn && figure->panel_count < PANELS_MAX &&
		    has_quantity(figure->bundle, group, quantity))
			panel_of(figure, group, quantity, rows);
}

void primitives_figure(struct figure *figure, const struct groups *groups)
{
	struct rows rows = rows_make(figure->bundle);

	for (size_t i = 0; i < groups->family_count; i++)
		for (size_t j = 0; j < groups->families[i].group_count; j++)
			panels_of(figure, &groups->families[i].groups[j], &rows);
	figure->columns = figure->panel_count < COLUMNS ? figure->panel_count : COLUMNS;
	figure->rows = (figure->panel_count + COLUMNS - 1) / COLUMNS;
	figure->legend = false;
	figure_title(figure, "What does each primitive cost, in its own unit? Less is better; hollow marks are peers.");
	figure_note(figure, "Where a row holds a dash it was not played: the table says why.");
}
