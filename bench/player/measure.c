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

/* Calls visit(child, context) for the children of pid and theirs. Children are listed by the thread that forked them.
 */
static void visit_children(pid_t pid, void (*visit)(pid_t pid, void *context), void *context)
{
	char path[64];
	FILE *file;
	int child;

	snprintf(path, sizeof path, "/proc/%d/task/%d/children", (int)pid, (int)pid);
	file = fopen(path, "re");
	if (!file)
		return;
	while (fscanf(file, "%d", &child) == 1) {
		visit(child, context);
		visit_children(child, visit, context);
	}
	fclose(file);
}

static void add_cpu(pid_t pid, void *context)
{
	*(uint64_t *)context += process_cpu_ns(pid);
}

static void add_pss(pid_t pid, void *context)
{
	*(uint64_t *)context += process_pss_bytes(pid);
}

/* The kernel tells the time of others exactly, and its two parts in ticks of 10 ms: the parts are taken as a ratio. */
static void add_times(struct usage *usage, pid_t pid)
{
	uint64_t total = process_cpu_ns(pid), user_part;
	unsigned long user = 0, system = 0;
	char path[64];
	FILE *file;

	snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
	file = fopen(path, "re");
	if (!file)
		return;
	if (fscanf(file, "%*d (%*[^)]) %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &system) != 2)
		user = system = 0;
	fclose(file);
	user_part = user + system > 0 ? (uint64_t)((double)total * (double)user / (double)(user + system)) : total;
	usage->user_ns += user_part;
	usage->system_ns += total - user_part;
}

static void add_switches(struct usage *usage, pid_t pid)
{
	unsigned long long voluntary = 0, involuntary = 0;
	char path[64], line[256];
	FILE *file;

	snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
	file = fopen(path, "re");
	if (!file)
		return;
	while (fgets(line, sizeof line, file)) {
		sscanf(line, "voluntary_ctxt_switches: %llu", &voluntary);
		sscanf(line, "nonvoluntary_ctxt_switches: %llu", &involuntary);
	}
	fclose(file);
	usage->voluntary += voluntary;
	usage->involuntary += involuntary;
}

static void add_living(pid_t pid, void *context)
{
	add_times(context, pid);
	add_switches(context, pid);
}

void usage_read(struct usage *usage)
{
	*usage = (struct usage){0};
	usage_add(usage, RUSAGE_SELF);
	usage_add(usage, RUSAGE_CHILDREN);
	visit_children(getpid(), add_living, usage);
}

uint64_t tree_cpu_ns(void)
{
	struct usage children = {0};

	usage_add(&children, RUSAGE_CHILDREN);
	return living_cpu_ns(getpid()) + children.user_ns + children.system_ns;
}

uint64_t living_cpu_ns(pid_t pid)
{
	uint64_t sum = process_cpu_ns(pid);

	visit_children(pid, add_cpu, &sum);
	return sum;
}

uint64_t tree_pss_bytes(void)
{
	uint64_t sum = process_pss_bytes(getpid());

	visit_children(getpid(), add_pss, &sum);
	return sum;
}

/* The sum of those lines of /proc/meminfo, in bytes; first ends with a NULL. */
static uint64_t meminfo_bytes(const char *const *names)
{
	unsigned long long sum = 0, kibibytes;
	FILE *file = fopen("/proc/meminfo", "re");
	char line[256];

	while (file && fgets(line, sizeof line, file))
		for (const char *const *name = names; *name; name++)
			if (strncmp(line, *name, strlen(*name)) == 0 &&
			    sscanf(line + strlen(*name), ": %llu kB", &kibibytes) == 1)
				sum += kibibytes;
	if (file)
		fclose(file);
	return sum * 1024;
}

uint64_t kernel_memory_bytes(void)
{
	return meminfo_bytes((const char *const[]){"KernelStack", "PageTables", NULL});
}

uint64_t slab_bytes(void)
{
	return meminfo_bytes((const char *const[]){"Slab", NULL});
}
