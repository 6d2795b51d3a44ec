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
