/* scaling.c: the figures of a sweep: throughput and efficiency over cores, throughput over tasks a core.
 *
 * A panel a workload and placement. The ideal of throughput is the fastest runtime on the fewest cores, as many times
 * as there are cores; efficiency holds each runtime against itself there. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "figure.h"
#include "fits.h"
#include "sweep.h"
#include "text.h"

enum { SCALING_PANELS_MAX = 9, COLUMNS_MAX = 3, FEW_CORES = 8, MARKS_MOST = 12 };

/* A unit of rates. */
struct rate_unit {
	const char *prefix;
	double divide;
};

static struct rate_unit rate_unit_for(double greatest)
{
	if (greatest >= 2e6)
		return (struct rate_unit){"million ", 1e6};
	if (greatest >= 2e3)
		return (struct rate_unit){"thousand ", 1e3};
	return (struct rate_unit){"", 1};
}

static double greatest_rate(const struct sweep_panel *panel)
{
	double greatest = 0;

	for (size_t i = 0; i < panel->count; i++)
		greatest = fmax(greatest, rung_rate(&panel->rungs[i]).median);
	return greatest;
}

static bool has_result(const struct sweep_panel *panel)
{
	return greatest_rate(panel) > 0;
}

/* What the panel is of: "chess, strong scaling, placement scatter". */
static void write_title(const struct sweep_panel *panel, char *text, size_t size)
{
	if (panel->cores > 0)
		snprintf(text, size, "%s on %u core%s", panel->workload, panel->cores, panel->cores == 1 ? "" : "s");
	else
		snprintf(text, size, "%s, %s scaling, %s", panel->workload, panel->law, panel->placement);
}

static void add_point(struct figure *figure, struct series *series, const struct rung_cell *rung,
		      const struct summary *summary, double divide)
{
	figure_count(figure, rung->cell, summary, &summary->interval);
	figure_point(figure, series,
		     &(struct point){.x = rung->at,
				     .y = summary->median / divide,
				     .low = summary->interval.low / divide,
				     .high = summary->interval.high / divide,
				     .mean = summary->mean / divide,
				     .n = summary->n,
				     .slot = rung->cell->slot});
}

static void add_reference(struct figure *figure, struct series *series, double x, double y)
{
	figure_point(
		figure, series,
		&(struct point){.x = x, .y = y, .low = NAN, .high = NAN, .mean = NAN, .slot = BUNDLE_RUNTIMES_MAX});
}

/* ---- Boundaries ---- */

static double span_of(const struct rung_cell *rung, const char *key)
{
	return json_measure(json_object_get(rung->cell->sweep, "span"), key);
}

static bool has_siblings(const struct rung_cell *rung)
{
	return span_of(rung, "cores") < rung->cores;
}

/* What begins beyond the smaller of two neighbours on the axis; NULL: nothing. */
static const char *boundary(const struct rung_cell *smaller, const struct rung_cell *greater)
{
	if (greater->oversubscribed && !smaller->oversubscribed)
		return "more workers than cores";
	if (has_siblings(greater) && !has_siblings(smaller))
		return "SMT siblings share cores";
	if (span_of(greater, "kinds") > span_of(smaller, "kinds"))
		return "another kind of core";
	if (span_of(greater, "packages") > span_of(smaller, "packages"))
		return "another package";
	if (span_of(greater, "nodes") > span_of(smaller, "nodes"))
		return "another memory (NUMA node)";
	return NULL;
}

/* Any curve that has all counts: of runtimes with workers, where they were asked for. */
static const struct rung_cell *longest_curve(const struct figure *figure, const struct sweep_panel *panel,
					     size_t *count)
{
	const struct rung_cell *longest = NULL;
	size_t rungs;

	*count = 0;
	for (unsigned slot = 0; slot < figure->bundle->runtime_count; slot++) {
		const struct rung_cell *curve = sweep_curve(panel, slot, &rungs);

		if (rungs > *count)
			longest = curve, *count = rungs;
	}
	return longest;
}

