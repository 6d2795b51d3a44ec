/* fairness.c: the figure of whether tasks get their shares: when the first and the middle task ended, as a share of
 * when the last did, where all have the same to do; and of servers, the least and the most messages of a connection. */
#include "rows.h"

static bool is_any(const struct cell *cell)
{
	return cell_summary(cell, MEASURE_FIRST_END).n > 0 || cell_summary(cell, MEASURE_FAIR).n > 0;
}

static struct summary percent_of(const struct bundle *bundle, const struct cell *cell, const void *measure)
{
	struct summary summary = cell_summary(cell, *(const enum measure *)measure);

	(void)bundle;
	summary.median *= 100, summary.mean *= 100;
	summary.interval.low *= 100, summary.interval.high *= 100;
	return summary;
}

static char *format_percent(char text[QUANTITY_TEXT_MAX], double value, const void *context)
{
	(void)context;
	snprintf(text, QUANTITY_TEXT_MAX, "%.1f %%", value);
	return text;
}

static const enum measure measures[] = {MEASURE_FIRST_END, MEASURE_MIDDLE_END, MEASURE_FAIR};

enum { FIRST, MIDDLE, FAIR, VALUES };

#define SHARE(name, of, index)                                                                                         \
	{                                                                                                              \
		.what = name, .unit = of, .most = 105, .summary = percent_of, .format = format_percent,                \
		.context = &measures[index]                                                                            \
	}

static const struct rows_value values[VALUES] = {
	SHARE("first task ended", "% of the last one's time", FIRST),
	SHARE("middle task ended", "% of the last one's time", MIDDLE),
	SHARE("least messages", "% of the most of a connection", FAIR),
};

void fairness_figure(struct figure *figure, const struct groups *groups)
{
	struct rows rows = rows_make(figure->bundle, is_any);

	for (const struct family *family = groups->family_count ? groups->families : NULL;
	     family && figure->panel_count + VALUES <= PANELS_MAX; family = family_next_workload(groups, family)) {
		const struct group *group = headline_group(family);

		for (int i = 0; group && i < VALUES; i++)
			if (rows_has(figure->bundle, group, &values[i]))
				rows_panel(figure, group, &values[i], &rows);
	}
	rows_arrange(figure, 3);
	figure_title(figure, "Does every task get its share?");
	figure_note(figure, "All tasks begin at once with the same to do: where they take turns, all end at nearly the "
			    "same time, near "
			    "100 %%. Far below, some were served while others waited: so it is by their nature in "
			    "pools and where one "
			    "task follows another, and for work that never waits wherever nobody is made to give way.");
	figure_note(figure,
		    "Of servers: a load of a fixed number of messages gives every connection as many; it is the one "
		    "of a fixed duration that shows who is served more.");
}
