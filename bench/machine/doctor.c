/* doctor.c: see doctor.h. One function a check, one table of them. */
#include "doctor.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "internal.h"

#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL 102 /* linux/mman.h since 6.13 */
#endif
#ifndef __NR_io_uring_setup
#define __NR_io_uring_setup 425
#endif

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Where a machine has more of it than this, no cell of the profiles ends for want of it. */
enum { TASKS_PLENTY = 1000000, FILES_PLENTY = 50000 };

const char *finding_state_name(enum finding_state state)
{
	static const char *const names[] = {
		[FINDING_GOOD] = "ok", [FINDING_CARE] = "care", [FINDING_UNKNOWN] = "unknown"};

	return names[state];
}

__attribute__((format(printf, 5, 6))) static void set(struct finding *finding, enum finding_state state,
						      const char *means, const char *mend, const char *format, ...)
{
	va_list arguments;

	finding->state = state;
	finding->means = means;
	finding->mend = mend;
	va_start(arguments, format);
	vsnprintf(finding->found, sizeof(finding->found), format, arguments);
	va_end(arguments);
}

static void good(struct finding *finding, const char *found)
{
	set(finding, FINDING_GOOD, "", NULL, "%s", found);
}

static void unknown(struct finding *finding, const char *means)
{
	set(finding, FINDING_UNKNOWN, means, NULL, "not readable here");
}

/* ---- The clock and the cores ---- */

static void check_governor(const struct machine *machine, struct finding *finding)
{
	char governor[40];

	if (read_text(machine->root, "/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", governor,
		      sizeof(governor)) <= 0)
		unknown(finding,
			"Guests have no say in their clock, and mostly no sight of it: where it changes, all cells "
			"drift alike, and only the calibration shows it.");
	else if (strcmp(governor, "performance") == 0)
		good(finding, governor);
	else
		set(finding, FINDING_CARE,
		    "The clock follows the load: cells that wait (chess with few boards, idle) run slower than those "
		    "that compute.",
		    "cpupower frequency-set -g performance", "%s", governor);
}

static void check_turbo(const struct machine *machine, struct finding *finding)
{
	static const char means[] = "One busy core is faster than all of them: sweeps over cores look worse than their "
				    "models are, and one-core cells better.";
	int64_t value;

	if (read_number(machine->root, "/sys/devices/system/cpu/intel_pstate/no_turbo", &value) == 0 && !value)
		set(finding, FINDING_CARE, means, "echo 1 > /sys/devices/system/cpu/intel_pstate/no_turbo", "on");
	else if (read_number(machine->root, "/sys/devices/system/cpu/intel_pstate/no_turbo", &value) == 0)
		good(finding, "off");
	else if (read_number(machine->root, "/sys/devices/system/cpu/cpufreq/boost", &value) == 0 && value)
		set(finding, FINDING_CARE, means, "echo 0 > /sys/devices/system/cpu/cpufreq/boost", "on");
	else if (read_number(machine->root, "/sys/devices/system/cpu/cpufreq/boost", &value) == 0)
		good(finding, "off");
	else
		unknown(finding,
			"Where it is on, one busy core is faster than all of them: look at the sweep over cores of "
			"counting, which shares nothing.");
}

static void check_smt(const struct machine *machine, struct finding *finding)
{
	if (machine->physical_count >= machine->allowed_count)
		good(finding, "no two allowed PUs share a core");
	else
		set(finding, FINDING_CARE,
		    "Beyond the physical cores siblings share execution units: a sweep bends there. Players get "
		    "physical "
		    "cores first.",
		    "echo off > /sys/devices/system/cpu/smt/control", "%u PUs on %u cores", machine->allowed_count,
		    machine->physical_count);
}

