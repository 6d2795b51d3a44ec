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
	bool allow_quota;   /* set by the caller: more cores than the quota pays for may be placed, and are marked */
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

/* In which order cores are taken as more are asked for. Kinds of cores: the faster one first, in each. */
enum placement_policy {
	PLACEMENT_CORE_FIRST, /* a PU of each core, package by package, then the SMT siblings; the default */
	PLACEMENT_COMPACT,    /* one cache or memory after another: its cores, then their siblings, then the next */
	PLACEMENT_SCATTER,    /* packages, memories and caches in turns; siblings last */
	PLACEMENT_SMT_FIRST,  /* every sibling of a core before the next core */
	PLACEMENT_POLICIES
};
const char *placement_policy_name(enum placement_policy policy);
const char *placement_policy_text(enum placement_policy policy); /* what it does, for a person */
bool placement_policy_find(const char *name, enum placement_policy *policy);

/* The OS indices of all allowed PUs in that order, into pus, which has room for allowed_count. 0 or -ENOMEM. */
int placement_order(const struct machine *machine, enum placement_policy policy, unsigned *pus);

/* What a set of PUs reaches over: a curve over cores may bend where one of these grows. */
struct placement_span {
	unsigned cores; /* physical ones that it has a part of */
	unsigned packages, nodes, kinds;
};

/* Which cores a player gets: the first `count` PUs of an order. The load gets the cores that the player has no part of;
 * if there are none, the siblings that the player left (*siblings is then true); if there are none either, the player's
 * (*shared is then true). Both bitmaps are allocated here and owned by the caller.
 * -ERANGE with a sentence in reason if none are asked for, or more than allowed, or more than the whole cores of the
 * quota (of which there is always one) unless the machine allows that; -ENOMEM. */
struct placement {
	hwloc_bitmap_t cores, load_cores;
	bool shared, siblings;
	bool over_quota; /* more cores than the quota pays for: held back now and then */
	enum placement_policy policy;
	struct placement_span span;
};
int placement_choose_by(const struct machine *machine, enum placement_policy policy, unsigned count,
			struct placement *placement, char reason[256]);
/* The same, core first. */
int placement_choose(const struct machine *machine, unsigned count, struct placement *placement, char reason[256]);
void placement_clear(struct placement *placement);

/* How many threads and processes there can be at all, and the setting that says so ("kernel.pid_max"), in *setting, a
 * literal. UINT64_MAX and "" where nothing is known. */
uint64_t machine_kernel_tasks(const struct machine *machine, const char **setting);

/* For a person: packages, caches, cores, SMT, what is allowed and why fewer than there are. */
void machine_print(const struct machine *machine, FILE *file);
/* For the manifest and for programs; a new reference. What cannot be read is absent. */
json_t *machine_json(const struct machine *machine, bool with_host_name);
/* Its parts, each with the PUs of it that may be used: packages, NUMA nodes, caches, cores (a core's PUs are SMT
 * siblings) and kinds of cores; a new reference. Parts without such PUs, and sizes that are not known, are absent. */
json_t *machine_structure_json(const struct machine *machine);
/* hwloc's XML, as in topology.xml, without the host name. 0 or -errno. */
int machine_export(const struct machine *machine, const char *path);

/* Draws it as SVG by hwloc's lstopo, the placement's cores orange and its load's blue. 0; -ENOENT where lstopo is not
 * installed (or the path's folder is not there); -EIO where it failed, and has said why. */
int machine_draw(const struct machine *machine, const struct placement *placement, const char *path);

/* What disturbs a measurement, read before and after each invocation (proc(5), Documentation/accounting/psi.rst, cgroup
 * cpu.stat, Documentation/admin-guide/pm/cpufreq.rst). Absent readings are -1. */
struct disturbance {
	int64_t steal_ns;          /* of all cores together; counted by the kernel in ticks of usually 10 ms */
	int64_t busy_ns;           /* that all cores together spent in programs, in the same ticks */
	int64_t softirq_ns;        /* that all cores together spent in deferred interrupts, loopback's packets among them */
	int64_t own_ns;            /* CPU time of this process and of its children that have ended */
	int64_t pressure_us;       /* PSI cpu "some" total */
	int64_t throttled_ns;      /* that the cgroup's tasks were held back by its quota */
	int64_t thermal_throttles; /* how often cores were slowed down by heat, all together */
	int64_t frequency_khz;     /* mean of all cores now */
	int64_t slowest_khz;       /* of the slowest core now */
	double load_average;       /* 1 minute */
};
void disturbance_read(struct disturbance *now);
/* after less before, as in records.jsonl; a new reference. "disturbed" is true if steal is over 2 % of elapsed x
 * allowed cores, if the cgroup was throttled for over 2 % of elapsed or a core for its heat, or if programs that are
 * not ours ("others_ns": busy less own) took over 5 % of elapsed x allowed cores and 40 ms, which covers the counting
 * in ticks. */
json_t *disturbance_json(const struct machine *machine, const struct disturbance *before,
			 const struct disturbance *after, uint64_t elapsed_ns);

#endif
