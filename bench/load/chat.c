/* chat.c: the members' threads, each with its own share of them, an epoll instance and a histogram.
 *
 * A thread owns everything of its members; what threads share is `party`, written before they start, but for the
 * barrier and one flag. Phases, the same in all threads: connect; everybody joins; the barrier; everybody speaks; the
 * end. A member that goes wrong is closed, counted once, and the others go on: those of its room will miss it, and say
 * so. Always: `awaited` is the number of members that have not finished the current phase. */
#include "chat.h"

#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../../runtimes/check.h"
#include "../../runtimes/clock.h"
#include "../workloads/chat/chat.h"
#include "dial.h"
#include "pattern.h"

enum { EVENTS_MAX = 256, SCRATCH_BYTES = 64 << 10 };

/* Where the parts of a message are, in words. */
enum { WORD_ORIGIN, WORD_SENT_NS, WORDS_HEAD };

enum phase {
	JOINING,  /* not all joins of the room were heard */
	SPEAKING, /* not everything that is said in it was */
	RESTING,  /* nothing is awaited now */
	ENDING    /* our side is closed; the end of the stream must come */
};

struct member {
	int fd; /* -1: closed */
	enum phase phase;
	bool blocked;              /* the socket's buffer was full; waiting to send the rest */
	uint32_t number;           /* among all members of the party */
	uint32_t sent;             /* bytes of its current message */
	uint32_t have;             /* bytes of a message that was not heard to its end, in `rest` */
	uint64_t message, sent_ns; /* the current one, and when it was begun */
	uint64_t heard;            /* messages, joins included */
	uint32_t *next; /* by the place of the sender in the room: the number of the message that comes next */
	char *rest;
};

struct party {
	const struct chat_options *options;
	uint32_t room_members;
	uint64_t room_total; /* messages in a room until the end */
	uint64_t begun_ns, deadline_ns;
	pthread_barrier_t joined;
	_Atomic bool
		hopeless; /* some thread's members have not all joined: nobody speaks. Relaxed: the barrier orders it */
};

struct worker {
	struct party *party;
	pthread_t thread;
	int epoll;
	struct member *members;
	uint32_t count, awaited;
	uint64_t *scratch; /* what was received, from the beginning of a message on */
	uint64_t *words;   /* a message to be sent */
	uint64_t errors, deliveries, checksum;
	uint64_t first_ns, last_ns; /* of the timed messages; 0: none */
	uint64_t user_ns, system_ns;
	struct histogram latency;
	char reason[LOAD_REASON_MAX]; /* of the first error */
};

/* Errors: the first one is kept in words, all are counted. */
static __attribute__((format(printf, 3, 4))) void fail(struct worker *worker, struct member *member, const char *format,
						       ...)
{
	va_list arguments;
	int length;

	if (worker->reason[0] == '\0') {
		length = snprintf(worker->reason, sizeof worker->reason, "member %u: ", member->number);
		va_start(arguments, format);
		vsnprintf(worker->reason + length, sizeof worker->reason - (size_t)length, format, arguments);
		va_end(arguments);
	}
	worker->errors++;
	worker->awaited -= member->phase != RESTING;
	close(member->fd); /* which takes it out of the epoll instance */
	member->fd = -1;
}

/* Speaking. */

static uint64_t pattern_of(const uint64_t *message)
{
	uint64_t member = message[WORD_ORIGIN] >> CHAT_MEMBER_SHIFT;

	return pattern_seed(member, message[WORD_ORIGIN] ^ chat_word(member, 0)) + message[WORD_SENT_NS];
}

static void compose(const struct member *member, uint64_t *words, uint32_t size)
{
	words[WORD_ORIGIN] = chat_word(member->number, member->message);
	words[WORD_SENT_NS] = member->sent_ns;
	pattern_fill(pattern_of(words), 0, size - WORDS_HEAD * sizeof *words, words + WORDS_HEAD);
}

static int watch(struct worker *worker, struct member *member, int operation, uint32_t events)
{
	struct epoll_event event = {.events = events, .data.ptr = member};

	return epoll_ctl(worker->epoll, operation, member->fd, &event) < 0 ? -errno : 0;
}

static void block(struct worker *worker, struct member *member, bool blocked)
{
	int error;

	if (member->blocked == blocked)
		return;
	member->blocked = blocked;
	error = watch(worker, member, EPOLL_CTL_MOD, blocked ? EPOLLIN | EPOLLOUT : EPOLLIN);
	if (error < 0)
		fail(worker, member, "cannot watch it: %s", strerror(-error));
}

