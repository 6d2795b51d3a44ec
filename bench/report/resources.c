/* resources.c: the figure of whose time it was: of the cores' time of a whole play, the shares of the program and of
 * the kernel and what nobody used, and how often a task gave its core to another. */
#include "rows.h"
#include "text.h"

static struct summary summary_of(const struct bundle *bundle, const struct cell *cell, const void *measure)
{
	(void)bundle;
	return cell_summary(cell, *(const enum measure *)measure);
}

static char *format_percent(char text[QUANTITY_TEXT_MAX], double value, const void *context)
{
	(void)context;
	snprintf(text, QUANTITY_TEXT_MAX, "%.1f %%", value);
	return text;
}

static char *format_count(char text[QUANTITY_TEXT_MAX], double value, const void *context)
{
	(void)context;
	return format_number(text, value);
}

static const enum measure measures[] = {MEASURE_USER_PERCENT, MEASURE_SYSTEM_PERCENT, MEASURE_IDLE_PERCENT,
					MEASURE_SWITCHES_PER_TASK};

enum { VALUES = sizeof(measures) / sizeof(*measures) };

#define SHARE(name, index)                                                                                             \
	{                                                                                                              \
		.what = name, .unit = "% of the cores' time", .most = 105, .summary = summary_of,                      \
		.format = format_percent, .context = &measures[index]                                                  \
	}

static const struct rows_value values[VALUES] = {
	SHARE("program (user)", 0),
	SHARE("kernel (system)", 1),
	SHARE("idle", 2),
	{.what = "switches a task",
	 .unit = "by the kernel",
	 .log = true,
	 .summary = summary_of,
	 .format = format_count,
	 .context = &measures[3]},
};

static bool is_any(const struct cell *cell)
{
	return cell_summary(cell, MEASURE_USER_PERCENT).n > 0;
}

void resources_figure(struct figure *figure, const struct groups *groups)
{
	struct rows rows = rows_make(figure->bundle, is_any);

	for (const struct family *family = groups->family_count ? groups->families : NULL;
	     family && figure->panel_count + VALUES <= PANELS_MAX; family = family_next_workload(groups, family)) {
		const struct group *group = headline_group(family);

		/* All four or none, so that a workload is a line of the grid. */
		for (size_t i = 0; group && rows_has(figure->bundle, group, &values[0]) && i < VALUES; i++)
			rows_panel(figure, group, &values[i], &rows);
	}
	rows_arrange(figure, VALUES);
	figure_title(figure, "What was the time spent on?");
	figure_note(figure,
		    "Of a whole play, from before its first task to after its last, on all cores that it had. Idle is "
		    "what is left: waiting, or cores that the model cannot use. What the load beside a server "
		    "took is not counted.");
	figure_note(figure,
		    "A switch is one between threads or processes, which the kernel counts; a model's own switches "
		    "between its tasks are not among them.");
}
