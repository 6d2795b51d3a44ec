/* ranktest.h: tests that use nothing but the order of values: is one set greater, does a sequence drift, has it phases?
 *
 * Pure and thread-safe; values are finite. A p-value is two-sided: twice the smaller tail, at most 1.
 * Sources: Mann & Whitney, "On a Test of Whether one of Two Random Variables is Stochastically Larger than the Other"
 * (1947); Streitberg & Roehmel, "Exact Distributions for Permutation and Rank Tests" (1986), for ties; Mann,
 * "Nonparametric Tests Against Trend" (1945); Kendall, "Rank Correlation Methods" (1975), for the variance under ties;
 * Bartels, "The Rank Version of von Neumann's Ratio Test for Randomness" (1982);
 * Benjamini & Hochberg, "Controlling the False Discovery Rate" (1995). */
#ifndef SIMUL_RANKTEST_H
#define SIMUL_RANKTEST_H

#include <stddef.h>

/* Mann-Whitney: p that a and b come from one distribution. Exact, ties included, up to 60 values together; beyond that
 * the normal approximation, corrected for ties and continuity. 1 where either is empty; NAN without memory. */
double mann_whitney(const double *a, size_t a_n, const double *b, size_t b_n);

/* Mann-Kendall: p that a sequence has no monotonic trend. Exact without ties up to 60 values; else the normal
 * approximation, corrected for ties and continuity. *s, which may be NULL: rising pairs less falling ones. 1 for fewer
 * than three values. */
double mann_kendall(const double *sequence, size_t n, double *s);

/* Bartels' rank version of von Neumann's ratio: p, one-sided, that neighbours in a sequence are no more alike than
 * other values are. By the normal approximation, which is too great for small p of few values. 1 for fewer than eight,
 * or where all are equal; NAN without memory. */
double bartels(const double *sequence, size_t n);

/* How many of the sorted p-values may be called findings so that at most a share q of these is expected to be false
 * (Benjamini-Hochberg; for tests that are independent or lean the same way): that many from the start. */
size_t false_discovery(const double *sorted, size_t n, double q);

#endif
