/* page_answer.c: the answer, for a reader who knows threads and nothing of this project: which family of models for
 * which work, by how much, how sure; then every runtime in a row of its own.
 *
 * It speaks of families ("threads", "coroutines"): each stands with the best of its runtimes. A family leads where one
 * of them is the fastest or level with it (analysis/compare.h); that one stands for it. Peers have rows, but no say.
 * Where most invocations were disturbed nobody is advised. */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "bottleneck.h"
#include "drift.h"
#include "html.h"
#include "page_contest.h"
#include "page_strip.h"
#include "scoreboard.h"
#include "text.h"

enum { CONTESTS_MAX = 40, COLUMNS_MAX = 6, VARIANTS_MAX = 3 };

/* A workload in a reader's words, and what its bound is. */
static const struct subject {
	const char *workload, *kind, *name, *title, *bound;
} subjects[] = {
	{"chess", "waiting", "Waiting", "Waiting: the Polgar simul",
	 "what all moves and waits take on these cores, known to some per cent"},
	{"counting", "computing", "Computing", "Computing: counting primes",
	 "nine tenths of what the divisions take on these cores"},
	{"echo", "serving", "Serving", "Serving: a TCP server", "half of a bare send and receive for each message"},
};

static const struct subject *subject_of(const char *workload)
{
	for (size_t i = 0; i < sizeof(subjects) / sizeof(*subjects); i++)
		if (strcmp(subjects[i].workload, workload) == 0)
			return &subjects[i];
	return NULL;
}

/* --- which contests ------------------------------------------------------------------------------------------- */

struct contests {
	struct contest items[CONTESTS_MAX];
	bool first[CONTESTS_MAX]; /* of its workload */
	size_t count;
};

static void contest_add(struct page *page, struct contests *contests, const struct family *family,
			const struct group *group, bool first)
{
	if (contests->count == CONTESTS_MAX || page->error)
		return;
	int error = contest_make(page, family, group, &contests->items[contests->count]);

	if (error == -ENOMEM)
		page->error = error;
	if (error)
		return;
	page->error = contest_intervals(&contests->items[contests->count]);
	contests->first[contests->count++] = first;
}

/* The workload's headline, and beside it the same number of tasks in the workload's other families: on other cores. */
static void contests_of(struct page *page, struct contests *contests, const struct family *family)
{
	const struct group *headline = headline_group(family);
	size_t families, variants = 1;
	const struct family *all = groups_of(page->groups, family->workload, &families);

	if (!headline)
		return;
	contest_add(page, contests, family, headline, true);
	for (size_t i = 0; i < families && !isnan(headline->at); i++) {
		for (size_t g = 0; g < all[i].group_count && variants < VARIANTS_MAX; g++) {
			if (&all[i].groups[g] == headline || all[i].groups[g].at != headline->at)
				continue;
			contest_add(page, contests, &all[i], &all[i].groups[g], false);
			variants++;
		}
	}
}

static struct contests *contests_make(struct page *page)
{
	struct contests *contests = calloc(1, sizeof(*contests));
	const struct family *family = NULL;

	if (!contests)
		page->error = -ENOMEM;
	while (contests && (family = family_next_workload(page->groups, family)))
		contests_of(page, contests, family);
	return contests;
}

static void contests_free(struct contests *contests)
{
	for (size_t i = 0; contests && i < contests->count; i++)
		contest_clear(&contests->items[i]);
	free(contests);
}

/* "chess, 24 boards on 1 core", "switch: 2 tasks yielding in turn, on 1 core". */
static void contest_title(const struct contest *contest, char *text, size_t size)
{
	char label[200];

	if (!contest->quantity) {
		group_title(contest->family, contest->group, text, size);
		return;
	}
	quantity_label(contest->group, label, sizeof(label));
	snprintf(text, size, "%.60s: %s, %s", contest->family->workload, contest->quantity->what, label);
}

/* --- families ------------------------------------------------------------------------------------------------- */

/* The families that have a result, the fastest first; returns how many. */
static size_t rank_families(const struct contest *contest, const struct entry *ranked[FAMILIES])
{
	size_t count = 0;

	for (size_t i = 0; i < contest->results; i++) {
		const struct entry *entry = &contest->entries[i];

		if (contest_of_family(contest, entry->family) == entry)
			ranked[count++] = entry;
	}
	return count;
}

