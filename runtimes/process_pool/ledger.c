/* ledger.c: see ledger.h.
 *
 * Under the lock each change is made so that one store commits it: the entry first, then the count or the index that
 * makes it part of the whole. Release, so that no compiler turns them round: the other side is who buries the holder,
 * after a death in between. */
#include "ledger.h"

#include <errno.h>
#include <stdbool.h>

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

int ledger_open(struct ledger **opened, void *memory, uint32_t workers)
{
	struct ledger *ledger = memory;
	char *part = (char *)memory + round_up(sizeof(*ledger));
	int error = readiness_open(&ledger->readiness);

	if (error < 0)
		return error;
	ledger->workers = workers;
	ledger->places = (struct place *)part;
	part += workers * sizeof(struct place);
	ledger->idle = (uint32_t *)part;
	part += round_up(workers * sizeof(uint32_t));
	ledger->ring = (uint32_t *)part;
	part += LEDGER_JOBS * sizeof(uint32_t);
	ledger->jobs = (struct job *)part;
	atomic_init(&ledger->free, LEDGER_NOBODY);
	for (uint32_t i = 0; i < workers; i++) {
		atomic_init(&ledger->places[i].job, NO_JOB);
		atomic_init(&ledger->places[i].awake, 1);
	}
	*opened = ledger;
	return 0;
}

void ledger_close(struct ledger *ledger)
{
	readiness_close(&ledger->readiness);
}

/* The lock: the holder's place + 2, or 1 of a process that has none; and whether somebody may sleep there
 * (U. Drepper, "Futexes Are Tricky", 2011, mutex 2). */

#define AWAITED UINT32_C(0x80000000)

static uint32_t holder_of(uint32_t place)
{
	return place == LEDGER_NOBODY ? 1 : place + 2;
}

static void lock(struct ledger *ledger, uint32_t place)
{
	uint32_t seen = 0, mine = holder_of(place);

	if (atomic_compare_exchange_strong_explicit(&ledger->lock, &seen, mine, memory_order_acquire,
						    memory_order_relaxed))
		return;
	for (;;) {
		if (seen == 0) {
			if (atomic_compare_exchange_weak_explicit(&ledger->lock, &seen, mine | AWAITED,
								  memory_order_acquire, memory_order_relaxed))
				return;
		} else if (seen & AWAITED ||
			   atomic_compare_exchange_weak_explicit(&ledger->lock, &seen, seen | AWAITED,
								 memory_order_relaxed, memory_order_relaxed)) {
			futex_wait(&ledger->lock, seen | AWAITED, 0);
			seen = atomic_load_explicit(&ledger->lock, memory_order_relaxed);
		}
	}
}

/* Release pairs with the acquire of the next holder. */
static void unlock(struct ledger *ledger)
{
	if (atomic_exchange_explicit(&ledger->lock, 0, memory_order_release) & AWAITED)
		futex_wake(&ledger->lock, 1, 0);
}

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

/* Takes the lock, from the dead worker of this place if that holds it; then takes back what that had begun. A job that
 * is still in the queue is nobody's. */
