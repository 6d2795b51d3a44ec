/* placement_test.c: in which order each policy takes the cores of five machines, and what parts these have. The lists
 * are written by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "described.h"

static void assert_order(const struct machine *machine, enum placement_policy policy, const char *expected)
{
	unsigned *pus = calloc(machine->allowed_count, sizeof(*pus));
	char list[512] = "";

	assert_non_null(pus);
	assert_int_equal(placement_order(machine, policy, pus), 0);
	for (unsigned i = 0; i < machine->allowed_count; i++)
		snprintf(list + strlen(list), sizeof(list) - strlen(list), "%s%u", i ? " " : "", pus[i]);
	assert_string_equal(list, expected);
	free(pus);
}

/* Of all policies, in the order of their names: compact, core-first, scatter, smt-first. */
static void assert_orders(const struct machine *machine, const char *compact, const char *core_first,
			  const char *scatter, const char *smt_first)
{
	assert_order(machine, PLACEMENT_COMPACT, compact);
	assert_order(machine, PLACEMENT_CORE_FIRST, core_first);
	assert_order(machine, PLACEMENT_SCATTER, scatter);
	assert_order(machine, PLACEMENT_SMT_FIRST, smt_first);
}

/* expected: the parts in a line each, as "0,1 level=2 type=unified". */
static void assert_parts(const struct machine *machine, const char *key, const char *expected)
{
	json_t *structure = machine_structure_json(machine), *part, *value;
	char text[1024] = "";
	const char *name;
	size_t i, k;

	json_array_foreach(json_object_get(structure, key), i, part)
	{
		json_array_foreach(json_object_get(part, "pus"), k, value)
			snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%d", k ? "," : "",
				 (int)json_integer_value(value));
		json_object_foreach(part, name, value)
		{
			if (json_is_string(value))
				snprintf(text + strlen(text), sizeof(text) - strlen(text), " %s=%s", name,
					 json_string_value(value));
			else if (json_is_integer(value))
				snprintf(text + strlen(text), sizeof(text) - strlen(text), " %s=%d", name,
					 (int)json_integer_value(value));
		}
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "\n");
	}
	assert_string_equal(text, expected);
	json_decref(structure);
}

static struct machine open_source(struct machine_source source)
{
	struct machine machine;

	assert_int_equal(machine_open(&machine, &source), 0);
	return machine;
}

static void two_packages_with_siblings(void **state)
{
	struct machine machine = open_source((struct machine_source){.synthetic = "pack:2 core:8 pu:2"});

	(void)state;
	assert_orders(&machine, "0 2 4 6 8 10 12 14 1 3 5 7 9 11 13 15 16 18 20 22 24 26 28 30 17 19 21 23 25 27 29 31",
		      "0 2 4 6 8 10 12 14 16 18 20 22 24 26 28 30 1 3 5 7 9 11 13 15 17 19 21 23 25 27 29 31",
		      "0 16 2 18 4 20 6 22 8 24 10 26 12 28 14 30 1 17 3 19 5 21 7 23 9 25 11 27 13 29 15 31",
		      "0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31");
	machine_close(&machine);
}

/* Four memories, each with an L3 cache and four cores. */
static void memories_and_caches(void **state)
{
	struct machine machine = open_source((struct machine_source){.synthetic = "pack:2 numa:2 l3:1 core:4 pu:2"});

	(void)state;
	assert_orders(&machine, "0 2 4 6 1 3 5 7 8 10 12 14 9 11 13 15 16 18 20 22 17 19 21 23 24 26 28 30 25 27 29 31",
		      "0 2 4 6 8 10 12 14 16 18 20 22 24 26 28 30 1 3 5 7 9 11 13 15 17 19 21 23 25 27 29 31",
		      "0 16 8 24 2 18 10 26 4 20 12 28 6 22 14 30 1 17 9 25 3 19 11 27 5 21 13 29 7 23 15 31",
		      "0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31");
	machine_close(&machine);
}

static void parts_have_their_pus(void **state)
{
	struct machine machine = open_source((struct machine_source){
		.synthetic = "pack:2 [numa(memory=1073741824)] l3:1(size=4194304) core:2 l1d:1(size=32768) pu:2"});

	(void)state;
	assert_parts(&machine, "packages", "0,1,2,3\n4,5,6,7\n");
	assert_parts(&machine, "numa_nodes", "0,1,2,3 node=0 bytes=1073741824\n4,5,6,7 node=1 bytes=1073741824\n");
	assert_parts(&machine, "caches",
		     "0,1,2,3 level=3 type=unified bytes=4194304\n4,5,6,7 level=3 type=unified bytes=4194304\n"
		     "0,1 level=1 type=data bytes=32768\n2,3 level=1 type=data bytes=32768\n"
		     "4,5 level=1 type=data bytes=32768\n6,7 level=1 type=data bytes=32768\n");
	assert_parts(&machine, "cores", "0,1\n2,3\n4,5\n6,7\n");
	assert_parts(&machine, "core_kinds", "");
	/* What may not be used is no part. */
	hwloc_bitmap_list_sscanf(machine.allowed, "1-2");
	assert_parts(&machine, "packages", "1,2\n");
	assert_parts(&machine, "cores", "1\n2\n");
	machine_close(&machine);
}

