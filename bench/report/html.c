/* html.c: see html.h. */
#include "html.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static const char *entity(char byte)
{
	switch (byte) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	case '\'':
		return "&#39;";
	default:
		return NULL;
	}
}

/* Length of the well-formed UTF-8 sequence of several bytes that starts here, or 0. What is overlong, a surrogate or
 * past the last code point is not well-formed (Unicode 15, table 3-7). */
static size_t sequence_length(const unsigned char *bytes, size_t left)
{
	size_t length = *bytes < 0xc2 ? 0 : *bytes < 0xe0 ? 2 : *bytes < 0xf0 ? 3 : *bytes < 0xf5 ? 4 : 0;

	if (length == 0 || length > left)
		return 0;
	for (size_t i = 1; i < length; i++)
		if ((bytes[i] & 0xc0) != 0x80)
			return 0;
	if ((*bytes == 0xe0 && bytes[1] < 0xa0) || (*bytes == 0xed && bytes[1] > 0x9f) ||
	    (*bytes == 0xf0 && bytes[1] < 0x90) || (*bytes == 0xf4 && bytes[1] > 0x8f))
		return 0;
	return *bytes == 0xc2 && bytes[1] < 0xa0 ? 0 : length;
}

void html_bytes(FILE *out, const char *text, size_t length)
{
	for (size_t i = 0; i < length;) {
		unsigned char byte = (unsigned char)text[i];
		size_t sequence = byte < 0x80 ? 0 : sequence_length((const unsigned char *)text + i, length - i);
		const char *escaped = entity(text[i]);

		if (sequence > 0)
			fwrite(text + i, 1, sequence, out);
		else if (escaped)
			fputs(escaped, out);
		else
			fputc((byte >= 0x20 && byte < 0x7f) || byte == '\n' || byte == '\t' ? byte : '?', out);
		i += sequence > 0 ? sequence : 1;
	}
}

void html_text(FILE *out, const char *text)
{
	if (text)
		html_bytes(out, text, strlen(text));
}

void html_print(FILE *out, const char *format, ...)
{
	char *text = NULL;
	va_list arguments;

	va_start(arguments, format);
	int length = vasprintf(&text, format, arguments);

	va_end(arguments);
	if (length >= 0)
		html_bytes(out, text, (size_t)length);
	free(length >= 0 ? text : NULL);
}

void html_word(FILE *out, const char *text)
{
	for (; *text; text++)
		fputc(isalnum((unsigned char)*text) && (unsigned char)*text < 0x80 ? *text : '-', out);
}

void html_base64(FILE *out, const void *data, size_t length)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const unsigned char *bytes = data;

	for (size_t i = 0; i < length; i += 3) {
		size_t left = length - i < 3 ? length - i : 3;
		unsigned group = (unsigned)bytes[i] << 16 | (left > 1 ? (unsigned)bytes[i + 1] << 8 : 0) |
				 (left > 2 ? bytes[i + 2] : 0);

		fputc(digits[group >> 18], out);
		fputc(digits[group >> 12 & 63], out);
		fputc(left > 1 ? digits[group >> 6 & 63] : '=', out);
		fputc(left > 2 ? digits[group & 63] : '=', out);
	}
}

void html_download(FILE *out, const char *name, const char *type, const char *bytes, size_t length)
{
	fputs("<a class=\"save\" download=\"", out);
	html_text(out, name);
	fputs("\" href=\"data:", out);
	html_text(out, type);
	fputs(";charset=utf-8;base64,", out);
	html_base64(out, bytes, length);
	fputs("\">", out);
	html_text(out, name);
	fprintf(out, " (%zu KiB)</a>", (length + 1023) / 1024);
}
