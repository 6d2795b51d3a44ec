/* page_contest.c: see page_contest.h. */
#include "page_contest.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"

static int compare_entries(const void *left, const void *right)
{
	const struct entry *a = left, *b = right;

	if ((a->value.n == 0) != (b->value.n == 0))
		return a->value.n == 0 ? 1 : -1;
	if (a->value.n > 0 && a->value.median != b->value.median)
		return a->value.median < b->value.median ? -1 : 1;
	return (a->cell->slot > b->cell->slot) - (a->cell->slot < b->cell->slot);
}

/* What every good invocation of the cell measured, into values; returns how many. */
static size_t read_values(const struct contest *contest, const struct cell *cell, double *values)
{
	json_t *figures = NULL;
	size_t count = 0;

	if (!contest->quantity)
		return cell_values(cell, MEASURE_WALL_NS, values);
	if (cell_figures(contest->bundle, cell, &figures) == 0)
		count = quantity_values(contest->quantity, cell, figures, values);
	json_decref(figures);
	return count;
}

static int entry_fill(const struct page *page, const struct contest *contest, const struct cell *cell,
		      struct entry *entry)
{
	*entry = (struct entry){
		.cell = cell,
		.guest = bundle_is_floor(page->bundle, cell->runtime)  ? "floor"
			 : bundle_is_peer(page->bundle, cell->runtime) ? "peer"
								       : NULL,
		.family = page->marks[cell->slot].family,
		.values = malloc(sizeof(*entry->values) * (cell->invocation_count + 1)),
		.value = {.median = NAN, .mean = NAN},
		.ratio = NAN,
		.verdict = VERDICT_REFUSED,
	};
	if (!entry->values)
		return -ENOMEM;
	entry->value = summarize(entry->values, read_values(contest, cell, entry->values), 0.95);
	return 0;
}

/* By the rule of simul compare, so that the page and it never call different cells slower. */
static int entry_judge(const struct contest *contest, struct entry *entry, bool verdict_only)
{
	const struct entry *best = contest->best;
	struct compare_options options = {.min_effect = COMPARE_LEAST_EFFECT,
					  .seed = compare_seed(best->cell->name, 1),
					  .verdict_only = verdict_only};
	struct comparison comparison;
	int error;

	entry->ratio = entry->value.median / best->value.median;
	entry->ratio_interval = (struct interval){.low = entry->ratio, .high = entry->ratio};
	entry->verdict = entry == best ? VERDICT_SAME : VERDICT_UNDECIDED;
	entry->leads = entry == best;
	if (!(best->value.median > 0))
		return 0;
	error = compare_values(best->values, best->value.n, entry->values, entry->value.n, &options, &comparison);
	if (error)
		return error;
	if (comparison.interval.level > 0)
		entry->ratio_interval = comparison.interval;
	if (entry == best)
		return 0;
	entry->verdict = comparison.verdict;
	entry->leads =
		entry->value.n >= COMPARE_LEAST && best->value.n >= COMPARE_LEAST && comparison_is_level(&comparison);
	return 0;
}

static int judge_each(struct contest *contest, bool verdict_only)
{
	int error = 0;

	for (size_t i = 0; i < contest->count && !error; i++)
		if (contest->entries[i].value.n > 0)
			error = entry_judge(contest, &contest->entries[i], verdict_only);
	return error;
}

int contest_intervals(struct contest *contest)
{
	return judge_each(contest, false);
}

static int judge_all(struct contest *contest)
{
	for (size_t i = 0; i < contest->count && !contest->best; i++)
		if (contest->entries[i].value.n > 0 && !contest->entries[i].guest)
			contest->best = &contest->entries[i];
	for (size_t i = 0; i < contest->count; i++)
		contest->results += contest->entries[i].value.n > 0;
	return contest->best ? judge_each(contest, true) : -ENODATA;
}

int contest_make(const struct page *page, const struct family *family, const struct group *group,
		 struct contest *contest)
{
	size_t index = 0;
	int error = 0;

	*contest = (struct contest){
		.bundle = page->bundle,
		.family = family,
		.group = group,
		.quantity = quantity_next(family->workload, &index),
		.count = group->cell_count,
		.entries = calloc(group->cell_count, sizeof(*contest->entries)),
		.bound = group_bound(group),
	};
	if (!contest->entries)
		return -ENOMEM;
	group_is_unreliable(group, contest->unreliable, sizeof(contest->unreliable));
	if (contest->quantity && (contest->quantity->figure || contest->quantity->measure != MEASURE_WALL_NS))
		contest->bound = NAN;
	for (size_t i = 0; i < contest->count; i++)
		error = error ? error : entry_fill(page, contest, group->cells[i], &contest->entries[i]);
	qsort(contest->entries, contest->count, sizeof(*contest->entries), compare_entries);
	error = error ? error : judge_all(contest);
	if (error)
		contest_clear(contest);
	return error;
}

void contest_clear(struct contest *contest)
{
	for (size_t i = 0; contest->entries && i < contest->count; i++)
		free(contest->entries[i].values);
	free(contest->entries);
	contest->entries = NULL;
}

const struct entry *contest_of_family(const struct contest *contest, enum model_family family)
{
	const struct entry *least = NULL;

	for (size_t i = 0; i < contest->results; i++) {
		const struct entry *entry = &contest->entries[i];

		if (entry->family != family || entry->guest)
			continue;
		if (entry->leads)
			return entry;
		least = least ? least : entry;
	}
	return least;
}

char *contest_format(char text[QUANTITY_TEXT_MAX], const struct contest *contest, double value)
{
	char number[QUANTITY_TEXT_MAX], time[NUMBER_TEXT_MAX];

	if (!contest->quantity) {
		snprintf(text, QUANTITY_TEXT_MAX, "%s", format_time(time, value));
		return text;
	}
	quantity_format(number, contest->quantity, value);
	snprintf(text, QUANTITY_TEXT_MAX, "%.90s%s%.16s", number, *contest->quantity->unit ? " " : "",
		 contest->quantity->unit);
	return text;
}

char *contest_format_range(char text[2 * QUANTITY_TEXT_MAX], const struct contest *contest,
			   const struct interval *interval)
{
	char low[QUANTITY_TEXT_MAX], high[QUANTITY_TEXT_MAX], times[NUMBER_TEXT_MAX];

	if (!(interval->level > 0))
		snprintf(text, 2 * QUANTITY_TEXT_MAX, "-");
	else if (!contest->quantity)
		snprintf(text, 2 * QUANTITY_TEXT_MAX, "%s", format_times(times, interval->low, interval->high));
	else
		snprintf(text, 2 * QUANTITY_TEXT_MAX, "%s..%s", quantity_format(low, contest->quantity, interval->low),
			 contest_format(high, contest, interval->high));
	return text;
}
