/* disturbance.c: what else went on while something was measured. Counters of the kernel that only grow, read twice. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "internal.h"

/* The 8th number of the line "cpu user nice system idle iowait irq softirq steal ..." of /proc/stat, in ticks. */
static int64_t read_steal(const char *root)
{
	char text[SMALL_FILE_MAX];
	int64_t ticks;

	if (read_text(root, "/proc/stat", text, sizeof(text)) < 0 ||
	    sscanf(text, "cpu %*s %*s %*s %*s %*s %*s %*s %" SCNd64, &ticks) != 1)
		return -1;
	return ticks * (INT64_C(1000000000) / sysconf(_SC_CLK_TCK));
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

/* Mean of scaling_cur_freq; guests have none. */
static int64_t read_frequency(const char *root)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	int64_t sum = 0, found = 0, khz;
	char path[96];

	for (long cpu = 0; cpu < cpus; cpu++) {
		snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%ld/cpufreq/scaling_cur_freq", cpu);
		if (read_number(root, path, &khz) < 0)
			continue;
		sum += khz;
		found++;
	}
	return found ? sum / found : -1;
}

void disturbance_read_below(const char *root, struct disturbance *now)
{
	*now = (struct disturbance){
		.steal_ns = read_steal(root),
		.pressure_us = read_pressure(root),
		.throttled_ns = cgroup_throttled_ns(root),
		.frequency_khz = read_frequency(root),
		.load_average = read_load_average(root),
	};
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

json_t *disturbance_json(const struct machine *machine, const struct disturbance *before,
			 const struct disturbance *after, uint64_t elapsed_ns)
{
	const double limit = 0.02 * (double)elapsed_ns;
	json_t *json = json_object();
	int64_t steal, throttled;

	steal = put_growth(json, "steal_ns", before->steal_ns, after->steal_ns);
	put_growth(json, "pressure_us", before->pressure_us, after->pressure_us);
	throttled = put_growth(json, "throttled_ns", before->throttled_ns, after->throttled_ns);
	if (after->frequency_khz >= 0)
		json_object_set_new(json, "frequency_khz", json_integer(after->frequency_khz));
	if (after->load_average >= 0)
		json_object_set_new(json, "load_average", json_real(after->load_average));
	json_object_set_new(json, "disturbed",
			    json_boolean((double)steal > limit * machine->allowed_count || (double)throttled > limit));
	return json;
}
