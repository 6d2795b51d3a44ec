/* cost.c: the figure of what one more task costs as there are more of them: to create, to go to, and in memory. */
#include <string.h>

#include "curves.h"
#include "quantity.h"

struct shown {
	const struct bundle *bundle;
	const struct quantity *quantity;
};

static struct summary value_of(const struct cell *cell, const struct group *group, void *context)
{
	const struct shown *shown = context;
	struct summary summary = quantity_summary(shown->bundle, cell, shown->quantity);

	(void)group;
	/* There is no place for 0 on a logarithmic axis. */
	if (summary.n > 0 && !(summary.interval.low > 0))
		summary.interval.low = NAN;
	return summary.median > 0 ? summary : (struct summary){0};
}

static const struct quantity *quantity_of(const char *workload, const char *name)
{
	const struct quantity *quantity;
	size_t index = 0;

	while ((quantity = quantity_next(workload, &index)))
		if (quantity->figure && strcmp(quantity->figure, name) == 0)
			return quantity;
	return NULL;
}

/* Groups with a value for at least one runtime. */
static size_t places(const struct family *family, struct shown *shown)
{
	size_t count = 0;

	for (size_t i = 0; i < family->group_count; i++) {
		bool any = false;

		for (size_t j = 0; j < family->groups[i].cell_count && !any; j++)
			any = value_of(family->groups[i].cells[j], &family->groups[i], shown).n > 0;
		count += any;
	}
	return count;
}

static void panel_of(struct figure *figure, const struct family *family, struct shown *shown)
{
	struct panel *panel = figure_panel(figure);
	char label[200];

	family_label(family, label, sizeof(label));
	snprintf(panel->title, sizeof(panel->title), "%.40s: %s %.120s", family->workload, shown->quantity->what,
		 label);
	snprintf(panel->x.label, sizeof(panel->x.label), "tasks (log)");
	snprintf(panel->y.label, sizeof(panel->y.label), "%s, %s (log)", shown->quantity->what, shown->quantity->unit);
	panel->x.log = panel->y.log = panel->x.tics_at_points = true;
	curves_draw(figure, family, SERIES_RUNTIME, 1, value_of, shown);
}

/* A single number of tasks says nothing of one more. */
static void panels_of(struct figure *figure, const struct groups *groups, const char *workload, const char *name)
{
	struct shown shown = {.bundle = figure->bundle, .quantity = quantity_of(workload, name)};
	size_t families;
	const struct family *family = groups_of(groups, workload, &families);

	for (size_t i = 0; shown.quantity && i < families; i++)
		if (figure->panel_count < PANELS_MAX && places(&family[i], &shown) > 1)
			panel_of(figure, &family[i], &shown);
}

void cost_figure(struct figure *figure, const struct groups *groups)
{
	figure_title(figure, "What does one more task cost?");
	figure_note(figure, "A flat curve: a task costs the same, however many there are. One that rises: caches, the "
			    "kernel's tables or the model's own lists are felt.");
	panels_of(figure, groups, "idle", "create_ns_per_task");
	panels_of(figure, groups, "switch", "ns_per_switch");
	panels_of(figure, groups, "idle", "bytes_per_task");
	figure->columns = figure->panel_count < 2 ? figure->panel_count : 2;
	figure->rows = (figure->panel_count + 1) / 2;
}
