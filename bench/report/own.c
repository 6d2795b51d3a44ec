/* own.c: see own.h. Which runtimes there are, and which of them are peers, the bundle says. */
#include "own.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../analysis/compare.h"
#include "drift.h"
#include "floor.h"
#include "quantity.h"
#include "scoreboard.h"
#include "text.h"

enum { LINE_WIDTH = 78, NAME_WIDTH = 18, NUMBER_WIDTH = 10, INTERVAL_WIDTH = 18, RATIO_WIDTH = 8, COLUMNS_MAX = 5 };
/* With more columns than this they are closer together: a line has room for 80 characters. */
enum { COLUMNS_WIDE = 4, NARROW_NUMBER_WIDTH = 8, NARROW_INTERVAL_WIDTH = 17, NARROW_RATIO_WIDTH = 7 };

struct row {
	const struct cell *cell;
	bool peer;
	bool compared;    /* a peer, or a runtime of ours over what others wrote: it has a column */
	bool interleaves; /* else it does not do what is asked, and only shows what the rest of the work takes */
	double *values;   /* sorted; owned */
	struct summary summary;
};

/* One quantity of one group. */
struct own {
	const struct quantity *quantity;
	struct row *rows; /* owned; the least first */
	size_t count;
	const struct row *columns[COLUMNS_MAX]; /* to compare with: the best first, without peers the best of our own */
	size_t column_count;
	bool has_peers;
};

/* A group with the figures of each of its cells. */
struct origin {
	const struct bundle *bundle;
	const struct group *group;
	json_t **figures; /* owned, one a cell: name -> list of numbers, one an invocation */
};

/* --- gathering ------------------------------------------------------------------------------------------------ */

static void origin_clear(struct origin *origin)
{
	for (size_t i = 0; origin->figures && i < origin->group->cell_count; i++)
		json_decref(origin->figures[i]);
	free(origin->figures);
}

static int origin_read(struct origin *origin, const struct bundle *bundle, const struct group *group)
{
	int error = 0;

	*origin = (struct origin){.bundle = bundle, .group = group};
	origin->figures = calloc(group->cell_count + 1, sizeof(*origin->figures));
	if (!origin->figures)
		return -ENOMEM;
	for (size_t i = 0; !error && i < group->cell_count; i++) {
		error = cell_figures(bundle, group->cells[i], &origin->figures[i]);
		if (error)
			origin->figures[i] = NULL;
	}
	if (error)
		origin_clear(origin);
	return error;
}

static int compare_rows(const void *left, const void *right)
{
	const struct row *a = left, *b = right;

	if (a->summary.median != b->summary.median)
		return a->summary.median < b->summary.median ? -1 : 1;
	return (a->cell->slot > b->cell->slot) - (a->cell->slot < b->cell->slot);
}

/* The least of our own or of the peers, among those whose tasks interleave if there are any; NULL if there is none. */
static const struct row *best_of(const struct own *own, bool peer)
{
	const struct row *other = NULL;

	for (size_t i = 0; i < own->count; i++) {
		const struct row *row = &own->rows[i];

		if (row->peer != peer)
			continue;
		if (row->interleaves)
			return row;
		other = other ? other : row;
	}
	return other;
}

static void columns_find(struct own *own)
{
	if (own->quantity->level || own->count == 0)
		return;
	own->has_peers = best_of(own, true);
	if (!own->has_peers)
		own->columns[own->column_count++] = best_of(own, false);
	for (size_t i = 0; i < own->count && own->column_count < COLUMNS_MAX; i++)
		if (own->rows[i].compared)
			own->columns[own->column_count++] = &own->rows[i];
}

static int ratio_width(const struct own *own)
{
	return own->column_count > COLUMNS_WIDE ? NARROW_RATIO_WIDTH : RATIO_WIDTH;
}

static int number_width(const struct own *own)
{
	return own->column_count > COLUMNS_WIDE ? NARROW_NUMBER_WIDTH : NUMBER_WIDTH;
}

