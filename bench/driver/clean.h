/* clean.h: makes what strangers' programs wrote fit for a terminal and a record, and writes times for people.
 *
 * What comes out is always valid UTF-8 without control characters. All functions are safe from any thread. */
#ifndef SIMUL_CLEAN_H
#define SIMUL_CLEAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { TEXT_DURATION_MAX = 32 };

/* Cleans `length` bytes in place: a byte that is not UTF-8 (Unicode 15, table 3-7) and a control character, C1
 * included, become
 * '?'; line feeds and tabs stay, or become spaces with `one_line`. Ends it with a zero byte: text has room for length
 * + 1. Returns the new length, never longer than the old one. */
size_t text_clean(char *text, size_t length, bool one_line);

/* The unit that reads best, three digits: "36.6 ms", "60 s", "4 min 10 s". Returns text. */
const char *text_duration(double ns, char text[TEXT_DURATION_MAX]);

#endif