/* A note that several panels would say is said once. */
static void note_once(struct figure *figure, const char *text)
{
	for (size_t i = 0; i < figure->note_count; i++)
		if (strcmp(figure->notes[i], text) == 0)
			return;
	figure_note(figure, "%s", text);
}

static void draw_boundaries(struct figure *figure, const struct sweep_panel *panel, double low, double high)
{
	size_t count;
	const struct rung_cell *curve = longest_curve(figure, panel, &count);
	char places[400] = "", note[520];

	for (size_t i = 1; i < count; i++) {
		const char *begins = boundary(&curve[i - 1], &curve[i]);
		struct series *series = begins ? figure_series(figure, SERIES_OTHER, begins) : NULL;
		size_t used = strlen(places);

		if (!series)
			continue;
		add_reference(figure, series, curve[i - 1].at, low);
		add_reference(figure, series, curve[i - 1].at, high);
		snprintf(places + used, sizeof(places) - used, "%s beyond %.0f %s", *places ? "," : "", curve[i - 1].at,
			 begins);
	}
	snprintf(note, sizeof(note), "%s, %s:%s; no law of scaling holds across such a line.",
		 figure_line(figure, SERIES_OTHER), panel->placement, places);
	if (*places)
		note_once(figure, note);
}

/* ---- Over cores ---- */

static double greatest_at(const struct sweep_panel *panel)
{
	double greatest = 0;

	for (size_t i = 0; i < panel->count; i++)
		greatest = fmax(greatest, panel->rungs[i].at);
	return greatest;
}

/* Few cores stand at even distances, where the ideal is a straight line from nothing; many on a logarithmic axis.
 * counts: how many places there are. */
static void set_core_axis(struct panel *panel, const struct sweep_panel *sweep, size_t counts)
{
	const struct rung_cell *over = NULL;
	char beyond[80] = "";

	for (size_t i = 0; i < sweep->count && !over; i++)
		over = sweep->rungs[i].oversubscribed ? &sweep->rungs[i] : NULL;
	if (over)
		snprintf(beyond, sizeof(beyond), "; beyond %.0f: workers on all of them", over->cores);
	panel->x.log = greatest_at(sweep) > FEW_CORES;
	panel->x.tics_at_points = counts <= MARKS_MOST;
	if (!panel->x.log)
		panel->x.low = 0;
	snprintf(panel->x.label, sizeof(panel->x.label), "cores%s%s", beyond, panel->x.log ? " (log)" : "");
}

/* The fastest on the fewest cores that anybody has a result on. */
static const struct rung_cell *ideal_base(const struct sweep_panel *panel)
{
	const struct rung_cell *best = NULL;

	for (size_t i = 0; i < panel->count; i++) {
		const struct rung_cell *rung = &panel->rungs[i];
		double rate = rung_rate(rung).median;

		if (rung->oversubscribed || rung_rate(rung).n == 0)
			continue;
		if (!best || rung->cores < best->cores || (rung->cores == best->cores && rate > rung_rate(best).median))
			best = rung;
	}
	return best;
}

static void draw_ideal(struct figure *figure, const struct sweep_panel *panel, double divide)
{
	const struct rung_cell *base = ideal_base(panel), *curve;
	struct series *series = figure_series(figure, SERIES_BOUND, "ideal");
	char time[NUMBER_TEXT_MAX], title[240];
	size_t count;

	curve = longest_curve(figure, panel, &count);
	for (size_t i = 0; base && i < count; i++)
		add_reference(figure, series, curve[i].at,
			      rung_rate(base).median / base->cores * curve[i].cores / divide);
	write_title(panel, title, sizeof(title));
	if (base)
		figure_note(figure, "%s, %s: %s on %.0f core%s (%s a play), as many times as there are cores.",
			    figure_line(figure, SERIES_BOUND), title, base->cell->runtime, base->cores,
			    base->cores == 1 ? "" : "s",
			    format_time(time, cell_summary(base->cell, MEASURE_WALL_NS).median));
}

