/* files.c: see files.h. */
#include "files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { COPY_BYTES = 1 << 16, TEXT_BYTES_MAX = 1 << 20 };

/* ---- Paths ---- */

static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._+-";

bool files_allow(const char *path)
{
	size_t levels = 0;

	if (strlen(path) > FILES_PATH_MAX)
		return false;
	for (;; path++) {
		size_t length = strspn(path, letters);

		if (length == 0 || path[0] == '.' || ++levels > FILES_DEPTH_MAX)
			return false;
		path += length;
		if (*path == '\0')
			return true;
		if (*path != '/')
			return false;
	}
}

struct file *files_find(const struct files *files, const char *path)
{
	for (size_t i = 0; i < files->count; i++)
		if (strcmp(files->items[i].path, path) == 0)
			return &files->items[i];
	return NULL;
}

int files_add(struct files *files, const char *path, const char *digest)
{
	struct file *items;

	if (!files_allow(path))
		return -EINVAL;
	if (files_find(files, path))
		return -EEXIST;
	if (files->count == FILES_MAX)
		return -E2BIG;
	items = realloc(files->items, (files->count + 1) * sizeof *items);
	if (!items)
		return -ENOMEM;
	files->items = items;
	items[files->count] = (struct file){.path = ""};
	strcpy(items[files->count].path, path);
	if (digest)
		strcpy(items[files->count].digest, digest);
	files->count++;
	return 0;
}

void files_clear(struct files *files)
{
	free(files->items);
	*files = (struct files){.items = NULL};
}

/* ---- What is in a folder ---- */

static int by_path(const void *left, const void *right)
{
	return strcmp(((const struct file *)left)->path, ((const struct file *)right)->path);
}

static void sort(struct files *files)
{
	if (files->count > 0)
		qsort(files->items, files->count, sizeof *files->items, by_path);
}

static int list_folder(int folder, const char *prefix, struct files *files, char *reason);

static int list_entry(int folder, const char *prefix, const char *name, struct files *files, char *reason)
{
	char path[FILES_PATH_MAX + 1];
	struct stat status;
	int error = 0, below;

	if (name[0] == '.' || (!*prefix && strcmp(name, FILES_SUMS) == 0))
		return 0;
	if (snprintf(path, sizeof path, "%s%s", prefix, name) >= (int)sizeof path || !files_allow(path))
		error = -EINVAL;
	else if (fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) < 0)
		error = -errno;
	else if (!S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode))
		error = -ENOTSUP;
	else if (S_ISREG(status.st_mode))
		error = files_add(files, path, NULL);
	if (error < 0) {
		snprintf(reason, FLEET_REASON_MAX, "it holds %s%s: %s", prefix, name,
			 error == -EINVAL    ? "no name that a bundle has"
			 : error == -ENOTSUP ? "neither a file nor a folder"
			 : error == -E2BIG   ? "more files than a bundle has"
					     : strerror(-error));
		return error;
	}
	if (S_ISREG(status.st_mode))
		return 0;
	strcat(path, strlen(path) < FILES_PATH_MAX ? "/" : "");
	below = openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return below < 0 ? -errno : list_folder(below, path, files, reason);
}

/* Takes the descriptor over. */
static int list_folder(int folder, const char *prefix, struct files *files, char *reason)
{
	DIR *directory = fdopendir(folder);
	struct dirent *entry;
	int error = directory ? 0 : -errno;

	while (directory && error == 0 && (entry = readdir(directory)))
		error = list_entry(folder, prefix, entry->d_name, files, reason);
	if (directory)
		closedir(directory);
	else
		close(folder);
	return error;
}

int files_list(int folder, struct files *files, char reason[FLEET_REASON_MAX])
{
	int own = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), error;

	snprintf(reason, FLEET_REASON_MAX, "it cannot be read");
	if (own < 0)
		return -errno;
	error = list_folder(own, "", files, reason);
	sort(files);
	return error;
}

/* ---- SHA256SUMS ---- */

char *files_text(struct files *files)
{
	char *text = NULL;
	size_t bytes;
	FILE *stream = open_memstream(&text, &bytes);

	if (!stream)
		return NULL;
	sort(files);
	for (size_t i = 0; i < files->count; i++)
		fprintf(stream, "%s  %s\n", files->items[i].digest, files->items[i].path);
	return fclose(stream) == 0 ? text : NULL;
}

