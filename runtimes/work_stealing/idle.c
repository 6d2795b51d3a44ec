/* idle.c: see idle.h. All of it runs on the thread's own stack, in the worker's hub. */
#include "idle.h"

#include "../check.h"
#include "../clock.h"
#include "readiness.h"
#include "sleepers.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

/* How long a worker looks for work before it sleeps: about what waking it costs, so that it never loses more than
 * twice the best choice (A. Karlin et al., "Competitive Randomized Algorithms for Nonuniform Problems", 1990). */
#define SPIN_NS (20 * NS_PER_US)
/* A parent, or a task in a slot, is left to its worker for as long as it takes to steal one: what goes on there in less
 * is not worth it. */
#define PATIENCE_NS (3 * NS_PER_US)
/* How long a worker is deaf after it has searched in vain; twice as long each time. */
#define NAP_SHORTEST_NS (64 * NS_PER_US)
#define NAP_LONGEST_NS NS_PER_MS
/* The oldest parent of a worker waits so long at most while its descendants keep the worker busy. */
#define OLDEST_TURN_NS NS_PER_MS
/* Longest sleeps: beside workers that are awake, and may leave a timer unseen while they compute; and otherwise. */
#define BESIDE_NS (5 * NS_PER_MS)
#define SLEEP_NS (100 * NS_PER_MS)
/* epoll_pwait2() takes a slack of 0.1 % of its timeout (select_estimate_accuracy() in Linux' fs/select.c). */
#define LONG_WAIT_NS (20 * NS_PER_MS)
#define SHORTENED_BY 500

struct idle idle;

static int door, bell;

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

static uint64_t next_random(struct worker *worker)
{
	worker->random ^= worker->random << 13; /* G. Marsaglia, "Xorshift RNGs" (2003) */
	worker->random ^= worker->random >> 7;
	worker->random ^= worker->random << 17;
	return worker->random;
}

/* Where workers meet: with a seed (crew.seed) others get ahead here now and then. */
static void disturb(struct worker *worker)
{
	if (__builtin_expect(crew.seed == 0, 1))
		return;
	uint64_t chance = next_random(worker) % 16;
	struct timespec time = {.tv_nsec = (long)(next_random(worker) % (100 * NS_PER_US))};

	if (chance == 0)
		nanosleep(&time, NULL);
	else if (chance < 4)
		sched_yield();
}

/* With a seed, also none: then even the shortest work is stolen. */
static uint64_t patience(struct worker *worker)
{
	return crew.seed && next_random(worker) % 2 ? 0 : PATIENCE_NS;
}

