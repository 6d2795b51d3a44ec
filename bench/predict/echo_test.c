/* echo_test.c: forecasts of echo from a bundle made by hand, whose costs are known. */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "check.h"
#include "echo.h"

enum { FORKED, KERNEL, LOOP, POOL, RUNTIMES, MESSAGES = 20 }; /* slots: by name */

static const struct {
	const char *name, *capabilities;
} runtimes[RUNTIMES] = {
	[FORKED] = {"forked", "\"interleaves\", \"parallel\""},
	[KERNEL] = {"kernel", "\"interleaves\", \"parallel\", \"preempts\", \"shares-memory\""},
	[LOOP] = {"loop", "\"interleaves\", \"shares-memory\""},
	[POOL] = {"pool", "\"pooled\", \"parallel\""},
};

/* What a message takes of the server and of the load. A further byte: 0.5 and 0.25 ns. */
static const struct {
	int slot, connections, size;
	double server_ns, load_ns; /* 0: refused */
} cells[] = {
	{LOOP, 1, 64, 15000, 14000},  {LOOP, 1, 1064, 15500, 14250},  {LOOP, 10, 64, 8000, 7000},
	{LOOP, 100, 64, 9000, 7000},  {LOOP, 1000, 64, 10000, 7000},  {LOOP, 100, 1064, 9500, 7250},
	{KERNEL, 10, 64, 8000, 4000}, {KERNEL, 100, 64, 8000, 4000},  {KERNEL, 5000, 64, 0, 0},
	{FORKED, 10, 64, 8000, 4000}, {FORKED, 100, 64, 8000, 12000}, {POOL, 1, 64, 15000, 14000},
};

enum { CELLS = sizeof cells / sizeof *cells };

static void write_manifest(FILE *file)
{
	fputs("{\"format\": 1, \"players\": [", file);
	for (int i = 0; i < RUNTIMES; i++)
		fprintf(file, "%s{\"info\": {\"runtime\": \"%s\", \"capabilities\": [%s]}}", i ? ", " : "",
			runtimes[i].name, runtimes[i].capabilities);
	fputs("], \"cells\": [", file);
	for (int i = 0; i < CELLS; i++)
		fprintf(file,
			"%s{\"name\": \"c%d\", \"group\": \"g%d\", \"workload\": \"echo\", \"runtime\": \"%s\", "
			"\"cores\": [0], \"load_cores\": [1], \"bound_ns\": 1, \"parameters\": {\"connections\": %d, "
			"\"messages\": %d, \"size\": %d, \"depth\": 1, \"idle\": 0, \"rate\": 0}}",
			i ? ", " : "", i, i, runtimes[cells[i].slot].name, cells[i].connections, (int)MESSAGES,
			cells[i].size);
	fputs("]}\n", file);
}

static void write_records(FILE *file)
{
	for (int i = 0; i < CELLS; i++) {
		double each = cells[i].connections, busiest = fmax(cells[i].server_ns, cells[i].load_ns);

		if (cells[i].server_ns == 0) {
			fprintf(file,
				"{\"cell\": \"c%d\", \"repetition\": 0, \"status\": \"refused\", \"reason\": \"no "
				"more\"}\n",
				i);
			continue;
		}
		if (each == 1)
			busiest = cells[i].server_ns + cells[i].load_ns;
		fprintf(file,
			"{\"cell\": \"c%d\", \"repetition\": 0, \"status\": \"ok\", \"record\": {\"time_ns\": "
			"{\"wall\": 1}, "
			"\"audit\": {\"operations\": %.0f}, "
			"\"cpu_ns\": {\"user\": 1, \"system\": 1, \"steady\": %.0f}}, \"load\": {\"messages\": %.0f, "
			"\"time_ns\": {\"wall\": %.0f}, \"cpu_ns\": {\"user\": 0, \"system\": %.0f}}}\n",
			i, each * (MESSAGES + 1), cells[i].server_ns * each * (MESSAGES + 1), each * MESSAGES,
			busiest * each * MESSAGES, cells[i].load_ns * each * MESSAGES);
	}
}

static void write_file(const char *directory, const char *name, void (*write)(FILE *file), char path[200])
{
	FILE *file;

	snprintf(path, 200, "%s/%s", directory, name);
	file = fopen(path, "w");
	assert_non_null(file);
	write(file);
	fclose(file);
}

static int open_bundle(void **state)
{
	static struct bundle bundle;
	char directory[] = "/tmp/simul-echo-XXXXXX", manifest[200], records[200];

	assert_non_null(mkdtemp(directory));
	write_file(directory, "manifest.json", write_manifest, manifest);
	write_file(directory, "records.jsonl", write_records, records);
	assert_int_equal(bundle_open(directory, &bundle), 0);
	unlink(manifest);
	unlink(records);
	rmdir(directory);
	*state = &bundle;
	return 0;
}

static int close_bundle(void **state)
{
	bundle_close(*state);
	return 0;
}

static struct echo_forecast forecast_of(const struct bundle *bundle, unsigned slot, struct exchange exchange)
{
	struct echo_forecast forecast;
	struct echo_costs costs;

	exchange.messages = 100;
	assert_int_equal(echo_costs_read(bundle, slot, exchange.cores, NULL, &costs), 0);
	assert_int_equal(echo_forecast_make(&costs, &exchange, &forecast), 0);
	return forecast;
}