static size_t count_leaders(const struct entry *const *ranked, size_t count)
{
	size_t leaders = 0;

	for (size_t i = 0; i < count; i++)
		leaders += ranked[i]->leads;
	return leaders;
}

/* Among those that lead, or among those that do not: how many have that verdict? */
static size_t count_verdicts(const struct entry *const *ranked, size_t count, bool leads, enum verdict verdict)
{
	size_t found = 0;

	for (size_t i = 0; i < count; i++)
		found += ranked[i]->leads == leads && ranked[i]->verdict == verdict;
	return found;
}

/* Each with the program that stands for it, where asked. */
static void write_leaders(FILE *out, const struct entry *const *ranked, size_t count, bool programs)
{
	size_t leaders = count_leaders(ranked, count), written = 0;

	for (size_t i = 0; i < count; i++) {
		if (!ranked[i]->leads)
			continue;
		written++;
		fprintf(out, "%s%s",
			written == 1         ? ""
			: written == leaders ? " or "
					     : ", ",
			model_family_heading(ranked[i]->family));
		if (programs)
			html_print(out, " (%s)", ranked[i]->cell->runtime);
	}
}

/* --- at a glance ---------------------------------------------------------------------------------------------- */

static void glance_cell(FILE *out, const struct contest *contest, enum model_family family)
{
	const struct entry *entry = contest_of_family(contest, family);

	if (!entry) {
		fputs("<td class=\"none\"><span aria-hidden=\"true\">–</span><span class=\"unseen\">no "
		      "result</span></td>",
		      out);
		return;
	}
	fprintf(out, "<td class=\"%s\">%.*f<span class=\"times\" aria-hidden=\"true\">×</span>",
		entry->leads && !*contest->unreliable ? "lead" : "", entry->ratio < 9.95 ? 2 : 1, entry->ratio);
	if (entry->verdict == VERDICT_UNDECIDED && !entry->leads)
		fputs("<span class=\"mild\" aria-hidden=\"true\"> ?</span>", out);
	fprintf(out, "<span class=\"unseen\"> %s</span><br><small>",
		entry == contest->best ? "fastest" : verdict_text(entry->verdict, &sample_kinds[0]));
	html_text(out, entry->cell->runtime);
	fputs("</small></td>", out);
}

static void glance_head(struct page *page, const struct contests *contests, size_t columns)
{
	FILE *out = page->out;

	fputs("<thead><tr><th scope=\"col\">model</th>", out);
	for (size_t i = 0; i < columns; i++) {
		const struct contest *contest = &contests->items[i];
		const struct subject *subject = subject_of(contest->family->workload);
		unsigned cores = group_cores(contest->group);
		bool plain = isnan(contest->group->at) || contest->quantity;

		fputs("<th scope=\"col\">", out);
		html_text(out, subject ? subject->kind : contest->family->workload);
		fputs("<br><span class=\"mild\">", out);
		if (!plain)
			html_print(out, "%.0f %s, ", contest->group->at,
				   contest->group->at == 1 ? contest->family->axis->task
							   : contest->family->axis->tasks);
		fprintf(out, "%u core%s%s%s</span></th>", cores, cores == 1 ? "" : "s",
			*contest->unreliable ? "; disturbed: do not rely on it" : "",
			client_bound(contest->best->cell) ? "; client-bound" : "");
	}
	fputs("</tr></thead>\n", out);
}

static void glance_row(struct page *page, const struct contests *contests, size_t columns, enum model_family family)
{
	bool any = false;

	for (size_t i = 0; i < columns; i++)
		any |= contest_of_family(&contests->items[i], family) != NULL;
	if (!any)
		return;
	fprintf(page->out, "<tr><th scope=\"row\"><span class=\"swatch m%d\" aria-hidden=\"true\"></span>%s</th>",
		(int)family, model_family_heading(family));
	for (size_t i = 0; i < columns; i++)
		glance_cell(page->out, &contests->items[i], family);
	fputs("</tr>\n", page->out);
}

static void glance_fastest(struct page *page, const struct contests *contests, size_t columns)
{
	char text[QUANTITY_TEXT_MAX];

	fputs("<tr class=\"total\"><th scope=\"row\">1× is</th>", page->out);
	for (size_t i = 0; i < columns; i++) {
		const struct contest *contest = &contests->items[i];

		fputs("<td>", page->out);
		html_text(page->out, contest_format(text, contest, contest->best->value.median));
		fputs("</td>", page->out);
	}
	fputs("</tr>\n", page->out);
}

