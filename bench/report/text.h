/* text.h: numbers and sentences as a person reads them.
 *
 * Text is UTF-8; widths count characters, not bytes. Thread-safe. */
#ifndef SIMUL_REPORT_TEXT_H
#define SIMUL_REPORT_TEXT_H

#include <stddef.h>
#include <stdio.h>

enum { NUMBER_TEXT_MAX = 48 };

/* A unit and how many ns it has. */
struct time_unit {
	const char *name;
	double ns;
};

/* The largest of ns, us, ms and s that is not above `ns`. */
struct time_unit time_unit_for(double ns);

/* Three significant digits: "37.1", "0.0123", "1420", "-" for NAN. Returns text. */
char *format_number(char text[NUMBER_TEXT_MAX], double number);
/* The same with a unit: "37.1 ms". */
char *format_time(char text[NUMBER_TEXT_MAX], double ns);
/* "37.0..38.2 ms"; digits enough to tell the ends apart from each other. */
char *format_times(char text[NUMBER_TEXT_MAX], double low_ns, double high_ns);
/* "4.1 KiB". */
char *format_bytes(char text[NUMBER_TEXT_MAX], double bytes);

/* Characters of text. */
size_t text_width(const char *text);
/* Text cut to `width` characters, the last being "…" where something was cut, into out (size bytes). Returns out. */
char *text_cut(char *out, size_t size, const char *text, size_t width);
/* Prints text and blanks up to `width` characters; a negative width puts the blanks first. */
void text_pad(FILE *out, const char *text, int width);

/* Calls line(context, text) for each line of at most `width` characters that text is broken into at its blanks; a
 * longer word is cut into pieces. */
void text_wrap(const char *text, size_t width, void (*line)(void *context, const char *text), void *context);

#endif
