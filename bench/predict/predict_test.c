/* predict_test.c: the simulation against known answers, and costs and forecasts read from a bundle made by hand. */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "check.h"
#include "network.h"

static struct network chess(uint64_t boards, uint64_t pairs, uint64_t cores)
{
	return (struct network){.tasks = boards,
				.rounds = pairs,
				.station = {{.servers = cores, .service_ns = 50}, {.service_ns = 550}}};
}

static struct network_result played(const struct network *network)
{
	struct network_result result;

	assert_int_equal(network_play(network, &result), 0);
	return result;
}

/* With equal services, first come first served, visit i begins when its task is back and when visit i - cores has
 * ended: Kiefer & Wolfowitz (1955) for constant services. */
static uint64_t expected_wall(uint64_t boards, uint64_t pairs, uint64_t cores)
{
	uint64_t visits = boards * pairs, *end = calloc(visits, sizeof *end), last;

	for (uint64_t i = 0; i < visits; i++) {
		uint64_t back = i >= boards ? end[i - boards] + 550 : 0, free_at = i >= cores ? end[i - cores] : 0;

		end[i] = (back > free_at ? back : free_at) + 50;
	}
	last = end[visits - 1] + 550;
	free(end);
	return last;
}

static void network_agrees_with_the_recurrence(void **state)
{
	static const uint64_t boards[] = {1, 2, 11, 12, 13, 24, 100, 257}, cores[] = {1, 2, 3, 8, 1024};

	(void)state;
	for (size_t b = 0; b < sizeof boards / sizeof *boards; b++)
		for (size_t c = 0; c < sizeof cores / sizeof *cores; c++) {
			struct network network = chess(boards[b], 7, cores[c]);

			assert_int_equal(played(&network).wall_ns, expected_wall(boards[b], 7, cores[c]));
			assert_int_equal(played(&network).busy_ns[0], boards[b] * 7 * 50);
		}
}

static void places_are_taken_one_after_another(void **state)
{
	struct network network = chess(5, 3, 1);

	(void)state;
	network.places = 1;
	assert_int_equal(played(&network).wall_ns, 5 * 3 * 600);
	network.places = 2; /* rounds of two: the second begins 50 later, and has its core free from then on */
	network.tasks = 4;
	assert_int_equal(played(&network).wall_ns, 2 * 3 * 600 + 50);
}

static void an_idle_server_wakes_up_late(void **state)
{
	struct network network = chess(1, 3, 1);
	struct network_result result;

	(void)state;
	network.station[0].latency_ns = 20;
	result = played(&network);
	assert_int_equal(result.wall_ns, 3 * 620);
	assert_int_equal(result.busy_ns[0], 3 * 50);
	assert_int_equal(result.idle_starts[0], 3);
	network = chess(24, 30, 1); /* the core is never idle after the first */
	network.station[0].latency_ns = 20;
	assert_int_equal(played(&network).idle_starts[0], 1);
}

static void slices_are_shared_and_cost_a_switch(void **state)
{
	struct network network = {
		.tasks = 2, .rounds = 1, .station = {{.servers = 1, .service_ns = 100, .quantum_ns = 30}}};
	struct network_result result;

	(void)state;
	network.station[0].switch_ns = 1;
	result = played(&network); /* 30 a 30 b 30 a 30 b 30 a 30 b 10 a 10 b: the last turn of a lets nobody wait */
	assert_int_equal(result.preemptions, 6);
	assert_int_equal(result.wall_ns, 200 + 6);
	assert_int_equal(result.busy_ns[0], 200 + 6);
	network.tasks = 1;
	assert_int_equal(played(&network).preemptions, 0);
}