static int interval_width(const struct own *own)
{
	return own->column_count > COLUMNS_WIDE ? NARROW_INTERVAL_WIDTH : INTERVAL_WIDTH;
}

static const char *column_name(const struct own *own, size_t i)
{
	return i > 0 || own->has_peers ? own->columns[i]->cell->runtime : "x best";
}

static void own_clear(struct own *own)
{
	for (size_t i = 0; own->rows && i < own->count; i++)
		free(own->rows[i].values);
	free(own->rows);
}

static int own_make(struct own *own, const struct origin *origin, const struct quantity *quantity)
{
	*own = (struct own){.quantity = quantity, .rows = calloc(origin->group->cell_count + 1, sizeof(*own->rows))};
	for (size_t i = 0; own->rows && i < origin->group->cell_count; i++) {
		const struct cell *cell = origin->group->cells[i];
		double *values = malloc(sizeof(*values) * (cell->invocation_count + 1));

		if (!values) {
			own_clear(own);
			return -ENOMEM;
		}
		struct row row = {
			.cell = cell,
			.peer = bundle_is_peer(origin->bundle, cell->runtime),
			.compared = bundle_is_compared(origin->bundle, cell->runtime),
			.interleaves = bundle_can(origin->bundle, cell->runtime, "interleaves"),
		};

		row.summary = summarize(values, quantity_values(quantity, cell, origin->figures[i], values), 0.95);
		row.values = values;
		if (row.summary.n > 0)
			own->rows[own->count++] = row;
		else
			free(values);
	}
	if (!own->rows)
		return -ENOMEM;
	qsort(own->rows, own->count, sizeof(*own->rows), compare_rows);
	columns_find(own);
	return 0;
}

/* --- one table ------------------------------------------------------------------------------------------------ */

/* By the rule of simul compare: nothing where they differ, '=' where no difference is shown, else '?'. */
static const char *verdict_mark(const struct row *of, const struct row *to)
{
	const struct compare_options options = {
		.min_effect = COMPARE_LEAST_EFFECT, .seed = compare_seed(to->cell->name, 1), .verdict_only = true};
	struct comparison comparison;

	if (of == to || !(of->values[0] > 0 && to->values[0] > 0))
		return "";
	if (compare_values(to->values, to->summary.n, of->values, of->summary.n, &options, &comparison) != 0)
		return "?";
	return comparison.verdict == VERDICT_SAME ? "=" : comparison.verdict == VERDICT_UNDECIDED ? "?" : "";
}

/* "0.63", "=1.00" where no difference is shown, "?1.02" where there is not enough data, "12.3", "540". */
static char *format_ratio(char text[NUMBER_TEXT_MAX], const struct row *of, const struct row *to)
{
	double ratio = of->summary.median / to->summary.median;

	if (!(to->summary.median > 0))
		snprintf(text, NUMBER_TEXT_MAX, "-");
	else if (ratio < 0.0005)
		snprintf(text, NUMBER_TEXT_MAX, "<0.001");
	else
		snprintf(text, NUMBER_TEXT_MAX, "%s%.*f", verdict_mark(of, to),
			 ratio < 0.0995  ? 3
			 : ratio < 9.995 ? 2
			 : ratio < 99.95 ? 1
					 : 0,
			 ratio);
	return text;
}

/* A name over two lines, cut at its last dash: "boost-" and "context", or nothing and "pth". */
static void print_column(const char *name, int line, int width, FILE *out)
{
	const char *dash = strrchr(name, '-');
	size_t first = dash ? (size_t)(dash - name) + 1 : 0;
	char text[64], cut[64];

	snprintf(text, sizeof(text), "%.*s", line == 0 ? (int)(first < 50 ? first : 50) : 50,
		 line == 0 ? name : name + first);
	text_pad(out, text_cut(cut, sizeof(cut), text, NARROW_RATIO_WIDTH), -width);
}

static void print_columns(const struct own *own, int line, FILE *out)
{
	for (size_t i = 0; i < own->column_count; i++)
		print_column(column_name(own, i), line, ratio_width(own), out);
	fputc('\n', out);
}