/* Whether the rung has a mark: all of few; of many the first, the last, and one a step on a logarithmic axis between.
 */
static bool is_marked(const struct rung_cell *curve, size_t count, size_t i)
{
	double step = log(curve[count - 1].at / curve[0].at) / MARKS_MOST;

	return count <= MARKS_MOST || i == 0 || i == count - 1 ||
	       floor(log(curve[i].at / curve[0].at) / step) > floor(log(curve[i - 1].at / curve[0].at) / step);
}

/* Marks with their intervals, joined by a line unless the panel has lines of its own. */
static void draw_rates(struct figure *figure, const struct sweep_panel *panel, double divide)
{
	for (unsigned slot = 0; slot < figure->bundle->runtime_count; slot++) {
		struct series *series = NULL;
		size_t count;
		const struct rung_cell *curve = sweep_curve(panel, slot, &count);

		for (size_t i = 0; i < count; i++) {
			struct summary rate = rung_rate(&curve[i]);

			if (rate.n == 0 || !is_marked(curve, count, i))
				continue;
			if (!series)
				series = figure_series(figure, SERIES_RUNTIME, figure->bundle->runtimes[slot]);
			add_point(figure, series, &curve[i], &rate, divide);
		}
	}
}

/* ---- The law's curves ---- */

/* The law as far as it was fitted, and beyond that, or where nothing was, what was measured. */
static void draw_line(struct figure *figure, const struct sweep_panel *panel, unsigned slot,
		      const struct scaling_fit *fit, double divide)
{
	struct series *series = figure_series(figure, SERIES_FORECAST, figure->bundle->runtimes[slot]);
	size_t count;
	const struct rung_cell *curve = sweep_curve(panel, slot, &count);

	for (size_t i = 0; i < count; i++) {
		struct coefficient rate = {.value = rung_rate(&curve[i]).median, .low = NAN, .high = NAN};

		if (fit->fitted && !curve[i].oversubscribed && curve[i].cores <= fit->most_cores)
			rate = scaling_predict(fit, curve[i].cores, NULL);
		if (rate.value > 0)
			figure_point(figure, series,
				     &(struct point){.x = curve[i].at,
						     .y = rate.value / divide,
						     .low = rate.low / divide,
						     .high = rate.high / divide,
						     .mean = NAN,
						     .slot = slot});
	}
}

/* Amdahl's law over the counts that it was fitted to. */
static void draw_amdahl(struct figure *figure, const struct sweep_panel *panel, unsigned slot,
			const struct scaling_fit *fit, double divide)
{
	struct series *series = figure_series(figure, SERIES_LAW, figure->bundle->runtimes[slot]);
	size_t count;
	const struct rung_cell *curve = sweep_curve(panel, slot, &count);

	for (size_t i = 0; i < count; i++)
		if (!curve[i].oversubscribed && curve[i].cores <= fit->most_cores)
			figure_point(figure, series,
				     &(struct point){.x = curve[i].at,
						     .y = scaling_predict(fit, curve[i].cores, NULL).value / divide,
						     .low = NAN,
						     .high = NAN,
						     .mean = NAN,
						     .slot = slot});
}

/* Of work that stays the same. 0 or -ENOMEM. */
static int draw_amdahls(struct figure *figure, const struct sweep_panel *panel, double divide)
{
	int error = 0;
	size_t count;

	for (unsigned slot = 0; slot < figure->bundle->runtime_count && !error; slot++) {
		struct scaling_fit fit;

		if (strcmp(panel->law, "strong") != 0 || !sweep_curve(panel, slot, &count))
			continue;
		error = sweep_fit(panel, slot, FIT_AMDAHL, &fit);
		if (!error && fit.fitted)
			draw_amdahl(figure, panel, slot, &fit, divide);
		if (!error)
			scaling_fit_clear(&fit);
	}
	return error;
}