static void write_glance(struct page *page, const struct contests *contests)
{
	size_t columns = contests->count < COLUMNS_MAX ? contests->count : COLUMNS_MAX;

	fputs("<div class=\"scroll\" role=\"region\" aria-label=\"All models at a glance\" tabindex=\"0\">\n"
	      "<table class=\"glance\">\n<caption>How many times as long as the fastest program the named one "
	      "takes, which stands for its kind. <span class=\"lead key\">Tinted</span>: the fastest, and those "
	      "not shown to be slower whose interval ends at 1.15× or below. "
	      "?: not enough data to say whether it is slower.</caption>\n",
	      page->out);
	glance_head(page, contests, columns);
	fputs("<tbody>\n", page->out);
	for (int family = 0; family < FAMILIES; family++)
		glance_row(page, contests, columns, (enum model_family)family);
	glance_fastest(page, contests, columns);
	fputs("</tbody>\n</table>\n</div>\n", page->out);
}

/* --- one contest in words ------------------------------------------------------------------------------------- */

static void write_time(FILE *out, const struct cell *cell, const char *parameter)
{
	char text[NUMBER_TEXT_MAX];

	html_text(out, format_time(text, cell_parameter(cell, parameter)));
}

/* "2,000,000". */
static void write_count(FILE *out, double count)
{
	char digits[32];
	int length = snprintf(digits, sizeof(digits), "%.0f", count);

	for (int i = 0; i < length; i++)
		fprintf(out, "%s%c", i > 0 && (length - i) % 3 == 0 && length > 4 ? "," : "", digits[i]);
}

/* What the work is and what it stands for. */
static void write_subject(FILE *out, const struct contest *contest)
{
	const struct cell *cell = contest->best->cell;
	const char *workload = contest->family->workload;
	double at = contest->group->at;

	fputs("<p>", out);
	if (strcmp(workload, "chess") == 0) {
		fprintf(out, "One master plays %.0f board%s at once. A move takes ", at, at == 1 ? "" : "s");
		write_time(out, cell, "move");
		fputs(" of computing, the opponent’s reply ", out);
		write_time(out, cell, "reply");
		fprintf(out,
			" of waiting, %.0f times. While one opponent thinks, another board can be played. It stands "
			"for work "
			"that mostly waits: for timers, databases, other services.",
			cell_parameter(cell, "pairs"));
	} else if (strcmp(workload, "counting") == 0) {
		fputs("The primes below ", out);
		write_count(out, cell_parameter(cell, "limit"));
		fprintf(out,
			" are counted in %.0f slice%s. Nothing ever waits. It stands for work that only more cores can "
			"speed up.",
			at, at == 1 ? "" : "s");
	} else if (strcmp(workload, "echo") == 0) {
		fprintf(out,
			"%.0f client%s connected to one server; each sends a message of %.0f bytes, waits for its echo "
			"and "
			"sends the next. It stands for network services.",
			at, at == 1 ? " is" : "s are", cell_parameter(cell, "size"));
	} else {
		char title[300];

		contest_title(contest, title, sizeof(title));
		html_print(out, "%s.", title);
	}
	fputs("</p>\n", out);
}

/* What the verdict is between those that lead. */
static const char *between(const struct entry *const *ranked, size_t count)
{
	return count_verdicts(ranked, count, true, VERDICT_UNDECIDED) > 0
		       ? "there is not enough data to tell them apart"
		       : "no difference is shown between them";
}

/* Who is not advised, and not shown to be slower either. */
static void write_undecided(FILE *out, const struct entry *const *ranked, size_t count)
{
	size_t undecided = count_verdicts(ranked, count, false, VERDICT_UNDECIDED), written = 0;

	if (undecided == 0)
		return;
	fputs("There is not enough data to say whether ", out);
	for (size_t i = 0; i < count; i++) {
		if (ranked[i]->leads || ranked[i]->verdict != VERDICT_UNDECIDED)
			continue;
		written++;
		fprintf(out, "%s<strong>%s",
			written == 1           ? ""
			: written == undecided ? " and "
					       : ", ",
			model_family_heading(ranked[i]->family));
		html_print(out, " (%s)", ranked[i]->cell->runtime);
		fputs("</strong>", out);
	}
	fputs(" are slower. ", out);
}

