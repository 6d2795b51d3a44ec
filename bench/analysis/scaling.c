/* scaling.c: see scaling.h. */
#include "scaling.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "prng.h"

enum { DRAWS = 1000, LAMBDA = 0, SIGMA = 1, KAPPA = 2, UNKNOWNS = 3 };

/* What is fitted: counts and the logarithms of rates. */
struct problem {
	double cores[SCALING_POINTS_MAX], rate[SCALING_POINTS_MAX];
	size_t count;
	bool free[UNKNOWNS];
};

static double model(const double at[UNKNOWNS], double cores)
{
	return at[LAMBDA] * cores / (1 + at[SIGMA] * (cores - 1) + at[KAPPA] * cores * (cores - 1));
}

static double squares(const struct problem *problem, const double at[UNKNOWNS])
{
	double sum = 0;

	for (size_t i = 0; i < problem->count; i++) {
		double residual = log(problem->rate[i] / model(at, problem->cores[i]));

		sum += residual * residual;
	}
	return sum;
}

/* --- small linear systems ------------------------------------------------------------------------------------- */

/* Solves the equations in the unknowns that are free, the others being 0. Gauss with pivots; false if singular. */
static bool solve(double matrix[UNKNOWNS][UNKNOWNS], double right[UNKNOWNS], const bool wanted[UNKNOWNS],
		  double solution[UNKNOWNS])
{
	size_t index[UNKNOWNS], n = 0;
	double m[UNKNOWNS][UNKNOWNS + 1];

	for (size_t i = 0; i < UNKNOWNS; i++) {
		solution[i] = 0;
		if (wanted[i])
			index[n++] = i;
	}
	for (size_t i = 0; i < n; i++) {
		for (size_t j = 0; j < n; j++)
			m[i][j] = matrix[index[i]][index[j]];
		m[i][n] = right[index[i]];
	}
	for (size_t column = 0; column < n; column++) {
		size_t pivot = column;

		for (size_t i = column + 1; i < n; i++)
			pivot = fabs(m[i][column]) > fabs(m[pivot][column]) ? i : pivot;
		if (!(fabs(m[pivot][column]) > 1e-300))
			return false;
		for (size_t j = 0; j <= n; j++) {
			double swapped = m[column][j];

			m[column][j] = m[pivot][j];
			m[pivot][j] = swapped;
		}
		for (size_t i = 0; i < n; i++) {
			double factor = i == column ? 0 : m[i][column] / m[column][column];

			for (size_t j = column; j <= n; j++)
				m[i][j] -= factor * m[column][j];
		}
	}
	for (size_t i = 0; i < n; i++)
		solution[index[i]] = m[i][n] / m[i][i];
	return true;
}

static void add_row(double matrix[UNKNOWNS][UNKNOWNS], double right[UNKNOWNS], const double row[UNKNOWNS], double value)
{
	for (size_t i = 0; i < UNKNOWNS; i++) {
		right[i] += row[i] * value;
		for (size_t j = 0; j < UNKNOWNS; j++)
			matrix[i][j] += row[i] * row[j];
	}
}

/* --- the start: N / X is linear, and relative errors are what counts ------------------------------------------- */

static bool start_with(const struct problem *problem, const bool wanted[UNKNOWNS], double at[UNKNOWNS])
{
	double matrix[UNKNOWNS][UNKNOWNS] = {{0}}, right[UNKNOWNS] = {0}, linear[UNKNOWNS];

	for (size_t i = 0; i < problem->count; i++) {
		double cores = problem->cores[i], weight = problem->rate[i] / cores;
		const double row[UNKNOWNS] = {weight, weight * (cores - 1), weight * cores * (cores - 1)};

		add_row(matrix, right, row, 1);
	}
	if (!solve(matrix, right, wanted, linear) || !(linear[0] > 0))
		return false;
	at[LAMBDA] = 1 / linear[0];
	at[SIGMA] = linear[1] / linear[0];
	at[KAPPA] = linear[2] / linear[0];
	return at[SIGMA] >= 0 && at[SIGMA] <= 1 && at[KAPPA] >= 0;
}

