/* idle.c: see idle.h. All of it runs on the thread's own stack, in the worker's hub. */
#include "idle.h"

#include "../check.h"
#include "../clock.h"
#include "readiness.h"
#include "sleepers.h"

#include <errno.h>
#include <linux/membarrier.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <unistd.h>

/* How long a worker looks for work before it sleeps: about what waking it costs, so that it never loses more than
 * twice the best choice (A. Karlin et al., "Competitive Randomized Algorithms for Nonuniform Problems", 1990). */
#define SPIN_NS (20 * NS_PER_US)
/* A task in the slot of another worker is left to it so long, since it mostly goes on there in less. */
#define SLOT_PATIENCE_NS (3 * NS_PER_US)
/* Longest sleeps: beside workers that are awake, and may leave a timer unseen while they compute; and otherwise. */
#define NAP_NS (5 * NS_PER_MS)
#define SLEEP_NS (100 * NS_PER_MS)
/* epoll_pwait2() takes a slack of 0.1 % of its timeout (select_estimate_accuracy() in Linux' fs/select.c). */
#define LONG_WAIT_NS (20 * NS_PER_MS)
#define SHORTENED_BY 500

struct idle idle;

static int door, bell;

static void heavy_barrier(void)
{
	if (idle.asymmetric)
		syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0);
	else
		idle_full_barrier();
}

static int put_behind_door(int fd)
{
	struct epoll_event event = {.events = EPOLLIN | EPOLLET, .data.fd = fd};

	return epoll_ctl(door, EPOLL_CTL_ADD, fd, &event) < 0 ? -errno : 0;
}

int idle_open(void)
{
	int error;

	atomic_store(&idle.sleepers, 0);
	atomic_store(&idle.searching, 0);
	atomic_store(&idle.ringing, 0);
	idle.asymmetric = syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0) == 0;
	door = epoll_create1(EPOLL_CLOEXEC);
	if (door < 0)
		return -errno;
	bell = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (bell < 0) {
		error = -errno;
		close(door);
		return error;
	}
	if ((error = put_behind_door(bell)) == 0 && (error = put_behind_door(readiness_set())) == 0)
		return 0;
	idle_close();
	return error;
}

void idle_close(void)
{
	close(bell);
	close(door);
}

/* Each write is an edge, whatever the count is: nobody reads it. */
static void ring(void)
{
	uint64_t one = 1;

	CHECK(write(bell, &one, sizeof(one)) == sizeof(one), "ringing for a worker failed: %s", strerror(errno));
}

void idle_ring(void)
{
	if (atomic_load_explicit(&idle.ringing, memory_order_relaxed) == 0 && atomic_exchange(&idle.ringing, 1) == 0)
		ring();
}

void idle_stop(void)
{
	atomic_store(&crew.stop, true);
	ring();
}

static bool stopped(void)
{
	return atomic_load_explicit(&crew.stop, memory_order_acquire);
}

/* Whether any task is ready anywhere. */
static bool work_visible(void)
{
	for (unsigned i = 0; i < crew.count; i++) {
		struct worker *worker = &crew.workers[i];

		if (!deque_empty(&worker->deque) || !deque_empty(&worker->queue) ||
		    atomic_load_explicit(&worker->slot, memory_order_relaxed))
			return true;
	}
	return false;
}

/* Tasks that wait for descriptors. Two sums that others write: exact when nobody runs, a hint otherwise. */
static bool descriptors_matter(void)
{
	unsigned long blocked = 0, unblocked = 0;

	for (unsigned i = 0; i < crew.count; i++) {
		unblocked += atomic_load_explicit(&crew.workers[i].unblocked, memory_order_relaxed);
		blocked += atomic_load_explicit(&crew.workers[i].blocked, memory_order_relaxed);
	}
	return blocked != unblocked;
}

/* Grants as many switches until the next look as will take LOOK_NS if they take as long as the last ones did. */
static void grant(struct worker *worker, uint64_t now)
{
	enum { LOOK_NS = 100000, MOST = 256 };
	uint64_t used = (uint64_t)(worker->granted - worker->allowance);
	uint64_t passed = now > worker->looked_at ? now - worker->looked_at + 1 : 1;
	uint64_t fitting = LOOK_NS * used / passed + 1;
	uint64_t most = 2 * (uint64_t)worker->granted + 1 < MOST ? 2 * (uint64_t)worker->granted + 1 : MOST;

	if (used > 0)
		worker->granted = (int)(fitting < most ? fitting : most);
	worker->allowance = worker->granted;
	worker->looked_at = now;
}

/* Timers that have come, the worker's own and those that another one has left too long; and descriptors. */
static void look_outside(struct worker *worker, uint64_t now)
{
	sleepers_expire(worker, now);
	if (descriptors_matter())
		readiness_look(worker);
}

static struct unit *take_slot(struct worker *worker)
{
	if (!atomic_load_explicit(&worker->slot, memory_order_relaxed))
		return NULL;
	return atomic_exchange(&worker->slot, NULL);
}

/* The worker's own, the oldest first: what was woken, then the parents of the deepest tasks, from either end in turn.
 */
static struct unit *find_own(struct worker *worker)
{
	struct unit *unit = take_slot(worker);

	if (unit)
		deque_push(&worker->queue, unit);
	if (++worker->turn % 2 && (unit = deque_steal(&worker->deque)))
		return unit;
	if ((unit = deque_take_oldest(&worker->queue)))
		return unit;
	return deque_pop(&worker->deque);
}

static uint64_t next_random(struct worker *worker)
{
	worker->random ^= worker->random << 13; /* G. Marsaglia, "Xorshift RNGs" (2003) */
	worker->random ^= worker->random >> 7;
	worker->random ^= worker->random << 17;
	return worker->random;
}

