/* scaling.h: what holds a program back as cores are added: Amdahl's law and the Universal Scalability Law, with
 * intervals, or the reason why nothing can be said.
 *
 *   X(N) = lambda N / (1 + sigma (N - 1) + kappa N (N - 1))
 *
 * X is operations a second on N cores; lambda those of one core. sigma is the share of the work that only one core can
 * do at a time (contention), kappa what keeping each two cores in agreement costs (coherency). With kappa = 0 it is
 * Amdahl's law. With kappa > 0 throughput peaks at N* = sqrt((1 - sigma) / kappa) and falls beyond.
 *
 * The fit minimises the squares of the logarithms' residuals over the medians of the points, 0 <= sigma <= 1 and
 * 0 <= kappa: N / X is linear in (1, sigma, kappa) / lambda, which gives the start, and Gauss-Newton steps within the
 * bounds the rest. Intervals are 95 % percentile bootstraps over the invocations of each point, whose deviations are
 * stretched by sqrt(n / (n - 1)), since few values spread less than what they come from.
 *
 * A law holds only where cores are alike: points beyond a boundary (SMT siblings, another NUMA node or package, another
 * kind of core, more workers than cores) take no part. Fewer than SCALING_POINTS_LEAST distinct counts give no
 * coefficient. Points above the ideal line are counted and never clamped: they say that one core had too little cache,
 * or that the base is wrong. Nothing is said beyond twice the largest count.
 *
 * Pure and thread-safe. Sources: G. Amdahl (AFIPS 1967); N. Gunther, "Guerrilla Capacity Planning" (2007), chapters 4
 * to 6; A. Karp & H. Flatt, "Measuring Parallel Processor Performance" (CACM 33, 1990). */
#ifndef SIMUL_SCALING_H_ANALYSIS
#define SIMUL_SCALING_H_ANALYSIS

#include <stdbool.h>

#include "statistics.h"

enum { SCALING_POINTS_LEAST = 6, SCALING_POINTS_MAX = 128 };

struct scaling_point {
	double cores;
	const double *rates; /* operations a second of each invocation, all above 0; borrowed */
	size_t n;
	bool beyond; /* a boundary lies between it and the smallest counts */
};

struct coefficient {
	double value, low, high; /* NAN where not known */
};

enum scaling_law_fitted { FIT_AMDAHL, FIT_USL, FITS };

struct scaling_fit {
	bool fitted;
	char refused[160]; /* why not; empty if it is */
	enum scaling_law_fitted law;
	struct coefficient lambda, sigma, kappa; /* kappa is 0 for Amdahl's law */
	double residual;                         /* root mean square of the logarithms' residuals: 0.02 is 2 % */
	double least_cores, most_cores;          /* of the points that were fitted */
	size_t points, beyond, superlinear;      /* fitted; left out; above lambda N, with their whole interval */
	/* peak.value: N*. The peak is said where its interval is finite and it lies within twice the largest count. */
	bool has_peak;
	struct coefficient peak;
	double (*draws)[3]; /* lambda, sigma, kappa of each resample; owned */
	size_t draw_count;
};

/* Fits the law to the points, in any order, at most SCALING_POINTS_MAX. 0, also where it is refused; -ENOMEM. The fit
 * is the caller's: scaling_fit_clear() it. */
int scaling_fit_make(const struct scaling_point *points, size_t count, enum scaling_law_fitted law, uint64_t seed,
		     struct scaling_fit *fit);
void scaling_fit_clear(struct scaling_fit *fit);

/* The law's rate on so many cores with its interval; all NAN beyond twice the largest count, or where nothing was
 * fitted. *extrapolated, which may be NULL: beyond the largest count. */
struct coefficient scaling_predict(const struct scaling_fit *fit, double cores, bool *extrapolated);

/* Karp & Flatt's experimentally determined serial fraction of a point against the one on one core, with a bootstrap
 * interval: (1/S - 1/N) / (1 - 1/N) for a speed-up S. Negative where the speed-up is superlinear. NAN for one core or
 * without a point on one core. */
struct coefficient karp_flatt(const struct scaling_point *one_core, const struct scaling_point *point, uint64_t seed);

#endif
