/* fits.c: see fits.h. */
#include "fits.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"

/* A curve's points, with room for the rates of all its invocations. */
struct curve_points {
	struct scaling_point points[SCALING_POINTS_MAX];
	size_t count;
	double *rates; /* owned */
};

static double span_of(const struct rung_cell *rung, const char *key)
{
	return json_measure(json_object_get(rung->cell->sweep, "span"), key);
}

/* Whether something other than the number of like cores changed since the first rung. */
static bool is_beyond(const struct rung_cell *first, const struct rung_cell *rung)
{
	static const char *const keys[] = {"packages", "nodes", "kinds"};
	bool beyond = rung->oversubscribed || span_of(rung, "cores") < rung->cores;

	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++)
		beyond |= span_of(rung, keys[i]) > span_of(first, keys[i]);
	return beyond;
}

/* Rates of the rung into room; how many. */
static size_t rates_of(const struct rung_cell *rung, double *room)
{
	size_t n = isnan(rung->operations) ? 0 : cell_values(rung->cell, MEASURE_WALL_NS, room);

	for (size_t i = 0; i < n; i++)
		room[i] = rung->operations * 1e9 / room[i];
	return n;
}

static int points_make(const struct rung_cell *curve, size_t count, struct curve_points *made)
{
	size_t invocations = 0, used = 0;

	for (size_t i = 0; i < count; i++)
		invocations += curve[i].cell->invocation_count;
	*made = (struct curve_points){.rates = calloc(invocations + 1, sizeof(double))};
	if (!made->rates)
		return -ENOMEM;
	for (size_t i = 0; i < count && made->count < SCALING_POINTS_MAX; i++) {
		size_t n = rates_of(&curve[i], made->rates + used);

		if (n == 0)
			continue;
		made->points[made->count++] = (struct scaling_point){
			.cores = curve[i].at,
			.rates = made->rates + used,
			.n = n,
			.beyond = is_beyond(&curve[0], &curve[i]),
		};
		used += n;
	}
	return 0;
}

enum { SEED = 1 };

int sweep_fit(const struct sweep_panel *panel, unsigned slot, enum scaling_law_fitted law, struct scaling_fit *fit)
{
	struct curve_points made;
	size_t count;
	const struct rung_cell *curve = sweep_curve(panel, slot, &count);
	int error = points_make(curve, count, &made);

	if (!error)
		error = scaling_fit_make(made.points, made.count, law, SEED, fit);
	free(made.rates);
	return error;
}

/* --- as text -------------------------------------------------------------------------------------------------- */

enum { NAME_WIDTH = 20, TEXT_WIDTH = 58 };

struct row {
	FILE *out;
	const char *name; /* NULL once it has been printed */
};

static void row_line(void *context, const char *text)
{
	struct row *row = context;
	char name[96];

	fputs("  ", row->out);
	text_pad(row->out, row->name ? text_cut(name, sizeof(name), row->name, NAME_WIDTH - 2) : "", NAME_WIDTH);
	fprintf(row->out, "%s\n", text);
	row->name = NULL;
}

static void row_print(struct row *row, const char *text)
{
	text_wrap(text, TEXT_WIDTH, row_line, row);
}

/* More points than these are thinned out, the greatest kept: who has 128 counts reads the figure. */
enum { FRACTIONS_MAX = 12 };

/* Karp and Flatt's fraction at each point of strong scaling, and of any where more cores gave more than their number,
 * however few points there are. */