/* A line at the peak's height, as long as the interval of N*. */
static void draw_peak(struct figure *figure, const struct scaling_fit *fit, double most_cores, double divide)
{
	double height = scaling_predict(fit, fit->peak.value, NULL).value / divide;
	struct series *series = figure_series(figure, SERIES_OTHER, "peak");

	add_reference(figure, series, fit->peak.low, height);
	add_reference(figure, series, fmin(fit->peak.high, most_cores), height);
}

/* "coroutine sigma 0.0123 (0.0100..0.0150), kappa 0.00012 (0.00010..0.00014), N* 90 (80..101)" */
static void write_fit(FILE *text, const char *runtime, const struct scaling_fit *fit)
{
	fprintf(text, "; %s %.2g (%.2g..%.2g), %.2g (%.2g..%.2g), ", runtime, fit->sigma.value, fit->sigma.low,
		fit->sigma.high, fit->kappa.value, fit->kappa.low, fit->kappa.high);
	if (fit->has_peak)
		fprintf(text, "N* %.0f (%.0f..%.0f)", fit->peak.value, fit->peak.low, fit->peak.high);
	else
		fputs("no peak", text);
}

static void note_fits(struct figure *figure, const struct sweep_panel *panel, const char *fits, const char *refused)
{
	char title[240];

	write_title(panel, title, sizeof(title));
	if (*fits)
		figure_note(
			figure,
			"%s, %s: the universal scalability law, with its 95 %% interval (bootstrap)%s. %s across: N*, "
			"the peak, with its interval. sigma (contention), kappa (coherency): %s.",
			figure_line(figure, SERIES_FORECAST), title,
			strcmp(panel->law, "strong") == 0 && !figure->terminal
				? "; dash-dotted: Amdahl's law, with kappa 0"
				: "",
			figure_line(figure, SERIES_OTHER), fits + 2);
	else if (*refused)
		figure_note(figure, "No law is fitted to %s: %s", title, refused);
}

/* The universal scalability law of each runtime, where it can be fitted, or where marks are too many to be joined. */
static int draw_laws(struct figure *figure, const struct sweep_panel *panel, double divide)
{
	unsigned runtimes = figure->bundle->runtime_count;
	struct scaling_fit *fits = calloc(runtimes + 1, sizeof(*fits));
	char *notes = NULL, refused[sizeof(fits->refused)] = "";
	bool lines = false;
	size_t size, count;
	FILE *text = open_memstream(&notes, &size);
	int error = fits && text ? 0 : -ENOMEM;

	for (unsigned slot = 0; slot < runtimes && !error; slot++) {
		if (!sweep_curve(panel, slot, &count))
			continue;
		error = sweep_fit(panel, slot, FIT_USL, &fits[slot]);
		lines |= fits[slot].fitted || count > MARKS_MOST;
		if (!*refused)
			memcpy(refused, fits[slot].refused, sizeof(refused));
	}
	for (unsigned slot = 0; slot < runtimes && !error && lines; slot++) {
		if (!sweep_curve(panel, slot, &count))
			continue;
		draw_line(figure, panel, slot, &fits[slot], divide);
		if (fits[slot].fitted)
			write_fit(text, figure->bundle->runtimes[slot], &fits[slot]);
		if (fits[slot].has_peak)
			draw_peak(figure, &fits[slot], greatest_at(panel), divide);
	}
	if (text)
		fclose(text);
	if (!error && lines)
		error = draw_amdahls(figure, panel, divide);
	if (!error)
		note_fits(figure, panel, notes ? notes : "", refused);
	for (unsigned slot = 0; fits && slot < runtimes; slot++)
		scaling_fit_clear(&fits[slot]);
	free(fits);
	free(notes);
	return error;
}