/* The best of those within the bounds; on a bound the unknown is not there. */
static void start(const struct problem *problem, double at[UNKNOWNS])
{
	double best = INFINITY, tried[UNKNOWNS];

	memcpy(at, (double[UNKNOWNS]){problem->rate[0] / problem->cores[0], 0, 0}, sizeof(tried));
	for (int subset = 0; subset < 4; subset++) {
		const bool wanted[UNKNOWNS] = {true, subset & 1, subset & 2};

		if ((wanted[SIGMA] && !problem->free[SIGMA]) || (wanted[KAPPA] && !problem->free[KAPPA]))
			continue;
		if (!start_with(problem, wanted, tried) || squares(problem, tried) >= best)
			continue;
		best = squares(problem, tried);
		memcpy(at, tried, sizeof(tried));
	}
}

/* --- the rest: Gauss-Newton within the bounds ------------------------------------------------------------------ */

static void bound(double at[UNKNOWNS])
{
	at[SIGMA] = fmin(fmax(at[SIGMA], 0), 1);
	at[KAPPA] = fmax(at[KAPPA], 0);
}

static bool on_bound(const double at[UNKNOWNS], size_t unknown, double slope)
{
	return (unknown != LAMBDA && at[unknown] <= 0 && slope < 0) ||
	       (unknown == SIGMA && at[SIGMA] >= 1 && slope > 0);
}

/* A step of log(lambda), sigma and kappa. False where there is none that helps. */
static bool step(const struct problem *problem, double at[UNKNOWNS])
{
	double matrix[UNKNOWNS][UNKNOWNS] = {{0}}, right[UNKNOWNS] = {0}, move[UNKNOWNS], next[UNKNOWNS];
	bool wanted[UNKNOWNS];

	for (size_t i = 0; i < problem->count; i++) {
		double cores = problem->cores[i];
		double below = 1 + at[SIGMA] * (cores - 1) + at[KAPPA] * cores * (cores - 1);
		const double row[UNKNOWNS] = {1, -(cores - 1) / below, -cores * (cores - 1) / below};

		add_row(matrix, right, row, log(problem->rate[i] / model(at, cores)));
	}
	for (size_t i = 0; i < UNKNOWNS; i++)
		wanted[i] = problem->free[i] && !on_bound(at, i, right[i]);
	if (!solve(matrix, right, wanted, move))
		return false;
	for (double share = 1; share > 1e-3; share /= 2) {
		next[LAMBDA] = at[LAMBDA] * exp(share * move[LAMBDA]);
		next[SIGMA] = at[SIGMA] + share * move[SIGMA];
		next[KAPPA] = at[KAPPA] + share * move[KAPPA];
		bound(next);
		if (squares(problem, next) < squares(problem, at) * (1 - 1e-12)) {
			memcpy(at, next, sizeof(next));
			return true;
		}
	}
	return false;
}

static void solve_problem(const struct problem *problem, double at[UNKNOWNS])
{
	enum { STEPS = 50 };

	start(problem, at);
	for (int i = 0; i < STEPS && step(problem, at); i++)
		;
}

/* --- resampling ----------------------------------------------------------------------------------------------- */

static double median_of(double *values, size_t n)
{
	sort_values(values, n);
	return quantile(values, n, 0.5);
}

static double point_median(const struct scaling_point *point, double *room)
{
	memcpy(room, point->rates, sizeof(*room) * point->n);
	return median_of(room, point->n);
}

/* Median of a resample; its distance from the median itself is stretched for small n. */
static double resampled_median(const struct scaling_point *point, double median, double *room, struct prng *prng)
{
	double n = (double)point->n, stretch = point->n > 1 ? sqrt(n / (n - 1)) : 1;

	for (size_t i = 0; i < point->n; i++)
		room[i] = point->rates[prng_pick(prng, point->n)];
	return median * pow(median_of(room, point->n) / median, stretch);
}

static double peak_of(const double at[UNKNOWNS])
{
	return at[KAPPA] > 0 ? sqrt(fmax(1 - at[SIGMA], 0) / at[KAPPA]) : INFINITY;
}

