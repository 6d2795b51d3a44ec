/* callback.h: the callback dialect, functions that are called when something has happened.
 *
 * A verb asks for something and returns at once; the function named with it is called when that has happened, with the
 * result in the request. So a task is no stack and no thread: it is whatever its owner keeps in memory, and the next
 * function that will be called for it.
 *
 *	struct game { struct callback_request request; ... };
 *
 *	callback_at(&game->request, deadline_ns, replied);
 *
 *	static void replied(struct callback_request *request)
 *	{
 *		struct game *game = callback_owner(request, struct game, request);
 *		...
 *	}
 *
 * A request is memory of the caller's, inside whatever waits: a verb allocates nothing for an operation. It needs no
 * preparation, is lent to the runtime by a verb, must stay where it is, and is the caller's own again when its function
 * is called: that one may use it for the next verb, or free it. A request is in one operation at a time.
 *
 * What always holds, in every runtime:
 *	- A function is called by callback_run(), never from inside a verb: however soon an operation ends, no verb
 *calls back, no stack grows with a chain of operations, and the code behind a verb runs before the function.
 *	- Each request that was given to a verb has its function called exactly once.
 *	- A verb does what can be done at once within the call: a write that the socket takes costs one system call and
 *	  nothing is armed for it.
 *	- Those who are always ready starve neither the times nor the descriptors that others wait for.
 *	- A function is never interrupted by another one: all run on the thread of callback_run().
 *
 * Errors: a verb with a request never fails itself; a negative errno value is the request's result. Verbs are called
 * only from inside callback_run(), on its thread. Verbs are ordinary functions in a translation unit of their own in
 * every runtime: inlining one model and not another would measure the compiler. */
#ifndef SIMUL_CALLBACK_H
#define SIMUL_CALLBACK_H

#include "event_loop/queue.h"

#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>

struct callback_request;
struct callback_operation; /* the runtime's own */

typedef void callback_function(struct callback_request *request);

/* Result is for the function to read; all else is the runtime's. */
struct callback_request {
	ssize_t result; /* 0 or more, or a negative errno value */
	callback_function *function;
	const struct callback_operation *operation;
	void *buffer;
	size_t bytes;
	int fd;
	struct loop_entry entry;
};

/* The object of that type whose member the request is. */
#define callback_owner(request, type, member) ((type *)((char *)(request)-offsetof(type, member)))

/* Starts the runtime, calls first(argument), then the functions of requests as they end, and returns 0 when none is
 * pending any more. Descriptors that are still adopted then are closed. May be called again once it has returned.
 * Errors: what starting the runtime met (-ENOMEM, -EMFILE ...). */
int callback_run(void (*first)(void *argument), void *argument);

/* Function is called after all that can be called already. Result 0. */
void callback_soon(struct callback_request *request, callback_function *function);

/* Function is called when clock_now() (clock.h, ns) is at least deadline_ns, earlier deadlines first; a deadline that
 * has passed is as good as any. Result 0; -ENOMEM: there was no memory for the timer, and it is not yet time. */
void callback_at(struct callback_request *request, uint64_t deadline_ns, callback_function *function);

/* Sockets. A descriptor used with the verbs below is first made the runtime's own by callback_adopt() and is ended by
 * callback_close(). callback_accept() gives a descriptor that is already adopted.
 * callback_adopt: 0; -EEXIST: it was adopted already; -EBADF; -ENOMEM, -ENOSPC as epoll_ctl(2). Sets O_NONBLOCK. */
int callback_adopt(int fd);

/* Closes fd. A request that is pending on it ends with -EBADF; one that has ended already keeps its result, even if its
 * function was not called yet. 0; -EBADF: it was not adopted. */
int callback_close(int fd);

/* As recv(2) and send(2) with MSG_NOSIGNAL on a stream socket, bytes at least 1; buffer stays valid until function is
 * called, and its content is the runtime's until then. May transfer less than asked; 0 from callback_read() is the end
 * of the stream. One request at a time for each direction of a descriptor: another one gets -EBUSY. -EBADF: fd is not
 * adopted. */
void callback_read(struct callback_request *request, int fd, void *buffer, size_t bytes, callback_function *function);
void callback_write(struct callback_request *request, int fd, const void *buffer, size_t bytes,
		    callback_function *function);

/* As accept4(2): the result is an adopted, non-blocking descriptor with FD_CLOEXEC. Counts as reading from listener. */
void callback_accept(struct callback_request *request, int listener, callback_function *function);

/* As connect(2), result 0, for IPv4 and IPv6. Address is read before the verb returns. Counts as writing. */
void callback_connect(struct callback_request *request, int fd, const struct sockaddr *address, socklen_t length,
		      callback_function *function);

#endif
