/* ledger.c: see ledger.h.
 *
 * Under the lock each change is made so that one store commits it: the entry first, then the count or the index that
 * makes it part of the whole. Release, so that no compiler turns them round: the other side is the next holder of the
 * lock, after a death in between. */
#include "ledger.h"

#include <errno.h>
#include <string.h>

#include "../check.h"
#include "../kernel/futex.h"

#define NO_JOB UINT64_MAX /* its number is LEDGER_NOBODY */

static uint64_t pack(uint32_t number, uint32_t generation)
{
	return (uint64_t)generation << 32 | number;
}

static uint32_t number_of(uint64_t packed)
{
	return (uint32_t)packed;
}

static uint32_t generation_of(uint64_t packed)
{
	return (uint32_t)(packed >> 32);
}

static uint32_t get(const _Atomic uint32_t *word)
{
	return atomic_load_explicit(word, memory_order_acquire);
}

static void commit(_Atomic uint32_t *word, uint32_t value)
{
	atomic_store_explicit(word, value, memory_order_release);
}

static uint32_t *ring_at(struct ledger *ledger, uint32_t position)
{
	return &ledger->ring[position % LEDGER_JOBS];
}

/* Opening. Each part begins on a cache line of its own. */

static size_t round_up(size_t bytes)
{
	return (bytes + 63) / 64 * 64;
}

size_t ledger_bytes(uint32_t workers)
{
	return round_up(sizeof(struct ledger)) + workers * sizeof(struct place) + round_up(workers * sizeof(uint32_t)) +
	       LEDGER_JOBS * (sizeof(uint32_t) + sizeof(struct job));
}

static void lock_init(pthread_mutex_t *lock)
{
	pthread_mutexattr_t attributes;

	pthread_mutexattr_init(&attributes);
	pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
	pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
	pthread_mutex_init(lock, &attributes);
	pthread_mutexattr_destroy(&attributes);
}

struct ledger *ledger_open(void *memory, uint32_t workers)
{
	struct ledger *ledger = memory;
	char *part = (char *)memory + round_up(sizeof(*ledger));

	lock_init(&ledger->lock);
	ledger->workers = workers;
	ledger->places = (struct place *)part;
	part += workers * sizeof(struct place);
	ledger->idle = (uint32_t *)part;
	part += round_up(workers * sizeof(uint32_t));
	ledger->ring = (uint32_t *)part;
	part += LEDGER_JOBS * sizeof(uint32_t);
	ledger->jobs = (struct job *)part;
	atomic_init(&ledger->free, LEDGER_NOBODY);
	atomic_init(&ledger->holder, LEDGER_NOBODY);
	for (uint32_t i = 0; i < workers; i++) {
		atomic_init(&ledger->places[i].job, NO_JOB);
		atomic_init(&ledger->places[i].awake, 1);
	}
	return ledger;
}

/* The lock. */

static void wake(struct place *place)
{
	futex_wake(&place->awake, 1, 0);
}

/* Somebody may have died between saying that a worker is awake and waking it. */
static void wake_all_awake(struct ledger *ledger)
{
	for (uint32_t i = 0; i < ledger->workers; i++)
		if (get(&ledger->places[i].awake))
			wake(&ledger->places[i]);
}

/* Keeps those who sleep, and of them all but one. */
static void clean_idle(struct ledger *ledger, uint32_t but)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < get(&ledger->idle_count); i++)
		if (ledger->idle[i] != but && !get(&ledger->places[ledger->idle[i]].awake))
			ledger->idle[kept++] = ledger->idle[i];
	commit(&ledger->idle_count, kept);
}

static int is_queued(struct ledger *ledger, uint32_t number)
{
	uint32_t first = get(&ledger->first), position = ledger->jobs[number].position;

	return position - first < get(&ledger->behind) - first && *ring_at(ledger, position) == number;
}

