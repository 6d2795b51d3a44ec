/* groups_test.c: families, groups and headlines of a hand-made bundle. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "groups.h"

enum { CELLS_MAX = 32 };

/* A bundle without files: cells with their counts are all that groups look at. */
struct fixture {
	struct bundle bundle;
	struct cell cells[CELLS_MAX];
	struct cell *by_name[CELLS_MAX];
	struct groups groups;
};

static void add(struct fixture *fixture, const char *workload, const char *group, const char *axis, double at,
		unsigned slot, size_t good)
{
	static struct invocation invocations[8]; /* without a measure */
	size_t index = fixture->bundle.cell_count++;

	fixture->cells[index] = (struct cell){
		.name = group,
		.group = group,
		.workload = workload,
		.runtime = slot ? "b" : "a",
		.slot = slot,
		.parameters = json_pack("{s:f}", axis, at),
		.cores = 1,
		.bound_ns = 100 + slot,
		.invocations = invocations,
		.invocation_count = good,
	};
	fixture->cells[index].count[STATUS_OK] = good;
	fixture->by_name[index] = &fixture->cells[index];
}

static void make(struct fixture *fixture)
{
	fixture->bundle.by_name = fixture->by_name;
	assert_int_equal(groups_make(&fixture->bundle, &fixture->groups), 0);
}

static void clear(struct fixture *fixture)
{
	groups_clear(&fixture->groups);
	for (size_t i = 0; i < fixture->bundle.cell_count; i++)
		json_decref((json_t *)fixture->cells[i].parameters);
}

static void test_families(void **state)
{
	struct fixture fixture = {.bundle = {.cell_count = 0}};
	size_t count;

	(void)state;
	add(&fixture, "zoo", "zoo/cores=1", "x", 1, 0, 1);
	add(&fixture, "chess", "chess/boards=100/cores=1", "boards", 100, 1, 1);
	add(&fixture, "chess", "chess/boards=100/cores=1", "boards", 100, 0, 1);
	add(&fixture, "chess", "chess/boards=4/cores=1", "boards", 4, 0, 1);
	add(&fixture, "chess", "chess/boards=24/cores=2", "boards", 24, 0, 1);
	fixture.cells[4].cores = 0;
	make(&fixture);
	const struct family *chess = groups_of(&fixture.groups, "chess", &count);

	assert_int_equal(count, 2);
	assert_string_equal(chess[0].rest, "cores=1");
	assert_int_equal(chess[0].group_count, 2);
	assert_float_equal(chess[0].groups[0].at, 4, 0);
	assert_int_equal(chess[0].groups[1].cell_count, 2);
	assert_int_equal(chess[0].groups[1].cells[0]->slot, 0);
	assert_float_equal(group_bound(&chess[0].groups[1]), 100, 0);
	assert_int_equal(group_cores(&chess[1].groups[0]), 2); /* its cell has been given none */
	assert_null(group_cell(&chess[0].groups[0], 1));
	assert_ptr_equal(family_next_workload(&fixture.groups, NULL), chess);
	assert_string_equal(family_next_workload(&fixture.groups, chess)->workload, "zoo");
	assert_null(family_next_workload(&fixture.groups, &chess[2]));
	clear(&fixture);
}

static struct invocation with_bound(double bound_ns)
{
	struct invocation invocation = {.status = STATUS_OK};

	for (int i = 0; i < MEASURES; i++)
		invocation.value[i] = NAN;
	invocation.value[MEASURE_BOUND_NS] = bound_ns;
	return invocation;
}

/* The median of what invocations have of their own, of all cells alike; those without are left out. */
static void test_bounds(void **state)
{
	struct fixture fixture = {.bundle = {.cell_count = 0}};
	struct invocation one[] = {with_bound(130), with_bound(NAN), with_bound(110)}, two[] = {with_bound(120)};
	size_t count;

	(void)state;
	add(&fixture, "chess", "chess/boards=4/cores=1", "boards", 4, 0, 3);
	add(&fixture, "chess", "chess/boards=4/cores=1", "boards", 4, 1, 1);
	make(&fixture);
	const struct group *group = groups_of(&fixture.groups, "chess", &count)->groups;

	assert_false(group_has_bounds(group));
	assert_float_equal(group_bound(group), 100, 0);
	fixture.cells[0].invocations = one;
	fixture.cells[1].invocations = two;
	assert_true(group_has_bounds(group));
	assert_float_equal(group_bound(group), 120, 0);
	assert_float_equal(group_least_bound(group), 100, 0);
	clear(&fixture);
}

static void test_headline(void **state)
{
	struct fixture fixture = {.bundle = {.cell_count = 0}};
	size_t count;

	(void)state;
	add(&fixture, "echo", "echo/connections=1", "connections", 1, 0, 5);
	add(&fixture, "echo", "echo/connections=10", "connections", 10, 0, 5);
	add(&fixture, "echo", "echo/connections=50", "connections", 50, 0, 5);
	add(&fixture, "echo", "echo/connections=500", "connections", 500, 0, 0);
	add(&fixture, "chess", "chess/boards=1", "boards", 1, 0, 5);
	add(&fixture, "chess", "chess/boards=24", "boards", 24, 0, 5);
	add(&fixture, "chess", "chess/boards=100", "boards", 100, 0, 5);
	add(&fixture, "counting", "counting/slices=1", "slices", 1, 0, 0);
	make(&fixture);
	assert_float_equal(headline_group(groups_of(&fixture.groups, "echo", &count))->at, 10, 0);
	assert_float_equal(headline_group(groups_of(&fixture.groups, "chess", &count))->at, 24, 0);
	assert_null(headline_group(groups_of(&fixture.groups, "counting", &count)));
	clear(&fixture);
}

static void test_fates(void **state)
{
	struct cell good = {.count = {[STATUS_OK] = 2}}, partly = {.count = {[STATUS_OK] = 2, [STATUS_FAILED] = 1}};
	struct cell failed = {.count = {[STATUS_FAILED] = 1, [STATUS_REFUSED] = 1}}, none = {.refused = NULL};
	struct cell refused = {.refused = "why"}, cannot = {.count = {[STATUS_REFUSED] = 1}};

	(void)state;
	assert_int_equal(cell_fate(&good), FATE_GOOD);
	assert_int_equal(cell_fate(&partly), FATE_PARTLY);
	assert_int_equal(cell_fate(&failed), FATE_FAILED);
	assert_int_equal(cell_fate(&refused), FATE_REFUSED);
	assert_int_equal(cell_fate(&cannot), FATE_REFUSED);
	assert_int_equal(cell_fate(&none), FATE_UNPLAYED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_families),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_headline),
		cmocka_unit_test(test_fates),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