static void panel_cores(struct figure *figure, const struct sweep_panel *sweep)
{
	struct panel *panel = figure_panel(figure);
	struct rate_unit unit = rate_unit_for(greatest_rate(sweep));
	const struct rung_cell *base = ideal_base(sweep);
	double most = greatest_rate(sweep) / unit.divide, least = most;
	size_t counts;

	longest_curve(figure, sweep, &counts);
	write_title(sweep, panel->title, sizeof(panel->title));
	set_core_axis(panel, sweep, counts);
	panel->y.log = panel->x.log;
	snprintf(panel->y.label, sizeof(panel->y.label), "%s%ss/s%s", unit.prefix, sweep->operation,
		 panel->y.log ? " (log)" : "");
	if (!panel->y.log)
		panel->y.low = 0;
	for (size_t i = 0; i < sweep->count; i++)
		if (rung_rate(&sweep->rungs[i]).n > 0)
			least = fmin(least, rung_rate(&sweep->rungs[i]).median / unit.divide);
	if (base)
		most = fmax(most, rung_rate(base).median / unit.divide);
	draw_ideal(figure, sweep, unit.divide);
	if (draw_laws(figure, sweep, unit.divide) < 0)
		figure->error = -ENOMEM;
	draw_rates(figure, sweep, unit.divide);
	draw_boundaries(figure, sweep, panel->y.log ? least : 0, most);
}

/* A runtime's marks, or the line of a panel that has too many places for a mark at each. Returns the greatest. */
static double draw_efficiency(struct figure *figure, const struct sweep_panel *sweep, unsigned slot,
			      enum series_style style)
{
	size_t count;
	const struct rung_cell *curve = sweep_curve(sweep, slot, &count), *base = sweep_base(curve, count);
	struct series *series = NULL;
	double most = 0;

	for (size_t i = 0; base && i < count; i++) {
		struct summary efficiency = rung_efficiency(&curve[i], base);

		if (efficiency.n == 0 || (style == SERIES_RUNTIME && !is_marked(curve, count, i)))
			continue;
		if (style == SERIES_FORECAST)
			efficiency.interval.low = efficiency.interval.high = NAN;
		if (!series)
			series = figure_series(figure, style, figure->bundle->runtimes[slot]);
		add_point(figure, series, &curve[i], &efficiency, 1);
		most = fmax(most, efficiency.median);
	}
	return most;
}

static void panel_efficiency(struct figure *figure, const struct sweep_panel *sweep)
{
	struct panel *panel = figure_panel(figure);
	struct series *ideal = figure_series(figure, SERIES_BOUND, "ideal");
	const struct rung_cell *all;
	double most = 1;
	size_t rungs;

	all = longest_curve(figure, sweep, &rungs);
	write_title(sweep, panel->title, sizeof(panel->title));
	set_core_axis(panel, sweep, rungs);
	snprintf(panel->y.label, sizeof(panel->y.label), "throughput a core / that on the fewest cores");
	panel->y.low = 0;
	for (size_t i = 0; i < rungs; i++)
		add_reference(figure, ideal, all[i].at, 1);
	for (unsigned slot = 0; slot < figure->bundle->runtime_count; slot++) {
		if (rungs > MARKS_MOST)
			draw_efficiency(figure, sweep, slot, SERIES_FORECAST);
		most = fmax(most, draw_efficiency(figure, sweep, slot, SERIES_RUNTIME));
	}
	draw_boundaries(figure, sweep, 0, most);
}

