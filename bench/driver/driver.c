/* driver.c: see driver.h. */
#include "driver.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clean.h"
#include "progress.h"

volatile sig_atomic_t stop_requested;

void say(const char *format, ...)
{
	va_list arguments;
	char *sentence;

	va_start(arguments, format);
	int length = vasprintf(&sentence, format, arguments);
	va_end(arguments);
	progress_clear();
	if (length >= 0) {
		text_clean(sentence, (size_t)length, true);
		fprintf(stderr, "simul: %s\n", sentence);
		free(sentence);
	}
}

static void request_stop(int signal)
{
	(void)signal;
	stop_requested = 1;
}

void stop_watch(void)
{
	/* No SA_RESTART: whatever waits is to return and to look. */
	struct sigaction stop = {.sa_handler = request_stop}, ignore = {.sa_handler = SIG_IGN}, before;

	sigaction(SIGINT, &stop, NULL);
	sigaction(SIGTERM, &stop, NULL);
	if (sigaction(SIGHUP, NULL, &before) == 0 && before.sa_handler != SIG_IGN) /* as nohup(1) wants it */
		sigaction(SIGHUP, &stop, NULL);
	sigaction(SIGPIPE, &ignore, NULL);
	sigaction(SIGXFSZ, &ignore, NULL);
}

char *home_path(const char *relative)
{
	char program[PATH_MAX], *slash, *path;
	ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);

	if (length < 0)
		return NULL;
	program[length] = '\0';
	for (int level = 0; level < 2; level++) {
		slash = strrchr(program, '/');
		if (slash)
			*slash = '\0';
	}
	return asprintf(&path, "%s/%s", program, relative) < 0 ? NULL : path;
}
