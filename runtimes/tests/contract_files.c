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

static void open_and_close(void *argument)
{
	int fd = task_open_file("/dev/null", O_RDWR | O_CLOEXEC, 0);

	(void)argument;
	EXPECT(fd >= 0);
	EXPECT(fcntl(fd, F_GETFD) == FD_CLOEXEC && (fcntl(fd, F_GETFL) & O_ACCMODE) == O_RDWR);
	EXPECT(task_close_file(fd) == 0);
	EXPECT(fcntl(fd, F_GETFD) < 0 && errno == EBADF);
	EXPECT(task_close_file(fd) == -EBADF);
	EXPECT(task_open_file("/dev/null/none", O_RDONLY, 0) == -ENOTDIR);
}

static void test_what_is_opened_is_open_until_it_is_closed(void **state)
{
	(void)state;
	play(open_and_close, NULL);
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

struct errand {
	int fd;
	int (*call)(int fd);
	enum { BEFORE, WITHIN, BEHIND } stage;
};

static void run_errand(void *argument)
{
	struct errand *errand = argument;

	errand->stage = WITHIN;
	EXPECT(errand->call(errand->fd) == 0);
	errand->stage = BEHIND;
}

static void go_on_during(int fd, int (*call)(int fd))
{
	struct errand errand = {.fd = fd, .call = call, .stage = BEFORE};
	struct task task = spawn(run_errand, &errand);

	while (errand.stage == BEFORE)
		task_yield();
	EXPECT(errand.stage == WITHIN);
	join(task);
	EXPECT(errand.stage == BEHIND);
}

static void go_on_meanwhile(void *argument)
{
	int fd = open_file();

	(void)argument;
	EXPECT(task_pwrite(fd, "x", 1, 0) == 1);
	go_on_during(fd, task_fsync);
	go_on_during(fd, task_close_file);
}

/* On one thread: on several, the others go on anyway. */
static void test_others_go_on_while_a_task_syncs_and_closes(void **state)
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
		cmocka_unit_test(test_what_is_opened_is_open_until_it_is_closed),
		cmocka_unit_test(test_files_fail_with_the_error_of_the_call),
		cmocka_unit_test(test_others_go_on_while_a_task_syncs_and_closes),
	};

	return cmocka_run_group_tests_name("files", tests, NULL, NULL);
}
