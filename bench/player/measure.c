/* measure.c: see measure.h. Reads /proc only outside the timed work. */
#include "measure.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "../../runtimes/clock.h"

static uint64_t ns_from_timeval(struct timeval time)
{
	return (uint64_t)time.tv_sec * NS_PER_S + (uint64_t)time.tv_usec * NS_PER_US;
}

static void usage_add(struct usage *usage, int who)
{
	struct rusage rusage;

	if (getrusage(who, &rusage) < 0)
		return;
	usage->user_ns += ns_from_timeval(rusage.ru_utime);
	usage->system_ns += ns_from_timeval(rusage.ru_stime);
	usage->voluntary += (uint64_t)rusage.ru_nvcsw;
	usage->involuntary += (uint64_t)rusage.ru_nivcsw;
}

void usage_read(struct usage *usage)
{
	*usage = (struct usage){0};
	usage_add(usage, RUSAGE_SELF);
	usage_add(usage, RUSAGE_CHILDREN);
}

static uint64_t process_cpu_ns(pid_t pid)
{
	struct timespec time;
	clockid_t clock;

	if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &time) < 0)
		return 0;
	return ns_from_timespec(time);
}

static uint64_t process_pss_bytes(pid_t pid)
{
	unsigned long long kibibytes = 0;
	char path[64], line[256];
	FILE *file;

	snprintf(path, sizeof path, "/proc/%d/smaps_rollup", (int)pid);
	file = fopen(path, "re");
	if (!file)
		return 0;
	while (fgets(line, sizeof line, file) && sscanf(line, "Pss: %llu kB", &kibibytes) != 1)
		;
	fclose(file);
	return kibibytes * 1024;
}

/* Sums reading(pid) over the children of pid and theirs. Children are listed by the thread that forked them. */
static uint64_t sum_children(pid_t pid, uint64_t (*reading)(pid_t pid))
{
	uint64_t sum = 0;
	char path[64];
	FILE *file;
	int child;

	snprintf(path, sizeof path, "/proc/%d/task/%d/children", (int)pid, (int)pid);
	file = fopen(path, "re");
	if (!file)
		return 0;
	while (fscanf(file, "%d", &child) == 1)
		sum += reading(child) + sum_children(child, reading);
	fclose(file);
	return sum;
}

uint64_t tree_cpu_ns(void)
{
	struct usage children = {0};

	usage_add(&children, RUSAGE_CHILDREN);
	return process_cpu_ns(getpid()) + children.user_ns + children.system_ns +
	       sum_children(getpid(), process_cpu_ns);
}

uint64_t tree_pss_bytes(void)
{
	return process_pss_bytes(getpid()) + sum_children(getpid(), process_pss_bytes);
}

uint64_t kernel_memory_bytes(void)
{
	unsigned long long sum = 0, kibibytes;
	FILE *file = fopen("/proc/meminfo", "re");
	char line[256];

	if (!file)
		return 0;
	while (fgets(line, sizeof line, file))
		if (sscanf(line, "KernelStack: %llu kB", &kibibytes) == 1 ||
		    sscanf(line, "PageTables: %llu kB", &kibibytes) == 1)
			sum += kibibytes;
	fclose(file);
	return sum * 1024;
}
