/* no_sockets.c: the verbs for sockets of peers that have none (RUNTIME_NO_SOCKETS). The driver never lets it come to
 * a call: what needs sockets is refused beforehand. */
#include <errno.h>

#include "../../runtimes/task.h"

int task_adopt(int fd)
{
	(void)fd;
	return -ENOTSUP;
}

void task_hand_over(int fd)
{
	(void)fd;
}

int task_close(int fd)
{
	(void)fd;
	return -ENOTSUP;
}

ssize_t task_read(int fd, void *buffer, size_t bytes)
{
	(void)fd, (void)buffer, (void)bytes;
	return -ENOTSUP;
}

ssize_t task_write(int fd, const void *buffer, size_t bytes)
{
	(void)fd, (void)buffer, (void)bytes;
	return -ENOTSUP;
}

int task_accept(int listener)
{
	(void)listener;
	return -ENOTSUP;
}

int task_connect(int fd, const struct sockaddr *address, socklen_t length)
{
	(void)fd, (void)address, (void)length;
	return -ENOTSUP;
}
