/* html.h: writes text into a page so that it stays text.
 *
 * Whatever comes from a bundle goes through here: markup is written by fputs() of constants, everything else by these.
 * Errors are the stream's: look at ferror() at the end. Thread-safe as stdio is. */
#ifndef SIMUL_REPORT_HTML_H
#define SIMUL_REPORT_HTML_H

#include <stddef.h>
#include <stdio.h>

/* As the content of an element or of an attribute in double quotes: & < > " ' are escaped, control characters and bytes
 * that are no UTF-8 become '?'. NULL writes nothing. */
void html_text(FILE *out, const char *text);
void html_bytes(FILE *out, const char *text, size_t length);

/* The same of what printf() would print. */
__attribute__((format(printf, 2, 3))) void html_print(FILE *out, const char *format, ...);

/* A word for an id or a class: letters, digits and '-' of the text, everything else as '-'. */
void html_word(FILE *out, const char *text);

/* RFC 4648. */
void html_base64(FILE *out, const void *bytes, size_t length);

/* A link that saves those bytes as a file of that name, with no request: <a download>. type:
 * "text/tab-separated-values".
 */
void html_download(FILE *out, const char *name, const char *type, const char *bytes, size_t length);

#endif
