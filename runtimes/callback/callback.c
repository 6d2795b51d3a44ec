/* callback.c: the callback dialect on one thread over the event loop that coroutines use as well.
 *
 * The loop hands out entries, each inside a request; what differs from coroutines is only what resuming one means: here
 * a call of its function, from the hub in callback_run(), with no stack of its own.
 *
 * What always holds: a request that is pending is in exactly one of the ready queue, the timers, or the poller.
 * `operation` is set until it has ended and NULL from then on, so that an entry from the ready queue either makes the
 * poller's call once more or has its function called. `pending` has the request under way for each direction of each
 * descriptor, also while it is in the ready queue for a second call: closing the descriptor finds it there, and the
 * call is never made on a number that belongs to somebody else by then. */
#include "../callback.h"
#include "../check.h"
#include "../event_loop/loop.h"
#include "../runtime.h"

#include <errno.h>
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

/* An operation on a descriptor: makes the poller's call for it. */
struct callback_operation {
	enum poller_direction direction;
	ssize_t (*attempt)(struct callback_request *request);
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

/* Makes the call, once or once more. True: the request has ended. */
static bool advance(struct callback_request *request)
{
	ssize_t result = request->operation->attempt(request);

	if (result == POLLER_WAITS)
		return false;
	hub.pending[request->fd].request[request->operation->direction] = NULL;
	end(request, result);
	return true;
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
		if (poller_adopted(&hub.loop.poller, fd))
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

int callback_adopt(int fd)
{
	int error = reserve(fd);

	return error < 0 ? error : poller_adopt(&hub.loop.poller, fd);
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

	request->function = function;
	request->operation = operation;
	request->fd = fd;
	request->entry.result = 0;
	if (!poller_adopted(&hub.loop.poller, fd)) {
		end(request, -EBADF);
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

static ssize_t attempt_read(struct callback_request *request)
{
	return poller_read(&hub.loop.poller, request->fd, request->buffer, request->bytes, &request->entry);
}

static ssize_t attempt_write(struct callback_request *request)
{
	return poller_write(&hub.loop.poller, request->fd, request->buffer, request->bytes, &request->entry);
}

static ssize_t attempt_accept(struct callback_request *request)
{
	int fd = poller_accept(&hub.loop.poller, request->fd, &request->entry);

	if (fd < 0 || reserve(fd) == 0)
		return fd;
	poller_forget(&hub.loop.poller, fd, &hub.loop.ready);
	close(fd);
	return -ENOMEM;
}

/* The first call for it was made with the address, by callback_connect(). */
static ssize_t conclude_connect(struct callback_request *request)
{
	return poller_connect(&hub.loop.poller, request->fd, NULL, 0, &request->entry);
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
	ssize_t result;

	if (!occupy(request, fd, function, &connecting))
		goto ended;
	result = poller_connect(&hub.loop.poller, fd, address, length, &request->entry);
	if (result == POLLER_WAITS)
		return;
	hub.pending[fd].request[connecting.direction] = NULL;
	end(request, result);
ended:
	loop_ready(&hub.loop, &request->entry);
}
