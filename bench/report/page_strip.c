/* page_strip.c: see page_strip.h. */
#include "page_strip.h"

#include <math.h>

enum { ROW_HEIGHT = 22, TICS_MAX = 8 };

static void tic_add(struct strip *strip, double value)
{
	if (value >= strip->low && value <= strip->high && strip->tic_count < TICS_MAX)
		strip->tics[strip->tic_count++] = value;
}

static void tics_log(struct strip *strip)
{
	static const double digits[] = {1, 2, 5};
	double decades = log10(strip->high / strip->low);
	int step = decades < 6 ? 1 : (int)ceil(decades / 6);

	for (int power = (int)floor(log10(strip->low)); power <= log10(strip->high); power += step)
		for (int i = 0; i < (decades > 2 ? 1 : 3); i++)
			tic_add(strip, digits[i] * pow(10, power));
}

static void tics_even(struct strip *strip)
{
	double raw = (strip->high - strip->low) / 4, power = pow(10, floor(log10(raw)));
	double step = raw / power < 2 ? 2 * power : raw / power < 5 ? 5 * power : 10 * power;

	/* At most five; where steps are lost in the digits of a number, none. */
	for (int k = 0; k < TICS_MAX; k++) {
		double i = ceil(strip->low / step) + k;

		tic_add(strip, i == 0 ? 0 : i * step);
	}
}

void strip_fit(struct strip *strip, double least, double greatest)
{
	/* What is less than a millionth of a unit is no measurement, and would make an axis of a hundred decades. */
	*strip = (struct strip){.log = least > 1e-6 && greatest > 3 * least};
	if (!(greatest > least)) {
		strip->low = least - (least == 0 ? 1 : fabs(least) / 10);
		strip->high = greatest + (least == 0 ? 1 : fabs(least) / 10);
	} else if (strip->log) {
		double room = pow(greatest / least, 0.05);

		strip->low = least / room;
		strip->high = greatest * room;
	} else {
		strip->low = least - 0.05 * (greatest - least);
		strip->high = greatest + 0.05 * (greatest - least);
	}
	if (strip->log)
		tics_log(strip);
	else
		tics_even(strip);
}

double strip_place(const struct strip *strip, double value)
{
	double place = strip->log ? log(value / strip->low) / log(strip->high / strip->low)
				  : (value - strip->low) / (strip->high - strip->low);

	return place >= 0 ? fmin(100 * place, 100) : 0;
}

static void line(FILE *out, const char *class, double x1, double x2, const char *y)
{
	fprintf(out, "<line class=\"%s\" x1=\"%.2f%%\" x2=\"%.2f%%\" %s/>", class, x1, x2, y);
}

void strip_begin(FILE *out, const struct strip *strip, const char *colour, double bound)
{
	fprintf(out, "<svg class=\"strip %s\" width=\"100%%\" height=\"%d\" aria-hidden=\"true\" focusable=\"false\">",
		colour, ROW_HEIGHT);
	for (size_t i = 0; i < strip->tic_count; i++) {
		double place = strip_place(strip, strip->tics[i]);

		line(out, "grid", place, place, "y1=\"0\" y2=\"100%\"");
	}
	if (!isnan(bound)) {
		double place = strip_place(strip, bound);

		line(out, "bound", place, place, "y1=\"0\" y2=\"100%\"");
	}
}

void strip_bar(FILE *out, const struct strip *strip, double low, double high)
{
	line(out, "bar", strip_place(strip, low), strip_place(strip, high), "y1=\"9\" y2=\"9\"");
}

void strip_dot(FILE *out, const struct strip *strip, double value)
{
	fprintf(out, "<circle class=\"dot\" cx=\"%.2f%%\" cy=\"17\" r=\"1.4\"/>", strip_place(strip, value));
}

void shape_path(FILE *out, unsigned shape, double r)
{
	if (shape == 2) {
		fprintf(out, "<path class=\"cross\" d=\"M%.2f %.2fL%.2f %.2fM%.2f %.2fL%.2f %.2f\"/>", -r, -r, r, r, -r,
			r, r, -r);
		return;
	}
	fprintf(out, "<path class=\"mark%s\" d=\"", shape % 2 == 0 ? " hollow" : "");
	switch (shape) {
	case 4:
	case 5: /* a square */
		r *= 0.9;
		fprintf(out, "M%.2f %.2fh%.2fv%.2fh%.2fz", -r, -r, 2 * r, 2 * r, -2 * r);
		break;
	case 8:
	case 9: /* triangles, up and down */
	case 10:
	case 11: {
		double up = shape < 10 ? 1 : -1;

		fprintf(out, "M0 %.2fL%.2f %.2fH%.2fz", -1.25 * r * up, 1.15 * r, 0.85 * r * up, -1.15 * r);
		break;
	}
	case 12:
	case 13: /* a diamond */
		r *= 1.25;
		fprintf(out, "M0 %.2fL%.2f 0L0 %.2fL%.2f 0z", -r, r, r, -r);
		break;
	default: /* a circle */
		fprintf(out, "M%.2f 0a%.2f %.2f 0 1 0 %.2f 0a%.2f %.2f 0 1 0 %.2f 0z", -r, r, r, 2 * r, r, r, -2 * r);
	}
	fputs("\"/>", out);
}

void strip_mark(FILE *out, const struct strip *strip, double value, unsigned shape)
{
	fprintf(out, "<svg x=\"%.2f%%\" y=\"9\" overflow=\"visible\">", strip_place(strip, value));
	shape_path(out, shape, 4.2);
	fputs("</svg>", out);
}

void strip_end(FILE *out)
{
	fputs("</svg>", out);
}

void strip_axis(FILE *out, const struct strip *strip, double unit)
{
	double last = -20;

	fputs("<svg class=\"strip\" width=\"100%\" height=\"16\" aria-hidden=\"true\" focusable=\"false\">", out);
	for (size_t i = 0; i < strip->tic_count; i++) {
		double place = strip_place(strip, strip->tics[i]);

		if (place - last < 14)
			continue;
		last = place;
		fprintf(out, "<text class=\"tic\" x=\"%.2f%%\" y=\"12\">%g</text>", place, strip->tics[i] / unit);
	}
	fputs("</svg>", out);
}
