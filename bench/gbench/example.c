/* example.c: a complete benchmark in C; README.md shows it and the tests run it. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "gbench.h"

static char from[4096], to[4096];

/* The library chooses the iterations and takes the time. */
static void copying(struct gbench_state *state, void *argument)
{
	size_t bytes = *(size_t *)argument;

	while (gbench_next(state)) {
		memcpy(to, from, bytes);
		__asm__ volatile("" ::: "memory"); /* the copy must happen */
	}
	gbench_counter(state, "bytes", (double)bytes);
}

/* One iteration a repetition; the time is our own. */
static void sleeping(struct gbench_state *state, void *argument)
{
	struct timespec pause = {.tv_nsec = 1000000}, before, after;

	(void)argument;
	while (gbench_next(state)) {
		clock_gettime(CLOCK_MONOTONIC, &before);
		if (nanosleep(&pause, NULL) != 0)
			gbench_skip(state, "the sleep was interrupted");
		clock_gettime(CLOCK_MONOTONIC, &after);
		gbench_set_time(state, difftime(after.tv_sec, before.tv_sec) + 1e-9 * (after.tv_nsec - before.tv_nsec));
	}
}

int main(int argc, char **argv)
{
	static size_t page = sizeof(from);
	struct gbench_options once = {.iterations = 1, .manual_time = 1, .unit = GBENCH_MS};
	struct gbench_summary summary;

	if (gbench_initialize(&argc, argv) != 0)
		return 2;
	if (argc > 1) {
		fprintf(stderr, "%s: unknown argument %s\n", argv[0], argv[1]);
		return 2;
	}
	if (gbench_register("copying/page", copying, &page, NULL) != 0 ||
	    gbench_register("sleeping/1ms", sleeping, NULL, &once) != 0)
		return 1;
	return gbench_run(NULL, &summary) != 0 || summary.failed > 0;
}
