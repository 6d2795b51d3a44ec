/* run_archive.c: see run_archive.h. */
#include "run_archive.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../fleet/archive.h"
#include "driver.h"

bool run_archived(const struct run *run)
{
	return run->archive_folder != NULL;
}

/* What is printed from here on, by whomever, is for people. */
static int keep_standard_output(struct run *run)
{
	fflush(stdout);
	run->archive = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	if (run->archive >= 0 && dup2(STDERR_FILENO, STDOUT_FILENO) >= 0)
		return 0;
	say("standard output cannot be used: %s", strerror(errno));
	return DRIVER_NOTHING_DONE;
}

int run_archive_begin(struct run *run)
{
	const char *temporary = getenv("TMPDIR");
	char *folder;

	if (isatty(STDOUT_FILENO)) {
		say("--out=- writes a tar archive, and standard output is a terminal: redirect it");
		return DRIVER_USAGE;
	}
	if (asprintf(&folder, "%s/simul-XXXXXX", temporary && *temporary ? temporary : "/tmp") < 0)
		return DRIVER_NOTHING_DONE;
	if (!mkdtemp(folder)) {
		say("the folder %s cannot be made: %s; TMPDIR names another place", folder, strerror(errno));
		free(folder);
		return DRIVER_NOTHING_DONE;
	}
	run->archive_folder = folder;
	run->options.out = folder;
	return keep_standard_output(run);
}

int run_archive_end(struct run *run, int status)
{
	char name[FLEET_NAME_MAX], reason[FLEET_REASON_MAX];
	int error;

	if (!run_archived(run))
		return status;
	error = run->ledger_open ? archive_write(run->archive_folder, run->archive, name, reason) : 0;
	if (error == 0 && close(run->archive) < 0) {
		error = -errno;
		snprintf(reason, sizeof reason, "the archive cannot be written in full: %s", strerror(errno));
	}
	run->archive = -1;
	if (error == 0) {
		if (run->ledger_open)
			fprintf(stderr, "Bundle: %s, on standard output\n", name);
		files_remove(run->archive_folder);
	} else {
		say("%s; the bundle is kept in %s", reason, run->archive_folder);
		status = DRIVER_NOTHING_DONE;
	}
	free(run->archive_folder);
	run->archive_folder = NULL;
	return status;
}
