/* files.h: which files a bundle consists of, with their SHA-256, as its SHA256SUMS lists them.
 *
 * A path is relative to the bundle, at most FILES_PATH_MAX characters and FILES_DEPTH_MAX levels; each level has
 * letters, digits and any of "._+-", and does not begin with a point. So none leaves its folder or hides in it. */
#ifndef SIMUL_FILES_H
#define SIMUL_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sha256.h"

enum { FILES_MAX = 1000, FILES_PATH_MAX = 100, FILES_DEPTH_MAX = 4, FLEET_REASON_MAX = 512 };
#define FILES_BYTES_MAX (UINT64_C(4) << 30) /* of all files together */
#define FILES_SUMS "SHA256SUMS"

struct file {
	char path[FILES_PATH_MAX + 1];
	char digest[SHA256_TEXT]; /* "": not known yet */
};

/* Zeroed, it is empty; files_clear() frees it. */
struct files {
	struct file *items;
	size_t count;
};

/* Whether it is a path as above. */
bool files_allow(const char *path);
/* 0; -EINVAL: no such path; -EEXIST: it is there; -E2BIG: too many; -ENOMEM. digest NULL: not known yet. */
int files_add(struct files *files, const char *path, const char *digest);
/* NULL if it is not there. */
struct file *files_find(const struct files *files, const char *path);
void files_clear(struct files *files);

/* The regular files below an open folder, sorted, without digests, and without SHA256SUMS and what begins with a point.
 * 0, or -errno with a sentence in reason. */
int files_list(int folder, struct files *files, char reason[FLEET_REASON_MAX]);

/* The text of SHA256SUMS, as sha256sum(1) writes and checks it, sorted; owned by the caller. NULL without memory. */
char *files_text(struct files *files);
/* Reads it. 0, or -errno with a sentence in reason. */
int files_parse(const char *text, struct files *files, char reason[FLEET_REASON_MAX]);
/* Whether the files that are there are those listed, byte for byte: 0, or -EBADMSG with a sentence in reason. */
int files_compare(const struct files *there, const struct files *listed, char reason[FLEET_REASON_MAX]);

/* Copies exactly that many bytes from one descriptor to another, and adds them
 * to sha. 0; -ENODATA: there were fewer; -EINTR: a signal that the program handles; -errno of
 * the read or, in *writing set to true, of the write. */
int files_copy(int from, int to, uint64_t bytes, struct sha256 *sha, bool *writing);
/* Writes, or reads, exactly that many: 0, -ENODATA (at the end), -EINTR or -errno. */
int files_write(int fd, const void *data, size_t bytes);
int files_read(int fd, void *data, size_t bytes);
/* The whole text of a small file, at most 1 MiB, below an open folder; owned by the caller. NULL with errno. */
char *files_load(int folder, const char *path);
/* The SHA-256 of a file below an open folder. 0 or -errno. */
int files_digest(int folder, const char *path, char digest[SHA256_TEXT]);
/* Removes a folder and all that is in it; follows no link. */
void files_remove(const char *folder);

#endif
