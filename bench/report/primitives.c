/* primitives.c: figures of the primitives in their own units: all of them, and starvation's heartbeats by themselves.
 */
#include <string.h>

#include "rows.h"

static bool is_drawn(const struct cell *cell)
{
	const struct quantity *quantity;
	size_t index = 0;

	while ((quantity = quantity_next(cell->workload, &index)))
		if (quantity->drawn)
			return true;
	return false;
}

static struct summary summary_of(const struct bundle *bundle, const struct cell *cell, const void *quantity)
{
	return quantity_summary(bundle, cell, quantity);
}

static char *format_value(char text[QUANTITY_TEXT_MAX], double value, const void *quantity)
{
	return quantity_format(text, quantity, value);
}

static void panel_of(struct figure *figure, const struct group *group, const struct quantity *quantity,
		     const struct rows *rows)
{
	struct rows_value value = {.what = quantity->what,
				   .unit = quantity->unit,
				   .log = true,
				   .summary = summary_of,
				   .format = format_value,
				   .context = quantity};

	if (figure->panel_count < PANELS_MAX && rows_has(figure->bundle, group, &value))
		rows_panel(figure, group, &value, rows);
}

static void panels_of(struct figure *figure, const struct group *group, const struct rows *rows)
{
	const struct quantity *quantity;
	size_t index = 0;

	while ((quantity = quantity_next(group->cells[0]->workload, &index)))
		if (quantity->drawn)
			panel_of(figure, group, quantity, rows);
}

void primitives_figure(struct figure *figure, const struct groups *groups)
{
	struct rows rows = rows_make(figure->bundle, is_drawn);

	for (size_t i = 0; i < groups->family_count; i++)
		for (size_t j = 0; j < groups->families[i].group_count; j++)
			panels_of(figure, &groups->families[i].groups[j], &rows);
	rows_arrange(figure, 3);
	figure_title(figure, "What does each primitive cost, in its own unit? Less is better%s.",
		     figure->terminal ? "" : "; hollow marks are peers");
	figure_note(figure, "Where a row holds a dash it was not played: the table says why.");
}

/* ---- Starvation ---- */

static bool is_starvation(const struct cell *cell)
{
	return strcmp(cell->workload, "starvation") == 0;
}

static void panels_of_heartbeats(struct figure *figure, const struct group *group, const struct rows *rows)
{
	static const char *const wanted[] = {"late_p50_us", "late_max_us", "hog_ms"};

	for (size_t i = 0; i < sizeof(wanted) / sizeof(*wanted); i++) {
		const struct quantity *quantity;
		size_t index = 0;

		while ((quantity = quantity_next("starvation", &index)))
			if (quantity->figure && strcmp(quantity->figure, wanted[i]) == 0)
				panel_of(figure, group, quantity, rows);
	}
}

void starvation_figure(struct figure *figure, const struct groups *groups)
{
	struct rows rows = rows_make(figure->bundle, is_starvation);
	size_t families;
	const struct family *family = groups_of(groups, "starvation", &families);

	for (size_t i = 0; i < families; i++)
		for (size_t j = 0; j < family[i].group_count; j++)
			panels_of_heartbeats(figure, &family[i].groups[j], &rows);
	rows_arrange(figure, 3);
	figure_title(figure, "Who starves when a task never yields?");
	figure_note(figure,
		    "A task wants to beat at even times while another one computes on the same core: where the beats "
		    "are late by as long as that computes, the scheduler cannot take the core from it.");
	figure_note(figure, "Where a row holds a dash it was not played: the table says why.");
}
