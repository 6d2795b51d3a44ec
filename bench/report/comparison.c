/* comparison.c: a comparison as text, Markdown and JSON. All three print the same numbers. */
#include "comparison.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"

enum { WIDTH = 80, ROW_WIDTH = 19, LINE_MAX_BYTES = COMPARISON_LINE_MAX };

static const char *base_name(const struct comparisons *comparisons)
{
	return comparisons->base_runtime ? comparisons->base_runtime : comparisons->base->path;
}

static const char *other_name(const struct comparisons *comparisons)
{
	return comparisons->other_runtime ? comparisons->other_runtime : comparisons->other->path;
}

static const struct sample *any_side(const struct comparison *comparison)
{
	return comparison->base ? comparison->base : comparison->other;
}

/* What stands above a row, and the row's own name: a group and a runtime; a workload and what is left of a group; or
 * nothing and a name. */
static void row_names(const struct comparisons *comparisons, const struct comparison *comparison, const char **section,
		      const char **row)
{
	const struct sample *sample = any_side(comparison);
	size_t length = sample->workload ? strlen(sample->workload) : 0;

	*section = sample->group ? sample->group : "";
	*row = sample->runtime ? sample->runtime : sample->name;
	if (!comparisons->base_runtime)
		return;
	*section = sample->workload;
	*row = sample->group;
	if (strncmp(*row, sample->workload, length) == 0 && (*row)[length] == '/')
		*row += length + 1;
}

static char *format_value(char text[NUMBER_TEXT_MAX], const struct sample *sample)
{
	return sample->kind->bytes ? format_bytes(text, sample->summary.median)
				   : format_time(text, sample->summary.median);
}

static char *ratio_text(char text[NUMBER_TEXT_MAX], double ratio)
{
	snprintf(text, NUMBER_TEXT_MAX, "%.*f", ratio < 10 ? 3 : ratio < 100 ? 2 : ratio < 1000 ? 1 : 0, ratio);
	return text;
}

static char *interval_text(char text[2 * NUMBER_TEXT_MAX], const struct interval *interval)
{
	char low[NUMBER_TEXT_MAX], high[NUMBER_TEXT_MAX];

	ratio_text(low, interval->low);
	ratio_text(high, interval->high);
	snprintf(text, 2 * NUMBER_TEXT_MAX, "%.40s..%.40s", low, high);
	return interval->method == INTERVAL_NONE ? strcpy(text, "-") : text;
}

/* --- the answer ----------------------------------------------------------------------------------------------- */

char *comparison_counts(const struct comparisons *comparisons, char *text, size_t size)
{
	size_t used = 0;

	*text = '\0';
	for (int i = 0; i < VERDICTS; i++) {
		bool always = i == VERDICT_SLOWER || i == VERDICT_FASTER;

		if (!always && comparisons->of[i] == 0)
			continue;
		used += (size_t)snprintf(text + used, size - used, "%s%zu %s",
					 used == 0              ? ""
					 : i == VERDICT_REFUSED ? "; "
								: ", ",
					 comparisons->of[i], verdict_text((enum verdict)i, comparisons->base->kind));
		used = used < size ? used : size - 1;
	}
	return text;
}

/* Farther from 1 first. */
static int compare_effects(const void *left, const void *right)
{
	double a = fabs(log((*(const struct comparison *const *)left)->ratio)),
	       b = fabs(log((*(const struct comparison *const *)right)->ratio));

	return (a < b) - (a > b);
}

/* The most telling cells of a verdict, in one sentence; empty if there are none. */
static char *telling(const struct comparisons *comparisons, enum verdict verdict, char text[LINE_MAX_BYTES])
{
	enum { MOST = 5 };
	const struct comparison **found = calloc(comparisons->count + 1, sizeof(*found));
	char interval[2 * NUMBER_TEXT_MAX], ratio[NUMBER_TEXT_MAX], name[64];
	size_t count = 0;
	int used = 0;

	*text = '\0';
	for (size_t i = 0; found && i < comparisons->count; i++) {
		if (comparisons->items[i].verdict == verdict)
			found[count++] = &comparisons->items[i];
	}
	if (count > 1)
		qsort(found, count, sizeof(*found), compare_effects);
	for (size_t i = 0; i < count && i < MOST; i++)
		used += snprintf(text + used, LINE_MAX_BYTES - (size_t)used, "%s%s %s x (%s)", i == 0 ? "" : ", ",
				 text_cut(name, sizeof(name),
					  comparisons->base_runtime ? any_side(found[i])->group : found[i]->base->name,
					  60),
				 ratio_text(ratio, found[i]->ratio), interval_text(interval, &found[i]->interval));
	if (count > MOST)
		snprintf(text + used, LINE_MAX_BYTES - (size_t)used, " and %zu more", count - MOST);
	free(found);
	return text;
}

