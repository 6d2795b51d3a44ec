/* summary.c: the table that a run ends with, 80 columns wide, and one answer a workload.
 *
 * An answer judges every model against the fastest in the four verdicts of analysis/compare.h, and in their words. */
#include "report.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../analysis/compare.h"
#include "../analysis/groups.h"
#include "bottleneck.h"
#include "drift.h"
#include "fits.h"
#include "left_out.h"
#include "map.h"
#include "own.h"
#include "points.h"
#include "quantity.h"
#include "scoreboard.h"
#include "spread.h"
#include "text.h"

enum { TABLE_WIDTH = 80, NAME_WIDTH = 17, REASON_INDENT = 20, FLOORS_MAX = 2 };

/* A group's table: what its rows are made from. */
struct table {
	const struct bundle *bundle;
	const struct family *family;
	const struct group *group;
	struct score *scores; /* owned */
	double bound;
	bool messages;                        /* a load drove it: rate and latency are shown */
	const struct cell *floor[FLOORS_MAX]; /* the bare calls that played it too, in the order of their names */
	size_t floor_count;
	FILE *out;
};

static void print_latency(const struct table *table, const struct cell *cell)
{
	struct histogram *histogram = malloc(sizeof(*histogram));
	char median[NUMBER_TEXT_MAX] = "-", p99[NUMBER_TEXT_MAX] = "-", cpu[NUMBER_TEXT_MAX];

	if (histogram && cell_latency(table->bundle, cell, histogram) == 0 && histogram->count > 0) {
		format_time(median, (double)histogram_percentile(histogram, 50));
		format_time(p99, (double)histogram_percentile(histogram, 99));
	}
	free(histogram);
	format_time(cpu, cell_summary(cell, MEASURE_CPU_NS_PER_MESSAGE).median);
	text_pad(table->out, median, -8);
	text_pad(table->out, p99, -8);
	text_pad(table->out, cpu, -8);
}

/* How many times the CPU time of the bare calls a message takes. */
static void print_floors(const struct table *table, const struct cell *cell)
{
	double cpu = cell_summary(cell, MEASURE_CPU_NS_PER_MESSAGE).median;
	char text[NUMBER_TEXT_MAX];

	for (size_t i = 0; i < table->floor_count; i++) {
		snprintf(text, sizeof(text), "%.2f",
			 cpu / cell_summary(table->floor[i], MEASURE_CPU_NS_PER_MESSAGE).median);
		text_pad(table->out, text, -8);
	}
}

static void print_costs(const struct table *table, const struct cell *cell)
{
	char cpu[NUMBER_TEXT_MAX], memory[NUMBER_TEXT_MAX];

	format_time(cpu, cell_summary(cell, MEASURE_CPU_NS).median);
	format_bytes(memory, memory_a_task(table->family, cell->slot));
	text_pad(table->out, cpu, -8);
	text_pad(table->out, memory, -9);
}

static void print_wall(const struct table *table, const struct summary *wall)
{
	char text[NUMBER_TEXT_MAX];

	text_pad(table->out, format_time(text, wall->median), -9);
	format_times(text, wall->interval.low, wall->interval.high);
	text_pad(table->out, wall->interval.level > 0 ? text : "-", -16);
}

/* The interval of "x bound", whose unit stands beside it: "1.01..1.04", "12.3..12.9". */
static void print_times(const struct table *table, const struct summary *times)
{
	int digits = times->interval.high < 9.995 ? 2 : times->interval.high < 99.95 ? 1 : 0;
	char text[NUMBER_TEXT_MAX];

	snprintf(text, sizeof(text), "%.*f..%.*f", digits, times->interval.low, digits, times->interval.high);
	text_pad(table->out, times->n > 0 && times->interval.level > 0 ? text : "-", -11);
}

/* In thousands of messages a second. */
static void print_rate(const struct table *table, const struct cell *cell)
{
	struct summary rate = cell_summary(cell, MEASURE_RATE);
	char text[NUMBER_TEXT_MAX], low[NUMBER_TEXT_MAX], high[NUMBER_TEXT_MAX], both[2 * NUMBER_TEXT_MAX];

	text_pad(table->out, format_number(text, rate.median / 1e3), -8);
	snprintf(both, sizeof(both), "%s..%s", format_number(low, rate.interval.low / 1e3),
		 format_number(high, rate.interval.high / 1e3));
	text_pad(table->out, rate.interval.level > 0 ? both : "-", -11);
}

