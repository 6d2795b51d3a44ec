/* files.h: the indices of the files parameters, how the work follows from them, and what the bodies of all dialects
 * share: a file's steps, each of which blocks, and the heartbeat beside them.
 *
 * A writer appends to a file of its own, with an fsync(2) after each append, then reads all of it back and compares.
 * Nobody waits for it before the end. The files have no names (O_TMPFILE, open(2)), so nothing is left whatever
 * happens; they lie where TMPDIR says, else in /var/tmp, which is a disk where /tmp may be none. */
#ifndef SIMUL_FILES_H
#define SIMUL_FILES_H

#include <stdatomic.h>
#include <stdbool.h>
#include <sys/types.h>

#include "../workload.h"

struct play;

enum files_parameter { FILES_FILES, FILES_APPENDS, FILES_SIZE, FILES_OFFLOAD, FILES_SLOW, FILES_BEAT };

enum files_offload { FILES_INLINE, FILES_OFFLOADED };

#define FILES_BYTES_MAX (UINT64_C(256) << 20)

enum { FILES_BEATS_MAX = 20000, FILES_CHUNK = 4096 };

extern const struct workload_spec files_spec;

/* What a writer adds to the checksum once its file has been read back and was right. */
uint64_t files_token(uint64_t number);

/* Whether this stage makes calls that block on other threads: where it was asked to, and where one that blocks would
 * stop other tasks. Those that the kernel schedules just call. */
bool files_offloads(const struct values *values, struct stage stage);

/* Whether it needs no threads for that, because its own verbs for files stop nobody (RUNTIME_FILES). */
bool files_awaits(const struct values *values, struct stage stage);

/* By what a step opens, reads, writes, syncs and closes, as task_pread() and the like, and how it waits for so many ns.
 */
struct files_calls {
	int (*open)(const char *path, int flags, mode_t mode);
	int (*close)(int fd);
	ssize_t (*pread)(int fd, void *buffer, size_t bytes, uint64_t at);
	ssize_t (*pwrite)(int fd, const void *buffer, size_t bytes, uint64_t at);
	int (*fsync)(int fd);
	void (*pause)(uint64_t ns);
};

/* A file and its writer's progress. Between two steps nobody but the writer's task looks at it. */
struct files_file {
	uint64_t number, appends, size, slow_ns; /* slow_ns: beyond what the disk takes for an fsync */
	int fd;                                  /* -1: not open */
	uint64_t steps;                          /* that are left */
	uint64_t written;                        /* appends that are on the disk */
	bool right;                              /* it was read back, and held what was written */
	uint64_t sync_ns;                        /* spent in writing and syncing */
	uint64_t ended_ns;
	int error;                           /* positive: nothing more is done; 0 */
	const struct files_calls *calls;     /* files_open() takes those that block */
	uint64_t chunk[FILES_CHUNK / 8 + 2]; /* what is being written or read: too much for a small stack */
} __attribute__((aligned(64)));

void files_open(struct files_file *file, const struct values *values, uint64_t number);

/* One step, which blocks: opens the file, appends to it, or reads it back and closes it. As offload.h calls it. */
void files_step(void *file);

static inline bool files_done(const struct files_file *file)
{
	return file->steps == 0;
}

/* A call that was to be made elsewhere could not be, -errno. */
void files_fail(struct files_file *file, int error);

/* The heart, in memory that all tasks see. It beats until all writers have ended, once at least. */
struct files_heart {
	uint64_t begun_ns, beat_ns;
	uint64_t beats;           /* so far, of FILES_BEATS_MAX */
	_Atomic uint32_t writing; /* writers that have not ended; relaxed: it only ends the beating */
	uint64_t late_ns[FILES_BEATS_MAX];
};

/* When the next beat is due, a multiple of beat_ns after the start. */
static inline uint64_t files_due_ns(const struct files_heart *heart)
{
	return heart->begun_ns + (heart->beats + 1) * heart->beat_ns;
}

/* Beats, for it is due. False: it was the last beat. */
bool files_beat(struct files_heart *heart);

/* All have ended: ends the play and hands in audit and figures. `stride` bytes lie from one file to the next. A disk
 * that is full is a refusal. tasks: that have ended, the heart included. */
void files_conclude(struct play *play, struct files_heart *heart, const struct files_file *first, size_t stride,
		    uint64_t tasks);

#endif