static void sample_sizes(const struct comparisons *comparisons, size_t *least, size_t *most)
{
	*least = SIZE_MAX, *most = 0;
	for (size_t i = 0; i < comparisons->count; i++) {
		const struct comparison *comparison = &comparisons->items[i];

		if (comparison->verdict == VERDICT_REFUSED)
			continue;
		size_t n[] = {comparison->base->count, comparison->other->count};

		for (int side = 0; side < 2; side++) {
			*least = n[side] < *least ? n[side] : *least;
			*most = n[side] > *most ? n[side] : *most;
		}
	}
}

static char *method(const struct comparisons *comparisons, char text[LINE_MAX_BYTES])
{
	const char *base = comparisons->base_runtime ? comparisons->base_runtime : "first";
	const char *other = comparisons->other_runtime ? comparisons->other_runtime : "second";
	const struct sample_kind *kind = comparisons->base->kind;
	size_t least, most;
	char range[64];

	sample_sizes(comparisons, &least, &most);
	snprintf(range, sizeof(range), least == most ? "%zu" : "%zu to %zu", least, most);
	snprintf(text, LINE_MAX_BYTES,
		 "Ratio of the medians, %s, %s / %s: above 1, %s %s. Interval: 95 %%, percentile bootstrap, "
		 "seed %llu; n = %s a side. A difference counts from %.3g %% on; it is said where the interval leaves "
		 "out 1 and Mann-Whitney's test agrees.",
		 kind->what, other, base, comparisons->other_runtime ? other : "the second",
		 kind->bytes || kind == &sample_kinds[1] ? "takes more" : "is slower",
		 (unsigned long long)comparisons->options.seed, range, comparisons->options.min_effect * 100);
	return text;
}

/* Of many comparisons some differ by chance alone: which of these findings are stronger than that. */
static void trust_findings(const struct comparisons *comparisons, size_t differences, char *text, size_t size)
{
	const char *more = comparisons->base->kind->more, *less = comparisons->base->kind->less;
	int used = snprintf(text, size, " Found here: %zu %s or %s.", differences, more, less);

	if (comparisons->standing > 0)
		used += snprintf(
			text + used, size - (size_t)used,
			" %zu of them can be relied on, all %zu comparisons allowed for (Benjamini & Hochberg: "
			"of such findings at most 5 %% are expected to be chance).",
			comparisons->standing, comparisons->compared);
	if (comparisons->standing < differences)
		snprintf(text + used, size - (size_t)used,
			 " %zu, marked ?, may be chance, as so many cells were compared: measure again before you "
			 "believe %s.",
			 differences - comparisons->standing, differences - comparisons->standing == 1 ? "it" : "them");
}

char *comparison_trust(const struct comparisons *comparisons, char text[COMPARISON_LINE_MAX])
{
	size_t differences = comparisons->of[VERDICT_SLOWER] + comparisons->of[VERDICT_FASTER];
	bool nearly_sure = comparisons->false_any > 0.99;
	int used = snprintf(text, LINE_MAX_BYTES,
			    "False positives: were all %zu alike, at most %.2g of them would be called %s or %s; "
			    "the chance that any is, is at most %s%.0f %%.",
			    comparisons->compared, comparisons->false_expected, comparisons->base->kind->more,
			    comparisons->base->kind->less, nearly_sure ? "a little over " : "",
			    nearly_sure ? 99 : comparisons->false_any * 100);

	if (differences > 0)
		trust_findings(comparisons, differences, text + used, LINE_MAX_BYTES - (size_t)used);
	return text;
}

/* --- what to know before ------------------------------------------------------------------------------------------ */

struct lines {
	void (*line)(void *context, const char *text);
	void *context;
};

