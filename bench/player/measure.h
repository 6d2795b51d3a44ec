/* measure.h: what the kernel says this player has used: CPU, switches, memory, its children included.
 *
 * Sources: getrusage(2), clock_getcpuclockid(3), proc(5). Readings are of the whole tree of processes below this one.
 */
#ifndef SIMUL_MEASURE_H
#define SIMUL_MEASURE_H

#include <stdint.h>
#include <sys/types.h>

struct usage {
	uint64_t user_ns, system_ns;
	uint64_t voluntary, involuntary; /* context switches */
};

/* This process, its children that have been waited for, and its descendants that live (the workers of a pool); of those
 * the division into user and system time is exact to 10 ms. */
void usage_read(struct usage *usage);

/* CPU time in ns of this process, of its children that were waited for, and of its children that live. */
uint64_t tree_cpu_ns(void);

/* CPU time in ns of that process and of its descendants that live; what those used that have ended is not in it. 0 if
 * there is no such process. */
uint64_t living_cpu_ns(pid_t pid);

/* Proportional set size in bytes of this process and all that descend from it (/proc/PID/smaps_rollup); 0 if
 * unreadable. */
uint64_t tree_pss_bytes(void);

/* Kernel stacks and page tables of the whole machine in bytes (/proc/meminfo); 0 if unreadable. */
uint64_t kernel_memory_bytes(void);

/* The kernel's small objects, of the whole machine, in bytes (/proc/meminfo, "Slab"): sockets, files and their entries
 * in epoll sets are among them, those of the other end of a connection over loopback too. 0 if unreadable. */
uint64_t slab_bytes(void);

#endif
