/* contract_time.c: yielding, sleeping, and who runs when another one does not give way.
 *
 * No test here depends on how fast the machine is, but for the one that compares sleeping together with sleeping one
 * after another, and that one leaves half of the time to the machine. */
#include "contract.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <sys/time.h>

enum { SLEEPERS = 50, TURNS = 100, TICKS = 3, EXCHANGES = 10, SPINNERS = 4, ROUNDS = 3 };

static const uint64_t nap = 40 * NS_PER_MS;

static void yield_alone(void *argument)
{
	(void)argument;
	for (int i = 0; i < TURNS; i++)
		task_yield();
}

static void test_a_yield_with_nobody_ready_returns(void **state)
{
	(void)state;
	play(yield_alone, NULL);
}

/* Two players take turns; each one gives way until it is its turn. */
struct turns {
	_Atomic uint32_t count;
};

static void take_turns(struct turns *turns, uint32_t parity)
{
	for (uint32_t i = parity; i < TURNS; i += 2) {
		while (atomic_load(&turns->count) != i)
			task_yield();
		atomic_store(&turns->count, i + 1);
	}
}

static void take_odd_turns(void *argument)
{
	take_turns(argument, 1);
}

static void yield_to_each_other(void *argument)
{
	struct turns *turns = shared(sizeof(*turns));
	struct task other = spawn(take_odd_turns, turns);

	(void)argument;
	take_turns(turns, 0);
	join(other);
	EXPECT(atomic_load(&turns->count) == TURNS);
}

static void test_a_yield_lets_others_run(void **state)
{
	(void)state;
	needs(RUNTIME_INTERLEAVES, "its tasks run one after another");
	play(yield_to_each_other, NULL);
}

static void sleep_in_steps(void *argument)
{
	(void)argument;
	for (uint64_t step = 1; step <= 20; step++) {
		uint64_t deadline = clock_now() + step * 100 * NS_PER_US;

		task_sleep_until(deadline);
		EXPECT(clock_now() >= deadline);
	}
}

static void sleep_in_steps_together(void *argument)
{
	struct task tasks[10];

	(void)argument;
	for (int i = 0; i < 10; i++)
		tasks[i] = spawn(sleep_in_steps, NULL);
	sleep_in_steps(NULL);
	for (int i = 0; i < 10; i++)
		join(tasks[i]);
}

static void test_nobody_wakes_early(void **state)
{
	(void)state;
	play(sleep_in_steps_together, NULL);
}

/* Were one of them to sleep, it would be for as long as the machine has been up, or for ever. */
static void sleep_until_the_past(void *argument)
{
	(void)argument;
	task_sleep_until(0);
	task_sleep_until(1);
	task_sleep_until(clock_now() - 1);
	task_sleep_until(clock_now());
}

static void test_a_deadline_in_the_past_returns(void **state)
{
	(void)state;
	play(sleep_until_the_past, NULL);
}

static void sleep_once(void *argument)
{
	(void)argument;
	task_sleep_until(clock_now() + nap);
}

struct sleepers {
	_Atomic uint32_t inside, most;
};

/* Where sleeps overlap, it sleeps until two have been seen asleep at once: on a busy machine a nap alone may be over
 * before the next task begins. */
static void sleep_beside_others(void *argument)
{
	struct sleepers *sleepers = argument;
	uint32_t inside = atomic_fetch_add(&sleepers->inside, 1) + 1, most = atomic_load(&sleepers->most);

	while (most < inside && !atomic_compare_exchange_weak(&sleepers->most, &most, inside))
		;
	for (int naps = 0;
	     naps == 0 || (capable(RUNTIME_INTERLEAVES) && atomic_load(&sleepers->most) < 2 && naps < 500); naps++)
		task_sleep_until(clock_now() + nap);
	atomic_fetch_sub(&sleepers->inside, 1);
}

static void sleep_together(void *argument)
{
	struct sleepers *sleepers = shared(sizeof(*sleepers));
	struct task tasks[SLEEPERS];
	uint64_t start = clock_now();

	(void)argument;
	for (int i = 0; i < SLEEPERS; i++)
		tasks[i] = spawn(sleep_beside_others, sleepers);
	for (int i = 0; i < SLEEPERS; i++)
		join(tasks[i]);
	EXPECT(clock_now() - start >= (capable(RUNTIME_INTERLEAVES) ? nap : SLEEPERS * nap));
	EXPECT(capable(RUNTIME_INTERLEAVES) == (atomic_load(&sleepers->most) > 1));
}

static void test_sleeps_overlap_where_tasks_interleave(void **state)
{
	(void)state;
	play(sleep_together, NULL);
}

static void tick(void *argument)
{
	_Atomic uint32_t *ticks = argument;

	for (int i = 0; i < TICKS; i++) {
		task_sleep_until(clock_now() + NS_PER_MS);
		atomic_fetch_add(ticks, 1);
	}
}

static void hog(void *argument)
{
	_Atomic uint32_t *ticks = argument;

	while (atomic_load(ticks) < TICKS)
		;
}

