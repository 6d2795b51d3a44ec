/* files.h: open(2), close(2), pread(2), pwrite(2) and fsync(2) as the verbs of task.h have them: a negative errno value
 * is an error, and a signal is none. They block whatever calls them. Thread-safe. */
#ifndef SIMUL_KERNEL_FILES_H
#define SIMUL_KERNEL_FILES_H

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/types.h>
#include <unistd.h>

static inline int kernel_open_file(const char *path, int flags, mode_t mode)
{
	int fd;

	do
		fd = open(path, flags, mode);
	while (fd < 0 && errno == EINTR);
	return fd < 0 ? -errno : fd;
}

/* Never once more: the descriptor is gone, whatever the error is. */
static inline int kernel_close_file(int fd)
{
	return close(fd) < 0 && errno != EINTR ? -errno : 0;
}

static inline ssize_t kernel_pread(int fd, void *buffer, size_t bytes, uint64_t at)
{
	ssize_t got;

	do
		got = pread(fd, buffer, bytes, (off_t)at);
	while (got < 0 && errno == EINTR);
	return got < 0 ? -errno : got;
}

static inline ssize_t kernel_pwrite(int fd, const void *buffer, size_t bytes, uint64_t at)
{
	ssize_t written;

	do
		written = pwrite(fd, buffer, bytes, (off_t)at);
	while (written < 0 && errno == EINTR);
	return written < 0 ? -errno : written;
}

static inline int kernel_fsync(int fd)
{
	int error;

	do
		error = fsync(fd);
	while (error < 0 && errno == EINTR);
	return error < 0 ? -errno : 0;
}

#endif
