/* contract_files.c: the verbs for files. */
#include "contract.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../check.h"

enum { PLACE = 5000 };

/* A file without a name; the descriptor is the caller's. */
static int open_file(void)
{
	FILE *file = tmpfile();
	int fd = file ? dup(fileno(file)) : -1;

	CHECK(fd >= 0, "no temporary file: %s", strerror(errno));
	fclose(file);
	return fd;
}

static void write_sync_and_read(void *argument)
{
	char buffer[16] = {0};
	int fd = open_file();

	(void)argument;
	EXPECT(task_pwrite(fd, "abcdef", 6, PLACE) == 6);
	EXPECT(task_pwrite(fd, "XY", 2, PLACE + 1) == 2);
	EXPECT(task_fsync(fd) == 0);
	EXPECT(task_pread(fd, buffer, sizeof(buffer), PLACE) == 6);
	EXPECT(memcmp(buffer, "aXYdef", 6) == 0);
	EXPECT(task_pread(fd, buffer, 2, PLACE + 5) == 1 && buffer[0] == 'f');
	EXPECT(task_pread(fd, buffer, sizeof(buffer), PLACE + 6) == 0);
	EXPECT(task_pread(fd, buffer, 1, 0) == 1 && buffer[0] == '\0');
	close(fd);
}

static void test_what_is_written_at_a_place_is_read_there(void **state)
{
	(void)state;
	play(write_sync_and_read, NULL);
}

static void use_wrong_descriptors(void *argument)
{
	int reader = open("/dev/null", O_RDONLY), writer = open("/dev/null", O_WRONLY);
	char byte = 'x';

	(void)argument;
	EXPECT(task_pwrite(reader, &byte, 1, 0) == -EBADF);
	EXPECT(task_pread(writer, &byte, 1, 0) == -EBADF);
	EXPECT(task_fsync(reader) == -EINVAL);
	close(reader);
	close(writer);
	EXPECT(task_pread(reader, &byte, 1, 0) == -EBADF);
	EXPECT(task_fsync(writer) == -EBADF);
}

static void test_files_fail_with_the_error_of_the_call(void **state)
{
	(void)state;
	play(use_wrong_descriptors, NULL);
}

struct syncing {
	int fd;
	enum { BEFORE, WITHIN, BEHIND } stage;
};

static void sync_file(void *argument)
{
	struct syncing *syncing = argument;

	syncing->stage = WITHIN;
	EXPECT(task_fsync(syncing->fd) == 0);
	syncing->stage = BEHIND;
}

static void go_on_meanwhile(void *argument)
{
	struct syncing syncing = {.fd = open_file(), .stage = BEFORE};
	struct task task;

	(void)argument;
	EXPECT(task_pwrite(syncing.fd, "x", 1, 0) == 1);
	task = spawn(sync_file, &syncing);
	while (syncing.stage == BEFORE)
		task_yield();
	EXPECT(syncing.stage == WITHIN);
	join(task);
	EXPECT(syncing.stage == BEHIND);
	close(syncing.fd);
}

/* On one thread: on several, the others go on anyway. */
static void test_others_go_on_while_a_task_syncs(void **state)
{
	(void)state;
	needs(RUNTIME_FILES, "a call on a file blocks what the task runs on");
	needs_lack_of(RUNTIME_PARALLEL, "the task may be seen too late");
	play(go_on_meanwhile, NULL);
}

int run_file_tests(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_written_at_a_place_is_read_there),
		cmocka_unit_test(test_files_fail_with_the_error_of_the_call),
		cmocka_unit_test(test_others_go_on_while_a_task_syncs),
	};

	return cmocka_run_group_tests_name("files", tests, NULL, NULL);
}
