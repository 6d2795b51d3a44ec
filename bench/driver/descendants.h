/* descendants.h: the processes below this one, found through proc(5) and ended.
 *
 * Only direct children are ever sent a signal: their numbers cannot be reused before this process has reaped them, so
 * no stranger is ever hit. In a subreaper (prctl(2), PR_SET_CHILD_SUBREAPER) a killed child's children become direct
 * ones, however they left their session or parent; killing until there is none left therefore ends the whole tree.
 * Needs /proc with task/TID/children (CONFIG_PROC_CHILDREN, on in Debian's kernels). From one thread at a time. */
#ifndef SIMUL_DESCENDANTS_H
#define SIMUL_DESCENDANTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* A list of processes; zero-initialised it is empty. Owned by the caller; freed by process_list_clear(). */
struct process_list {
	pid_t *pids;
	size_t count;
};

void process_list_clear(struct process_list *list);

/* Appends the direct children of a process, zombies included. A process that has gone has none. 0, -ENOMEM, or
 * -errno where the list of this very process cannot be read (-ENOENT: the kernel keeps none). */
int children_append(struct process_list *list, pid_t parent);

/* Descendants of this process, at any depth, that live: zombies and `excepted` (0: nobody) are not counted, what is
 * below them is. */
unsigned descendants_count(pid_t excepted);

/* Reaps the children that have ended, but never a `spared` one. True if there was any child beside those, ended or not:
 * then some of its own may have come to us meanwhile. False proves that nobody is left below this process but below the
 * spared: an orphan stays in the list of its reaper's children until it is reaped. */
bool descendants_remain(const struct process_list *spared);

/* Kills and reaps, until no child but the `spared` (may be NULL) is left or clock_now() passes the deadline (ns).
 * Returns how many children are left: not 0 only for a process that the kernel cannot end or that we may not kill. */
unsigned descendants_kill(const struct process_list *spared, uint64_t deadline_ns);

#endif
