/* gnuplot.c: runs gnuplot on one figure's data, without a shell and without the user's settings.
 *
 * Names and paths are arguments or data, never part of a command. What gnuplot prints is caught in memory. */
#include <errno.h>
#include <spawn.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "figure.h"

extern char **environ;

static pid_t start(const struct gnuplot_job *job, int output, int errors, int *error)
{
	char columns[16], rows[16];
	char *arguments[] = {
		"gnuplot", "-d", "-c", (char *)job->script, (char *)job->data, job->terminal ? "dumb" : NULL,
		columns,   rows, NULL};
	posix_spawn_file_actions_t actions;
	pid_t pid = -1;

	snprintf(columns, sizeof(columns), "%u", job->columns);
	snprintf(rows, sizeof(rows), "%u", job->rows);
	/* Under any other locale the same data could be drawn differently, and one without UTF-8 draws a warning. */
	*error = setenv("LC_ALL", "C.UTF-8", 1) < 0 ? errno : posix_spawn_file_actions_init(&actions);
	if (*error)
		return -1;
	*error = posix_spawn_file_actions_addchdir_np(&actions, job->directory);
	if (!*error)
		*error = posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", 0, 0);
	if (!*error)
		*error = posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
	if (!*error)
		*error = posix_spawn_file_actions_adddup2(&actions, errors, STDERR_FILENO);
	if (!*error)
		*error = posix_spawnp(&pid, "gnuplot", &actions, NULL, arguments, environ);
	posix_spawn_file_actions_destroy(&actions);
	return *error ? -1 : pid;
}

/* Without the form feeds that the dumb terminal begins its pages with: they are for printers. */
static void copy(int from, FILE *to)
{
	char room[4096];
	ssize_t bytes;

	lseek(from, 0, SEEK_SET);
	while ((bytes = read(from, room, sizeof(room))) > 0) {
		for (ssize_t i = 0; i < bytes; i++) {
			if (room[i] != '\f')
				putc(room[i], to);
		}
	}
}

static int finish(const struct gnuplot_job *job, pid_t pid, int output, int errors)
{
	int status;

	while (waitpid(pid, &status, 0) < 0) {
		if (errno != EINTR)
			return -errno;
	}
	copy(output, job->out);
	copy(errors, stderr);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	fprintf(stderr, "simul: gnuplot could not draw %s/%s with %s\n", job->directory, job->data, job->script);
	return -EIO;
}

static int run(const struct gnuplot_job *job, int output, int errors)
{
	int error;
	pid_t pid = start(job, output, errors, &error);

	if (pid >= 0)
		return finish(job, pid, output, errors);
	if (error == ENOENT)
		fputs("simul: gnuplot is not installed, so no figure can be drawn; Debian's package is gnuplot-nox\n",
		      stderr);
	else
		fprintf(stderr, "simul: gnuplot cannot be started: %s\n", strerror(error));
	return -error;
}

int gnuplot_run(const struct gnuplot_job *job)
{
	int output = memfd_create("gnuplot-output", MFD_CLOEXEC), errors = memfd_create("gnuplot-errors", MFD_CLOEXEC);
	int result = output < 0 || errors < 0 ? -errno : run(job, output, errors);

	if (output >= 0)
		close(output);
	if (errors >= 0)
		close(errors);
	return result;
}