static void six_without_siblings(void **state)
{
	struct machine machine = open_source((struct machine_source){.synthetic = "numa:1 core:6 pu:1"});

	(void)state;
	assert_orders(&machine, "0 1 2 3 4 5", "0 1 2 3 4 5", "0 1 2 3 4 5", "0 1 2 3 4 5");
	machine_close(&machine);
}

static void fast_and_slow_cores(void **state)
{
	struct placement placement;
	struct machine machine;
	char reason[256];

	(void)state;
	assert_int_equal(described_hybrid(&machine), 0);
	assert_orders(&machine, "8 10 0 2 4 6 9 11", "8 10 0 2 4 6 9 11", "8 10 0 2 4 6 9 11", "8 9 10 11 0 2 4 6");
	assert_parts(&machine, "core_kinds", "0,2,4,6 speed_rank=0\n8,9,10,11 speed_rank=1\n");
	assert_parts(&machine, "cores", "0\n2\n4\n6\n8,9\n10,11\n");
	assert_int_equal(placement_choose(&machine, 2, &placement, reason), 0);
	assert_int_equal(placement.span.kinds, 1);
	placement_clear(&placement);
	assert_int_equal(placement_choose(&machine, 3, &placement, reason), 0);
	assert_int_equal(placement.span.kinds, 2);
	placement_clear(&placement);
	machine_close(&machine);
}

/* A container's part of two packages: half of a core, two whole ones, and two on the other package. */
static void a_part_of_a_machine(void **state)
{
	struct machine machine;

	(void)state;
	assert_int_equal(described_part(&machine), 0);
	assert_parts(&machine, "packages", "1,2,3,4,5\n18,19,20,21\n");
	assert_parts(&machine, "cores", "1\n2,3\n4,5\n18,19\n20,21\n");
	assert_orders(&machine, "1 2 4 3 5 18 20 19 21", "1 2 4 18 20 3 5 19 21", "1 18 2 20 4 19 3 21 5",
		      "1 2 3 4 5 18 19 20 21");
	machine_close(&machine);
}

static void what_cores_reach_over_is_told(void **state)
{
	struct machine machine = open_source((struct machine_source){.synthetic = "pack:2 numa:2 l3:1 core:4 pu:2"});
	struct placement placement;
	char reason[256];

	(void)state;
	assert_int_equal(placement_choose_by(&machine, PLACEMENT_SCATTER, 3, &placement, reason), 0);
	assert_int_equal(placement.span.cores, 3);
	assert_int_equal(placement.span.packages, 2);
	assert_int_equal(placement.span.nodes, 3);
	assert_int_equal(placement.span.kinds, 1);
	placement_clear(&placement);
	assert_int_equal(placement_choose_by(&machine, PLACEMENT_SMT_FIRST, 4, &placement, reason), 0);
	assert_int_equal(placement.span.cores, 2);
	assert_int_equal(placement.span.packages, 1);
	assert_int_equal(placement.span.nodes, 1);
	placement_clear(&placement);
	machine_close(&machine);
}

/* On 16 cores of which the player has a part of each, the load can only have siblings. */
static void a_load_on_siblings_is_marked(void **state)
{
	struct machine machine = open_source((struct machine_source){.synthetic = "pack:2 core:8 pu:2"});
	struct placement placement;
	char reason[256];

	(void)state;
	assert_int_equal(placement_choose(&machine, 15, &placement, reason), 0);
	assert_false(placement.siblings);
	placement_clear(&placement);
	assert_int_equal(placement_choose(&machine, 16, &placement, reason), 0);
	assert_true(placement.siblings);
	assert_false(placement.shared);
	placement_clear(&placement);
	assert_int_equal(placement_choose(&machine, 32, &placement, reason), 0);
	assert_true(placement.shared);
	assert_false(placement.siblings);
	placement_clear(&placement);
	machine_close(&machine);
}

static void a_quota_may_be_allowed(void **state)
{
	struct machine machine = open_source((struct machine_source){.synthetic = "core:4 pu:1"});
	struct placement placement;
	char reason[256];

	(void)state;
	machine.quota_cores = 1.5;
	machine.allow_quota = true;
	assert_int_equal(placement_choose(&machine, 1, &placement, reason), 0);
	assert_false(placement.over_quota);
	placement_clear(&placement);
	assert_int_equal(placement_choose(&machine, 2, &placement, reason), 0);
	assert_true(placement.over_quota);
	placement_clear(&placement);
	machine_close(&machine);
}

static void policies_have_names(void **state)
{
	enum placement_policy policy;

	(void)state;
	for (int i = 0; i < PLACEMENT_POLICIES; i++) {
		assert_true(placement_policy_find(placement_policy_name((enum placement_policy)i), &policy));
		assert_int_equal(policy, i);
	}
	assert_false(placement_policy_find("near", &policy));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_packages_with_siblings),   cmocka_unit_test(memories_and_caches),
		cmocka_unit_test(six_without_siblings),         cmocka_unit_test(fast_and_slow_cores),
		cmocka_unit_test(a_part_of_a_machine),          cmocka_unit_test(what_cores_reach_over_is_told),
		cmocka_unit_test(a_load_on_siblings_is_marked), cmocka_unit_test(a_quota_may_be_allowed),
		cmocka_unit_test(policies_have_names),          cmocka_unit_test(parts_have_their_pus),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