__attribute__((format(printf, 2, 3))) static void warn(const struct lines *lines, const char *format, ...)
{
	char text[LINE_MAX_BYTES];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	lines->line(lines->context, text);
}

static void warn_machine(const struct comparisons *comparisons, const struct lines *lines)
{
	const char *base = bundle_text(&comparisons->base->bundle, "machine", "identity"),
		   *other = bundle_text(&comparisons->other->bundle, "machine", "identity");

	if (base && other && strcmp(base, other) != 0)
		warn(lines,
		     "These are two machines (%s and %s): what differs may be theirs. simul compare --machines puts "
		     "machines side by side.",
		     base, other);
}

/* The same arithmetic, timed at the start of each run, tells how fast the machine was. */
static void warn_clock(const struct comparisons *comparisons, const struct lines *lines)
{
	json_t *base = (json_t *)bundle_object(&comparisons->base->bundle, "calibration");
	const json_t *other = bundle_object(&comparisons->other->bundle, "calibration");
	const char *key;
	json_t *value;

	json_object_foreach(base, key, value)
	{
		double ratio = json_measure(other, key) / json_measure(base, key),
		       effect = 1.0 + comparisons->options.min_effect;

		if (ratio > effect || ratio < 1 / effect)
			warn(lines,
			     "The machine itself was not equally fast: %s was %.0f in the first run and %.0f in the "
			     "second (%.2f x).",
			     key, json_measure(base, key), json_measure(other, key), ratio);
	}
}

static void warn_commits(const struct comparisons *comparisons, const struct lines *lines)
{
	const char *base = samples_text(comparisons->base, "commit"),
		   *other = samples_text(comparisons->other, "commit");

	if (base && other && strcmp(base, other) != 0)
		warn(lines, "Made by different commits of simul: %s and %s.", base, other);
}

static void warn_cells(const struct comparisons *comparisons, const struct lines *lines)
{
	size_t drifting = 0, disturbed = 0, samples = 0, invocations = 0;

	for (size_t i = 0; i < comparisons->count; i++) {
		const struct sample *sides[] = {comparisons->items[i].base, comparisons->items[i].other};

		for (int side = 0; side < 2 && comparisons->items[i].verdict != VERDICT_REFUSED; side++) {
			const struct cell *cell = sides[side]->cell;

			samples++;
			drifting += sides[side]->drift < DRIFT_P;
			for (size_t k = 0; cell && k < cell->invocation_count; k++) {
				invocations += cell->invocations[k].status == STATUS_OK;
				disturbed += invocation_disturbed(&cell->invocations[k]);
			}
		}
	}
	if (drifting > 0)
		warn(lines,
		     "In %zu of %zu samples, marked ~, times rise or fall over the run (Mann-Kendall, p < %g; by "
		     "chance: "
		     "%.1f).",
		     drifting, samples, DRIFT_P, DRIFT_P * (double)samples);
	if (disturbed > 0)
		warn(lines, "%zu of %zu invocations were disturbed by other load; they count.", disturbed, invocations);
}

void comparison_warnings(const struct comparisons *comparisons, void (*line)(void *context, const char *text),
			 void *context)
{
	const struct lines lines = {.line = line, .context = context};

	if (comparisons->base != comparisons->other && comparisons->base->is_bundle && comparisons->other->is_bundle) {
		warn_machine(comparisons, &lines);
		warn_clock(comparisons, &lines);
		warn_commits(comparisons, &lines);
	}
	warn_cells(comparisons, &lines);
}

/* --- rows ----------------------------------------------------------------------------------------------------- */

static bool drifts(const struct comparison *comparison)
{
	return comparison->base->drift < DRIFT_P || comparison->other->drift < DRIFT_P;
}

static bool is_difference(const struct comparison *comparison)
{
	return comparison->verdict == VERDICT_SLOWER || comparison->verdict == VERDICT_FASTER;
}

static char *verdict_marked(const struct comparison *comparison, char text[40])
{
	snprintf(text, 40, "%s%s%s", verdict_text(comparison->verdict, any_side(comparison)->kind),
		 is_difference(comparison) && !comparison->stands ? " ?" : "", drifts(comparison) ? " ~" : "");
	return text;
}

typedef void row_printer(const struct comparison *comparison, const char *row, FILE *out);