static void write_advice(FILE *out, const struct entry *const *ranked, size_t count)
{
	size_t leaders = count_leaders(ranked, count);

	if (leaders == count) {
		fprintf(out, "Take whichever you like: %s.", between(ranked, count));
		return;
	}
	fputs("Take <strong>", out);
	write_leaders(out, ranked, count, true);
	fprintf(out, "</strong>%s%s. ", leaders > 1 ? ": " : "", leaders > 1 ? between(ranked, count) : "");
	write_undecided(out, ranked, count);
	if (count_verdicts(ranked, count, false, VERDICT_SLOWER) > 0)
		fputs("The other kinds are slower.", out);
}

static void write_verdict(FILE *out, const struct contest *contest, const struct entry *const *ranked, size_t count)
{
	size_t n = contest->best->value.n;

	fprintf(out, "<p class=\"verdict%s\">", *contest->unreliable ? " warning" : "");
	if (*contest->unreliable) {
		html_print(out, "%s was the fastest, but ", contest->best->cell->runtime);
		fprintf(out, "%s. Measure again on a quiet machine.", contest->unreliable);
	} else if (n < COMPARE_LEAST) {
		html_print(out, "%s was the fastest, ", contest->best->cell->runtime);
		fprintf(out, "with %zu invocation%s: not enough data to say more.", n, n == 1 ? "" : "s");
	} else if (count == 1) {
		fprintf(out, "Only %s took part.", model_family_heading(ranked[0]->family));
	} else {
		write_advice(out, ranked, count);
	}
	fputs("</p>\n", out);
}

/* Whose servers the client may have held back. */
static void write_client_bound(FILE *out, const struct contest *contest)
{
	size_t bound = 0, written = 0;

	for (size_t i = 0; i < contest->results; i++)
		bound += client_bound(contest->entries[i].cell);
	if (bound == 0)
		return;
	fprintf(out, "<p class=\"warning\">Client-bound: the client was busy for over %.0f %% of its time with ",
		100 * CLIENT_BOUND);
	for (size_t i = 0; i < contest->results; i++)
		if (client_bound(contest->entries[i].cell))
			html_print(out, "%s%s",
				   written++ == 0     ? ""
				   : written == bound ? " and "
						      : ", ",
				   contest->entries[i].cell->runtime);
	fputs(bound == 1 ? "; this server may be faster than shown.</p>\n"
			 : "; these servers may be faster than shown.</p>\n",
	      out);
}

/* A server on one core shows what a message costs, and not how many cores its model puts to work. */
static void write_one_core(FILE *out, const struct contest *contest)
{
	if (contest->best->cell->cores == 1 && contest->best->cell->load_cores > 0)
		fputs("<p>The server had one core, and the client others: which model puts more cores to work for "
		      "serving "
		      "is not shown here.</p>\n",
		      out);
}

/* The same judgement as the table's and the figure sequence's. */
static void write_drift(struct page *page, const struct contest *contest)
{
	size_t count;
	struct drift drift;
	char text[80];
	int error = workload_drift(page->bundle, page->groups,
				   groups_of(page->groups, contest->family->workload, &count), &drift);

	if (error)
		page->error = error;
	if (error || !has_drift(&drift))
		return;
	fputs("<p class=\"warning\">The machine was not quiet while this was measured (", page->out);
	html_text(page->out, drift_text(&drift, text, sizeof(text)));
	fputs("): only large differences show.</p>\n", page->out);
}

static void write_ratio(FILE *out, const struct entry *entry)
{
	int digits = entry->ratio < 9.95 ? 2 : 1;

	fprintf(out, "%.*f times", digits, entry->ratio);
	if (entry->ratio_interval.level > 0)
		fprintf(out, " (%.*f to %.*f)", digits, entry->ratio_interval.low, digits, entry->ratio_interval.high);
}

/* The fastest of the bare calls; NULL where none has a result. */
static const struct entry *floor_of(const struct contest *contest)
{
	for (size_t i = 0; i < contest->results; i++)
		if (contest->entries[i].family == FAMILY_FLOOR)
			return &contest->entries[i];
	return NULL;
}