/* Only the first rounds are played, of many tasks. */
static void the_rest_is_like_the_last_round(void **state)
{
	static const uint64_t cores[] = {1, 3, 64, 1024};

	(void)state;
	for (size_t c = 0; c < sizeof cores / sizeof *cores; c++) {
		struct network network = chess(5000, 40, cores[c]);
		struct network_result all, some;

		network.station[0].latency_ns = 7;
		all = played(&network);
		assert_int_equal(all.rounds_played, 40);
		network.visits_played = 1;
		some = played(&network);
		assert_int_equal(some.rounds_played, 4);
		assert_true(fabs((double)some.wall_ns / (double)all.wall_ns - 1) < 0.01);
		assert_int_equal(some.busy_ns[0], all.busy_ns[0]);
	}
}

/* The same of tasks that wait for a place: the first at each place are played. */
static void the_rest_is_like_the_last_turn(void **state)
{
	static const uint64_t places[] = {1, 2, 7};

	(void)state;
	for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
		struct network network = chess(100, 30, places[i]);
		struct network_result all, some;

		network.places = places[i];
		network.station[0].latency_ns = 7;
		all = played(&network);
		network.visits_played = 1;
		some = played(&network);
		assert_int_equal(some.wall_ns, all.wall_ns);
		assert_int_equal(some.busy_ns[0], all.busy_ns[0]);
		assert_int_equal(some.idle_starts[0], all.idle_starts[0]);
	}
}

static void impossible_networks_are_refused(void **state)
{
	struct network network = chess(0, 1, 1);
	struct network_result result;

	(void)state;
	assert_int_equal(network_play(&network, &result), -EINVAL);
	network = chess(1, 0, 1);
	assert_int_equal(network_play(&network, &result), -EINVAL);
	network = chess((uint64_t)UINT32_MAX, 1, 1);
	assert_int_equal(network_play(&network, &result), -EOVERFLOW);
	network = chess(1000, 1000, 1);
	network.station[1].service_ns = UINT64_MAX / 4;
	assert_int_equal(network_play(&network, &result), -EOVERFLOW);
}

/* ---- A bundle by hand ---- */

static FILE *file_in(const char *directory, const char *name)
{
	char path[200];
	FILE *file;

	snprintf(path, sizeof path, "%s/%s", directory, name);
	file = fopen(path, "w");
	assert_non_null(file);
	return file;
}

/* Two runtimes: "loop", and "kernel", which could not have 5000 tasks. */
static const struct {
	const char *workload, *runtime;
	int tasks, cores;
	double steady_ns, wall_ns, late_us;
	int sleeps; /* 0: 20 */
} cells[] = {
	{"idle", "loop", 1, 1, 20 * 20000, 1, 30, 0},
	{"idle", "loop", 100, 1, 100 * 20 * 1000.0, 1, 500, 0},
	{"idle", "loop", 10000, 1, 10000 * 20 * 3000.0, 1, 500, 0},
	{"idle", "kernel", 100, 1, 100 * 20 * 10000.0, 1, 500, 0},
	{"idle", "kernel", 100, 4, 100 * 20 * 11000.0, 1, 500, 0},
	{"idle", "kernel", 100, 4, 100 * (2 * 10000.0 + 20000), 1, 500, 2},
	{"idle", "kernel", 5000, 1, -1, 1, 0, 0},
	{"chess", "loop", 100, 1, 1, 100 * 30 * 51000.0 + 550000, 0, 0},
	{"chess", "kernel", 100, 2, 1, 100 * 30 * 80000.0 / 2, 0, 0},
};

enum { CELLS = sizeof cells / sizeof *cells };

