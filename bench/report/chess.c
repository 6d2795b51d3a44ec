/* chess.c: the figure of the simultaneous exhibition: wall time over boards, and the same as a multiple of its bound.
 *
 * The second panel is there because the models that overlap the waiting lie on one line in the first. */
#include <stdlib.h>
#include <string.h>

#include "curves.h"
#include "text.h"

static struct summary wall_of(const struct cell *cell, const struct group *group, void *context)
{
	(void)group;
	(void)context;
	return cell_summary(cell, MEASURE_WALL_NS);
}

/* What the panel of multiples leaves out: the models that do not overlap the waiting would press the others flat. */
struct limit {
	double most;
};

static struct summary multiple_of(const struct cell *cell, const struct group *group, void *context)
{
	struct summary summary = cell_summary(cell, MEASURE_TIMES_BOUND);
	struct limit *limit = context;

	(void)group;
	if (!(summary.median <= limit->most))
		return (struct summary){0};
	summary.mean = NAN; /* ratios are not averaged */
	return summary;
}

static double bound_of(const struct group *group, void *context)
{
	(void)context;
	return group_bound(group);
}

static double one_of(const struct group *group, void *context)
{
	(void)context;
	return isnan(group_bound(group)) ? NAN : 1;
}

/* The exhibition without simultaneity: boards x pairs x (move + reply). */
static double one_after_another(const struct group *group, void *context)
{
	const struct cell *cell = group->cells[0];

	(void)context;
	return cell_parameter(cell, "boards") * cell_parameter(cell, "pairs") *
	       (cell_parameter(cell, "move") + cell_parameter(cell, "reply"));
}

static void note_board(struct figure *figure, const struct cell *cell)
{
	char move[NUMBER_TEXT_MAX], reply[NUMBER_TEXT_MAX];

	figure_note(figure,
		    "A board is a game of %.0f pairs of moves: the master computes %s, then the opponent thinks %s, "
		    "and other "
		    "boards can be played meanwhile. %s: the bound, the least time that these cores need, known "
		    "to some per cent. %s: one board after another.",
		    cell_parameter(cell, "pairs"), format_time(move, cell_parameter(cell, "move")),
		    format_time(reply, cell_parameter(cell, "reply")), figure_line(figure, SERIES_BOUND),
		    figure_line(figure, SERIES_OTHER));
}

static void panel_wall(struct figure *figure, const struct family *family)
{
	struct panel *panel = figure_panel(figure);
	struct time_unit unit = time_unit_for(curves_greatest(family, MEASURE_WALL_NS));
	char label[200];

	family_label(family, label, sizeof(label));
	snprintf(panel->title, sizeof(panel->title), "chess %s: wall time", label);
	snprintf(panel->y.label, sizeof(panel->y.label), "wall time, %s (log)", unit.name);
	snprintf(panel->x.label, sizeof(panel->x.label), "boards (log)");
	panel->x.log = panel->y.log = panel->x.tics_at_points = true;
	curves_reference(figure, family, SERIES_OTHER, "one board after another", unit.ns, one_after_another, NULL);
	curves_reference(figure, family, SERIES_BOUND, "bound", unit.ns, bound_of, NULL);
	curves_draw(figure, family, SERIES_RUNTIME, unit.ns, wall_of, NULL);
}

/* A little over twice the best model's multiple, where that is greatest. */
static double most_shown(const struct family *family)
{
	double most = 1;

	for (size_t i = 0; i < family->group_count; i++) {
		double best = NAN;

		for (size_t j = 0; j < family->groups[i].cell_count; j++)
			best = fmin(best, cell_summary(family->groups[i].cells[j], MEASURE_TIMES_BOUND).median);
		most = fmax(most, best);
	}
	return 2.3 * most;
}

/* "; thread-gil at 300, 1000 boards (up to 4.1)": one runtime's points above the limit. */
static void write_above(FILE *text, const struct figure *figure, const struct family *family, const struct limit *limit,
			unsigned slot)
{
	double greatest = 0;

	for (size_t i = 0; i < family->group_count; i++) {
		const struct group *group = &family->groups[i];
		const struct cell *cell = group_cell(group, slot);
		double multiple = cell ? cell_summary(cell, MEASURE_TIMES_BOUND).median : NAN;

		if (!(multiple > limit->most))
			continue;
		if (greatest > 0)
			fprintf(text, ", %.0f", group->at);
		else
			fprintf(text, "; %s at %.0f", figure->bundle->runtimes[slot], group->at);
		greatest = fmax(greatest, multiple);
	}
	if (greatest > 0)
		fprintf(text, " boards (up to %.3g)", greatest);
}

static void note_above(struct figure *figure, const struct family *family, const struct limit *limit)
{
	char *list = NULL, label[200];
	size_t size;
	FILE *text = open_memstream(&list, &size);

	if (!text)
		return;
	for (unsigned slot = 0; slot < figure->bundle->runtime_count; slot++)
		write_above(text, figure, family, limit, slot);
	fclose(text);
	family_label(family, label, sizeof(label));
	if (list && *list)
		figure_note(figure, "Above the lower panel, %s, at more than %.2g times the bound: %s.", label,
			    limit->most, list + 2);
	free(list);
}

static void panel_multiple(struct figure *figure, const struct family *family)
{
	struct panel *panel = figure_panel(figure);
	struct limit limit = {.most = most_shown(family)};

	snprintf(panel->title, sizeof(panel->title), "the same, as a multiple of the bound");
	snprintf(panel->y.label, sizeof(panel->y.label), "wall time / bound");
	snprintf(panel->x.label, sizeof(panel->x.label), "boards (log)");
	panel->x.log = panel->x.tics_at_points = true;
	curves_reference(figure, family, SERIES_BOUND, "bound", 1, one_of, NULL);
	curves_draw(figure, family, SERIES_RUNTIME, 1, multiple_of, &limit);
	panel->y.high = limit.most;
	note_above(figure, family, &limit);
}

void chess_figure(struct figure *figure, const struct groups *groups)
{
	const struct family *families[CURVE_FAMILIES_MAX];
	size_t count = curves_choose(figure, groups, "chess", families);

	figure_title(figure, "How long does the exhibition take as boards are added?");
	if (count == 0)
		return;
	figure->rows = 2;
	note_board(figure, families[0]->groups[0].cells[0]);
	for (size_t i = 0; i < count; i++)
		panel_wall(figure, families[i]);
	for (size_t i = 0; i < count; i++)
		panel_multiple(figure, families[i]);
	curves_explain(figure, families, count);
}