static void print_score(const struct table *table, const struct score *score)
{
	char text[NUMBER_TEXT_MAX];

	if (table->messages)
		print_rate(table, score->cell);
	else
		print_wall(table, &score->wall);
	snprintf(text, sizeof(text), "%.2f", score->times.median);
	if (table->floor_count == 0)
		text_pad(table->out, score->times.n > 0 ? text : "-", -8);
	if (table->messages)
		print_latency(table, score->cell);
	else
		print_times(table, &score->times), print_costs(table, score->cell);
	print_floors(table, score->cell);
	fputc('\n', table->out);
}

static void print_reason_line(void *context, const char *text)
{
	fprintf(context, "%s\n%*s", text, REASON_INDENT, "");
}

/* A reason takes as many lines as it needs, beside the name. */
static void print_reason(const struct table *table, const struct cell *cell)
{
	static const char *const words[] = {
		[FATE_FAILED] = "failed: ", [FATE_REFUSED] = "refused: ", [FATE_UNPLAYED] = ""};
	char reason[400], text[440], *lines = NULL;
	size_t size;
	FILE *memory = open_memstream(&lines, &size);

	if (!memory)
		return;
	cell_reason(table->bundle, cell, reason, sizeof(reason));
	snprintf(text, sizeof(text), "%s%s", words[cell_fate(cell)], reason);
	text_wrap(text, TABLE_WIDTH - REASON_INDENT, print_reason_line, memory);
	fclose(memory);
	if (lines && size >= REASON_INDENT)
		fprintf(table->out, "%.*s", (int)(size - REASON_INDENT), lines);
	free(lines);
}

static void print_rows(const struct table *table)
{
	char name[96];

	for (size_t i = 0; i < table->group->cell_count; i++) {
		const struct score *score = &table->scores[i];

		fputc(score->wall.n > 0 && score->cell->count[STATUS_FAILED] > 0 ? '!' : ' ', table->out);
		fputc(cell_drifts(score->cell) ? '~' : ' ', table->out);
		text_pad(table->out, text_cut(name, sizeof(name), score->cell->runtime, NAME_WIDTH), NAME_WIDTH);
		if (score->wall.n == 0)
			fputc(' ', table->out);
		if (score->wall.n > 0)
			print_score(table, score);
		else
			print_reason(table, score->cell);
	}
}

/* What stands behind the intervals, said of the cell with the fewest invocations. */
static void print_method(const struct table *table)
{
	const struct summary *least = &table->scores[0].wall;
	size_t most = least->n;
	char text[120];

	for (size_t i = 1; i < table->group->cell_count && table->scores[i].wall.n > 0; i++) {
		least = table->scores[i].wall.n < least->n ? &table->scores[i].wall : least;
		most = table->scores[i].wall.n > most ? table->scores[i].wall.n : most;
	}
	fputs(method_text(least, most, text, sizeof(text)), table->out);
}

static void print_note_line(void *context, const char *text)
{
	fprintf(context, "  %s\n", text);
}

/* A floor's name takes two lines, "x bare-" above "epoll". */
static void print_message_head(const struct table *table)
{
	char above[40];

	fprintf(table->out, "  %-*s%8s%11s", NAME_WIDTH, "", "k msg/s", "interval");
	if (table->floor_count == 0)
		text_pad(table->out, "x bound", -8);
	fprintf(table->out, "%8s%8s%8s", "p50", "p99", "CPU/msg");
	for (size_t i = 0; i < table->floor_count; i++) {
		const char *name = table->floor[i]->runtime, *dash = strchr(name, '-');

		snprintf(above, sizeof(above), "x %.*s", dash ? (int)(dash + 1 - name) : 5, name);
		text_pad(table->out, above, -8);
	}
	fputc('\n', table->out);
	for (size_t i = 0; i < table->floor_count; i++) {
		const char *dash = strchr(table->floor[i]->runtime, '-');

		text_pad(table->out, dash ? dash + 1 : "", i == 0 ? -(2 + NAME_WIDTH + 8 + 11 + 3 * 8 + 8) : -8);
	}
	if (table->floor_count > 0)
		fputc('\n', table->out);
}

