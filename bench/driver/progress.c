/* progress.c: see progress.h. */
#include "progress.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "../../runtimes/clock.h"
#include "clean.h"

/* What an invocation costs beside its work: starting, watching, and syncing its record. */
static const uint64_t overhead_ns = 30 * NS_PER_MS;

static struct {
	size_t total, done;
	uint64_t started_ns;            /* 0: nothing has begun */
	uint64_t estimate_ns, spent_ns; /* of all, and of what is done: by the estimates, with the overhead */
	uint64_t playing_ns;            /* of what is running */
	bool live, drawn;
} progress;

static bool is_terminal(void)
{
	const char *terminal = getenv("TERM");

	return isatty(STDERR_FILENO) && terminal && strcmp(terminal, "dumb") != 0;
}

void progress_begin(size_t total, uint64_t estimate_ns)
{
	progress.total = total;
	progress.done = 0;
	progress.estimate_ns = estimate_ns + total * overhead_ns;
	progress.spent_ns = 0;
	progress.started_ns = clock_now();
	progress.live = is_terminal();
}

/* The estimates may all be wrong by one factor: what is done tells which. */
static double left_ns(void)
{
	double elapsed = (double)(clock_now() - progress.started_ns);
	double factor = progress.spent_ns > 0 ? elapsed / (double)progress.spent_ns : 1;

	if (progress.spent_ns >= progress.estimate_ns)
		return 0;
	return factor * (double)(progress.estimate_ns - progress.spent_ns);
}

static int columns(void)
{
	struct winsize size;

	return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 10 ? size.ws_col : 80;
}

static void draw(const char *cell)
{
	char line[512], left[TEXT_DURATION_MAX];
	double seconds = left_ns() / 1e9;

	if (seconds < 100)
		snprintf(left, sizeof left, "%.0f s", seconds + 0.5);
	else
		text_duration(seconds * 1e9, left);
	snprintf(line, sizeof line, "[%zu/%zu] about %s left: %s", progress.done, progress.total, left, cell);
	fprintf(stderr, "\r\033[K%.*s", columns() - 1, line);
	progress.drawn = true;
}

void progress_clear(void)
{
	if (progress.drawn)
		fputs("\r\033[K", stderr);
	progress.drawn = false;
}

void progress_playing(const char *cell, uint64_t estimate_ns)
{
	progress.playing_ns = estimate_ns;
	if (progress.live)
		draw(cell);
}

static void print_good(const char *cell, uint64_t wall_ns, uint64_t bound_ns, unsigned plays)
{
	char wall[TEXT_DURATION_MAX], bound[TEXT_DURATION_MAX];

	fprintf(stderr, "[%zu/%zu] %s %s", progress.done, progress.total, cell, text_duration((double)wall_ns, wall));
	if (bound_ns > 0)
		fprintf(stderr, " (bound %s)", text_duration((double)bound_ns, bound));
	if (plays > 1)
		fprintf(stderr, ", disturbed and played again: %u plays", plays);
	fputc('\n', stderr);
}

void progress_played(const char *cell, uint64_t wall_ns, uint64_t bound_ns, unsigned plays, const char *reason)
{
	progress.done++;
	progress.spent_ns += progress.playing_ns + overhead_ns;
	if (reason) {
		progress_clear();
		fprintf(stderr, "[%zu/%zu] %s: %s\n", progress.done, progress.total, cell, reason);
	} else if (progress.live) {
		draw(cell);
	} else {
		print_good(cell, wall_ns, bound_ns, plays);
	}
}

void progress_skipped(uint64_t estimate_ns)
{
	progress.total--;
	progress.estimate_ns -= estimate_ns + overhead_ns;
}
