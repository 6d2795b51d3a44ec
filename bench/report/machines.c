/* machines.c: the tables and the JSON of machines side by side. */
#include "machines.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"

enum { WIDTH = 80, LABEL_WIDTH = 14 };

static const char *side_text(const struct machine_side *side, const char *object, const char *key)
{
	const char *text = bundle_text(&side->samples->bundle, object, key);

	return text ? text : "unknown";
}

static void print_line(void *context, const char *text)
{
	fprintf(context, "%s\n", text);
}

/* --- the answer ----------------------------------------------------------------------------------------------- */

static void print_answer(const struct machines *machines, unsigned machine, FILE *out)
{
	size_t of[VERDICTS], all;
	char text[300];

	machines_count(machines, machine, of);
	all = of[VERDICT_FASTER] + of[VERDICT_SLOWER] + of[VERDICT_SAME] + of[VERDICT_UNDECIDED];
	snprintf(text, sizeof(text),
		 "%u against 1, each on the most cores it has: of %zu rows below, %u is faster in %zu, slower in %zu, "
		 "no difference shown in %zu, not enough data in %zu",
		 machine + 1, all, machine + 1, of[VERDICT_FASTER], of[VERDICT_SLOWER], of[VERDICT_SAME],
		 of[VERDICT_UNDECIDED]);
	text_wrap(text, WIDTH, print_line, out);
}

static void print_side(const struct machine_side *side, unsigned number, FILE *out)
{
	char text[600];

	snprintf(text, sizeof(text), "%u = %s: %s, identity %s, %u of %u cores allowed, %u physical%s", number,
		 side->samples->path, side_text(side, "machine", "cpu"), side->identity, side->allowed, side->present,
		 side->physical,
		 side->emulated ? " (emulated: a restricted part of a machine, with the caches and the memory of "
				  "the whole)"
				: "");
	text_wrap(text, WIDTH, print_line, out);
}

/* --- rows ----------------------------------------------------------------------------------------------------- */

static const char marks[VERDICTS] = {
	[VERDICT_SLOWER] = '-',    [VERDICT_FASTER] = '+',  [VERDICT_SAME] = '=',
	[VERDICT_UNDECIDED] = '?', [VERDICT_REFUSED] = ' ',
};

/* base: what the row's speeds are ratios to, which is not compared with itself. */
static void print_point(const struct machines *machines, const struct machine_point *point, bool base, FILE *out)
{
	char text[2 * NUMBER_TEXT_MAX], label[NUMBER_TEXT_MAX];

	snprintf(label, sizeof(label), "  %u%s", point->machine + 1,
		 machines->sides[point->machine].emulated ? " emulated" : "");
	text_pad(out, label, LABEL_WIDTH);
	if (isnan(point->share))
		snprintf(text, sizeof(text), "%.0f", point->cores);
	else
		snprintf(text, sizeof(text), "%.0f (%.0f %%)", point->cores, 100 * point->share);
	text_pad(out, text, -11);
	text_pad(out, format_time(text, point->sample->summary.median), -10);
	text_pad(out, format_number(text, point->speed), -7);
	fputc(base ? ' ' : marks[point->verdict], out);
	snprintf(text, sizeof(text), "%.3f..%.3f", point->interval.low, point->interval.high);
	text_pad(out, base ? "base" : isnan(point->interval.low) ? "-" : text, -15);
	text_pad(out, format_number(text, point->per_core), -7);
	text_pad(out, format_number(text, point->calibrated), -7);
	text_pad(out, format_number(text, point->efficiency), -7);
	fputc('\n', out);
}

struct refusal {
	FILE *out;
	const char *first;
};

static void refusal_line(void *context, const char *text)
{
	struct refusal *refusal = context;

	fprintf(refusal->out, "%-4s%s\n", refusal->first, text);
	refusal->first = "";
}

static void print_refused(const struct machine_point *point, FILE *out)
{
	char first[16], text[COMPARE_REASON_MAX + 40];

	snprintf(first, sizeof(first), "  %u", point->machine + 1);
	snprintf(text, sizeof(text), "on %.0f: refused: %s", point->cores, point->refused);
	text_wrap(text, WIDTH - 4, refusal_line, &(struct refusal){.out = out, .first = first});
}

static void print_row(const struct machines *machines, const struct machine_row *row, FILE *out)
{
	fprintf(out, "\n%s%s\n", row->name, row->paced ? " (equal durations)" : "");
	for (size_t i = 0; i < row->count; i++) {
		if (*row->points[i].refused)
			print_refused(&row->points[i], out);
		else
			print_point(machines, &row->points[i], &row->points[i] == row->base, out);
	}
}

/* --- rows that nothing is compared in ----------------------------------------------------------------------------- */

enum { REASONS_MAX = 12 };

static bool is_alike(const struct machine_row *a, const struct machine_row *b)
{
	return strcmp(a->workload, b->workload) == 0 && strcmp(a->alone, b->alone) == 0;
}

/* How many rows have that one's reason, from it on; 0 if one before has it. */
static size_t alike(const struct machines *machines, const struct machine_row *row)
{
	size_t count = 0;

	for (size_t i = 0; i < machines->row_count; i++) {
		const struct machine_row *other = &machines->rows[i];

		if (other < row && is_alike(other, row))
			return 0;
		count += is_alike(other, row);
	}
	return count;
}

