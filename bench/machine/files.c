/* files.c: small files of /proc and /sys, read whole below a root. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#include "internal.h"

/* As much as fits; /proc gives its files in pieces. */
static ssize_t read_all(int file, char *text, size_t size)
{
	size_t length = 0;
	ssize_t got;

	do {
		got = read(file, text + length, size - 1 - length);
		if (got > 0)
			length += (size_t)got;
	} while (got > 0 || (got < 0 && errno == EINTR));
	return got < 0 ? -errno : (ssize_t)length;
}

int read_text(const char *root, const char *path, char *text, size_t size)
{
	char joined[PATH_MAX];
	ssize_t length;
	int file;

	text[0] = '\0';
	if (snprintf(joined, sizeof(joined), "%s%s", root, path) >= (int)sizeof(joined))
		return -ENAMETOOLONG;
	file = open(joined, O_RDONLY | O_CLOEXEC);
	if (file < 0)
		return -errno;
	length = read_all(file, text, size);
	close(file);
	if (length < 0) {
		text[0] = '\0';
		return (int)length;
	}
	if (length > 0 && text[length - 1] == '\n')
		length--;
	text[length] = '\0';
	return (int)length;
}

int read_number(const char *root, const char *path, int64_t *number)
{
	char text[64], *end;
	int length = read_text(root, path, text, sizeof(text));

	if (length < 0)
		return length;
	*number = strtoimax(text, &end, 10);
	return end == text ? -EINVAL : 0;
}
