/* supervision.h: a child process that forks a pool's workers, and without which the first process would wait for ever.
 *
 *	the first process	hears by SIGCHLD when the supervisor has ended
 *	  `- supervisor
 *	       |- worker	each process dies with its parent: PR_SET_PDEATHSIG in prctl(2)
 *	       `- worker ...
 *
 * Always: if the supervisor ends before it was sent home, whatever ended it, all workers have died with it; then the
 * first process says so on standard error and exits with EXIT_FAILURE at once, whatever it was doing. One supervisor at
 * a time. Called by the first process unless said otherwise. */
#ifndef SIMUL_KERNEL_SUPERVISION_H
#define SIMUL_KERNEL_SUPERVISION_H

#include <stdatomic.h>
#include <stdint.h>
#include <sys/types.h>

/* Takes SIGCHLD for as long as there may be a supervisor, and puts back what was there before. Who begins sentences. */
void supervision_open(const char *who);
void supervision_close(void);

/* Forks a process that shares this one's table of descriptors (CLONE_FILES, clone(2)): what either opens or closes
 * later, the other has or has not. Its C library does not know its new thread id: no robust or error-checking mutexes
 * there. As fork(2), with -1 and errno. */
pid_t supervision_fork_sharing_descriptors(void);

/* Forks the supervisor, by fork() or the above, which runs supervise() and does not return from it. It is sent home by
 * whoever sets *ending, which lies in memory that both share. 0; -EAGAIN, -ENOMEM. */
int supervision_fork(pid_t (*forks)(void), void (*supervise)(void), const _Atomic uint32_t *ending);

/* Returns when the supervisor, which was sent home, has ended. */
void supervision_await_end(void);

/* A child, before all else: the parent's death is this process's, from now on and if it has happened already. */
void supervision_die_with(pid_t parent);

#endif
