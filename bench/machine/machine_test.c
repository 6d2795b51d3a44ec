/* machine_test.c: what machine.h promises, on machines that are described (synthetic, XML), laid out as files in a
 * temporary folder, or simply this one. The lists of cores are written by hand. No test asks how fast anything is. */
#include <errno.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "described.h"
#include "internal.h"

static struct machine open_source(struct machine_source source)
{
	struct machine machine;

	assert_int_equal(machine_open(&machine, &source), 0);
	return machine;
}

static struct machine open_synthetic(const char *description)
{
	return open_source((struct machine_source){.synthetic = description});
}

/* Runs body in a child whose standard error is quiet; its exit status. */
static int in_child(int (*body)(void))
{
	int status;
	pid_t child;

	fflush(NULL);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		if (!freopen("/dev/null", "w", stderr))
			_exit(99);
		_exit(body());
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

/* ---- placement ----------------------------------------------------------------------------------------------------
 */

static void assert_set(hwloc_const_bitmap_t set, const char *expected)
{
	char list[256];

	hwloc_bitmap_list_snprintf(list, sizeof(list), set);
	assert_string_equal(list, expected);
}

static void assert_placed(const struct machine *machine, unsigned count, const char *cores, const char *load,
			  bool shared)
{
	struct placement placement;
	char reason[256];

	assert_int_equal(placement_choose(machine, count, &placement, reason), 0);
	assert_set(placement.cores, cores);
	assert_set(placement.load_cores, load);
	assert_int_equal(placement.shared, shared);
	placement_clear(&placement);
}

static void assert_not_placed(const struct machine *machine, unsigned count, const char *expected)
{
	struct placement placement;
	char reason[256] = "";

	assert_int_equal(placement_choose(machine, count, &placement, reason), -ERANGE);
	assert_string_equal(reason, expected);
	assert_null(placement.cores);
}

static void two_sockets_with_siblings(void **state)
{
	struct machine machine = open_synthetic("pack:2 core:8 pu:2");

	(void)state;
	assert_int_equal(machine.allowed_count, 32);
	assert_int_equal(machine.physical_count, 16);
	assert_placed(&machine, 1, "0", "2-31", false);
	assert_placed(&machine, 3, "0,2,4", "6-31", false);
	assert_placed(&machine, 15, "0,2,4,6,8,10,12,14,16,18,20,22,24,26,28", "30-31", false);
	assert_placed(&machine, 16, "0,2,4,6,8,10,12,14,16,18,20,22,24,26,28,30",
		      "1,3,5,7,9,11,13,15,17,19,21,23,25,27,29,31", false);
	assert_placed(&machine, 18, "0-4,6,8,10,12,14,16,18,20,22,24,26,28,30",
		      "5,7,9,11,13,15,17,19,21,23,25,27,29,31", false);
	assert_placed(&machine, 31, "0-30", "31", false);
	assert_placed(&machine, 32, "0-31", "0-31", true);
	machine_close(&machine);
}

static void several_nodes_with_siblings(void **state)
{
	struct machine machine = open_synthetic("pack:2 numa:2 l3:1 core:4 pu:2");

	(void)state;
	assert_int_equal(machine.allowed_count, 32);
	assert_int_equal(machine.physical_count, 16);
	assert_placed(&machine, 5, "0,2,4,6,8", "10-31", false);
	assert_placed(&machine, 32, "0-31", "0-31", true);
	machine_close(&machine);
}

static void no_siblings(void **state)
{
	struct machine machine = open_synthetic("numa:1 core:6 pu:1");

	(void)state;
	assert_int_equal(machine.physical_count, 6);
	assert_placed(&machine, 1, "0", "1-5", false);
	assert_placed(&machine, 5, "0-4", "5", false);
	assert_placed(&machine, 6, "0-5", "0-5", true);
	assert_not_placed(&machine, 7,
			  "7 cores are asked for, but only 6 of this machine's 6 may be used: ask for 1 to 6.");
	assert_not_placed(&machine, 0, "A player needs a core: ask for 1 to 6.");
	machine_close(&machine);
}

static void only_allowed_pus_are_placed(void **state)
{
	struct machine machine = open_synthetic("pack:2 core:2 pu:2");

	(void)state;
	assert_int_equal(hwloc_bitmap_list_sscanf(machine.allowed, "1-2,6-7"), 0);
	machine.allowed_count = 4;
	assert_placed(&machine, 1, "1", "2,6-7", false);
	assert_placed(&machine, 3, "1-2,6", "7", false);
	assert_placed(&machine, 4, "1-2,6-7", "1-2,6-7", true);
	assert_not_placed(&machine, 5,
			  "5 cores are asked for, but only 4 of this machine's 8 may be used: ask for 1 to 4.");
	machine_close(&machine);
}

static void a_quota_bounds_the_cores(void **state)
{
	struct machine machine = open_synthetic("core:4 pu:1");

	(void)state;
	machine.quota_cores = 2.5;
	assert_placed(&machine, 2, "0-1", "2-3", false);
	assert_not_placed(
		&machine, 3,
		"3 cores are asked for, but the CPU quota of the cgroup pays for 2.5: ask for 2, raise the quota, or "
		"measure under it, marked, by --allow-quota.");
	machine.quota_cores = 0.5;
	assert_placed(&machine, 1, "0", "1-3", false);
	assert_not_placed(
		&machine, 2,
		"2 cores are asked for, but the CPU quota of the cgroup pays for 0.5: ask for 1, raise the quota, or "
		"measure under it, marked, by --allow-quota.");
	machine.quota_cores = 4;
	assert_placed(&machine, 4, "0-3", "0-3", true);
	machine_close(&machine);
}

/* ---- described machines -------------------------------------------------------------------------------------------
 */

static void nothing_is_bound_on_a_described_machine(void **state)
{
	struct machine machine = open_synthetic("pack:2 core:8 pu:2");

	(void)state;
	assert_false(machine.this_system);
	machine_close(&machine);
}

static const char *xml_path(void)
{
	static char path[128];

	snprintf(path, sizeof(path), "%s/topology.xml", root);
	return path;
}

static void an_exported_machine_is_imported(void **state)
{
	struct machine machine = open_synthetic("pack:2 core:4 pu:2"), imported;

	(void)state;
	assert_int_equal(machine_export(&machine, xml_path()), 0);
	imported = open_source((struct machine_source){.xml_path = xml_path()});
	assert_false(imported.this_system);
	assert_int_equal(imported.allowed_count, 16);
	assert_int_equal(imported.physical_count, 8);
	assert_string_equal(imported.identity, machine.identity);
	assert_int_equal(machine_export(&machine, "/nonexistent/topology.xml"), -ENOENT);
	machine_close(&imported);
	machine_close(&machine);
}

static void an_export_keeps_the_host_name_back(void **state)
{
	struct machine machine = open_source((struct machine_source){.root = NULL});
	char text[1 << 16], value[512];
	struct utsname system;

	(void)state;
	assert_int_equal(machine_export(&machine, xml_path()), 0);
	assert_true(read_text("", xml_path(), text, sizeof(text)) > 100);
	assert_int_equal(uname(&system), 0);
	snprintf(value, sizeof(value), "value=\"%s\"", system.nodename);
	assert_null(strstr(text, value));
	machine_close(&machine);
}

/* An exported topology with two kinds of cores, as P and E cores are shown. */
static void make_hybrid(void)
{
	hwloc_topology_t topology;
	hwloc_bitmap_t set = hwloc_bitmap_alloc();

	assert_int_equal(hwloc_topology_init(&topology), 0);
	assert_int_equal(hwloc_topology_set_synthetic(topology, "core:6 pu:1"), 0);
	assert_int_equal(hwloc_topology_load(topology), 0);
	hwloc_bitmap_set_range(set, 0, 1);
	assert_int_equal(hwloc_cpukinds_register(topology, set, 1, 0, NULL, 0), 0);
	hwloc_bitmap_zero(set);
	hwloc_bitmap_set_range(set, 2, 5);
	assert_int_equal(hwloc_cpukinds_register(topology, set, 0, 0, NULL, 0), 0);
	assert_int_equal(hwloc_topology_export_xml(topology, xml_path(), 0), 0);
	hwloc_bitmap_free(set);
	hwloc_topology_destroy(topology);
}

static void kinds_of_cores_are_told(void **state)
{
	struct machine machine;
	json_t *json;

	(void)state;
	make_hybrid();
	machine = open_source((struct machine_source){.xml_path = xml_path()});
	json = machine_json(&machine, false);
	assert_int_equal(json_integer_value(json_object_get(json, "core_kinds")), 2);
	json_decref(json);
	machine_close(&machine);
}

static int open_nonsense(void)
{
	struct machine machine;

	if (machine_open(&machine, &(struct machine_source){.synthetic = "nonsense:x"}) >= 0)
		return 1;
	if (machine_open(&machine, &(struct machine_source){.xml_path = "/nonexistent.xml"}) >= 0)
		return 2;
	return machine.topology ? 3 : 42;
}

static void nonsense_is_refused(void **state)
{
	(void)state;
	assert_int_equal(in_child(open_nonsense), 42);
}

static void identities_tell_machines_apart(void **state)
{
	struct machine one = open_synthetic("pack:2 core:8 pu:2"), same = open_synthetic("pack:2 core:8 pu:2"),
		       other = open_synthetic("pack:4 core:4 pu:2");

	(void)state;
	assert_int_equal(strlen(one.identity), 16);
	assert_string_equal(one.identity, same.identity);
	assert_string_not_equal(one.identity, other.identity);
	machine_close(&one);
	machine_close(&same);
	machine_close(&other);
}

/* ---- cgroups ------------------------------------------------------------------------------------------------------
 */

static const char mounts_v2[] = "22 27 0:21 / /proc rw,relatime - proc proc rw\n"
				"31 23 0:28 / /sys/fs/cgroup rw shared:9 master:3 - cgroup2 cgroup2 rw\n";
static const char mounts_v1[] = "22 27 0:21 / /proc rw,relatime - proc proc rw\n"
				"32 31 0:29 / /sys/fs/cgroup/cpuset rw - cgroup cgroup rw,cpuset\n"
				"33 31 0:30 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n";

static void lay_out(const char *cgroup, const char *mountinfo)
{
	put("/proc/self/cgroup", cgroup);
	put("/proc/self/mountinfo", mountinfo);
}

static void assert_quota(double expected)
{
	double found = cgroup_quota_cores(root);

	if (found < expected - 1e-9 || found > expected + 1e-9)
		fail_msg("quota %g, not %g", found, expected);
}

static void no_cgroup_no_quota(void **state)
{
	(void)state;
	assert_quota(0);
	lay_out("0::/\n", mounts_v2);
	assert_quota(0);
	lay_out("nonsense\n\n::\n", "nonsense\n - \n1 2 3 - x\n");
	assert_quota(0);
}

static void quotas_of_version_2(void **state)
{
	(void)state;
	lay_out("0::/outer/inner\n", mounts_v2);
	put("/sys/fs/cgroup/outer/inner/cpu.max", "max 100000\n");
	assert_quota(0);
	put("/sys/fs/cgroup/outer/inner/cpu.max", "50000 100000\n");
	assert_quota(0.5);
	put("/sys/fs/cgroup/outer/inner/cpu.max", "400000 100000\n");
	put("/sys/fs/cgroup/outer/cpu.max", "150000 100000\n");
	assert_quota(1.5);
	put("/sys/fs/cgroup/outer/cpu.max", "max 100000\n");
	assert_quota(4);
	put("/sys/fs/cgroup/cpu.max", "20000 10000\n");
	assert_quota(2);
	put("/sys/fs/cpu.max", "1000 10000\n");
	assert_quota(2);
}

static void quotas_of_version_1(void **state)
{
	(void)state;
	lay_out("3:cpuset:/\n2:cpu,cpuacct:/outer/inner\n", mounts_v1);
	put("/sys/fs/cgroup/cpu,cpuacct/outer/inner/cpu.cfs_quota_us", "-1\n");
	put("/sys/fs/cgroup/cpu,cpuacct/outer/inner/cpu.cfs_period_us", "100000\n");
	assert_quota(0);
	put("/sys/fs/cgroup/cpu,cpuacct/outer/inner/cpu.cfs_quota_us", "50000\n");
	assert_quota(0.5);
	put("/sys/fs/cgroup/cpu,cpuacct/outer/inner/cpu.cfs_quota_us", "300000\n");
	put("/sys/fs/cgroup/cpu,cpuacct/outer/cpu.cfs_quota_us", "250000\n");
	put("/sys/fs/cgroup/cpu,cpuacct/outer/cpu.cfs_period_us", "100000\n");
	assert_quota(2.5);
}

static void the_least_of_both_versions_counts(void **state)
{
	char mounts[1024];

	(void)state;
	snprintf(mounts, sizeof(mounts), "%s41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n", mounts_v1);
	lay_out("2:cpu,cpuacct:/\n0::/mine\n", mounts);
	put("/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "300000\n");
	put("/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us", "100000\n");
	assert_quota(3);
	put("/sys/fs/cgroup/unified/mine/cpu.max", "100000 100000\n");
	assert_quota(1);
}

static void a_container_sees_a_part_of_the_hierarchy(void **state)
{
	(void)state;
	lay_out("2:cpu:/docker/abc/mine\n", "33 31 0:30 /docker/abc /sys/fs/my\\040groups rw - cgroup cgroup rw,cpu\n");
	put("/sys/fs/my groups/mine/cpu.cfs_quota_us", "70000\n");
	put("/sys/fs/my groups/mine/cpu.cfs_period_us", "100000\n");
	assert_quota(0.7);
	put("/proc/self/cgroup", "2:cpu:/docker/abcdef\n");
	put("/sys/fs/my groups/cpu.cfs_quota_us", "80000\n");
	put("/sys/fs/my groups/cpu.cfs_period_us", "100000\n");
	assert_quota(0.8);
	put("/proc/self/cgroup", "2:cpu:/../..\n");
	assert_quota(0.8);
}

static void a_quota_reaches_the_machine(void **state)
{
	struct machine machine;
	json_t *json;

	(void)state;
	lay_out("0::/\n", mounts_v2);
	put("/sys/fs/cgroup/cpu.max", "150000 100000\n");
	machine = open_source((struct machine_source){.synthetic = "core:4 pu:1", .root = root});
	assert_true(machine.quota_cores > 1.49 && machine.quota_cores < 1.51);
	json = machine_json(&machine, false);
	assert_true(json_real_value(json_object_get(json, "quota_cores")) > 1.49);
	json_decref(json);
	machine_close(&machine);
}

static void assert_restricted(const char *expected)
{
	hwloc_bitmap_t cpus = hwloc_bitmap_alloc();

	hwloc_bitmap_set_range(cpus, 0, 15);
	cgroup_restrict(root, cpus);
	assert_set(cpus, expected);
	hwloc_bitmap_free(cpus);
}

static void cpusets_restrict(void **state)
{
	(void)state;
	assert_restricted("0-15");
	lay_out("0::/outer/inner\n", mounts_v2);
	assert_restricted("0-15");
	put("/sys/fs/cgroup/outer/cpuset.cpus.effective", "0-3,9\n");
	assert_restricted("0-3,9");
	put("/sys/fs/cgroup/outer/inner/cpuset.cpus.effective", "\n");
	assert_restricted("0-3,9");
	put("/sys/fs/cgroup/outer/inner/cpuset.cpus.effective", "2,20\n");
	assert_restricted("2");
	lay_out("3:cpuset:/mine\n2:cpu,cpuacct:/\n", mounts_v1);
	put("/sys/fs/cgroup/cpuset/mine/cpuset.cpus", "4-7\n");
	assert_restricted("4-7");
	put("/sys/fs/cgroup/cpuset/mine/cpuset.effective_cpus", "4-5\n");
	assert_restricted("4-5");
}

static int open_with_a_foreign_cpuset(void)
{
	struct machine machine;

	return machine_open(&machine, &(struct machine_source){.root = root}) == -ENODEV ? 42 : 1;
}

static void a_cpuset_reaches_the_machine(void **state)
{
	struct machine here = open_source((struct machine_source){.root = NULL}), machine;
	int last = hwloc_bitmap_last(here.allowed);
	char list[32];

	(void)state;
	snprintf(list, sizeof(list), "%d", last);
	lay_out("0::/\n", mounts_v2);
	put("/sys/fs/cgroup/cpuset.cpus.effective", list);
	machine = open_source((struct machine_source){.root = root});
	assert_set(machine.allowed, list);
	assert_int_equal(machine.pus.cgroup, 1);
	assert_int_equal(machine.physical_count, 1);
	assert_string_equal(machine.identity, here.identity);
	machine_close(&machine);
	machine_close(&here);
	put("/sys/fs/cgroup/cpuset.cpus.effective", "100000\n");
	assert_int_equal(in_child(open_with_a_foreign_cpuset), 42);
}

/* ---- this machine -------------------------------------------------------------------------------------------------
 */

static int last_cpu;
static char identity[17];

static int open_on_the_last_cpu(void)
{
	struct machine machine;
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(last_cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set) != 0)
		return 1;
	if (machine_open(&machine, NULL) != 0)
		return 2;
	if (machine.allowed_count != 1 || machine.physical_count != 1 || machine.pus.affinity != 1)
		return 3;
	if (hwloc_bitmap_first(machine.allowed) != last_cpu)
		return 4;
	if (strcmp(machine.identity, identity) != 0)
		return 5;
	machine_close(&machine);
	return 42;
}

static void taskset_is_obeyed(void **state)
{
	struct machine machine = open_source((struct machine_source){.root = NULL});

	(void)state;
	assert_true(machine.this_system);
	assert_true(machine.allowed_count >= machine.physical_count);
	assert_true(machine.pus.present >= machine.pus.cgroup && machine.pus.cgroup >= machine.allowed_count);
	last_cpu = hwloc_bitmap_last(machine.allowed);
	strcpy(identity, machine.identity);
	machine_close(&machine);
	assert_int_equal(in_child(open_on_the_last_cpu), 42);
}

static void lay_out_environment(void)
{
	put("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "powersave\n");
	put("/sys/devices/system/cpu/intel_pstate/no_turbo", "0\n");
	put("/sys/devices/system/cpu/vulnerabilities/meltdown", "Mitigation: PTI\n");
	put("/sys/devices/system/cpu/vulnerabilities/l1tf", "Not affected\n");
	put("/sys/kernel/mm/transparent_hugepage/enabled", "always [madvise] never\n");
	put("/sys/devices/system/clocksource/clocksource0/current_clocksource", "tsc\n");
	put("/proc/cpuinfo", "processor\t: 0\nmodel name\t: x hypervisor\nflags\t\t: fpu vme de\n");
	put("/proc/sys/kernel/pid_max", "32768\n");
	put("/proc/self/cgroup", "0::/mine\n");
	put("/proc/self/mountinfo", "31 22 0:26 / /group rw - cgroup2 cgroup2 rw\n");
	put("/group/mine/memory.max", "2147483648\n");
}

static const char *text_of(json_t *json, const char *key)
{
	const char *text = json_string_value(json_object_get(json, key));

	return text ? text : "(absent)";
}

static void the_environment_is_read(void **state)
{
	struct machine machine;
	json_t *json;

	(void)state;
	lay_out_environment();
	machine = open_source((struct machine_source){.root = root});
	json = machine_json(&machine, false);
	assert_string_equal(text_of(json, "governor"), "powersave");
	assert_string_equal(text_of(json, "transparent_huge_pages"), "madvise");
	assert_string_equal(text_of(json, "clocksource"), "tsc");
	assert_string_equal(text_of(json_object_get(json, "mitigations"), "meltdown"), "Mitigation: PTI");
	assert_true(json_is_true(json_object_get(json, "boost")));
	assert_true(json_is_false(json_object_get(json, "hypervisor")));
	assert_int_equal(json_integer_value(json_object_get(json_object_get(json, "limits"), "pid_max")), 32768);
	assert_null(json_object_get(json_object_get(json, "limits"), "threads_max"));
	assert_int_equal(json_integer_value(json_object_get(json_object_get(json, "limits"), "cgroup_memory")),
			 INT64_C(2147483648));
	assert_null(json_object_get(json_object_get(json, "limits"), "cgroup_tasks"));
	assert_null(json_object_get(json, "quota_cores"));
	assert_null(json_object_get(json, "smt_control"));
	json_decref(json);
	machine_close(&machine);
}

static void variables_that_change_behaviour_are_kept(void **state)
{
	char *home = getenv("HOME") ? strdup(getenv("HOME")) : NULL;
	struct machine machine = open_source((struct machine_source){.root = root});
	json_t *json, *found;

	(void)state;
	setenv("HOME", "/home/someone", 1);
	setenv("GLIBC_TUNABLES", "glibc.malloc.tcache_count=0", 1);
	setenv("MALLOC_ARENA_MAX", "1", 1);
	setenv("LD_LIBRARY_PATH", "/home/someone/lib:/home/someone2:/home/someone", 1);
	setenv("MALLOCS_ARE_FEW", "yes", 1);
	setenv("GOMAXPROCS_OF_MINE", "secret", 1);
	json = machine_json(&machine, false);
	found = json_object_get(json, "variables");
	assert_string_equal(text_of(found, "GLIBC_TUNABLES"), "glibc.malloc.tcache_count=0");
	assert_string_equal(text_of(found, "MALLOC_ARENA_MAX"), "1");
	assert_string_equal(text_of(found, "LD_LIBRARY_PATH"), "~/lib:/home/someone2:~");
	assert_null(json_object_get(found, "HOME"));
	assert_null(json_object_get(found, "MALLOCS_ARE_FEW"));
	assert_null(json_object_get(found, "GOMAXPROCS_OF_MINE"));
	json_decref(json);
	unsetenv("GLIBC_TUNABLES");
	unsetenv("MALLOC_ARENA_MAX");
	unsetenv("LD_LIBRARY_PATH");
	unsetenv("MALLOCS_ARE_FEW");
	unsetenv("GOMAXPROCS_OF_MINE");
	if (home)
		setenv("HOME", home, 1);
	free(home);
	machine_close(&machine);
}

static void the_manifest_has_what_the_schema_names(void **state)
{
	static const char *const keys[] = {"identity", "cpu", "kernel", "libc", "cores_allowed", "cores_physical"};
	struct machine machine = open_source((struct machine_source){.root = NULL});
	json_t *json = machine_json(&machine, false);

	(void)state;
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (!json_object_get(json, keys[i]))
			fail_msg("no \"%s\"", keys[i]);
	assert_int_equal(json_array_size(json_object_get(json, "cores_allowed")), machine.allowed_count);
	assert_null(json_object_get(json, "host"));
	json_decref(json);
	json = machine_json(&machine, true);
	assert_non_null(json_object_get(json, "host"));
	json_decref(json);
	machine_close(&machine);
}

static void print_to(const struct machine *machine, char *page, size_t size)
{
	FILE *file = fmemopen(page, size, "w");

	assert_non_null(file);
	machine_print(machine, file);
	fclose(file);
}

static void a_person_reads_a_page(void **state)
{
	struct machine machine = open_synthetic("pack:2 core:2 pu:2");
	char page[4096] = "";

	(void)state;
	machine.pus = (struct machine_pus){.present = 8, .cgroup = 6, .affinity = 4};
	hwloc_bitmap_list_sscanf(machine.allowed, "0-3");
	machine.allowed_count = 4;
	machine.physical_count = 2;
	machine.quota_cores = 2.5;
	print_to(&machine, page, sizeof(page));
	assert_non_null(strstr(page, "Sockets     2 packages, 1 NUMA node"));
	assert_non_null(strstr(page, "Logical     0-3: 4 of 8\n"));
	assert_non_null(strstr(page, "Physical    2 cores, some with SMT siblings\n"));
	assert_non_null(strstr(page, "Not allowed 2 outside the cgroup's cpuset\n"));
	assert_non_null(strstr(page, "Not allowed 2 outside this process's affinity mask (taskset)\n"));
	assert_non_null(strstr(page, "CPU quota   2.5 cores' worth of CPU time (cgroup)\n"));
	assert_non_null(strstr(page, "1 core      player on 0, load on 2-3\n"));
	assert_non_null(strstr(page, "2 cores     player on 0,2, load on 1,3\n"));
	assert_null(strstr(page, "4 cores"));
	machine_close(&machine);
}

/* ---- disturbance --------------------------------------------------------------------------------------------------
 */

static void disturbances_are_read(void **state)
{
	struct disturbance now;

	(void)state;
	disturbance_read_below(root, &now);
	assert_int_equal(now.steal_ns, -1);
	assert_int_equal(now.pressure_us, -1);
	assert_int_equal(now.throttled_ns, -1);
	assert_int_equal(now.frequency_khz, -1);
	assert_true(now.load_average < 0);
	put("/proc/stat", "cpu  1 2 3 4 5 6 7 8 9 10\ncpu0 1 2 3 4 5 6 7 90 9 10\n");
	put("/proc/pressure/cpu", "some avg10=1.53 avg60=1.87 total=57767\nfull avg10=0.00 total=12\n");
	put("/proc/loadavg", "0.75 0.50 0.25 1/100 4711\n");
	put("/sys/devices/system/cpu/cpu0/cpufreq/scaling_cur_freq", "2400000\n");
	lay_out("0::/mine\n", mounts_v2);
	put("/sys/fs/cgroup/mine/cpu.stat", "usage_usec 9\nnr_throttled 3\nthrottled_usec 21\n");
	disturbance_read_below(root, &now);
	assert_int_equal(now.steal_ns, 8 * (1000000000 / sysconf(_SC_CLK_TCK)));
	assert_int_equal(now.softirq_ns, 7 * (1000000000 / sysconf(_SC_CLK_TCK)));
	assert_int_equal(now.busy_ns, (1 + 2 + 3) * (1000000000 / sysconf(_SC_CLK_TCK)));
	assert_true(now.own_ns > 0);
	assert_int_equal(now.pressure_us, 57767);
	assert_int_equal(now.throttled_ns, 21000);
	assert_int_equal(now.frequency_khz, 2400000);
	assert_true(now.load_average > 0.74 && now.load_average < 0.76);
	lay_out("2:cpu,cpuacct:/mine\n", mounts_v1);
	put("/sys/fs/cgroup/cpu,cpuacct/mine/cpu.stat", "nr_periods 0\nthrottled_time 1234\n");
	disturbance_read_below(root, &now);
	assert_int_equal(now.throttled_ns, 1234);
}

static const struct disturbance calm = {
	.steal_ns = 1000, .pressure_us = 500, .throttled_ns = 7, .frequency_khz = -1, .load_average = 0.5};

static bool is_disturbed(struct disturbance after)
{
	struct machine machine = {.allowed_count = 2};
	json_t *json = disturbance_json(&machine, &calm, &after, 1000000000);
	bool disturbed = json_is_true(json_object_get(json, "disturbed"));

	json_decref(json);
	return disturbed;
}

static void stolen_or_withheld_time_disturbs(void **state)
{
	struct disturbance after = calm;

	(void)state;
	assert_false(is_disturbed(after));
	after.steal_ns = calm.steal_ns + 40000000;
	assert_false(is_disturbed(after));
	after.steal_ns = calm.steal_ns + 40000001;
	assert_true(is_disturbed(after));
	after.steal_ns = -1;
	assert_false(is_disturbed(after));
	after.throttled_ns = calm.throttled_ns + 20000001;
	assert_true(is_disturbed(after));
}

static void other_programs_disturb(void **state)
{
	struct disturbance after = calm;

	(void)state;
	after.busy_ns += 1940000000; /* most of both cores, but ours */
	after.own_ns += 1800000000;
	assert_false(is_disturbed(after));
	after.own_ns -= 1;
	assert_true(is_disturbed(after));
	after.busy_ns = -1;
	assert_false(is_disturbed(after));
}

static void absent_readings_are_absent(void **state)
{
	struct machine machine = {.allowed_count = 2};
	struct disturbance after = calm;
	json_t *json;

	(void)state;
	after.pressure_us += 30;
	after.throttled_ns = -1;
	json = disturbance_json(&machine, &calm, &after, 1000);
	assert_int_equal(json_integer_value(json_object_get(json, "steal_ns")), 0);
	assert_int_equal(json_integer_value(json_object_get(json, "pressure_us")), 30);
	assert_non_null(json_object_get(json, "load_average"));
	assert_null(json_object_get(json, "throttled_ns"));
	assert_null(json_object_get(json, "frequency_khz"));
	json_decref(json);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_root, remove_root)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(two_sockets_with_siblings),
		TEST(several_nodes_with_siblings),
		TEST(no_siblings),
		TEST(only_allowed_pus_are_placed),
		TEST(a_quota_bounds_the_cores),
		TEST(nothing_is_bound_on_a_described_machine),
		TEST(an_exported_machine_is_imported),
		TEST(an_export_keeps_the_host_name_back),
		TEST(kinds_of_cores_are_told),
		TEST(nonsense_is_refused),
		TEST(identities_tell_machines_apart),
		TEST(no_cgroup_no_quota),
		TEST(quotas_of_version_2),
		TEST(quotas_of_version_1),
		TEST(the_least_of_both_versions_counts),
		TEST(a_container_sees_a_part_of_the_hierarchy),
		TEST(a_quota_reaches_the_machine),
		TEST(cpusets_restrict),
		TEST(a_cpuset_reaches_the_machine),
		TEST(taskset_is_obeyed),
		TEST(the_environment_is_read),
		TEST(variables_that_change_behaviour_are_kept),
		TEST(the_manifest_has_what_the_schema_names),
		TEST(a_person_reads_a_page),
		TEST(disturbances_are_read),
		TEST(other_programs_disturb),
		TEST(stolen_or_withheld_time_disturbs),
		TEST(absent_readings_are_absent),
	};

	return cmocka_run_group_tests_name("machine", tests, NULL, NULL);
}