static void write_times(FILE *out, const struct contest *contest, double times)
{
	const struct subject *subject = subject_of(contest->family->workload);
	const struct entry *floor = floor_of(contest);

	fprintf(out, ", %.2f times the bound%s%s", times, subject ? ": " : "", subject ? subject->bound : "");
	if (floor)
		html_print(out, "; %s, a loop with no runtime, takes %.2f times that", floor->cell->runtime,
			   cell_summary(floor->cell, MEASURE_TIMES_BOUND).median);
}

static void write_best(FILE *out, const struct contest *contest)
{
	char text[QUANTITY_TEXT_MAX], number[NUMBER_TEXT_MAX];
	double rate = contest->quantity ? NAN : cell_summary(contest->best->cell, MEASURE_RATE).median;
	double times = cell_summary(contest->best->cell, MEASURE_TIMES_BOUND).median; /* as in the table */

	fputs("The fastest, ", out);
	html_text(out, contest->best->cell->runtime);
	html_print(out, ", takes %s", contest_format(text, contest, contest->best->value.median));
	if (!isnan(rate))
		html_print(out, ", %s thousand messages a second", format_number(number, rate / 1e3));
	if (!isnan(times) && !isnan(contest->bound))
		write_times(out, contest, times);
	fputs(". ", out);
}

static void write_amounts(FILE *out, const struct contest *contest, const struct entry *const *ranked, size_t count)
{
	bool first = true;

	fputs("<p><b>By how much.</b> ", out);
	write_best(out, contest);
	for (size_t i = 0; i < count; i++) {
		char noun[64];

		if (ranked[i]->leads)
			continue;
		snprintf(noun, sizeof(noun), "%s", model_family_heading(ranked[i]->family));
		if (first)
			noun[0] = (char)(noun[0] - ('a' <= noun[0] && noun[0] <= 'z' ? 'a' - 'A' : 0));
		html_print(out, "%s%s (%s)%s", first ? "" : ", ", noun, ranked[i]->cell->runtime,
			   !first                                   ? " "
			   : ranked[i]->family == FAMILY_SEQUENTIAL ? " takes "
								    : " take ");
		write_ratio(out, ranked[i]);
		fputs(first ? " as long" : "", out);
		first = false;
	}
	fputs(first ? "</p>\n" : ".</p>\n", out);
}

static int compare_doubles(const void *left, const void *right)
{
	double a = *(const double *)left, b = *(const double *)right;

	return (a > b) - (a < b);
}

/* Half of the middle interval's width, as a share of its median; NAN where there is none. */
static double typical_width(const struct contest *contest)
{
	double *widths = malloc(sizeof(*widths) * (contest->count + 1)), middle = NAN;
	size_t count = 0;

	for (size_t i = 0; widths && i < contest->results; i++) {
		const struct summary *value = &contest->entries[i].value;

		if (value->interval.level > 0 && value->median > 0)
			widths[count++] = (value->interval.high - value->interval.low) / 2 / value->median;
	}
	if (count > 0) {
		qsort(widths, count, sizeof(*widths), compare_doubles);
		middle = quantile(widths, count, 0.5);
	}
	free(widths);
	return middle;
}

/* How well the numbers are known, and how many invocations would do: an interval narrows with their square root. */
static void write_precision(FILE *out, const struct contest *contest)
{
	enum { REPETITIONS_MAX = 1000 };
	const double width = typical_width(contest), wanted = COMPARE_LEAST_EFFECT;
	size_t n = contest->best->value.n;
	double repetitions = (double)n * (width / wanted) * (width / wanted);

	fprintf(out, "Each number is the median of %zu invocation%s", n, n == 1 ? "" : "s");
	if (n < COMPARE_LEAST)
		return;
	if (!isnan(width))
		fprintf(out, ", known here to about ±%.*f %%", width < 0.0095 ? 1 : 0, 100 * width);
	if (width > wanted && repetitions < REPETITIONS_MAX)
		fprintf(out, " (±%.0f %% would take about %.0f)", 100 * wanted,
			repetitions < 100 ? repetitions : 10 * round(repetitions / 10));
}

