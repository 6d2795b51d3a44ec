/* callback.c: the callback dialect on one thread over the event loop that coroutines use as well.
 *
 * The loop hands out entries, each inside a request; what differs from coroutines is only what resuming one means: here
 * a call of its function, from the hub in callback_run(), with no stack of its own.
 *
 * What always holds: a request that is pending is in exactly one of the ready queue, the timers, or a descriptor's
 * waiter. `operation` is set while its descriptor was not ready and NULL once the request has ended, so that an entry
 * from the ready queue either tries its operation again or has its function called. `pending` has the request under way
 * for each direction of each descriptor, also while it is in the ready queue for a second try: closing the descriptor
 * finds it there, and it never tries on a number that belongs to somebody else by then. */
#include "../callback.h"
#include "../check.h"
#include "../event_loop/loop.h"
#include "../runtime.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const struct runtime runtime = {
	.name = "callback",
	.model = "a callback a step of a task, on one thread over epoll",
	.dialect = "callback",
	.suspends = "returning to the loop; the next function of the task is called later",
	.shares = "all memory",
	.breaks = "one core; a callback that computes stops all others; "
		  "a task is cut into functions wherever it waits, and keeps its variables in memory by hand",
	.sources = "D. Schmidt, \"Reactor\", 1995; epoll(7)",
	.capabilities = RUNTIME_INTERLEAVES | RUNTIME_SHARES_MEMORY,
};

/* An operation on a descriptor: tries it, and returns false if it would block, which the poller has been told then. */
struct callback_operation {
	enum poller_direction direction;
	bool (*attempt)(struct callback_request *request);
};

/* How many turns before its own a request is fetched into the cache. */
enum { FETCH_AHEAD = 6, FIRST_DESCRIPTORS = 64 };

struct pending {
	struct callback_request *request[2]; /* by direction */
};

static struct {
	struct loop loop;
	struct pending *pending; /* by descriptor */
	int descriptors;         /* places in pending */
	bool running;
} hub;

static struct callback_request *request_of(struct loop_entry *entry)
{
	return callback_owner(entry, struct callback_request, entry);
}

static void end(struct callback_request *request, ssize_t result)
{
	request->result = result;
	request->operation = NULL;
}

/* Tries while the descriptor may be ready, then waits for it. True: the request has ended. */
static bool advance(struct callback_request *request)
{
	const struct callback_operation *operation = request->operation;
	struct poller *poller = &hub.loop.poller;

	while (poller_ready(poller, request->fd, operation->direction) > 0)
		if (operation->attempt(request)) {
			hub.pending[request->fd].request[operation->direction] = NULL;
			return true;
		}
	CHECK(poller_await(poller, request->fd, operation->direction, &request->entry) == 0,
	      "descriptor %d has a request that its poller does not know", request->fd);
	return false;
}

/* A request's turn has come. */
static void resume(struct callback_request *request)
{
	if (request->operation) {
		if (request->entry.result < 0) /* its descriptor was closed */
			end(request, request->entry.result);
		else if (!advance(request))
			return;
	}
	request->function(request);
}

/* Always inlined: gcc takes a function of nothing but prefetches for one without effect, and removes the call. */
static inline __attribute__((always_inline)) void fetch_ahead(void)
{
	const struct loop_entry *coming = loop_queue_coming(&hub.loop.ready, FETCH_AHEAD);

	if (coming)
		__builtin_prefetch(coming, 1);
}

static void dispatch(void)
{
	struct loop_entry *entry;

	while ((entry = loop_next(&hub.loop))) {
		fetch_ahead();
		resume(request_of(entry));
	}
}

/* Descriptors that nobody closed. */
static void close_descriptors(void)
{
	for (int fd = 0; fd < hub.descriptors; fd++)
		if (poller_ready(&hub.loop.poller, fd, POLLER_READ) >= 0)
			callback_close(fd);
	free(hub.pending);
	hub.pending = NULL;
	hub.descriptors = 0;
}

int callback_run(void (*first)(void *argument), void *argument)
{
	CHECK(!hub.running, "callback_run() was called from inside a callback");
	int error = loop_open(&hub.loop);

	if (error < 0)
		return error;
	hub.running = true;
	first(argument);
	dispatch();
	close_descriptors();
	loop_close(&hub.loop);
	hub.running = false;
	return 0;
}

void callback_soon(struct callback_request *request, callback_function *function)
{
	request->function = function;
	end(request, 0);
	loop_ready(&hub.loop, &request->entry);
}

void callback_at(struct callback_request *request, uint64_t deadline_ns, callback_function *function)
{
	request->function = function;
	end(request, 0);
	if (__builtin_expect(timers_add(&hub.loop.timers, deadline_ns, &request->entry) < 0, 0)) {
		end(request, -ENOMEM);
		loop_ready(&hub.loop, &request->entry);
	}
}