/* "DIGEST  PATH", or "DIGEST *PATH" as sha256sum --binary writes it. */
static int parse_line(struct files *files, const char *line, size_t length)
{
	char digest[SHA256_TEXT], path[FILES_PATH_MAX + 1];
	size_t lead = SHA256_TEXT - 1 + 2;

	if (length <= lead || length - lead > FILES_PATH_MAX || strspn(line, "0123456789abcdef") != SHA256_TEXT - 1 ||
	    line[lead - 2] != ' ' || (line[lead - 1] != ' ' && line[lead - 1] != '*'))
		return -EINVAL;
	snprintf(digest, sizeof digest, "%.*s", SHA256_TEXT - 1, line);
	snprintf(path, sizeof path, "%.*s", (int)(length - lead), line + lead);
	return files_add(files, path, digest);
}

int files_parse(const char *text, struct files *files, char reason[FLEET_REASON_MAX])
{
	int error = 0;

	for (size_t number = 1; *text && error == 0; number++) {
		size_t length = strcspn(text, "\n");

		error = parse_line(files, text, length);
		snprintf(reason, FLEET_REASON_MAX, "line %zu of its " FILES_SUMS " cannot be used", number);
		text += length + (text[length] == '\n');
	}
	return error;
}

int files_compare(const struct files *there, const struct files *listed, char reason[FLEET_REASON_MAX])
{
	for (size_t i = 0; i < there->count; i++) {
		const struct file *file = files_find(listed, there->items[i].path);

		if (file && strcmp(file->digest, there->items[i].digest) == 0)
			continue;
		snprintf(reason, FLEET_REASON_MAX, "it is damaged: %s is not %s " FILES_SUMS, there->items[i].path,
			 file ? "what it was when it was written into" : "in its");
		return -EBADMSG;
	}
	for (size_t i = 0; i < listed->count; i++)
		if (!files_find(there, listed->items[i].path)) {
			snprintf(reason, FLEET_REASON_MAX, "it is damaged: %s is missing", listed->items[i].path);
			return -EBADMSG;
		}
	return 0;
}

/* ---- Bytes ---- */

int files_write(int fd, const void *data, size_t bytes)
{
	const char *next = data;

	while (bytes > 0) {
		ssize_t written = write(fd, next, bytes);

		if (written < 0)
			return -errno;
		next += written;
		bytes -= (size_t)written;
	}
	return 0;
}

int files_read(int fd, void *data, size_t bytes)
{
	char *next = data;

	while (bytes > 0) {
		ssize_t got = read(fd, next, bytes);

		if (got <= 0)
			return got < 0 ? -errno : -ENODATA;
		next += got;
		bytes -= (size_t)got;
	}
	return 0;
}

int files_copy(int from, int to, uint64_t bytes, struct sha256 *sha, bool *writing)
{
	char part[COPY_BYTES];
	int error = 0;

	*writing = false;
	while (bytes > 0 && error == 0) {
		size_t now = bytes < sizeof part ? (size_t)bytes : sizeof part;

		error = files_read(from, part, now);
		if (error < 0)
			return error;
		sha256_add(sha, part, now);
		error = files_write(to, part, now);
		*writing = error < 0;
		bytes -= now;
	}
	return error;
}

char *files_load(int folder, const char *path)
{
	int fd = openat(folder, path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat status;
	char *text = NULL;

	if (fd < 0)
		return NULL;
	if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && status.st_size <= TEXT_BYTES_MAX)
		text = calloc(1, (size_t)status.st_size + 1);
	else
		errno = EFBIG;
	if (text && files_read(fd, text, (size_t)status.st_size) < 0) {
		free(text);
		text = NULL;
		errno = EIO;
	}
	close(fd);
	return text;
}

int files_digest(int folder, const char *path, char digest[SHA256_TEXT])
{
	int fd = openat(folder, path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	char part[COPY_BYTES];
	struct sha256 sha;
	ssize_t got;
	int error;

	if (fd < 0)
		return -errno;
	sha256_begin(&sha);
	while ((got = read(fd, part, sizeof part)) > 0)
		sha256_add(&sha, part, (size_t)got);
	error = got < 0 ? -errno : 0;
	close(fd);
	sha256_end(&sha, digest);
	return error;
}

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *walk)
{
	(void)status;
	(void)kind;
	(void)walk;
	return remove(path) < 0 ? -1 : 0;
}

void files_remove(const char *folder)
{
	nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}