static void write_sureness(FILE *out, const struct contest *contest, const struct entry *const *ranked, size_t count)
{
	const struct summary *best = &contest->best->value;
	size_t leaders = count_leaders(ranked, count);

	fputs("<p><b>How sure.</b> ", out);
	if (*contest->unreliable)
		fputs("Not at all: other load may have made any of these differences. ", out);
	else if (best->n < COMPARE_LEAST)
		fputs("Not at all: repeat the run with more repetitions. ", out);
	else if (count_verdicts(ranked, count, false, VERDICT_SLOWER) == 0)
		fputs(count > 1 ? "Of these programs none is shown to be slower, which does not mean that none is. "
				: "",
		      out);
	else
		fprintf(out,
			"That the others are slower is as good as sure: each by 2 %% or more, the interval of its "
			"ratio "
			"leaves out 1, and a rank test agrees.%s ",
			leaders > 1 ? " The order among the leaders is not." : "");
	write_precision(out, contest);
	fputs(".</p>\n", out);
}

/* Where several lead, what else tells them apart: memory. */
static void write_choice(const struct page *page, const struct contest *contest, const struct entry *const *ranked,
			 size_t count)
{
	FILE *out = page->out;
	const struct entry *leaders[FAMILIES];
	double bytes[FAMILIES];
	size_t known = 0;
	char text[NUMBER_TEXT_MAX];

	for (size_t i = 0; i < count && !contest->quantity && !*contest->unreliable; i++) {
		double memory = ranked[i]->leads ? memory_a_task(contest->family, ranked[i]->cell->slot) : NAN;
		size_t at = known;

		if (isnan(memory))
			continue;
		for (known++; at > 0 && bytes[at - 1] > memory; at--) {
			bytes[at] = bytes[at - 1];
			leaders[at] = leaders[at - 1];
		}
		bytes[at] = memory;
		leaders[at] = ranked[i];
	}
	if (known < 2)
		return;
	fprintf(out, "<p><b>To choose among them.</b> A further %s costs ", contest->family->axis->task);
	for (size_t i = 0; i < known; i++) {
		html_print(out, "%s%s", i == 0 ? "" : i + 1 == known ? " and " : ", ", format_bytes(text, bytes[i]));
		fprintf(out, " with %s", model_family_heading(leaders[i]->family));
	}
	fputs(". What each takes to write stands <a href=\"#", out);
	fputs(page->prefix, out);
	fputs("sources\">below</a>.</p>\n", out);
}

/* --- every runtime -------------------------------------------------------------------------------------------- */

static void row_strip(const struct page *page, const struct contest *contest, const struct entry *entry,
		      const struct strip *strip, double bound)
{
	enum { DOTS_MAX = 200 };
	char colour[8];

	page_colour(page, entry->cell->slot, colour);
	strip_begin(page->out, strip, colour, bound);
	for (size_t i = 0, drawn = 0; !contest->quantity && i < entry->cell->invocation_count && drawn < DOTS_MAX;
	     i++) {
		if (entry->cell->invocations[i].status != STATUS_OK)
			continue;
		strip_dot(page->out, strip, entry->cell->invocations[i].value[MEASURE_WALL_NS]);
		drawn++;
	}
	if (entry->value.interval.level > 0)
		strip_bar(page->out, strip, entry->value.interval.low, entry->value.interval.high);
	strip_mark(page->out, strip, entry->value.median, page->marks[entry->cell->slot].shape);
	strip_end(page->out);
}

static void row_verdict(FILE *out, const struct contest *contest, const struct entry *entry)
{
	fputs(entry == contest->best ? "fastest" : verdict_text(entry->verdict, &sample_kinds[0]), out);
	if (entry->cell->count[STATUS_FAILED] > 0)
		fprintf(out, ", %zu failed", entry->cell->count[STATUS_FAILED]);
}

/* A phone has no room for the columns of the interval and the verdict: they stand beneath the median and the ratio. */
static void row_with_result(const struct page *page, const struct contest *contest, const struct entry *entry,
			    const struct strip *strip)
{
	FILE *out = page->out;
	char text[2 * QUANTITY_TEXT_MAX], number[NUMBER_TEXT_MAX];
	double rate = contest->quantity ? NAN : cell_summary(entry->cell, MEASURE_RATE).median;

	fputs("<td class=\"plot\">", out);
	row_strip(page, contest, entry, strip, contest->bound);
	fputs("</td><td class=\"number\">", out);
	html_text(out, contest_format(text, contest, entry->value.median));
	contest_format_range(text, contest, &entry->value.interval);
	fputs("<small class=\"phone\">", out);
	html_text(out, text);
	fputs("</small></td><td class=\"number wide\">", out);
	html_text(out, text);
	fputs("</td>", out);
	if (!isnan(rate))
		fprintf(out, "<td class=\"number wide\">%s</td>", format_number(number, rate / 1e3));
	fprintf(out, "<td class=\"number\">%.*f×<small class=\"phone\">", entry->ratio < 9.95 ? 2 : 1, entry->ratio);
	row_verdict(out, contest, entry);
	fputs("</small></td><td class=\"wide\">", out);
	row_verdict(out, contest, entry);
	fputs("</td>", out);
}

