/* callback_libuv.c: the callback dialect on libuv, the loop beneath Node.js.
 *
 * Sockets are libuv's streams as its documentation has them used: reading is started once and goes on, a write is tried
 * at once (uv_try_write) and queued (uv_write) only when the socket does not take it. What libuv lacks stands beside
 * it: its timers count milliseconds, so deadlines lie in a heap of our own (event_loop/timers.h) and wake libuv by a
 * timerfd that it polls; and functions that need nothing but a turn lie in a queue of our own (event_loop/queue.h).
 *
 *	phase of uv_run()	what we do in it
 *	idle			nothing; it is started while the queue has entries, so that libuv does not wait
 *	prepare			sets the timerfd to the earliest deadline, if that has changed
 *	poll			libuv's callbacks: a request that waited ends, and its function is called
 *	check			functions from the queue and of deadlines that have come
 *
 * What always holds: `pending` counts the requests whose function was not called yet; at zero the loop is stopped. A
 * descriptor's handle is allocated when it is adopted, one for all operations on it, and freed by libuv's close
 * callback. A handle's reader and writer are the requests that libuv's callbacks will end. */
#include "../callback.h"
#include "../check.h"
#include "../clock.h"
#include "../event_loop/loop.h"
#include "../event_loop/timers.h"
#include "../runtime.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>
#include <uv.h>

const struct runtime runtime = {
	.name = "callback-libuv",
	.model = "a callback a step of a task, on one thread over libuv, the loop of Node.js",
	.dialect = "callback",
	.suspends = "returning to libuv's loop; deadlines, which libuv has in milliseconds only, "
		    "come from a heap of our own and a timerfd that libuv polls",
	.shares = "all memory",
	.breaks = "one core; a callback that computes stops all others; libuv's own timers round to milliseconds "
		  "and are not used; about 480 bytes a connection for libuv's handle",
	.sources = "libuv's design overview and API documentation, docs.libuv.org; timerfd_create(2)",
	.capabilities = RUNTIME_INTERLEAVES | RUNTIME_SHARES_MEMORY,
	.library = "libuv " LIBUV_VERSION,
	.reference = true,
};

enum { FIRST_DESCRIPTORS = 64 };

/* An adopted descriptor. The stream is its first member: libuv's handle and the descriptor have one address. */
struct descriptor {
	uv_tcp_t stream;
	union {
		uv_write_t write;
		uv_connect_t connect;
	} request; /* libuv's own record of what the writer waits for */
	struct callback_request *reader, *writer;
	bool reading;   /* libuv reads, whether or not there is a reader */
	bool listening; /* libuv listens */
	bool arrived;   /* a connection waits to be accepted */
};

static struct {
	uv_loop_t loop;
	uv_idle_t idle;
	uv_prepare_t prepare;
	uv_check_t check;
	uv_poll_t poll;
	int timerfd;
	bool fired;   /* since it was set */
	uint64_t set; /* the time that the timerfd is set to, 0: none */
	struct timers timers;
	struct loop_queue ready;
	size_t pending;
	struct descriptor **descriptors; /* by number, NULL where none is adopted */
	int capacity;
	bool running;
} hub;

static struct callback_request *request_of(struct loop_entry *entry)
{
	return callback_owner(entry, struct callback_request, entry);
}

/* Lends a request to the runtime. */
static void take(struct callback_request *request, callback_function *function)
{
	request->function = function;
	request->result = 0;
	hub.pending++;
}

/* Gives it back by calling its function. */
static void call(struct callback_request *request)
{
	hub.pending--;
	request->function(request);
}

static void on_idle(uv_idle_t *idle)
{
	(void)idle;
}

/* Ends a request from inside a verb: its function comes in the check phase. */
static void end_soon(struct callback_request *request, ssize_t result)
{
	request->result = result;
	if (loop_queue_empty(&hub.ready))
		uv_idle_start(&hub.idle, on_idle);
	loop_queue_push(&hub.ready, &request->entry);
}

/* Ends a request from inside one of libuv's callbacks. */
static void end_now(struct callback_request **place, ssize_t result)
{
	struct callback_request *request = *place;

	*place = NULL;
	request->result = result;
	call(request);
}

/* The other phases. */

/* What the timerfd is to be set to: 0 is none, so that a deadline of 0 becomes 1 ns, which is as long ago. */
static uint64_t earliest_deadline(void)
{
	if (!timers_count(&hub.timers))
		return 0;
	return timers_earliest(&hub.timers) ? timers_earliest(&hub.timers) : 1;
}

