/* text.c: see text.h. */
#include "text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Takes the piece over; NULL is what strdup() returns without memory. */
static int texts_own(struct texts *texts, char *piece)
{
	char **items = piece ? realloc(texts->items, (texts->count + 1) * sizeof *items) : NULL;

	if (!items) {
		free(piece);
		return -ENOMEM;
	}
	texts->items = items;
	items[texts->count++] = piece;
	return 0;
}

int texts_add(struct texts *texts, const char *text)
{
	return texts_own(texts, strdup(text));
}

int texts_split(struct texts *texts, const char *text, char separator)
{
	const char *end;

	for (;; text = end + 1) {
		end = strchrnul(text, separator);
		if (texts_own(texts, strndup(text, (size_t)(end - text))) < 0)
			return -ENOMEM;
		if (*end == '\0')
			return 0;
	}
}

bool texts_have(const struct texts *texts, const char *text)
{
	for (size_t i = 0; i < texts->count; i++)
		if (strcmp(texts->items[i], text) == 0)
			return true;
	return false;
}

void texts_clear(struct texts *texts)
{
	for (size_t i = 0; i < texts->count; i++)
		free(texts->items[i]);
	free(texts->items);
	*texts = (struct texts){.items = NULL};
}

/* Three significant digits, without an exponent. */
static void three_digits(double value, const char *unit, char text[DURATION_TEXT_MAX])
{
	snprintf(text, DURATION_TEXT_MAX, "%.*f %s", value < 9.995 ? 2 : value < 99.95 ? 1 : 0, value, unit);
}

const char *duration_text(double ns, char text[DURATION_TEXT_MAX])
{
	unsigned long long seconds = (unsigned long long)(ns / 1e9 + 0.5);

	if (ns < 1e3)
		snprintf(text, DURATION_TEXT_MAX, "%.0f ns", ns);
	else if (ns < 999.5e3)
		three_digits(ns / 1e3, "us", text);
	else if (ns < 999.5e6)
		three_digits(ns / 1e6, "ms", text);
	else if (ns < 9.995e9)
		three_digits(ns / 1e9, "s", text);
	else if (seconds < 100)
		snprintf(text, DURATION_TEXT_MAX, "%llu s", seconds);
	else if (seconds < 6000)
		snprintf(text, DURATION_TEXT_MAX, "%llu min %llu s", seconds / 60, seconds % 60);
	else
		snprintf(text, DURATION_TEXT_MAX, "%llu h %llu min", seconds / 3600, seconds / 60 % 60);
	return text;
}
