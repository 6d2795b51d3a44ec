/* curves.c: see curves.h. */
#include "curves.h"

#include <string.h>

static size_t results(const struct family *family)
{
	size_t count = 0;

	for (size_t i = 0; i < family->group_count; i++)
		count += group_has_result(&family->groups[i]);
	return count;
}

static bool is_chosen(const struct family *family, const struct family *const *chosen, size_t kept)
{
	for (size_t i = 0; i < kept; i++)
		if (chosen[i] == family)
			return true;
	return false;
}

static void note_not_drawn(struct figure *figure, const struct family *family, size_t count,
			   const struct family *const *chosen, size_t kept)
{
	const struct family *first = NULL;

	for (size_t i = 0; i < count && !first; i++)
		first = is_chosen(&family[i], chosen, kept) ? NULL : &family[i];
	if (first)
		figure_note(figure, "Not drawn here, but in the records: %zu more set%s of cells of %s, as %s.",
			    count - kept, count - kept == 1 ? "" : "s", first->workload, first->groups[0].name);
}

size_t curves_choose(struct figure *figure, const struct groups *groups, const char *workload,
		     const struct family *chosen[CURVE_FAMILIES_MAX])
{
	size_t count, kept = 0;
	const struct family *family = groups_of(groups, workload, &count);
	char text[200];

	for (size_t least = 2; kept == 0 && least > 0; least--) {
		for (size_t i = 0; i < count; i++) {
			if (results(&family[i]) < least)
				continue;
			if (kept < CURVE_FAMILIES_MAX && (least > 1 || kept == 0))
				chosen[kept++] = &family[i];
		}
	}
	if (kept > 0)
		note_not_drawn(figure, family, count, chosen, kept);
	/* A workload that the run does not have needs no figure. */
	if (kept == 0 && count > 0) {
		figure_explain(figure, family);
		snprintf(text, sizeof(text), "Nothing to draw: no invocation of %s has a good result.", workload);
		figure_missing(figure, text);
	}
	figure->columns = kept ? (unsigned)kept : 1;
	return kept;
}

void curves_explain(struct figure *figure, const struct family *const *chosen, size_t count)
{
	for (size_t i = 0; i < count; i++)
		figure_explain(figure, chosen[i]);
}

static void failed_crosses(struct figure *figure, const struct family *family, unsigned slot)
{
	struct series *series = NULL;

	for (size_t i = 0; i < family->group_count; i++) {
		const struct cell *cell = group_cell(&family->groups[i], slot);

		if (!cell || cell_fate(cell) != FATE_FAILED)
			continue;
		if (!series)
			series = figure_series(figure, SERIES_FAILED, figure->bundle->runtimes[slot]);
		figure_point(figure, series,
			     &(struct point){.x = family->groups[i].at,
					     .y = NAN,
					     .low = NAN,
					     .high = NAN,
					     .mean = NAN,
					     .slot = slot});
	}
}

static void runtime_curve(struct figure *figure, const struct family *family, unsigned slot, enum series_style style,
			  double divide, curve_value *value, void *context)
{
	struct series *series = NULL;

	for (size_t i = 0; i < family->group_count; i++) {
		const struct group *group = &family->groups[i];
		const struct cell *cell = group_cell(group, slot);
		struct summary summary = {0};

		if (cell && cell->count[STATUS_OK] > 0)
			summary = value(cell, group, context);
		if (summary.n == 0 || isnan(summary.median))
			continue;
		if (!series)
			series = figure_series(figure, style, figure->bundle->runtimes[slot]);
		if (style == SERIES_RUNTIME && !isnan(summary.interval.low))
			figure_count(figure, cell, &summary, &summary.interval);
		figure_point(figure, series,
			     &(struct point){.x = group->at,
					     .y = summary.median / divide,
					     .low = summary.interval.low / divide,
					     .high = summary.interval.high / divide,
					     .mean = summary.mean / divide,
					     .n = summary.n,
					     .slot = slot});
	}
}

void curves_draw(struct figure *figure, const struct family *family, enum series_style style, double divide,
		 curve_value *value, void *context)
{
	for (unsigned slot = 0; slot < figure->bundle->runtime_count; slot++) {
		runtime_curve(figure, family, slot, style, divide, value, context);
		if (style == SERIES_RUNTIME)
			failed_crosses(figure, family, slot);
	}
}

void curves_reference(struct figure *figure, const struct family *family, enum series_style style, const char *name,
		      double divide, curve_reference *value, void *context)
{
	struct series *series = figure_series(figure, style, name);

	for (size_t i = 0; i < family->group_count; i++) {
		double y = value(&family->groups[i], context) / divide;

		if (isnan(y) || !group_has_result(&family->groups[i]))
			continue;
		figure_point(figure, series,
			     &(struct point){.x = family->groups[i].at, .y = y, .low = NAN, .high = NAN, .mean = NAN});
	}
}

double curves_greatest(const struct family *family, enum measure measure)
{
	double greatest = NAN;

	for (size_t i = 0; i < family->group_count; i++) {
		for (size_t j = 0; j < family->groups[i].cell_count; j++)
			greatest = fmax(greatest, cell_summary(family->groups[i].cells[j], measure).median);
	}
	return greatest;
}