static void check_isolation(const struct machine *machine, struct finding *finding)
{
	char isolated[80] = "", quiet[80] = "";

	read_text(machine->root, "/sys/devices/system/cpu/isolated", isolated, sizeof(isolated));
	read_text(machine->root, "/sys/devices/system/cpu/nohz_full", quiet, sizeof(quiet));
	if (isolated[0] && quiet[0])
		set(finding, FINDING_GOOD, "Isolated cores are used where taskset allows them.", NULL,
		    "isolcpus=%.40s nohz_full=%.40s", isolated, quiet);
	else
		set(finding, FINDING_CARE,
		    "Other programs and the timer's tick interrupt the players: the tails of echo and starvation are "
		    "the "
		    "machine's as well.",
		    "boot with isolcpus=CORES nohz_full=CORES, then taskset -c CORES simul ...",
		    "isolcpus=%.40s nohz_full=%.40s", isolated[0] ? isolated : "none", quiet[0] ? quiet : "none");
}

static void check_allowed(const struct machine *machine, struct finding *finding)
{
	const struct machine_pus *pus = &machine->pus;

	if (pus->affinity == pus->present)
		set(finding, FINDING_GOOD, "", NULL, "all %u", pus->present);
	else
		set(finding, FINDING_CARE,
		    "What asks for more cores is refused; echo's load shares cores where only one is left.", NULL,
		    "%u of %u; %u outside the cgroup's cpuset, %u outside the affinity mask", pus->affinity,
		    pus->present, pus->present - pus->cgroup, pus->cgroup - pus->affinity);
}

static void check_quota(const struct machine *machine, struct finding *finding)
{
	if (machine->quota_cores <= 0)
		good(finding, "none");
	else if (machine->quota_cores >= machine->allowed_count)
		set(finding, FINDING_GOOD, "", NULL, "%.4g cores' worth, more than there are", machine->quota_cores);
	else
		set(finding, FINDING_CARE,
		    "Cells on more cores than it pays for are refused, or marked with --allow-quota: they are held "
		    "back for "
		    "parts of every 100 ms.",
		    "echo max > CGROUP/cpu.max (v2), echo -1 > CGROUP/cpu.cfs_quota_us (v1)", "%.4g cores' worth",
		    machine->quota_cores);
}

/* ---- Limits on tasks ---- */

static void check_limit(struct finding *finding, int64_t value, int64_t plenty, const char *means, const char *mend)
{
	if (value >= plenty)
		set(finding, FINDING_GOOD, "", NULL, "%" PRId64, value);
	else
		set(finding, FINDING_CARE, means, mend, "%" PRId64, value);
}

static void check_number(const struct machine *machine, struct finding *finding, const char *path, int64_t plenty,
			 const char *means, const char *mend)
{
	int64_t value;

	if (read_number(machine->root, path, &value) < 0)
		unknown(finding, means);
	else
		check_limit(finding, value, plenty, means, mend);
}

static void check_pid_max(const struct machine *machine, struct finding *finding)
{
	check_number(machine, finding, "/proc/sys/kernel/pid_max", TASKS_PLENTY,
		     "The process and thread models end at so many tasks, all programs together: chess, idle, spawn "
		     "and echo "
		     "beyond it are refused.",
		     "sysctl -w kernel.pid_max=4194304");
}

static void check_threads_max(const struct machine *machine, struct finding *finding)
{
	check_number(machine, finding, "/proc/sys/kernel/threads-max", TASKS_PLENTY,
		     "The same, for threads and processes together.", "sysctl -w kernel.threads-max=2000000");
}

static void check_mappings(const struct machine *machine, struct finding *finding)
{
	check_number(machine, finding, "/proc/sys/vm/max_map_count", 2 * TASKS_PLENTY,
		     "A thread takes two mappings, and so does a coroutine's stack with a guard page by mprotect: the "
		     "thread "
		     "models end at half of it.",
		     "sysctl -w vm.max_map_count=4194304");
}

static void check_resource(struct finding *finding, int resource, int64_t plenty, const char *means, const char *mend)
{
	struct rlimit limit;

	if (getrlimit((__rlimit_resource_t)resource, &limit) != 0)
		unknown(finding, means);
	else if (limit.rlim_cur == RLIM_INFINITY)
		good(finding, "unlimited");
	else
		check_limit(finding, (int64_t)limit.rlim_cur, plenty, means, mend);
}

static void check_files(const struct machine *machine, struct finding *finding)
{
	(void)machine;
	check_resource(finding, RLIMIT_NOFILE, FILES_PLENTY,
		       "A server of echo takes a descriptor a connection, and its load another: echo ends there.",
		       "ulimit -n 100000");
}