static void text_row(const struct comparison *comparison, const char *row, FILE *out)
{
	char text[2 * NUMBER_TEXT_MAX], verdict[40];

	fputs("  ", out);
	text_pad(out, row, ROW_WIDTH);
	if (text_width(row) > ROW_WIDTH)
		fprintf(out, "\n%*s", ROW_WIDTH + 2, "");
	text_pad(out, format_value(text, comparison->base), -9);
	text_pad(out, format_value(text, comparison->other), -9);
	text_pad(out, ratio_text(text, comparison->ratio), -6);
	text_pad(out, interval_text(text, &comparison->interval), -13);
	fprintf(out, " %s\n", verdict_marked(comparison, verdict));
}

static void markdown_cell(const char *text, FILE *out)
{
	for (; *text; text++) {
		if (strchr("|\\*_<>&[]`#~", *text))
			fprintf(out, "&#%d;", *text);
		else
			fputc(*text, out);
	}
}

static void markdown_row(const struct comparison *comparison, const char *row, FILE *out)
{
	char base[NUMBER_TEXT_MAX], other[NUMBER_TEXT_MAX], ratio[NUMBER_TEXT_MAX], interval[2 * NUMBER_TEXT_MAX],
		verdict[40];

	fputs("| ", out);
	markdown_cell(row, out);
	fprintf(out, " | %s | %s | %s | %s | ", format_value(base, comparison->base),
		format_value(other, comparison->other), ratio_text(ratio, comparison->ratio),
		interval_text(interval, &comparison->interval));
	verdict_marked(comparison, verdict);
	if (is_difference(comparison))
		fprintf(out, "**%s**%s", verdict_text(comparison->verdict, any_side(comparison)->kind),
			verdict + strlen(verdict_text(comparison->verdict, any_side(comparison)->kind)));
	else
		fputs(verdict, out);
	fputs(" |\n", out);
}

/* Every compared cell, under headings. */
static void print_rows(const struct comparisons *comparisons, void (*heading)(const char *section, FILE *out),
		       row_printer *print, FILE *out)
{
	const char *before = NULL, *section, *row;

	for (size_t i = 0; i < comparisons->count; i++) {
		const struct comparison *comparison = &comparisons->items[i];

		if (comparison->verdict == VERDICT_REFUSED)
			continue;
		row_names(comparisons, comparison, &section, &row);
		if (!before || strcmp(before, section) != 0)
			heading(section, out);
		before = section;
		print(comparison, row, out);
	}
}

/* Calls print() for each reason, with the first cell's name and how many others share it. */
static void print_refusals(const struct comparisons *comparisons,
			   void (*print)(const char *name, size_t others, const char *reason, FILE *out), FILE *out)
{
	json_t *counts = json_object(), *count;

	for (size_t i = 0; i < comparisons->count; i++) {
		const char *reason = comparisons->items[i].reason;

		if (!*reason)
			continue;
		count = json_object_get(counts, reason);
		if (count)
			json_integer_set(count, json_integer_value(count) + 1);
		else
			json_object_set_new(counts, reason, json_integer(1));
	}
	for (size_t i = 0; i < comparisons->count; i++) {
		const char *reason = comparisons->items[i].reason;
		json_int_t number = json_integer_value(json_object_get(counts, reason));

		if (!*reason || number == 0)
			continue;
		print(any_side(&comparisons->items[i])->name, (size_t)number - 1, reason, out);
		json_object_set_new(counts, reason, json_integer(0));
	}
	json_decref(counts);
}

/* --- text ----------------------------------------------------------------------------------------------------- */

struct bullet {
	FILE *out;
	const char *first;
	size_t count;
};

static void bullet_line(void *context, const char *text)
{
	struct bullet *bullet = context;

	fprintf(bullet->out, "%s%s\n", bullet->count++ == 0 ? bullet->first : "  ", text);
}

static void print_wrapped(const char *first, const char *text, FILE *out)
{
	struct bullet bullet = {.out = out, .first = first};

	text_wrap(text, WIDTH - 2, bullet_line, &bullet);
}

static void text_warning(void *context, const char *text)
{
	print_wrapped("! ", text, context);
}

static void text_heading(const char *section, FILE *out)
{
	fprintf(out, "%s%s", *section ? "\n" : "", section);
	fputs(*section ? "\n" : "", out);
}

