/* map_test.c: the decision map of a small bundle whose answer is known: three models over three numbers of tasks and
 * three shares of waiting. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "map.h"
#include "report.h"
#include "tests/synthetic.h"

static const char *const models[] = {"callback", "coroutine", "thread"};
static const unsigned tasks[] = {1, 10, 100}, replies[] = {0, 90, 990};

enum { MODELS = 3, REPETITIONS = 5 };

/* Threads lead without waiting, both others with some, and callbacks alone with much of it; in memory always callbacks.
 */
static double factor(unsigned model, unsigned row)
{
	static const double times[3][MODELS] = {{2, 2, 1}, {1, 1, 1.5}, {1, 1.2, 3}};

	return times[row][model];
}

static FILE *open_file(const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", synthetic_folder, name);
	return fopen(path, "w");
}

static void write_cell(FILE *manifest, FILE *records, unsigned model, unsigned column, unsigned row, unsigned rows)
{
	char name[100], rest[80];

	snprintf(rest, sizeof(rest), "boards=%u/reply=%uus/cores=1", tasks[column], replies[row]);
	snprintf(name, sizeof(name), "chess/%s/%s", models[model], rest);
	fprintf(manifest,
		"%s{\"name\": \"%s\", \"group\": \"chess/%s\", \"workload\": \"chess\", \"runtime\": \"%s\", "
		"\"parameters\": "
		"{\"boards\": %u, \"move\": 10000, \"reply\": %u, \"pairs\": 9}, \"cores\": [0]}",
		model + column + row ? ",\n" : "", name, rest, models[model], tasks[column], replies[row] * 1000);
	/* Of fewer rows the others were not played. */
	for (unsigned i = 0; i < REPETITIONS && row < rows; i++)
		fprintf(records,
			"{\"cell\": \"%s\", \"repetition\": %u, \"sequence\": %u, \"status\": \"ok\", \"record\": "
			"{\"time_ns\": "
			"{\"wall\": %.0f}, \"memory\": {\"pss_peak\": %u, \"pss_baseline\": 0}}}\n",
			name, i, i, (1e7 + 1000 * i) * factor(model, row), model == 0 ? 100 : 100000 * model + i);
}

static void make(unsigned rows)
{
	FILE *manifest = open_file("manifest.json"), *records = open_file("records.jsonl");

	assert_non_null(manifest);
	assert_non_null(records);
	fputs("{\"format\": 1, \"players\": [", manifest);
	for (unsigned i = 0; i < MODELS; i++)
		fprintf(manifest,
			"%s{\"info\": {\"runtime\": \"%s\", \"dialect\": \"%s\", \"capabilities\": "
			"[\"interleaves\"%s]}}",
			i ? ", " : "", models[i], i == 0 ? "callback" : "direct",
			i == 0   ? ""
			: i == 1 ? ", \"switches-stacks\""
				 : ", \"preempts\", \"shares-memory\", \"parallel\"");
	fputs("], \"cells\": [", manifest);
	for (unsigned row = 0; row < 3; row++)
		for (unsigned column = 0; column < 3; column++)
			for (unsigned model = 0; model < MODELS; model++)
				write_cell(manifest, records, model, column, row, rows);
	fputs("]}\n", manifest);
	fclose(manifest);
	fclose(records);
}

struct opened {
	struct bundle bundle;
	struct groups groups;
	struct map map;
};

static struct opened *open_map(unsigned rows)
{
	struct opened *opened = calloc(1, sizeof(*opened));

	make(rows);
	assert_int_equal(bundle_open(synthetic_folder, &opened->bundle), 0);
	assert_int_equal(groups_make(&opened->bundle, &opened->groups), 0);
	assert_int_equal(map_make(&opened->groups, &opened->bundle, 0, 0, &opened->map), 0);
	return opened;
}

