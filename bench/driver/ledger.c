/* ledger.c: see ledger.h. */
#include "ledger.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "driver.h"

static const char records_name[] = "records.jsonl";

static bool is_folder(const char *path)
{
	struct stat status;

	return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

/* ---- Making and opening ---- */

static char *default_path(void)
{
	char name[32], *path;
	time_t now = time(NULL);
	struct tm local;

	strftime(name, sizeof name, "%Y-%m-%d_%H-%M-%S", localtime_r(&now, &local));
	return asprintf(&path, "%s%s", is_folder("results") ? "results/local/" : "simul-", name) < 0 ? NULL : path;
}

/* mkdir -p: 0 or -errno. The path is restored. */
static int make_folders(char *path)
{
	for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		bool made;

		*slash = '\0';
		made = mkdir(path, 0777) == 0 || errno == EEXIST;
		*slash = '/';
		if (!made)
			return -errno;
	}
	return mkdir(path, 0777) == 0 || errno == EEXIST ? 0 : -errno;
}

/* 0, -EEXIST if the folder holds anything, or -errno. */
static int check_empty(const char *path)
{
	DIR *directory = opendir(path);
	struct dirent *entry;
	int error = directory ? 0 : -errno;

	while (directory && error == 0 && (entry = readdir(directory)))
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			error = -EEXIST;
	if (directory)
		closedir(directory);
	return error;
}

