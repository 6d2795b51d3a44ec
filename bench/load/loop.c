/* loop.c: a thread of the load: its phases, waiting, and the pace of an open loop.
 *
 * An open loop never sleeps: it asks epoll without waiting and reads the clock, between every two answers, so that a
 * message goes out within microseconds of its time. (epoll_wait() wakes up to a millisecond late, a timer 50 to 100
 * us.) What it spun is counted apart from its work. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../player/measure.h"
#include "engine.h"

enum { EVENTS_MAX = 256, STOP_LOOK_MS = 100, START_NS = 1000000 };

static uint64_t ns_from_timeval(struct timeval time)
{
	return (uint64_t)time.tv_sec * NS_PER_S + (uint64_t)time.tv_usec * NS_PER_US;
}

static void read_cpu(uint64_t *user_ns, uint64_t *system_ns)
{
	struct rusage usage;

	getrusage(RUSAGE_THREAD, &usage);
	*user_ns = ns_from_timeval(usage.ru_utime);
	*system_ns = ns_from_timeval(usage.ru_stime);
}

/* The pace. */

static void set_turn(struct worker *worker)
{
	const struct connection *connection = &worker->connections[worker->turn % worker->count];

	worker->turn_ns = due_ns(worker, connection, worker->turn / worker->count + 1);
}

/* Lets go what is due by now. Connections take turns, in the order of the schedule. */
static void keep_pace(struct worker *worker, uint64_t now_ns)
{
	const struct session *session = worker->session;

	while (!worker->over && worker->turn_ns <= now_ns && worker->turn_ns < session->end_ns &&
	       worker->turn / worker->count + 1 < worker->limit) {
		struct connection *connection = &worker->connections[worker->turn % worker->count];

		if (worker->turn_ns >= session->timed_ns)
			histogram_add(&worker->result.pacing, now_ns - worker->turn_ns);
		if (connection->phase == EXCHANGING) {
			connection->due++;
			begin_messages(worker, connection, now_ns);
		}
		worker->turn++;
		set_turn(worker);
		now_ns = clock_now();
	}
}

/* The end of the timed part. */

