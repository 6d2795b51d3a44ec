/* server.c: what the echo servers of all dialects share. */
#include "server.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>

#include "../../../runtimes/check.h"
#include "../../../runtimes/kernel/descriptor_limit.h"
#include "../../player/play.h"
#include "echo.h"

size_t echo_room(uint64_t size)
{
	return size + ECHO_LINE < ECHO_ROOM_MAX ? (size / ECHO_LINE + 1) * ECHO_LINE : ECHO_ROOM_MAX;
}

uint64_t echo_connections(const struct play *play)
{
	return echo_connections_at_once(play_values(play));
}

bool echo_is_churn(const struct play *play)
{
	return play_value(play, ECHO_CHURN) != 0;
}

uint64_t echo_connections_in_all(const struct play *play)
{
	return echo_connections_ever(play_values(play));
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

int echo_listen(struct play *play, int (*adopt)(int fd))
{
	return echo_listen_for(play, echo_connections(play), adopt);
}

int echo_listen_for(struct play *play, uint64_t connections, int (*adopt)(int fd))
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t length = sizeof address;
	uint64_t room = descriptor_room(connections);
	int one = 1, fd;

	if (room < connections)
		play_refuse_at(play, "descriptors", EMFILE, room);
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) < 0 ||
	    bind(fd, (struct sockaddr *)&address, length) < 0 || listen(fd, (int)connections) < 0 ||
	    getsockname(fd, (struct sockaddr *)&address, &length) < 0)
		refuse_shortage(play, -errno);
	refuse_shortage(play, adopt(fd));
	play_listening(play, ntohs(address.sin_port));
	return fd;
}

/* As the kernel has them after all that the server has set: the same for all connections. */
static void note_options(struct play *play, int fd)
{
	static const struct {
		const char *name;
		int level, option;
	} options[] = {
		{"tcp_nodelay", IPPROTO_TCP, TCP_NODELAY},  {"tcp_quickack", IPPROTO_TCP, TCP_QUICKACK},
		{"so_sndbuf", SOL_SOCKET, SO_SNDBUF},       {"so_rcvbuf", SOL_SOCKET, SO_RCVBUF},
		{"so_busy_poll", SOL_SOCKET, SO_BUSY_POLL}, {"tcp_notsent_lowat", IPPROTO_TCP, TCP_NOTSENT_LOWAT},
	};

	for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
		int value = 0;
		socklen_t length = sizeof value;

		if (getsockopt(fd, options[i].level, options[i].option, &value, &length) == 0)
			play_setting(play, options[i].name, (uint64_t)(unsigned)value);
	}
}

void echo_accepted(struct play *play, int fd)
{
	static bool noted;
	int one = 1;

	refuse_shortage(play, fd);
	if (setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one) < 0)
		refuse_shortage(play, -errno);
	if (!noted)
		note_options(play, fd);
	noted = true;
}

void echo_served_add(struct echo_served *served, const struct echo_account *account)
{
	served->connections++;
	served->received += account->received;
	served->echoed += account->echoed;
	served->broken += account->error != 0;
	if (account->error)
		served->error = account->error;
	if (account->ended_ns > served->last_ns)
		served->last_ns = account->ended_ns;
}

void echo_conclude(struct play *play, const struct echo_served *served)
{
	uint64_t connections = echo_connections_in_all(play), tasks = served->connections - served->broken;

	play_end(play, served->last_ns);
	play_audit(play, tasks, served->echoed / play_value(play, ECHO_SIZE), served->received, 0);
	if (tasks < connections)
		fprintf(stderr, "echo: %llu of %llu connections did not end with the end of the stream: %s\n",
			(unsigned long long)(connections - tasks), (unsigned long long)connections,
			strerror(served->error));
}

void echo_conclude_all(struct play *play, const struct echo_account *first, size_t stride)
{
	struct echo_served served = {0};

	for (uint64_t i = 0; i < echo_connections(play); i++)
		echo_served_add(&served, (const struct echo_account *)(const void *)((const char *)first + i * stride));
	echo_conclude(play, &served);
}