/* Set again after it has fired, even to none: setting it also makes it unreadable. */
static void on_prepare(uv_prepare_t *prepare)
{
	uint64_t earliest = earliest_deadline();
	struct itimerspec time = {.it_value = timespec_from_ns(earliest)};

	(void)prepare;
	if (earliest == hub.set && !hub.fired)
		return;
	CHECK(timerfd_settime(hub.timerfd, TFD_TIMER_ABSTIME, &time, NULL) == 0, "cannot set a timer: %s",
	      strerror(errno));
	hub.set = earliest;
	hub.fired = false;
}

static void on_timerfd(uv_poll_t *poll, int status, int events)
{
	(void)poll;
	(void)status;
	(void)events;
	hub.fired = true;
}

/* Calls what is in the queue now, and not what these add to it. */
static void call_generation(void)
{
	for (size_t left = hub.ready.tail - hub.ready.head; left > 0; left--)
		call(request_of(loop_queue_pop(&hub.ready)));
}

/* Generation after generation for a while, then libuv's turn again, as the other loop does it (event_loop/loop.h). */
static void on_check(uv_check_t *check)
{
	uint64_t now = clock_now(), until = now + LOOP_LOOK_NS;

	(void)check;
	do {
		timers_expire(&hub.timers, now, &hub.ready);
		call_generation();
	} while (!loop_queue_empty(&hub.ready) && (now = clock_now()) < until);
	if (loop_queue_empty(&hub.ready))
		uv_idle_stop(&hub.idle);
	else
		uv_idle_start(&hub.idle, on_idle);
	if (hub.pending == 0)
		uv_stop(&hub.loop);
}

/* Running. */

static void open_handles(void)
{
	uv_idle_init(&hub.loop, &hub.idle);
	uv_prepare_init(&hub.loop, &hub.prepare);
	uv_check_init(&hub.loop, &hub.check);
	uv_prepare_start(&hub.prepare, on_prepare);
	uv_check_start(&hub.check, on_check);
}

static int open_hub(void)
{
	int error = uv_loop_init(&hub.loop);

	if (error < 0)
		return error;
	if ((error = loop_queue_open(&hub.ready)) < 0)
		goto close_loop;
	hub.timerfd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	error = hub.timerfd < 0 ? -errno : uv_poll_init(&hub.loop, &hub.poll, hub.timerfd);
	if (error < 0)
		goto close_queue;
	open_handles();
	uv_poll_start(&hub.poll, UV_READABLE, on_timerfd);
	return 0;
close_queue:
	if (hub.timerfd >= 0)
		close(hub.timerfd);
	loop_queue_close(&hub.ready);
close_loop:
	uv_loop_close(&hub.loop);
	return error;
}

/* Closes what is open in libuv, and lets it call the last of its callbacks. */
static void close_hub(void)
{
	for (int fd = 0; fd < hub.capacity; fd++)
		if (hub.descriptors[fd])
			callback_close(fd);
	uv_close((uv_handle_t *)&hub.idle, NULL);
	uv_close((uv_handle_t *)&hub.prepare, NULL);
	uv_close((uv_handle_t *)&hub.check, NULL);
	uv_close((uv_handle_t *)&hub.poll, NULL);
	uv_run(&hub.loop, UV_RUN_DEFAULT);
	CHECK(uv_loop_close(&hub.loop) == 0, "libuv has handles open that we did not make");
	close(hub.timerfd);
	timers_close(&hub.timers);
	loop_queue_close(&hub.ready);
	free(hub.descriptors);
	memset(&hub, 0, sizeof(hub));
}

int callback_run(void (*first)(void *argument), void *argument)
{
	CHECK(!hub.running, "callback_run() was called from inside a callback");
	/* libuv writes without MSG_NOSIGNAL, and leaves the signal to its user. */
	struct sigaction ignore = {.sa_handler = SIG_IGN}, before;
	int error = open_hub();

	if (error < 0)
		return error;
	sigaction(SIGPIPE, &ignore, &before);
	hub.running = true;
	first(argument);
	if (hub.pending > 0)
		uv_run(&hub.loop, UV_RUN_DEFAULT);
	close_hub();
	sigaction(SIGPIPE, &before, NULL);
	return 0;
}

