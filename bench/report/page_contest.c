/* page_contest.c: see page_contest.h. */
#include "page_contest.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"

/* As in summary.c: a difference of medians under 2 % is called none, and fewer than four invocations judge nothing. */
#define LEAST_EFFECT 1.02
#define LEAST_LEVEL 0.85
/* Who may be slower by more than this, for all that the intervals say, is not advised as if it were level. */
#define MOST_UNSEEN 1.15

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

static void entry_fill(const struct page *page, const struct contest *contest, const struct cell *cell,
		       struct entry *entry)
{
	double *values = malloc(sizeof(*values) * (cell->invocation_count + 1));

	*entry = (struct entry){
		.cell = cell,
		.guest = bundle_is_floor(page->bundle, cell->runtime)  ? "floor"
			 : bundle_is_peer(page->bundle, cell->runtime) ? "peer"
								       : NULL,
		.family = page->marks[cell->slot].family,
		.value = {.median = NAN, .mean = NAN},
		.ratio = NAN,
		.standing = STANDING_NO_RESULT,
	};
	if (values)
		entry->value = summarize(values, read_values(contest, cell, values), 0.95);
	free(values);
}

static bool disjoint(const struct interval *a, const struct interval *b)
{
	return a->high < b->low || b->high < a->low;
}

static enum standing judge(const struct summary *one, const struct summary *best)
{
	if (one->interval.level < LEAST_LEVEL || best->interval.level < LEAST_LEVEL)
		return STANDING_UNKNOWN;
	if (one->median >= best->median * LEAST_EFFECT && disjoint(&one->interval, &best->interval))
		return STANDING_SLOWER;
	return one->interval.high > best->median * MOST_UNSEEN ? STANDING_UNKNOWN : STANDING_LEVEL;
}

static void entry_judge(const struct contest *contest, struct entry *entry)
{
	const struct entry *best = contest->best;

	entry->ratio = entry->value.median / best->value.median;
	entry->ratio_interval = (struct interval){.low = entry->ratio, .high = entry->ratio};
	entry->standing = entry == best ? STANDING_BEST : judge(&entry->value, &best->value);
}

void contest_intervals(struct contest *contest)
{
	const struct cell *best = contest->best->cell;

	for (size_t i = 0; i < contest->results; i++) {
		struct entry *entry = &contest->entries[i];
		double *values = malloc(sizeof(*values) * (entry->cell->invocation_count + best->invocation_count + 1));
		struct interval interval;

		if (values && contest->best->value.median > 0) {
			size_t ours = read_values(contest, entry->cell, values);
			size_t bests = read_values(contest, best, values + ours);

			if (ratio_interval(values, ours, values + ours, bests, 0.95, 1, &interval) == 0)
				entry->ratio_interval = interval;
		}
		free(values);
	}
}

static void judge_all(struct contest *contest)
{
	for (size_t i = 0; i < contest->count && !contest->best; i++)
		if (contest->entries[i].value.n > 0 && !contest->entries[i].guest)
			contest->best = &contest->entries[i];
	for (size_t i = 0; i < contest->count; i++) {
		contest->results += contest->entries[i].value.n > 0;
		if (contest->best && contest->entries[i].value.n > 0)
			entry_judge(contest, &contest->entries[i]);
	}
}

int contest_make(const struct page *page, const struct family *family, const struct group *group,
		 struct contest *contest)
{
	size_t index = 0;

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
	if (contest->quantity && (contest->quantity->figure || contest->quantity->measure != MEASURE_WALL_NS))
		contest->bound = NAN;
	for (size_t i = 0; i < contest->count; i++)
		entry_fill(page, contest, group->cells[i], &contest->entries[i]);
	qsort(contest->entries, contest->count, sizeof(*contest->entries), compare_entries);
	judge_all(contest);
	if (contest->best)
		return 0;
	contest_clear(contest);
	return -ENODATA;
}

void contest_clear(struct contest *contest)
{
	free(contest->entries);
	contest->entries = NULL;
}

const struct entry *contest_of_family(const struct contest *contest, enum model_family family)
{
	for (size_t i = 0; i < contest->results; i++)
		if (contest->entries[i].family == family && !contest->entries[i].guest)
			return &contest->entries[i];
	return NULL;
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