static int open_files(struct ledger *ledger, int flags)
{
	ledger->folder = open(ledger->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (ledger->folder < 0)
		return -errno;
	ledger->records = openat(ledger->folder, records_name, O_RDWR | O_APPEND | O_CLOEXEC | flags, 0666);
	if (ledger->records < 0)
		return -errno;
	if (flock(ledger->records, LOCK_EX | LOCK_NB) < 0)
		return errno == EWOULDBLOCK ? -EBUSY : -errno;
	return 0;
}

static int create(struct ledger *ledger)
{
	int error = make_folders(ledger->path);

	if (error == 0)
		error = check_empty(ledger->path);
	if (error == 0)
		error = open_files(ledger, O_CREAT | O_EXCL);
	if (error == 0 && fsync(ledger->folder) < 0)
		error = -errno;
	return error;
}

int ledger_create(struct ledger *ledger, const char *path)
{
	int error;

	*ledger = (struct ledger){.path = path ? strdup(path) : default_path(), .folder = -1, .records = -1};
	if (!ledger->path)
		return -ENOMEM;
	error = create(ledger);
	if (error == 0)
		return 0;
	if (error == -EEXIST)
		say("%s is not empty, and nothing is ever overwritten: name another folder by --out, or continue that "
		    "run by --resume",
		    ledger->path);
	else
		say("the folder %s cannot be made: %s; name another one by --out", ledger->path, strerror(-error));
	ledger_close(ledger);
	return error;
}

/* The length up to the last newline: what follows it was being written when the run died. */
static off_t whole_length(int records)
{
	off_t end = lseek(records, 0, SEEK_END);
	char last;

	while (end > 0 && pread(records, &last, 1, end - 1) == 1 && last != '\n')
		end--;
	return end;
}

static int open_existing(struct ledger *ledger)
{
	int error = open_files(ledger, 0);

	if (error < 0)
		return error;
	ledger->length = whole_length(ledger->records);
	return ftruncate(ledger->records, ledger->length) < 0 ? -errno : 0;
}

int ledger_open(struct ledger *ledger, const char *path)
{
	int error;

	*ledger = (struct ledger){.path = strdup(path), .folder = -1, .records = -1};
	if (!ledger->path)
		return -ENOMEM;
	error = open_existing(ledger);
	if (error == 0)
		return 0;
	if (error == -EBUSY)
		say("another run is writing to %s", path);
	else if (error == -ENOENT || error == -ENOTDIR)
		say("%s is no bundle: there is no %s in it", path, records_name);
	else
		say("%s cannot be continued: %s", path, strerror(-error));
	ledger_close(ledger);
	return error;
}

void ledger_close(struct ledger *ledger)
{
	if (ledger->records >= 0)
		close(ledger->records);
	if (ledger->folder >= 0)
		close(ledger->folder);
	free(ledger->path);
	*ledger = (struct ledger){.folder = -1, .records = -1};
}

/* ---- Writing ---- */

static int write_all(int fd, const char *text, size_t bytes)
{
	while (bytes > 0) {
		ssize_t written = write(fd, text, bytes);

		if (written < 0 && errno != EINTR)
			return -errno;
		if (written > 0) {
			text += written;
			bytes -= (size_t)written;
		}
	}
	return 0;
}

static int write_and_sync(int folder, const char *name, const char *text, size_t bytes)
{
	int fd = openat(folder, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	int error = fd < 0 ? -errno : write_all(fd, text, bytes);

	if (error == 0 && fsync(fd) < 0)
		error = -errno;
	if (fd >= 0)
		close(fd);
	return error;
}

int ledger_write(const struct ledger *ledger, const char *name, const char *text, size_t bytes)
{
	char scratch[64];
	int error;

	snprintf(scratch, sizeof scratch, ".%s.new", name);
	error = write_and_sync(ledger->folder, scratch, text, bytes);
	if (error == 0 && renameat(ledger->folder, scratch, ledger->folder, name) < 0)
		error = -errno;
	if (error == 0 && fsync(ledger->folder) < 0)
		error = -errno;
	if (error == 0)
		return 0;
	unlinkat(ledger->folder, scratch, 0);
	say("%s/%s cannot be written: %s", ledger->path, name, strerror(-error));
	return error;
}

int ledger_write_json(const struct ledger *ledger, const char *name, const json_t *json)
{
	char *text = json_dumps(json, JSON_INDENT(1) | JSON_REAL_PRECISION(15));
	int error = text ? ledger_write(ledger, name, text, strlen(text)) : -ENOMEM;

	free(text);
	return error;
}

/* One write(2) and one fsync(2); a line that is not whole is cut off again. */
static int append_line(struct ledger *ledger, const char *line, size_t bytes)
{
	int error = write_all(ledger->records, line, bytes);

	if (error == 0 && fsync(ledger->records) < 0)
		error = -errno;
	if (error == 0)
		ledger->length += (off_t)bytes;
	else if (ftruncate(ledger->records, ledger->length) < 0)
		say("%s/%s ends in half a line", ledger->path, records_name);
	return error;
}

int ledger_append(struct ledger *ledger, const json_t *line)
{
	char *dumped = json_dumps(line, JSON_COMPACT | JSON_REAL_PRECISION(15)), *text = NULL;
	int bytes = dumped ? asprintf(&text, "%s\n", dumped) : -1;
	int error = bytes < 0 ? -ENOMEM : append_line(ledger, text, (size_t)bytes);

	free(dumped);
	if (bytes >= 0)
		free(text);
	if (error < 0)
		say("%s/%s cannot be written: %s; the records before this one are kept", ledger->path, records_name,
		    strerror(-error));
	return error;
}

/* ---- Reading ---- */

char *ledger_file(const struct ledger *ledger, const char *name)
{
	char *path;

	return asprintf(&path, "%s/%s", ledger->path, name) < 0 ? NULL : path;
}

json_t *ledger_read_json(const struct ledger *ledger, const char *name)
{
	char *path = ledger_file(ledger, name);
	json_error_t error = {.text = "not enough memory"};
	json_t *json = path ? json_load_file(path, 0, &error) : NULL;

	if (!json)
		say("%s/%s cannot be read: %s", ledger->path, name, error.text);
	free(path);
	return json;
}

static int visit_lines(FILE *stream, int (*visit)(void *context, const json_t *line), void *context)
{
	char *text = NULL;
	size_t room = 0;
	int result = 0;

	while (result == 0 && getline(&text, &room, stream) > 0) {
		json_t *line = json_loads(text, 0, NULL);

		if (json_is_object(line))
			result = visit(context, line);
		json_decref(line);
	}
	free(text);
	return result;
}

int ledger_each(const struct ledger *ledger, int (*visit)(void *context, const json_t *line), void *context)
{
	int fd = openat(ledger->folder, records_name, O_RDONLY | O_CLOEXEC);
	FILE *stream = fd < 0 ? NULL : fdopen(fd, "r");
	int result;

	if (!stream) {
		result = -errno;
		say("%s/%s cannot be read: %s", ledger->path, records_name, strerror(errno));
		if (fd >= 0)
			close(fd);
		return result;
	}
	result = visit_lines(stream, visit, context);
	fclose(stream);
	return result;
}