static bool needs_two_lines(const struct own *own)
{
	for (size_t i = 0; i < own->column_count; i++)
		if (strchr(column_name(own, i), '-'))
			return true;
	return false;
}

static void print_heading(const struct own *own, FILE *out)
{
	const struct quantity *quantity = own->quantity;
	char title[96];

	snprintf(title, sizeof(title), "%s%s%s", quantity->what, *quantity->unit ? ", " : "", quantity->unit);
	fputs("  ", out);
	if (needs_two_lines(own)) {
		text_pad(out, title, NAME_WIDTH + number_width(own) + interval_width(own));
		print_columns(own, 0, out);
	} else {
		fprintf(out, "%s\n", title);
	}
	if (quantity->words)
		return;
	fputs("  ", out);
	text_pad(out, "", NAME_WIDTH);
	text_pad(out, "median", -number_width(own));
	text_pad(out, "interval", -interval_width(own));
	print_columns(own, 1, out);
}

static void print_interval(const struct own *own, const struct interval *interval, FILE *out)
{
	char low[QUANTITY_TEXT_MAX], high[QUANTITY_TEXT_MAX], both[2 * QUANTITY_TEXT_MAX + 4];

	quantity_format(low, own->quantity, interval->low);
	quantity_format(high, own->quantity, interval->high);
	snprintf(both, sizeof(both), "%s..%s", low, high);
	fputc(' ', out); /* however long the number */
	text_pad(out, interval->level > 0 ? both : "-", 1 - interval_width(own));
}

static void print_row(const struct own *own, const struct row *row, FILE *out)
{
	char name[96], text[QUANTITY_TEXT_MAX];
	const struct summary *summary = &row->summary;

	fputc(row->peer ? '*' : ' ', out);
	fputc(cell_drifts(row->cell) ? '~' : ' ', out);
	text_pad(out, text_cut(name, sizeof(name), row->cell->runtime, NAME_WIDTH), NAME_WIDTH);
	quantity_format(text, own->quantity, summary->median);
	if (own->quantity->words) {
		bool same = summary->interval.low == summary->interval.high;

		fprintf(out, "  %s%s\n", text, same ? "" : "; not always the same");
		return;
	}
	text_pad(out, text, -number_width(own));
	print_interval(own, &summary->interval, out);
	for (size_t i = 0; i < own->column_count; i++)
		text_pad(out, format_ratio(text, row, own->columns[i]), -ratio_width(own));
	fputs(row->cell->count[STATUS_FAILED] > 0 ? " !\n" : "\n", out);
}

static void print_table(const struct own *own, FILE *out)
{
	if (own->count == 0)
		return;
	print_heading(own, out);
	for (size_t i = 0; i < own->count; i++)
		print_row(own, &own->rows[i], out);
	fputc('\n', out);
}

/* --- what was not played -------------------------------------------------------------------------------------- */

static void print_line(void *context, const char *text)
{
	fprintf(context, "  %s\n", text);
}

static bool cell_missing(const struct bundle *bundle, const struct cell *cell, char *reason, size_t size)
{
	enum fate fate = cell_fate(cell);
	char why[400];

	if (fate == FATE_GOOD || fate == FATE_PARTLY)
		return false;
	cell_reason(bundle, cell, why, sizeof(why));
	snprintf(reason, size, "%s%s", fate == FATE_FAILED ? "failed: " : "", why);
	return true;
}

/* The runtimes from that one on without a result for the same reason, and the reason; nothing if it has been said. */
static void write_missing(const struct bundle *bundle, const struct group *group, size_t first, FILE *text)
{
	char reason[440], other[440];

	if (!cell_missing(bundle, group->cells[first], reason, sizeof(reason)))
		return;
	for (size_t i = 0; i < first; i++)
		if (cell_missing(bundle, group->cells[i], other, sizeof(other)) && strcmp(reason, other) == 0)
			return;
	fputs(group->cells[first]->runtime, text);
	for (size_t i = first + 1; i < group->cell_count; i++)
		if (cell_missing(bundle, group->cells[i], other, sizeof(other)) && strcmp(reason, other) == 0)
			fprintf(text, ", %s", group->cells[i]->runtime);
	fprintf(text, ": %s", reason);
}

