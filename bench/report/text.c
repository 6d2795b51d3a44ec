/* text.c: see text.h. Everything fits in bounded buffers; what does not fit is cut between characters. */
#include "text.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

static const struct time_unit units[] = {{"s", 1e9}, {"ms", 1e6}, {"µs", 1e3}, {"ns", 1}};

struct time_unit time_unit_for(double ns)
{
	size_t i = 0;

	while (i + 1 < sizeof(units) / sizeof(*units) && !(ns >= units[i].ns))
		i++;
	return units[i];
}

static int decimals_for(double number, int digits)
{
	int before = number > 0 ? (int)floor(log10(number)) + 1 : 1;
	int decimals = digits - before;

	return decimals < 0 ? 0 : decimals > 9 ? 9 : decimals;
}

char *format_number(char text[NUMBER_TEXT_MAX], double number)
{
	if (isnan(number))
		snprintf(text, NUMBER_TEXT_MAX, "-");
	else
		snprintf(text, NUMBER_TEXT_MAX, "%.*f", decimals_for(fabs(number), 3), number);
	return text;
}

char *format_time(char text[NUMBER_TEXT_MAX], double ns)
{
	struct time_unit unit = time_unit_for(ns);

	format_number(text, ns / unit.ns);
	if (!isnan(ns))
		snprintf(text + strlen(text), NUMBER_TEXT_MAX - strlen(text), " %s", unit.name);
	return text;
}

char *format_times(char text[NUMBER_TEXT_MAX], double low_ns, double high_ns)
{
	struct time_unit unit = time_unit_for(high_ns);
	int decimals = decimals_for(high_ns / unit.ns, 3);

	if (isnan(low_ns) || isnan(high_ns))
		return format_number(text, NAN);
	snprintf(text, NUMBER_TEXT_MAX, "%.*f..%.*f %s", decimals, low_ns / unit.ns, decimals, high_ns / unit.ns,
		 unit.name);
	return text;
}

char *format_bytes(char text[NUMBER_TEXT_MAX], double bytes)
{
	static const char *const names[] = {"B", "KiB", "MiB", "GiB"};
	size_t i = 0;

	if (isnan(bytes))
		return format_number(text, NAN);
	for (; i < 3 && fabs(bytes) >= 1024; i++)
		bytes /= 1024;
	format_number(text, bytes);
	snprintf(text + strlen(text), NUMBER_TEXT_MAX - strlen(text), " %s", names[i]);
	return text;
}

static bool starts_character(char byte)
{
	return ((unsigned char)byte & 0xc0) != 0x80;
}

size_t text_width(const char *text)
{
	size_t width = 0;

	for (; *text; text++)
		width += starts_character(*text);
	return width;
}

/* Bytes of the first `width` characters. */
static size_t bytes_of(const char *text, size_t width)
{
	const char *end = text;

	while (*end && (width > 0 || !starts_character(*end)))
		width -= starts_character(*end++);
	return (size_t)(end - text);
}

char *text_cut(char *out, size_t size, const char *text, size_t width)
{
	bool fits = text_width(text) <= width && strlen(text) < size;
	size_t bytes = fits ? strlen(text) : bytes_of(text, width - 1);

	while (!fits && bytes > 0 && (bytes + sizeof("…") > size || !starts_character(text[bytes])))
		bytes--;
	snprintf(out, size, "%.*s%s", (int)bytes, text, fits ? "" : "…");
	return out;
}

void text_pad(FILE *out, const char *text, int width)
{
	int blanks = (width < 0 ? -width : width) - (int)text_width(text);

	blanks = blanks < 0 ? 0 : blanks;
	if (width < 0)
		fprintf(out, "%*s%s", blanks, "", text);
	else
		fprintf(out, "%s%*s", text, blanks, "");
}

/* Bytes of the next line: up to the last blank that fits, or all that fits. */
static size_t next_line(const char *text, size_t width)
{
	size_t fits = bytes_of(text, width), bytes = fits;

	if (!text[fits] || text[fits] == ' ')
		return fits;
	while (bytes > 0 && text[bytes] != ' ')
		bytes--;
	return bytes > 0 ? bytes : fits;
}

void text_wrap(const char *text, size_t width, void (*line)(void *context, const char *text), void *context)
{
	char room[1024];

	width = width < 8 ? 8 : width > 200 ? 200 : width;
	while (*text) {
		size_t bytes = next_line(text, width);

		snprintf(room, sizeof(room), "%.*s", (int)bytes, text);
		line(context, room);
		text += bytes;
		text += strspn(text, " ");
	}
}
