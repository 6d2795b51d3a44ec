/* gil.c: see gil.h.
 *
 * Always: whoever sets `requested` waits in gil_take() and stays until it holds the lock, which clears the request. So
 * a request that is seen by the holder has somebody behind it who will take the lock: waiting for the switch ends.
 * Of those who wait one keeps the time: it alone sleeps by the clock, and it is the one who is woken when the lock is
 * free. Whoever takes the lock and finds that nobody keeps the time any more appoints who has waited longest: so the
 * others sleep undisturbed, in the order of their coming, and none of them sleeps without a timekeeper before it.
 *
 * All operations on the shared words are sequentially consistent: none of them is in a path that counts beside the
 * system calls around it, and the pair of `state` and `waiters` needs it (see let_go()). */
#include "gil.h"

#include <errno.h>
#include <linux/futex.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../check.h"
#include "../kernel/futex.h"

static struct {
	_Atomic uint32_t locked;
	_Atomic uint32_t waiters;      /* threads in the slow half of gil_take(), or that yield */
	_Atomic uint32_t timed;        /* one of them keeps the time */
	_Atomic uint32_t releases;     /* a futex: the timekeeper sleeps here */
	_Atomic uint32_t appointments; /* a futex: the others sleep here */
	_Atomic uint32_t switches;     /* counts how often it went to another thread; a futex for forced switching */
	_Atomic uint32_t watchers;     /* threads that wait for the next switch */
	_Atomic uint32_t requested;    /* the holder shall drop it */
	_Atomic int holder;            /* thread id; meant for signals, and may be out of date */
	_Atomic int last;              /* thread id of the last holder */
	pid_t process;
	struct sigaction before;
} gil;

static _Thread_local pid_t thread_id;

/* Volatile: shared with the handler of the same thread, which does nothing while `inside`, where the state is in
 * between, or while the thread does not hold the lock. */
static _Thread_local volatile sig_atomic_t inside, holding;

/* True: the interval has passed and nobody has let go. */
static bool wait_an_interval(uint32_t releases)
{
	const struct timespec interval = timespec_from_ns(GIL_INTERVAL_NS);

	return syscall(SYS_futex, &gil.releases, FUTEX_WAIT_PRIVATE, releases, &interval, NULL, 0) < 0 &&
	       errno == ETIMEDOUT;
}

/* The timekeeper asks again after each interval: the signal may have met a thread that had just let go. */
static void request(void)
{
	atomic_store(&gil.requested, 1);
	syscall(SYS_tgkill, gil.process, atomic_load(&gil.holder), GIL_SIGNAL); /* ESRCH: it has ended meanwhile */
}

static bool try_take(void)
{
	uint32_t unlocked = 0;

	return atomic_compare_exchange_strong(&gil.locked, &unlocked, 1);
}

/* Asks for the lock if nobody else has got it within an interval. */
static void wait_by_the_clock(uint32_t releases)
{
	uint32_t switches = atomic_load(&gil.switches);

	if (wait_an_interval(releases) && atomic_load(&gil.locked) && atomic_load(&gil.switches) == switches)
		request();
}

/* Wakes who has waited longest, to be the timekeeper. Whoever has looked for one before and is about to sleep finds the
 * futex changed, and looks again. */
static void appoint(void)
{
	atomic_fetch_add(&gil.appointments, 1);
	futex_wake(&gil.appointments, 1, FUTEX_PRIVATE_FLAG);
}

static void wait_and_take(void)
{
	bool keeps_time = false;

	atomic_fetch_add(&gil.waiters, 1);
	for (;;) {
		uint32_t releases = atomic_load(&gil.releases), appointments = atomic_load(&gil.appointments);

		if (try_take())
			break;
		keeps_time = keeps_time || atomic_exchange(&gil.timed, 1) == 0;
		if (keeps_time)
			wait_by_the_clock(releases);
		else
			futex_wait(&gil.appointments, appointments, FUTEX_PRIVATE_FLAG);
	}
	if (keeps_time)
		atomic_store(&gil.timed, 0);
	if (atomic_fetch_sub(&gil.waiters, 1) > 1 && atomic_load(&gil.timed) == 0)
		appoint();
}

static void take(void)
{
	if (!try_take())
		wait_and_take();
	atomic_store(&gil.holder, thread_id);
	atomic_store(&gil.requested, 0);
	holding = 1;
	if (atomic_exchange(&gil.last, thread_id) == thread_id)
		return;
	atomic_fetch_add(&gil.switches, 1);
	if (atomic_load(&gil.watchers) > 0)
		futex_wake(&gil.switches, UINT32_MAX, FUTEX_PRIVATE_FLAG);
}

static void let_go(void)
{
	holding = 0;
	/* A waiter counts itself and then looks at `locked`; this clears `locked` and then looks for waiters. In one
	 * order of all four, either the waiter sees it free or it is seen here. */
	atomic_store(&gil.locked, 0);
	if (atomic_load(&gil.waiters) == 0)
		return;
	atomic_fetch_add(&gil.releases, 1);
	futex_wake(&gil.releases, 1, FUTEX_PRIVATE_FLAG);
}

static void let_go_and_await_switch(void)
{
	uint32_t switches = atomic_load(&gil.switches);

	/* Counted before the lock is free, so whoever takes it sees that there is somebody to wake. */
	atomic_fetch_add(&gil.watchers, 1);
	let_go();
	while (atomic_load(&gil.switches) == switches)
		futex_wait(&gil.switches, switches, FUTEX_PRIVATE_FLAG);
	atomic_fetch_sub(&gil.watchers, 1);
}

static void drop(void)
{
	if (atomic_load(&gil.requested))
		let_go_and_await_switch();
	else
		let_go();
}

void gil_take(void)
{
	if (thread_id == 0)
		thread_id = (pid_t)syscall(SYS_gettid);
	inside = 1;
	take();
	inside = 0;
	gil_check(); /* a signal that came while `inside` was set has done nothing */
}

void gil_drop(void)
{
	inside = 1;
	drop();
	inside = 0;
}

void gil_check(void)
{
	while (atomic_load(&gil.requested)) {
		inside = 1;
		drop();
		take();
		inside = 0;
	}
}

void gil_yield(void)
{
	if (atomic_load(&gil.waiters) == 0)
		return;
	/* A waiter that is counted stays until it has the lock, and it is not this thread: the switch will come. This
	 * one counts as a waiter from now on, and not from when the kernel lets it run again: or the next one to yield
	 * would find nobody. */
	inside = 1;
	atomic_fetch_add(&gil.waiters, 1);
	let_go_and_await_switch();
	take();
	atomic_fetch_sub(&gil.waiters, 1);
	inside = 0;
	gil_check();
}

/* Runs on the holder, anywhere in a task. Nothing here but futexes and system calls. */
static void on_request(int signal)
{
	int error = errno;

	(void)signal;
	if (!inside && holding)
		gil_check();
	errno = error;
}

void gil_open(void)
{
	struct sigaction action = {.sa_handler = on_request, .sa_flags = SA_RESTART};

	gil.process = getpid();
	thread_id = 0; /* a forked child has another one */
	sigemptyset(&action.sa_mask);
	CHECK(sigaction(GIL_SIGNAL, &action, &gil.before) == 0, "thread-gil: cannot handle a signal: %s",
	      strerror(errno));
	gil_take();
}

void gil_close(void)
{
	gil_drop();
	CHECK(sigaction(GIL_SIGNAL, &gil.before, NULL) == 0, "thread-gil: cannot put a signal back: %s",
	      strerror(errno));
}
