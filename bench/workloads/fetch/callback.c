/* callback.c: the HTTP client in the callback dialect: a fetch is a request that goes from connecting to writing to
 * reading. */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "../../../runtimes/callback.h"
#include "../../../runtimes/clock.h"
#include "../../player/play.h"
#include "client.h"

struct client;

struct job {
	struct callback_request request;
	struct client *client;
	int fd; /* or -errno */
	struct fetch fetch;
};

struct client {
	struct play *play;
	struct fetch_server server;
	uint64_t fetches, ended;
	struct job *jobs;
};

static struct job *job_of(struct callback_request *request)
{
	return callback_owner(request, struct job, request);
}

static void end(struct job *job)
{
	struct client *client = job->client;

	job->fetch.ended_ns = clock_now();
	if (job->fd >= 0)
		callback_close(job->fd);
	if (++client->ended == client->fetches)
		fetch_conclude(client->play, &client->server, &client->jobs[0].fetch, sizeof client->jobs[0],
			       client->ended);
}

static void fail(struct job *job, ssize_t error)
{
	job->fetch.error = (int)-error;
	end(job);
}

static void received(struct callback_request *request)
{
	struct job *job = job_of(request);

	if (fetch_take(&job->fetch, request->result))
		end(job);
	else
		callback_read(request, job->fd, job->fetch.buffer, sizeof job->fetch.buffer, received);
}

static void send_request(struct callback_request *request);

static void sent(struct callback_request *request)
{
	struct job *job = job_of(request);

	if (request->result < 0) {
		fail(job, request->result);
		return;
	}
	job->fetch.written += (size_t)request->result;
	if (job->fetch.written < job->fetch.request_bytes)
		send_request(request);
	else
		callback_read(request, job->fd, job->fetch.buffer, sizeof job->fetch.buffer, received);
}

static void send_request(struct callback_request *request)
{
	struct job *job = job_of(request);

	callback_write(request, job->fd, job->fetch.request + job->fetch.written,
		       job->fetch.request_bytes - job->fetch.written, sent);
}

static void connected(struct callback_request *request)
{
	if (request->result < 0)
		fail(job_of(request), request->result);
	else
		send_request(request);
}

static void begin(struct callback_request *request)
{
	struct job *job = job_of(request);

	job->fetch.begun_ns = clock_now();
	if (job->fd < 0)
		fail(job, job->fd);
	else
		callback_connect(request, job->fd, (const struct sockaddr *)&job->client->server.address,
				 sizeof job->client->server.address, connected);
}

static int open_socket(void)
{
	int fd = fetch_socket(), error = fd < 0 ? fd : callback_adopt(fd);

	if (error < 0 && fd >= 0)
		close(fd); /* it is not the runtime's */
	return error < 0 ? error : fd;
}

static void fetch_all(void *argument)
{
	struct client *client = argument;

	for (uint64_t i = 0; i < client->fetches; i++) {
		struct job *job = &client->jobs[i];

		job->client = client;
		fetch_open(&job->fetch, &client->server, i, play_value(client->play, FETCH_SIZE));
		job->fd = open_socket();
	}
	play_begin(client->play);
	for (uint64_t i = 0; i < client->fetches; i++)
		callback_soon(&client->jobs[i].request, begin);
}

static int run(struct play *play)
{
	struct client client = {.play = play, .fetches = play_value(play, FETCH_FETCHES)};
	int error;

	client.jobs = calloc(client.fetches, sizeof *client.jobs);
	if (!client.jobs)
		play_refuse(play, "memory", ENOMEM);
	fetch_meet(&client.server, play);
	error = callback_run(fetch_all, &client);
	free(client.jobs);
	return error;
}

const struct callback_body fetch_callback = {.spec = &fetch_spec, .run = run};
