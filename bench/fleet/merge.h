/* merge.h: a bundle, a folder or an archive, taken into a folder of bundles: whole and verified, or not at all.
 *
 * It is written beside its place, synced and renamed, so that several may merge into one folder at the same time.
 * Nothing that is there is changed. Two bundles are the same if their manifest.json and records.jsonl are: all else is
 * made from these. An archive comes from anybody: what leaves its folder, is a link or a device, is there twice, has no
 * or another checksum, or is beyond the limits of files.h, is refused. */
#ifndef SIMUL_MERGE_H
#define SIMUL_MERGE_H

#include "archive.h"

enum { MERGE_NAME_MAX = FLEET_NAME_MAX + 16 };

enum merge_outcome {
	MERGE_DONE,
	MERGE_BESIDE, /* done, under a name with part of its checksum: another bundle has its own */
	MERGE_THERE,  /* the same bundle was there: nothing has changed */
};

/* source: a bundle's folder, an archive's file, or "-" for an archive on standard input. into is an open folder.
 * 0 with the bundle's name there; or -errno with a sentence in reason, and nothing left; -EINTR as in files.h. */
int merge_bundle(int into, const char *source, char name[MERGE_NAME_MAX], enum merge_outcome *outcome,
		 char reason[FLEET_REASON_MAX]);

#endif
