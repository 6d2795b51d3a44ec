/* poller.h: operations on sockets, and the one place where a loop waits for the kernel.
 *
 * An operation is a call that either ends it, or returns POLLER_WAITS and keeps the entry: when that becomes ready, the
 * same call is made once more with the same arguments, and so on until it ends. So the poller alone knows how the
 * kernel does it, and there is one of these for each way, with which a runtime is linked:
 *
 *	poller_epoll.c	readiness: an operation is tried when the descriptor is ready, in the turn of who asked for it
 *	poller_uring.c	completion: the kernel does the operation, and the last call fetches the result
 *
 * Results are >= 0, as those of the system calls, or a negative errno value, -EBADF where the descriptor was not
 * adopted. An entry waits until it has called again, and at most one does for one direction of one descriptor. If its
 * result is negative when its turn comes, its descriptor was closed: that is the operation's result, and the call is not
 * made again, since the number may be another descriptor's by then. What an operation is given (buffer, address) stays
 * where it is until it has ended. Times are ns. One thread. */
#ifndef SIMUL_EVENT_LOOP_POLLER_H
#define SIMUL_EVENT_LOOP_POLLER_H

#include "queue.h"

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>

/* What an operation does with a descriptor: accepting reads, connecting writes. */
enum poller_direction { POLLER_READ, POLLER_WRITE };

#define POLLER_FOREVER UINT64_MAX
/* The operation has not ended. No errno value. */
#define POLLER_WAITS INT_MIN

struct poller {
	struct poller_kernel *kernel; /* the poller's own */
	unsigned waiting;             /* entries that it keeps */
};

/* -EMFILE, -ENFILE, -ENOMEM; where the kernel has no such way or forbids it, the error that it gives, and a sentence in
 * runtime_obstacle (runtime.h). */
int poller_open(struct poller *poller);

/* Adopted descriptors stay open: they are the caller's. */
void poller_close(struct poller *poller);

/* Makes fd the poller's own, and blocking or non-blocking as it needs. -EBADF; -EEXIST, -EPERM, -ENOMEM, -ENOSPC as
 * epoll_ctl(2). */
int poller_adopt(struct poller *poller, int fd);
bool poller_adopted(const struct poller *poller, int fd);

/* The end of that; to be called before close(2). Whoever waits gets result -EBADF, and is ready now if it was not yet. */
int poller_forget(struct poller *poller, int fd, struct loop_queue *ready);

/* As recv(2), send(2) with MSG_NOSIGNAL, accept4(2) (a descriptor that is adopted already) and connect(2) (whose
 * address matters in the first call alone), on stream sockets. -EBUSY: another one waits already. */
ssize_t poller_read(struct poller *poller, int fd, void *buffer, size_t bytes, struct loop_entry *entry);
ssize_t poller_write(struct poller *poller, int fd, const void *buffer, size_t bytes, struct loop_entry *entry);
int poller_accept(struct poller *poller, int listener, struct loop_entry *entry);
int poller_connect(struct poller *poller, int fd, const struct sockaddr *address, socklen_t length,
		   struct loop_entry *entry);

/* For operations of another kind, which do not block: ends with 0 when one may succeed in that direction. Whoever sees
 * that it would block says so by poller_drained(), and awaits the direction again. */
int poller_await(struct poller *poller, int fd, enum poller_direction direction, struct loop_entry *entry);
void poller_drained(struct poller *poller, int fd, enum poller_direction direction);

/* Moves every entry whose turn has come to the end of ready; waits for one at most timeout ns (0: not at all). Returns
 * early at its own discretion and on a signal, never late by more than the kernel's wake-up.
 * Returns how many events there were. */
int poller_poll(struct poller *poller, uint64_t timeout, struct loop_queue *ready);

#endif