static void check_processes(const struct machine *machine, struct finding *finding)
{
	(void)machine;
	check_resource(finding, RLIMIT_NPROC, TASKS_PLENTY,
		       "The process and thread models end at so many tasks of this user; root is not held to it.",
		       "ulimit -u unlimited");
}

static void check_cgroup_tasks(const struct machine *machine, struct finding *finding)
{
	int64_t limit = cgroup_tasks(machine->root);

	if (limit < 0)
		good(finding, "none");
	else
		check_limit(
			finding, limit, TASKS_PLENTY,
			"The process and thread models end at so many tasks, this shell's included: containers often "
			"set it.",
			"echo max > CGROUP/pids.max");
}

static void check_cgroup_memory(const struct machine *machine, struct finding *finding)
{
	int64_t limit = cgroup_memory_bytes(machine->root);

	if (limit < 0)
		good(finding, "none");
	else
		set(finding, limit < INT64_C(8) << 30 ? FINDING_CARE : FINDING_GOOD,
		    limit < INT64_C(8) << 30
			    ? "A million tasks take up to 5 GiB (idle, coroutines), 30,000 processes 3: "
			      "where it is met, a player is killed and its cell fails."
			    : "",
		    limit < INT64_C(8) << 30 ? "echo max > CGROUP/memory.max" : NULL, "%.1f GiB",
		    (double)limit / (1 << 30));
}

/* ---- The kernel's services ---- */

static void check_timer_slack(const struct machine *machine, struct finding *finding)
{
	int slack = prctl(PR_GET_TIMERSLACK);

	(void)machine;
	if (slack < 0)
		unknown(finding, "Players set it to 1 ns for themselves.");
	else
		set(finding, FINDING_GOOD, "Players set it to 1 ns for themselves, whatever it is here.", NULL, "%d ns",
		    slack);
}

static void check_io_uring(const struct machine *machine, struct finding *finding)
{
	static const char means[] = "coroutine-uring refuses to play; all others use epoll.";
	char parameters[120] = {0}; /* struct io_uring_params, all zero */
	int64_t disabled = 0;
	long ring = syscall(__NR_io_uring_setup, 1, parameters);

	read_number(machine->root, "/proc/sys/kernel/io_uring_disabled", &disabled);
	if (ring >= 0)
		close((int)ring);
	if (ring >= 0 && disabled)
		set(finding, FINDING_CARE,
		    "Only root and its group have it: for others coroutine-uring refuses to play.",
		    "sysctl -w kernel.io_uring_disabled=0", "kernel.io_uring_disabled=%" PRId64, disabled);
	else if (ring >= 0)
		good(finding, "available");
	else if (errno == ENOSYS)
		set(finding, FINDING_CARE, means, NULL, "not in this kernel, or hidden by seccomp");
	else
		set(finding, FINDING_CARE, means, disabled ? "sysctl -w kernel.io_uring_disabled=0" : NULL, "%s%s",
		    disabled ? "forbidden by kernel.io_uring_disabled: " : "forbidden: ", strerror(errno));
}

static void check_perf(const struct machine *machine, struct finding *finding)
{
	int64_t level;

	if (read_number(machine->root, "/proc/sys/kernel/perf_event_paranoid", &level) < 0)
		unknown(finding, "No figure of simul needs perf; it is for looking into one.");
	else if (level <= 1)
		set(finding, FINDING_GOOD, "", NULL, "perf_event_paranoid=%" PRId64, level);
	else
		set(finding, FINDING_CARE,
		    "No figure of simul needs perf; who wants to look into one as an ordinary user (perf stat -- "
		    "simul-NAME "
		    "play ...) cannot.",
		    "sysctl -w kernel.perf_event_paranoid=1", "perf_event_paranoid=%" PRId64, level);
}

static void check_guards(const struct machine *machine, struct finding *finding)
{
	size_t size = (size_t)sysconf(_SC_PAGESIZE);
	void *page = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	bool installed = page != MAP_FAILED && madvise(page, size, MADV_GUARD_INSTALL) == 0;

	(void)machine;
	if (page != MAP_FAILED)
		munmap(page, size);
	if (installed)
		good(finding, "MADV_GUARD_INSTALL works");
	else
		set(finding, FINDING_CARE,
		    "Guard pages of coroutines are made by mprotect, two mappings a stack: beyond half of "
		    "vm.max_map_count "
		    "stacks go without, watched by a mark instead.",
		    "a kernel from 6.13 on", "no MADV_GUARD_INSTALL");
}

