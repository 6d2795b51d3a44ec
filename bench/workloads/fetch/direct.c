/* direct.c: the HTTP client in the direct dialect, one task a fetch. The reference for the other dialects.
 *
 * The tasks wait at a gate, each with its socket, until all are there (or as many as the model has under way); then all
 * connect at once. */
#include <errno.h>
#include <unistd.h>

#include "../../../runtimes/clock.h"
#include "../../../runtimes/sync.h"
#include "../../../runtimes/task.h"
#include "../../player/play.h"
#include "client.h"

struct client;

struct job {
	struct client *client;
	struct task task;
	struct fetch fetch;
} __attribute__((aligned(64))); /* jobs on different cores share no cache line */

/* task_shared(). */
struct client {
	struct gate gate;
	struct fetch_server server;
	uint32_t arrivals;
	uint64_t size;
	struct job jobs[];
};

static int send_request(const struct fetch *fetch, int fd)
{
	size_t written = 0;

	while (written < fetch->request_bytes) {
		ssize_t sent = task_write(fd, fetch->request + written, fetch->request_bytes - written);

		if (sent < 0)
			return (int)sent;
		written += (size_t)sent;
	}
	return 0;
}

/* 0 or -errno: the response is fetch_take()'s to judge. */
static int exchange(const struct client *client, struct fetch *fetch, int fd)
{
	int error = task_connect(fd, (const struct sockaddr *)&client->server.address, sizeof client->server.address);

	if (error == 0)
		error = send_request(fetch, fd);
	if (error < 0)
		return error;
	while (!fetch_take(fetch, task_read(fd, fetch->buffer, sizeof fetch->buffer)))
		;
	return 0;
}

static int open_socket(void)
{
	int fd = fetch_socket(), error = fd < 0 ? fd : task_adopt(fd);

	if (error < 0 && fd >= 0)
		close(fd); /* it is not the runtime's */
	return error < 0 ? error : fd;
}

static void fetch_one(void *argument)
{
	struct job *job = argument;
	struct client *client = job->client;
	struct fetch *fetch = &job->fetch;
	int fd, error;

	fetch_open(fetch, &client->server, fetch->number, client->size);
	fd = open_socket();
	gate_pass(&client->gate, client->arrivals);
	fetch->begun_ns = clock_now();
	error = fd < 0 ? fd : exchange(client, fetch, fd);
	if (error < 0)
		fetch->error = -error;
	fetch->ended_ns = clock_now();
	if (fd >= 0)
		task_close(fd);
}

static struct client *set_up(struct play *play)
{
	uint64_t fetches = play_value(play, FETCH_FETCHES);
	struct client *client = task_shared(sizeof *client + fetches * sizeof client->jobs[0]);

	if (!client)
		play_refuse(play, "memory", ENOMEM);
	client->size = play_value(play, FETCH_SIZE);
	client->arrivals = (uint32_t)stage_arrivals(play_stage(play), fetches);
	fetch_meet(&client->server, play);
	return client;
}

static void spawn_all(struct play *play, struct client *client, uint64_t fetches)
{
	for (uint64_t i = 0; i < fetches; i++) {
		struct job *job = &client->jobs[i];
		int error;

		job->client = client;
		job->fetch.number = i;
		error = task_spawn(&job->task, fetch_one, job);
		if (error < 0)
			play_refuse_at(play, "tasks", -error, i);
	}
}

static void fetch_main(void *argument)
{
	struct play *play = argument;
	struct client *client = set_up(play);
	uint64_t fetches = play_value(play, FETCH_FETCHES), joined = 0;

	spawn_all(play, client, fetches);
	gate_await(&client->gate, client->arrivals);
	play_begin(play);
	gate_open(&client->gate);
	for (uint64_t i = 0; i < fetches; i++)
		joined += task_join(client->jobs[i].task) >= 0;
	fetch_conclude(play, &client->server, &client->jobs[0].fetch, sizeof client->jobs[0], joined);
}

const struct direct_body fetch_direct = {.spec = &fetch_spec, .main = fetch_main};