static void close_map(struct opened *opened)
{
	map_clear(&opened->map);
	groups_clear(&opened->groups);
	bundle_close(&opened->bundle);
	free(opened);
}

static void leaders_ties_and_margins(void **state)
{
	struct opened *opened = open_map(3);
	const struct map *map = &opened->map;
	const struct map_answer *answer;

	(void)state;
	assert_int_equal(map->columns, 3);
	assert_int_equal(map->rows, 3);
	assert_int_equal(map->cores, 1);
	assert_true(map->compute_ns == 10000 && map->shares[1] == 0.9 && map->tasks[2] == 100);
	answer = &map_at(map, 0, 0)->answer[MAP_TIME];
	assert_string_equal(answer->entries[0].cell->runtime, "thread");
	assert_int_equal(answer->leaders, 1);
	assert_true(answer->second->ratio == 2);
	answer = &map_at(map, 1, 1)->answer[MAP_TIME];
	assert_int_equal(answer->leaders, 2);
	assert_string_equal(answer->second->cell->runtime, "thread");
	answer = &map_at(map, 2, 2)->answer[MAP_TIME];
	assert_int_equal(answer->leaders, 1);
	assert_string_equal(answer->second->cell->runtime, "coroutine");
	answer = &map_at(map, 2, 2)->answer[MAP_MEMORY];
	assert_true(answer->entries[0].median == 4096); /* a page at least */
	assert_string_equal(map_near(map, 60, 0.97)->group->name, "chess/boards=100/reply=990us/cores=1");
	close_map(opened);
}

/* Between rows without a common leader; coroutines do not lead in the last, callbacks in both of the last two. */
static void refines_where_the_winner_changes(void **state)
{
	struct map_point points[20];
	struct opened *opened = open_map(3);

	(void)state;
	assert_int_equal(map_refine(&opened->map, points, 20), 3);
	for (int i = 0; i < 3; i++) {
		assert_true(points[i].tasks == tasks[i]);
		assert_true(points[i].share == 0.75);
	}
	assert_int_equal(map_refine(&opened->map, points, 2), 2);
	assert_int_equal(report_map_refine(synthetic_folder, points, 20), 3);
	close_map(opened);
}

/* What was not played leads nowhere and refines nothing. */
static void unplayed_places(void **state)
{
	struct map_point points[20];
	struct opened *opened = open_map(1);

	(void)state;
	assert_int_equal(map_at(&opened->map, 0, 2)->answer[MAP_TIME].count, 0);
	assert_int_equal(map_refine(&opened->map, points, 20), 0);
	close_map(opened);
}

static void other_cores_or_computing_have_none(void **state)
{
	struct opened *opened = open_map(3);
	struct map map;

	(void)state;
	assert_int_equal(map_make(&opened->groups, &opened->bundle, 2, 0, &map), -ENODATA);
	assert_int_equal(map_make(&opened->groups, &opened->bundle, 1, 20000, &map), -ENODATA);
	close_map(opened);
}

static void table_fits_and_tells(void **state)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	(void)state;
	make(3);
	assert_int_equal(report_summary(synthetic_folder, out), 0);
	fclose(out);
	assert_non_null(strstr(text, "Which model is fastest?"));
	assert_non_null(strstr(text, "     99 %      B      B      B\n           1.20x  1.20x  1.20x\n"));
	assert_non_null(strstr(text, "     90 %     BC     BC     BC\n           1.50x  1.50x  1.50x\n"));
	assert_non_null(strstr(text, "      0 %      T      T      T\n"));
	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
		assert_true(strlen(line) <= 82); /* µ has two bytes */
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(leaders_ties_and_margins), cmocka_unit_test(refines_where_the_winner_changes),
		cmocka_unit_test(unplayed_places),          cmocka_unit_test(other_cores_or_computing_have_none),
		cmocka_unit_test(table_fits_and_tells),
	};

	return cmocka_run_group_tests(tests, synthetic_folder_make, synthetic_folder_remove);
}