static void write_manifest(FILE *file)
{
	fputs("{\"format\": 1, \"players\": [{\"info\": {\"runtime\": \"loop\", \"capabilities\": [\"interleaves\"]}},"
	      " {\"info\": {\"runtime\": \"kernel\", \"capabilities\": [\"interleaves\", \"parallel\", "
	      "\"preempts\"]}}],"
	      " \"cells\": [",
	      file);
	for (size_t i = 0; i < CELLS; i++) {
		fprintf(file,
			"%s{\"name\": \"c%zu\", \"group\": \"%s/%s=%d/cores=%d\", \"workload\": \"%s\", \"runtime\": "
			"\"%s\","
			" \"cores\": [",
			i ? ", " : "", i, cells[i].workload, cells[i].workload[0] == 'i' ? "tasks" : "boards",
			cells[i].tasks, cells[i].cores, cells[i].workload, cells[i].runtime);
		for (int core = 0; core < cells[i].cores; core++)
			fprintf(file, "%s%d", core ? ", " : "", core);
		fprintf(file,
			"], \"bound_ns\": %.0f, \"parameters\": {\"%s\": %d, \"sleeps\": %d, \"pairs\": 30,"
			" \"move\": 50000, \"reply\": 550000, \"masters\": 0}}",
			cells[i].workload[0] == 'c' ? cells[i].tasks * 30 * 50000.0 / cells[i].cores + 550000 : 1.0,
			cells[i].workload[0] == 'i' ? "tasks" : "boards", cells[i].tasks,
			cells[i].sleeps ? cells[i].sleeps : 20);
	}
	fputs("]}\n", file);
}

static void write_records(FILE *file)
{
	for (size_t i = 0; i < CELLS; i++) {
		/* One that was disturbed and took three times as long: nothing is made of it. */
		if (cells[i].steady_ns >= 0)
			fprintf(file,
				"{\"cell\": \"c%zu\", \"repetition\": 1, \"status\": \"ok\", \"disturbance\": "
				"{\"disturbed\": true}, \"record\": {\"time_ns\": {\"wall\": %.0f}, \"cpu_ns\": "
				"{\"user\": 1, \"system\": 1, \"steady\": %.0f}, \"figures\": {\"late_p50_us\": %.1f, "
				"\"create_ns_per_task\": 150.0, \"bytes_per_task\": 8192.0}}}\n",
				i, 3 * cells[i].wall_ns, 3 * cells[i].steady_ns, 3 * cells[i].late_us);
		if (cells[i].steady_ns < 0) {
			fprintf(file,
				"{\"cell\": \"c%zu\", \"repetition\": 0, \"status\": \"refused\", \"reason\": \"no "
				"more "
				"tasks\"}\n",
				i);
			continue;
		}
		fprintf(file,
			"{\"cell\": \"c%zu\", \"repetition\": 0, \"status\": \"ok\", \"record\": {\"time_ns\": "
			"{\"wall\": "
			"%.0f}, \"cpu_ns\": {\"user\": 1, \"system\": 1, \"steady\": %.0f}, \"figures\": "
			"{\"late_p50_us\": "
			"%.1f, \"create_ns_per_task\": 50.0, \"bytes_per_task\": 4096.0}}}\n",
			i, cells[i].wall_ns, cells[i].steady_ns, cells[i].late_us);
	}
}

static int open_bundle(void **state)
{
	static struct bundle bundle;
	char directory[] = "/tmp/simul-predict-XXXXXX", path[200];
	FILE *file;

	assert_non_null(mkdtemp(directory));
	write_manifest(file = file_in(directory, "manifest.json"));
	fclose(file);
	write_records(file = file_in(directory, "records.jsonl"));
	fclose(file);
	assert_int_equal(bundle_open(directory, &bundle), 0);
	snprintf(path, sizeof path, "%s/manifest.json", directory);
	unlink(path);
	snprintf(path, sizeof path, "%s/records.jsonl", directory);
	unlink(path);
	rmdir(directory);
	*state = &bundle;
	return 0;
}

static int close_bundle(void **state)
{
	bundle_close(*state);
	return 0;
}

enum { KERNEL, LOOP }; /* slots: by name */

