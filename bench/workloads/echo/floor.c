/* floor.c: what no echo server can do without, one send and one recv of 64 bytes on a loopback connection.
 *
 * A minimum: a disturbance only ever adds time, so the least of many short runs is the machine's own cost (J. Chen,
 * J. Revels, "Robust benchmarking in noisy environments", 2016). */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../../../runtimes/clock.h"
#include "echo.h"

enum { BATCHES = 12, BATCH = 25, MESSAGE = 64 };

/* Both ends of a connection. */
struct connection {
	int client, server;
};

static int last_error(void)
{
	return -errno;
}

/* Listens on a free port of the loopback. The socket or -errno; address is where. */
static int listen_anywhere(struct sockaddr_in *address)
{
	socklen_t length = sizeof(*address);
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), error;

	*address = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	if (listener < 0)
		return last_error();
	if (bind(listener, (struct sockaddr *)address, length) == 0 && listen(listener, 1) == 0 &&
	    getsockname(listener, (struct sockaddr *)address, &length) == 0)
		return listener;
	error = last_error();
	close(listener);
	return error;
}

static int set_no_delay(int end)
{
	return setsockopt(end, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
}

/* Connects through a listener; a backlog of one lets a single thread do both halves. */
static int connect_through(int listener, const struct sockaddr_in *address, struct connection *connection)
{
	int error;

	*connection = (struct connection){.client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), .server = -1};
	if (connection->client < 0)
		return last_error();
	if (connect(connection->client, (const struct sockaddr *)address, sizeof(*address)) == 0)
		connection->server = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	if (connection->server >= 0 && set_no_delay(connection->client) == 0 && set_no_delay(connection->server) == 0)
		return 0;
	error = last_error();
	close(connection->client);
	if (connection->server >= 0)
		close(connection->server);
	return error;
}

static int open_connection(struct connection *connection)
{
	struct sockaddr_in address;
	int listener = listen_anywhere(&address), error;

	if (listener < 0)
		return listener;
	error = connect_through(listener, &address, connection);
	close(listener);
	return error;
}

/* One message through the connection: what one half of an echo costs, since the other half is the same again. */
static int pass_message(const struct connection *connection)
{
	char message[MESSAGE] = {0};
	ssize_t sent, got;

	sent = send(connection->client, message, sizeof(message), MSG_NOSIGNAL);
	if (sent < 0)
		return last_error();
	got = recv(connection->server, message, sizeof(message), MSG_WAITALL);
	if (got < 0)
		return last_error();
	return sent == MESSAGE && got == MESSAGE ? 0 : -EIO;
}

static int pass_batch(const struct connection *connection, uint64_t *mean_ns)
{
	uint64_t start = clock_now();
	int error = 0;

	for (int i = 0; i < BATCH && !error; i++)
		error = pass_message(connection);
	*mean_ns = (clock_now() - start) / BATCH;
	return error;
}

uint64_t echo_floor_ns(void)
{
	struct connection connection;
	uint64_t mean_ns, least_ns = UINT64_MAX;
	int error = open_connection(&connection);

	if (error)
		return 0;
	for (int i = 0; i < BATCHES && !error; i++) {
		error = pass_batch(&connection, &mean_ns);
		if (!error && mean_ns < least_ns)
			least_ns = mean_ns;
	}
	close(connection.client);
	close(connection.server);
	return error ? 0 : least_ns;
}
