/* syscall.h: the indices of the syscall parameters, and the calls themselves. */
#ifndef SIMUL_SYSCALL_H
#define SIMUL_SYSCALL_H

#include "../workload.h"

enum syscall_parameter { SYSCALL_MODE, SYSCALL_CALLS };

/* In rising order of what is asked of the machine. */
enum syscall_mode {
	SYSCALL_ATOMIC,
	SYSCALL_MUTEX,
	SYSCALL_CLOCK_GETTIME,
	SYSCALL_GETPPID,
	SYSCALL_SCHED_YIELD,
	SYSCALL_FUTEX,
	SYSCALL_EPOLL_WAIT,
	SYSCALL_EVENTFD,
	SYSCALL_PIPE,
	SYSCALL_PAGE,
	SYSCALL_THREAD,
	SYSCALL_VFORK,
	SYSCALL_FORK,
	SYSCALL_MODES
};

extern const struct workload_spec syscall_spec;

#endif
