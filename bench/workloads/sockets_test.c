/* sockets_test.c: what chat and fetch expect, whom they admit, and what they refuse. Expected numbers are counted one
 * by one, or worked out by hand. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../../runtimes/clock.h"
#include "chat/chat.h"
#include "fetch/fetch.h"

static const struct stage loops = {.cores = 4, .capabilities = RUNTIME_INTERLEAVES | RUNTIME_SHARES_MEMORY};
static const struct stage threads = {.cores = 4, .capabilities = RUNTIME_INTERLEAVES | RUNTIME_PARALLEL};
static const struct stage alone = {.cores = 4};

static struct stage pool_of(unsigned workers)
{
	return (struct stage){.cores = 4, .capabilities = threads.capabilities | RUNTIME_POOLED, .workers = workers};
}

enum { PAIRS_MAX = 5 };

#define PAIRS(...) ((char *[PAIRS_MAX]){__VA_ARGS__})

static int take(const struct workload_spec *spec, char *const pairs[PAIRS_MAX], struct values *values,
		char reason[REASON_MAX])
{
	int count = 0;

	while (count < PAIRS_MAX && pairs[count])
		count++;
	return workload_values(spec, count, pairs, values, reason);
}

static struct expectation expected(const struct workload_spec *spec, char *const pairs[PAIRS_MAX], struct stage stage)
{
	char reason[REASON_MAX];
	struct expectation expectation;
	struct values values;

	assert_int_equal(take(spec, pairs, &values, reason), 0);
	spec->expect(&values, stage, &expectation);
	return expectation;
}

static void assert_refused(const struct workload_spec *spec, char *const pairs[PAIRS_MAX], const char *words)
{
	char reason[REASON_MAX];
	struct values values;

	assert_int_equal(take(spec, pairs, &values, reason), -EINVAL);
	assert_non_null(strstr(reason, words));
}

static int admitted(const struct workload_spec *spec, char *const pairs[PAIRS_MAX], struct stage stage,
		    char reason[REASON_MAX])
{
	struct values values;

	assert_int_equal(take(spec, pairs, &values, reason), 0);
	return spec->admit(&values, stage, reason);
}

static void everybody_hears_everybody(void **state)
{
	struct expectation chat =
		expected(&chat_spec, PAIRS("members=6", "rooms=2", "messages=4", "size=32", "floor=4us"), loops);
	uint64_t checksum = 0;

	(void)state;
	for (uint64_t member = 0; member < 6; member++)
		for (uint64_t message = 0; message <= 4; message++)
			checksum += chat_word(member, message);
	assert_int_equal(chat.checksum, checksum);
	assert_int_equal(chat.tasks, 12);
	assert_int_equal(chat.operations, 6 * 3 * 5);
	assert_int_equal(chat.bytes, 6 * 3 * 5 * 32);
	assert_int_equal(chat.exchanged, 6 * 3 * 4);
	assert_int_equal(chat.bound_ns, 6 * 4 * 2000);
}

static void rooms_are_full_and_no_fuller(void **state)
{
	(void)state;
	assert_refused(&chat_spec, PAIRS("members=10", "rooms=3"), "do not share rooms=3 evenly");
	assert_refused(&chat_spec, PAIRS("members=1001", "rooms=1"), "a room holds 1000 at most");
	assert_refused(&chat_spec, PAIRS("size=36"), "no multiple of 8");
	assert_refused(&chat_spec, PAIRS("members=3", "rooms=4"), "evenly");
	assert_int_equal(
		expected(&chat_spec, PAIRS("members=20000", "rooms=20", "messages=1000000", "size=4KiB"), loops)
			.operations,
		UINT64_C(20000) * 1000 * 1000001);
}

static void a_member_takes_two_tasks(void **state)
{
	char reason[REASON_MAX];

	(void)state;
	assert_int_equal(admitted(&chat_spec, PAIRS("members=3", "rooms=1"), pool_of(6), reason), 0);
	assert_int_equal(admitted(&chat_spec, PAIRS("members=3", "rooms=1"), pool_of(5), reason), -ENOTSUP);
	assert_non_null(strstr(reason, "of these 6 tasks only 5"));
	assert_int_equal(admitted(&chat_spec, PAIRS("members=1", "rooms=1"), alone, reason), -ENOTSUP);
}

/* One wait for all that are under way at once, and a quarter of the floor a fetch; or a wait for each that is not. */
static void waits_overlap_or_add_up(void **state)
{
	char *const hundred[PAIRS_MAX] = {"fetches=100", "wait=50ms", "floor=4us"};

	(void)state;
	assert_int_equal(expected(&fetch_spec, hundred, loops).bound_ns, 50 * NS_PER_MS + 100 * NS_PER_US);
	assert_int_equal(expected(&fetch_spec, hundred, threads).bound_ns, 50 * NS_PER_MS + 25 * NS_PER_US);
	assert_int_equal(expected(&fetch_spec, hundred, pool_of(3)).bound_ns, 34 * 50 * NS_PER_MS);
	assert_int_equal(expected(&fetch_spec, hundred, alone).bound_ns, 100 * 50 * NS_PER_MS);
}

static void a_fetch_is_counted_once(void **state)
{
	struct expectation fetch = expected(&fetch_spec, PAIRS("fetches=3", "size=1000"), loops);

	(void)state;
	assert_int_equal(fetch.tasks, 3);
	assert_int_equal(fetch.operations, 3);
	assert_int_equal(fetch.bytes, 3000);
	assert_int_equal(fetch.exchanged, 3);
	assert_int_equal(fetch.checksum, fetch_token(0) + fetch_token(1) + fetch_token(2));
}

static void nobody_fetches_without_sockets_or_a_parser(void **state)
{
	struct stage dry = {.cores = 1, .capabilities = RUNTIME_INTERLEAVES | RUNTIME_NO_SOCKETS};
	char reason[REASON_MAX];

	(void)state;
	assert_int_equal(admitted(&fetch_spec, PAIRS(NULL), dry, reason), -ENOTSUP);
	assert_int_equal(admitted(&chat_spec, PAIRS(NULL), dry, reason), -ENOTSUP);
	assert_non_null(strstr(reason, "no sockets"));
#ifdef SIMUL_HTTP_PARSER
	assert_int_equal(admitted(&fetch_spec, PAIRS(NULL), alone, reason), 0);
#else
	assert_int_equal(admitted(&fetch_spec, PAIRS(NULL), alone, reason), -ENOTSUP);
	assert_non_null(strstr(reason, "libhttp-parser-dev"));
#endif
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(everybody_hears_everybody),
		cmocka_unit_test(rooms_are_full_and_no_fuller),
		cmocka_unit_test(a_member_takes_two_tasks),
		cmocka_unit_test(waits_overlap_or_add_up),
		cmocka_unit_test(a_fetch_is_counted_once),
		cmocka_unit_test(nobody_fetches_without_sockets_or_a_parser),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