/* Sends what is left of the current message, as far as the socket takes it. */
static void push(struct worker *worker, struct member *member)
{
	const uint32_t size = worker->party->options->size;

	compose(member, worker->words, size);
	while (member->sent < size) {
		ssize_t sent =
			send(member->fd, (char *)worker->words + member->sent, size - member->sent, MSG_NOSIGNAL);

		if (sent < 0 && errno == EAGAIN) {
			block(worker, member, true);
			return;
		}
		if (sent < 0 && errno != EINTR) {
			fail(worker, member, "cannot send message %llu: %s", (unsigned long long)member->message,
			     strerror(errno));
			return;
		}
		member->sent += sent > 0 ? (uint32_t)sent : 0;
	}
	block(worker, member, false);
}

static void speak(struct worker *worker, struct member *member, uint64_t message)
{
	member->message = message;
	member->sent = 0;
	member->sent_ns = clock_now();
	push(worker, member);
}

/* Hearing. */

/* Fails the member that was told something else than what comes next from that sender. */
static bool check_order(struct worker *worker, struct member *member, uint64_t sender, uint64_t message)
{
	const uint32_t rooms = worker->party->options->rooms;
	uint64_t expected;

	if (sender >= worker->party->options->members || message > worker->party->options->messages) {
		fail(worker, member, "heard what nobody has said");
		return false;
	}
	if (sender % rooms != member->number % rooms) {
		fail(worker, member, "heard message %llu of member %llu, who is in another room",
		     (unsigned long long)message, (unsigned long long)sender);
		return false;
	}
	expected = member->next[sender / rooms];
	if (message != expected) {
		fail(worker, member, "heard message %llu of member %llu %s message %llu", (unsigned long long)message,
		     (unsigned long long)sender, message < expected ? "again, or late: it awaits" : "without",
		     (unsigned long long)expected);
		return false;
	}
	member->next[sender / rooms]++;
	return true;
}

static bool check_message(struct worker *worker, struct member *member, const uint64_t *words)
{
	uint64_t sender = words[WORD_ORIGIN] >> CHAT_MEMBER_SHIFT;
	uint64_t message = words[WORD_ORIGIN] ^ chat_word(sender, 0);
	size_t rest = worker->party->options->size - WORDS_HEAD * sizeof *words;

	if (!check_order(worker, member, sender, message))
		return false;
	if (pattern_check(pattern_of(words), 0, rest, words + WORDS_HEAD, &worker->checksum))
		return true;
	fail(worker, member, "heard message %llu of member %llu with other bytes", (unsigned long long)message,
	     (unsigned long long)sender);
	return false;
}

static void rest(struct worker *worker, struct member *member)
{
	member->phase = RESTING;
	worker->awaited--;
}

/* A message that is right. */
static void hear(struct worker *worker, struct member *member, const uint64_t *words, uint64_t now_ns)
{
	const struct party *party = worker->party;
	bool own = words[WORD_ORIGIN] == chat_word(member->number, member->message);

	member->heard++;
	if (member->phase == JOINING) {
		if (member->heard == party->room_members)
			rest(worker, member);
		return;
	}
	histogram_add(&worker->latency, now_ns - words[WORD_SENT_NS]);
	worker->deliveries++;
	worker->last_ns = now_ns;
	if (member->heard == party->room_total)
		rest(worker, member);
	else if (own && member->message < party->options->messages)
		speak(worker, member, member->message + 1);
}

/* The whole messages at the beginning of the scratch; keeps what is left of it. */
static void take_messages(struct worker *worker, struct member *member, size_t bytes)
{
	const uint32_t size = worker->party->options->size;
	uint64_t now_ns = clock_now();
	size_t at = 0;

	for (; bytes - at >= size; at += size) {
		const uint64_t *words = worker->scratch + at / sizeof *words;

		if (member->phase >= RESTING) {
			fail(worker, member, "was told more than was said");
			return;
		}
		if (!check_message(worker, member, words))
			return;
		hear(worker, member, words, now_ns);
		if (member->fd < 0)
			return;
	}
	member->have = (uint32_t)(bytes - at);
	memcpy(member->rest, (char *)worker->scratch + at, member->have);
}

/* The end of the stream is in order once everything has been heard, wherever we are then. */
static void take_end(struct worker *worker, struct member *member)
{
	if (member->heard < worker->party->room_total || member->have > 0) {
		fail(worker, member, "the server closed it after %llu of %llu messages",
		     (unsigned long long)member->heard, (unsigned long long)worker->party->room_total);
		return;
	}
	close(member->fd);
	member->fd = -1;
	worker->awaited -= member->phase == ENDING;
}

static void pull(struct worker *worker, struct member *member)
{
	char *scratch = (char *)worker->scratch;
	ssize_t got;

	memcpy(scratch, member->rest, member->have);
	got = recv(member->fd, scratch + member->have, SCRATCH_BYTES - member->have, 0);
	if (got > 0)
		take_messages(worker, member, member->have + (size_t)got);
	else if (got == 0)
		take_end(worker, member);
	else if (errno != EAGAIN && errno != EINTR)
		fail(worker, member, "cannot hear the others: %s", strerror(errno));
}