/* From the other workers, beginning anywhere. */
static struct unit *steal(struct worker *worker)
{
	unsigned first = (unsigned)(next_random(worker) % crew.count);

	for (unsigned i = 0; i < crew.count; i++) {
		struct worker *victim = &crew.workers[(first + i) % crew.count];
		struct unit *unit = NULL;

		if (victim == worker)
			continue;
		if (!(unit = deque_steal(&victim->deque)))
			unit = deque_steal(&victim->queue);
		if (unit)
			return unit;
	}
	return NULL;
}

/* What lies in a slot for as long as SLOT_PATIENCE_NS, because whoever woke it computes on. */
static struct unit *steal_slot(struct worker *worker)
{
	for (unsigned i = 0; i < crew.count; i++) {
		struct worker *victim = &crew.workers[i];
		struct unit *unit = atomic_load_explicit(&victim->slot, memory_order_relaxed);

		if (victim == worker || !unit)
			continue;
		for (uint64_t until = clock_now() + SLOT_PATIENCE_NS; clock_now() < until;)
			if (atomic_load_explicit(&victim->slot, memory_order_relaxed) != unit)
				break;
		/* It may have gone and come back meanwhile: it is ready all the same. */
		if (atomic_compare_exchange_strong(&victim->slot, &unit, NULL))
			return unit;
	}
	return NULL;
}

static struct unit *spin(struct worker *worker)
{
	uint64_t now = clock_now(), end = now + SPIN_NS;
	struct unit *unit;

	for (; now < end && !stopped(); now = clock_now()) {
		for (int i = 0; i < 16; i++) {
			if ((unit = steal(worker)))
				return unit;
			spin_pause();
		}
		if ((unit = steal_slot(worker)))
			return unit;
		look_outside(worker, now);
		if ((unit = find_own(worker)))
			return unit;
	}
	return NULL;
}

/* At most half of the workers search, unless the bell called for one. The last one that searched and found rings for
 * the next one: what was made ready meanwhile was left to it. */
static struct unit *search(struct worker *worker, bool called)
{
	if (!called && 2 * atomic_load_explicit(&idle.searching, memory_order_relaxed) >= crew.count)
		return NULL;
	if (!called)
		atomic_fetch_add(&idle.searching, 1);
	struct unit *unit = spin(worker);

	if (atomic_fetch_sub(&idle.searching, 1) == 1 && unit && (atomic_load(&idle.sleepers) & IDLE_MASK))
		idle_ring();
	return unit;
}

/* Nobody is awake, and nothing can wake anybody. */
static bool nothing_pending(void)
{
	for (unsigned i = 0; i < crew.count; i++)
		if (atomic_load(&crew.workers[i].earliest) != UINT64_MAX)
			return false;
	return !descriptors_matter() && !work_visible();
}

/* Sound: between the two reads of sleepers nobody has left, so that nobody has run. */
static bool deadlocked(uint64_t sleepers)
{
	return (sleepers & IDLE_MASK) == crew.count && nothing_pending() && atomic_load(&idle.sleepers) == sleepers;
}

static void tell_deadlock(void)
{
	fputs("deadlock: every task that is left waits, and neither another task nor a timer nor a descriptor can wake "
	      "one; the run ends here\n",
	      stderr);
	atomic_store(&crew.deadlocked, true);
	idle_stop();
}

/* Waits for an event behind the door until the time; returns whether the bell was among them. */
static bool wait_at_door(uint64_t until)
{
	uint64_t now = clock_now(), wait = until > now ? until - now : 0;
	struct epoll_event events[2];
	struct timespec time = timespec_from_ns(wait > LONG_WAIT_NS ? wait - wait / SHORTENED_BY : wait);
	int count = epoll_pwait2(door, events, 2, &time, NULL);
	bool rung = false;

	if (count < 0 && errno == ENOSYS) /* before Linux 5.11: in milliseconds */
		count = epoll_wait(door, events, 2, (int)((wait + NS_PER_MS - 1) / NS_PER_MS));
	CHECK(count >= 0 || errno == EINTR, "waiting at the door failed: %s", strerror(errno));
	for (int i = 0; i < count; i++)
		rung |= events[i].data.fd == bell;
	return rung;
}

/* Sleeps unless something shows up; returns whether the bell called this worker to search, and counts it as one that
 * does. */
static bool doze(struct worker *worker)
{
	uint64_t sleepers = atomic_fetch_add(&idle.sleepers, 1) + 1;
	bool rung = false;

	/* Partner of idle_light_barrier(): said before it looks once more. */
	heavy_barrier();
	if (!work_visible() && !stopped()) {
		if (deadlocked(sleepers))
			tell_deadlock();
		bool beside = (sleepers & IDLE_MASK) < crew.count;

		rung = wait_at_door(sleepers_next(worker, clock_now() + (beside ? NAP_NS : SLEEP_NS)));
	}
	atomic_fetch_add(&idle.sleepers, IDLE_LEAVING - 1);
	if (rung) {
		/* First counted as searching: in between, a task would be left to nobody. */
		atomic_fetch_add(&idle.searching, 1);
		atomic_store(&idle.ringing, 0);
	}
	return rung;
}

struct unit *idle_find(struct worker *worker)
{
	bool called = false;

	for (;;) {
		uint64_t now = clock_now();
		struct unit *unit;

		grant(worker, now);
		look_outside(worker, now);
		if (!called && (unit = find_own(worker)))
			return unit;
		if ((called || crew.count > 1) && (unit = search(worker, called)))
			return unit;
		if (stopped())
			break;
		called = doze(worker);
		worker->looked_at = clock_now(); /* the time asleep was nobody's turn */
	}
	ring();
	return NULL;
}
