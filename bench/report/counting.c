/* counting.c: the figure of counting: speed-up over the number of slices, against what one core takes.
 *
 * The base of a family is the fastest median wall time of all plays that had one core at a time: of a single slice, or
 * of a model that cannot use several (Hoefler & Belli 2015, rule 1: the best serial execution), so that no model is
 * flattered by being slow alone, and the ideal is what the cores allow. */
#include <stdlib.h>
#include <string.h>

#include "curves.h"
#include "text.h"

struct base {
	const struct cell *cell;
	const struct group *group;
	double median_ns;
	double cores; /* that it is taken to have used */
};

static bool is_serial(const struct bundle *bundle, const struct group *group, const struct cell *cell)
{
	return group->at == 1 || cell->cores == 1 || !bundle_can(bundle, cell->runtime, "parallel");
}

static struct base base_find(const struct bundle *bundle, const struct family *family, bool serial)
{
	struct base base = {.median_ns = NAN};

	for (size_t i = 0; i < family->group_count; i++) {
		const struct group *group = &family->groups[i];

		for (size_t j = 0; j < group->cell_count; j++) {
			double median = cell_summary(group->cells[j], MEASURE_WALL_NS).median;

			if (isnan(median) || median >= base.median_ns)
				continue;
			if (!serial || is_serial(bundle, group, group->cells[j]))
				base = (struct base){.cell = group->cells[j], .group = group, .median_ns = median};
		}
	}
	base.cores = !base.cell || serial ? 1 : fmin(base.group->at, group_cores(base.group));
	return base;
}

/* The seed is the cell's place, so that intervals do not depend on what else is drawn. */
static struct summary speed_up(const struct cell *cell, const struct group *group, void *context)
{
	const struct base *base = context;
	struct summary summary = cell_summary(cell, MEASURE_WALL_NS);
	double *values = malloc(sizeof(*values) * (cell->invocation_count + base->cell->invocation_count + 1));

	(void)group;
	if (!values)
		return (struct summary){0};
	size_t n = cell_values(cell, MEASURE_WALL_NS, values), base_n;

	base_n = cell_values(base->cell, MEASURE_WALL_NS, values + n);
	if (ratio_interval(values + n, base_n, values, n, 0.95, cell->slot + 1, &summary.interval))
		summary.n = 0;
	summary.median = base->median_ns / summary.median;
	summary.mean = NAN; /* ratios are not averaged */
	free(values);
	return summary;
}

static double ideal(const struct group *group, void *context)
{
	const struct base *base = context;

	return fmin(group->at, group_cores(group)) / base->cores;
}

/* What equal slices allow where each stays on its core: three on two cores take as long as four. */
static double unmoved(const struct group *group, void *context)
{
	const struct base *base = context;

	return group->at / ceil(group->at / group_cores(group)) / base->cores;
}

static bool is_in_blocks(const struct family *family)
{
	const char *split = json_string_value(json_object_get(family->groups[0].cells[0]->parameters, "split"));

	return split && strcmp(split, "blocks") == 0;
}

static void note_base(struct figure *figure, const struct family *family, const struct base *base, const char *label)
{
	char time[NUMBER_TEXT_MAX];

	figure_note(figure, "Speed-up 1, %s, is %s: the median of %s with %.0f slice%s, the fastest %s.", label,
		    format_time(time, base->median_ns), base->cell->runtime, base->group->at,
		    base->group->at == 1 ? "" : "s", base->cores > 1 ? "of all" : "that had one core at a time");
	if (is_in_blocks(family))
		figure_note(figure,
			    "In blocks, %s: slices of equal length, of which the last takes longest; few of them "
			    "cannot share the cores evenly.",
			    label);
}

static void panel_speed_up(struct figure *figure, const struct family *family)
{
	struct panel *panel = figure_panel(figure);
	struct base base = base_find(figure->bundle, family, true);
	char label[200], time[NUMBER_TEXT_MAX];

	if (!base.cell)
		base = base_find(figure->bundle, family, false);
	family_label(family, label, sizeof(label));
	snprintf(panel->title, sizeof(panel->title), "counting, %s", label);
	snprintf(panel->x.label, sizeof(panel->x.label), "slices, a task each (log)");
	snprintf(panel->y.label, sizeof(panel->y.label), "speed-up (1 is %s)", format_time(time, base.median_ns));
	panel->x.log = panel->x.tics_at_points = true;
	panel->y.low = 0;
	if (!is_in_blocks(family))
		curves_reference(figure, family, SERIES_OTHER, "unmoved", 1, unmoved, &base);
	curves_reference(figure, family, SERIES_BOUND, "ideal", 1, ideal, &base);
	curves_draw(figure, family, SERIES_RUNTIME, 1, speed_up, &base);
	note_base(figure, family, &base, label);
}

void counting_figure(struct figure *figure, const struct groups *groups)
{
	const struct family *families[CURVE_FAMILIES_MAX];
	size_t count = curves_choose(figure, groups, "counting", families);

	figure_title(figure, "How much faster is the count when it is cut into slices?");
	for (size_t i = 0; i < count; i++)
		panel_speed_up(figure, families[i]);
	if (count > 0)
		figure_note(figure,
			    "A slice is a share of the numbers below the limit, tested for primes by division. "
			    "%s: the ideal, as many times faster as there are slices, up to the number of "
			    "cores. %s: "
			    "the same where a slice stays on its core, so that 3 slices on 2 cores take as long as 4.",
			    figure_line(figure, SERIES_BOUND), figure_line(figure, SERIES_OTHER));
	curves_explain(figure, families, count);
}
