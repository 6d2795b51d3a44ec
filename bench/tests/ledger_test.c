/* ledger_test.c: the bundle's folder: made, appended to, cut, refused; and times for people. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../driver/ledger.h"

static char folder[] = "ledger_test.XXXXXX";
static char path[256];

static int set_up(void **state)
{
	static int count;

	(void)state;
	snprintf(path, sizeof path, "%s/above/%d", folder, count++);
	return 0;
}

static int count_lines(void *context, const json_t *line)
{
	size_t *count = context;

	assert_int_equal(json_integer_value(json_object_get(line, "number")), (json_int_t)*count);
	++*count;
	return 0;
}

static size_t lines_of(const struct ledger *ledger)
{
	size_t count = 0;

	assert_int_equal(ledger_each(ledger, count_lines, &count), 0);
	return count;
}

static int append_number(struct ledger *ledger, int number)
{
	json_t *line = json_pack("{s:i, s:s}", "number", number, "text",
				 "about a hundred characters, so that a few "
				 "lines make a file that is not small");
	int error = ledger_append(ledger, line);

	json_decref(line);
	return error;
}

static void records_are_kept(void **state)
{
	struct ledger ledger;

	(void)state;
	assert_int_equal(ledger_create(&ledger, path), 0);
	for (int i = 0; i < 5; i++)
		assert_int_equal(append_number(&ledger, i), 0);
	assert_int_equal(lines_of(&ledger), 5);
	ledger_close(&ledger);
	assert_int_equal(ledger_open(&ledger, path), 0);
	assert_int_equal(append_number(&ledger, 5), 0);
	assert_int_equal(lines_of(&ledger), 6);
	ledger_close(&ledger);
}

static void nothing_is_overwritten(void **state)
{
	struct ledger ledger;

	(void)state;
	assert_int_equal(ledger_create(&ledger, path), 0);
	ledger_close(&ledger);
	assert_int_equal(ledger_create(&ledger, path), -EEXIST);
	assert_int_equal(ledger_create(&ledger, folder), -EEXIST); /* no bundle, but not empty either */
	assert_int_not_equal(ledger_create(&ledger, "/dev/null"), 0);
	assert_int_not_equal(ledger_create(&ledger, "/dev/null/below"), 0);
	assert_int_equal(ledger_open(&ledger, "/dev/null/below"), -ENOTDIR);
	assert_int_equal(ledger_open(&ledger, folder), -ENOENT);
}

static void one_run_at_a_time(void **state)
{
	struct ledger ledger, second;

	(void)state;
	assert_int_equal(ledger_create(&ledger, path), 0);
	assert_int_equal(ledger_open(&second, path), -EBUSY);
	ledger_close(&ledger);
	assert_int_equal(ledger_open(&second, path), 0);
	ledger_close(&second);
}

static void torn_line_is_cut(void **state)
{
	struct ledger ledger;

	(void)state;
	assert_int_equal(ledger_create(&ledger, path), 0);
	assert_int_equal(append_number(&ledger, 0), 0);
	assert_int_equal(write(ledger.records, "{\"number\": 1, \"te", 17), 17);
	ledger_close(&ledger);
	assert_int_equal(ledger_open(&ledger, path), 0);
	assert_int_equal(append_number(&ledger, 1), 0);
	assert_int_equal(lines_of(&ledger), 2);
	ledger_close(&ledger);
}

/* A limit on the size of files ends a write as a full disk does: in the middle of a line. */
static void full_disk_leaves_whole_lines(void **state)
{
	struct rlimit before, limit;
	struct ledger ledger;
	int kept = 0, error = 0;

	(void)state;
	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &before);
	limit = (struct rlimit){.rlim_cur = 1010, .rlim_max = before.rlim_max};
	assert_int_equal(ledger_create(&ledger, path), 0);
	setrlimit(RLIMIT_FSIZE, &limit);
	while (error == 0 && kept < 100)
		if ((error = append_number(&ledger, kept)) == 0)
			kept++;
	setrlimit(RLIMIT_FSIZE, &before);
	assert_int_equal(error, -EFBIG);
	assert_in_range(kept, 5, 20);
	assert_int_equal(lines_of(&ledger), kept);
	assert_int_equal(append_number(&ledger, kept), 0);
	assert_int_equal(lines_of(&ledger), kept + 1);
	ledger_close(&ledger);
}

static void files_are_whole(void **state)
{
	struct ledger ledger;
	json_t *json = json_pack("{s:i}", "format", 1), *read;

	(void)state;
	assert_int_equal(ledger_create(&ledger, path), 0);
	assert_int_equal(ledger_write_json(&ledger, "manifest.json", json), 0);
	read = ledger_read_json(&ledger, "manifest.json");
	assert_true(json_equal(json, read));
	assert_null(ledger_read_json(&ledger, "nothing.json"));
	json_decref(json);
	json_decref(read);
	ledger_close(&ledger);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(records_are_kept, set_up),
		cmocka_unit_test_setup(nothing_is_overwritten, set_up),
		cmocka_unit_test_setup(one_run_at_a_time, set_up),
		cmocka_unit_test_setup(torn_line_is_cut, set_up),
		cmocka_unit_test_setup(full_disk_leaves_whole_lines, set_up),
		cmocka_unit_test_setup(files_are_whole, set_up),
	};
	char command[64];
	int failed;

	if (!mkdtemp(folder))
		return 1;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	snprintf(command, sizeof command, "rm -rf %s", folder);
	return system(command) == 0 ? failed : 1;
}
