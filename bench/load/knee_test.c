/* knee_test.c: the search against models of servers, whose knees are known. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "knee.h"

enum { SECOND_NS = 1000000000 };

/* A server that answers within 100 us up to its knee, within 10 ms beyond it, and never more than its limit. */
struct model {
	uint64_t knee, limit;
	unsigned runs, breaks_at;    /* in that run a connection fails; 0: none does */
	unsigned late_from, late_to; /* in these runs the client is late, and keeps no rate */
};

static int run_model(void *context, const struct load_options *options, struct load_result *result)
{
	struct model *model = context;
	uint64_t rate = options->rate;
	uint64_t done = rate == 0 || rate > model->limit ? model->limit : rate;

	memset(result, 0, sizeof *result);
	result->wall_ns = SECOND_NS;
	result->messages = done;
	result->unsent = rate > done ? rate - done : 0;
	for (int i = 0; i < 100; i++)
		histogram_add(&result->latency, rate > model->knee ? 10000000 : 100000);
	model->runs++;
	if (model->runs >= model->late_from && model->runs <= model->late_to) {
		result->messages = done / 2;
		for (int i = 0; i < 100; i++)
			histogram_add(&result->pacing, 90000000);
	}
	if (model->runs == model->breaks_at) {
		result->errors = 1;
		strcpy(result->reason, "connection 3 broke");
	}
	return 0;
}

static const struct load_options options = {.connections = 10, .depth = 1, .threads = 1};

static void test_found(void **state)
{
	struct model model = {.knee = 61000, .limit = 100000};
	struct knee knee;

	(void)state;
	assert_int_equal(knee_find(&knee, &options, run_model, &model), 0);
	assert_true(knee.closed == 100000);
	assert_true(knee.last_good->rate <= 61000 && knee.first_bad->rate > 61000);
	assert_true((double)knee.first_bad->rate < 1.05 * (double)knee.last_good->rate);
	for (unsigned i = 1; i < knee.count; i++)
		assert_true(knee.points[i - 1].rate < knee.points[i].rate);
	assert_false(knee.points[knee.count - 1].kept); /* beyond the limit */
}

/* Where only the rate is not kept. */
static void test_saturation(void **state)
{
	struct model model = {.knee = UINT64_MAX, .limit = 5000};
	struct knee knee;

	(void)state;
	assert_int_equal(knee_find(&knee, &options, run_model, &model), 0);
	assert_true(knee.last_good->rate >= 5000 && knee.last_good->rate <= 5100);
}

static void test_broken(void **state)
{
	struct model model = {.knee = 61000, .limit = 100000, .breaks_at = 4};
	struct knee knee;

	(void)state;
	assert_int_equal(knee_find(&knee, &options, run_model, &model), -EIO);
	assert_string_equal(knee.reason, "connection 3 broke");
	assert_int_equal(knee.count, 2); /* what was found until then */
}

/* The first point, which the others are held against, is run three times. */
static void test_late_client(void **state)
{
	struct model model = {.knee = 61000, .limit = 100000, .late_from = 2, .late_to = 3};
	struct knee knee;

	(void)state;
	assert_int_equal(knee_find(&knee, &options, run_model, &model), 0);
	assert_true(knee.points[0].good && !knee.points[0].late);
	assert_true(knee.last_good->rate <= 61000 && knee.first_bad->rate > 61000);
	model = (struct model){.knee = 61000, .limit = 100000, .late_from = 3, .late_to = 5};
	assert_int_equal(knee_find(&knee, &options, run_model, &model), 0);
	assert_true(knee.points[1].late && !knee.points[1].good); /* is not judged, and ends nothing */
	assert_true(knee.last_good->rate > knee.points[1].rate && knee.last_good->rate <= 61000);
	model = (struct model){.knee = 61000, .limit = 100000, .late_from = 2, .late_to = 1000};
	assert_int_equal(knee_find(&knee, &options, run_model, &model), 0);
	assert_null(knee.last_good);
	assert_null(knee.first_bad);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_found),
		cmocka_unit_test(test_saturation),
		cmocka_unit_test(test_broken),
		cmocka_unit_test(test_late_client),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
