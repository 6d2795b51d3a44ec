/* network.c: see network.h. */
#include "network.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Of the rounds, or the turns at a place, that are played instead of all: enough to begin to repeat; and the default of
 * network.visits_played. */
static const uint64_t rounds_least = 4, turns_least = 4, visits_most = 20000000;

/* Far below 2^64, so that no sum of a few times overflows. */
static const uint64_t latest_ns = (uint64_t)1 << 63;

/* One visit, waiting or being served. */
struct visit {
	uint64_t at_ns; /* waiting: since when; being served: until when */
	uint32_t task;
};

/* A ring of visits; capacity is a power of two. */
struct line {
	struct visit *visit; /* owned */
	uint64_t head, count, mask;
};

struct place {
	const struct station *station;
	struct line waiting, served;
	uint64_t servers;
	uint64_t *left_ns; /* owned; one a task: what a put-back visit still needs; NULL where nobody is put back */
};

struct play {
	const struct network *network;
	struct network_result *result;
	struct place place[2];
	uint32_t *rounds_left; /* owned; one a task */
	uint64_t now_ns, admitted;
	uint64_t rounds_played;
	uint64_t played, before; /* tasks that have gone through rounds_played rounds, and through one fewer */
	struct network_result at_before;
};

/* ---- Lines ---- */

static int line_make(struct line *line, uint64_t capacity)
{
	uint64_t size = 1;

	while (size < capacity)
		size *= 2;
	line->mask = size - 1;
	line->visit = malloc(size * sizeof *line->visit);
	return line->visit ? 0 : -ENOMEM;
}

static struct visit *line_at(const struct line *line, uint64_t index)
{
	return &line->visit[(line->head + index) & line->mask];
}

static void line_append(struct line *line, struct visit visit)
{
	*line_at(line, line->count++) = visit;
}

/* Keeps the order of at_ns; equals in the order of their coming. */
static void line_insert(struct line *line, struct visit visit)
{
	uint64_t index = line->count++;

	for (; index > 0 && line_at(line, index - 1)->at_ns > visit.at_ns; index--)
		*line_at(line, index) = *line_at(line, index - 1);
	*line_at(line, index) = visit;
}

static struct visit line_take(struct line *line)
{
	struct visit visit = *line_at(line, 0);

	line->head++;
	line->count--;
	return visit;
}

/* ---- Stations ---- */

static uint64_t first_end(const struct place *place)
{
	return place->served.count > 0 ? line_at(&place->served, 0)->at_ns : latest_ns;
}

/* A turn of the visit on a free server: to its end, or for a quantum. */
static void serve(struct play *play, struct place *place, uint32_t task, uint64_t delay_ns)
{
	const struct station *station = place->station;
	uint64_t turn_ns = station->service_ns;

	if (place->left_ns) {
		if (place->left_ns[task] == 0)
			place->left_ns[task] = station->service_ns;
		turn_ns = place->left_ns[task] < station->quantum_ns ? place->left_ns[task] : station->quantum_ns;
		place->left_ns[task] -= turn_ns;
	}
	play->result->busy_ns[place - play->place] += turn_ns;
	line_insert(&place->served, (struct visit){.at_ns = play->now_ns + delay_ns + turn_ns, .task = task});
}

static void arrive(struct play *play, struct place *place, uint32_t task)
{
	if (place->served.count < place->servers) {
		play->result->idle_starts[place - play->place]++;
		serve(play, place, task, place->station->latency_ns);
	} else {
		line_append(&place->waiting, (struct visit){.at_ns = play->now_ns, .task = task});
	}
}

static void serve_next(struct play *play, struct place *place, uint64_t delay_ns)
{
	struct visit next;

	if (place->waiting.count == 0)
		return;
	next = line_take(&place->waiting);
	play->result->waited_ns[place - play->place] += play->now_ns - next.at_ns;
	serve(play, place, next.task, delay_ns);
}

/* A turn is over before its visit is. Nobody is put back where nobody waits. */
static void put_back(struct play *play, struct place *place, uint32_t task)
{
	uint64_t switch_ns = place->station->switch_ns;

	if (place->waiting.count == 0) {
		serve(play, place, task, 0);
		return;
	}
	play->result->preemptions++;
	play->result->busy_ns[place - play->place] += switch_ns;
	line_append(&place->waiting, (struct visit){.at_ns = play->now_ns, .task = task});
	serve_next(play, place, switch_ns);
}

/* ---- Tasks ---- */

static void admit(struct play *play)
{
	arrive(play, &play->place[0], (uint32_t)play->admitted++);
}

static struct network_result result_now(const struct play *play)
{
	struct network_result result = *play->result;

	result.wall_ns = play->now_ns;
	return result;
}

static void count_round(struct play *play, uint64_t round)
{
	play->played += round == play->rounds_played;
	if (round == play->rounds_played - 1 && ++play->before == play->network->tasks)
		play->at_before = result_now(play);
}

static void go_round(struct play *play, uint32_t task)
{
	play->rounds_left[task]--;
	count_round(play, play->network->rounds - play->rounds_left[task]);
	if (play->rounds_left[task] > 0) {
		arrive(play, &play->place[0], task);
		return;
	}
	if (play->admitted < play->network->tasks)
		admit(play);
}

static void leave(struct play *play, struct place *place)
{
	uint32_t task = line_take(&place->served).task;

	if (place->left_ns && place->left_ns[task] > 0) {
		put_back(play, place, task);
		return;
	}
	serve_next(play, place, 0);
	if (place == &play->place[0])
		arrive(play, &play->place[1], task);
	else
		go_round(play, task);
}

/* ---- The play ---- */