/* Of models that cannot use all of the cores. */
static void print_own_bounds(const struct table *table)
{
	char *list = NULL, bound[NUMBER_TEXT_MAX];
	size_t size, count = 0;
	FILE *text = open_memstream(&list, &size);

	for (size_t i = 0; text && i < table->group->cell_count; i++) {
		const struct cell *cell = table->scores[i].cell;

		if (isnan(cell->model_bound_ns) || table->scores[i].wall.n == 0)
			continue;
		fprintf(text, "%s%s %s",
			count++ ? ", " : "What these models can do at best on these cores: ", cell->runtime,
			format_time(bound, cell->model_bound_ns));
	}
	if (text)
		fclose(text);
	if (count > 0 && list)
		text_wrap(list, TABLE_WIDTH - 2, print_note_line, table->out);
	free(list);
}

/* What p50 and p99 count from, and what that hides. */
static void print_closed_loop(const struct table *table)
{
	text_wrap("p50, p99: since sent, closed loop. A server that pauses is asked nothing meanwhile, so that its "
		  "pauses hardly show; an open loop (rate=...) shows them.",
		  TABLE_WIDTH - 2, print_note_line, table->out);
}

static void print_p99(const struct table *table, const struct cell *cell, const char *key, struct histogram *room)
{
	char text[NUMBER_TEXT_MAX] = "-";

	if (cell_histogram(table->bundle, cell, key, room) == 0 && room->count > 0)
		format_time(text, (double)histogram_percentile(room, 99));
	text_pad(table->out, text, -12);
}

/* The corrected p99 beside the raw one, and beside how late the client itself was, which is in both. */
static void print_open_loop(const struct table *table)
{
	struct histogram *room = malloc(sizeof(*room));
	char name[96];

	fprintf(table->out, "\n  %-*s%12s%12s%12s\n", NAME_WIDTH, "p99, open loop", "since due", "since sent",
		"pacing");
	for (size_t i = 0; room && i < table->group->cell_count && table->scores[i].wall.n > 0; i++) {
		const struct cell *cell = table->scores[i].cell;

		fputs("  ", table->out);
		text_pad(table->out, text_cut(name, sizeof(name), cell->runtime, NAME_WIDTH), NAME_WIDTH);
		print_p99(table, cell, "latency_ns", room);
		print_p99(table, cell, "raw_latency_ns", room);
		print_p99(table, cell, "pacing_ns", room);
		fputc('\n', table->out);
	}
	free(room);
	text_wrap("p50, p99 above: since due, open loop; what a server delays counts, which since sent hides. Pacing: "
		  "how late the client itself was. Where that is much of the time since due, it is the client that is "
		  "seen.",
		  TABLE_WIDTH - 2, print_note_line, table->out);
}

/* Why some have no mem/task, if any. */
static void print_memory_note(const struct table *table)
{
	bool missing = false;

	for (size_t i = 0; i < table->group->cell_count && table->scores[i].wall.n > 0; i++)
		missing |= isnan(memory_a_task(table->family, table->scores[i].cell->slot));
	if (missing)
		fprintf(table->out, "  mem/task: what one more %s takes, from three sizes on; - not seen\n",
			table->family->axis->task);
}

static void print_table(const struct table *table)
{
	char title[200], bound[NUMBER_TEXT_MAX];

	group_title(table->family, table->group, title, sizeof(title));
	fprintf(table->out, "%s\n", title);
	if (!isnan(table->bound))
		fprintf(table->out, "bound %s", format_time(bound, table->bound));
	if (group_has_bounds(table->group))
		fprintf(table->out, " (%s at the fastest clock seen)\n",
			format_time(bound, group_least_bound(table->group)));
	else if (!isnan(table->bound))
		fputs("; ", table->out);
	print_method(table);
	fputc('\n', table->out);
	if (table->messages)
		print_message_head(table);
	else
		fprintf(table->out, "  %-*s%9s%16s%8s%11s%8s%9s\n", NAME_WIDTH, "", "median", "interval", "x bound",
			"interval", "CPU", "mem/task");
	print_rows(table);
	print_own_bounds(table);
	if (!table->messages)
		print_memory_note(table);
	else if (family_is_open_loop(table->family))
		print_open_loop(table);
	else
		print_closed_loop(table);
	if (table->messages && server_cpu_note(table->group, 1))
		text_wrap(server_cpu_note(table->group, 1), TABLE_WIDTH - 2, print_note_line, table->out);
	fputc('\n', table->out);
	if (table->messages)
		bottleneck_table(table->bundle, table->group, table->scores, table->out);
}