static void costs_come_from_the_nearest_cells(void **state)
{
	struct costs costs;
	bool beyond;

	assert_int_equal(costs_read(*state, LOOP, 64, &costs), 0);
	assert_int_equal(costs.cores, 1);
	assert_float_equal(costs.latency_ns, 30000, 1);
	assert_float_equal(costs.alone_ns, 20000, 1);
	assert_float_equal(cost_at(&costs.sleep_ns, 100, &beyond), 1000, 1);
	assert_false(beyond);
	assert_float_equal(cost_at(&costs.sleep_ns, 1000, &beyond), 2000, 1);
	assert_float_equal(cost_at(&costs.sleep_ns, 1e6, &beyond), 3000, 1);
	assert_true(beyond);
	assert_true(isnan(costs.limit));
	assert_int_equal(costs_read(*state, KERNEL, 8, &costs), 0);
	assert_int_equal(costs.cores, 4);
	assert_float_equal(cost_at(&costs.sleep_ns, 100, NULL), 10000, 1);
	assert_float_equal(cost_at(&costs.ends_ns, 100, NULL), 20000, 1);
	assert_int_equal(costs_read(*state, KERNEL, 2, &costs), 0);
	assert_int_equal(costs.cores, 1);
	assert_float_equal(costs.limit, 5000, 0);
	assert_string_equal(costs.limit_reason, "no more tasks");
}

static void chess_is_forecast_from_them(void **state)
{
	struct exhibition exhibition = {.boards = 100, .pairs = 30, .move_ns = 50000, .reply_ns = 550000, .cores = 2};
	struct forecast forecast;
	struct costs costs;

	assert_int_equal(costs_read(*state, LOOP, 2, &costs), 0);
	assert_int_equal(forecast_chess(&costs, &exhibition, &forecast), 0);
	assert_float_equal(forecast.wall_ns, 100 * 30 * 51000.0 + 550000 + 30000,
			   1); /* one core, and its first wake-up */
	assert_float_equal(forecast.bound_ns, 100 * 30 * 50000 / 2.0 + 550000, 1);
	assert_float_equal(forecast.bytes, 100 * 4096, 1);
	assert_float_equal(forecast.create_ns, 100 * 50, 1);
	assert_false(forecast.breaks);
	exhibition.boards = 5000;
	assert_int_equal(costs_read(*state, KERNEL, 2, &costs), 0);
	assert_int_equal(forecast_chess(&costs, &exhibition, &forecast), 0);
	assert_true(forecast.breaks);
	assert_float_equal(forecast.cpu_ns, 5000 * 30 * 60000.0, 1e6);
	assert_int_equal(costs_read(*state, KERNEL, 4, &costs), 0);
	exhibition.boards = 100;
	exhibition.pairs = 2; /* a start and an end for each two moves */
	assert_int_equal(forecast_chess(&costs, &exhibition, &forecast), 0);
	assert_float_equal(forecast.cpu_ns, 100 * (2 * 60000.0 + 20000), 1e6);
}

static void the_bundles_own_chess_is_held_against_it(void **state)
{
	struct checks checks;

	assert_int_equal(checks_make(*state, &checks), 0);
	assert_int_equal(checks.count, 2);
	for (size_t i = 0; i < checks.count; i++) {
		const struct check *check = &checks.check[i];

		if (check->cell->slot == LOOP)
			assert_true(fabs(check->error) < 0.001);
		else /* 60 of 80 us a move */
			assert_true(check->error < -0.20 && check->error > -0.27);
	}
	checks_clear(&checks);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(network_agrees_with_the_recurrence),
		cmocka_unit_test(places_are_taken_one_after_another),
		cmocka_unit_test(an_idle_server_wakes_up_late),
		cmocka_unit_test(slices_are_shared_and_cost_a_switch),
		cmocka_unit_test(the_rest_is_like_the_last_round),
		cmocka_unit_test(the_rest_is_like_the_last_turn),
		cmocka_unit_test(impossible_networks_are_refused),
		cmocka_unit_test_setup_teardown(costs_come_from_the_nearest_cells, open_bundle, close_bundle),
		cmocka_unit_test_setup_teardown(chess_is_forecast_from_them, open_bundle, close_bundle),
		cmocka_unit_test_setup_teardown(the_bundles_own_chess_is_held_against_it, open_bundle, close_bundle),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
