/* page_numbers.c: every cell and every invocation as TSV and as JSON, in the page itself. */
#include <errno.h>
#include <stdlib.h>

#include "html.h"
#include "page.h"

/* Past this many a page would be too large to open; the bundle has them all. */
enum { INVOCATIONS_MAX = 100000, CELLS_MAX = 20000 };

/* All of an invocation's: the name is the column's. */
static const struct {
	enum measure measure;
	const char *name;
} measures[] = {
	{MEASURE_WALL_NS, "wall_ns"},
	{MEASURE_CPU_NS, "cpu_ns"},
	{MEASURE_STEADY_NS, "steady_cpu_ns"},
	{MEASURE_MEMORY_BYTES, "memory_bytes"},
	{MEASURE_RATE, "messages_per_s"},
	{MEASURE_CPU_NS_PER_MESSAGE, "cpu_ns_per_message"},
	{MEASURE_BOUND_NS, "invocation_bound_ns"},
	{MEASURE_TIMES_BOUND, "times_bound"},
	{MEASURE_P50_NS, "latency_p50_ns"},
	{MEASURE_P99_NS, "latency_p99_ns"},
	{MEASURE_P999_NS, "latency_p999_ns"},
	{MEASURE_FIRST_END, "first_end_share"},
	{MEASURE_MIDDLE_END, "middle_end_share"},
	{MEASURE_FAIR, "least_share_of_most_messages"},
	{MEASURE_USER_PERCENT, "user_percent"},
	{MEASURE_SYSTEM_PERCENT, "system_percent"},
	{MEASURE_IDLE_PERCENT, "idle_percent"},
	{MEASURE_SWITCHES_PER_TASK, "switches_per_task"},
	{MEASURE_SLAB_BYTES, "slab_bytes"},
	{MEASURE_LOAD_SHARE, "load_cores"},
	{MEASURE_CLIENT_NS_PER_MESSAGE, "client_ns_per_message"},
	{MEASURE_SERVER_BUSY, "server_busy_share"},
	{MEASURE_CLIENT_BUSY, "client_busy_share"},
	{MEASURE_SOFTIRQ, "softirq_share"},
	{MEASURE_STEAL, "steal_share"},
};

enum { COUNT = sizeof(measures) / sizeof(*measures) };

_Static_assert(COUNT == (int)MEASURES, "every measure has its column");

static const char *const statuses[] = {[STATUS_INTERRUPTED] = "interrupted",
				       [STATUS_REFUSED] = "refused",
				       [STATUS_FAILED] = "failed",
				       [STATUS_OK] = "ok"};

/* Enough digits to give the number back; nothing where it is not known. */
static void write_number(FILE *out, double number)
{
	if (!isnan(number))
		fprintf(out, "%.15g", number);
}

static void write_cell_row(FILE *out, const struct cell *cell)
{
	fprintf(out, "%s\t%s\t%s\t%u\t%zu\t%zu\t%zu\t", cell->name, cell->workload, cell->runtime, cell->cores,
		cell->count[STATUS_OK], cell->count[STATUS_FAILED], cell->count[STATUS_REFUSED]);
	write_number(out, cell->bound_ns);
	for (size_t i = 0; i < COUNT; i++) {
		struct summary summary = cell_summary(cell, measures[i].measure);
		bool bounded = summary.interval.level > 0;

		fputc('\t', out);
		write_number(out, summary.median);
		fputc('\t', out);
		write_number(out, bounded ? summary.interval.low : NAN);
		fputc('\t', out);
		write_number(out, bounded ? summary.interval.high : NAN);
	}
	fprintf(out, "\t%s\n", cell->refused ? cell->refused : "");
}

static void write_cells(const struct bundle *bundle, FILE *out)
{
	fputs("cell\tworkload\truntime\tcores\tok\tfailed\trefused\tbound_ns", out);
	for (size_t i = 0; i < COUNT; i++)
		fprintf(out, "\t%s_median\t%s_low\t%s_high", measures[i].name, measures[i].name, measures[i].name);
	fputs("\treason\n", out);
	for (size_t i = 0; i < bundle->cell_count && i < CELLS_MAX; i++)
		write_cell_row(out, &bundle->cells[i]);
}

