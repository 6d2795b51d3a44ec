/* statistics.c: order statistics, resampling, outliers and slopes. No state but what the caller holds. */
#include "statistics.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "prng.h"

static int compare_values(const void *left, const void *right)
{
	double a = *(const double *)left, b = *(const double *)right;

	return (a > b) - (a < b);
}

void sort_values(double *values, size_t n)
{
	if (n > 1)
		qsort(values, n, sizeof(*values), compare_values);
}

double quantile(const double *sorted, size_t n, double q)
{
	if (n == 0)
		return NAN;
	double position = (double)(n - 1) * q;
	size_t below = (size_t)position;

	if (below + 1 >= n)
		return sorted[n - 1];
	return sorted[below] + (position - (double)below) * (sorted[below + 1] - sorted[below]);
}

/* The greatest k with 1 - 2 P(B < k) >= level, or 0. Terms are summed from their logarithms: 2^-n underflows early. */
static size_t median_rank(size_t n, double level, double *coverage)
{
	double log_term = -(double)n * M_LN2, tail = 0;
	size_t k = 0;

	for (size_t i = 0; 2 * i + 1 < n; i++) {
		tail += exp(log_term);
		if (1 - 2 * tail < level)
			break;
		k = i + 1;
		*coverage = 1 - 2 * tail;
		log_term += log((double)(n - i) / (double)(i + 1));
	}
	return k;
}

struct interval median_interval(const double *sorted, size_t n, double level)
{
	struct interval interval = {.low = NAN, .high = NAN, .method = INTERVAL_NONE};

	if (n == 0)
		return interval;
	size_t k = median_rank(n, level, &interval.level);

	if (k > 0) {
		interval.method = INTERVAL_RANK;
	} else {
		k = 1;
		interval.method = n > 1 ? INTERVAL_RANGE : INTERVAL_NONE;
		interval.level = n > 1 ? 1 - exp2(1 - (double)n) : 0;
	}
	interval.low = sorted[k - 1];
	interval.high = sorted[n - k];
	return interval;
}

double arithmetic_mean(const double *values, size_t n)
{
	double sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += values[i];
	return n > 0 ? sum / (double)n : NAN;
}

double harmonic_mean(const double *values, size_t n)
{
	double sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += 1 / values[i];
	return n > 0 ? (double)n / sum : NAN;
}

struct outliers tukey_outliers(const double *sorted, size_t n)
{
	struct outliers outliers = {0};

	if (n < 4)
		return outliers;
	double lower = quantile(sorted, n, 0.25), upper = quantile(sorted, n, 0.75), range = upper - lower;

	for (size_t i = 0; i < n; i++) {
		double beyond = fmax(lower - sorted[i], sorted[i] - upper);

		if (beyond > 3 * range)
			outliers.severe++;
		else if (beyond > 1.5 * range)
			outliers.mild++;
	}
	return outliers;
}

/* The value of that rank (from 0); reorders values so that all before it are not greater. Hoare's selection. */
static double select_rank(double *values, size_t n, size_t rank)
{
	size_t low = 0, high = n - 1;

	while (low < high) {
		double pivot = values[low + (high - low) / 2];
		size_t i = low, j = high;

		for (;;) {
			while (values[i] < pivot)
				i++;
			while (values[j] > pivot)
				j--;
			if (i >= j)
				break;
			double swapped = values[i];

			values[i++] = values[j];
			values[j--] = swapped;
		}
		if (rank <= j)
			high = j;
		else
			low = j + 1;
	}
	return values[rank];
}

static double median_unsorted(double *values, size_t n)
{
	double upper = select_rank(values, n, n / 2);

	if (n % 2 == 1)
		return upper;
	double lower = values[0];

	for (size_t i = 1; i < n / 2; i++)
		lower = fmax(lower, values[i]);
	return (lower + upper) / 2;
}

static double resampled_median(const double *values, size_t n, double *room, struct prng *prng)
{
	for (size_t i = 0; i < n; i++)
		room[i] = values[prng_pick(prng, n)];
	return median_unsorted(room, n);
}

static size_t resamples_for(size_t n)
{
	enum { LEAST = 200, MOST = 10000, VALUES = 20000000 };
	size_t fitting = VALUES / n;

	return fitting < LEAST ? LEAST : fitting > MOST ? MOST : fitting;
}

int ratio_interval(const double *a, size_t a_n, const double *b, size_t b_n, double level, uint64_t seed,
		   struct interval *interval)
{
	struct prng prng = {.state = seed};
	if (a_n == 0 || b_n == 0)
		return -EINVAL;
	size_t resamples = resamples_for(a_n + b_n), room_n = a_n > b_n ? a_n : b_n;
	double *ratios = malloc(sizeof(*ratios) * (resamples + room_n)), *room = ratios + resamples;

	if (!ratios)
		return -ENOMEM;
	for (size_t i = 0; i < resamples; i++) {
		ratios[i] = resampled_median(a, a_n, room, &prng);
		ratios[i] /= resampled_median(b, b_n, room, &prng);
	}
	sort_values(ratios, resamples);
	*interval = (struct interval){
		.low = quantile(ratios, resamples, (1 - level) / 2),
		.high = quantile(ratios, resamples, (1 + level) / 2),
		.level = a_n + b_n > 2 ? level : 0,
		.method = a_n + b_n > 2 ? INTERVAL_BOOTSTRAP : INTERVAL_NONE,
	};
	free(ratios);
	return 0;
}

double median_slope(const double *x, const double *y, size_t n)
{
	double *slopes = n > 1 && n <= 1000 ? malloc(sizeof(*slopes) * n * (n - 1) / 2) : NULL;
	size_t count = 0;

	if (!slopes)
		return NAN;
	for (size_t i = 0; i < n; i++) {
		for (size_t j = i + 1; j < n; j++) {
			if (x[i] != x[j])
				slopes[count++] = (y[j] - y[i]) / (x[j] - x[i]);
		}
	}
	sort_values(slopes, count);
	double median = quantile(slopes, count, 0.5);

	free(slopes);
	return median;
}

struct summary summarize(double *values, size_t n, double level)
{
	sort_values(values, n);
	return (struct summary){
		.n = n,
		.median = quantile(values, n, 0.5),
		.mean = arithmetic_mean(values, n),
		.interval = median_interval(values, n, level),
		.outliers = tukey_outliers(values, n),
	};
}