/* Waiting. */

static void give_up(struct worker *worker)
{
	for (uint32_t i = 0; i < worker->count; i++) {
		struct member *member = &worker->members[i];

		if (member->fd < 0 || member->phase == RESTING)
			continue;
		if (member->phase == ENDING)
			fail(worker, member, "the server did not close it within the time limit");
		else
			fail(worker, member, "had heard %llu of %llu messages at the time limit",
			     (unsigned long long)member->heard, (unsigned long long)worker->party->room_total);
	}
}

/* Until every member has finished its phase, or time is up. */
static void await(struct worker *worker)
{
	struct epoll_event events[EVENTS_MAX];

	while (worker->awaited > 0) {
		uint64_t now_ns = clock_now(), deadline_ns = worker->party->deadline_ns;
		int left_ms = now_ns < deadline_ns ? (int)((deadline_ns - now_ns) / NS_PER_MS) + 1 : 0;
		int count = left_ms > 0 ? epoll_wait(worker->epoll, events, EVENTS_MAX, left_ms) : 0;

		if (count == 0)
			give_up(worker);
		for (int i = 0; i < count; i++) {
			struct member *member = events[i].data.ptr;

			if (events[i].events & EPOLLOUT)
				push(worker, member);
			if (member->fd >= 0 && events[i].events & ~(uint32_t)EPOLLOUT)
				pull(worker, member);
		}
	}
}

/* Phases. */

/* One after another. Stops at the first that fails. */
static bool open_all(struct worker *worker)
{
	const struct party *party = worker->party;

	for (uint32_t i = 0; i < worker->count; i++) {
		struct member *member = &worker->members[i];
		int error;

		member->fd = dial(party->options->port, member->number, party->deadline_ns);
		error = member->fd < 0 ? member->fd : watch(worker, member, EPOLL_CTL_ADD, EPOLLIN);
		if (error == 0)
			continue;
		worker->errors++;
		snprintf(worker->reason, sizeof worker->reason, "member %u: cannot connect to 127.0.0.1 port %u: %s",
			 member->number, party->options->port, strerror(-error));
		return false;
	}
	return true;
}

static void run_phase(struct worker *worker, enum phase phase, void (*start)(struct worker *, struct member *))
{
	for (uint32_t i = 0; i < worker->count; i++)
		if (worker->members[i].fd >= 0) {
			worker->members[i].phase = phase;
			worker->awaited++;
		}
	for (uint32_t i = 0; i < worker->count; i++)
		if (worker->members[i].fd >= 0)
			start(worker, &worker->members[i]);
	await(worker);
}

static void start_joining(struct worker *worker, struct member *member)
{
	speak(worker, member, 0);
}

static void start_speaking(struct worker *worker, struct member *member)
{
	speak(worker, member, 1);
}

static void start_ending(struct worker *worker, struct member *member)
{
	if (shutdown(member->fd, SHUT_WR) < 0)
		fail(worker, member, "the server had closed it at the end: %s", strerror(errno));
}

static uint64_t ns_from_timeval(struct timeval time)
{
	return (uint64_t)time.tv_sec * NS_PER_S + (uint64_t)time.tv_usec * NS_PER_US;
}

static void talk(struct worker *worker)
{
	struct rusage before, after;

	getrusage(RUSAGE_THREAD, &before);
	worker->first_ns = clock_now();
	run_phase(worker, SPEAKING, start_speaking);
	getrusage(RUSAGE_THREAD, &after);
	worker->user_ns = ns_from_timeval(after.ru_utime) - ns_from_timeval(before.ru_utime);
	worker->system_ns = ns_from_timeval(after.ru_stime) - ns_from_timeval(before.ru_stime);
}

static void *worker_main(void *argument)
{
	struct worker *worker = argument;
	struct party *party = worker->party;

	if (open_all(worker))
		run_phase(worker, JOINING, start_joining);
	if (worker->errors > 0)
		atomic_store_explicit(&party->hopeless, true, memory_order_relaxed);
	pthread_barrier_wait(&party->joined);
	if (!atomic_load_explicit(&party->hopeless, memory_order_relaxed)) {
		talk(worker);
		run_phase(worker, ENDING, start_ending);
	}
	return NULL;
}

/* The party. */

static int member_init(struct member *member, const struct party *party, uint32_t number)
{
	*member = (struct member){.fd = -1,
				  .number = number,
				  .next = calloc(party->room_members, sizeof *member->next),
				  .rest = malloc(party->options->size)};
	return member->next && member->rest ? 0 : -ENOMEM;
}

