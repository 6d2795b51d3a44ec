/* scaling_test.c: the figures of sweeps, from synthetic bundles: for two cores and for 128, for thirteen runtimes, and
 * with breaking points. Drawing needs gnuplot, and is skipped where there is none; the data are always made. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "report.h"
#include "sweep.h"
#include "tests/synthetic.h"

static const char *const thirteen[] = {"async",           "callback", "callback-libuv", "coroutine",
				       "coroutine-uring", "process",  "process-pool",   "process-coroutine",
				       "sequential",      "thread",   "thread-gil",     "thread-pool",
				       "work-stealing",   NULL};

static struct bundle make(unsigned cores, bool concurrency)
{
	struct synthetic options = {.runtimes = thirteen, .repetitions = 3, .cores = cores, .concurrency = concurrency};
	struct bundle bundle;

	assert_int_equal(synthetic_bundle(synthetic_folder, &options), 0);
	assert_int_equal(bundle_open(synthetic_folder, &bundle), 0);
	return bundle;
}

/* The figure's data; to be freed. */
static char *draw(const char *name)
{
	struct report_options options = {.figure = name};
	char path[128], *text = calloc(1, 1 << 21);
	FILE *file;

	if (system("command -v gnuplot >/dev/null") != 0) {
		free(text);
		skip();
	}
	assert_int_equal(report_plot(synthetic_folder, SIMUL_PLOT_SCRIPTS, &options), 0);
	snprintf(path, sizeof(path), "%s/plots/%s.tsv", synthetic_folder, name);
	file = fopen(path, "r");
	assert_non_null(file);
	assert_true(fread(text, 1, (1 << 21) - 1, file) > 0);
	fclose(file);
	return text;
}

static unsigned count_of(const char *text, const char *wanted)
{
	unsigned count = 0;

	for (; (text = strstr(text, wanted)); text++)
		count++;
	return count;
}

static void curves_are_found(void **state)
{
	struct bundle bundle = make(128, false);
	struct sweeps sweeps;
	size_t count;

	(void)state;
	assert_int_equal(sweeps_make(&bundle, false, &sweeps), 0);
	assert_int_equal(sweeps.count, 1);
	assert_string_equal(sweeps.panels[0].workload, "chess");
	for (unsigned slot = 0; slot < bundle.runtime_count; slot++) {
		const struct rung_cell *curve = sweep_curve(&sweeps.panels[0], slot, &count);
		const struct rung_cell *base = sweep_base(curve, count);

		assert_int_equal(count, 128);
		assert_int_equal(base->cores, 1);
		for (size_t i = 0; i < count; i++)
			assert_int_equal(curve[i].at, i + 1);
		assert_true(rung_efficiency(&curve[0], base).median == 1);
		assert_true(rung_efficiency(&curve[127], base).median < 0.9);
	}
	sweeps_clear(&sweeps);
	bundle_close(&bundle);
}

static void many_cores_are_drawn(void **state)
{
	struct bundle bundle = make(128, false);
	char *data;

	(void)state;
	bundle_close(&bundle);
	data = draw("cores");
	/* the runtimes' marks and laws, the ideal, where siblings begin, and some peaks */
	assert_true(count_of(data, "\nseries\t") > 2 * 13 + 2);
	assert_int_equal(count_of(data, "\tforecast\t"), 13);
	assert_non_null(strstr(data, "work-stealing 0.05"));
	assert_non_null(strstr(data, "no peak"));
	assert_non_null(strstr(data, "N* "));
	assert_non_null(strstr(data, "beyond 64 SMT siblings share cores"));
	assert_non_null(strstr(data, "cores (log)"));
	free(data);
	data = draw("efficiency");
	assert_int_equal(count_of(data, "\nseries\t"), 2 * 13 + 2);
	free(data);
}

static void two_cores_are_drawn(void **state)
{
	struct bundle bundle = make(2, false);
	char *data;

	(void)state;
	bundle_close(&bundle);
	data = draw("cores");
	assert_null(strstr(data, "cores (log)"));
	assert_non_null(strstr(data, "No law is fitted to chess"));
	assert_int_equal(count_of(data, "\nseries\t"), 13 + 1);
	free(data);
}

static void breaking_points_are_marked(void **state)
{
	struct bundle bundle = make(0, true);
	char *data;

	(void)state;
	bundle_close(&bundle);
	data = draw("concurrency");
	assert_int_equal(count_of(data, "\tfailed\t"), 4); /* every third of thirteen */
	assert_non_null(strstr(data, "after 9321 of them"));
	assert_null(strstr(data, "not tried"));
	free(data);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, synthetic_folder_make, synthetic_folder_remove)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(curves_are_found),
		TEST(many_cores_are_drawn),
		TEST(two_cores_are_drawn),
		TEST(breaking_points_are_marked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