/* The holder died: takes back what it had begun. A job that is still in the queue is nobody's. */
static void repair(struct ledger *ledger)
{
	uint32_t holder = get(&ledger->holder);

	clean_idle(ledger, LEDGER_NOBODY);
	wake_all_awake(ledger);
	if (holder != LEDGER_NOBODY) {
		struct place *place = &ledger->places[holder];
		uint32_t number = number_of(atomic_load(&place->job));

		if (number != LEDGER_NOBODY && is_queued(ledger, number))
			atomic_store(&place->job, ledger->jobs[number].outer);
	}
	pthread_mutex_consistent(&ledger->lock);
}

static void lock(struct ledger *ledger, uint32_t place)
{
	int error = pthread_mutex_lock(&ledger->lock);

	if (error == EOWNERDEAD)
		repair(ledger);
	else
		CHECK(error == 0, "process-pool: the lock cannot be taken: %s", strerror(error));
	commit(&ledger->holder, place);
}

static void unlock(struct ledger *ledger)
{
	commit(&ledger->holder, LEDGER_NOBODY);
	pthread_mutex_unlock(&ledger->lock);
}

/* Jobs. All of these under the lock. */

static uint32_t job_take(struct ledger *ledger)
{
	uint32_t number = get(&ledger->free);

	if (number != LEDGER_NOBODY) {
		commit(&ledger->free, ledger->jobs[number].next_free);
		return number;
	}
	number = get(&ledger->used);
	if (number == LEDGER_JOBS)
		return LEDGER_NOBODY;
	commit(&ledger->used, number + 1);
	return number;
}

static void job_give_back(struct ledger *ledger, uint32_t number)
{
	ledger->jobs[number].generation++;
	ledger->jobs[number].next_free = get(&ledger->free);
	commit(&ledger->free, number);
}

static void queue_push(struct ledger *ledger, uint32_t number)
{
	uint32_t behind = get(&ledger->behind);

	ledger->jobs[number].position = behind;
	*ring_at(ledger, behind) = number;
	commit(&ledger->behind, behind + 1);
}

/* Before a job leaves the queue, its worker's place says whose it is: none is ever lost in between. */
static void place_begins(struct ledger *ledger, uint32_t place, uint32_t number)
{
	struct job *job = &ledger->jobs[number];

	job->outer = atomic_load(&ledger->places[place].job);
	atomic_store(&ledger->places[place].job, pack(number, job->generation));
}

static uint32_t queue_pop(struct ledger *ledger, uint32_t place)
{
	while (get(&ledger->first) != get(&ledger->behind)) {
		uint32_t first = get(&ledger->first), number = *ring_at(ledger, first);

		if (number != LEDGER_NOBODY)
			place_begins(ledger, place, number);
		commit(&ledger->first, first + 1);
		if (number != LEDGER_NOBODY)
			return number;
	}
	return LEDGER_NOBODY;
}

/* The place that fell asleep last, now awake; NULL if none sleeps. The caller wakes it after the unlock(). */
static struct place *idle_pop(struct ledger *ledger)
{
	uint32_t count = get(&ledger->idle_count);
	struct place *place;

	if (count == 0)
		return NULL;
	place = &ledger->places[ledger->idle[count - 1]];
	commit(&place->awake, 1);
	commit(&ledger->idle_count, count - 1);
	return place;
}

static void idle_push(struct ledger *ledger, uint32_t place)
{
	uint32_t count = get(&ledger->idle_count);

	ledger->idle[count] = place;
	commit(&ledger->places[place].awake, 0);
	commit(&ledger->idle_count, count + 1);
}

/* What the processes call. */

static struct place *add_under_lock(struct ledger *ledger, uint32_t number, task_function *function, void *argument)
{
	struct job *job = &ledger->jobs[number];

	job->function = function;
	job->argument = argument;
	atomic_store_explicit(&job->state, JOB_RUNNING, memory_order_relaxed);
	queue_push(ledger, number);
	return idle_pop(ledger);
}

int64_t ledger_add(struct ledger *ledger, uint32_t place, task_function *function, void *argument)
{
	struct place *idle = NULL;
	uint32_t number = LEDGER_NOBODY;

	lock(ledger, place);
	/* The ring also holds the positions of jobs that were taken back. */
	if (get(&ledger->behind) - get(&ledger->first) < LEDGER_JOBS)
		number = job_take(ledger);
	if (number != LEDGER_NOBODY)
		idle = add_under_lock(ledger, number, function, argument);
	unlock(ledger);
	if (idle)
		wake(idle);
	return number == LEDGER_NOBODY ? -EAGAIN : (int64_t)number;
}

