/* merge.c: see merge.h. */
#include "merge.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tar.h"

enum { PADDING_MAX = 1 << 20 }; /* bytes of zeros after an archive; GNU tar writes up to 10 KiB */

struct merge {
	int into, scratch; /* folders */
	char scratch_name[32];
	const char *source;
	struct files there;           /* what has been written to scratch */
	struct files listed;          /* what SHA256SUMS says */
	bool has_sums;                /* there was one */
	uint64_t bytes;               /* so far */
	char top[FILES_PATH_MAX + 1]; /* an archive's one folder; "" until it is known */
	char *reason;
};

static int fail(const struct merge *merge, int error, const char *what)
{
	snprintf(merge->reason, FLEET_REASON_MAX, "%s", what);
	return error;
}

static int fail_file(const struct merge *merge, int error, const char *path, const char *what)
{
	snprintf(merge->reason, FLEET_REASON_MAX, "'%.260s': %s", path, what);
	return error;
}

/* ---- Writing beside its place ---- */

static int make_scratch(struct merge *merge)
{
	for (unsigned i = 0; i < 1000; i++) {
		snprintf(merge->scratch_name, sizeof merge->scratch_name, ".merge-%ld-%u", (long)getpid(), i);
		if (mkdirat(merge->into, merge->scratch_name, 0777) == 0) {
			merge->scratch = openat(merge->into, merge->scratch_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
			return merge->scratch < 0 ? fail(merge, -errno, strerror(errno)) : 0;
		}
		if (errno != EEXIST)
			break;
	}
	snprintf(merge->reason, FLEET_REASON_MAX, "there is no writing to the folder: %s", strerror(errno));
	return -errno;
}

static void remove_scratch(struct merge *merge)
{
	char path[64];

	if (merge->scratch >= 0) {
		snprintf(path, sizeof path, "/proc/self/fd/%d/", merge->into);
		strcat(path, merge->scratch_name);
		files_remove(path);
		close(merge->scratch);
	}
	files_clear(&merge->there);
	files_clear(&merge->listed);
}

static int create(const struct merge *merge, const char *path)
{
	char folder[FILES_PATH_MAX + 1];
	int fd;

	for (const char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
		snprintf(folder, sizeof folder, "%.*s", (int)(slash - path), path);
		if (mkdirat(merge->scratch, folder, 0777) < 0 && errno != EEXIST)
			return -errno;
	}
	fd = openat(merge->scratch, path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	return fd < 0 ? -errno : fd;
}

static int copy_into(struct merge *merge, int from, int to, const char *path, uint64_t bytes)
{
	char digest[SHA256_TEXT];
	struct sha256 sha;
	bool writing;
	int error;

	sha256_begin(&sha);
	error = files_copy(from, to, bytes, &sha, &writing);
	sha256_end(&sha, digest);
	if (error == 0 && fsync(to) < 0) {
		error = -errno;
		writing = true;
	}
	if (error == -ENODATA)
		return fail_file(merge, error, path, "it ends too early");
	if (error < 0) {
		snprintf(merge->reason, FLEET_REASON_MAX, "%s cannot be %s: %s", path, writing ? "written" : "read",
			 strerror(-error));
		return error;
	}
	return strcmp(path, FILES_SUMS) == 0 ? 0 : files_add(&merge->there, path, digest);
}

/* Takes that many bytes as a file of the bundle. The limits are met before a byte is read. */
static int take_file(struct merge *merge, int from, const char *path, uint64_t bytes)
{
	int to, error;

	if (!files_allow(path))
		return fail_file(merge, -EINVAL, path, "no name that a bundle has");
	if (merge->there.count == FILES_MAX)
		return fail(merge, -E2BIG, "it has more files than a bundle has");
	if (bytes > FILES_BYTES_MAX - merge->bytes)
		return fail_file(merge, -EFBIG, path, "with it there are more than the 4 GiB that a bundle may have");
	merge->bytes += bytes;
	to = create(merge, path);
	if (to < 0)
		return fail_file(merge, to, path, to == -EEXIST ? "it is there twice" : strerror(-to));
	error = copy_into(merge, from, to, path, bytes);
	close(to);
	return error;
}

static int read_sums(struct merge *merge, int folder)
{
	char *text = files_load(folder, FILES_SUMS);
	int error = text ? files_parse(text, &merge->listed, merge->reason) : -errno;

	merge->has_sums = text != NULL;
	free(text);
	if (error == -ENOENT)
		return 0;
	return merge->has_sums || error == 0 ? error : fail(merge, error, "its " FILES_SUMS " cannot be read");
}

/* ---- From an archive ---- */

static bool leaves(const char *path)
{
	for (const char *level = path; level; level = strchr(level, '/')) {
		level += level != path;
		if (*level == '/' || (strncmp(level, "..", 2) == 0 && (level[2] == '/' || level[2] == '\0')))
			return true;
	}
	return false;
}

/* What follows the archive's one folder: "" for that folder itself. NULL with a sentence. */
static const char *below_top(struct merge *merge, const struct tar_entry *entry)
{
	size_t length = strcspn(entry->path, "/");
	const char *rest = entry->path + length + (entry->path[length] == '/');

	if (leaves(entry->path)) {
		fail_file(merge, -EINVAL, entry->path, "it leaves its folder");
		return NULL;
	}
	if (!merge->top[0] && length > 0 && length <= FILES_PATH_MAX)
		memcpy(merge->top, entry->path, length);
	if (!merge->top[0] || strncmp(entry->path, merge->top, length) != 0 || merge->top[length] ||
	    (entry->kind == TAR_FILE && !*rest)) {
		fail_file(merge, -EINVAL, entry->path, "an archive of a bundle has one folder, and all is in it");
		return NULL;
	}
	return rest;
}

static int skip_padding(struct merge *merge, int from, uint64_t size)
{
	unsigned char block[TAR_BLOCK];
	size_t rest = (size_t)(size % TAR_BLOCK);
	int error = rest ? files_read(from, block, TAR_BLOCK - rest) : 0;

	return error < 0 ? fail(merge, error, "it ends too early") : 0;
}

/* 0, 1 at its end. */
static int take_entry(struct merge *merge, int from)
{
	unsigned char block[TAR_BLOCK];
	struct tar_entry entry;
	const char *why = "", *path;
	int error = files_read(from, block, sizeof block);

	if (error < 0)
		return fail(merge, error, error == -ENODATA ? "it ends too early" : strerror(-error));
	if (tar_read(block, &entry, &why) < 0)
		return entry.path[0] ? fail_file(merge, -EINVAL, entry.path, why) : fail(merge, -EINVAL, why);
	if (entry.kind == TAR_END)
		return 1;
	path = below_top(merge, &entry);
	if (!path)
		return -EINVAL;
	if (entry.kind == TAR_FOLDER)
		return 0;
	error = take_file(merge, from, path, entry.size);
	return error < 0 ? error : skip_padding(merge, from, entry.size);
}

/* Only zeros may follow. */
static int check_end(struct merge *merge, int from)
{
	unsigned char block[TAR_BLOCK];
	size_t bytes = 0;
	ssize_t got;

	while ((got = read(from, block, sizeof block)) > 0) {
		bytes += (size_t)got;
		for (ssize_t i = 0; i < got; i++)
			if (block[i] || bytes > PADDING_MAX)
				return fail(merge, -EINVAL, "there is more after the archive's end");
	}
	return got < 0 ? fail(merge, -errno, strerror(errno)) : 0;
}

static int take_archive(struct merge *merge, int from)
{
	int result = 0;

	while (result == 0)
		result = take_entry(merge, from);
	if (result == 1)
		result = check_end(merge, from);
	if (result == 0)
		result = read_sums(merge, merge->scratch);
	if (result == 0 && !merge->has_sums)
		return fail(merge, -EINVAL, "there is no " FILES_SUMS " in it to hold it against");
	return result;
}

/* ---- From a folder ---- */

static int take_from_folder(struct merge *merge, int folder, const char *path)
{
	int from = openat(folder, path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC), error;
	struct stat status;

	if (from < 0)
		return errno == ENOENT ? 0 : fail_file(merge, -errno, path, strerror(errno)); /* the comparison tells */
	if (fstat(from, &status) < 0 || !S_ISREG(status.st_mode))
		error = fail_file(merge, -EINVAL, path, "it is no file");
	else
		error = take_file(merge, from, path, (uint64_t)status.st_size);
	close(from);
	return error;
}

/* The files that its SHA256SUMS lists; without one, all. */
static int take_folder(struct merge *merge, int folder)
{
	struct files files = {.items = NULL};
	const struct files *wanted = &files;
	int error = read_sums(merge, folder);

	if (merge->has_sums)
		wanted = &merge->listed;
	else if (error == 0)
		error = files_list(folder, &files, merge->reason);
	for (size_t i = 0; error == 0 && i < wanted->count; i++)
		error = take_from_folder(merge, folder, wanted->items[i].path);
	files_clear(&files);
	return error;
}

/* ---- Its place ---- */

/* Whether the bundle of that name there is the same one. */
static bool is_same(const struct merge *merge, const char *name)
{
	static const char *const what[] = {"manifest.json", "records.jsonl"};
	char path[MERGE_NAME_MAX + 32], digest[SHA256_TEXT];

	for (size_t i = 0; i < sizeof what / sizeof *what; i++) {
		const struct file *ours = files_find(&merge->there, what[i]);

		snprintf(path, sizeof path, "%s/%s", name, what[i]);
		if (files_digest(merge->into, path, digest) < 0 || strcmp(digest, ours->digest) != 0)
			return false;
	}
	return true;
}

/* Its name with part of the checksum of what makes it the bundle that it is. */
static void name_beside(const struct merge *merge, char name[MERGE_NAME_MAX])
{
	char digest[SHA256_TEXT];
	struct sha256 sha;

	sha256_begin(&sha);
	sha256_add(&sha, files_find(&merge->there, "manifest.json")->digest, SHA256_TEXT);
	sha256_add(&sha, files_find(&merge->there, "records.jsonl")->digest, SHA256_TEXT);
	sha256_end(&sha, digest);
	snprintf(name + strlen(name), MERGE_NAME_MAX - strlen(name), "-%.12s", digest);
}

/* rename(2) replaces no folder that holds anything. 0, -EEXIST: another bundle is there; -errno. */
static int place(const struct merge *merge, const char *name, enum merge_outcome *outcome)
{
	if (renameat(merge->into, merge->scratch_name, merge->into, name) == 0)
		return fsync(merge->into) < 0 ? -errno : 0;
	if (errno != EEXIST && errno != ENOTEMPTY && errno != ENOTDIR)
		return -errno;
	if (!is_same(merge, name))
		return -EEXIST;
	*outcome = MERGE_THERE;
	return 0;
}

static int write_sums(struct merge *merge)
{
	char *text = files_text(&merge->there);
	int fd, error = -ENOMEM;

	unlinkat(merge->scratch, FILES_SUMS, 0);
	fd = text ? create(merge, FILES_SUMS) : -ENOMEM;
	if (fd >= 0) {
		error = files_write(fd, text, strlen(text));
		if (error == 0 && fsync(fd) < 0)
			error = -errno;
		close(fd);
	}
	free(text);
	return error < 0 ? fail_file(merge, error, FILES_SUMS, strerror(-error)) : 0;
}

static int conclude(struct merge *merge, char name[MERGE_NAME_MAX], enum merge_outcome *outcome)
{
	json_t *manifest = NULL;
	int error = merge->has_sums ? files_compare(&merge->there, &merge->listed, merge->reason) : 0;

	if (error < 0)
		return error;
	manifest = archive_manifest(merge->scratch, name, merge->reason);
	if (!manifest)
		return -EINVAL;
	json_decref(manifest);
	if (!files_find(&merge->there, "records.jsonl"))
		return fail(merge, -EINVAL, "it is no bundle: there is no records.jsonl in it");
	error = write_sums(merge);
	if (error < 0)
		return error;
	*outcome = MERGE_DONE;
	error = place(merge, name, outcome);
	if (error == -EEXIST) {
		*outcome = MERGE_BESIDE;
		name_beside(merge, name);
		error = place(merge, name, outcome);
	}
	return error < 0 ? fail_file(merge, error, name, strerror(-error)) : 0;
}

static int take_source(struct merge *merge)
{
	bool standard = strcmp(merge->source, "-") == 0;
	int from = standard ? STDIN_FILENO : open(merge->source, O_RDONLY | O_CLOEXEC), error;
	struct stat status;

	if (from < 0 || fstat(from, &status) < 0)
		error = fail(merge, -errno, strerror(errno));
	else if (S_ISDIR(status.st_mode))
		error = take_folder(merge, from);
	else
		error = take_archive(merge, from);
	if (from >= 0 && !standard)
		close(from);
	return error;
}

int merge_bundle(int into, const char *source, char name[MERGE_NAME_MAX], enum merge_outcome *outcome,
		 char reason[FLEET_REASON_MAX])
{
	struct merge merge = {.into = into, .scratch = -1, .source = source, .reason = reason};
	int error = make_scratch(&merge);

	if (error == 0)
		error = take_source(&merge);
	if (error == 0)
		error = conclude(&merge, name, outcome);
	remove_scratch(&merge);
	return error;
}