/* "async 152 ms, callback 153 ms": the times that the efficiencies' bases stand for. */
static void note_bases(struct figure *figure, const struct sweep_panel *panel)
{
	char *list = NULL, time[NUMBER_TEXT_MAX], title[240];
	size_t size, count;
	FILE *text = open_memstream(&list, &size);

	for (unsigned slot = 0; text && slot < figure->bundle->runtime_count; slot++) {
		const struct rung_cell *curve = sweep_curve(panel, slot, &count), *base = sweep_base(curve, count);

		if (!base)
			continue;
		fprintf(text, ", %s %s", base->cell->runtime,
			format_time(time, cell_summary(base->cell, MEASURE_WALL_NS).median));
		if (base->cores != 1)
			fprintf(text, " on %.0f cores", base->cores);
	}
	if (text)
		fclose(text);
	write_title(panel, title, sizeof(title));
	if (list && *list)
		figure_note(figure, "1 is, %s: %s.", title, list + 2);
	free(list);
}

/* ---- Notes ---- */

static void note_busy_loads(struct figure *figure, const struct sweeps *sweeps)
{
	char list[600] = "";

	for (size_t p = 0; p < sweeps->count; p++)
		for (size_t i = 0; i < sweeps->panels[p].count; i++) {
			const struct rung_cell *rung = &sweeps->panels[p].rungs[i];
			size_t used = strlen(list);

			if (rung_load_share(rung) > LOAD_SHARE_MOST && used < sizeof(list) - 80)
				snprintf(list + used, sizeof(list) - used, "%s%.40s at %.0f", used ? ", " : "",
					 rung->cell->runtime, rung->at);
		}
	if (*list)
		figure_note(figure,
			    "The client used over 95 %% of its own cores, so that it may be what is measured: %s.",
			    list);
}

static void note_refusals(struct figure *figure, const struct sweep_panel *panel)
{
	for (size_t i = 0; i < panel->count; i++) {
		const struct rung_cell *rung = &panel->rungs[i];
		char reason[400], others[60] = "";
		size_t same = 0;
		bool told = false;

		if (rung->cell->count[STATUS_OK] > 0)
			continue;
		cell_reason(figure->bundle, rung->cell, reason, sizeof(reason));
		for (size_t j = 0; j < panel->count; j++) {
			char other[400];

			if (panel->rungs[j].cell->count[STATUS_OK] > 0)
				continue;
			cell_reason(figure->bundle, panel->rungs[j].cell, other, sizeof(other));
			same += strcmp(other, reason) == 0;
			told |= j < i && strcmp(other, reason) == 0;
		}
		if (told)
			continue;
		if (same > 1)
			snprintf(others, sizeof(others), " and %zu other cell%s", same - 1, same > 2 ? "s" : "");
		figure_note(figure, "Not drawn: %s of %s at %.0f%s: %s", panel->workload, rung->cell->runtime, rung->at,
			    others, reason);
	}
}

static void set_grid(struct figure *figure, size_t panels)
{
	figure->columns = panels < COLUMNS_MAX ? (unsigned)panels : COLUMNS_MAX;
	figure->rows = (unsigned)((panels + COLUMNS_MAX - 1) / COLUMNS_MAX);
}

/* Draws each panel that has a result; more than fit are named. */
static size_t draw_panels(struct figure *figure, const struct sweeps *sweeps,
			  void (*panel)(struct figure *, const struct sweep_panel *))
{
	size_t drawn = 0, left_out = 0;

	for (size_t i = 0; i < sweeps->count; i++) {
		if (!has_result(&sweeps->panels[i]))
			continue;
		if (drawn == SCALING_PANELS_MAX) {
			left_out++;
			continue;
		}
		panel(figure, &sweeps->panels[i]);
		drawn++;
	}
	if (left_out > 0)
		figure_note(figure, "Not drawn here, but in the records: %zu more sweep%s.", left_out,
			    left_out == 1 ? "" : "s");
	if (drawn > 0)
		set_grid(figure, drawn);
	return drawn;
}

static void over_cores(struct figure *figure, bool efficiency)
{
	struct sweeps sweeps;

	if (sweeps_make(figure->bundle, false, &sweeps) < 0) {
		figure->error = -ENOMEM;
		return;
	}
	draw_panels(figure, &sweeps, efficiency ? panel_efficiency : panel_cores);
	for (size_t i = 0; i < sweeps.count; i++) {
		if (efficiency && has_result(&sweeps.panels[i]))
			note_bases(figure, &sweeps.panels[i]);
		if (!efficiency)
			note_refusals(figure, &sweeps.panels[i]);
	}
	note_busy_loads(figure, &sweeps);
	sweeps_clear(&sweeps);
}