static void row_without(const struct page *page, const struct contest *contest, const struct entry *entry, bool rates)
{
	static const char *const fates[] = {[FATE_FAILED] = "Failed: ", [FATE_REFUSED] = "Cannot play this: "};
	enum fate fate = cell_fate(entry->cell);
	char reason[400];

	cell_reason(contest->bundle, entry->cell, reason, sizeof(reason));
	/* As many columns as a phone has; the others stay empty. */
	fprintf(page->out, "<td class=\"reason\" colspan=\"3\">%s",
		fate == FATE_FAILED || fate == FATE_REFUSED ? fates[fate] : "");
	html_text(page->out, *reason ? reason : "no such figure in its records");
	fputs("</td>", page->out);
	for (int column = 0; column < (rates ? 3 : 2); column++)
		fputs("<td class=\"wide\"></td>", page->out);
}

static void contest_axis(const struct contest *contest, struct strip *strip)
{
	double least = contest->bound, greatest = NAN;

	for (size_t i = 0; i < contest->results; i++) {
		const struct summary *value = &contest->entries[i].value;

		least = fmin(least, fmin(value->median, value->interval.low));
		greatest = fmax(greatest, fmax(value->median, value->interval.high));
	}
	strip_fit(strip, least, greatest);
}

static void rows_head(FILE *out, const struct contest *contest, const struct strip *strip, bool rates)
{
	struct time_unit unit = {.name = "", .ns = 1};

	if (!contest->quantity)
		unit = time_unit_for(strip->low);
	fputs("<thead><tr><th scope=\"col\">runtime</th><th scope=\"col\" class=\"plot\"><span class=\"axis\">", out);
	fprintf(out, "%s, %s%s", contest->quantity ? "value" : "wall time",
		contest->quantity ? contest->quantity->unit : unit.name, strip->log ? " (log)" : "");
	fputs("</span>", out);
	strip_axis(out, strip, unit.ns);
	fputs("</th><th scope=\"col\">median</th><th scope=\"col\" class=\"wide\">interval</th>", out);
	if (rates)
		fputs("<th scope=\"col\" class=\"wide\">k msg/s</th>", out);
	fputs("<th scope=\"col\">× fastest</th><th scope=\"col\" class=\"wide\">verdict</th></tr></thead>\n", out);
}

static void write_rows(const struct page *page, const struct contest *contest)
{
	FILE *out = page->out;
	struct strip strip;
	char title[300], colour[8];
	bool rates = !contest->quantity && !isnan(cell_summary(contest->best->cell, MEASURE_RATE).median);

	contest_axis(contest, &strip);
	contest_title(contest, title, sizeof(title));
	fputs("<table class=\"rows\">\n<caption>", out);
	html_text(out, title);
	fputs(isnan(contest->bound) ? ". Lower is better." : ". Shorter is better; dashed: the bound.", out);
	fputs("</caption>\n", out);
	rows_head(out, contest, &strip, rates);
	fputs("<tbody>\n", out);
	for (size_t i = 0; i < contest->count; i++) {
		const struct entry *entry = &contest->entries[i];

		page_colour(page, entry->cell->slot, colour);
		fprintf(out, "<tr><th scope=\"row\"><span class=\"swatch %s\" aria-hidden=\"true\"></span>", colour);
		html_text(out, entry->cell->runtime);
		if (entry->guest)
			fprintf(out, " <span class=\"mild\">%s</span>", entry->guest);
		fputs("</th>", out);
		if (entry->value.n > 0)
			row_with_result(page, contest, entry, &strip);
		else
			row_without(page, contest, entry, rates);
		fputs("</tr>\n", out);
	}
	fputs("</tbody>\n</table>\n", out);
}

/* --- other sizes ---------------------------------------------------------------------------------------------- */

