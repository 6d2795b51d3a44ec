/* internal.h: what the files of this folder share. Every path of /proc and /sys is read below a root, so that tests can
 * lay out another machine's files; "" is the real one. */
#ifndef SIMUL_MACHINE_INTERNAL_H
#define SIMUL_MACHINE_INTERNAL_H

#include "machine.h"

enum { SMALL_FILE_MAX = 4096 };

/* The start of a file (root and path joined) without the last newline. Its length, or -errno; text always ends. */
int read_text(const char *root, const char *path, char *text, size_t size);
/* The whole number that a file begins with. 0, or -errno (-EINVAL: no number). */
int read_number(const char *root, const char *path, int64_t *number);

/* Cores' worth of CPU time that the cgroup and all above it grant, v1 or v2: the least; 0: unlimited. */
double cgroup_quota_cores(const char *root);
/* Nanoseconds that the cgroup was held back by its own quota; -1: unknown. */
int64_t cgroup_throttled_ns(const char *root);
/* How many tasks, and how many bytes, the cgroup and all above it allow: the least; -1: there is no limit. */
int64_t cgroup_tasks(const char *root);
int64_t cgroup_memory_bytes(const char *root);
/* Takes away from cpus what the cgroup's cpuset does not hold. */
void cgroup_restrict(const char *root, hwloc_bitmap_t cpus);

/* Empties the note of the host name in a topology that is going to be exported. */
void topology_forget_host_name(hwloc_topology_t topology);

/* The indices of a set, as the operating system counts them; a new reference. */
json_t *pu_list_json(hwloc_const_bitmap_t set);

/* Cores, or PUs on a machine whose topology has no cores. */
hwloc_obj_type_t placement_core_type(const struct machine *machine);

void disturbance_read_below(const char *root, struct disturbance *now);
/* The readings that are not there, with commas; "" if all are. */
void disturbance_missing(const struct disturbance *now, char *list, size_t size);

#endif