static void tick_beside_hogs(void *argument)
{
	_Atomic uint32_t *ticks = shared(sizeof(*ticks));
	struct task hogs[8], ticker;

	(void)argument;
	for (int i = 0; i < 8; i++)
		hogs[i] = spawn(hog, ticks);
	ticker = spawn(tick, ticks);
	for (int i = 0; i < 8; i++)
		join(hogs[i]);
	join(ticker);
}

static void test_a_task_that_never_yields_stops_nobody(void **state)
{
	(void)state;
	needs(RUNTIME_PREEMPTS, "its tasks give way by themselves only");
	play(tick_beside_hogs, NULL);
}

/* Each one's progress depends on the other's, and neither gives way. */
struct exchange {
	_Atomic uint32_t mine, yours;
};

static void follow(_Atomic uint32_t *mine, _Atomic uint32_t *theirs)
{
	for (uint32_t i = 1; i <= EXCHANGES; i++) {
		atomic_store(mine, i);
		while (atomic_load(theirs) < i)
			;
	}
}

static void follow_mine(void *argument)
{
	struct exchange *exchange = argument;

	follow(&exchange->yours, &exchange->mine);
}

static void spin_on_each_other(void *argument)
{
	struct exchange *exchange = shared(sizeof(*exchange));
	struct task other = spawn(follow_mine, exchange);

	(void)argument;
	follow(&exchange->mine, &exchange->yours);
	join(other);
}

static int cores(void)
{
	cpu_set_t set;

	return sched_getaffinity(0, sizeof(set), &set) == 0 ? CPU_COUNT(&set) : 1;
}

static void test_tasks_run_at_the_same_time(void **state)
{
	(void)state;
	needs(RUNTIME_PARALLEL, "it uses one core");
	if (cores() < 2)
		needs(RUNTIME_PREEMPTS, "there is only one core, and nobody is preempted");
	play(spin_on_each_other, NULL);
}

/* Each waits for its turn without giving way, however long the others have the core. */
struct round {
	_Atomic uint32_t turn;
	struct spinner {
		struct round *round;
		uint32_t number;
	} spinner[SPINNERS];
};

static void spin_for_turns(void *argument)
{
	const struct spinner *spinner = argument;
	_Atomic uint32_t *turn = &spinner->round->turn;
	const int error = 1000 + (int)spinner->number;

	errno = error;
	for (int i = 0; i < ROUNDS; i++) {
		while (atomic_load(turn) % SPINNERS != spinner->number)
			;
		atomic_fetch_add(turn, 1);
	}
	EXPECT(errno == error); /* whoever took the core away has left it as it was */
}

static void spin_in_a_round(void *argument)
{
	struct round *round = shared(sizeof(*round));
	struct task tasks[SPINNERS];

	(void)argument;
	for (uint32_t i = 0; i < SPINNERS; i++) {
		round->spinner[i] = (struct spinner){.round = round, .number = i};
		tasks[i] = spawn(spin_for_turns, &round->spinner[i]);
	}
	for (int i = 0; i < SPINNERS; i++)
		join(tasks[i]);
	EXPECT(atomic_load(&round->turn) == SPINNERS * ROUNDS);
}

static void test_those_who_never_yield_all_have_their_turn(void **state)
{
	(void)state;
	needs(RUNTIME_PREEMPTS, "its tasks give way by themselves only");
	play(spin_in_a_round, NULL);
}

static void on_alarm(int signal)
{
	(void)signal;
}

static void set_alarm(useconds_t period)
{
	const struct itimerval timer = {.it_interval.tv_usec = period, .it_value.tv_usec = period};

	setitimer(ITIMER_REAL, &timer, NULL);
}

static void sleep_and_join_under_signals(void *argument)
{
	struct task tasks[3];

	(void)argument;
	for (int i = 0; i < 3; i++)
		tasks[i] = spawn(sleep_once, NULL);
	set_alarm(1000); /* after the forks, which a signal every ms could keep from ever ending */
	sleep_in_steps(NULL);
	for (int i = 0; i < 3; i++)
		join(tasks[i]);
	set_alarm(0);
}

static void test_signals_end_no_sleep_and_no_join(void **state)
{
	const struct sigaction interrupting = {.sa_handler = on_alarm}; /* without SA_RESTART */

	(void)state;
	sigaction(SIGALRM, &interrupting, NULL);
	play(sleep_and_join_under_signals, NULL);
	signal(SIGALRM, SIG_DFL);
}

int run_time_tests(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_yield_with_nobody_ready_returns),
		cmocka_unit_test(test_a_yield_lets_others_run),
		cmocka_unit_test(test_nobody_wakes_early),
		cmocka_unit_test(test_a_deadline_in_the_past_returns),
		cmocka_unit_test(test_sleeps_overlap_where_tasks_interleave),
		cmocka_unit_test(test_a_task_that_never_yields_stops_nobody),
		cmocka_unit_test(test_tasks_run_at_the_same_time),
		cmocka_unit_test(test_those_who_never_yield_all_have_their_turn),
		cmocka_unit_test(test_signals_end_no_sleep_and_no_join),
	};

	return cmocka_run_group_tests_name("time", tests, NULL, NULL);
}