/* --- the answer ----------------------------------------------------------------------------------------------- */

/* By the rule of simul compare. */
static enum verdict judge(const struct cell *one, const struct cell *fastest)
{
	struct compare_options options = {
		.min_effect = COMPARE_LEAST_EFFECT, .seed = compare_seed(fastest->name, 1), .verdict_only = true};
	struct comparison comparison = {.verdict = VERDICT_UNDECIDED};
	double *base = malloc(sizeof(*base) * (one->invocation_count + fastest->invocation_count + 1));

	if (base) {
		size_t base_n = cell_values(fastest, MEASURE_WALL_NS, base);
		size_t n = cell_values(one, MEASURE_WALL_NS, base + base_n);

		if (compare_values(base, base_n, base + base_n, n, &options, &comparison) != 0)
			comparison.verdict = VERDICT_UNDECIDED;
	}
	free(base);
	return comparison.verdict;
}

static void append(FILE *text, size_t *count, const char *heading)
{
	fputs(*count == 0 ? heading : ", ", text);
	++*count;
}

static void write_judged(const struct table *table, FILE *text, enum verdict verdict, const enum verdict *verdicts)
{
	const struct score *fastest = &table->scores[0];
	size_t count = 0;
	char heading[40];

	snprintf(heading, sizeof(heading), "; %s: ", verdict_text(verdict, &sample_kinds[0]));
	for (size_t i = 1; i < table->group->cell_count && table->scores[i].wall.n > 0; i++) {
		const struct score *score = &table->scores[i];

		if (score->floor || verdicts[i] != verdict)
			continue;
		append(text, &count, heading);
		fprintf(text, "%s %.2f x%s", score->cell->runtime, score->wall.median / fastest->wall.median,
			count == 1 ? " best" : "");
	}
}

static void write_verdicts(const struct table *table, FILE *text)
{
	static const enum verdict order[] = {VERDICT_FASTER, VERDICT_SAME, VERDICT_UNDECIDED, VERDICT_SLOWER};
	enum verdict *verdicts = calloc(table->group->cell_count, sizeof(*verdicts));

	for (size_t i = 1; verdicts && i < table->group->cell_count && table->scores[i].wall.n > 0; i++)
		verdicts[i] = judge(table->scores[i].cell, table->scores[0].cell);
	for (size_t i = 0; verdicts && i < sizeof(order) / sizeof(*order); i++)
		write_judged(table, text, order[i], verdicts);
	free(verdicts);
}

/* What the bare calls take, which is no model's time. */
static void write_floors(const struct table *table, FILE *text)
{
	size_t count = 0;

	for (size_t i = 1; i < table->group->cell_count && table->scores[i].wall.n > 0; i++) {
		if (!table->scores[i].floor)
			continue;
		append(text, &count, "; without a runtime: ");
		fprintf(text, "%s %.2f x%s", table->scores[i].cell->runtime,
			table->scores[i].wall.median / table->scores[0].wall.median, count == 1 ? " best" : "");
	}
}

static void write_missing(const struct table *table, FILE *text)
{
	size_t count = 0;

	for (size_t i = 0; i < table->group->cell_count; i++) {
		if (table->scores[i].wall.n > 0)
			continue;
		append(text, &count, "; without a result: ");
		fprintf(text, "%s", table->scores[i].cell->runtime);
	}
}

static void write_answer(const struct table *table, FILE *text)
{
	const struct score *fastest = &table->scores[0];
	char title[200], time[NUMBER_TEXT_MAX], unreliable[120];

	group_title(table->family, table->group, title, sizeof(title));
	fprintf(text, "%s: %s %s", title, fastest->cell->runtime, format_time(time, fastest->wall.median));
	if (!isnan(table->bound))
		fprintf(text, ", %.2f x bound", fastest->times.median);
	write_verdicts(table, text);
	write_floors(table, text);
	write_missing(table, text);
	if (group_is_unreliable(table->group, unreliable, sizeof(unreliable)))
		fprintf(text, "; %s", unreliable);
}

static void print_answer_line(void *context, const char *text)
{
	fprintf(context, "%s\n  ", text);
}

