/* requeue.c: task_requeue() where there is no queue to go back to. A pool has its own. */
#include "check.h"
#include "runtime.h"
#include "task.h"

__attribute__((weak)) void task_requeue(int fd, short events)
{
	CHECK(0, "%s: a task that waits for descriptor %d (%#x) has no queue to go back to", runtime.name, fd,
	      (unsigned)events);
}
