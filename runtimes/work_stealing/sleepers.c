/* sleepers.c: see sleepers.h. */
#include "sleepers.h"

#include "../check.h"
#include "../clock.h"

/* How long the timers of another worker are left to it. */
#define GRACE_NS NS_PER_MS

/* With the lock held. Release: partner of the loads by other workers; the timer is seen by whoever takes the lock. */
static void publish_earliest(struct worker *worker)
{
	uint64_t earliest = timers_count(&worker->timers) ? timers_earliest(&worker->timers) : UINT64_MAX;

	atomic_store_explicit(&worker->earliest, earliest, memory_order_release);
}

void sleepers_wait(struct worker *worker, struct unit *unit)
{
	spin_lock(&worker->timers_lock);
	CHECK(timers_add(&worker->timers, unit->deadline, &unit->entry) == 0, "no memory for a timer");
	publish_earliest(worker);
	spin_unlock(&worker->timers_lock);
}

static bool come(const struct worker *owner, uint64_t now)
{
	return atomic_load_explicit(&owner->earliest, memory_order_acquire) <= now;
}

/* Moves what has come from owner's heap to worker's queue. */
static void expire(struct worker *worker, struct worker *owner, uint64_t now)
{
	spin_lock(&owner->timers_lock);
	timers_expire(&owner->timers, now, &worker->woken);
	publish_earliest(owner);
	spin_unlock(&owner->timers_lock);
	worker_ready_woken(worker);
}

void sleepers_expire(struct worker *worker, uint64_t now)
{
	for (unsigned i = 0; i < crew.count; i++) {
		struct worker *owner = &crew.workers[i];

		if (come(owner, owner == worker ? now : now - GRACE_NS))
			expire(worker, owner, now);
	}
}

uint64_t sleepers_next(const struct worker *worker, uint64_t latest)
{
	for (unsigned i = 0; i < crew.count; i++) {
		uint64_t time = atomic_load_explicit(&crew.workers[i].earliest, memory_order_relaxed);

		if (&crew.workers[i] != worker && time < UINT64_MAX - GRACE_NS)
			time += GRACE_NS;
		if (time < latest)
			latest = time;
	}
	return latest;
}