/* ---- What is read of noise ---- */

static void add(char *list, size_t size, const char *name, bool there)
{
	size_t used = strlen(list);

	if (!there)
		snprintf(list + used, size - used, "%s%s", used ? ", " : "", name);
}

/* What of the readings around each invocation is not there. */
void disturbance_missing(const struct disturbance *now, char *list, size_t size)
{
	list[0] = '\0';
	add(list, size, "steal", now->steal_ns >= 0);
	add(list, size, "pressure (PSI)", now->pressure_us >= 0);
	add(list, size, "throttling by a quota", now->throttled_ns >= 0);
	add(list, size, "throttling by heat", now->thermal_throttles >= 0);
	add(list, size, "frequency", now->frequency_khz >= 0);
	add(list, size, "load", now->load_average >= 0);
}

static void check_noise(const struct machine *machine, struct finding *finding)
{
	struct disturbance now;
	char missing[100];

	disturbance_read_below(machine->root, &now);
	disturbance_missing(&now, missing, sizeof(missing));
	if (missing[0])
		set(finding, FINDING_UNKNOWN,
		    "Around each invocation the others are read; what is not readable here disturbs without a mark.",
		    NULL, "no %s", missing);
	else
		good(finding, "steal, pressure, throttling, heat, frequency and load are read");
}

static void check_load(const struct machine *machine, struct finding *finding)
{
	struct disturbance now;

	disturbance_read_below(machine->root, &now);
	if (now.load_average < 0)
		unknown(finding, "How busy it is cannot be told beforehand.");
	else if (now.load_average < 0.1 * machine->allowed_count + 0.1)
		set(finding, FINDING_GOOD, "", NULL, "%.2f", now.load_average);
	else
		set(finding, FINDING_CARE,
		    "Something runs already (or has, a minute ago): invocations will be marked as disturbed, and "
		    "intervals "
		    "be wide.",
		    "stop what runs, or wait", "%.2f on %u cores", now.load_average, machine->allowed_count);
}

/* ---- All of them ---- */

static const struct {
	const char *topic;
	void (*check)(const struct machine *machine, struct finding *finding);
} checks[] = {
	{"cores", check_allowed},
	{"CPU quota", check_quota},
	{"SMT", check_smt},
	{"governor", check_governor},
	{"turbo", check_turbo},
	{"isolation", check_isolation},
	{"load", check_load},
	{"noise readings", check_noise},
	{"pid_max", check_pid_max},
	{"threads-max", check_threads_max},
	{"max_map_count", check_mappings},
	{"processes", check_processes},
	{"open files", check_files},
	{"cgroup tasks", check_cgroup_tasks},
	{"cgroup memory", check_cgroup_memory},
	{"timer slack", check_timer_slack},
	{"io_uring", check_io_uring},
	{"perf", check_perf},
	{"guard pages", check_guards},
};

_Static_assert(COUNT(checks) <= FINDINGS_MAX, "there is room for all findings");

size_t doctor_examine(const struct machine *machine, struct finding findings[FINDINGS_MAX])
{
	for (size_t i = 0; i < COUNT(checks); i++) {
		findings[i] = (struct finding){.topic = checks[i].topic, .means = ""};
		checks[i].check(machine, &findings[i]);
	}
	return COUNT(checks);
}

json_t *findings_json(const struct finding *findings, size_t count)
{
	json_t *array = json_array();

	for (size_t i = 0; i < count; i++) {
		json_t *object = json_pack("{s:s, s:s, s:s}", "topic", findings[i].topic, "state",
					   finding_state_name(findings[i].state), "found", findings[i].found);

		if (findings[i].means[0])
			json_object_set_new(object, "means", json_string(findings[i].means));
		if (findings[i].mend)
			json_object_set_new(object, "mend", json_string(findings[i].mend));
		json_array_append_new(array, object);
	}
	return array;
}
