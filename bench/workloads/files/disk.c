/* disk.c: what a writer's steps do, and what comes of all of them, in every dialect; see files.h. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../../runtimes/clock.h"
#include "../../../runtimes/kernel/files.h"
#include "../../load/pattern.h"
#include "../../player/play.h"
#include "../lateness.h"
#include "files.h"

static const char *folder(void)
{
	const char *folder = getenv("TMPDIR");

	return folder && *folder ? folder : "/var/tmp";
}

/* A file without a name: where the file system knows none, a name that is taken back at once. */
static int open_nameless(struct files_file *file)
{
	int fd = file->calls->open(folder(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	char *path = (char *)file->chunk;

	if (fd != -EOPNOTSUPP && fd != -EISDIR && fd != -ENOENT)
		return fd;
	if (snprintf(path, sizeof file->chunk, "%s/simul-files.XXXXXX", folder()) >= (int)sizeof file->chunk)
		return -ENAMETOOLONG;
	fd = mkostemp(path, O_CLOEXEC);
	if (fd < 0)
		return -errno;
	unlink(path);
	return fd;
}

/* The file's content is the pattern of its number, from byte `at` on. 0 or -errno. */
static int write_chunk(struct files_file *file, uint64_t at, size_t bytes)
{
	const char *from = (const char *)file->chunk + at % sizeof file->chunk[0];

	pattern_fill(pattern_seed(file->number, 0), at, bytes, file->chunk);
	while (bytes > 0) {
		ssize_t written = file->calls->pwrite(file->fd, from, bytes, at);

		if (written < 0)
			return (int)written;
		from += written;
		at += (uint64_t)written;
		bytes -= (size_t)written;
	}
	return 0;
}

static void sleep_for(uint64_t ns)
{
	struct timespec left = {.tv_sec = (time_t)(ns / NS_PER_S), .tv_nsec = (long)(ns % NS_PER_S)};

	while (nanosleep(&left, &left) < 0 && errno == EINTR)
		;
}

static const struct files_calls blocking = {
	.open = kernel_open_file,
	.close = kernel_close_file,
	.pread = kernel_pread,
	.pwrite = kernel_pwrite,
	.fsync = kernel_fsync,
	.pause = sleep_for,
};

static int append(struct files_file *file)
{
	uint64_t at = file->written * file->size, end = at + file->size, begun_ns = clock_now();
	int error = 0;

	for (; error == 0 && at < end; at += FILES_CHUNK)
		error = write_chunk(file, at, end - at < FILES_CHUNK ? end - at : FILES_CHUNK);
	if (error == 0)
		error = file->calls->fsync(file->fd);
	if (file->slow_ns > 0)
		file->calls->pause(file->slow_ns);
	file->sync_ns += clock_now() - begun_ns;
	file->written += error == 0;
	return error;
}

/* 0, -EBADMSG: it is not what was written, or -errno. */
static int read_back(struct files_file *file)
{
	uint64_t bytes = file->appends * file->size, digest = 0;
	char more;

	for (uint64_t at = 0; at < bytes;) {
		size_t room = bytes - at < FILES_CHUNK ? bytes - at : FILES_CHUNK;
		ssize_t got = file->calls->pread(file->fd, (char *)file->chunk + at % sizeof file->chunk[0], room, at);

		if (got <= 0)
			return got < 0 ? (int)got : -EBADMSG;
		if (!pattern_check(pattern_seed(file->number, 0), at, (size_t)got, file->chunk, &digest))
			return -EBADMSG;
		at += (uint64_t)got;
	}
	file->right = file->calls->pread(file->fd, &more, 1, bytes) == 0;
	return file->right ? 0 : -EBADMSG;
}

static int take_step(struct files_file *file)
{
	if (file->fd < 0) {
		file->fd = open_nameless(file);
		return file->fd < 0 ? file->fd : 0;
	}
	return file->steps > 0 ? append(file) : read_back(file);
}

static void end(struct files_file *file)
{
	if (file->fd >= 0)
		file->calls->close(file->fd);
	file->steps = 0;
	file->ended_ns = clock_now();
}

void files_open(struct files_file *file, const struct values *values, uint64_t number)
{
	*file = (struct files_file){
		.number = number,
		.appends = values->value[FILES_APPENDS],
		.size = values->value[FILES_SIZE],
		.slow_ns = values->value[FILES_SLOW],
		.fd = -1,
		.steps = values->value[FILES_APPENDS] + 2, /* opening and reading back */
		.calls = &blocking,
	};
}

void files_fail(struct files_file *file, int error)
{
	file->error = -error;
	end(file);
}

void files_step(void *argument)
{
	struct files_file *file = argument;
	int error;

	file->steps--;
	error = take_step(file);
	if (error < 0)
		files_fail(file, error);
	else if (file->steps == 0)
		end(file);
}

bool files_beat(struct files_heart *heart)
{
	heart->late_ns[heart->beats] = clock_now() - files_due_ns(heart);
	heart->beats++;
	return heart->beats < FILES_BEATS_MAX && atomic_load_explicit(&heart->writing, memory_order_relaxed) > 0;
}

/* The sum. */

struct sum {
	uint64_t operations, bytes, checksum, appends, sync_ns, last_ns;
	int error;
};

static void add(struct sum *sum, const struct files_file *file)
{
	sum->appends += file->written;
	sum->sync_ns += file->sync_ns;
	sum->operations += file->written + file->right;
	sum->bytes += file->right ? file->appends * file->size : 0;
	sum->checksum += file->right ? files_token(file->number) : 0;
	if (file->error)
		sum->error = file->error;
	if (file->ended_ns > sum->last_ns)
		sum->last_ns = file->ended_ns;
}

static void refuse_shortage(struct play *play, const struct sum *sum)
{
	if (sum->error == ENOSPC || sum->error == EDQUOT)
		play_refuse_at(play, "appends to the disk", sum->error, sum->appends);
	if (sum->error == EMFILE || sum->error == ENFILE)
		play_refuse(play, "descriptors", sum->error);
	if (sum->error == ENOMEM || sum->error == EAGAIN)
		play_refuse(play, sum->error == ENOMEM ? "memory" : "threads to write on", sum->error);
	if (sum->error == ENOENT || sum->error == EACCES || sum->error == EROFS || sum->error == ENOTDIR)
		play_refuse(play, "files where TMPDIR says, or in /var/tmp,", sum->error);
}

void files_conclude(struct play *play, struct files_heart *heart, const struct files_file *first, size_t stride,
		    uint64_t tasks)
{
	struct sum sum = {0};

	for (uint64_t i = 0; i < play_value(play, FILES_FILES); i++)
		add(&sum, (const struct files_file *)(const void *)((const char *)first + i * stride));
	refuse_shortage(play, &sum);
	play_end(play, sum.last_ns);
	play_audit(play, tasks, sum.operations, sum.bytes, sum.checksum);
	lateness_report(play, heart->late_ns, heart->beats);
	if (sum.appends > 0)
		play_figure(play, "sync_us", (double)sum.sync_ns / 1e3 / (double)sum.appends);
	if (sum.error)
		fprintf(stderr, "files: a file was not written and read back: %s\n", strerror(sum.error));
}