/* Whether any task is ready anywhere: one that a listener, or anybody, is called for. */
static bool work_visible(enum call call)
{
	for (unsigned i = 0; i < crew.count; i++) {
		struct worker *worker = &crew.workers[i];

		if (!deque_empty(&worker->queue))
			return true;
		if (call == CALL_LISTENERS &&
		    (!deque_empty(&worker->deque) || atomic_load_explicit(&worker->slot, memory_order_relaxed)))
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
	if (crew.seed)
		worker->granted = 1 + (int)(next_random(worker) % 16);
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

/* The worker's own: what was woken, the oldest first, then the latest parent; and the oldest one every now and then. */
static struct unit *find_own(struct worker *worker, uint64_t now)
{
	struct unit *unit = worker_take_slot(worker);

	if (unit)
		deque_push(&worker->queue, unit);
	if (now - worker->oldest_at >= OLDEST_TURN_NS) {
		worker->oldest_at = now;
		if ((unit = deque_take_oldest(&worker->deque)))
			return unit;
	}
	if ((unit = deque_take_oldest(&worker->queue)))
		return unit;
	return deque_pop(&worker->deque);
}

/* Of a search. */
struct chance {
	bool missed; /* a task was seen that went on where it was before it was worth stealing */
};

static void pause_for_a_while(void)
{
	for (int i = 0; i < 8; i++)
		spin_pause();
}

/* A parent is found before its registers are saved, a few instructions later: see worker.h. Its worker may lose its
 * core in between. */
static struct unit *await_saved(struct unit *unit)
{
	/* Acquire: what is saved. */
	while (unit && !atomic_load_explicit(&unit->stack_pointer, memory_order_acquire))
		sched_yield();
	return unit;
}

/* The oldest parent of victim, if its deque does not run empty for as long as PATIENCE_NS. Seldom looked at: each look
 * takes the line of memory away from its owner. */
static struct unit *steal_parent(struct worker *worker, struct worker *victim, struct chance *chance)
{
	if (deque_empty(&victim->deque))
		return NULL;
	uint32_t emptied = atomic_load_explicit(&victim->deque.emptied, memory_order_relaxed);

	chance->missed = true;
	for (uint64_t until = clock_now() + patience(worker); clock_now() < until;) {
		pause_for_a_while();
		if (atomic_load_explicit(&victim->deque.emptied, memory_order_relaxed) != emptied)
			return NULL;
	}
	return await_saved(deque_steal(&victim->deque));
}

/* What lies in a slot for as long as PATIENCE_NS, because whoever woke it computes on. */
static struct unit *steal_slot(struct worker *worker, struct worker *victim, struct chance *chance)
{
	struct unit *unit = atomic_load_explicit(&victim->slot, memory_order_relaxed);

	if (!unit)
		return NULL;
	chance->missed = true;
	for (uint64_t until = clock_now() + patience(worker); clock_now() < until;) {
		pause_for_a_while();
		if (atomic_load_explicit(&victim->slot, memory_order_relaxed) != unit)
			return NULL;
	}
	/* It may have gone and come back meanwhile: it is ready all the same. */
	return atomic_compare_exchange_strong(&victim->slot, &unit, NULL) ? unit : NULL;
}

/* From the other workers, beginning anywhere. */
static struct unit *steal(struct worker *worker, struct chance *chance)
{
	unsigned first = (unsigned)(next_random(worker) % crew.count);

	for (unsigned i = 0; i < crew.count; i++) {
		struct worker *victim = &crew.workers[(first + i) % crew.count];
		struct unit *unit;

		if (victim == worker)
			continue;
		disturb(worker);
		if ((unit = deque_take_oldest(&victim->queue)) || (unit = steal_parent(worker, victim, chance)) ||
		    (unit = steal_slot(worker, victim, chance)))
			return unit;
	}
	return NULL;
}

static struct unit *spin(struct worker *worker, struct chance *chance)
{
	uint64_t now = clock_now(), end = now + SPIN_NS;
	struct unit *unit;

	for (; now < end && !stopped(); now = clock_now()) {
		if ((unit = steal(worker, chance)))
			return unit;
		look_outside(worker, now);
		if ((unit = find_own(worker, now)))
			return unit;
		pause_for_a_while();
	}
	return NULL;
}

/* The next nap: none if there was simply nothing. */
static uint64_t next_nap(const struct worker *worker)
{
	if (worker->nap == 0)
		return NAP_SHORTEST_NS;
	return worker->nap < NAP_LONGEST_NS / 2 ? 2 * worker->nap : NAP_LONGEST_NS;
}

/* At most half of the workers search, unless the bell called for one. The last one that searched and found rings for
 * the next one: what was made ready meanwhile was left to it. */
static struct unit *search(struct worker *worker, bool called)
{
	struct chance chance = {.missed = called};

	if (!called && 2 * atomic_load_explicit(&idle.searching, memory_order_relaxed) >= crew.count) {
		worker->deaf = true;
		worker->nap = NAP_SHORTEST_NS;
		return NULL;
	}
	if (!called)
		atomic_fetch_add(&idle.searching, 1);
	struct unit *unit = spin(worker, &chance);

	disturb(worker);
	if (atomic_fetch_sub(&idle.searching, 1) == 1 && unit && idle_listening(atomic_load(&idle.sleepers)))
		idle_ring();
	worker->deaf = !unit && chance.missed;
	worker->nap = unit ? 0 : worker->deaf ? next_nap(worker) : worker->nap;
	return unit;
}

/* Nobody is awake, and nothing can wake anybody. */
static bool nothing_pending(void)
{
	for (unsigned i = 0; i < crew.count; i++)
		if (atomic_load(&crew.workers[i].earliest) != UINT64_MAX)
			return false;
	return !descriptors_matter() && !work_visible(CALL_LISTENERS);
}

/* Sound: between the two reads of sleepers nobody has left, so that nobody has run. */
static bool deadlocked(uint64_t sleepers)
{
	return idle_asleep(sleepers) == crew.count && nothing_pending() && atomic_load(&idle.sleepers) == sleepers;
}

static void tell_deadlock(void)
{
	/* Another worker that has looked meanwhile has seen the same. */
	if (!atomic_exchange(&crew.deadlocked, true))
		fputs("deadlock: every task that is left waits, and neither another task nor a timer nor a descriptor "
		      "can wake one; the run ends here\n",
		      stderr);
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

/* Until the time, or until somebody calls. */
static bool sleep_at_door(struct worker *worker, uint64_t sleepers)
{
	uint64_t longest = idle_asleep(sleepers) < crew.count ? BESIDE_NS : SLEEP_NS;

	if (worker->deaf)
		longest = worker->nap;
	else if (deadlocked(sleepers))
		tell_deadlock();
	return wait_at_door(sleepers_next(worker, clock_now() + longest));
}

/* Sleeps unless something shows up; returns whether the bell called this worker to search, and counts it as one that
 * does. */
static bool doze(struct worker *worker)
{
	uint64_t one = worker->deaf ? IDLE_DEAF : IDLE_LISTENER;
	uint64_t sleepers = atomic_fetch_add(&idle.sleepers, one) + one;
	bool rung = false;

	disturb(worker);
	/* Partner of the light one in idle_call(): said before it looks once more. */
	barrier_heavy();
	if (!work_visible(worker->deaf ? CALL_ANYBODY : CALL_LISTENERS) && !stopped())
		rung = sleep_at_door(worker, sleepers);
	disturb(worker);
	atomic_fetch_add(&idle.sleepers, IDLE_LEAVING - one);
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

		disturb(worker);
		grant(worker, now);
		look_outside(worker, now);
		if (!called && (unit = find_own(worker, now)))
			return unit;
		if ((called || crew.count > 1) && (unit = search(worker, called)))
			return unit;
		if (stopped())
			break;
		stacks_tidy();
		called = doze(worker);
		worker->looked_at = clock_now(); /* the time asleep was nobody's turn */
	}
	ring();
	return NULL;
}
