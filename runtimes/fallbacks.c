/* fallbacks.c: the verbs that a runtime may leave out. */
#include "check.h"
#include "kernel/files.h"
#include "runtime.h"
#include "task.h"

__attribute__((weak)) void task_requeue(int fd, short events)
{
	CHECK(0, "%s: a task that waits for descriptor %d (%#x) has no queue to go back to", runtime.name, fd,
	      (unsigned)events);
}

__attribute__((weak)) int task_open_file(const char *path, int flags, mode_t mode)
{
	return kernel_open_file(path, flags, mode);
}

__attribute__((weak)) int task_close_file(int fd)
{
	return kernel_close_file(fd);
}

__attribute__((weak)) ssize_t task_pread(int fd, void *buffer, size_t bytes, uint64_t at)
{
	return kernel_pread(fd, buffer, bytes, at);
}

__attribute__((weak)) ssize_t task_pwrite(int fd, const void *buffer, size_t bytes, uint64_t at)
{
	return kernel_pwrite(fd, buffer, bytes, at);
}

__attribute__((weak)) int task_fsync(int fd)
{
	return kernel_fsync(fd);
}