void callback_soon(struct callback_request *request, callback_function *function)
{
	take(request, function);
	end_soon(request, 0);
}

void callback_at(struct callback_request *request, uint64_t deadline_ns, callback_function *function)
{
	take(request, function);
	if (timers_add(&hub.timers, deadline_ns, &request->entry) < 0)
		end_soon(request, -ENOMEM);
}

/* Descriptors. */

static struct descriptor *descriptor_of(int fd)
{
	return fd >= 0 && fd < hub.capacity ? hub.descriptors[fd] : NULL;
}

static uv_stream_t *stream_of(struct descriptor *descriptor)
{
	return (uv_stream_t *)&descriptor->stream;
}

static int reserve(int fd)
{
	int capacity = hub.capacity ? hub.capacity : FIRST_DESCRIPTORS;

	if (fd < hub.capacity)
		return 0;
	while (capacity <= fd)
		capacity *= 2;
	struct descriptor **grown = realloc(hub.descriptors, (size_t)capacity * sizeof(struct descriptor *));

	if (!grown)
		return -ENOMEM;
	memset(grown + hub.capacity, 0, (size_t)(capacity - hub.capacity) * sizeof(struct descriptor *));
	hub.descriptors = grown;
	hub.capacity = capacity;
	return 0;
}

static void on_close(uv_handle_t *handle)
{
	free((struct descriptor *)handle);
}

/* A descriptor without a number yet; NULL if there is no memory. */
static struct descriptor *make_descriptor(void)
{
	struct descriptor *descriptor = calloc(1, sizeof(*descriptor));

	if (descriptor)
		uv_tcp_init(&hub.loop, &descriptor->stream);
	return descriptor;
}

int callback_adopt(int fd)
{
	struct descriptor *descriptor;
	int error = fd < 0 ? -EBADF : reserve(fd);

	if (error < 0)
		return error;
	if (hub.descriptors[fd])
		return -EEXIST;
	descriptor = make_descriptor();
	if (!descriptor)
		return -ENOMEM;
	error = uv_tcp_open(&descriptor->stream, fd);
	if (error < 0) {
		uv_close((uv_handle_t *)&descriptor->stream, on_close);
		return error;
	}
	hub.descriptors[fd] = descriptor;
	return 0;
}

/* Libuv closes the descriptor at once and its handle in the closing phase; it then also gives up what it was writing,
 * of which nobody is told any more. */
int callback_close(int fd)
{
	struct descriptor *descriptor = descriptor_of(fd);

	if (!descriptor)
		return -EBADF;
	if (descriptor->reader)
		end_soon(descriptor->reader, -EBADF);
	if (descriptor->writer)
		end_soon(descriptor->writer, -EBADF);
	descriptor->reader = descriptor->writer = NULL;
	hub.descriptors[fd] = NULL;
	uv_close((uv_handle_t *)&descriptor->stream, on_close);
	return 0;
}

/* Takes the request, and for it a direction of its descriptor, which is returned; NULL: it has ended with the reason.
 */
static struct descriptor *occupy(struct callback_request *request, int fd, callback_function *function,
				 enum poller_direction direction)
{
	struct descriptor *descriptor = descriptor_of(fd);

	take(request, function);
	if (!descriptor) {
		end_soon(request, -EBADF);
		return NULL;
	}
	struct callback_request **place = direction == POLLER_READ ? &descriptor->reader : &descriptor->writer;

	if (*place) {
		end_soon(request, -EBUSY);
		return NULL;
	}
	*place = request;
	return descriptor;
}

/* The request that has this place ends from inside its verb. */
static void vacate(struct callback_request **place, ssize_t result)
{
	struct callback_request *request = *place;

	*place = NULL;
	end_soon(request, result);
}

/* Reading: libuv goes on reading while functions run, since most of them ask for more. If data comes and nobody has
 * asked, libuv is given no buffer, leaves the data in the socket, says ENOBUFS, and is stopped. */

static void on_buffer(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer)
{
	const struct callback_request *reader = ((struct descriptor *)handle)->reader;

	(void)suggested;
	*buffer = reader ? uv_buf_init(reader->buffer, (unsigned)reader->bytes) : uv_buf_init(NULL, 0);
}