static void print_serial_fractions(const struct curve_points *made, bool strong, struct row *row)
{
	const struct scaling_point *one = NULL, *most = NULL;
	char text[2000];
	size_t used = 0;
	double last = 1;

	for (size_t i = 0; i < made->count; i++) {
		const struct scaling_point *point = &made->points[i];

		one = point->cores == 1 ? point : one;
		most = !point->beyond && (!most || point->cores > most->cores) ? point : most;
	}
	for (size_t i = 0; i < made->count && one && used + 120 < sizeof(text); i++) {
		const struct scaling_point *point = &made->points[i];
		struct coefficient fraction = {.value = NAN};

		if (!point->beyond && point->cores > 1)
			fraction = karp_flatt(one, point, SEED);
		bool superlinear = fraction.high < 0;
		bool thinned = made->count > FRACTIONS_MAX && point != most && point->cores < 1.5 * last;

		if (isnan(fraction.value) || (!superlinear && (thinned || !strong)))
			continue;
		last = thinned ? last : point->cores;
		used += (size_t)snprintf(text + used, sizeof(text) - used, "%son %.0f cores %.3f (%.3f..%.3f)%s",
					 used ? ", " : "serial fraction (Karp-Flatt): ", point->cores, fraction.value,
					 fraction.low, fraction.high, superlinear ? " superlinear" : "");
	}
	if (used > 0)
		row_print(row, text);
}

static void print_fit(const struct scaling_fit *fit, struct row *row)
{
	char text[400];
	int used = snprintf(text, sizeof(text), "%s over %.0f to %.0f cores: sigma %.4f (%.4f..%.4f)",
			    fit->law == FIT_USL ? "USL" : "Amdahl", fit->least_cores, fit->most_cores, fit->sigma.value,
			    fit->sigma.low, fit->sigma.high);

	if (fit->law == FIT_USL)
		used += snprintf(text + used, sizeof(text) - (size_t)used, ", kappa %.5f (%.5f..%.5f)",
				 fit->kappa.value, fit->kappa.low, fit->kappa.high);
	if (fit->has_peak)
		used += snprintf(text + used, sizeof(text) - (size_t)used, "; peak at %.1f cores (%.1f..%.1f)%s",
				 fit->peak.value, fit->peak.low, fit->peak.high,
				 fit->peak.value > fit->most_cores ? ", beyond what was measured" : "");
	else if (fit->law == FIT_USL)
		used += snprintf(text + used, sizeof(text) - (size_t)used, "; no peak detected");
	used += snprintf(text + used, sizeof(text) - (size_t)used, "; residual %.1f %%", fit->residual * 100);
	if (fit->superlinear > 0)
		snprintf(text + used, sizeof(text) - (size_t)used, "; superlinear points: %zu", fit->superlinear);
	row_print(row, text);
}

/* Amdahl's law and the serial fraction are of work that stays the same. */
static int print_curve(const struct bundle *bundle, const struct sweep_panel *panel, unsigned slot, FILE *out)
{
	bool strong = strcmp(panel->law, "strong") == 0;
	struct row row = {.out = out, .name = bundle->runtimes[slot]};
	struct curve_points made;
	struct scaling_fit fit = {.fitted = false};
	size_t count;
	const struct rung_cell *curve = sweep_curve(panel, slot, &count);
	int error = points_make(curve, count, &made);

	if (!error)
		print_serial_fractions(&made, strong, &row);
	for (int law = strong ? FIT_AMDAHL : FIT_USL; law < FITS && !error && made.count > 0; law++) {
		error = scaling_fit_make(made.points, made.count, (enum scaling_law_fitted)law, SEED, &fit);
		if (!error && fit.fitted)
			print_fit(&fit, &row);
		else if (!error && law == FIT_USL)
			row_print(&row, fit.refused);
		scaling_fit_clear(&fit);
	}
	free(made.rates);
	return error;
}

int fits_print(const struct bundle *bundle, FILE *out)
{
	struct sweeps sweeps;
	int error = sweeps_make(bundle, false, &sweeps);
	size_t count;

	if (error)
		return error;
	for (size_t i = 0; i < sweeps.count && !error; i++) {
		const struct sweep_panel *panel = &sweeps.panels[i];

		fprintf(out, "What holds them back as cores are added: %s, %s scaling, %s\n", panel->workload,
			panel->law, panel->placement);
		for (unsigned slot = 0; slot < bundle->runtime_count && !error; slot++) {
			if (sweep_curve(panel, slot, &count))
				error = print_curve(bundle, panel, slot, out);
		}
		fputc('\n', out);
	}
	sweeps_clear(&sweeps);
	return error;
}
