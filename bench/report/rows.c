/* rows.c: see rows.h. */
#include "rows.h"

static bool has_result(const struct bundle *bundle, unsigned slot, bool (*shown)(const struct cell *cell))
{
	for (size_t i = 0; i < bundle->cell_count; i++) {
		const struct cell *cell = bundle->by_name[i];

		if (cell->slot == slot && cell->count[STATUS_OK] > 0 && shown(cell))
			return true;
	}
	return false;
}

struct rows rows_make(const struct bundle *bundle, bool (*shown)(const struct cell *cell))
{
	struct rows rows = {.count = 0};

	for (int peers = 0; peers < 2; peers++)
		for (unsigned slot = 0; slot < bundle->runtime_count; slot++)
			if (bundle_is_peer(bundle, bundle->runtimes[slot]) == (peers == 1))
				rows.of[slot] = has_result(bundle, slot, shown) ? rows.count++ : -1;
	return rows;
}

/* A row without a mark says so: the table has the reason. */
static void draw_missing(struct figure *figure, const struct group *group, const struct rows *rows, const bool *drawn,
			 const bool *zero)
{
	static char nought[] = "0", unknown[] = "not measured", failed[] = "failed", none[] = "-";
	struct series *series = figure_series(figure, SERIES_NOTE, "not played");

	for (unsigned slot = 0; slot < figure->bundle->runtime_count; slot++) {
		const struct cell *cell = group_cell(group, slot);
		enum fate fate = cell ? cell_fate(cell) : FATE_UNPLAYED;
		struct point point = {.x = 0, .low = NAN, .high = NAN, .mean = NAN, .slot = slot};

		point.y = -rows->of[slot];
		point.text = zero[slot]                                 ? nought
			     : fate == FATE_GOOD || fate == FATE_PARTLY ? unknown
			     : fate == FATE_FAILED                      ? failed
									: none;
		if (rows->of[slot] >= 0 && !drawn[slot])
			figure_point(figure, series, &point);
	}
}

/* There is no place for 0 on a logarithmic axis. */
static bool can_stand(const struct summary *summary, const struct rows_value *value)
{
	return summary->n > 0 && (summary->median > 0 || (!value->log && summary->median >= 0));
}

static void draw_dots(struct figure *figure, const struct group *group, const struct rows_value *value,
		      const struct rows *rows, bool *drawn, bool *zero)
{
	struct series *series = figure_series(figure, SERIES_RUNTIME, value->what);
	char text[QUANTITY_TEXT_MAX];

	for (size_t i = 0; i < group->cell_count; i++) {
		const struct cell *cell = group->cells[i];
		struct summary summary = value->summary(figure->bundle, cell, value->context);

		zero[cell->slot] = summary.n > 0 && summary.median == 0;
		if (!can_stand(&summary, value) || rows->of[cell->slot] < 0)
			continue;
		drawn[cell->slot] = true;
		figure_count(figure, cell, &summary, &summary.interval);
		figure_point(figure, series,
			     &(struct point){.x = summary.median,
					     .y = -rows->of[cell->slot],
					     .low = summary.interval.low > 0 || !value->log ? summary.interval.low
											    : summary.median,
					     .high = summary.interval.high,
					     .mean = summary.mean,
					     .n = summary.n,
					     .slot = cell->slot,
					     .text = value->format(text, summary.median, value->context)});
	}
}

bool rows_has(const struct bundle *bundle, const struct group *group, const struct rows_value *value)
{
	for (size_t i = 0; i < group->cell_count; i++) {
		struct summary summary = value->summary(bundle, group->cells[i], value->context);

		if (can_stand(&summary, value))
			return true;
	}
	return false;
}

void rows_panel(struct figure *figure, const struct group *group, const struct rows_value *value,
		const struct rows *rows)
{
	struct panel *panel = figure_panel(figure);
	bool drawn[BUNDLE_RUNTIMES_MAX] = {false}, zero[BUNDLE_RUNTIMES_MAX] = {false};
	char label[180];

	quantity_label(group, label, sizeof(label));
	snprintf(panel->title, sizeof(panel->title), "%.40s: %s", group->cells[0]->workload, label);
	snprintf(panel->x.label, sizeof(panel->x.label), "%s, %s%s", value->what, value->unit,
		 value->log ? " (log scale)" : "");
	panel->x.log = value->log;
	panel->x.narrow = true;
	if (!value->log)
		panel->x.low = 0, panel->x.high = value->most;
	panel->y.low = 0.4 - rows->count;
	panel->y.high = 0.6;
	draw_dots(figure, group, value, rows, drawn, zero);
	draw_missing(figure, group, rows, drawn, zero);
}

void rows_arrange(struct figure *figure, unsigned columns)
{
	figure->columns = figure->panel_count < columns ? figure->panel_count : columns;
	figure->rows = figure->panel_count ? (figure->panel_count + columns - 1) / columns : 0;
	figure->legend = false;
}