/* What is due and was not sent has waited at least until now: no latency is left out because it was too long. */
static void count_unsent(struct worker *worker, struct connection *connection, uint64_t now_ns)
{
	for (; connection->due > connection->begun; connection->due--) {
		uint64_t since_ns = due_ns(worker, connection, connection->due - 1);

		if (since_ns < worker->session->timed_ns)
			continue;
		worker->result.unsent++;
		histogram_add(&worker->result.latency, now_ns > since_ns ? now_ns - since_ns : 0);
	}
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* The CPU time of the timed part, and when that ended: with its last message, or its time. */
static void stop_counting(struct worker *worker, uint64_t now_ns)
{
	struct load_result *result = &worker->result;

	if (!worker->counting)
		return;
	worker->counting = false;
	read_cpu(&result->user_ns, &result->system_ns);
	result->user_ns -= worker->idle_user_ns;
	result->system_ns -= worker->idle_system_ns;
	if (is_open_loop(worker) && result->user_ns + result->system_ns > worker->worked_ns)
		result->spun_ns = result->user_ns + result->system_ns - worker->worked_ns;
	if (worker->session->options->duration_ns > 0 || is_stopped(worker))
		worker->last_ns = earlier(now_ns, worker->session->end_ns);
}

static void end_exchange(struct worker *worker, uint64_t now_ns)
{
	stop_counting(worker, now_ns);
	worker->over = true;
	worker->result.cut += worker->under_way;
	for (uint32_t i = 0; i < worker->count; i++) {
		struct connection *connection = &worker->connections[i];

		if (connection->phase != EXCHANGING)
			continue;
		count_unsent(worker, connection, now_ns);
		if (connection->answered == connection->begun)
			rest(worker, connection);
	}
}

/* What the clock brings in the exchange: the timed part begins and ends. */
static void look_at_clock(struct worker *worker, uint64_t now_ns)
{
	const struct session *session = worker->session;

	if (!worker->counting && !worker->over && now_ns >= session->timed_ns) {
		worker->counting = true;
		read_cpu(&worker->idle_user_ns, &worker->idle_system_ns);
	}
	sample_under_way(worker, now_ns);
	if (!worker->over && (now_ns >= session->end_ns || is_stopped(worker)))
		end_exchange(worker, now_ns);
}

/* Waiting. */

static void give_up(struct worker *worker)
{
	const uint32_t size = worker->session->options->size;

	for (uint32_t i = 0; i < worker->count + worker->idle; i++) {
		struct connection *connection = &worker->connections[i];

		if (connection->phase == RESTING)
			continue;
		if (connection->phase == ENDING)
			fail(worker, connection, LOAD_UNCLOSED,
			     "connection %u: the server did not close it within the time limit", connection->index);
		else
			fail(worker, connection, LOAD_UNFINISHED,
			     "connection %u: %u of %u bytes of message %llu had come back at the time limit",
			     connection->index, connection->received, size, (unsigned long long)connection->answered);
	}
}

static void fail_stalled(struct worker *worker, struct connection *connection, uint64_t now_ns)
{
	const struct load_options *options = worker->session->options;
	uint64_t since_ns = connection->begun_ns[connection->answered % options->depth];

	if (connection->begun > connection->answered && now_ns > since_ns + options->stall_ns)
		fail(worker, connection, LOAD_STALLED,
		     "connection %u: %u of %u bytes of message %llu had come back after %llu ms", connection->index,
		     connection->received, options->size, (unsigned long long)connection->answered,
		     (unsigned long long)((now_ns - since_ns) / NS_PER_MS));
}

static void look_for_stalled(struct worker *worker, uint64_t now_ns)
{
	uint64_t stall_ns = worker->session->options->stall_ns;

	if (stall_ns == 0 || now_ns < worker->next_look_ns)
		return;
	worker->next_look_ns = now_ns + stall_ns / 4;
	for (uint32_t i = 0; i < worker->count; i++)
		if (worker->connections[i].phase <= EXCHANGING)
			fail_stalled(worker, &worker->connections[i], now_ns);
}

/* How long epoll may sleep. */
static int patience_ms(const struct worker *worker, uint64_t now_ns)
{
	bool exchanging = worker->phase == EXCHANGING;
	const struct session *session = worker->session;
	uint64_t until_ns = worker->deadline_ns;

	if (exchanging && is_open_loop(worker) && !worker->over)
		return 0;
	if (exchanging && !worker->over)
		until_ns = earlier(until_ns, worker->counting ? session->end_ns : session->timed_ns);
	if (session->options->stall_ns > 0)
		until_ns = earlier(until_ns, worker->next_look_ns);
	if (session->options->stop)
		until_ns = earlier(until_ns, now_ns + STOP_LOOK_MS * NS_PER_MS);
	return until_ns > now_ns ? (int)earlier((until_ns - now_ns + NS_PER_MS - 1) / NS_PER_MS, INT_MAX) : 0;
}

static void serve_event(struct worker *worker, const struct epoll_event *event)
{
	struct connection *connection = event->data.ptr;

	if (connection->fd >= 0 && event->events & EPOLLOUT)
		push(worker, connection);
	if (connection->fd >= 0 && event->events & ~(uint32_t)EPOLLOUT)
		pull(worker, connection);
}

/* One turn: what the clock brings, then what the sockets bring. */
static void take_turn(struct worker *worker)
{
	bool paced = worker->phase == EXCHANGING && is_open_loop(worker);
	struct epoll_event events[EVENTS_MAX];
	uint64_t now_ns = clock_now(), turn = worker->turn;
	int count;

	if (paced) /* first: what fell due while the client was away counts, also if time is up by now */
		keep_pace(worker, now_ns);
	if (worker->phase == EXCHANGING)
		look_at_clock(worker, now_ns);
	look_for_stalled(worker, now_ns);
	if (now_ns >= worker->deadline_ns || (worker->phase == WARMING && is_stopped(worker)))
		give_up(worker);
	if (worker->awaited == 0)
		return;
	count = epoll_wait(worker->epoll, events, EVENTS_MAX, patience_ms(worker, now_ns));
	for (int i = 0; i < count; i++) {
		serve_event(worker, &events[i]);
		if (paced)
			keep_pace(worker, clock_now());
	}
	if (paced && (count > 0 || turn != worker->turn) && worker->counting)
		worker->worked_ns += clock_now() - now_ns;
}

/* Phases. */

static void enter(struct worker *worker, struct connection *connection, enum phase phase)
{
	connection->phase = phase;
	worker->awaited++;
}

/* Connections that have failed take no part any more: they are closed, which in churn they are otherwise too. */
static bool takes_part(const struct worker *worker, const struct connection *connection)
{
	return connection->fd >= 0 || (worker->session->options->churn && worker->limit > 1 && !connection->failed);
}

static void begin_all(struct worker *worker)
{
	for (uint32_t i = 0; i < worker->count; i++)
		if (worker->connections[i].phase == worker->phase)
			begin_messages(worker, &worker->connections[i], clock_now());
}

static void run_messages(struct worker *worker, enum phase phase)
{
	worker->phase = phase;
	for (uint32_t i = 0; i < worker->count; i++)
		if (takes_part(worker, &worker->connections[i]))
			enter(worker, &worker->connections[i], phase);
	if (phase == EXCHANGING)
		look_at_clock(worker, clock_now());
	if (phase == WARMING || !is_open_loop(worker))
		begin_all(worker);
	while (worker->awaited > 0)
		take_turn(worker);
}

static void warm_up(struct worker *worker)
{
	worker->limit = 1;
	run_messages(worker, WARMING);
}

static void exchange(struct worker *worker)
{
	const struct load_options *options = worker->session->options;

	worker->limit = options->messages > 0 ? options->messages + 1 : UINT64_MAX;
	for (uint32_t i = 0; i < worker->count; i++) {
		struct connection *connection = &worker->connections[i];

		if (options->churn) /* there was no warm-up message */
			connection->begun = connection->outgoing = connection->answered = 1;
		connection->due = 1;
	}
	set_turn(worker);
	worker->sampled_ns = worker->session->timed_ns;
	run_messages(worker, EXCHANGING);
	look_at_clock(worker, clock_now());
	stop_counting(worker, clock_now());
}

static void start_ending(struct worker *worker, struct connection *connection)
{
	enter(worker, connection, ENDING);
	if (shutdown(connection->fd, SHUT_WR) < 0)
		fail(worker, connection, LOAD_CLOSED,
		     "connection %u: the server had closed it when the exchange ended: %s", connection->index,
		     strerror(errno));
}

static void end(struct worker *worker)
{
	worker->phase = ENDING;
	worker->deadline_ns = patience_ends_ns(worker, clock_now());
	for (uint32_t i = 0; i < worker->count + worker->idle; i++)
		if (worker->connections[i].fd >= 0)
			start_ending(worker, &worker->connections[i]);
	while (worker->awaited > 0)
		take_turn(worker);
}

/* All threads meet; one of them sets when the exchange begins, for all: where it is paced, not before they are awake.
 */
static void meet(struct session *session)
{
	const struct load_options *options = session->options;

	if (pthread_barrier_wait(&session->warm) == PTHREAD_BARRIER_SERIAL_THREAD) {
		if (options->server > 0)
			session->server_begun_ns = living_cpu_ns(options->server);
		session->start_ns = clock_now() + (options->rate > 0 ? START_NS : 0);
		session->timed_ns = session->start_ns + options->warmup_ns;
		session->end_ns = options->duration_ns > 0 ? session->timed_ns + options->duration_ns : UINT64_MAX;
	}
	pthread_barrier_wait(&session->warm);
}

/* All threads meet again, before anybody closes a connection: what the server has used by now is for the messages. */
static void read_server(struct session *session)
{
	if (session->options->server == 0)
		return;
	if (pthread_barrier_wait(&session->warm) == PTHREAD_BARRIER_SERIAL_THREAD)
		session->server_ended_ns = living_cpu_ns(session->options->server);
	pthread_barrier_wait(&session->warm);
}

void *worker_main(void *argument)
{
	struct worker *worker = argument;
	struct session *session = worker->session;

	if (open_all(worker) && !session->options->churn)
		warm_up(worker);
	if (worker->result.errors > 0 && session->options->all_or_none)
		atomic_store_explicit(&session->hopeless, true, memory_order_relaxed);
	meet(session);
	if (!atomic_load_explicit(&session->hopeless, memory_order_relaxed)) {
		exchange(worker);
		read_server(session);
		end(worker);
	}
	return NULL;
}
