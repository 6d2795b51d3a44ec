/* text_test.c: numbers, cutting and breaking of text. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "text.h"

static void test_numbers(void **state)
{
	char text[NUMBER_TEXT_MAX];

	(void)state;
	assert_string_equal(format_time(text, 37123456), "37.1 ms");
	assert_string_equal(format_time(text, 1.5e9), "1.50 s");
	assert_string_equal(format_time(text, 999), "999 ns");
	assert_string_equal(format_time(text, 4790), "4.79 µs");
	assert_string_equal(format_time(text, NAN), "-");
	assert_string_equal(format_times(text, 36.94e6, 37.36e6), "36.9..37.4 ms");
	assert_string_equal(format_bytes(text, 8192), "8.00 KiB");
	assert_string_equal(format_number(text, 123456), "123456");
}

static void test_cut(void **state)
{
	char out[16];

	(void)state;
	assert_string_equal(text_cut(out, sizeof(out), "thread", 6), "thread");
	assert_string_equal(text_cut(out, sizeof(out), "threads", 6), "threa…");
	assert_string_equal(text_cut(out, sizeof(out), "ééééééé", 6), "ééééé…");
	assert_string_equal(text_cut(out, sizeof(out), "éééééééééé", 10), "éééééé…");
	assert_int_equal(text_width("µs …"), 4);
}

static void collect(void *context, const char *text)
{
	strcat(context, text);
	strcat(context, "|");
}

static void test_wrap(void **state)
{
	char out[200] = "";

	(void)state;
	text_wrap("one two three four", 9, collect, out);
	assert_string_equal(out, "one two|three|four|");
	*out = '\0';
	text_wrap("abcdefghijkl mn", 8, collect, out);
	assert_string_equal(out, "abcdefgh|ijkl mn|");
	*out = '\0';
	text_wrap("", 8, collect, out);
	assert_string_equal(out, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_wrap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
