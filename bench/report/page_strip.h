/* page_strip.h: one row of dots and intervals along an axis, as SVG that stretches with its column.
 *
 * Places are percentages of the width and sizes are pixels, so that a row stays legible on a phone. */
#ifndef SIMUL_REPORT_PAGE_STRIP_H
#define SIMUL_REPORT_PAGE_STRIP_H

#include <stdbool.h>
#include <stdio.h>

#include "mark.h"

struct strip {
	double low, high; /* of the axis; positive where it is logarithmic */
	bool log;
	double tics[8];
	size_t tic_count;
};

/* An axis from the least to the greatest value with a little room on both sides: logarithmic where they are more than
 * three times apart; with one to eight tics at round numbers. */
void strip_fit(struct strip *strip, double least, double greatest);

/* Where the value is, from 0 to 100. */
double strip_place(const struct strip *strip, double value);

/* Between strip_begin() and strip_end(). colour: the class of the <svg>. A bound of NAN is not drawn. */
void strip_begin(FILE *out, const struct strip *strip, const char *colour, double bound);
void strip_bar(FILE *out, const struct strip *strip, double low, double high);
void strip_dot(FILE *out, const struct strip *strip, double value);
void strip_mark(FILE *out, const struct strip *strip, double value, unsigned shape);
void strip_end(FILE *out);

/* The tics' numbers, for the head of the column, each divided by `unit`. */
void strip_axis(FILE *out, const struct strip *strip, double unit);

/* The path of gnuplot's point type `shape` around 0,0, for that radius; hollow ones have the class "hollow". */
void shape_path(FILE *out, unsigned shape, double radius);

#endif