/* 95 % of what get() makes of the draws. */
static void draws_interval(const struct scaling_fit *fit, double (*get)(const double at[UNKNOWNS], double cores),
			   double cores, double *room, struct coefficient *coefficient)
{
	for (size_t i = 0; i < fit->draw_count; i++)
		room[i] = get(fit->draws[i], cores);
	sort_values(room, fit->draw_count);
	/* Nearest ranks: a peak may be infinite, and between infinities there is nothing. */
	coefficient->low = room[(size_t)(0.025 * (double)(fit->draw_count - 1))];
	coefficient->high = room[(size_t)ceil(0.975 * (double)(fit->draw_count - 1))];
}

static double get_lambda(const double at[UNKNOWNS], double cores)
{
	(void)cores;
	return at[LAMBDA];
}

static double get_sigma(const double at[UNKNOWNS], double cores)
{
	(void)cores;
	return at[SIGMA];
}

static double get_kappa(const double at[UNKNOWNS], double cores)
{
	(void)cores;
	return at[KAPPA];
}

static double get_peak(const double at[UNKNOWNS], double cores)
{
	(void)cores;
	return peak_of(at);
}

static void fit_resample(const struct scaling_point *points, const size_t *taken, struct problem problem, double *room,
			 struct prng prng, struct scaling_fit *fit)
{
	double medians[SCALING_POINTS_MAX];

	memcpy(medians, problem.rate, sizeof(medians));
	for (fit->draw_count = 0; fit->draw_count < DRAWS; fit->draw_count++) {
		for (size_t i = 0; i < problem.count; i++)
			problem.rate[i] = resampled_median(&points[taken[i]], medians[i], room, &prng);
		solve_problem(&problem, fit->draws[fit->draw_count]);
	}
}

static void fit_conclude(const struct problem *problem, const double at[UNKNOWNS], double *room,
			 struct scaling_fit *fit)
{
	fit->lambda.value = at[LAMBDA], fit->sigma.value = at[SIGMA], fit->kappa.value = at[KAPPA];
	fit->peak.value = peak_of(at);
	fit->residual = sqrt(squares(problem, at) / (double)problem->count);
	draws_interval(fit, get_lambda, 0, room, &fit->lambda);
	draws_interval(fit, get_sigma, 0, room, &fit->sigma);
	draws_interval(fit, get_kappa, 0, room, &fit->kappa);
	draws_interval(fit, get_peak, 0, room, &fit->peak);
	fit->has_peak = isfinite(fit->peak.high) && fit->peak.value <= 2 * fit->most_cores;
	fit->fitted = true;
}

/* --- what may be fitted --------------------------------------------------------------------------------------- */

static size_t points_take(const struct scaling_point *points, size_t count, size_t taken[SCALING_POINTS_MAX],
			  struct scaling_fit *fit)
{
	size_t distinct = 0;

	for (size_t i = 0; i < count; i++) {
		bool usable = points[i].n > 0 && points[i].cores >= 1, seen = false;

		fit->beyond += usable && points[i].beyond;
		if (!usable || points[i].beyond || fit->points == SCALING_POINTS_MAX)
			continue;
		for (size_t k = 0; k < fit->points; k++)
			seen |= points[taken[k]].cores == points[i].cores;
		distinct += !seen;
		taken[fit->points++] = i;
	}
	return distinct;
}

static bool refuse(struct scaling_fit *fit, size_t distinct)
{
	if (distinct >= SCALING_POINTS_LEAST)
		return false;
	snprintf(fit->refused, sizeof(fit->refused),
		 "%zu distinct count%s of like cores, and no coefficient is made from fewer than %d%s", distinct,
		 distinct == 1 ? "" : "s", SCALING_POINTS_LEAST,
		 fit->beyond > 0 ? "; the counts beyond are of siblings, of other cores, or of more workers than cores"
				 : "");
	return true;
}

