/* place.c: see place.h. */
#include "place.h"

#include <errno.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../check.h"
#include "words.h"

/* Address space for all that is shared; memory is taken where it is touched. Half as much is tried where that is
 * refused (ulimit -v, vm.overcommit_memory=2), as long as the least is left for task_shared(). */
#define GROUND_MOST ((size_t)64 << 30)
#define LEAST_LEFT ((size_t)64 << 20)

struct ground *ground;
uint32_t place_here;

/* Opening. */

void *ground_take(size_t bytes, size_t alignment)
{
	size_t taken = atomic_load(&ground->taken), start;

	do {
		start = (taken + alignment - 1) & ~(alignment - 1);
		if (start > ground->bytes || bytes > ground->bytes - start)
			return NULL;
	} while (!atomic_compare_exchange_weak(&ground->taken, &taken, start + bytes));
	return (char *)ground + start;
}

bool ground_holds(const void *word)
{
	return (size_t)((const char *)word - (const char *)ground) < ground->bytes;
}

static bool divide(uint32_t workers)
{
	ground->workers = workers;
	atomic_init(&ground->round, 1);
	atomic_init(&ground->buried, 1);
	ground->places = ground_take((workers + 1) * sizeof(struct place), 64);
	ground->jobs = ground_take(JOBS * sizeof(struct job), 64);
	if (!ground->places || !ground->jobs)
		return false;
	for (uint32_t place = PLACE_FIRST + 1; place <= workers; place++)
		if (!(ground->places[place].ring = ground_take(JOBS * sizeof(uint32_t), 64)))
			return false;
	return words_open() == 0 && ground->bytes - atomic_load(&ground->taken) >= LEAST_LEFT;
}

int ground_open(uint32_t workers)
{
	for (size_t bytes = GROUND_MOST; bytes > LEAST_LEFT; bytes /= 2) {
		ground = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
		if (ground == MAP_FAILED)
			continue;
		ground->bytes = bytes;
		atomic_init(&ground->taken, sizeof(*ground));
		if (divide(workers)) {
			place_here = PLACE_FIRST;
			return 0;
		}
		munmap(ground, bytes);
	}
	ground = NULL;
	return -ENOMEM;
}

void ground_close(void)
{
	munmap(ground, ground->bytes);
	ground = NULL;
}

int places_open(void)
{
	for (uint32_t place = 0; place <= ground->workers; place++)
		ground->places[place].event = -1;
	for (uint32_t place = 0; place <= ground->workers; place++)
		if ((ground->places[place].event = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) < 0) {
			int error = -errno;

			places_close();
			return error;
		}
	return 0;
}

void places_close(void)
{
	for (uint32_t place = 0; place <= ground->workers; place++)
		if (ground->places[place].event >= 0)
			close(ground->places[place].event);
}

/* Notifying. */

static void ring_bell(struct place *place)
{
	/* Never full: it would take 2^64 notifications. */
	CHECK(eventfd_write(place->event, 1) == 0, "process-coroutine: a process cannot be notified");
}

void place_notify(uint32_t place)
{
	/* Release: what was left there; acquire is for the owner's half: place.h. */
	if (atomic_exchange_explicit(&ground->places[place].notified, 1, memory_order_acq_rel) == 0)
		ring_bell(&ground->places[place]);
}

void place_notify_all(void)
{
	for (uint32_t place = 0; place <= ground->workers; place++) {
		atomic_store(&ground->places[place].notified, 1);
		ring_bell(&ground->places[place]);
	}
}

void place_collecting(void)
{
	atomic_exchange_explicit(&ground->places[place_here].notified, 0, memory_order_acq_rel);
}

/* Burying. Nobody moves `first` or begins a job of the place meanwhile. */

static bool is_of(const struct job *job, uint32_t place)
{
	uint32_t state = atomic_load(&job->state);

	return state / JOB_PLACE == place && (state & JOB_BEGUN) && !(state & JOB_OVER);
}

bool place_is_busy(uint32_t place)
{
	for (uint32_t i = 0; i < atomic_load(&ground->jobs_used); i++)
		if (is_of(&ground->jobs[i], place))
			return true;
	return false;
}

/* The worker says that a job is begun, and then takes it out of the ring: if it died in between, that is done here,
 * while the job cannot yet be another one. */
static void finish_taking(struct place *place)
{
	uint32_t first = atomic_load(&place->first);

	if (first != atomic_load(&place->behind) &&
	    (atomic_load(&ground->jobs[place->ring[first % JOBS]].state) & JOB_BEGUN))
		atomic_store(&place->first, first + 1);
}

uint32_t place_crash_jobs(uint32_t place)
{
	uint32_t crashed = 0;

	finish_taking(&ground->places[place]);
	for (uint32_t i = 0; i < atomic_load(&ground->jobs_used); i++) {
		struct job *job = &ground->jobs[i];
		uint32_t state = atomic_load(&job->state);

		if (is_of(job, place)) {
			state = atomic_fetch_or(&job->state, JOB_CRASHED);
			crashed++;
		}
		/* Also one that had ended: its worker may have died before it said so. */
		if (state / JOB_PLACE == place && (state & JOB_AWAITED))
			words_wake(&job->state, UINT32_MAX);
	}
	return crashed;
}
