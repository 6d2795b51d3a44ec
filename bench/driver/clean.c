/* clean.c: strangers' bytes to clean text. No byte is read past the given length, none is written past it but the zero.
 */
#include "clean.h"

#include <stdio.h>

/* Well-formed UTF-8 by its first two bytes; the others are continuation bytes. Unicode 15, table 3-7. */
static const struct {
	unsigned char first_least, first_most, second_least, second_most, length;
} sequences[] = {
	{0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3}, {0xe1, 0xec, 0x80, 0xbf, 3},
	{0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3}, {0xf0, 0xf0, 0x90, 0xbf, 4},
	{0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4},
};

static bool continues(const unsigned char *bytes, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++)
		if (bytes[i] < 0x80 || bytes[i] > 0xbf)
			return false;
	return true;
}

/* Length of the sequence of several bytes that starts here; 0 if it is none, or a C1 control character. */
static size_t sequence_length(const unsigned char *bytes, size_t left)
{
	if (left >= 2 && bytes[0] == 0xc2 && bytes[1] < 0xa0)
		return 0;
	for (size_t i = 0; i < sizeof(sequences) / sizeof(sequences[0]); i++) {
		if (bytes[0] < sequences[i].first_least || bytes[0] > sequences[i].first_most)
			continue;
		if (left < sequences[i].length || bytes[1] < sequences[i].second_least ||
		    bytes[1] > sequences[i].second_most)
			return 0;
		return continues(bytes, 2, sequences[i].length) ? sequences[i].length : 0;
	}
	return 0;
}

static char clean_ascii(unsigned char byte, bool one_line)
{
	if (byte == '\n' || byte == '\t')
		return one_line ? ' ' : (char)byte;
	return byte >= 0x20 && byte < 0x7f ? (char)byte : '?';
}

size_t text_clean(char *text, size_t length, bool one_line)
{
	const unsigned char *bytes = (const unsigned char *)text;
	size_t to = 0;

	for (size_t from = 0; from < length;) {
		size_t sequence = sequence_length(bytes + from, length - from);

		if (!sequence)
			text[to++] = clean_ascii(bytes[from++], one_line);
		for (; sequence; sequence--)
			text[to++] = text[from++];
	}
	text[to] = '\0';
	return to;
}

const char *text_duration(double ns, char text[TEXT_DURATION_MAX])
{
	static const struct {
		double ns;
		const char *name;
	} units[] = {{1e9, "s"}, {1e6, "ms"}, {1e3, "µs"}, {1, "ns"}};
	unsigned long long seconds = (unsigned long long)(ns / 1e9 + 0.5);
	size_t unit = 0;

	while (unit < 3 && ns < 0.9995 * units[unit].ns)
		unit++;
	if (seconds < 100)
		snprintf(text, TEXT_DURATION_MAX, "%.3g %s", ns / units[unit].ns, units[unit].name);
	else if (seconds < 6000)
		snprintf(text, TEXT_DURATION_MAX, "%llu min %llu s", seconds / 60, seconds % 60);
	else
		snprintf(text, TEXT_DURATION_MAX, "%llu h %llu min", seconds / 3600, seconds / 60 % 60);
	return text;
}