static int reserve(int fd)
{
	int descriptors = hub.descriptors ? hub.descriptors : FIRST_DESCRIPTORS;

	if (fd < hub.descriptors)
		return 0;
	while (descriptors <= fd)
		descriptors *= 2;
	struct pending *grown = realloc(hub.pending, (size_t)descriptors * sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	memset(grown + hub.descriptors, 0, (size_t)(descriptors - hub.descriptors) * sizeof(*grown));
	hub.pending = grown;
	hub.descriptors = descriptors;
	return 0;
}

static int adopt(int fd)
{
	int error = reserve(fd);

	return error < 0 ? error : poller_adopt(&hub.loop.poller, fd);
}

int callback_adopt(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0)
		return -errno;
	return adopt(fd);
}

int callback_close(int fd)
{
	int error = poller_forget(&hub.loop.poller, fd, &hub.loop.ready);

	if (error < 0)
		return error;
	for (int direction = 0; direction < 2; direction++) {
		struct callback_request **place = &hub.pending[fd].request[direction];

		/* Whether it waited or was about to try again, it is in the ready queue now. */
		if (*place)
			(*place)->entry.result = -EBADF;
		*place = NULL;
	}
	return close(fd) < 0 ? -errno : 0;
}

/* Takes the direction of the descriptor for the request. False: it has ended, since it cannot have it. */
static bool occupy(struct callback_request *request, int fd, callback_function *function,
		   const struct callback_operation *operation)
{
	struct callback_request **place;
	int ready = poller_ready(&hub.loop.poller, fd, operation->direction);

	request->function = function;
	request->operation = operation;
	request->fd = fd;
	request->entry.result = 0;
	if (ready < 0) {
		end(request, ready);
		return false;
	}
	place = &hub.pending[fd].request[operation->direction];
	if (*place) {
		end(request, -EBUSY);
		return false;
	}
	*place = request;
	return true;
}

/* Begins an operation; if it has ended already, the function comes after all that can be called now. */
static void begin(struct callback_request *request, int fd, callback_function *function,
		  const struct callback_operation *operation)
{
	if (!occupy(request, fd, function, operation) || advance(request))
		loop_ready(&hub.loop, &request->entry);
}

/* After a call that failed: true if the request has ended by it. */
static bool failed(struct callback_request *request)
{
	if (errno == EAGAIN)
		poller_drained(&hub.loop.poller, request->fd, request->operation->direction);
	if (errno == EAGAIN || errno == EINTR)
		return false;
	end(request, -errno);
	return true;
}

static bool attempt_read(struct callback_request *request)
{
	ssize_t count = read(request->fd, request->buffer, request->bytes);

	if (count < 0)
		return failed(request);
	if ((size_t)count < request->bytes)
		poller_short_read(&hub.loop.poller, request->fd);
	end(request, count);
	return true;
}

static bool attempt_write(struct callback_request *request)
{
	ssize_t count = send(request->fd, request->buffer, request->bytes, MSG_NOSIGNAL);

	if (count < 0)
		return failed(request);
	end(request, count);
	return true;
}

static bool attempt_accept(struct callback_request *request)
{
	int fd = accept4(request->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	/* A connection that was given up while it waited in the queue is its own affair: accept(2). */
	if (fd < 0)
		return errno != ECONNABORTED && failed(request);
	int error = adopt(fd);

	if (error < 0)
		close(fd);
	end(request, error < 0 ? error : fd);
	return true;
}

/* The attempt to connect is over when the socket calls itself writable: zero, or the error with which it ended. */
static bool conclude_connect(struct callback_request *request)
{
	int error = 0;
	socklen_t length = sizeof(error);

	if (getsockopt(request->fd, SOL_SOCKET, SO_ERROR, &error, &length) < 0)
		error = errno;
	end(request, -error);
	return true;
}

static const struct callback_operation reading = {.direction = POLLER_READ, .attempt = attempt_read};
static const struct callback_operation writing = {.direction = POLLER_WRITE, .attempt = attempt_write};
static const struct callback_operation accepting = {.direction = POLLER_READ, .attempt = attempt_accept};
static const struct callback_operation connecting = {.direction = POLLER_WRITE, .attempt = conclude_connect};

void callback_read(struct callback_request *request, int fd, void *buffer, size_t bytes, callback_function *function)
{
	request->buffer = buffer;
	request->bytes = bytes;
	begin(request, fd, function, &reading);
}

void callback_write(struct callback_request *request, int fd, const void *buffer, size_t bytes,
		    callback_function *function)
{
	request->buffer = (void *)buffer; /* only read by send(2) */
	request->bytes = bytes;
	begin(request, fd, function, &writing);
}

void callback_accept(struct callback_request *request, int listener, callback_function *function)
{
	begin(request, listener, function, &accepting);
}

void callback_connect(struct callback_request *request, int fd, const struct sockaddr *address, socklen_t length,
		      callback_function *function)
{
	if (!occupy(request, fd, function, &connecting))
		goto ended;
	poller_connecting(&hub.loop.poller, fd);
	if (connect(fd, address, length) == 0) {
		poller_connected(&hub.loop.poller, fd);
	} else if (errno != EINPROGRESS) {
		hub.pending[fd].request[POLLER_WRITE] = NULL;
		end(request, -errno);
		goto ended;
	}
	if (!advance(request))
		return;
ended:
	loop_ready(&hub.loop, &request->entry);
}