static void lock_after(struct ledger *ledger, uint32_t number)
{
	struct place *place = &ledger->places[number];
	uint32_t job;

	if ((get(&ledger->lock) & ~AWAITED) != holder_of(number)) {
		lock(ledger, LEDGER_NOBODY);
		return;
	}
	commit(&ledger->lock, holder_of(LEDGER_NOBODY) | AWAITED);
	clean_idle(ledger, LEDGER_NOBODY);
	job = number_of(atomic_load(&place->job));
	if (job != LEDGER_NOBODY && is_queued(ledger, job))
		atomic_store(&place->job, ledger->jobs[job].outer);
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

/* Whom to wake for what is in the queue, under the lock; and afterwards. */

struct sleeper {
	struct place *place; /* NULL: none lies down */
	bool pokes;          /* somebody waits for descriptors */
};

static struct sleeper find_sleeper(struct ledger *ledger)
{
	struct place *place = idle_pop(ledger);

	return (struct sleeper){.place = place, .pokes = !place && get(&ledger->readiness.sleepers) > 0};
}

static void wake_sleeper(struct ledger *ledger, struct sleeper sleeper)
{
	if (sleeper.place)
		wake(sleeper.place);
	if (sleeper.pokes)
		readiness_poke(&ledger->readiness, 1);
}

static struct sleeper add_under_lock(struct ledger *ledger, uint32_t number, task_function *function, void *argument)
{
	struct job *job = &ledger->jobs[number];

	job->function = function;
	job->argument = argument;
	atomic_store_explicit(&job->state, JOB_RUNNING, memory_order_relaxed);
	queue_push(ledger, number);
	return find_sleeper(ledger);
}

int64_t ledger_add(struct ledger *ledger, uint32_t place, task_function *function, void *argument)
{
	struct sleeper sleeper = {.place = NULL};
	uint32_t number = LEDGER_NOBODY;

	lock(ledger, place);
	/* The ring also holds the positions of jobs that were taken back. */
	if (get(&ledger->behind) - get(&ledger->first) < LEDGER_JOBS)
		number = job_take(ledger);
	if (number != LEDGER_NOBODY)
		sleeper = add_under_lock(ledger, number, function, argument);
	unlock(ledger);
	wake_sleeper(ledger, sleeper);
	return number == LEDGER_NOBODY ? -EAGAIN : (int64_t)number;
}

/* A job whose descriptor is ready, or LEDGER_NOBODY: there may be something in the queue. */
static uint32_t await_readiness(struct ledger *ledger, uint32_t place)
{
	uint64_t key = readiness_await(&ledger->readiness);

	if (key == READINESS_POKED)
		return LEDGER_NOBODY;
	place_begins(ledger, place, (uint32_t)key);
	return (uint32_t)key;
}

/* Under the lock: where the worker that finds nothing to do is going to sleep. As in thread_pool.c, a worker lies down
 * only where no job is armed. */
static bool sleeps_by_readiness(struct ledger *ledger, uint32_t place)
{
	bool armed = get(&ledger->readiness.armed) > 0;

	if (armed)
		atomic_fetch_add(&ledger->readiness.sleepers, 1);
	else
		idle_push(ledger, place);
	return armed;
}

static void await_wake(struct place *place)
{
	while (get(&place->awake) == 0)
		futex_wait(&place->awake, 0, 0);
}

uint32_t ledger_next(struct ledger *ledger, uint32_t place)
{
	uint32_t number, ending;

	do {
		bool readiness = false;

		lock(ledger, place);
		number = queue_pop(ledger, place);
		ending = get(&ledger->ending);
		if (number == LEDGER_NOBODY && !ending)
			readiness = sleeps_by_readiness(ledger, place);
		unlock(ledger);
		if (number == LEDGER_NOBODY && readiness)
			number = await_readiness(ledger, place);
		else if (number == LEDGER_NOBODY && !ending)
			await_wake(&ledger->places[place]);
	} while (number == LEDGER_NOBODY && !ending);
	return number;
}

/* The job is armed before the place forgets it: a death in between calls a job crashed that goes on elsewhere, and none
 * is lost. What cannot be waited for counts as ready. */
void ledger_requeue(struct ledger *ledger, uint32_t place, int fd, short events)
{
	uint32_t number = number_of(atomic_load(&ledger->places[place].job));
	uint64_t outer = ledger->jobs[number].outer;

	atomic_store(&ledger->places[place].outer, outer);
	if (readiness_arm(&ledger->readiness, fd, events, number) < 0) {
		lock(ledger, place);
		queue_push(ledger, number);
		unlock(ledger);
	}
	atomic_store(&ledger->places[place].job, outer);
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

	lock_after(ledger, place);
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
	futex_wake(&ledger->lock, 1, 0); /* the dead one may have freed it, and woken nobody */
}

void ledger_end(struct ledger *ledger)
{
	struct place *place;

	lock(ledger, LEDGER_NOBODY);
	commit(&ledger->ending, 1);
	while ((place = idle_pop(ledger)))
		wake(place);
	readiness_poke(&ledger->readiness, ledger->workers);
	unlock(ledger);
}