void cores_figure(struct figure *figure, const struct groups *groups)
{
	(void)groups;
	figure_title(figure, "How much more is done when there are more cores?");
	over_cores(figure, false);
}

void efficiency_figure(struct figure *figure, const struct groups *groups)
{
	(void)groups;
	figure_title(figure, "How well is each core used when there are more of them?");
	over_cores(figure, true);
}

/* ---- Over tasks a core ---- */

static double bound_rate(const struct rung_cell *rung)
{
	return rung->operations * 1e9 / rung->cell->bound_ns;
}

static void draw_bound(struct figure *figure, const struct sweep_panel *panel, double divide)
{
	size_t count;
	const struct rung_cell *curve = longest_curve(figure, panel, &count);
	struct series *series = figure_series(figure, SERIES_BOUND, "bound");

	for (size_t i = 0; i < count; i++)
		if (!isnan(bound_rate(&curve[i])))
			add_reference(figure, series, curve[i].at, bound_rate(&curve[i]) / divide);
}

/* The first rung at which a curve broke, or NULL. */
static const struct rung_cell *first_broken(const struct rung_cell *curve, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (rung_broke(&curve[i]))
			return &curve[i];
	return NULL;
}

static void mark_break(struct figure *figure, const struct sweep_panel *panel, unsigned slot)
{
	size_t count;
	const struct rung_cell *curve = sweep_curve(panel, slot, &count), *broken = first_broken(curve, count);
	struct series *series = broken ? figure_series(figure, SERIES_FAILED, figure->bundle->runtimes[slot]) : NULL;
	char reason[400];

	if (!broken)
		return;
	figure_point(figure, series,
		     &(struct point){.x = broken->at, .y = NAN, .low = NAN, .high = NAN, .mean = NAN, .slot = slot});
	cell_reason(figure->bundle, broken->cell, reason, sizeof(reason));
	figure_note(figure, "%s × breaks at %.0f a core (%s): %s", figure->bundle->runtimes[slot], broken->at,
		    panel->workload, reason);
}

static void panel_concurrency(struct figure *figure, const struct sweep_panel *sweep)
{
	struct panel *panel = figure_panel(figure);
	struct rate_unit unit = rate_unit_for(greatest_rate(sweep));

	write_title(sweep, panel->title, sizeof(panel->title));
	panel->x.log = panel->y.log = panel->x.tics_at_points = true;
	snprintf(panel->x.label, sizeof(panel->x.label), "tasks a core (log)");
	snprintf(panel->y.label, sizeof(panel->y.label), "%s%ss/s (log)", unit.prefix, sweep->operation);
	draw_bound(figure, sweep, unit.divide);
	draw_rates(figure, sweep, unit.divide);
	for (unsigned slot = 0; slot < figure->bundle->runtime_count; slot++)
		mark_break(figure, sweep, slot);
}

void concurrency_figure(struct figure *figure, const struct groups *groups)
{
	struct sweeps sweeps;

	(void)groups;
	figure_title(figure, "How many tasks at once, and what is still done then?");
	if (sweeps_make(figure->bundle, true, &sweeps) < 0) {
		figure->error = -ENOMEM;
		return;
	}
	if (draw_panels(figure, &sweeps, panel_concurrency) > 0)
		figure_note(figure,
			    "%s: the bound. A cross at the axis is where a runtime could not go on: "
			    "the machine refused more tasks, or the play failed. Beyond it nothing is tried.",
			    figure_line(figure, SERIES_BOUND));
	note_busy_loads(figure, &sweeps);
	sweeps_clear(&sweeps);
}
