/* machine.h: the machine that we are allowed to use.
 *
 * hwloc's topology restricted to this process's binding and cgroup, the CPU quota (which hwloc does not see), the cores chosen for
 * players and loads, and what else of the environment a number depends on. */
#ifndef SIMUL_MACHINE_H
#define SIMUL_MACHINE_H

#include <hwloc.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct machine {
	hwloc_topology_t topology;
	hwloc_bitmap_t allowed;  /* PUs that we may run on */
	unsigned allowed_count;
	unsigned physical_count; /* physical cores among them */
	double quota_cores;      /* CPU bandwidth of the cgroup in cores; 0: unlimited */
	bool this_system;        /* false for a synthetic or imported topology: nothing can be bound or measured */
	char identity[17];       /* hex hash of topology and CPU model */
	char cpu[128];           /* model name */
};

/* Where to look: all NULL means this machine. root is prefixed to /proc and /sys paths (for tests). */
struct machine_source {
	const char *synthetic;
	const char *xml_path;
	const char *root;
};

/* 0, or -errno with a sentence on standard error. */
int machine_open(struct machine *machine, const struct machine_source *source);
void machine_close(struct machine *machine);

/* Which cores a player gets: `count` PUs, physical cores first, from the first allowed on; and the load gets the rest, or the same
 * ones if there is no rest (*shared is then true). Both bitmaps are allocated here and owned by the caller.
 * -ERANGE with a sentence in reason if more than allowed (or than the quota) are asked for. */
struct placement {
	hwloc_bitmap_t cores, load_cores;
	bool shared;
};
int placement_choose(const struct machine *machine, unsigned count, struct placement *placement, char reason[256]);
void placement_clear(struct placement *placement);

/* For a person: packages, caches, cores, SMT, what is allowed and why fewer than there are. */
void machine_print(const struct machine *machine, FILE *file);
/* For the manifest and for programs; a new reference. */
json_t *machine_json(const struct machine *machine, bool with_host_name);
/* hwloc's XML, as in topology.xml. 0 or -errno. */
int machine_export(const struct machine *machine, const char *path);

/* What disturbs a measurement, read before and after each invocation (proc(5), Documentation/accounting/psi.rst). Absent readings are -1. */
struct disturbance {
	int64_t steal_ns;     /* of all cores together */
	int64_t pressure_us;  /* PSI cpu "some" total */
	double load_average;  /* 1 minute */
};
void disturbance_read(struct disturbance *now);
/* after less before, as in records.jsonl; a new reference. "disturbed" is true if steal is over 2 % of elapsed x allowed cores. */
json_t *disturbance_json(const struct machine *machine, const struct disturbance *before, const struct disturbance *after,
			 uint64_t elapsed_ns);

/* Costs of this machine that players are given, measured once a run on one core (see calibration.c). */
struct calibration {
	uint64_t step_ps;  /* one step of the chess master's arithmetic, picoseconds: the minimum of many short runs */
	uint64_t floor_ns; /* send + recv of 64 B on a loopback TCP connection, nothing else */
};
/* core: bound to it while measuring; NULL: not bound. About 100 ms. 0 or -errno. */
int calibrate(const struct machine *machine, hwloc_const_cpuset_t core, struct calibration *calibration);

#endif
