/* async.c: the HTTP client in the async dialect, one task a fetch. */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "../../../runtimes/async.h"
#include "../../../runtimes/clock.h"
#include "../../player/play.h"
#include "client.h"

/* The frame of a task. */
struct job {
	struct async async;
	struct client *client;
	int fd;
	int error; /* -errno */
	struct fetch fetch;
};

/* What the tasks share, and the frame of the first one. */
struct client {
	struct async async;
	struct play *play;
	struct async_gate gate;
	struct fetch_server server;
	uint64_t fetches, joined;
	struct job *jobs;
};

static int open_socket(void)
{
	int fd = fetch_socket(), error = fd < 0 ? fd : async_adopt(fd);

	if (error < 0 && fd >= 0)
		close(fd); /* it is not the runtime's */
	return error < 0 ? error : fd;
}

static enum async_state exchange(struct async *self)
{
	struct job *job = (struct job *)self;
	struct fetch *fetch = &job->fetch;
	const struct sockaddr *address = (const struct sockaddr *)&job->client->server.address;

	ASYNC_BEGIN;
	job->fd = job->error = open_socket();
	AWAIT(async_gate_pass(self, &job->client->gate, (uint32_t)job->client->fetches));
	fetch->begun_ns = clock_now();
	if (job->error >= 0) {
		AWAIT(async_connect(self, job->fd, address, sizeof job->client->server.address));
		job->error = async_result(self);
	}
	while (job->error >= 0 && fetch->written < fetch->request_bytes) {
		AWAIT(async_write(self, job->fd, fetch->request + fetch->written,
				  fetch->request_bytes - fetch->written));
		job->error = async_result(self);
		fetch->written += job->error > 0 ? (size_t)job->error : 0;
	}
	if (job->error >= 0) {
		do
			AWAIT(async_read(self, job->fd, fetch->buffer, sizeof fetch->buffer));
		while (!fetch_take(fetch, async_result(self)));
	} else {
		fetch->error = -job->error;
	}
	fetch->ended_ns = clock_now();
	if (job->fd >= 0)
		async_close(job->fd);
	ASYNC_END;
}

static void spawn(struct client *client, uint64_t number)
{
	struct job *job = &client->jobs[number];

	job->client = client;
	fetch_open(&job->fetch, &client->server, number, play_value(client->play, FETCH_SIZE));
	async_spawn(&job->async, exchange);
}

static enum async_state fetch_all(struct async *self)
{
	struct client *client = (struct client *)self;

	ASYNC_BEGIN;
	for (uint64_t i = 0; i < client->fetches; i++)
		spawn(client, i);
	AWAIT(async_gate_await(self, &client->gate, (uint32_t)client->fetches));
	play_begin(client->play);
	async_gate_open(&client->gate);
	for (; client->joined < client->fetches; client->joined++)
		AWAIT(async_join(self, &client->jobs[client->joined].async));
	fetch_conclude(client->play, &client->server, &client->jobs[0].fetch, sizeof client->jobs[0], client->joined);
	ASYNC_END;
}

static int run(struct play *play)
{
	struct client client = {.play = play, .fetches = play_value(play, FETCH_FETCHES)};
	int error;

	client.jobs = calloc(client.fetches, sizeof *client.jobs);
	if (!client.jobs)
		play_refuse(play, "memory", ENOMEM);
	fetch_meet(&client.server, play);
	error = async_run(&client.async, fetch_all);
	free(client.jobs);
	return error;
}

const struct async_body fetch_async = {.spec = &fetch_spec, .run = run};
