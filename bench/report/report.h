/* report.h: what a bundle answers: the table, the figures' data and the figures.
 *
 * Everything is made from the bundle alone (results/SCHEMA.md) and from nothing that changes: the same bundle gives the
 * same table, the same TSV and the same SVG, byte for byte. Nothing here plays a cell or knows a runtime by name.
 *
 * Errors: 0 or -errno, and one sentence on standard error. Not thread-safe: one call at a time in a process. */
#ifndef SIMUL_REPORT_H
#define SIMUL_REPORT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

/* The table for 80 columns: the headline group of each workload, then one line a workload as its answer.
 * bundle: its folder. A workload without a single good record is said to have none; that is no error.
 * -ENOENT: no bundle there; -EINVAL: no bundle of a format that is known; -EIO: `out` could not be written. */
int report_summary(const char *bundle, FILE *out);

/* What the runtimes of the bundle say of themselves, a paragraph each: what a task is, how it suspends, what tasks
 * share, where the model breaks, and the sources. Errors as report_summary(). */
int report_runtimes(const char *bundle, FILE *out);

/* One of those paragraphs: of a player's info (bench/README.md); for 80 columns. */
void report_runtime(const json_t *info, FILE *out);

/* Whether the table gives the reason of every cell of that workload that has no result, and not of the headline's. */
bool report_tells_all(const char *workload);

/* Where to look next in the bundle's decision map (analysis/map.h): at most that many places. Returns how many are in
 * points; 0 too where there is no map, or nothing lies in between; else errors as report_summary(). */
struct map_point;
int report_map_refine(const char *bundle, struct map_point *points, size_t most);

/* What the bundle's decision map measured nearest to so many tasks that wait for that share of their time, on so many
 * cores: the cells that lead and the next behind them. 1; 0, and nothing is printed, where it has no such map; errors
 * as report_summary(). json instead of out: the same for programs, owned by the caller. */
int report_map_near(const char *bundle, double tasks, double share, unsigned cores, FILE *out, json_t **json);

struct report_options {
	bool terminal; /* draw as text, as wide as the terminal; no image is written */
	FILE *out;     /* where text goes; NULL: standard output */
	const char
		*figure; /* only the figure of that name, one that report_check_figure() accepts; NULL: all of them */
};

/* 0, or -EINVAL with the names of all figures in reason (size bytes) if there is none of that name. */
int report_check_figure(const char *name, char *reason, size_t size);

/* Writes each figure's data to BUNDLE/plots/NAME.tsv and has gnuplot draw NAME.svg and NAME.png beside it.
 * scripts_directory: where NAME.gp and style.gp are; options may be NULL for none.
 * -ENOENT: no bundle or no gnuplot; -EIO: gnuplot failed, and what it said is printed; -ENODATA: the one figure that
 * was asked for on a terminal has nothing to show, and why is printed; other errors: what writing met (-ENOSPC, -EACCES
 * ...). */
int report_plot(const char *bundle, const char *scripts_directory, const struct report_options *options);

/* Writes one self-contained HTML file, `out`, from the bundles (at most 16): the answer, the figures, the sources, the
 * machine, the method and every number. The same bundles give the same bytes. Errors as report_summary(); -E2BIG: too
 * many bundles; what writing met. An older file at `out` is replaced when the new one is whole, and stays on error. */
int report_page(const char *const *bundles, size_t count, const char *out);

#endif