static void on_read(uv_stream_t *stream, ssize_t count, const uv_buf_t *buffer)
{
	struct descriptor *descriptor = (struct descriptor *)stream;

	(void)buffer;
	if (count == 0) /* libuv's way to say EAGAIN */
		return;
	if (count < 0) {
		uv_read_stop(stream);
		descriptor->reading = false;
	}
	if (descriptor->reader)
		end_now(&descriptor->reader, count == UV_EOF ? 0 : count);
}

void callback_read(struct callback_request *request, int fd, void *buffer, size_t bytes, callback_function *function)
{
	struct descriptor *descriptor = occupy(request, fd, function, POLLER_READ);
	int error;

	if (!descriptor)
		return;
	request->buffer = buffer;
	request->bytes = bytes < UINT_MAX ? bytes : UINT_MAX;
	if (descriptor->reading)
		return;
	error = uv_read_start(stream_of(descriptor), on_buffer, on_read);
	descriptor->reading = error == 0;
	if (error < 0)
		vacate(&descriptor->reader, error);
}

/* Writing. */

static void on_written(uv_write_t *write, int status)
{
	struct descriptor *descriptor = (struct descriptor *)write->handle;

	if (descriptor->writer)
		end_now(&descriptor->writer, status < 0 ? status : (ssize_t)descriptor->writer->bytes);
}

void callback_write(struct callback_request *request, int fd, const void *buffer, size_t bytes,
		    callback_function *function)
{
	struct descriptor *descriptor = occupy(request, fd, function, POLLER_WRITE);
	int result;

	if (!descriptor)
		return;
	request->bytes = bytes < INT_MAX ? bytes : INT_MAX; /* libuv tells the number of bytes in an int */
	uv_buf_t span = uv_buf_init((char *)buffer, (unsigned)request->bytes);

	result = uv_try_write(stream_of(descriptor), &span, 1);
	if (result == UV_EAGAIN)
		result = uv_write(&descriptor->request.write, stream_of(descriptor), &span, 1, on_written);
	else if (result >= 0) {
		vacate(&descriptor->writer, result);
		return;
	}
	if (result < 0)
		vacate(&descriptor->writer, result);
}

/* Connections. */

/* The connection that libuv has accepted, as a descriptor of ours: its number, or -errno. */
static int take_connection(struct descriptor *listener)
{
	struct descriptor *descriptor = make_descriptor();
	int error, fd = -1;

	if (!descriptor)
		return -ENOMEM;
	error = uv_accept(stream_of(listener), stream_of(descriptor));
	listener->arrived = false;
	if (error == 0)
		error = uv_fileno((uv_handle_t *)&descriptor->stream, &fd);
	if (error == 0)
		error = reserve(fd);
	if (error < 0) {
		uv_close((uv_handle_t *)&descriptor->stream, on_close);
		return error;
	}
	hub.descriptors[fd] = descriptor;
	return fd;
}

/* Libuv accepts one connection ahead and no further one before that is taken. */
static void on_connection(uv_stream_t *stream, int status)
{
	struct descriptor *listener = (struct descriptor *)stream;

	listener->arrived = status == 0;
	if (listener->reader)
		end_now(&listener->reader, status < 0 ? status : take_connection(listener));
}

void callback_accept(struct callback_request *request, int fd, callback_function *function)
{
	struct descriptor *listener = occupy(request, fd, function, POLLER_READ);
	int error = 0;

	if (!listener)
		return;
	if (listener->arrived) {
		vacate(&listener->reader, take_connection(listener));
		return;
	}
	/* It listens already; listening again only starts libuv, and leaves the backlog at the system's limit. */
	if (!listener->listening)
		error = uv_listen(stream_of(listener), INT_MAX, on_connection);
	listener->listening = error == 0;
	if (error < 0)
		vacate(&listener->reader, error);
}

static void on_connected(uv_connect_t *connect, int status)
{
	struct descriptor *descriptor = (struct descriptor *)connect->handle;

	if (descriptor->writer)
		end_now(&descriptor->writer, status);
}

void callback_connect(struct callback_request *request, int fd, const struct sockaddr *address, socklen_t length,
		      callback_function *function)
{
	struct descriptor *descriptor = occupy(request, fd, function, POLLER_WRITE);
	int error;

	(void)length; /* libuv takes it from the family */
	if (!descriptor)
		return;
	error = uv_tcp_connect(&descriptor->request.connect, &descriptor->stream, address, on_connected);
	if (error < 0)
		vacate(&descriptor->writer, error);
}