static int place_make(struct place *place, const struct station *station, uint64_t tasks)
{
	uint64_t servers = station->servers > 0 && station->servers < tasks ? station->servers : tasks;
	int error = line_make(&place->served, servers);

	place->station = station;
	place->servers = servers;
	if (!error)
		error = line_make(&place->waiting, servers < tasks ? tasks : 1);
	if (!error && station->quantum_ns > 0 && station->quantum_ns < station->service_ns) {
		place->left_ns = calloc(tasks, sizeof *place->left_ns);
		error = place->left_ns ? 0 : -ENOMEM;
	}
	return error;
}

static void place_clear(struct place *place)
{
	free(place->served.visit);
	free(place->waiting.visit);
	free(place->left_ns);
}

static int prepare(struct play *play)
{
	const struct network *network = play->network;
	int error;

	play->rounds_left = malloc(network->tasks * sizeof *play->rounds_left);
	error = play->rounds_left ? 0 : -ENOMEM;
	for (int i = 0; i < 2 && !error; i++)
		error = place_make(&play->place[i], &network->station[i], network->tasks);
	for (uint64_t task = 0; task < network->tasks && !error; task++)
		play->rounds_left[task] = (uint32_t)network->rounds;
	return error;
}

static uint64_t rounds_to_play(const struct network *network)
{
	uint64_t visits = network->visits_played > 0 ? network->visits_played : visits_most,
		 enough = visits / network->tasks > rounds_least ? visits / network->tasks : rounds_least;

	return network->places > 0 || enough > network->rounds ? network->rounds : enough;
}

/* The rest of the rounds, each like the last one that was played. */
static uint64_t extended(uint64_t before, uint64_t after, uint64_t rounds)
{
	return after + (after - before) * rounds;
}

static void extend(const struct play *play)
{
	const struct network *network = play->network;
	const struct network_result *before = &play->at_before;
	struct network_result *result = play->result;
	uint64_t rest = network->rounds - play->rounds_played;

	if (rest == 0)
		return;
	result->wall_ns = extended(before->wall_ns, result->wall_ns, rest);
	result->preemptions = extended(before->preemptions, result->preemptions, rest);
	for (int i = 0; i < 2; i++) { /* what the work alone takes is known */
		result->busy_ns[i] = network->tasks * network->rounds * network->station[i].service_ns +
				     (play->place[i].left_ns ? result->preemptions * network->station[i].switch_ns : 0);
		result->waited_ns[i] = extended(before->waited_ns[i], result->waited_ns[i], rest);
		result->idle_starts[i] = extended(before->idle_starts[i], result->idle_starts[i], rest);
	}
}

static void play_all(struct play *play)
{
	const struct network *network = play->network;
	uint64_t places = network->places > 0 && network->places < network->tasks ? network->places : network->tasks;

	while (play->admitted < places)
		admit(play);
	while (play->played < network->tasks) {
		uint64_t first_ns = first_end(&play->place[0]), second_ns = first_end(&play->place[1]);

		play->now_ns = first_ns < second_ns ? first_ns : second_ns;
		leave(play, &play->place[first_ns < second_ns ? 0 : 1]);
	}
	*play->result = result_now(play);
	play->result->rounds_played = play->rounds_played;
	extend(play);
}

/* No time of the play is beyond all services and delays one after another. */
static int check(const struct network *network)
{
	double longest_ns = 0, most_visits = (double)network->tasks * (double)network->rounds;

	if (network->tasks == 0 || network->rounds == 0)
		return -EINVAL;
	for (int i = 0; i < 2; i++) {
		const struct station *station = &network->station[i];
		double turns =
			station->quantum_ns > 0 ? (double)station->service_ns / (double)station->quantum_ns + 1 : 1;

		longest_ns +=
			(double)station->service_ns + (double)station->latency_ns + turns * (double)station->switch_ns;
	}
	if (network->tasks > UINT32_MAX - 1 || network->rounds > UINT32_MAX ||
	    longest_ns * most_visits > (double)latest_ns)
		return -EOVERFLOW;
	return 0;
}

static int play(const struct network *network, struct network_result *result)
{
	struct play play = {.network = network, .result = result, .rounds_played = rounds_to_play(network)};
	int error = prepare(&play);

	if (!error)
		play_all(&play);
	for (int i = 0; i < 2; i++)
		place_clear(&play.place[i]);
	free(play.rounds_left);
	return error;
}

/* Who waits for a place has it for all of its rounds: after some tasks a place, each further one a place takes as long
 * as the last. The result of fewer tasks, extended. */
static int play_in_turns(const struct network *network, struct network_result *result)
{
	struct network some = *network;
	struct network_result before = {0};
	int error;

	some.tasks = turns_least * network->places + network->tasks % network->places;
	error = play(&some, &before);
	some.tasks += network->places;
	if (!error)
		error = play(&some, result);
	if (error)
		return error;

	uint64_t rest = (network->tasks - some.tasks) / network->places;

	result->wall_ns = extended(before.wall_ns, result->wall_ns, rest);
	result->preemptions = extended(before.preemptions, result->preemptions, rest);
	for (int i = 0; i < 2; i++) {
		result->busy_ns[i] = extended(before.busy_ns[i], result->busy_ns[i], rest);
		result->waited_ns[i] = extended(before.waited_ns[i], result->waited_ns[i], rest);
		result->idle_starts[i] = extended(before.idle_starts[i], result->idle_starts[i], rest);
	}
	return 0;
}

int network_play(const struct network *network, struct network_result *result)
{
	uint64_t most = network->visits_played > 0 ? network->visits_played : visits_most;
	int error = check(network);

	memset(result, 0, sizeof *result);
	if (error)
		return error;
	if (network->places > 0 && network->tasks / network->places > turns_least + 2 &&
	    network->tasks > most / network->rounds)
		return play_in_turns(network, result);
	return play(network, result);
}
