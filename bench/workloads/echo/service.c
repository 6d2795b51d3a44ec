/* service.c: see service.h. */
#include "service.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../../../runtimes/check.h"
#include "../../../runtimes/kernel/descriptor_limit.h"
#include "../../player/play.h"
#include "echo.h"

enum { NUMBERS = 1 << 17, BITS = 64 };

static volatile sig_atomic_t stopping;
static pid_t owner;
static struct sockaddr_storage own_address;
static socklen_t own_length;

/* The descriptors of connections under way. In a forked task: its own only. Relaxed: the signal that reads it comes
 * whenever it likes. */
static _Atomic uint64_t under_way[NUMBERS / BITS];

/* What whoever started the service allows, and no more. */
uint64_t echo_service_places(void)
{
	uint64_t room = descriptor_room(0);

	return room < ECHO_SERVICE_MAX ? room : ECHO_SERVICE_MAX;
}

/* Signals. Only what is async-signal-safe. */

static void wake_listener(void)
{
	const struct sockaddr_in other = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1)};
	int fd = socket(own_address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0 || connect(fd, (struct sockaddr *)&own_address, own_length) == 0 || errno != EADDRNOTAVAIL)
		return; /* left open until the process ends */
	/* No port is free here; at another address of ours all are. */
	if (own_address.ss_family == AF_INET && bind(fd, (const struct sockaddr *)&other, sizeof other) == 0)
		connect(fd, (struct sockaddr *)&own_address, own_length);
}

static void cut_off(void)
{
	for (int word = 0; word < NUMBERS / BITS; word++) {
		uint64_t bits = atomic_load_explicit(&under_way[word], memory_order_relaxed);

		for (; bits; bits &= bits - 1)
			shutdown(word * BITS + __builtin_ctzll(bits), SHUT_RDWR);
	}
}

static void on_signal(int number)
{
	int error = errno;

	(void)number;
	if (stopping || getpid() != owner) {
		cut_off();
	} else {
		stopping = 1;
		wake_listener();
	}
	errno = error;
}

static void take_signals(void)
{
	struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};

	owner = getpid();
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
}

bool echo_service_stopping(void)
{
	return stopping != 0;
}

void echo_service_stop_listening(int listener)
{
	shutdown(listener, SHUT_RDWR);
}

/* Who listens everywhere is reached over loopback. */
static void note_own_address(int fd)
{
	struct sockaddr_in *four = (struct sockaddr_in *)&own_address;
	struct sockaddr_in6 *six = (struct sockaddr_in6 *)&own_address;

	own_length = sizeof own_address;
	CHECK(getsockname(fd, (struct sockaddr *)&own_address, &own_length) == 0, "echo: no name of the listener: %s",
	      strerror(errno));
	if (own_address.ss_family == AF_INET && four->sin_addr.s_addr == htonl(INADDR_ANY))
		four->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (own_address.ss_family == AF_INET6 && IN6_IS_ADDR_UNSPECIFIED(&six->sin6_addr))
		six->sin6_addr = in6addr_loopback;
}

int echo_service_listen(struct play *play, int (*adopt)(int fd))
{
	const struct sockaddr_storage *address = play_service_address(play);
	socklen_t length = address->ss_family == AF_INET6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);
	int one = 1, fd = socket(address->ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0), error;

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) < 0 ||
	    bind(fd, (const struct sockaddr *)address, length) < 0 || listen(fd, SOMAXCONN) < 0)
		play_refuse_address(play, errno);
	error = adopt(fd);
	if (error < 0)
		play_refuse(play, "descriptors", -error);
	note_own_address(fd);
	take_signals();
	/* The port stands at the same place in both families. */
	play_listening(play, ntohs(((struct sockaddr_in *)&own_address)->sin_port));
	return fd;
}

enum echo_arrival echo_service_judge(int fd)
{
	int one = 1;

	switch (fd) {
	case -EMFILE:
	case -ENFILE:
	case -ENOBUFS:
	case -ENOMEM:
		return stopping ? ECHO_NOTHING : ECHO_PAUSE;
	default:
		/* Others are errors of a connection that was given up in the queue: accept(2). */
		CHECK(fd >= 0 || (fd != -EBADF && fd != -EINVAL && fd != -ENOTSOCK && fd != -EOPNOTSUPP),
		      "echo: the listener failed: %s", strerror(-fd));
		if (fd < 0 || stopping)
			return ECHO_NOTHING;
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one); /* fails only if its client has gone */
		return ECHO_SERVE;
	}
}

static _Atomic uint64_t *word_of(int fd)
{
	return &under_way[fd / BITS];
}

void echo_service_begin(int fd)
{
	if (fd < NUMBERS)
		atomic_fetch_or_explicit(word_of(fd), UINT64_C(1) << fd % BITS, memory_order_relaxed);
}

void echo_service_end(int fd)
{
	if (fd < NUMBERS)
		atomic_fetch_and_explicit(word_of(fd), ~(UINT64_C(1) << fd % BITS), memory_order_relaxed);
}

void echo_churn_accepted(struct play *play, const struct echo_served *served, uint64_t accepted, int fd)
{
	if (served->turned_away > 0)
		play_refuse_at(play, "tasks", EAGAIN, accepted);
	echo_accepted(play, fd);
	if (accepted == play_value(play, ECHO_IDLE))
		play_begin(play);
}