static void write_invocations(const struct bundle *bundle, FILE *out)
{
	size_t rows = 0;

	fputs("cell\trepetition\tline\tstatus\tdisturbed", out);
	for (size_t i = 0; i < COUNT; i++)
		fprintf(out, "\t%s", measures[i].name);
	fputc('\n', out);
	for (size_t i = 0; i < bundle->cell_count; i++) {
		const struct cell *cell = &bundle->cells[i];

		for (size_t j = 0; j < cell->invocation_count && rows < INVOCATIONS_MAX; j++, rows++) {
			const struct invocation *one = &cell->invocations[j];

			fprintf(out, "%s\t%llu\t%llu\t%s\t%d", cell->name, (unsigned long long)one->repetition,
				(unsigned long long)one->line, statuses[one->status], one->disturbed);
			for (size_t k = 0; k < COUNT; k++) {
				fputc('\t', out);
				write_number(out, one->value[measures[k].measure]);
			}
			fputc('\n', out);
		}
	}
}

static json_t *cell_json(const struct cell *cell)
{
	json_t *object = json_pack("{s:s, s:s, s:s, s:s, s:i}", "cell", cell->name, "group", cell->group, "workload",
				   cell->workload, "runtime", cell->runtime, "cores", (int)cell->cores);

	for (size_t i = 0; i < COUNT; i++) {
		struct summary summary = cell_summary(cell, measures[i].measure);

		if (summary.n > 0)
			json_object_set_new(object, measures[i].name,
					    json_pack("{s:i, s:f, s:f, s:f, s:f}", "n", (int)summary.n, "median",
						      summary.median, "low", summary.interval.low, "high",
						      summary.interval.high, "level", summary.interval.level));
	}
	if (!isnan(cell->bound_ns))
		json_object_set_new(object, "bound_ns", json_real(cell->bound_ns));
	if (cell->refused)
		json_object_set_new(object, "refused", json_string(cell->refused));
	return object;
}

static void write_json(const struct bundle *bundle, FILE *out)
{
	json_t *cells = json_array();

	for (size_t i = 0; i < bundle->cell_count && i < CELLS_MAX; i++)
		json_array_append_new(cells, cell_json(&bundle->cells[i]));
	json_t *all = json_pack("{s:O?, s:o}", "machine", bundle_object(bundle, "machine"), "cells", cells);

	if (all)
		json_dumpf(all, out, JSON_INDENT(1) | JSON_REAL_PRECISION(15));
	json_decref(all);
}

static void write_file(struct page *page, const char *name, const char *type, const char *what,
		       void (*write)(const struct bundle *bundle, FILE *out))
{
	char *bytes = NULL;
	size_t size = 0;
	FILE *memory = open_memstream(&bytes, &size);

	if (memory) {
		write(page->bundle, memory);
		fclose(memory);
	}
	if (!bytes) {
		page->error = -ENOMEM;
		return;
	}
	fputs("<li>", page->out);
	html_download(page->out, name, type, bytes, size);
	fprintf(page->out, " %s</li>\n", what);
	free(bytes);
}

void page_numbers(struct page *page)
{
	size_t invocations = page->bundle->invocation_count;

	fprintf(page->out, "<p>They are in this page; saving them needs no network. Times are nanoseconds, memory is "
			   "bytes, what was not "
			   "measured is empty.</p>\n<ul class=\"saves\">\n");
	write_file(page, "cells.tsv", "text/tab-separated-values", "a row for each cell: medians with their intervals",
		   write_cells);
	write_file(page, "invocations.tsv", "text/tab-separated-values", "a row for each invocation",
		   write_invocations);
	write_file(page, "cells.json", "application/json", "the cells and the machine, for programs", write_json);
	fputs("</ul>\n", page->out);
	if (page->bundle->cell_count > CELLS_MAX || invocations > INVOCATIONS_MAX)
		fprintf(page->out,
			"<p class=\"warning\">This run has %zu cells and %zu invocations: the files hold the first %d "
			"and %d, the "
			"bundle all.</p>\n",
			page->bundle->cell_count, invocations, CELLS_MAX, INVOCATIONS_MAX);
}
