/* server.c: what the echo servers of all dialects share. */
#include "server.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "../../../runtimes/check.h"
#include "../../player/play.h"
#include "echo.h"

enum { ROOM_MAX = 16 << 10 };

size_t echo_room(uint64_t size)
{
	return size + ECHO_LINE < ROOM_MAX ? (size / ECHO_LINE + 1) * ECHO_LINE : ROOM_MAX;
}

/* A shortage ends the play as a refusal; any other error is a defect. */
static void refuse_shortage(struct play *play, int error)
{
	if (error == -EMFILE || error == -ENFILE)
		play_refuse(play, "descriptors", -error);
	if (error == -ENOMEM || error == -ENOBUFS)
		play_refuse(play, "memory", -error);
	CHECK(error >= 0, "echo: a socket of the server failed: %s", strerror(-error));
}

/* The soft limit on descriptors is often 1,024; the hard one is ours to use. */
static void raise_descriptor_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}

int echo_listen(struct play *play, int (*adopt)(int fd))
{
	return echo_listen_for(play, play_value(play, ECHO_CONNECTIONS), adopt);
}

int echo_listen_for(struct play *play, uint64_t connections, int (*adopt)(int fd))
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t length = sizeof address;
	int one = 1, fd;

	raise_descriptor_limit();
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) < 0 ||
	    bind(fd, (struct sockaddr *)&address, length) < 0 ||
	    listen(fd, (int)connections) < 0 ||
	    getsockname(fd, (struct sockaddr *)&address, &length) < 0)
		refuse_shortage(play, -errno);
	refuse_shortage(play, adopt(fd));
	play_listening(play, ntohs(address.sin_port));
	return fd;
}

void echo_accepted(struct play *play, int fd)
{
	int one = 1;

	refuse_shortage(play, fd);
	if (setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one) < 0)
		refuse_shortage(play, -errno);
}

void echo_add(struct echo_sum *sum, const struct echo_account *account, uint64_t size)
{
	sum->tasks += account->error == 0;
	sum->operations += account->echoed / size;
	sum->bytes += account->received;
	if (account->error)
		sum->error = account->error;
	if (account->ended_ns > sum->last_ns)
		sum->last_ns = account->ended_ns;
}

void echo_conclude(struct play *play, const struct echo_sum *sum)
{
	uint64_t connections = play_value(play, ECHO_CONNECTIONS);

	play_end(play, sum->last_ns);
	play_audit(play, sum->tasks, sum->operations, sum->bytes, 0);
	if (sum->tasks < connections)
		fprintf(stderr, "echo: %llu of %llu connections did not end with the end of the stream: %s\n",
			(unsigned long long)(connections - sum->tasks), (unsigned long long)connections,
			strerror(sum->error));
}
