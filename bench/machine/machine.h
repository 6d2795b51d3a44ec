/* machine.h: the machine that we are allowed to use.
 *
 * hwloc's topology restricted to this process's binding and cgroup, the CPU quota (which hwloc does not see), the cores
 * chosen for players and loads, and what else of the environment a number depends on.
 *
 * A struct machine does not change after machine_open(): any thread may read it. Errors: -errno, and one sentence
 * where the function says so. Sources: hwloc 2.9's manual; cpuset(7); Documentation/admin-guide/cgroup-v2.rst and
 * cgroup-v1/; Documentation/scheduler/sched-bwc.rst. */
#ifndef SIMUL_MACHINE_H
#define SIMUL_MACHINE_H

#include <hwloc.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* How many PUs there are, and how many are left after each restriction. */
struct machine_pus {
	unsigned present;  /* that the kernel shows */
	unsigned cgroup;   /* in the cgroup's cpuset too */
	unsigned affinity; /* in the process's affinity mask (taskset) too: what is allowed */
};

struct machine {
	hwloc_topology_t topology;
	hwloc_bitmap_t allowed; /* PUs that we may run on */
	unsigned allowed_count;
	unsigned physical_count; /* physical cores among them */
	struct machine_pus pus;
	double quota_cores; /* CPU bandwidth of the cgroup in cores; 0: unlimited */
	bool this_system;   /* false for a synthetic or imported topology: nothing can be bound or measured */
	char identity[17];  /* hex hash of topology and CPU model; the same whatever the restriction */
	char cpu[128];      /* model name */
	char *root;         /* as in the source, "" for none; owned by the machine */
};

/* Where to look: all NULL means this machine. root is prefixed to /proc and /sys paths (for tests). */
struct machine_source {
	const char *synthetic; /* hwloc's synthetic description */
	const char *xml_path;  /* a topology exported by hwloc */
	const char *root;
};

/* 0, or -errno with a sentence on standard error. source may be NULL. About 10 ms. */
int machine_open(struct machine *machine, const struct machine_source *source);
void machine_close(struct machine *machine);

/* Which cores a player gets: `count` PUs, physical cores first, from the first allowed on, then their SMT siblings. The
 * load gets the cores that the player has no part of; if there are none, the siblings that the player left; if there
 * are none either, the player's (*shared is then true). Both bitmaps are allocated here and owned by the caller.
 * -ERANGE with a sentence in reason if none are asked for, or more than allowed, or more than the whole cores of the
 * quota (of which there is always one); -ENOMEM. */
struct placement {
	hwloc_bitmap_t cores, load_cores;
	bool shared;
};
int placement_choose(const struct machine *machine, unsigned count, struct placement *placement, char reason[256]);
void placement_clear(struct placement *placement);

/* How many threads and processes there can be at all, and the setting that says so ("kernel.pid_max"), in *setting, a
 * literal. UINT64_MAX and "" where nothing is known. */
uint64_t machine_kernel_tasks(const struct machine *machine, const char **setting);

/* For a person: packages, caches, cores, SMT, what is allowed and why fewer than there are. */
void machine_print(const struct machine *machine, FILE *file);
/* For the manifest and for programs; a new reference. What cannot be read is absent. */
json_t *machine_json(const struct machine *machine, bool with_host_name);
/* hwloc's XML, as in topology.xml, without the host name. 0 or -errno. */
int machine_export(const struct machine *machine, const char *path);

/* What disturbs a measurement, read before and after each invocation (proc(5), Documentation/accounting/psi.rst, cgroup
 * cpu.stat, Documentation/admin-guide/pm/cpufreq.rst). Absent readings are -1. */
struct disturbance {
	int64_t steal_ns;      /* of all cores together; counted by the kernel in ticks of usually 10 ms */
	int64_t busy_ns;       /* that all cores together spent in programs, in the same ticks */
	int64_t own_ns;        /* CPU time of this process and of its children that have ended */
	int64_t pressure_us;   /* PSI cpu "some" total */
	int64_t throttled_ns;  /* that the cgroup's tasks were held back by its quota */
	int64_t frequency_khz; /* mean of all cores now */
	double load_average;   /* 1 minute */
};
void disturbance_read(struct disturbance *now);
/* after less before, as in records.jsonl; a new reference. "disturbed" is true if steal is over 2 % of elapsed x
 * allowed cores, if the cgroup was throttled for over 2 % of elapsed, or if programs that are not ours ("others_ns": busy
 * less own) took over 5 % of elapsed x allowed cores and 40 ms, which covers the counting in ticks. */
json_t *disturbance_json(const struct machine *machine, const struct disturbance *before,
			 const struct disturbance *after, uint64_t elapsed_ns);

#endif