static int print_missing(const struct bundle *bundle, const struct group *group, FILE *out)
{
	bool any = false;

	for (size_t i = 0; i < group->cell_count; i++) {
		char *paragraph = NULL;
		size_t size;
		FILE *text = open_memstream(&paragraph, &size);

		if (!text)
			return -ENOMEM;
		write_missing(bundle, group, i, text);
		fclose(text);
		if (!paragraph)
			return -ENOMEM;
		text_wrap(paragraph, LINE_WIDTH, print_line, out);
		any |= *paragraph != '\0';
		free(paragraph);
	}
	if (any)
		fputc('\n', out);
	return 0;
}

/* --- a group -------------------------------------------------------------------------------------------------- */

/* "n = 5, interval: rank-based, 95 %"; nothing without rows. */
static void print_method(const struct own *own, FILE *out)
{
	const struct summary *least = own->count > 0 ? &own->rows[0].summary : NULL;
	size_t most = least ? least->n : 0;
	char method[120];

	for (size_t i = 1; i < own->count; i++) {
		const struct summary *other = &own->rows[i].summary;

		most = other->n > most ? other->n : most;
		least = other->n < least->n ? other : least;
	}
	if (least)
		fprintf(out, "  %s\n", method_text(least, most, method, sizeof(method)));
}

static void print_title_line(void *context, const char *text)
{
	fprintf(context, "%s\n", text);
}

static int print_title(const struct group *group, FILE *out)
{
	char label[240], *title;

	quantity_label(group, label, sizeof(label));
	if (asprintf(&title, "%s: %s", group->cells[0]->workload, label) < 0)
		return -ENOMEM;
	text_wrap(title, LINE_WIDTH, print_title_line, out);
	free(title);
	return 0;
}

static int print_quantities(const struct origin *origin, bool all, FILE *out)
{
	const struct quantity *quantity;
	bool first = true;
	size_t index = 0;
	int error = 0;

	while (!error && (quantity = quantity_next(origin->group->cells[0]->workload, &index))) {
		struct own own;

		if (quantity->detail && !all)
			continue;
		error = own_make(&own, origin, quantity);
		if (error)
			break;
		if (first)
			print_method(&own, out);
		first = false;
		print_table(&own, out);
		own_clear(&own);
	}
	return error;
}

static int print_group(const struct bundle *bundle, const struct group *group, bool all, FILE *out)
{
	struct origin origin;
	int error = origin_read(&origin, bundle, group);

	if (error)
		return error;
	error = print_title(group, out);
	if (!error)
		error = print_quantities(&origin, all, out);
	if (!error)
		error = print_missing(bundle, group, out);
	origin_clear(&origin);
	return error;
}

int own_tables(const struct bundle *bundle, const struct groups *groups, const struct family *family, FILE *out)
{
	const struct group *headline = headline_group(family);
	size_t count;
	const struct family *families = groups_of(groups, family->workload, &count);
	int error = 0;

	if (floor_is(family->workload))
		return floor_table(bundle, groups, family, out);
	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; !error && j < families[i].group_count; j++) {
			const struct group *group = &families[i].groups[j];

			error = print_group(bundle, group, group == headline, out);
			if (!error)
				floor_ratios(bundle, groups, group, out);
		}
	return error;
}

/* --- figures that the table of quantities has not --------------------------------------------------------------- */

static bool is_constant(const struct own *own)
{
	double low = INFINITY, high = -INFINITY;

	for (size_t i = 0; i < own->count; i++) {
		low = fmin(low, own->rows[i].summary.interval.low);
		high = fmax(high, own->rows[i].summary.interval.high);
	}
	return !(low < high);
}

/* Is there an earlier cell of the group with that figure? */
static bool is_known(const struct origin *origin, size_t before, const char *name)
{
	while (before-- > 0)
		if (json_object_get(origin->figures[before], name))
			return true;
	return false;
}

