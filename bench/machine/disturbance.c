/* disturbance.c: what else went on while something was measured. Counters of the kernel that only grow, read twice. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "internal.h"

/* The line "cpu user nice system idle iowait irq softirq steal ..." of /proc/stat, in ticks. Interrupts are left out of
 * busy: nobody's own CPU time has them. */
static void read_stat(const char *root, struct disturbance *now)
{
	const int64_t tick_ns = INT64_C(1000000000) / sysconf(_SC_CLK_TCK);
	char text[SMALL_FILE_MAX];
	int64_t user, nice, system, softirq, steal;

	now->steal_ns = now->busy_ns = now->softirq_ns = -1;
	if (read_text(root, "/proc/stat", text, sizeof(text)) < 0 ||
	    sscanf(text, "cpu %" SCNd64 " %" SCNd64 " %" SCNd64 " %*s %*s %*s %" SCNd64 " %" SCNd64, &user, &nice,
		   &system, &softirq, &steal) != 5)
		return;
	now->steal_ns = steal * tick_ns;
	now->softirq_ns = softirq * tick_ns;
	now->busy_ns = (user + nice + system) * tick_ns;
}

static int64_t cpu_ns_of(int who)
{
	struct rusage usage;

	if (getrusage(who, &usage) < 0)
		return 0;
	return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * INT64_C(1000000000) +
	       (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * INT64_C(1000);
}

/* "some avg10=... total=MICROSECONDS" */
static int64_t read_pressure(const char *root)
{
	char text[256];
	const char *total;

	if (read_text(root, "/proc/pressure/cpu", text, sizeof(text)) < 0 || strncmp(text, "some ", 5) != 0)
		return -1;
	total = strstr(text, "total=");
	return total ? strtoll(total + strlen("total="), NULL, 10) : -1;
}

static double read_load_average(const char *root)
{
	char text[64], *end;
	double average;

	if (read_text(root, "/proc/loadavg", text, sizeof(text)) < 0)
		return -1;
	average = strtod(text, &end);
	return end == text ? -1 : average;
}

/* Mean and least of scaling_cur_freq; guests have none. */
static int64_t read_frequency(const char *root, int64_t *slowest)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	int64_t sum = 0, found = 0, khz;
	char path[96];

	*slowest = -1;
	for (long cpu = 0; cpu < cpus; cpu++) {
		snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%ld/cpufreq/scaling_cur_freq", cpu);
		if (read_number(root, path, &khz) < 0)
			continue;
		sum += khz;
		*slowest = *slowest < 0 || khz < *slowest ? khz : *slowest;
		found++;
	}
	return found ? sum / found : -1;
}

/* Of all cores together; x86 counts them, most guests do not show it. */
static int64_t read_thermal_throttles(const char *root)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	int64_t sum = -1, count;
	char path[96];

	for (long cpu = 0; cpu < cpus; cpu++) {
		snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%ld/thermal_throttle/core_throttle_count",
			 cpu);
		if (read_number(root, path, &count) == 0)
			sum = (sum < 0 ? 0 : sum) + count;
	}
	return sum;
}

void disturbance_read_below(const char *root, struct disturbance *now)
{
	*now = (struct disturbance){
		.own_ns = cpu_ns_of(RUSAGE_SELF) + cpu_ns_of(RUSAGE_CHILDREN),
		.pressure_us = read_pressure(root),
		.throttled_ns = cgroup_throttled_ns(root),
		.thermal_throttles = read_thermal_throttles(root),
		.load_average = read_load_average(root),
	};
	now->frequency_khz = read_frequency(root, &now->slowest_khz);
	read_stat(root, now);
}

void disturbance_read(struct disturbance *now)
{
	disturbance_read_below("", now);
}

/* Writes after - before under that key, and gives it back; 0 and no key where one of them is absent. */
static int64_t put_growth(json_t *json, const char *key, int64_t before, int64_t after)
{
	if (before < 0 || after < 0)
		return 0;
	json_object_set_new(json, key, json_integer(after - before));
	return after - before;
}

/* What programs that are not ours took; 0 and no key where it cannot be told. */
static int64_t put_others(json_t *json, const struct disturbance *before, const struct disturbance *after)
{
	int64_t others;

	if (before->busy_ns < 0 || after->busy_ns < 0)
		return 0;
	others = (after->busy_ns - before->busy_ns) - (after->own_ns - before->own_ns);
	others = others > 0 ? others : 0; /* ours is exact, busy is counted in ticks */
	json_object_set_new(json, "others_ns", json_integer(others));
	return others;
}

json_t *disturbance_json(const struct machine *machine, const struct disturbance *before,
			 const struct disturbance *after, uint64_t elapsed_ns)
{
	const double limit = 0.02 * (double)elapsed_ns;
	const double others_limit = 0.05 * (double)elapsed_ns * machine->allowed_count + 40e6;
	json_t *json = json_object();
	int64_t steal, throttled, others, heat;

	json_object_set_new(json, "cores", json_integer(machine->allowed_count));
	steal = put_growth(json, "steal_ns", before->steal_ns, after->steal_ns);
	put_growth(json, "softirq_ns", before->softirq_ns, after->softirq_ns);
	others = put_others(json, before, after);
	put_growth(json, "pressure_us", before->pressure_us, after->pressure_us);
	throttled = put_growth(json, "throttled_ns", before->throttled_ns, after->throttled_ns);
	heat = put_growth(json, "thermal_throttles", before->thermal_throttles, after->thermal_throttles);
	if (after->frequency_khz >= 0) {
		json_object_set_new(json, "frequency_before_khz", json_integer(before->frequency_khz));
		json_object_set_new(json, "frequency_khz", json_integer(after->frequency_khz));
		json_object_set_new(json, "slowest_khz", json_integer(after->slowest_khz));
	}
	if (after->load_average >= 0)
		json_object_set_new(json, "load_average", json_real(after->load_average));
	json_object_set_new(json, "disturbed",
			    json_boolean((double)steal > limit * machine->allowed_count || (double)throttled > limit ||
					 heat > 0 || (double)others > others_limit));
	return json;
}
