/* text.h: small text: lists of words (names, "key=value" pairs, an argv). */
#ifndef SIMUL_DRIVER_TEXT_H
#define SIMUL_DRIVER_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/* Strings in the order they were added. Zeroed, it is empty. Owns its items. */
struct texts {
	char **items;
	size_t count;
};

/* 0 or -ENOMEM. texts_add copies; texts_split adds the pieces of text between separators, empty ones too. */
int texts_add(struct texts *texts, const char *text);
int texts_split(struct texts *texts, const char *text, char separator);
bool texts_have(const struct texts *texts, const char *text);
void texts_clear(struct texts *texts);

#endif