/* Wrapped, the lines after the first set in. */
static void print_wrapped(void *context, const char *answer)
{
	char *lines = NULL;
	size_t size;
	FILE *wrapped = open_memstream(&lines, &size);

	if (!wrapped)
		return;
	text_wrap(answer, TABLE_WIDTH - 2, print_answer_line, wrapped);
	fclose(wrapped);
	if (lines && size >= 2)
		fprintf(context, "%.*s", (int)(size - 2), lines);
	free(lines);
}

static int print_answer(const struct table *table)
{
	char *answer = NULL;
	size_t size;
	FILE *text = open_memstream(&answer, &size);

	if (!text)
		return -ENOMEM;
	write_answer(table, text);
	fclose(text);
	if (!answer)
		return -ENOMEM;
	print_wrapped(table->out, answer);
	free(answer);
	return 0;
}

/* --- all workloads -------------------------------------------------------------------------------------------- */

/* By name, as the cells of a group are sorted. */
static void find_floors(struct table *table)
{
	for (size_t i = 0; table->messages && i < table->group->cell_count; i++) {
		const struct cell *cell = table->group->cells[i];

		if (table->floor_count < FLOORS_MAX && bundle_is_floor(table->bundle, cell->runtime) &&
		    cell->count[STATUS_OK] > 0)
			table->floor[table->floor_count++] = cell;
	}
}

static int table_make(const struct bundle *bundle, const struct family *family, FILE *out, struct table *table)
{
	*table = (struct table){.bundle = bundle, .family = family, .group = headline_group(family), .out = out};
	if (!table->group)
		return -ENODATA;
	table->scores = scores_make(bundle, table->group);
	if (!table->scores)
		return -ENOMEM;
	table->bound = group_bound(table->group);
	table->messages = !isnan(cell_summary(table->scores[0].cell, MEASURE_RATE).median);
	find_floors(table);
	return 0;
}

/* One whose figures are not wall time has tables of its own. */
static int print_own(const struct bundle *bundle, const struct groups *groups, const struct family *family, FILE *out,
		     bool answers)
{
	if (answers)
		return own_answers(bundle, groups, family, print_wrapped, out);
	return own_tables(bundle, groups, family, out);
}

static int print_workload(const struct bundle *bundle, const struct groups *groups, const struct family *family,
			  bool mapped, FILE *out, bool answers)
{
	struct table table;
	int error = table_make(bundle, family, out, &table);

	if (error == -ENODATA) {
		if (answers)
			fprintf(out, "%.60s: no invocation has a good result\n", family->workload);
		return 0;
	}
	if (!error && !answers) {
		print_table(&table);
		if (!mapped || strcmp(family->workload, "chess") != 0)
			points_table(groups, family, out);
		error = own_strange(bundle, table.group, out);
	}
	if (!error && answers)
		error = print_answer(&table);
	free(table.scores);
	return error;
}

static bool has_own(const struct groups *groups)
{
	const struct family *family = NULL;

	while ((family = family_next_workload(groups, family)))
		if (quantity_known(family->workload))
			return true;
	return false;
}

static bool has_peers(const struct bundle *bundle)
{
	for (unsigned i = 0; i < bundle->runtime_count; i++)
		if (bundle_is_peer(bundle, bundle->runtimes[i]))
			return true;
	return false;
}

/* How the tables of own_tables() are read; said once. */
static void print_key(const struct bundle *bundle, FILE *out)
{
	fputs(has_peers(bundle) ? "Lower is better. * a peer: what others wrote, to compare with. Its column, and\n"
				  "that of a runtime over their loop, has how many times its median each runtime\n"
				  "takes: = no difference shown, ? not enough data.\n\n"
				: "Lower is better. x best: how many times the median of the best runtime it takes,\n"
				  "and so for a runtime that has a column: = no difference shown, ? not enough\n"
				  "data.\n\n",
	      out);
}

/* mapped: the decision map has shown the points of chess. */
static int print_all(const struct bundle *bundle, const struct groups *groups, bool mapped, FILE *out, bool answers)
{
	const struct family *family = NULL;
	int error = 0;

	if (!answers && has_own(groups))
		print_key(bundle, out);
	while (!error && (family = family_next_workload(groups, family)))
		error = quantity_known(family->workload) ? print_own(bundle, groups, family, out, answers)
							 : print_workload(bundle, groups, family, mapped, out, answers);
	return error;
}