static void text_refusal(const char *name, size_t others, const char *reason, FILE *out)
{
	char text[COMPARE_REASON_MAX + 2 * BUNDLE_TEXT_MAX * 4], more[40] = "";

	if (others > 0)
		snprintf(more, sizeof(more), " and %zu more", others);
	snprintf(text, sizeof(text), "%s%s: %s", name, more, reason);
	print_wrapped("- ", text, out);
}

static void text_telling(const struct comparisons *comparisons, enum verdict verdict, FILE *out)
{
	char list[LINE_MAX_BYTES], text[LINE_MAX_BYTES + 32];

	if (comparisons->of[verdict] == 0)
		return;
	snprintf(text, sizeof(text), "%s: %s", verdict_text(verdict, comparisons->base->kind),
		 telling(comparisons, verdict, list));
	print_wrapped("", text, out);
}

int comparison_text(const struct comparisons *comparisons, FILE *out)
{
	char text[LINE_MAX_BYTES], base[32], other[32];

	snprintf(text, sizeof(text), "%s against %s: ", other_name(comparisons), base_name(comparisons));
	size_t used = strlen(text);

	comparison_counts(comparisons, text + used, sizeof(text) - used);
	print_wrapped("", text, out);
	text_telling(comparisons, VERDICT_SLOWER, out);
	text_telling(comparisons, VERDICT_FASTER, out);
	if (comparisons->compared > 0) {
		fputc('\n', out);
		print_wrapped("", method(comparisons, text), out);
		print_wrapped("", comparison_trust(comparisons, text), out);
		comparison_warnings(comparisons, text_warning, out);
		fprintf(out, "\n%*s", ROW_WIDTH + 2, "");
		text_pad(out,
			 text_cut(base, sizeof(base), comparisons->base_runtime ? base_name(comparisons) : "first", 9),
			 -9);
		text_pad(out,
			 text_cut(other, sizeof(other), comparisons->base_runtime ? other_name(comparisons) : "second",
				  9),
			 -9);
		fprintf(out, "%6s%13s verdict\n", "ratio", "interval");
		print_rows(comparisons, text_heading, text_row, out);
	}
	if (comparisons->of[VERDICT_REFUSED] > 0) {
		fputs("\nNot compared:\n", out);
		print_refusals(comparisons, text_refusal, out);
	}
	return ferror(out) ? -EIO : 0;
}

/* --- Markdown ------------------------------------------------------------------------------------------------- */

static void markdown_text(const char *text, FILE *out)
{
	markdown_cell(text, out);
	fputs("\n\n", out);
}

static void markdown_warning(void *context, const char *text)
{
	fputs("- ", context);
	markdown_cell(text, context);
	fputc('\n', context);
}

static void markdown_heading(const char *section, FILE *out)
{
	if (*section) {
		fputs("| **", out);
		markdown_cell(section, out);
		fputs("** | | | | | |\n", out);
	}
}

static void markdown_refusal(const char *name, size_t others, const char *reason, FILE *out)
{
	fputs("- ", out);
	markdown_cell(name, out);
	if (others > 0)
		fprintf(out, " and %zu more", others);
	fputs(": ", out);
	markdown_cell(reason, out);
	fputc('\n', out);
}

static void markdown_name(const struct comparisons *comparisons, bool other, FILE *out)
{
	markdown_cell(other ? other_name(comparisons) : base_name(comparisons), out);
}

int comparison_markdown(const struct comparisons *comparisons, FILE *out)
{
	char text[LINE_MAX_BYTES];

	fprintf(out, "**%s**: ", comparison_counts(comparisons, text, sizeof(text)));
	markdown_name(comparisons, true, out);
	fputs(" against ", out);
	markdown_name(comparisons, false, out);
	fputs("\n\n", out);
	if (comparisons->compared > 0) {
		markdown_text(method(comparisons, text), out);
		markdown_text(comparison_trust(comparisons, text), out);
		comparison_warnings(comparisons, markdown_warning, out);
		fputs("\n| | ", out);
		markdown_name(comparisons, false, out);
		fputs(" | ", out);
		markdown_name(comparisons, true, out);
		fputs(" | ratio | interval | verdict |\n|---|---:|---:|---:|---:|---|\n", out);
		print_rows(comparisons, markdown_heading, markdown_row, out);
	}
	if (comparisons->of[VERDICT_REFUSED] > 0) {
		fputs("\nNot compared:\n\n", out);
		print_refusals(comparisons, markdown_refusal, out);
	}
	return ferror(out) ? -EIO : 0;
}

