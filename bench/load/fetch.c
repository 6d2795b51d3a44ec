/* fetch.c: an HTTP server on one thread, of a kind: it knows GET /NUMBER, and answers late on purpose.
 *
 * All waits are equally long, so those who wait are answered in the order in which their requests came: a queue.
 * Several listeners share the port, since each takes only somaxconn connections (4,096 by default) that were not
 * accepted yet, and one more would cost its client a second. */
#include "fetch.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../../runtimes/clock.h"
#include "dial.h"
#include "pattern.h"

enum { LISTENERS = 4, BACKLOG = 4096, EVENTS_MAX = 256, REQUEST_MAX = 1024, HEAD_MAX = 160, BODY_AT = 256 };

/* What an event is about: the descriptor's kind lies first in each. */
enum kind { LISTENER, CONTROL, VISITOR };

struct source {
	enum kind kind;
	int fd;
};

struct visitor {
	struct source source; /* the first member */
	struct visitor *next; /* behind this one among those who wait, or are free */
	uint64_t due_ns;      /* when the response is to be sent */
	uint64_t number;
	size_t have;       /* bytes of the request */
	size_t sent, left; /* of the response, once it is due */
	char request[REQUEST_MAX];
};

struct server {
	const struct fetch_options *options;
	struct load_result *result;
	struct source control, listeners[LISTENERS];
	int epoll;
	uint64_t deadline_ns;
	struct visitor *first, **last; /* who wait, in the order of their being due */
	struct visitor *free;
	uint64_t *words; /* BODY_AT bytes whose end is a head, then a body, in the layout of pattern.h */
	bool over;
};

static __attribute__((format(printf, 2, 3))) void note_error(struct server *server, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	if (server->result->errors++ == 0)
		vsnprintf(server->result->reason, sizeof server->result->reason, format, arguments);
	va_end(arguments);
}

static int watch(struct server *server, struct source *source, uint32_t events, int operation)
{
	struct epoll_event event = {.events = events, .data.ptr = source};

	return epoll_ctl(server->epoll, operation, source->fd, &event) < 0 ? -errno : 0;
}

static void dismiss(struct server *server, struct visitor *visitor)
{
	close(visitor->source.fd);
	visitor->next = server->free;
	server->free = visitor;
}

/* Responding. */

/* The head is laid out so that it ends where the body begins. Returns where it begins, and its bytes. */
static char *write_head(struct server *server, size_t *bytes)
{
	char head[HEAD_MAX], *body = (char *)server->words + BODY_AT;

	*bytes = (size_t)snprintf(head, sizeof head,
				  "HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nContent-Length: %u\r\n"
				  "Connection: close\r\n\r\n",
				  server->options->size);
	return memcpy(body - *bytes, head, *bytes);
}

/* Sends what is left, as far as the socket takes it; the whole response is made again for a rest, which is rare. */
static void respond(struct server *server, struct visitor *visitor)
{
	size_t head_bytes;
	char *response = write_head(server, &head_bytes);
	size_t bytes = head_bytes + server->options->size;
	ssize_t sent;

	pattern_fill(pattern_seed(visitor->number, 0), 0, server->options->size,
		     server->words + BODY_AT / sizeof *server->words);
	sent = send(visitor->source.fd, response + visitor->sent, bytes - visitor->sent, MSG_NOSIGNAL);
	if (sent > 0)
		visitor->sent += (size_t)sent;
	if (visitor->sent == bytes) {
		server->result->messages++;
		server->result->bytes += server->options->size;
		dismiss(server, visitor);
	} else if ((sent < 0 && errno != EAGAIN && errno != EINTR) ||
		   watch(server, &visitor->source, EPOLLOUT, EPOLL_CTL_MOD) < 0) {
		note_error(server, "the response to /%llu cannot be sent: %s", (unsigned long long)visitor->number,
			   strerror(errno));
		dismiss(server, visitor);
	}
}

static void respond_to_due(struct server *server)
{
	uint64_t now_ns = clock_now();

	while (server->first && server->first->due_ns <= now_ns) {
		struct visitor *visitor = server->first;

		server->first = visitor->next;
		if (!server->first)
			server->last = &server->first;
		histogram_add(&server->result->pacing, now_ns - visitor->due_ns);
		respond(server, visitor);
		now_ns = clock_now();
	}
}

/* Requests. */

static void enqueue(struct server *server, struct visitor *visitor)
{
	visitor->due_ns = clock_now() + server->options->wait_ns;
	visitor->next = NULL;
	*server->last = visitor;
	server->last = &visitor->next;
}

/* 1: the request is there and right; 0: not yet whole; -EBADMSG: it is not one of ours. */
static int parse(struct visitor *visitor)
{
	unsigned long long number;
	int end = 0;

	if (!memmem(visitor->request, visitor->have, "\r\n\r\n", 4))
		return visitor->have < REQUEST_MAX - 1 ? 0 : -EBADMSG;
	visitor->request[visitor->have] = '\0';
	if (sscanf(visitor->request, "GET /%llu HTTP/1.1\r%n", &number, &end) != 1 || end == 0)
		return -EBADMSG;
	visitor->number = number;
	return 1;
}

static void listen_to(struct server *server, struct visitor *visitor)
{
	ssize_t got = recv(visitor->source.fd, visitor->request + visitor->have, REQUEST_MAX - 1 - visitor->have, 0);
	int known;

	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (got > 0)
		visitor->have += (size_t)got;
	known = got > 0 ? parse(visitor) : -EPIPE;
	if (known > 0 && watch(server, &visitor->source, 0, EPOLL_CTL_MOD) == 0) {
		enqueue(server, visitor);
	} else if (known != 0) {
		note_error(server, got > 0 ? "a request is not GET /NUMBER" : "a connection ended before its request");
		dismiss(server, visitor);
	}
}

