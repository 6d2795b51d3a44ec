/* poller_uring.h: what poller_uring.c does beyond poller.h: operations on files, while which others run. */
#ifndef SIMUL_EVENT_LOOP_POLLER_URING_H
#define SIMUL_EVENT_LOOP_POLLER_URING_H

#include "poller.h"

enum poller_file_call { POLLER_PREAD, POLLER_PWRITE, POLLER_FSYNC, POLLER_CLOSE };

/* An operation that is under way. The caller's; it stays where it is, as the buffer does, until the entry is ready. */
struct poller_file {
	struct loop_entry *entry;
	ssize_t result; /* once it is: as of the system call, or -errno, -EINTR to begin again */
};

/* Begins pread(2), pwrite(2), fsync(2) or close(2); the last two have neither buffer, bytes nor place. The descriptor
 * is not adopted, and stays open unless it is closed by this. Nothing ends the operation before its time. */
void poller_file_begin(struct poller *poller, struct poller_file *file, enum poller_file_call call, int fd,
		       const void *buffer, size_t bytes, uint64_t at);

/* Begins open(2); the path stays where it is. */
void poller_file_open(struct poller *poller, struct poller_file *file, const char *path, int flags, mode_t mode);

#endif