static void print_alone(const struct machines *machines, FILE *out)
{
	size_t said = 0, rows = 0, count;
	char text[COMPARE_REASON_MAX + 100];

	if (machines->alone > 0)
		fputs("\nNot compared, and why (1, 2 ...: the machines):\n", out);
	for (size_t i = 0; i < machines->row_count && said < REASONS_MAX; i++) {
		const struct machine_row *row = &machines->rows[i];

		if (!*row->alone || (count = alike(machines, row)) == 0)
			continue;
		snprintf(text, sizeof(text), "%s, %zu %s: %s", row->workload, count, count == 1 ? "row" : "rows",
			 row->alone);
		text_wrap(text, WIDTH - 4, refusal_line, &(struct refusal){.out = out, .first = ""});
		said++;
		rows += count;
	}
	if (rows < machines->alone)
		fprintf(out, "    and %zu more rows, for other reasons: --format=json has them\n",
			machines->alone - rows);
}

int machines_text(const struct machines *machines, FILE *out)
{
	for (unsigned i = 1; i < machines->side_count; i++)
		print_answer(machines, i, out);
	fputc('\n', out);
	for (unsigned i = 0; i < machines->side_count; i++)
		print_side(&machines->sides[i], i + 1, out);
	fputc('\n', out);
	text_wrap("Speed: the first machine's median time on its most cores, over the time here: above 1 is faster; + "
		  "faster, - slower, = no difference shown, ? not enough data, by the rule of simul compare; its "
		  "interval: "
		  "95 %, percentile bootstrap. /core: speed for each core, 1 for the first machine's. Own: speed in "
		  "units of "
		  "what the machine's cores were calibrated to: above 1, it makes more of what it has. Eff: speed over "
		  "that "
		  "on one core of the same machine, for each physical core: 1 loses nothing. Behind the cores: their "
		  "share "
		  "of those that the machine may use.",
		  WIDTH, print_line, out);
	if (machines->paced > 0)
		text_wrap(
			"Equal durations: each machine made this work of its own calibration, so that a move lasts as "
			"long; speed is then what cores, runtime and kernel make of it, not how fast a core is. The "
			"same --set step=N in all runs plays the very same work.",
			WIDTH, print_line, out);
	fprintf(out, "\n%-*s%11s%10s%7s%16s%7s%7s%7s\n", LABEL_WIDTH, "  machine", "cores", "median", "speed",
		"interval", "/core", "own", "eff");
	for (size_t i = 0; i < machines->row_count; i++) {
		if (!*machines->rows[i].alone)
			print_row(machines, &machines->rows[i], out);
	}
	print_alone(machines, out);
	return ferror(out) ? -EIO : 0;
}

/* --- JSON ----------------------------------------------------------------------------------------------------- */

static void set_number(json_t *object, const char *key, double value)
{
	if (isfinite(value))
		json_object_set_new(object, key, json_real(value));
}

static json_t *side_json(const struct machine_side *side)
{
	json_t *path = json_string(side->samples->path);

	return json_pack("{s:o, s:s, s:s, s:i, s:i, s:i, s:b}", "bundle", path ? path : json_string("?"), "identity",
			 side->identity, "cpu", side_text(side, "machine", "cpu"), "cores_allowed", (int)side->allowed,
			 "cores_present", (int)side->present, "cores_physical", (int)side->physical, "emulated",
			 (int)side->emulated);
}

static json_t *point_json(const struct machine_point *point, bool base)
{
	json_t *json = json_pack("{s:i, s:f}", "machine", (int)point->machine, "cores", point->cores);

	set_number(json, "share_of_cores", point->share);
	if (*point->refused) {
		json_object_set_new(json, "refused", json_string(point->refused));
		return json;
	}
	if (point->paced)
		json_object_set_new(json, "equal_durations", json_true());
	json_object_set_new(json, "n", json_integer((json_int_t)point->sample->count));
	set_number(json, "median_ns", point->sample->summary.median);
	if (base)
		json_object_set_new(json, "base", json_true());
	else if (!isnan(point->speed))
		json_object_set_new(json, "verdict", json_string(verdict_name(point->verdict)));
	set_number(json, "speed", point->speed);
	set_number(json, "low", point->interval.low);
	set_number(json, "high", point->interval.high);
	set_number(json, "per_core", point->per_core);
	set_number(json, "per_own_core", point->calibrated);
	set_number(json, "efficiency", point->efficiency);
	return json;
}

static json_t *row_json(const struct machine_row *row)
{
	json_t *points = json_array();

	for (size_t i = 0; i < row->count; i++)
		json_array_append_new(points, point_json(&row->points[i], &row->points[i] == row->base));
	json_t *json = json_pack("{s:s, s:s, s:s, s:o}", "name", row->name, "workload", row->workload, "runtime",
				 row->runtime, "points", points);

	if (*row->alone)
		json_object_set_new(json, "not_compared", json_string(row->alone));
	return json;
}

int machines_json(const struct machines *machines, FILE *out)
{
	json_t *sides = json_array(), *rows = json_array();

	for (unsigned i = 0; i < machines->side_count; i++)
		json_array_append_new(sides, side_json(&machines->sides[i]));
	for (size_t i = 0; i < machines->row_count; i++)
		json_array_append_new(rows, row_json(&machines->rows[i]));
	json_t *json = json_pack("{s:i, s:o, s:o}", "format", 1, "machines", sides, "rows", rows);
	int failed = json ? json_dumpf(json, out, JSON_INDENT(1) | JSON_REAL_PRECISION(9)) : -1;

	fputc('\n', out);
	json_decref(json);
	return failed || ferror(out) ? -EIO : 0;
}
