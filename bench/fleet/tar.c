/* tar.c: see tar.h. */
#include "tar.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

/* All of it text; numbers are octal digits, ended by a space or a zero. */
struct header {
	char name[100], mode[8], uid[8], gid[8], size[12], time[12], checksum[8], type, link[100], magic[6], version[2],
		user[32], group[32], major[8], minor[8], prefix[155], rest[12];
};
_Static_assert(sizeof(struct header) == TAR_BLOCK, "a header is a block");

static const struct header zeros;

/* Of all bytes, those of the checksum taken as spaces. */
static unsigned sum(const struct header *header)
{
	const unsigned char *bytes = (const unsigned char *)header;
	size_t first = offsetof(struct header, checksum), last = first + sizeof header->checksum;
	unsigned total = 0;

	for (size_t i = 0; i < TAR_BLOCK; i++)
		total += i >= first && i < last ? ' ' : bytes[i];
	return total;
}

static void put(char *field, size_t room, uint64_t number)
{
	field[--room] = '\0';
	while (room > 0) {
		field[--room] = (char)('0' + number % 8);
		number /= 8;
	}
}

int tar_write(unsigned char block[TAR_BLOCK], const char *prefix, const char *name, uint64_t size, uint64_t time)
{
	struct header header = {.type = '0', .magic = "ustar", .version = {'0', '0'}};

	if (strlen(prefix) > sizeof header.prefix || strlen(name) > sizeof header.name)
		return -ENAMETOOLONG;
	if (size >> 33)
		return -EFBIG;
	memcpy(header.name, name, strlen(name));
	memcpy(header.prefix, prefix, strlen(prefix));
	put(header.mode, sizeof header.mode, 0644);
	put(header.uid, sizeof header.uid, 0);
	put(header.gid, sizeof header.gid, 0);
	put(header.size, sizeof header.size, size);
	put(header.time, sizeof header.time, time);
	put(header.checksum, sizeof header.checksum, sum(&header));
	memcpy(block, &header, TAR_BLOCK);
	return 0;
}

/* 0, or -EINVAL for what is no octal number: GNU tar's binary ones are larger than we take. */
static int take(const char *field, size_t room, uint64_t *number)
{
	size_t i = 0;

	while (i < room && field[i] == ' ')
		i++;
	*number = 0;
	if (i == room || field[i] < '0' || field[i] > '7')
		return -EINVAL;
	for (; i < room && field[i] >= '0' && field[i] <= '7'; i++)
		*number = *number * 8 + (uint64_t)(field[i] - '0');
	return i == room || field[i] == '\0' || field[i] == ' ' ? 0 : -EINVAL;
}

static const char *foreign(char type)
{
	switch (type) {
	case '1':
	case '2':
		return "it is a link";
	case '3':
	case '4':
	case '6':
		return "it is a device or a pipe";
	default:
		return "it is of a kind that a bundle does not have";
	}
}

int tar_read(const unsigned char block[TAR_BLOCK], struct tar_entry *entry, const char **why)
{
	struct header header;
	uint64_t checksum;

	memcpy(&header, block, TAR_BLOCK);
	*entry = (struct tar_entry){.kind = TAR_END};
	if (memcmp(&header, &zeros, TAR_BLOCK) == 0)
		return 0;
	*why = "it is no tar archive, or a damaged one";
	if (memcmp(header.magic, "ustar", 5) != 0 || take(header.checksum, sizeof header.checksum, &checksum) < 0 ||
	    checksum != sum(&header))
		return -EINVAL;
	snprintf(entry->path, sizeof entry->path, "%.155s%s%.100s", header.prefix, header.prefix[0] ? "/" : "",
		 header.name);
	if (header.type == '5') {
		entry->kind = TAR_FOLDER;
		return 0;
	}
	entry->kind = TAR_FILE;
	*why = header.type != '0' && header.type != '\0' ? foreign(header.type) : "its size is out of bounds";
	if (header.type != '0' && header.type != '\0')
		return -EINVAL;
	return take(header.size, sizeof header.size, &entry->size);
}
