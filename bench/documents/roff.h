/* roff.h: text as man(7) wants it. */
#ifndef SIMUL_DOCUMENTS_ROFF_H
#define SIMUL_DOCUMENTS_ROFF_H

#include <stddef.h>
#include <stdio.h>

/* Text within a line: backslashes and dashes stand for themselves, UTF-8 passes. */
void roff_text(FILE *out, const char *text, size_t length);

/* A line of its own, which no leading dot or quote makes a request of. */
void roff_line(FILE *out, const char *text);

/* ".SH NAME" and the like: macro, and its text as one argument. */
void roff_macro(FILE *out, const char *macro, const char *text);

/* Paragraphs and examples as the help of an option table has them: a line that begins with a blank is an example, shown
 * as it is; others are filled. */
void roff_help(FILE *out, const char *text);

/* The body of a Markdown file's section `heading` (its "## " line), without the heading: paragraphs, lists, code and
 * tables, of the kind that this project's files are made of. 0, -ENOENT where there is no such section, -EIO, -ENOMEM.
 */
int roff_markdown(FILE *out, const char *path, const char *heading);

#endif