static void size_row(struct page *page, const struct contest *contest, const struct group *group)
{
	struct contest other;
	const struct entry *ranked[FAMILIES];
	char text[QUANTITY_TEXT_MAX];
	int error = contest_make(page, contest->family, group, &other);

	if (error == -ENOMEM)
		page->error = error;
	if (error)
		return;
	size_t count = rank_families(&other, ranked);

	fprintf(page->out, "<tr%s><th scope=\"row\">%.0f</th><td>", group == contest->group ? " class=\"lead\"" : "",
		group->at);
	if (*other.unreliable)
		fputs("<span class=\"mild\">disturbed: do not rely on it</span>", page->out);
	else
		write_leaders(page->out, ranked, count, false);
	if (client_bound(other.best->cell))
		fputs(" <span class=\"mild\">client-bound</span>", page->out);
	fputs("</td><td class=\"number\">", page->out);
	html_text(page->out, contest_format(text, &other, other.best->value.median));
	fprintf(page->out, "</td><td class=\"number\">%.2f×</td></tr>\n", ranked[count - 1]->ratio);
	contest_clear(&other);
}

static void write_sizes(struct page *page, const struct contest *contest)
{
	const struct family *family = contest->family;
	char label[200];

	if (family->group_count < 2 || isnan(contest->group->at))
		return;
	family_label(family, label, sizeof(label));
	fprintf(page->out, "<details><summary>And with fewer or more %s?</summary>\n<table class=\"sizes\"><caption>",
		family->axis->tasks);
	html_print(page->out, "%s %s: the family of the fastest, and all with a runtime that is level with it",
		   family->workload, label);
	fprintf(page->out,
		"</caption>\n<thead><tr><th scope=\"col\">%s</th><th scope=\"col\">take</th><th "
		"scope=\"col\">fastest</th>"
		"<th scope=\"col\">slowest family</th></tr></thead>\n<tbody>\n",
		family->axis->tasks);
	for (size_t i = 0; i < family->group_count && !page->error; i++)
		size_row(page, contest, &family->groups[i]);
	fputs("</tbody></table>\n</details>\n", page->out);
}

/* --- all ------------------------------------------------------------------------------------------------------ */

static void write_contest(struct page *page, const struct contest *contest, bool first, size_t number)
{
	const struct subject *subject = subject_of(contest->family->workload);
	const struct entry *ranked[FAMILIES];
	size_t count = rank_families(contest, ranked);
	char title[300], heading[400], id[32];

	contest_title(contest, title, sizeof(title));
	if (subject && first)
		snprintf(heading, sizeof(heading), "%s", subject->title);
	else
		snprintf(heading, sizeof(heading), "%s%s%s", subject ? subject->name : "", subject ? ": " : "", title);
	snprintf(id, sizeof(id), "contest-%zu", number + 1);
	page_section(page, 3, id, heading);
	if (first || !subject)
		write_subject(page->out, contest);
	write_verdict(page->out, contest, ranked, count);
	write_client_bound(page->out, contest);
	write_one_core(page->out, contest);
	write_drift(page, contest);
	write_amounts(page->out, contest, ranked, count);
	write_choice(page, contest, ranked, count);
	write_sureness(page->out, contest, ranked, count);
	write_rows(page, contest);
	write_sizes(page, contest);
	fputs("</section>\n", page->out);
}

static void write_without_result(struct page *page)
{
	const struct family *family = NULL;

	while ((family = family_next_workload(page->groups, family))) {
		if (headline_group(family))
			continue;
		fputs("<p class=\"warning\">", page->out);
		html_text(page->out, family->workload);
		fputs(": no invocation has a good result.</p>\n", page->out);
	}
	if (page->bundle->cell_count == 0)
		fputs("<p class=\"warning\">This run has no cells: there is nothing to say.</p>\n", page->out);
}

void page_answer(struct page *page)
{
	struct contests *contests = contests_make(page);

	if (!page->error && contests->count > 0) {
		fputs("<p class=\"lede\">The same work, with the same verified result, was done by programs that "
		      "differ in one thing: "
		      "how they do many things at once. Here is which of them was fastest on this machine.</p>\n",
		      page->out);
		write_glance(page, contests);
	}
	write_without_result(page);
	if (!page->error)
		page_map(page);
	for (size_t i = 0; !page->error && i < contests->count; i++)
		write_contest(page, &contests->items[i], contests->first[i], i);
	contests_free(contests);
}