/* Worker `number` of the party drives the members number, number + threads, ... 0 or -errno. */
static int worker_init(struct worker *worker, struct party *party, unsigned number)
{
	const struct chat_options *options = party->options;
	int error = 0;

	worker->party = party;
	worker->count = (options->members - number + options->threads - 1) / options->threads;
	worker->members = calloc(worker->count, sizeof worker->members[0]);
	worker->scratch = malloc(SCRATCH_BYTES);
	worker->words = calloc(pattern_words(options->size), sizeof worker->words[0]);
	worker->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (!worker->members || !worker->scratch || !worker->words)
		return -ENOMEM;
	if (worker->epoll < 0)
		return -errno;
	for (uint32_t i = 0; i < worker->count; i++)
		worker->members[i].fd = -1;
	for (uint32_t i = 0; i < worker->count && error == 0; i++)
		error = member_init(&worker->members[i], party, number + i * options->threads);
	return error;
}

static void worker_clear(struct worker *worker)
{
	for (uint32_t i = 0; worker->members && i < worker->count; i++) {
		if (worker->members[i].fd >= 0)
			close(worker->members[i].fd);
		free(worker->members[i].next);
		free(worker->members[i].rest);
	}
	if (worker->epoll >= 0)
		close(worker->epoll);
	free(worker->members);
	free(worker->scratch);
	free(worker->words);
}

/* The calling thread is worker 0. */
static void run_workers(struct party *party, struct worker *workers, unsigned count)
{
	pthread_barrier_init(&party->joined, NULL, count);
	for (unsigned i = 1; i < count; i++) {
		int error = pthread_create(&workers[i].thread, NULL, worker_main, &workers[i]);

		CHECK(error == 0, "load: cannot start thread %u of %u: %s; ask for fewer with threads=", i + 1, count,
		      strerror(error));
	}
	worker_main(&workers[0]);
	for (unsigned i = 1; i < count; i++)
		pthread_join(workers[i].thread, NULL);
	pthread_barrier_destroy(&party->joined);
}

static void add_worker(struct load_result *result, const struct worker *worker)
{
	result->messages += worker->deliveries;
	result->errors += worker->errors;
	result->checksum += worker->checksum;
	result->user_ns += worker->user_ns;
	result->system_ns += worker->system_ns;
	histogram_merge(&result->latency, &worker->latency);
	for (uint32_t i = 0; i < worker->count; i++) {
		uint64_t joins = worker->party->room_members, heard = worker->members[i].heard;
		uint64_t timed = heard > joins ? heard - joins : 0;

		result->least = timed < result->least ? timed : result->least;
		result->most = timed > result->most ? timed : result->most;
	}
	if (result->reason[0] == '\0')
		snprintf(result->reason, sizeof result->reason, "%s", worker->reason);
}

static void add_up(struct load_result *result, const struct party *party, const struct worker *workers)
{
	uint64_t first_ns = 0, last_ns = 0;

	result->least = UINT64_MAX;
	for (unsigned i = 0; i < party->options->threads; i++) {
		const struct worker *worker = &workers[i];

		add_worker(result, worker);
		if (first_ns == 0 || (worker->first_ns > 0 && worker->first_ns < first_ns))
			first_ns = worker->first_ns;
		if (worker->last_ns > last_ns)
			last_ns = worker->last_ns;
	}
	result->bytes = result->messages * party->options->size;
	result->setup_ns = (first_ns > 0 ? first_ns : clock_now()) - party->begun_ns;
	result->wall_ns = last_ns > first_ns ? last_ns - first_ns : 0;
}

static int run_party(struct party *party, struct worker *workers, struct load_result *result)
{
	const unsigned threads = party->options->threads;
	int error = dial_make_room(party->options->members, result->reason);

	for (unsigned i = 0; i < threads; i++)
		workers[i].epoll = -1;
	for (unsigned i = 0; i < threads && error == 0; i++)
		error = worker_init(&workers[i], party, i);
	if (error == 0) {
		run_workers(party, workers, threads);
		add_up(result, party, workers);
	}
	for (unsigned i = 0; i < threads; i++)
		worker_clear(&workers[i]);
	return error;
}

int chat_drive(const struct chat_options *options, struct load_result *result)
{
	struct party party = {
		.options = options, .room_members = options->members / options->rooms, .begun_ns = clock_now()};
	struct worker *workers = calloc(options->threads, sizeof workers[0]);
	int error;

	memset(result, 0, sizeof *result);
	party.room_total = party.room_members * (options->messages + 1);
	party.deadline_ns = party.begun_ns + options->timeout_ns;
	error = workers ? run_party(&party, workers, result) : -ENOMEM;
	if (error < 0 && result->reason[0] == '\0')
		snprintf(result->reason, sizeof result->reason, "cannot begin: %s", strerror(-error));
	free(workers);
	return error;
}
