/* tar.h: the headers of a tar archive: POSIX.1-1988's ustar (pax(1), "ustar Interchange Format"), written; and read,
 * with GNU tar's where it holds nothing that ustar lacks.
 *
 * An archive is a header and the bytes, padded to whole blocks, for each file, and two blocks of zeros. */
#ifndef SIMUL_TAR_H
#define SIMUL_TAR_H

#include <stdint.h>

enum { TAR_BLOCK = 512, TAR_PREFIX_MAX = 155, TAR_NAME_MAX = 100, TAR_PATH_MAX = TAR_PREFIX_MAX + TAR_NAME_MAX + 2 };

enum tar_kind { TAR_END, TAR_FILE, TAR_FOLDER }; /* TAR_END: a block of zeros */

struct tar_entry {
	enum tar_kind kind;
	uint64_t size;           /* bytes; 0 for a folder */
	char path[TAR_PATH_MAX]; /* as it stands there: a stranger's */
};

/* The header of a file, whose path is prefix/name; time in seconds since 1970. Owner, group and mode say nothing of who
 * wrote it (root, 0644). 0; -ENAMETOOLONG; -EFBIG for 8 GiB and more. */
int tar_write(unsigned char block[TAR_BLOCK], const char *prefix, const char *name, uint64_t size, uint64_t time);

/* 0, or -EINVAL with the end of a sentence in *why: "it is no tar archive", "a link". */
int tar_read(const unsigned char block[TAR_BLOCK], struct tar_entry *entry, const char **why);

#endif
