/* ranktest.c: exact distributions by counting, approximate ones by the normal. */
#include "ranktest.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { EXACT_MAX = 60 };

struct ranked {
	double value;
	size_t rank; /* twice the mid-rank, so that it is whole */
	union {
		int in_a;
		size_t place; /* in a sequence */
	};
};

static int compare_ranked(const void *left, const void *right)
{
	const struct ranked *a = left, *b = right;

	return (a->value > b->value) - (a->value < b->value);
}

/* Sorts and ranks; returns the sum of t^3 - t over runs of t equal values. */
static double rank_all(struct ranked *all, size_t n)
{
	double ties = 0;

	qsort(all, n, sizeof(*all), compare_ranked);
	for (size_t first = 0, end; first < n; first = end) {
		for (end = first + 1; end < n && all[end].value == all[first].value;)
			end++;
		double run = (double)(end - first);

		ties += run * run * run - run;
		for (size_t i = first; i < end; i++)
			all[i].rank = first + end + 1;
	}
	return ties;
}

static double two_sided(double z)
{
	return z > 0 ? erfc(z / M_SQRT2) : 1;
}

/* Ways to choose `chosen` of the ranks with each sum: ways[k][sum] for k up to chosen, one rank after another. */
static double exact_p(const struct ranked *all, size_t n, size_t chosen, size_t observed)
{
	size_t sums = n * (n + 1) + 1;
	double *ways = calloc((chosen + 1) * sums, sizeof(*ways));

	if (!ways)
		return NAN;
	ways[0] = 1;
	for (size_t i = 0; i < n; i++) {
		for (size_t k = chosen; k > 0; k--) {
			for (size_t sum = sums - 1; sum >= all[i].rank; sum--)
				ways[k * sums + sum] += ways[(k - 1) * sums + sum - all[i].rank];
		}
	}
	double below = 0, above = 0, total = 0;

	for (size_t sum = 0; sum < sums; sum++) {
		double count = ways[chosen * sums + sum];

		total += count;
		below += sum <= observed ? count : 0;
		above += sum >= observed ? count : 0;
	}
	free(ways);
	return fmin(1, 2 * fmin(below, above) / total);
}

static double normal_p(size_t a_n, size_t b_n, size_t observed, double ties)
{
	double a = (double)a_n, b = (double)b_n, n = a + b;
	double u = (double)observed / 2 - a * (a + 1) / 2;
	double variance = a * b / 12 * (n + 1 - ties / (n * (n - 1)));

	return variance > 0 ? two_sided((fabs(u - a * b / 2) - 0.5) / sqrt(variance)) : 1;
}

double mann_whitney(const double *a, size_t a_n, const double *b, size_t b_n)
{
	size_t n = a_n + b_n, observed = 0;
	struct ranked *all = a_n && b_n ? malloc(sizeof(*all) * n) : NULL;

	if (!all)
		return a_n && b_n ? NAN : 1;
	for (size_t i = 0; i < n; i++)
		all[i] = (struct ranked){.value = i < a_n ? a[i] : b[i - a_n], .in_a = i < a_n};
	double ties = rank_all(all, n);

	for (size_t i = 0; i < n; i++)
		observed += all[i].in_a ? all[i].rank : 0;
	double p = n <= EXACT_MAX ? exact_p(all, n, a_n, observed) : normal_p(a_n, b_n, observed, ties);

	free(all);
	return p;
}

/* --- trend ---------------------------------------------------------------------------------------------------- */

/* Permutations of n values by their inversions, as shares of all: each further value adds 0 to i of them. */
static double inversions_p(size_t n, size_t inversions)
{
	enum { MOST = EXACT_MAX * (EXACT_MAX - 1) / 2 + 1 };
	double share[MOST] = {1}, next[MOST];
	size_t most = 0;

	for (size_t i = 1; i < n; i++) {
		double window = 0;

		for (size_t k = 0; k <= most + i; k++) {
			window += k <= most ? share[k] : 0;
			window -= k > i ? share[k - i - 1] : 0;
			next[k] = window / (double)(i + 1);
		}
		most += i;
		memcpy(share, next, (most + 1) * sizeof(*share));
	}
	double tail = 0;

	inversions = inversions > most - inversions ? most - inversions : inversions;
	for (size_t k = 0; k <= inversions; k++)
		tail += share[k];
	return fmin(1, 2 * tail);
}

static double trend_ties(const double *sequence, size_t n)
{
	struct ranked *all = malloc(sizeof(*all) * n);
	double ties = NAN;

	for (size_t i = 0; all && i < n; i++)
		all[i] = (struct ranked){.value = sequence[i]};
	if (all)
		ties = rank_all(all, n);
	/* The variance wants the sum of t (t - 1) (2 t + 5), which is 2 (t^3 - t) + 3 (t^2 - t). */
	double sum = 2 * ties;

	for (size_t first = 0, end; all && first < n; first = end) {
		for (end = first + 1; end < n && all[end].value == all[first].value;)
			end++;
		double run = (double)(end - first);

		sum += 3 * (run * run - run);
	}
	free(all);
	return sum;
}

double mann_kendall(const double *sequence, size_t n, double *s)
{
	double rising = 0, falling = 0, count = (double)n;

	for (size_t i = 0; i < n; i++) {
		for (size_t j = i + 1; j < n; j++) {
			rising += sequence[j] > sequence[i];
			falling += sequence[j] < sequence[i];
		}
	}
	if (s)
		*s = rising - falling;
	if (n < 3)
		return 1;
	if (n <= EXACT_MAX && rising + falling == count * (count - 1) / 2)
		return inversions_p(n, (size_t)falling);
	double variance = (count * (count - 1) * (2 * count + 5) - trend_ties(sequence, n)) / 18;

	return variance > 0 ? two_sided((fabs(rising - falling) - 1) / sqrt(variance)) : 1;
}

/* Of a ranked sequence: squared steps from rank to rank, over squared distances from the middle rank. */
static double von_neumann(const double *ranks, size_t n)
{
	double middle = ((double)n + 1) / 2, steps = 0, distances = 0;

	for (size_t i = 0; i < n; i++) {
		distances += (ranks[i] - middle) * (ranks[i] - middle);
		steps += i > 0 ? (ranks[i] - ranks[i - 1]) * (ranks[i] - ranks[i - 1]) : 0;
	}
	return distances > 0 ? steps / distances : NAN;
}

double bartels(const double *sequence, size_t n)
{
	enum { FEWEST = 8 };
	struct ranked *all = malloc(sizeof(*all) * (n + 1));
	double *ranks = malloc(sizeof(*ranks) * (n + 1)), ratio = NAN, count = (double)n;
	bool room = all && ranks;

	for (size_t i = 0; room && i < n; i++)
		all[i] = (struct ranked){.value = sequence[i], .place = i};
	if (room) {
		rank_all(all, n);
		for (size_t i = 0; i < n; i++)
			ranks[all[i].place] = (double)all[i].rank / 2;
		ratio = von_neumann(ranks, n);
	}
	free(all);
	free(ranks);
	if (!room)
		return NAN;
	if (n < FEWEST || isnan(ratio))
		return 1;
	double variance = 4 * (count - 2) * (5 * count * count - 2 * count - 9) /
			  (5 * count * (count + 1) * (count - 1) * (count - 1));

	return erfc((2 - ratio) / sqrt(2 * variance)) / 2;
}

size_t false_discovery(const double *sorted, size_t n, double q)
{
	size_t found = n;

	while (found > 0 && sorted[found - 1] > q * (double)found / (double)n)
		found--;
	return found;
}
