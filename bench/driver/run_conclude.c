/* run_conclude.c: how a run ends: the table, what failed, what was refused and why, the plots, the exit code. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../report/report.h"
#include "driver.h"
#include "run.h"
#include "run_archive.h"
#include "scripts.h"

static const char *last_failure(const struct run *run, size_t index, unsigned *failures)
{
	const char *reason = NULL;

	*failures = 0;
	for (unsigned repetition = 0; repetition < run->repetitions; repetition++) {
		const struct trial *trial = schedule_trial(&run->schedule, index, repetition);

		if (trial->status != TRIAL_FAILED)
			continue;
		reason = trial->reason;
		++*failures;
	}
	return reason;
}

static const char *player_refusal(const struct run *run, size_t index)
{
	for (unsigned repetition = 0; repetition < run->repetitions; repetition++) {
		const struct trial *trial = schedule_trial(&run->schedule, index, repetition);

		if (trial->status == TRIAL_REFUSED)
			return trial->reason;
	}
	return NULL;
}

/* Returns how many cells have failed. */
static size_t print_failed(const struct run *run, FILE *out)
{
	size_t failed = 0;
	unsigned failures;

	for (size_t i = 0; i < run->schedule.cells; i++) {
		const char *reason = last_failure(run, i, &failures);

		if (!reason)
			continue;
		fprintf(out, "%s  %s: %s%s\n", failed++ ? "" : "\nFailed:\n", run->plan.cells[run->playable[i]].name,
			reason, schedule_gave_up(&run->schedule, i) ? " (given up after two failures)" : "");
	}
	return failed;
}

/* One line a reason, with how many cells it is for and the first of them. */
static void print_reason(const struct plan *plan, size_t first, FILE *out)
{
	size_t cells = 0;

	for (size_t i = 0; i < first; i++)
		if (strcmp(plan->cells[i].refused, plan->cells[first].refused) == 0)
			return;
	for (size_t i = first; i < plan->count; i++)
		cells += strcmp(plan->cells[i].refused, plan->cells[first].refused) == 0;
	fprintf(out, "  %s", plan->cells[first].name);
	if (cells > 1)
		fprintf(out, " and %zu more", cells - 1);
	fprintf(out, ": %s\n", plan->cells[first].refused);
}

/* Whether a table stands above that has said why cells of the workload are not played. */
static bool is_told(const struct workload_spec *spec, bool tabled)
{
	return tabled && report_tells_all(spec->name);
}

static void print_reasons(const struct run *run, bool tabled, FILE *out)
{
	const struct plan *plan = &run->plan;

	for (size_t i = 0; i < plan->count; i++)
		if (plan->cells[i].refused[0] && !is_told(plan->cells[i].spec, tabled))
			print_reason(plan, i, out);
	for (size_t i = 0; i < run->schedule.cells; i++) {
		const struct cell *cell = &plan->cells[run->playable[i]];
		const char *reason = player_refusal(run, i);

		if (reason && !is_told(cell->spec, tabled))
			fprintf(out, "  %s: refused by its player: %s\n", cell->name, reason);
	}
}

static void print_refused(const struct run *run, bool tabled, FILE *out)
{
	const struct plan *plan = &run->plan;
	char *reasons = NULL;
	size_t size;
	FILE *text = open_memstream(&reasons, &size);

	if (!text)
		return;
	print_reasons(run, tabled, text);
	fclose(text);
	if (plan->count > plan->playable)
		fprintf(out, "\n%zu of %zu cells are not played%s\n", plan->count - plan->playable, plan->count,
			!tabled               ? ":"
			: reasons && *reasons ? "; the reasons that the tables do not give:"
					      : "; the tables say why.");
	fputs(reasons ? reasons : "", out);
	free(reasons);
}

/* Makes a text from the bundle, keeps it as a file of that name, and prints it where out is not NULL. */
static int keep_text(const struct run *run, int (*make)(const char *bundle, FILE *out), const char *name, FILE *out)
{
	char *text = NULL;
	size_t bytes = 0;
	FILE *stream = open_memstream(&text, &bytes);
	int error = stream ? make(run->ledger.path, stream) : -ENOMEM;

	if (stream)
		fclose(stream);
	if (error == 0 && out)
		fwrite(text, 1, bytes, out);
	if (error == 0)
		error = ledger_write(&run->ledger, name, text, bytes);
	free(text);
	return error;
}

static int explain_stop(const struct run *run)
{
	const char *folder = run_archived(run) ? "FOLDER, once the archive is extracted" : run->ledger.path;

	if (run->table.error < 0) {
		say("the run stops here; when there is room again, continue it by: simul run --resume %s", folder);
		return DRIVER_NOTHING_DONE;
	}
	say("interrupted; what is finished is kept; continue by: simul run --resume %s", folder);
	return DRIVER_INTERRUPTED;
}

static void draw_plots(const struct run *run, FILE *out)
{
	const struct report_options as_text = {.terminal = true, .out = out};

	if (run->options.terminal)
		scripts_plot(run->ledger.path, &as_text); /* it says itself why it cannot */
	if (run->options.no_plots)
		return;
	if (scripts_plot(run->ledger.path, NULL) < 0)
		say("the plots are not drawn; when that is mended: simul plot %s",
		    run_archived(run) ? "FOLDER" : run->ledger.path);
	else if (!run_archived(run))
		fprintf(out, "Plots:  %s/plots\n", run->ledger.path);
}

int run_conclude(struct run *run)
{
	/* Standard output may be Google Benchmark's: then it must stay one document. */
	FILE *out = run->options.wants_benchmark_output ? stderr : stdout;
	size_t failed;
	int error;

	if (run->schedule.stopped)
		return explain_stop(run);
	error = keep_text(run, report_summary, "summary.txt", out);
	if (error == 0)
		error = keep_text(run, report_runtimes, "runtimes.txt", NULL);
	failed = print_failed(run, out);
	print_refused(run, error == 0, out);
	if (!run_archived(run))
		fprintf(out, "\nBundle: %s\n", run->ledger.path);
	fflush(out);
	draw_plots(run, out);
	if (error < 0 || run->benchmark_lost)
		return DRIVER_NOTHING_DONE;
	return failed > 0 ? DRIVER_CELL_FAILED : DRIVER_OK;
}

int run_explain_nothing(const struct run *run)
{
	if (run->players.count == 0)
		say("there is no player: no program simul-NAME in this installation's libexec folder or on PATH");
	else if (run->plan.count == 0 && getenv("BENCHMARK_FILTER"))
		say("there is nothing to play: no cell matches; the environment has BENCHMARK_FILTER=%.100s",
		    getenv("BENCHMARK_FILTER"));
	else if (run->plan.count == 0)
		say("there is nothing to play: no cell matches; see simul run --benchmark_list_tests");
	else
		say("there is nothing to play: every cell is refused");
	print_refused(run, false, stderr);
	return DRIVER_NOTHING_DONE;
}