static struct visitor *new_visitor(struct server *server)
{
	struct visitor *visitor = server->free;

	if (!visitor)
		return malloc(sizeof *visitor);
	server->free = visitor->next;
	return visitor;
}

static void accept_all(struct server *server, const struct source *listener)
{
	int fd, one = 1;

	while ((fd = accept4(listener->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
		struct visitor *visitor = new_visitor(server);

		if (!visitor) {
			note_error(server, "no memory for a connection");
			close(fd);
			return;
		}
		visitor->source = (struct source){.kind = VISITOR, .fd = fd};
		visitor->have = visitor->sent = 0;
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
		if (watch(server, &visitor->source, EPOLLIN, EPOLL_CTL_ADD) < 0)
			dismiss(server, visitor);
	}
	if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED)
		note_error(server, "a connection cannot be accepted: %s", strerror(errno));
}

/* Waiting. */

static void take_event(struct server *server, struct source *source, uint32_t events)
{
	struct visitor *visitor = (struct visitor *)source;

	switch (source->kind) {
	case LISTENER:
		accept_all(server, source);
		break;
	case CONTROL:
		server->over = true; /* nothing ever comes but the end */
		break;
	case VISITOR:
		if (visitor->sent > 0 || events & EPOLLOUT)
			respond(server, visitor);
		else if (events & EPOLLIN)
			listen_to(server, visitor);
		else
			watch(server, source, 0, EPOLL_CTL_DEL); /* it has hung up: its response will not be sent */
		break;
	}
}

static void serve(struct server *server)
{
	struct epoll_event events[EVENTS_MAX];

	while (!server->over && clock_now() < server->deadline_ns) {
		uint64_t now_ns = clock_now(), until_ns = server->first ? server->first->due_ns : server->deadline_ns;
		uint64_t left_ns = until_ns > now_ns ? until_ns - now_ns : 0;
		struct timespec left = {.tv_sec = (time_t)(left_ns / NS_PER_S), .tv_nsec = (long)(left_ns % NS_PER_S)};
		int count = epoll_pwait2(server->epoll, events, EVENTS_MAX, &left, NULL);

		for (int i = 0; i < count; i++)
			take_event(server, events[i].data.ptr, events[i].events);
		respond_to_due(server); /* after the events, which may be of those who leave now */
	}
	if (!server->over)
		note_error(server, "the client had not ended at the time limit");
}

/* Beginning. */

static int open_listener(struct sockaddr_in *address)
{
	int one = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	socklen_t length = sizeof *address;

	if (fd < 0)
		return -errno;
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof one) == 0 &&
	    bind(fd, (struct sockaddr *)address, length) == 0 && listen(fd, BACKLOG) == 0 &&
	    getsockname(fd, (struct sockaddr *)address, &length) == 0)
		return fd;
	one = -errno;
	close(fd);
	return one;
}

/* The port, in the order of the network, or -errno. */
static int open_listeners(struct server *server)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};

	for (int i = 0; i < LISTENERS; i++) {
		int error, fd = open_listener(&address);

		if (fd < 0)
			return fd;
		server->listeners[i] = (struct source){.kind = LISTENER, .fd = fd};
		error = watch(server, &server->listeners[i], EPOLLIN, EPOLL_CTL_ADD);
		if (error < 0)
			return error;
	}
	return address.sin_port;
}

static int meet(struct server *server)
{
	int port = open_listeners(server), fd;
	uint16_t told = (uint16_t)port;

	if (port < 0)
		return port;
	fd = dial(server->options->port, 0, server->deadline_ns);
	if (fd < 0)
		return fd;
	server->control = (struct source){.kind = CONTROL, .fd = fd};
	if (send(fd, &told, sizeof told, MSG_NOSIGNAL) != sizeof told)
		return -EIO;
	return watch(server, &server->control, EPOLLIN, EPOLL_CTL_ADD);
}

static uint64_t ns_from_timeval(struct timeval time)
{
	return (uint64_t)time.tv_sec * NS_PER_S + (uint64_t)time.tv_usec * NS_PER_US;
}

static int run(struct server *server)
{
	struct rusage before, after;
	int error = dial_make_room(server->options->fetches, server->result->reason);

	if (error == 0)
		error = meet(server);
	if (error < 0)
		return error;
	getrusage(RUSAGE_SELF, &before);
	serve(server);
	getrusage(RUSAGE_SELF, &after);
	server->result->user_ns = ns_from_timeval(after.ru_utime) - ns_from_timeval(before.ru_utime);
	server->result->system_ns = ns_from_timeval(after.ru_stime) - ns_from_timeval(before.ru_stime);
	return 0;
}

static void clear(struct server *server)
{
	while (server->free) {
		struct visitor *visitor = server->free;

		server->free = visitor->next;
		free(visitor);
	}
	free(server->words);
	close(server->epoll); /* the sockets go with the process */
}

int fetch_serve(const struct fetch_options *options, struct load_result *result)
{
	struct server server = {.options = options, .result = result, .epoll = epoll_create1(EPOLL_CLOEXEC)};
	uint64_t begun_ns = clock_now();
	int error;

	memset(result, 0, sizeof *result);
	server.last = &server.first;
	server.deadline_ns = begun_ns + options->timeout_ns;
	server.words = calloc(BODY_AT / sizeof *server.words + pattern_words(options->size), sizeof *server.words);
	error = server.words && server.epoll >= 0 ? run(&server) : -ENOMEM;
	if (error < 0 && result->reason[0] == '\0')
		snprintf(result->reason, sizeof result->reason, "cannot serve 127.0.0.1 port %u's client: %s",
			 options->port, strerror(-error));
	clear(&server);
	return error;
}