static int print_strange(const struct origin *origin, const char *name, FILE *out)
{
	const struct quantity quantity = {.figure = name, .what = name, .unit = "", .scale = 1};
	struct own own;
	int error = own_make(&own, origin, &quantity);

	if (error)
		return error;
	if (!is_constant(&own))
		print_table(&own, out);
	own_clear(&own);
	return 0;
}

int own_strange(const struct bundle *bundle, const struct group *group, FILE *out)
{
	struct origin origin;
	int error = origin_read(&origin, bundle, group);

	if (error)
		return error;
	for (size_t i = 0; !error && i < group->cell_count; i++) {
		const char *name;
		json_t *list;

		json_object_foreach(origin.figures[i], name, list)
		{
			if (!error && !is_known(&origin, i, name))
				error = print_strange(&origin, name, out);
		}
	}
	origin_clear(&origin);
	return error;
}

/* --- answers -------------------------------------------------------------------------------------------------- */

/* "coroutine 3.60 ns, 0.63 x boost-context"; the ratio only where there is a peer, and something to divide by. */
static void write_best(const struct own *own, FILE *text)
{
	const struct row *best = best_of(own, false), *peer = best_of(own, true);
	char number[QUANTITY_TEXT_MAX], ratio[NUMBER_TEXT_MAX];

	best = best ? best : peer;
	quantity_format(number, own->quantity, best->summary.median);
	fprintf(text, "%s %s%s%s", best->cell->runtime, number, *own->quantity->unit ? " " : "", own->quantity->unit);
	if (peer && best != peer && best->summary.median > 0 && peer->summary.median > 0)
		fprintf(text, ", %s x %s", format_ratio(ratio, best, peer), peer->cell->runtime);
}

static void write_words(const struct own *own, FILE *text)
{
	char words[QUANTITY_TEXT_MAX];

	for (size_t i = 0; i < own->count; i++) {
		if (i == 0 || own->rows[i].summary.median != own->rows[i - 1].summary.median)
			fprintf(text, "%s%s: ", i ? "; " : "",
				quantity_format(words, own->quantity, own->rows[i].summary.median));
		else
			fputs(", ", text);
		fputs(own->rows[i].cell->runtime, text);
	}
}

static int write_answer(const struct origin *origin, FILE *text)
{
	const struct quantity *quantity;
	const char *separator = "; ";
	bool any = false;
	char label[240];
	size_t index = 0;
	int error = 0;

	quantity_label(origin->group, label, sizeof(label));
	fprintf(text, "%s: %s", origin->group->cells[0]->workload, label);
	while (!error && (quantity = quantity_next(origin->group->cells[0]->workload, &index))) {
		struct own own;

		if (quantity->detail)
			continue;
		error = own_make(&own, origin, quantity);
		if (error)
			break;
		if (own.count > 0) {
			fprintf(text, "%s%s: ", separator, quantity->what);
			if (quantity->words)
				write_words(&own, text);
			else
				write_best(&own, text);
			any = true;
		}
		own_clear(&own);
	}
	if (!any)
		fputs(": no invocation has a good result", text);
	return error;
}

static int answer_group(const struct bundle *bundle, const struct group *group,
			void (*line)(void *context, const char *text), void *context)
{
	struct origin origin;
	char *answer = NULL;
	size_t size;
	int error = origin_read(&origin, bundle, group);
	FILE *text = error ? NULL : open_memstream(&answer, &size);

	if (error)
		return error;
	error = text ? write_answer(&origin, text) : -ENOMEM;
	if (text)
		fclose(text);
	if (!error && answer)
		line(context, answer);
	free(answer);
	origin_clear(&origin);
	return error;
}

int own_answers(const struct bundle *bundle, const struct groups *groups, const struct family *family,
		void (*line)(void *context, const char *text), void *context)
{
	size_t count;
	const struct family *families = groups_of(groups, family->workload, &count);
	int error = 0;

	for (size_t i = 0; i < count && !floor_is(family->workload); i++)
		for (size_t j = 0; !error && j < families[i].group_count; j++)
			error = answer_group(bundle, &families[i].groups[j], line, context);
	return error;
}
