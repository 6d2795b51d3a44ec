/* archive.h: a bundle as a tar: one folder named after the run, with all files and their SHA256SUMS at its end.
 *
 * The same bundle gives the same bytes, whoever writes it and when. */
#ifndef SIMUL_ARCHIVE_H
#define SIMUL_ARCHIVE_H

#include <jansson.h>

#include "files.h"

enum { FLEET_NAME_MAX = 128 };

/* [HOST-]IDENTITY-TIME-SEED of a manifest, fit for files_allow(); the host where the manifest names it. 0, or -EINVAL
 * with a sentence in reason for what is no manifest of a format that we know. */
int archive_name(const json_t *manifest, char name[FLEET_NAME_MAX], char reason[FLEET_REASON_MAX]);

/* The manifest.json of an open folder, a new reference, with its name; NULL with a sentence in reason. */
json_t *archive_manifest(int folder, char name[FLEET_NAME_MAX], char reason[FLEET_REASON_MAX]);

/* Writes the bundle in the folder to the descriptor, and its name into name. 0, or -errno with a sentence in reason;
 * -EINTR after a signal that the program handles. */
int archive_write(const char *folder, int out, char name[FLEET_NAME_MAX], char reason[FLEET_REASON_MAX]);

#endif