static void costs_are_read(void **state)
{
	struct echo_costs costs;

	assert_int_equal(echo_costs_read(*state, LOOP, 64, NULL, &costs), 0);
	assert_int_equal(costs.cores, 1);
	assert_float_equal(costs.size, 64, 0);
	assert_float_equal(costs.server.alone_ns, 15000, 1);
	assert_float_equal(costs.load.alone_ns, 14000, 1);
	assert_float_equal(costs.server.byte_ns, 0.5, 0.01);
	assert_float_equal(costs.load.byte_ns, 0.25, 0.01);
	assert_float_equal(cost_at(&costs.server.company_ns, sqrt(10.0 * 100), NULL), 8500, 1);
	assert_true(isnan(costs.limit));
	assert_int_equal(echo_costs_read(*state, KERNEL, 1, NULL, &costs), 0);
	assert_float_equal(costs.limit, 5000, 0);
	assert_string_equal(costs.limit_reason, "no more");
}

/* What is left out says nothing, and another cell stands in where it can. */
static void a_cell_can_be_left_out(void **state)
{
	const struct bundle *bundle = *state;
	struct echo_costs costs;

	assert_int_equal(echo_costs_read(bundle, LOOP, 1, &bundle->cells[3], &costs), 0); /* 100 connections */
	assert_float_equal(cost_at(&costs.server.company_ns, 100, NULL), 9000, 1);
	assert_int_equal(costs.server.company_ns.count, 2);
	assert_int_equal(echo_costs_read(bundle, LOOP, 1, &bundle->cells[0], &costs), 0); /* alone */
	assert_float_equal(costs.server.alone_ns, 15000, 1);
	assert_int_equal(echo_costs_read(bundle, LOOP, 1, &bundle->cells[5], &costs), 0); /* longer messages */
	assert_float_equal(costs.server.byte_ns, 0.5, 0.01);
	assert_int_equal(echo_costs_read(bundle, POOL, 1, &bundle->cells[11], &costs), -ENODATA);
}

static void the_slower_side_decides(void **state)
{
	struct exchange exchange = {.connections = 100, .size = 64, .cores = 1, .load_cores = 1};
	struct echo_forecast forecast = forecast_of(*state, LOOP, exchange);

	assert_float_equal(forecast.rate, 1e9 / 9000, 200);
	assert_float_equal(forecast.latency_ns, 100 * 9000, 5000);
	assert_true(forecast.server_busy > 0.98 && forecast.load_busy < 0.99);
	exchange.size = 64 + 4000; /* 11 us against 8 */
	assert_float_equal(forecast_of(*state, LOOP, exchange).rate, 1e9 / 11000, 200);
	exchange.connections = 1;
	exchange.size = 64;
	assert_float_equal(forecast_of(*state, LOOP, exchange).rate, 1e9 / 29000, 1);
}

static void cores_are_used_as_the_model_can(void **state)
{
	struct exchange exchange = {.connections = 100, .size = 64, .cores = 4, .load_cores = 4};

	assert_float_equal(forecast_of(*state, KERNEL, exchange).rate, 4e9 / 8000, 5000);
	assert_float_equal(forecast_of(*state, LOOP, exchange).rate, 1e9 / 9000, 500);
	assert_float_equal(forecast_of(*state, FORKED, exchange).rate, 4e9 / 12000, 5000);
	exchange.load_cores = 1; /* the load cannot keep up: 4 us and 12 us a message on one core */
	assert_float_equal(forecast_of(*state, KERNEL, exchange).rate, 1e9 / 4000, 5000);
	assert_float_equal(forecast_of(*state, FORKED, exchange).rate, 1e9 / 12000, 2000);
}

static void who_has_no_place_is_told(void **state)
{
	struct exchange exchange = {.connections = 2, .size = 64, .cores = 1, .load_cores = 1};

	assert_true(forecast_of(*state, POOL, exchange).breaks);
	exchange.connections = 1;
	assert_false(forecast_of(*state, POOL, exchange).breaks);
	exchange.connections = 5000;
	assert_true(forecast_of(*state, KERNEL, exchange).breaks);
	exchange.connections = 1000000;
	assert_true(forecast_of(*state, LOOP, exchange).beyond);
}

static void the_bundles_own_echo_is_held_against_it(void **state)
{
	struct checks checks;

	assert_int_equal(echo_checks_make(*state, &checks), 0);
	assert_int_equal(checks.uncosted, 1); /* the pool's only cell */
	assert_int_equal(checks.count, CELLS - 2);
	for (size_t i = 0; i < checks.count; i++) {
		const struct check *check = &checks.check[i];
		double connections = cell_parameter(check->cell, "connections");

		assert_true(check->beyond == (connections == 10 || connections == 1000 || check->cell->slot != LOOP));
		if (!check->beyond)
			assert_true(fabs(check->error) < 0.02);
	}
	assert_true(checks_within(&checks, 0.02) >= 4);
	assert_true(checks_error(&checks, 0.1) < 0.02);
	checks_clear(&checks);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(costs_are_read, open_bundle, close_bundle),
		cmocka_unit_test_setup_teardown(a_cell_can_be_left_out, open_bundle, close_bundle),
		cmocka_unit_test_setup_teardown(the_slower_side_decides, open_bundle, close_bundle),
		cmocka_unit_test_setup_teardown(cores_are_used_as_the_model_can, open_bundle, close_bundle),
		cmocka_unit_test_setup_teardown(who_has_no_place_is_told, open_bundle, close_bundle),
		cmocka_unit_test_setup_teardown(the_bundles_own_echo_is_held_against_it, open_bundle, close_bundle),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
