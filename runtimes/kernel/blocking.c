/* blocking.c: the verbs of task.h that a model without a scheduler of its own leaves to the kernel.
 *
 * Sleeping and sockets for every runtime whose tasks may block the thread that they run on. Written once and linked
 * into each of them, so that the models differ in what a task is and in nothing else. */
#include "blocking.h"

#include "../task.h"

void task_sleep_until(uint64_t deadline_ns)
{
	blocking_sleep_until(deadline_ns);
}

int task_adopt(int fd)
{
	return blocking_adopt(fd);
}

int task_close(int fd)
{
	return blocking_close(fd);
}

ssize_t task_read(int fd, void *buffer, size_t bytes)
{
	return blocking_read(fd, buffer, bytes);
}

ssize_t task_write(int fd, const void *buffer, size_t bytes)
{
	return blocking_write(fd, buffer, bytes);
}

int task_accept(int listener)
{
	return blocking_accept(listener);
}

int task_connect(int fd, const struct sockaddr *address, socklen_t length)
{
	return blocking_connect(fd, address, length);
}
