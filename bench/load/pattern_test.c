/* pattern_test.c: every way of cutting a message gives the same bytes and digest; every changed byte is found. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "pattern.h"

enum { SIZE = 37, WORDS = 8 };

static void message_bytes(uint64_t seed, unsigned char bytes[SIZE])
{
	uint64_t words[WORDS];

	pattern_fill(seed, 0, SIZE, words);
	memcpy(bytes, words, SIZE);
}

static void test_every_cut(void **state)
{
	uint64_t seed = pattern_seed(3, 4), whole = 0, words[WORDS];
	unsigned char bytes[SIZE];

	(void)state;
	message_bytes(seed, bytes);
	memcpy(words, bytes, SIZE);
	assert_true(pattern_check(seed, 0, SIZE, words, &whole));
	for (size_t cut = 1; cut < SIZE; cut++) {
		uint64_t digest = 0;

		pattern_fill(seed, cut, SIZE - cut, words);
		assert_memory_equal((char *)words + cut % 8, bytes + cut, SIZE - cut);
		assert_true(pattern_check(seed, cut, SIZE - cut, words, &digest));
		memset(words, 0xa5, sizeof words); /* what lies beside the bytes does not count */
		memcpy(words, bytes, cut);
		assert_true(pattern_check(seed, 0, cut, words, &digest));
		assert_int_equal(digest, whole);
	}
}

static void test_every_flip(void **state)
{
	uint64_t seed = pattern_seed(0, 0), right = 0, words[WORDS];
	unsigned char bytes[SIZE];

	(void)state;
	message_bytes(seed, bytes);
	memcpy(words, bytes, SIZE);
	assert_true(pattern_check(seed, 0, SIZE, words, &right));
	for (size_t at = 0; at < SIZE; at++) {
		uint64_t digest = 0;

		memcpy(words, bytes, SIZE);
		((unsigned char *)words)[at] ^= 0x10;
		assert_false(pattern_check(seed, 0, SIZE, words, &digest));
		assert_int_equal(pattern_first_wrong(seed, 0, SIZE, words), at);
		assert_true(digest != right);
	}
}

static void test_moved_and_mixed_up(void **state)
{
	uint64_t seed = pattern_seed(1, 2), digest = 0, words[WORDS];

	(void)state;
	pattern_fill(seed, 8, SIZE, words); /* a word was lost */
	assert_false(pattern_check(seed, 0, SIZE, words, &digest));
	pattern_fill(pattern_seed(2, 1), 0, SIZE, words);
	assert_false(pattern_check(seed, 0, SIZE, words, &digest));
	pattern_fill(pattern_seed(1, 1), 0, SIZE, words);
	assert_false(pattern_check(seed, 0, SIZE, words, &digest));
}

/* Order does not matter to the digest; which connection carried a message does. */
static void test_digest(void **state)
{
	uint64_t forwards = 0, backwards = 0, a[WORDS], b[WORDS];

	(void)state;
	pattern_fill(pattern_seed(1, 1), 0, SIZE, a);
	pattern_fill(pattern_seed(2, 1), 0, SIZE, b);
	pattern_check(pattern_seed(1, 1), 0, SIZE, a, &forwards);
	pattern_check(pattern_seed(2, 1), 0, SIZE, b, &forwards);
	pattern_check(pattern_seed(2, 1), 0, SIZE, b, &backwards);
	pattern_check(pattern_seed(1, 1), 0, SIZE, a, &backwards);
	assert_int_equal(forwards, backwards);
	backwards = 0;
	pattern_check(pattern_seed(2, 1), 0, SIZE, a, &backwards);
	pattern_check(pattern_seed(1, 1), 0, SIZE, b, &backwards);
	assert_int_not_equal(forwards, backwards);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_cut),
		cmocka_unit_test(test_every_flip),
		cmocka_unit_test(test_moved_and_mixed_up),
		cmocka_unit_test(test_digest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