static size_t most_values(const struct scaling_point *points, size_t count)
{
	size_t most = DRAWS;

	for (size_t i = 0; i < count; i++)
		most = points[i].n > most ? points[i].n : most;
	return most;
}

/* Above lambda N with the whole interval of its median: the ideal line is broken for sure. */
static bool is_superlinear(const struct scaling_point *point, double lambda, double *room)
{
	memcpy(room, point->rates, sizeof(*room) * point->n);
	sort_values(room, point->n);
	return point->cores > 1 && median_interval(room, point->n, 0.95).low > lambda * point->cores;
}

int scaling_fit_make(const struct scaling_point *points, size_t count, enum scaling_law_fitted law, uint64_t seed,
		     struct scaling_fit *fit)
{
	struct problem problem = {.free = {true, true, law == FIT_USL}};
	size_t taken[SCALING_POINTS_MAX];
	double at[UNKNOWNS], one = NAN;

	*fit = (struct scaling_fit){.law = law, .most_cores = 0, .least_cores = INFINITY};
	if (refuse(fit, points_take(points, count, taken, fit)))
		return 0;
	double *room = malloc(sizeof(*room) * most_values(points, count));

	fit->draws = malloc(sizeof(*fit->draws) * DRAWS);
	if (!room || !fit->draws) {
		free(room);
		scaling_fit_clear(fit);
		return -ENOMEM;
	}
	problem.count = fit->points;
	for (size_t i = 0; i < problem.count; i++) {
		problem.cores[i] = points[taken[i]].cores;
		problem.rate[i] = point_median(&points[taken[i]], room);
		fit->least_cores = fmin(fit->least_cores, problem.cores[i]);
		fit->most_cores = fmax(fit->most_cores, problem.cores[i]);
	}
	for (size_t i = 0; i < problem.count; i++) {
		if (problem.cores[i] == fit->least_cores)
			one = problem.rate[i] / problem.cores[i];
	}
	for (size_t i = 0; i < problem.count; i++)
		fit->superlinear += is_superlinear(&points[taken[i]], one, room);
	solve_problem(&problem, at);
	fit_resample(points, taken, problem, room, (struct prng){.state = seed}, fit);
	fit_conclude(&problem, at, room, fit);
	free(room);
	return 0;
}

void scaling_fit_clear(struct scaling_fit *fit)
{
	free(fit->draws);
	*fit = (struct scaling_fit){.fitted = false};
}

/* --- what follows --------------------------------------------------------------------------------------------- */

struct coefficient scaling_predict(const struct scaling_fit *fit, double cores, bool *extrapolated)
{
	struct coefficient rate = {NAN, NAN, NAN};
	const double at[UNKNOWNS] = {fit->lambda.value, fit->sigma.value, fit->kappa.value};
	double *room = fit->fitted && cores >= 1 && cores <= 2 * fit->most_cores ? malloc(sizeof(*room) * DRAWS) : NULL;

	if (extrapolated)
		*extrapolated = cores > fit->most_cores;
	if (!room)
		return rate;
	rate.value = model(at, cores);
	draws_interval(fit, model, cores, room, &rate);
	free(room);
	return rate;
}

static double serial_fraction(double speedup, double cores)
{
	return (1 / speedup - 1 / cores) / (1 - 1 / cores);
}

struct coefficient karp_flatt(const struct scaling_point *one_core, const struct scaling_point *point, uint64_t seed)
{
	struct coefficient fraction = {NAN, NAN, NAN};
	struct interval speedup;

	if (!one_core || one_core->cores != 1 || one_core->n == 0 || point->n == 0 || !(point->cores > 1))
		return fraction;
	double *room = malloc(sizeof(*room) * (one_core->n + point->n));

	if (!room || ratio_interval(point->rates, point->n, one_core->rates, one_core->n, 0.95, seed, &speedup)) {
		free(room);
		return fraction;
	}
	fraction.value = serial_fraction(point_median(point, room) / point_median(one_core, room), point->cores);
	fraction.low = serial_fraction(speedup.high, point->cores);
	fraction.high = serial_fraction(speedup.low, point->cores);
	free(room);
	return fraction;
}
