/* doctor_test.c: what the doctor finds in files that are laid out for it, good and bad, and where there are none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "described.h"
#include "doctor.h"
#include "internal.h"

static struct machine machine_of(unsigned allowed, unsigned physical, double quota)
{
	return (struct machine){
		.root = root,
		.allowed_count = allowed,
		.physical_count = physical,
		.pus = {.present = allowed, .cgroup = allowed, .affinity = allowed},
		.quota_cores = quota,
	};
}

static void assert_finding(const struct machine *machine, const char *topic, enum finding_state state,
			   const char *found)
{
	struct finding findings[FINDINGS_MAX];
	size_t count = doctor_examine(machine, findings);

	for (size_t i = 0; i < count; i++) {
		if (strcmp(findings[i].topic, topic) != 0)
			continue;
		assert_string_equal(findings[i].found, found);
		assert_int_equal(findings[i].state, state);
		if (state != FINDING_GOOD)
			assert_true(findings[i].means[0] != '\0');
		return;
	}
	fail_msg("there is nothing about %s", topic);
}

static void what_is_not_there_is_unknown(void **state)
{
	struct machine machine = machine_of(2, 2, 0);

	(void)state;
	assert_finding(&machine, "governor", FINDING_UNKNOWN, "not readable here");
	assert_finding(&machine, "turbo", FINDING_UNKNOWN, "not readable here");
	assert_finding(&machine, "pid_max", FINDING_UNKNOWN, "not readable here");
	assert_finding(&machine, "noise readings", FINDING_UNKNOWN,
		       "no steal, pressure (PSI), throttling by a quota, throttling by heat, frequency, load");
	assert_finding(&machine, "cores", FINDING_GOOD, "all 2");
	assert_finding(&machine, "CPU quota", FINDING_GOOD, "none");
	assert_finding(&machine, "cgroup tasks", FINDING_GOOD, "none");
}

static void a_workstation_wants_care(void **state)
{
	struct machine machine = machine_of(16, 8, 0);

	(void)state;
	put("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "powersave\n");
	put("/sys/devices/system/cpu/intel_pstate/no_turbo", "0\n");
	put("/sys/devices/system/cpu/isolated", "\n");
	put("/proc/sys/kernel/pid_max", "32768\n");
	put("/proc/sys/kernel/threads-max", "128000\n");
	put("/proc/sys/vm/max_map_count", "65530\n");
	put("/proc/sys/kernel/perf_event_paranoid", "4\n");
	put("/proc/loadavg", "3.50 1.00 0.50 1/100 4711\n");
	assert_finding(&machine, "governor", FINDING_CARE, "powersave");
	assert_finding(&machine, "turbo", FINDING_CARE, "on");
	assert_finding(&machine, "SMT", FINDING_CARE, "16 PUs on 8 cores");
	assert_finding(&machine, "isolation", FINDING_CARE, "isolcpus=none nohz_full=none");
	assert_finding(&machine, "pid_max", FINDING_CARE, "32768");
	assert_finding(&machine, "threads-max", FINDING_CARE, "128000");
	assert_finding(&machine, "max_map_count", FINDING_CARE, "65530");
	assert_finding(&machine, "perf", FINDING_CARE, "perf_event_paranoid=4");
	assert_finding(&machine, "load", FINDING_CARE, "3.50 on 16 cores");
}

static void a_prepared_machine_is_good(void **state)
{
	struct machine machine = machine_of(8, 8, 0);

	(void)state;
	put("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "performance\n");
	put("/sys/devices/system/cpu/cpufreq/boost", "0\n");
	put("/sys/devices/system/cpu/isolated", "2-7\n");
	put("/sys/devices/system/cpu/nohz_full", "2-7\n");
	put("/proc/sys/kernel/pid_max", "4194304\n");
	put("/proc/loadavg", "0.01 0.00 0.00 1/100 4711\n");
	assert_finding(&machine, "governor", FINDING_GOOD, "performance");
	assert_finding(&machine, "turbo", FINDING_GOOD, "off");
	assert_finding(&machine, "SMT", FINDING_GOOD, "no two allowed PUs share a core");
	assert_finding(&machine, "isolation", FINDING_GOOD, "isolcpus=2-7 nohz_full=2-7");
	assert_finding(&machine, "pid_max", FINDING_GOOD, "4194304");
	assert_finding(&machine, "load", FINDING_GOOD, "0.01");
}

static void a_container_limits(void **state)
{
	struct machine machine = machine_of(4, 4, 1.5);
	const char *setting;

	(void)state;
	machine.pus = (struct machine_pus){.present = 16, .cgroup = 8, .affinity = 4};
	put("/proc/self/cgroup", "0::/outer/inner\n");
	put("/proc/self/mountinfo", "31 22 0:26 / /group rw - cgroup2 cgroup2 rw\n");
	put("/group/outer/pids.max", "500\n");
	put("/group/outer/inner/pids.max", "max\n");
	put("/group/outer/inner/memory.max", "2147483648\n");
	assert_finding(&machine, "cores", FINDING_CARE,
		       "4 of 16; 8 outside the cgroup's cpuset, 4 outside the affinity mask");
	assert_finding(&machine, "CPU quota", FINDING_CARE, "1.5 cores' worth");
	assert_finding(&machine, "cgroup tasks", FINDING_CARE, "500");
	assert_finding(&machine, "cgroup memory", FINDING_CARE, "2.0 GiB");
	put("/proc/sys/kernel/pid_max", "32768\n");
	assert_int_equal(machine_kernel_tasks(&machine, &setting), 500);
	assert_string_equal(setting, "pids.max of the cgroup");
}

static void limits_of_version_1(void **state)
{
	(void)state;
	put("/proc/self/cgroup", "8:pids:/mine\n4:memory:/\n");
	put("/proc/self/mountinfo", "32 31 0:29 / /pids rw - cgroup cgroup rw,pids\n"
				    "33 31 0:30 / /memory rw - cgroup cgroup rw,memory\n");
	put("/pids/mine/pids.max", "77\n");
	put("/memory/memory.limit_in_bytes", "9223372036854771712\n");
	assert_int_equal(cgroup_tasks(root), 77);
	assert_int_equal(cgroup_memory_bytes(root), -1);
}

static void heat_disturbs(void **state)
{
	struct machine machine = machine_of(2, 2, 0);
	struct disturbance before, after;
	json_t *json;

	(void)state;
	put("/sys/devices/system/cpu/cpu0/thermal_throttle/core_throttle_count", "5\n");
	put("/sys/devices/system/cpu/cpu0/cpufreq/scaling_cur_freq", "2400000\n");
	disturbance_read_below(root, &before);
	assert_int_equal(before.thermal_throttles, 5);
	assert_int_equal(before.slowest_khz, 2400000);
	after = before;
	after.own_ns = before.own_ns;
	after.thermal_throttles++;
	json = disturbance_json(&machine, &before, &after, 1000000000);
	assert_int_equal(json_integer_value(json_object_get(json, "thermal_throttles")), 1);
	assert_int_equal(json_integer_value(json_object_get(json, "frequency_before_khz")), 2400000);
	assert_true(json_is_true(json_object_get(json, "disturbed")));
	json_decref(json);
}

static void programs_can_read_it(void **state)
{
	struct machine machine = machine_of(2, 2, 0);
	struct finding findings[FINDINGS_MAX];
	size_t count = doctor_examine(&machine, findings);
	json_t *json = findings_json(findings, count), *first = json_array_get(json, 0);

	(void)state;
	assert_int_equal(json_array_size(json), count);
	assert_string_equal(json_string_value(json_object_get(first, "topic")), "cores");
	assert_string_equal(json_string_value(json_object_get(first, "state")), "ok");
	json_decref(json);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_root, remove_root)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_is_not_there_is_unknown), TEST(a_workstation_wants_care), TEST(a_prepared_machine_is_good),
		TEST(a_container_limits),           TEST(limits_of_version_1),      TEST(heat_disturbs),
		TEST(programs_can_read_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
