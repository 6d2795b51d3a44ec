/* session.c: a run of the load: its threads, and what they add up to. */
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "../../runtimes/check.h"
#include "dial.h"
#include "engine.h"
#include "pattern.h"

static uint32_t share(uint32_t all, unsigned number, unsigned threads)
{
	return (all + threads - 1 - number) / threads;
}

static bool allocate(struct worker *worker)
{
	const struct load_options *options = worker->session->options;
	size_t batch = options->depth < BATCH_MAX ? options->depth : BATCH_MAX;

	worker->connections = calloc(worker->count + worker->idle, sizeof worker->connections[0]);
	worker->begun_ns = calloc((size_t)worker->count * options->depth, sizeof worker->begun_ns[0]);
	worker->out = calloc(pattern_words(options->size) * batch, sizeof worker->out[0]);
	worker->in = calloc(pattern_words(RECEIVE_MAX + 8), sizeof worker->in[0]);
	worker->part = calloc(pattern_words(options->size), sizeof worker->part[0]);
	return worker->connections && worker->begun_ns && worker->out && worker->in && worker->part;
}

/* Thread `number` of the session drives the connections number, number + threads, ...; the idle ones are numbered after
 * all of these. 0 or -errno. */
static int worker_init(struct worker *worker, struct session *session, unsigned number)
{
	const struct load_options *options = session->options;

	worker->session = session;
	worker->number = number;
	worker->deadline_ns = session->begun_ns + options->timeout_ns;
	worker->count = share(options->connections, number, options->threads);
	worker->idle = share(options->idle, number, options->threads);
	worker->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (worker->epoll < 0)
		return -errno;
	if (!allocate(worker))
		return -ENOMEM;
	for (uint32_t i = 0; i < worker->count + worker->idle; i++) {
		struct connection *connection = &worker->connections[i];
		bool idle = i >= worker->count;

		connection->fd = -1;
		connection->phase = RESTING;
		connection->index = idle ? options->connections + number + (i - worker->count) * options->threads
					 : number + i * options->threads;
		connection->begun_ns = idle ? NULL : worker->begun_ns + (size_t)i * options->depth;
	}
	return 0;
}

static void worker_clear(struct worker *worker)
{
	for (uint32_t i = 0; worker->connections && i < worker->count + worker->idle; i++)
		if (worker->connections[i].fd >= 0)
			close(worker->connections[i].fd);
	if (worker->epoll >= 0)
		close(worker->epoll);
	free(worker->connections);
	free(worker->begun_ns);
	free(worker->out);
	free(worker->in);
	free(worker->part);
}

static void bind_thread(const struct worker *worker, const unsigned *cores)
{
	unsigned core = cores[worker->number];
	cpu_set_t *set = CPU_ALLOC(core + 1);
	size_t bytes = CPU_ALLOC_SIZE(core + 1);

	CHECK(set, "load: no memory for a set of cores");
	CPU_ZERO_S(bytes, set);
	CPU_SET_S(core, bytes, set);
	CHECK(sched_setaffinity(0, bytes, set) == 0, "load: core %u cannot be had: %s", core, strerror(errno));
	CPU_FREE(set);
}

static void *thread_main(void *argument)
{
	struct worker *worker = argument;

	if (worker->session->options->cores)
		bind_thread(worker, worker->session->options->cores);
	return worker_main(worker);
}

/* Where cores are given, the calling thread is bound like the others, and stays so. It is worker 0. */
static void run_workers(struct session *session, struct worker *workers, unsigned count)
{
	pthread_barrier_init(&session->warm, NULL, count);
	for (unsigned i = 1; i < count; i++) {
		int error = pthread_create(&workers[i].thread, NULL, thread_main, &workers[i]);

		CHECK(error == 0, "load: cannot start thread %u of %u: %s; ask for fewer", i + 1, count,
		      strerror(error));
	}
	thread_main(&workers[0]);
	for (unsigned i = 1; i < count; i++)
		pthread_join(workers[i].thread, NULL);
	pthread_barrier_destroy(&session->warm);
}

static void add_worker(struct load_result *result, const struct worker *worker)
{
	const struct load_result *part = &worker->result;

	result->messages += part->messages;
	result->bytes += part->bytes;
	result->unsent += part->unsent;
	result->opened += part->opened;
	result->errors += part->errors;
	result->cut += part->cut;
	result->longest_ns = part->longest_ns > result->longest_ns ? part->longest_ns : result->longest_ns;
	result->checksum += part->checksum;
	result->user_ns += part->user_ns;
	result->system_ns += part->system_ns;
	result->spun_ns += part->spun_ns;
	for (int fault = 0; fault < LOAD_FAULTS; fault++)
		result->faults[fault] += part->faults[fault];
	histogram_merge(&result->latency, &part->latency);
	histogram_merge(&result->raw, &part->raw);
	histogram_merge(&result->pacing, &part->pacing);
	for (uint32_t i = 0; i < worker->count; i++) {
		uint64_t timed = worker->connections[i].timed;

		result->least = timed < result->least ? timed : result->least;
		result->most = timed > result->most ? timed : result->most;
	}
	if (result->reason[0] == '\0')
		snprintf(result->reason, sizeof result->reason, "%s", part->reason);
}

static void add_up(struct load_result *result, const struct session *session, const struct worker *workers)
{
	uint64_t last_ns = 0;
	double sum = 0;

	result->least = UINT64_MAX;
	for (unsigned i = 0; i < session->options->threads; i++) {
		add_worker(result, &workers[i]);
		sum += workers[i].under_way_sum;
		last_ns = workers[i].last_ns > last_ns ? workers[i].last_ns : last_ns;
	}
	if (session->server_begun_ns > 0 && session->server_ended_ns > session->server_begun_ns)
		result->server_ns = session->server_ended_ns - session->server_begun_ns;
	result->setup_ns = session->timed_ns - session->begun_ns;
	result->wall_ns = last_ns > session->timed_ns ? last_ns - session->timed_ns : 0;
	result->in_flight = result->wall_ns > 0 ? sum / (double)result->wall_ns : 0;
}

static int run_session(struct session *session, struct worker *workers, struct load_result *result)
{
	const struct load_options *options = session->options;
	int error = dial_make_room((uint64_t)options->connections + options->idle, result->reason);

	for (unsigned i = 0; i < options->threads; i++)
		workers[i].epoll = -1;
	for (unsigned i = 0; i < options->threads && error == 0; i++)
		error = worker_init(&workers[i], session, i);
	if (error == 0) {
		run_workers(session, workers, options->threads);
		add_up(result, session, workers);
	}
	for (unsigned i = 0; i < options->threads; i++)
		worker_clear(&workers[i]);
	return error;
}

int load_run(const struct load_options *options, struct load_result *result)
{
	struct session session = {.options = options, .begun_ns = clock_now()};
	struct worker *workers = calloc(options->threads, sizeof workers[0]);
	int error;

	memset(result, 0, sizeof *result);
	if (options->rate > 0)
		session.interval_ns = (double)NS_PER_S / (double)options->rate;
	error = workers ? run_session(&session, workers, result) : -ENOMEM;
	if (error < 0 && result->reason[0] == '\0')
		snprintf(result->reason, sizeof result->reason, "cannot begin: %s", strerror(-error));
	free(workers);
	return error;
}
