/* client.c: see client.h. The parser is http-parser, which Node.js had until its version 12. */
#include "client.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../../../runtimes/check.h"
#include "../../load/pattern.h"
#include "../../player/play.h"
#include "../echo/server.h"
#include "../lateness.h"

enum { SERVER_COMES_MS = 20000, HTTP_OK = 200 };

/* Meeting. */

static int nothing_to_adopt(int fd)
{
	(void)fd;
	return 0;
}

static void refuse_strangers(bool came)
{
	CHECK(came, "fetch: no server has come within %d s", SERVER_COMES_MS / 1000);
}

void fetch_meet(struct fetch_server *server, struct play *play)
{
	int listener = echo_listen_for(play, 1, nothing_to_adopt);
	struct pollfd arrival = {.fd = listener, .events = POLLIN};
	uint16_t port = 0;

	refuse_strangers(poll(&arrival, 1, SERVER_COMES_MS) == 1);
	server->control = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	refuse_strangers(server->control >= 0 && recv(server->control, &port, sizeof port, MSG_WAITALL) == sizeof port);
	close(listener);
	server->address = (struct sockaddr_in){
		.sin_family = AF_INET, .sin_port = port, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

int fetch_socket(void)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	return fd < 0 ? -errno : fd;
}

/* The response. */

#ifdef SIMUL_HTTP_PARSER

static bool is_right(const struct fetch_response *response, const char *bytes, size_t count)
{
	uint64_t words[FETCH_BUFFER / sizeof(uint64_t) + 2];
	size_t offset = response->got;

	if (count > response->size - response->got)
		return false;
	pattern_fill(pattern_seed(response->number, 0), offset, count, words);
	return memcmp((const char *)words + offset % sizeof words[0], bytes, count) == 0;
}

static int take_body(http_parser *parser, const char *bytes, size_t count)
{
	struct fetch_response *response = parser->data;

	response->wrong |= !is_right(response, bytes, count);
	response->got += count;
	return response->wrong;
}

static int take_headers(http_parser *parser)
{
	struct fetch_response *response = parser->data;

	response->wrong |= parser->status_code != HTTP_OK || parser->content_length != response->size;
	return response->wrong ? -1 : 0;
}

static int take_end(http_parser *parser)
{
	struct fetch_response *response = parser->data;

	response->complete = response->got == response->size;
	response->wrong |= !response->complete;
	return response->wrong;
}

static void open_response(struct fetch_response *response)
{
	http_parser_init(&response->parser, HTTP_RESPONSE);
	response->parser.data = response;
}

/* 0, or -EBADMSG: it is no HTTP, or not what was asked for. */
static int parse(struct fetch_response *response, const char *bytes, size_t count)
{
	static const http_parser_settings settings = {
		.on_headers_complete = take_headers, .on_body = take_body, .on_message_complete = take_end};
	size_t parsed = http_parser_execute(&response->parser, &settings, bytes, count);

	return parsed == count && !response->wrong ? 0 : -EBADMSG;
}

#else /* never played: the spec says why */

static void open_response(struct fetch_response *response)
{
	(void)response;
}

static int parse(struct fetch_response *response, const char *bytes, size_t count)
{
	(void)response, (void)bytes, (void)count;
	return -ENOTSUP;
}

#endif

void fetch_open(struct fetch *fetch, const struct fetch_server *server, uint64_t number, uint64_t size)
{
	fetch->number = number;
	fetch->response = (struct fetch_response){.number = number, .size = size};
	open_response(&fetch->response);
	fetch->request_bytes = (size_t)snprintf(fetch->request, sizeof fetch->request,
						"GET /%llu HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nUser-Agent: "
						"simul\r\nAccept: */*\r\nConnection: close\r\n\r\n",
						(unsigned long long)number, ntohs(server->address.sin_port));
}

bool fetch_take(struct fetch *fetch, ssize_t got)
{
	if (got > 0)
		fetch->error = -parse(&fetch->response, fetch->buffer, (size_t)got);
	else
		fetch->error = got < 0 ? (int)-got : EPIPE;
	return fetch->error || fetch->response.complete;
}

/* The sum. */

struct sum {
	uint64_t right, bytes, checksum, last_ns;
	int error;
	uint64_t *latency_ns; /* of the right ones */
};

static void add(struct sum *sum, const struct fetch *fetch)
{
	if (fetch->ended_ns > sum->last_ns)
		sum->last_ns = fetch->ended_ns;
	if (fetch->error || !fetch->response.complete) {
		sum->error = fetch->error;
		return;
	}
	sum->latency_ns[sum->right++] = fetch->ended_ns - fetch->begun_ns;
	sum->bytes += fetch->response.got;
	sum->checksum += fetch_token(fetch->number);
}

static void refuse_shortage(struct play *play, const struct sum *sum)
{
	static const struct {
		int error;
		const char *what;
	} shortages[] = {{EMFILE, "descriptors"},
			 {ENFILE, "descriptors"},
			 {EADDRNOTAVAIL, "ports"},
			 {ENOMEM, "memory"},
			 {ENOBUFS, "memory"}};

	for (size_t i = 0; i < sizeof shortages / sizeof *shortages; i++)
		if (sum->error == shortages[i].error)
			play_refuse_at(play, shortages[i].what, sum->error, sum->right);
}

/* Where all of them were there, and about to connect, when memory was measured. */
static void report_memory(struct play *play)
{
	uint64_t fetches = play_value(play, FETCH_FETCHES), growth = play_memory_growth(play);

	if (growth > 0 && stage_arrivals(play_stage(play), fetches) == fetches)
		play_figure(play, "bytes_per_task", (double)growth / (double)fetches);
}

static void report(struct play *play, const struct sum *sum)
{
	if (sum->right == 0)
		return;
	latency_report(play, sum->latency_ns, sum->right);
	report_memory(play);
}

void fetch_conclude(struct play *play, const struct fetch_server *server, const struct fetch *first, size_t stride,
		    uint64_t tasks)
{
	uint64_t fetches = play_value(play, FETCH_FETCHES);
	struct sum sum = {.latency_ns = calloc(fetches, sizeof *sum.latency_ns)};

	if (!sum.latency_ns)
		play_refuse(play, "memory", ENOMEM);
	for (uint64_t i = 0; i < fetches; i++)
		add(&sum, (const struct fetch *)(const void *)((const char *)first + i * stride));
	refuse_shortage(play, &sum);
	play_end(play, sum.last_ns);
	play_audit(play, tasks, sum.right, sum.bytes, sum.checksum);
	report(play, &sum);
	if (sum.right < fetches)
		fprintf(stderr, "fetch: %llu of %llu responses did not come, or were not right: %s\n",
			(unsigned long long)(fetches - sum.right), (unsigned long long)fetches, strerror(sum.error));
	free(sum.latency_ns);
	close(server->control);
}