uint32_t ledger_next(struct ledger *ledger, uint32_t place)
{
	for (;;) {
		uint32_t number, ending;

		lock(ledger, place);
		number = queue_pop(ledger, place);
		ending = get(&ledger->ending);
		if (number == LEDGER_NOBODY && !ending)
			idle_push(ledger, place);
		unlock(ledger);
		if (number != LEDGER_NOBODY || ending)
			return number;
		while (get(&ledger->places[place].awake) == 0)
			futex_wait(&ledger->places[place].awake, 0, 0);
	}
}

int ledger_take_back(struct ledger *ledger, uint32_t place, uint32_t number)
{
	uint32_t behind;
	int queued;

	lock(ledger, place);
	queued = is_queued(ledger, number);
	if (queued) {
		place_begins(ledger, place, number);
		*ring_at(ledger, ledger->jobs[number].position) = LEDGER_NOBODY;
	}
	behind = get(&ledger->behind);
	while (behind != get(&ledger->first) && *ring_at(ledger, behind - 1) == LEDGER_NOBODY)
		commit(&ledger->behind, --behind);
	unlock(ledger);
	return queued;
}

/* The end is said before the place forgets the job: a death in between finds a job that has ended, or one of a later
 * generation, and leaves both alone. */
void ledger_finish(struct ledger *ledger, uint32_t place)
{
	struct job *job = &ledger->jobs[number_of(atomic_load(&ledger->places[place].job))];
	uint64_t outer = job->outer;

	atomic_store(&ledger->places[place].outer,
		     outer); /* for ledger_bury(), where job->outer is another's by then */
	/* Release: what the task wrote comes first; pairs with ledger_await(). */
	if (atomic_exchange_explicit(&job->state, JOB_ENDED, memory_order_acq_rel) == JOB_AWAITED)
		futex_wake(&job->state, 1, 0);
	atomic_store(&ledger->places[place].job, outer);
}

enum job_state ledger_await(struct ledger *ledger, uint32_t place, uint32_t number)
{
	_Atomic uint32_t *word = &ledger->jobs[number].state;
	uint32_t state = JOB_RUNNING;

	atomic_compare_exchange_strong_explicit(word, &state, JOB_AWAITED, memory_order_acquire, memory_order_acquire);
	while ((state = get(word)) < JOB_ENDED)
		futex_wait(word, JOB_AWAITED, 0);
	lock(ledger, place);
	job_give_back(ledger, number);
	unlock(ledger);
	return state;
}

/* Under the lock. Nothing, if the job has ended. */
static void crash(struct job *job, uint32_t generation)
{
	uint32_t state = atomic_load(&job->state);

	if (job->generation != generation)
		return;
	while (state < JOB_ENDED)
		if (atomic_compare_exchange_weak(&job->state, &state, JOB_CRASHED)) {
			futex_wake(&job->state, 1, 0);
			return;
		}
}

int ledger_is_busy(const struct ledger *ledger, uint32_t place)
{
	return atomic_load(&ledger->places[place].job) != NO_JOB;
}

void ledger_bury(struct ledger *ledger, uint32_t place)
{
	uint64_t packed;

	lock(ledger, LEDGER_NOBODY);
	packed = atomic_load(&ledger->places[place].job);
	while (packed != NO_JOB) {
		struct job *job = &ledger->jobs[number_of(packed)];

		crash(job, generation_of(packed));
		packed = job->generation == generation_of(packed) ? job->outer
								  : atomic_load(&ledger->places[place].outer);
	}
	atomic_store(&ledger->places[place].job, NO_JOB);
	clean_idle(ledger, place);
	commit(&ledger->places[place].awake, 1);
	unlock(ledger);
	wake_all_awake(ledger);
}

void ledger_end(struct ledger *ledger)
{
	struct place *place;

	lock(ledger, LEDGER_NOBODY);
	commit(&ledger->ending, 1);
	while ((place = idle_pop(ledger)))
		wake(place);
	unlock(ledger);
}