/* Counts intervals of headline cells, and those of them that are wider than a quarter of their median. */
static bool count_wide(const struct groups *groups, size_t *all, size_t *wide)
{
	const struct family *family = NULL;

	*all = *wide = 0;
	while ((family = family_next_workload(groups, family))) {
		const struct group *group = headline_group(family);

		for (size_t i = 0; group && i < group->cell_count; i++) {
			struct summary wall = cell_summary(group->cells[i], MEASURE_WALL_NS);

			*all += wall.n > 0;
			*wide += wall.n > 0 && wall.interval.high - wall.interval.low > wall.median / 4;
		}
	}
	return *wide > 0;
}

static void print_warning(const struct groups *groups, FILE *out)
{
	size_t all, wide;

	if (!count_wide(groups, &all, &wide))
		return;
	fprintf(out, "%zu of %zu intervals are wider than a quarter of their median: the machine\n", wide, all);
	fputs("was not quiet. Trust only large differences, or run again with less beside it.\n\n", out);
}

static void count_disturbed(const struct bundle *bundle, size_t *good, size_t *disturbed, size_t *faster)
{
	*good = *disturbed = *faster = 0;
	for (size_t i = 0; i < bundle->cell_count; i++) {
		const struct cell *cell = bundle->by_name[i];

		for (size_t j = 0; j < cell->invocation_count; j++) {
			*good += cell->invocations[j].status == STATUS_OK;
			*disturbed += invocation_disturbed(&cell->invocations[j]);
			*faster += cell->invocations[j].status == STATUS_OK && cell->invocations[j].faster;
		}
	}
}

static unsigned print_marked(const struct bundle *bundle, FILE *out)
{
	char texts[2][CELLS_MARKED_MAX];
	unsigned lines = 0;

	over_quota_text(bundle, texts[0]);
	load_on_siblings_text(bundle, texts[1]);
	for (int i = 0; i < 2; i++) {
		if (*texts[i])
			fprintf(out, "%s\n", texts[i]);
		lines += *texts[i] != '\0';
	}
	return lines;
}

/* What the table does not show; a blank line follows where there is anything to say. */
static void print_left_out(const struct bundle *bundle, FILE *out)
{
	size_t failed = 0, good, faster, disturbed;
	unsigned lines;

	count_disturbed(bundle, &good, &disturbed, &faster);
	for (size_t i = 0; i < bundle->cell_count; i++)
		failed += bundle->by_name[i]->count[STATUS_FAILED];
	if (disturbed > 0)
		fprintf(out, "%zu of %zu results were disturbed by other load, and count nevertheless.\n", disturbed,
			good);
	if (faster > 0)
		fprintf(out,
			"%zu of %zu results were faster than the clock seen before allowed: it had risen.\n"
			"They count.\n",
			faster, good);
	if (failed > 0)
		fprintf(out, "%zu invocation%s failed (! where a table has them): records.jsonl says why.\n", failed,
			failed == 1 ? "" : "s");
	lines = left_out_print(bundle, "", out);
	lines += print_marked(bundle, out);
	if (bundle->cell_count == 0)
		fputs("This run has no cells: there is nothing to say.\n", out);
	if (disturbed + faster + failed + lines > 0)
		fputc('\n', out);
}

bool report_tells_all(const char *workload)
{
	return quantity_known(workload);
}

int report_summary(const char *path, FILE *out)
{
	struct bundle bundle;
	struct groups groups;
	bool mapped = false;
	int error = bundle_open(path, &bundle);

	if (error)
		return error;
	error = groups_make(&bundle, &groups);
	if (!error) {
		error = map_table(&bundle, &groups, &mapped, out);
		error = error ? error : print_all(&bundle, &groups, mapped, out, false);
		print_warning(&groups, out);
		print_left_out(&bundle, out);
		error = error ? error : drift_print(&bundle, &groups, out);
		error = error ? error : fits_print(&bundle, out);
		error = error ? error : spread_print(&bundle, &groups, out);
		if (!error)
			error = print_all(&bundle, &groups, mapped, out, true);
		groups_clear(&groups);
	}
	bundle_close(&bundle);
	if (!error && (fflush(out) || ferror(out)))
		error = -EIO;
	if (error)
		fprintf(stderr, "simul: the table of %s could not be made: %s\n", path, strerror(-error));
	return error;
}
