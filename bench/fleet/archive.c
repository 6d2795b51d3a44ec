/* archive.c: see archive.h. */
#include "archive.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "tar.h"

enum { FORMAT = 1, HOST_MAX = 64, MANIFEST_MAX = 64 << 20 };

/* ---- The name ---- */

/* What of the text may stand in a name; the rest becomes '-', or is left out with skip. */
static void take_text(char *name, const char *text, size_t most, bool skip)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._";
	size_t length = strlen(name);

	for (size_t i = 0; text[i] && i < most; i++) {
		bool good = strchr(letters, text[i]) && !(length == 0 && text[i] == '.');

		if (good || !skip)
			name[length++] = (char)(good ? text[i] : '-');
	}
	name[length] = '\0';
}

static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

int archive_name(const json_t *manifest, char name[FLEET_NAME_MAX], char reason[FLEET_REASON_MAX])
{
	const json_t *machine = json_object_get(manifest, "machine");
	const char *identity = text_of(machine, "identity"), *created = text_of(manifest, "created");
	char seed[24];

	name[0] = '\0';
	if (json_integer_value(json_object_get(manifest, "format")) != FORMAT || !*identity || !*created) {
		snprintf(reason, FLEET_REASON_MAX, "its manifest.json is not of a format that this version knows");
		return -EINVAL;
	}
	snprintf(seed, sizeof seed, "%lld", (long long)json_integer_value(json_object_get(manifest, "seed")));
	if (*text_of(machine, "host")) {
		take_text(name, text_of(machine, "host"), HOST_MAX, false);
		strcat(name, "-");
	}
	take_text(name, identity, 16, false);
	strcat(name, "-");
	take_text(name, created, 20, true);
	strcat(name, "-");
	take_text(name, seed, 20, true);
	return 0;
}

json_t *archive_manifest(int folder, char name[FLEET_NAME_MAX], char reason[FLEET_REASON_MAX])
{
	int fd = openat(folder, "manifest.json", O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat status = {.st_size = 0};
	bool small = fd >= 0 && fstat(fd, &status) == 0 && status.st_size <= MANIFEST_MAX;
	json_t *manifest = small ? json_loadfd(fd, 0, NULL) : NULL;

	if (fd < 0)
		snprintf(reason, FLEET_REASON_MAX, "it is no bundle: its manifest.json cannot be read: %s",
			 strerror(errno));
	else if (!manifest)
		snprintf(reason, FLEET_REASON_MAX, "its manifest.json is no JSON");
	else if (archive_name(manifest, name, reason) < 0) {
		json_decref(manifest);
		manifest = NULL;
	}
	if (fd >= 0)
		close(fd);
	return manifest;
}

static uint64_t time_of(const json_t *manifest)
{
	struct tm utc = {.tm_year = 70};
	time_t seconds = strptime(text_of(manifest, "created"), "%Y-%m-%dT%H:%M:%SZ", &utc) ? timegm(&utc) : 0;

	return seconds > 0 ? (uint64_t)seconds : 0;
}

/* ---- The archive ---- */

struct archive {
	int folder, out;
	const char *name; /* of the bundle */
	uint64_t time;
	char *reason;
};

static int fail(const struct archive *archive, const char *what, int error)
{
	snprintf(archive->reason, FLEET_REASON_MAX, "%s: %s", what,
		 error == -ENODATA ? "it became shorter" : strerror(-error));
	return error;
}

static const char cannot_write[] = "the archive cannot be written in full";

static int write_padding(const struct archive *archive, uint64_t size)
{
	static const char zeros[TAR_BLOCK];
	size_t rest = (size_t)(size % TAR_BLOCK);

	return rest ? files_write(archive->out, zeros, TAR_BLOCK - rest) : 0;
}

static int write_header(const struct archive *archive, const char *path, uint64_t size)
{
	unsigned char block[TAR_BLOCK];
	int error = tar_write(block, archive->name, path, size, archive->time);

	if (error < 0)
		return fail(archive, path, error);
	error = files_write(archive->out, block, sizeof block);
	return error < 0 ? fail(archive, cannot_write, error) : 0;
}

static int write_bytes(const struct archive *archive, int fd, struct file *file)
{
	struct stat status;
	struct sha256 sha;
	bool writing = false;
	int error = fstat(fd, &status) < 0 ? fail(archive, file->path, -errno)
					   : write_header(archive, file->path, (uint64_t)status.st_size);

	if (error < 0)
		return error;
	sha256_begin(&sha);
	error = files_copy(fd, archive->out, (uint64_t)status.st_size, &sha, &writing);
	if (error < 0)
		return fail(archive, writing ? cannot_write : file->path, error);
	sha256_end(&sha, file->digest);
	error = write_padding(archive, (uint64_t)status.st_size);
	return error < 0 ? fail(archive, cannot_write, error) : 0;
}

static int write_file(const struct archive *archive, struct file *file)
{
	int fd = openat(archive->folder, file->path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC), error;

	if (fd < 0)
		return fail(archive, file->path, -errno);
	error = write_bytes(archive, fd, file);
	close(fd);
	return error;
}

/* The sums, and the end. */
static int write_sums(const struct archive *archive, struct files *files)
{
	static const char end[2 * TAR_BLOCK];
	char *text = files_text(files);
	size_t bytes = text ? strlen(text) : 0;
	int error = text ? write_header(archive, FILES_SUMS, bytes) : fail(archive, FILES_SUMS, -ENOMEM);

	if (error == 0) {
		error = files_write(archive->out, text, bytes);
		if (error == 0)
			error = write_padding(archive, bytes);
		if (error == 0)
			error = files_write(archive->out, end, sizeof end);
		if (error < 0)
			fail(archive, cannot_write, error);
	}
	free(text);
	return error;
}

static int write_all(const struct archive *archive)
{
	struct files files = {.items = NULL};
	int error = files_list(archive->folder, &files, archive->reason);

	for (size_t i = 0; error == 0 && i < files.count; i++)
		error = write_file(archive, &files.items[i]);
	if (error == 0)
		error = write_sums(archive, &files);
	files_clear(&files);
	return error;
}

int archive_write(const char *folder, int out, char name[FLEET_NAME_MAX], char reason[FLEET_REASON_MAX])
{
	struct archive archive = {
		.folder = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC), .out = out, .name = name, .reason = reason};
	json_t *manifest;
	int error;

	if (archive.folder < 0)
		return fail(&archive, folder, -errno);
	manifest = archive_manifest(archive.folder, name, reason);
	archive.time = time_of(manifest);
	error = manifest ? write_all(&archive) : -EINVAL;
	json_decref(manifest);
	close(archive.folder);
	return error;
}
