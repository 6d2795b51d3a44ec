/* futex_table_test.c: a runtime of kernel threads asks for a futex table as wide as kernel/threads.c says, where the
 * kernel keeps one for each process; and still has it when there are threads. */
#include "../check.h"
#include "../runtime.h"
#include "../task.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>

enum { SKIPPED = 77 };                                  /* exit status */
enum { FUTEX_HASH = 78, SET_SLOTS = 1, GET_SLOTS = 2 }; /* PR_FUTEX_HASH of linux/prctl.h, which may be older */
enum { NARROW = 16, WIDE = 1024 };                      /* buckets */

static void do_nothing(void *argument)
{
	(void)argument;
}

static void ask(void *argument)
{
	struct task task;

	(void)argument;
	CHECK(task_spawn(&task, do_nothing, NULL) == 0 && task_join(task) == 0, "spawn");
	int slots = prctl(FUTEX_HASH, GET_SLOTS, 0UL, 0UL, 0UL);

	CHECK(slots == WIDE, "%s: the futex table has %d buckets", runtime.name, slots);
}

int main(void)
{
	if (prctl(FUTEX_HASH, SET_SLOTS, (unsigned long)NARROW, 0UL, 0UL) < 0) {
		printf("this kernel has no futex table of each process: %s\n", strerror(errno));
		return SKIPPED;
	}
	CHECK(task_run(ask, NULL) == 0, "run");
	return 0;
}