/* --- JSON ----------------------------------------------------------------------------------------------------- */

static void set_number(json_t *object, const char *key, double value)
{
	if (isfinite(value))
		json_object_set_new(object, key, json_real(value));
}

static json_t *side_json(const struct sample *sample)
{
	if (!sample || sample->count == 0)
		return NULL;
	json_t *side = json_pack("{s:I, s:I}", "n", (json_int_t)sample->count, "outliers",
				 (json_int_t)(sample->summary.outliers.mild + sample->summary.outliers.severe));

	bool bytes = sample->kind->bytes;

	set_number(side, bytes ? "median_bytes" : "median_ns", sample->summary.median);
	set_number(side, bytes ? "low_bytes" : "low_ns", sample->summary.interval.low);
	set_number(side, bytes ? "high_bytes" : "high_ns", sample->summary.interval.high);
	set_number(side, "level", sample->summary.interval.level);
	set_number(side, "drift_p", sample->drift);
	set_number(side, "drift_share", sample->drift_share);
	return side;
}

static json_t *cell_json(const struct comparisons *comparisons, const struct comparison *comparison)
{
	const struct sample *sample = any_side(comparison);
	json_t *cell =
		json_pack("{s:s, s:s*, s:s*, s:s*, s:s, s:o*, s:o*}", "name",
			  comparisons->base_runtime ? sample->group : sample->name, "group", sample->group, "workload",
			  sample->workload, "runtime", comparisons->base_runtime ? NULL : sample->runtime, "verdict",
			  verdict_name(comparison->verdict), "base", side_json(comparison->base), "other",
			  side_json(comparison->other));

	if (comparison->verdict == VERDICT_REFUSED) {
		json_object_set_new(cell, "reason", json_string(comparison->reason));
		return cell;
	}
	set_number(cell, "ratio", comparison->ratio);
	set_number(cell, "low", comparison->interval.low);
	set_number(cell, "high", comparison->interval.high);
	set_number(cell, "p", comparison->p);
	json_object_set_new(cell, "stands", json_boolean(comparison->stands));
	return cell;
}

static void json_warning(void *context, const char *text)
{
	json_array_append_new(context, json_string(text));
}

static json_t *counts_json(const struct comparisons *comparisons)
{
	json_t *counts = json_object();

	for (int i = 0; i < VERDICTS; i++)
		json_object_set_new(counts, verdict_name((enum verdict)i),
				    json_integer((json_int_t)comparisons->of[i]));
	return counts;
}

/* A path may be any bytes. */
static json_t *name_json(const char *name)
{
	json_t *json = json_string(name);

	return json ? json : json_string("?");
}

int comparison_json(const struct comparisons *comparisons, FILE *out)
{
	json_t *warnings = json_array(), *cells = json_array();

	comparison_warnings(comparisons, json_warning, warnings);
	for (size_t i = 0; i < comparisons->count; i++)
		json_array_append_new(cells, cell_json(comparisons, &comparisons->items[i]));
	json_t *json =
		json_pack("{s:i, s:s, s:o, s:o, s:f, s:f, s:s, s:I, s:o, s:{s:f, s:f, s:I}, s:o, s:o}", "format", 1,
			  "of", comparisons->base->kind->name, "base", name_json(base_name(comparisons)), "other",
			  name_json(other_name(comparisons)), "min_effect", comparisons->options.min_effect, "level",
			  0.95, "interval", "percentile bootstrap", "seed", (json_int_t)comparisons->options.seed,
			  "counts", counts_json(comparisons), "false_positives", "expected",
			  comparisons->false_expected, "any", comparisons->false_any, "standing",
			  (json_int_t)comparisons->standing, "warnings", warnings, "cells", cells);
	int failed = json ? json_dumpf(json, out, JSON_INDENT(1) | JSON_REAL_PRECISION(9)) : -1;

	fputc('\n', out);
	json_decref(json);
	return failed || ferror(out) ? -EIO : 0;
}
