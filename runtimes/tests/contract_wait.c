/* contract_wait.c: task_wait() and task_wake(), and what sync.h builds on them.
 *
 * A wake-up that gets lost shows as a test that hangs. Wake-ups for no reason are allowed everywhere. */
#include "contract.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../check.h"

enum { WAITERS = 20, ROUNDS = 2000, CROWD = 200, ACQUIRES = 100 };

static const char one_after_another[] = "its tasks run one after another, so none can wait for another";

static void wait_for_what_is_not(void *argument)
{
	_Atomic uint32_t *word = shared(sizeof(*word));

	(void)argument;
	EXPECT(task_wait(word, 1) >= 0);
	atomic_store(word, 7);
	EXPECT(task_wait(word, 0) >= 0);
	EXPECT(task_wait(word, UINT32_MAX) >= 0);
}

static void test_a_wait_for_another_value_returns_at_once(void **state)
{
	(void)state;
	play(wait_for_what_is_not, NULL);
}

static void wake_nobody(void *argument)
{
	_Atomic uint32_t *word = shared(sizeof(*word));

	(void)argument;
	EXPECT(task_wake(word, 0) == 0);
	EXPECT(task_wake(word, 1) == 0);
	EXPECT(task_wake(word, UINT32_MAX) == 0);
}

static void test_a_wake_with_nobody_waiting_is_zero(void **state)
{
	(void)state;
	play(wake_nobody, NULL);
}

struct crowd {
	_Atomic uint32_t arrived;
	_Atomic uint32_t word;    /* waited for until it is 1 */
	_Atomic uint32_t returns; /* of task_wait() */
	_Atomic uint32_t neighbour;
	uint32_t published; /* written before word, plain */
	uint32_t seen[WAITERS];
};

static void wait_in_crowd(void *argument)
{
	struct crowd *crowd = argument;
	uint32_t place = atomic_fetch_add(&crowd->arrived, 1);

	while (atomic_load_explicit(&crowd->word, memory_order_acquire) == 0) {
		EXPECT(task_wait(&crowd->word, 0) >= 0);
		atomic_fetch_add(&crowd->returns, 1);
	}
	crowd->seen[place] = crowd->published;
}

/* Wakes `count` in all, by calls of at most `most` each. */
static void wake_exactly(struct crowd *crowd, unsigned count, unsigned most)
{
	while (count > 0) {
		unsigned ask = most < count ? most : count;
		int woken = task_wake(&crowd->word, ask);

		if (!EXPECT(woken >= 0 && (unsigned)woken <= ask))
			return;
		count -= (unsigned)woken;
		task_sleep_until(clock_now() + NS_PER_MS);
	}
}

static void wake_a_crowd(void *argument)
{
	struct crowd *crowd = shared(sizeof(*crowd));
	struct task tasks[WAITERS];

	(void)argument;
	for (int i = 0; i < WAITERS; i++)
		tasks[i] = spawn(wait_in_crowd, crowd);
	AWAIT(atomic_load(&crowd->arrived) == WAITERS);
	EXPECT(task_wake(&crowd->neighbour, WAITERS) == 0);
	wake_exactly(crowd, 1, 1);
	wake_exactly(crowd, 7, 3);
	AWAIT(atomic_load(&crowd->returns) >= 8);
	crowd->published = 42;
	atomic_store_explicit(&crowd->word, 1, memory_order_release);
	EXPECT(task_wake(&crowd->word, UINT32_MAX) <= WAITERS);
	for (int i = 0; i < WAITERS; i++)
		join(tasks[i]);
	for (int i = 0; i < WAITERS; i++)
		EXPECT(crowd->seen[i] == 42);
}

static void test_a_wake_wakes_as_many_as_it_says(void **state)
{
	(void)state;
	needs(RUNTIME_INTERLEAVES, one_after_another);
	play(wake_a_crowd, NULL);
}

static void wake_all_at_once(void *argument)
{
	struct crowd *crowd = shared(sizeof(*crowd));
	struct task tasks[WAITERS];

	(void)argument;
	for (int i = 0; i < WAITERS; i++)
		tasks[i] = spawn(wait_in_crowd, crowd);
	AWAIT(atomic_load(&crowd->arrived) == WAITERS);
	atomic_store(&crowd->word, 1);
	EXPECT(task_wake(&crowd->word, UINT32_MAX) <= WAITERS);
	for (int i = 0; i < WAITERS; i++)
		join(tasks[i]);
}

static void test_a_wake_without_limit_wakes_all(void **state)
{
	(void)state;
	needs(RUNTIME_INTERLEAVES, one_after_another);
	play(wake_all_at_once, NULL);
}

static void hand_ball(_Atomic uint32_t *ball, uint32_t parity)
{
	for (uint32_t i = parity; i < ROUNDS; i += 2) {
		uint32_t seen;

		while ((seen = atomic_load(ball)) != i)
			EXPECT(task_wait(ball, seen) >= 0);
		atomic_store(ball, i + 1);
		EXPECT(task_wake(ball, 1) >= 0);
	}
}

static void hand_ball_back(void *argument)
{
	hand_ball(argument, 1);
}

static void play_ball(void *argument)
{
	_Atomic uint32_t *ball = argument ? argument : shared(sizeof(*ball));
	struct task other;

	atomic_store(ball, 0);
	other = spawn(hand_ball_back, ball);
	hand_ball(ball, 0);
	join(other);
	EXPECT(atomic_load(ball) == ROUNDS);
}

static void test_no_wake_up_is_lost(void **state)
{
	(void)state;
	needs(RUNTIME_INTERLEAVES, one_after_another);
	play(play_ball, NULL);
}

static void test_a_word_can_lie_anywhere(void **state)
{
	static _Atomic uint32_t ball;

	(void)state;
	needs(RUNTIME_INTERLEAVES | RUNTIME_SHARES_MEMORY, "a word must lie in task_shared() memory");
	play(play_ball, &ball);
}

/* Many words next to each other, each with a pair of tasks, so that their queues lie close together as well. */
struct court {
	_Atomic uint32_t balls[WAITERS];
};

static void play_one_ball(void *argument)
{
	play_ball(argument);
}

static void play_many_balls(void *argument)
{
	struct court *court = shared(sizeof(*court));
	struct task tasks[WAITERS];

	(void)argument;
	for (int i = 0; i < WAITERS; i++)
		tasks[i] = spawn(play_one_ball, &court->balls[i]);
	for (int i = 0; i < WAITERS; i++)
		join(tasks[i]);
}

static void test_words_do_not_disturb_each_other(void **state)
{
	(void)state;
	needs(RUNTIME_INTERLEAVES, one_after_another);
	play(play_many_balls, NULL);
}

struct start {
	struct gate gate;
	_Atomic uint32_t opened;
	_Atomic uint32_t early; /* tasks that passed before the gate was opened */
	_Atomic uint32_t passed;
	uint32_t published;
};

static void pass_gate(void *argument)
{
	struct start *start = argument;

	gate_pass(&start->gate, CROWD);
	if (!atomic_load(&start->opened))
		atomic_fetch_add(&start->early, 1);
	if (start->published == 42)
		atomic_fetch_add(&start->passed, 1);
}

static void open_gate(void *argument)
{
	struct start *start = shared(sizeof(*start));
	struct task tasks[CROWD];

	(void)argument;
	for (int i = 0; i < CROWD; i++)
		tasks[i] = spawn(pass_gate, start);
	gate_await(&start->gate, CROWD);
	EXPECT(atomic_load(&start->gate.arrived) == CROWD);
	task_sleep_until(clock_now() + 5 * NS_PER_MS);
	start->published = 42;
	atomic_store(&start->opened, 1);
	gate_open(&start->gate);
	for (int i = 0; i < CROWD; i++)
		join(tasks[i]);
	EXPECT(atomic_load(&start->early) == 0);
	EXPECT(atomic_load(&start->passed) == CROWD);
}

static void test_a_gate_holds_all_until_it_opens(void **state)
{
	(void)state;
	needs(RUNTIME_INTERLEAVES, one_after_another);
	play(open_gate, NULL);
}

static void pass_open_gate(void *argument)
{
	struct gate *gate = shared(sizeof(*gate));

	(void)argument;
	gate_open(gate);
	gate_pass(gate, 1);
	gate_await(gate, 1);
	gate_pass(gate, 1);
}

static void test_an_open_gate_stays_open(void **state)
{
	(void)state;
	play(pass_open_gate, NULL);
}

struct counter {
	struct semaphore semaphore;
	uint32_t permits;
	_Atomic uint32_t inside, most;
	_Atomic uint32_t total;
	uint32_t plain; /* right only if one task at a time is inside */
};

static void note_most(struct counter *counter, uint32_t inside)
{
	uint32_t most = atomic_load(&counter->most);

	while (most < inside && !atomic_compare_exchange_weak(&counter->most, &most, inside))
		;
}

static void count_inside(void *argument)
{
	struct counter *counter = argument;

	for (int i = 0; i < ACQUIRES; i++) {
		semaphore_acquire(&counter->semaphore);
		note_most(counter, atomic_fetch_add(&counter->inside, 1) + 1);
		if (counter->permits == 1)
			counter->plain++;
		if (i % 16 == 0)
			task_yield();
		atomic_fetch_sub(&counter->inside, 1);
		atomic_fetch_add(&counter->total, 1);
		semaphore_release(&counter->semaphore);
	}
}

static void count_with_permits(void *argument)
{
	struct counter *counter = shared(sizeof(*counter));
	struct task tasks[CROWD];

	counter->permits = *(uint32_t *)argument;
	semaphore_init(&counter->semaphore, counter->permits);
	for (int i = 0; i < CROWD; i++)
		tasks[i] = spawn(count_inside, counter);
	for (int i = 0; i < CROWD; i++)
		join(tasks[i]);
	EXPECT(atomic_load(&counter->total) == CROWD * ACQUIRES);
	EXPECT(atomic_load(&counter->most) <= counter->permits);
	EXPECT(counter->permits != 1 || counter->plain == CROWD * ACQUIRES);
	EXPECT(atomic_load(&counter->semaphore.permits) == counter->permits);
	EXPECT(atomic_load(&counter->semaphore.waiters) == 0);
}

static void test_a_semaphore_never_exceeds_its_permits(void **state)
{
	uint32_t permits = 3;

	(void)state;
	play(count_with_permits, &permits);
}

static void test_a_semaphore_of_one_is_a_mutex(void **state)
{
	uint32_t permits = 1;

	(void)state;
	play(count_with_permits, &permits);
}

/* Holds its permit while it sleeps, so that the others really wait. */
static void sleep_inside(void *argument)
{
	struct counter *counter = argument;

	semaphore_acquire(&counter->semaphore);
	note_most(counter, atomic_fetch_add(&counter->inside, 1) + 1);
	task_sleep_until(clock_now() + NS_PER_MS);
	atomic_fetch_sub(&counter->inside, 1);
	semaphore_release(&counter->semaphore);
}

static void sleep_with_permits(void *argument)
{
	struct counter *counter = shared(sizeof(*counter));
	struct task tasks[CROWD];

	(void)argument;
	for (int i = 0; i < CROWD; i++) /* zeroed: no permits, so all wait for the first release */
		tasks[i] = spawn(sleep_inside, counter);
	task_sleep_until(clock_now() + 5 * NS_PER_MS);
	EXPECT(atomic_load(&counter->inside) == 0);
	for (int i = 0; i < 4; i++)
		semaphore_release(&counter->semaphore);
	for (int i = 0; i < CROWD; i++)
		join(tasks[i]);
	EXPECT(atomic_load(&counter->most) <= 4);
}

static void test_a_released_permit_wakes_a_waiter(void **state)
{
	(void)state;
	needs(RUNTIME_INTERLEAVES, one_after_another);
	play(sleep_with_permits, NULL);
}

static void wait_for_ever(void *argument)
{
	_Atomic uint32_t *word = shared(sizeof(*word));
	int *result = argument;

	*result = task_wait(word, 0);
}

static void test_a_deadlock_is_told(void **state)
{
	int waited = 0, ran;

	(void)state;
	needs_lack_of(RUNTIME_PREEMPTS, "the kernel schedules its tasks, and does not tell");
	ran = play_for_result(wait_for_ever, &waited);
	assert_true(ran == -EDEADLK || (ran == 0 && waited == -EDEADLK));
	play(wake_nobody, NULL); /* it can be run again */
}

static void run_into_deadlock(void *argument)
{
	int waited = 0;

	(void)argument;
	(void)task_run(wait_for_ever, &waited);
}

struct ring {
	_Atomic uint32_t arrived;
	_Atomic uint32_t word[2]; /* each is changed by who waits for the other */
};

static void wait_for_the_other(void *argument)
{
	struct ring *ring = argument;
	uint32_t place = atomic_fetch_add(&ring->arrived, 1);

	while (atomic_load(&ring->word[place]) == 0)
		task_wait(&ring->word[place], 0);
	atomic_store(&ring->word[1 - place], 1);
	task_wake(&ring->word[1 - place], 1);
}

/* One in each worker, where tasks are dealt to them. */
static void wait_for_each_other(void *argument)
{
	struct ring *ring = shared(sizeof(*ring));
	struct task one = spawn(wait_for_the_other, ring), other = spawn(wait_for_the_other, ring);

	(void)argument;
	join(one);
	join(other);
	EXPECT(false);
}

/* In a process of its own: the tasks are never freed. */
static void run_into_a_ring(void *argument)
{
	runtime_workers = 2;
	CHECK(task_run(wait_for_each_other, argument) == -EDEADLK, "a deadlock of several tasks is not told");
	CHECK(task_run(sleep_with_permits, argument) == 0, "it cannot be run again");
}

static void expect_a_sentence(void (*body)(void *))
{
	char *text = output_of(STDERR_FILENO, body, NULL);

	assert_true(strlen(text) > 20);
	assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
	if (capable(RUNTIME_INTERLEAVES))
		assert_ptr_equal(strstr(text, "deadlock: every task that is left waits, "), text);
	free(text);
}

static void test_a_deadlock_is_told_in_a_sentence(void **state)
{
	(void)state;
	needs_lack_of(RUNTIME_PREEMPTS, "the kernel schedules its tasks, and does not tell");
	expect_a_sentence(run_into_deadlock);
	if (capable(RUNTIME_INTERLEAVES))
		expect_a_sentence(run_into_a_ring);
}

struct pending {
	_Atomic uint32_t word;
	int result;
};

static void wait_in_task(void *argument)
{
	struct pending *pending = argument;

	pending->result = task_wait(&pending->word, 0);
}

static void change_word(void *argument)
{
	struct pending *pending = argument;

	atomic_store(&pending->word, 1);
}

static void wait_before_the_waker(void *argument)
{
	struct pending *pending = shared(sizeof(*pending));
	struct task first = spawn(wait_in_task, pending), second = spawn(change_word, pending);

	(void)argument;
	join(first);
	join(second);
	EXPECT(pending->result == -EDEADLK);
	EXPECT(task_wait(&pending->word, 0) == 0);
}

static void test_a_wait_that_nobody_can_end_is_refused(void **state)
{
	(void)state;
	needs_lack_of(RUNTIME_INTERLEAVES, "another task can end the wait");
	play(wait_before_the_waker, NULL);
}

int run_wait_tests(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_wait_for_another_value_returns_at_once),
		cmocka_unit_test(test_a_wake_with_nobody_waiting_is_zero),
		cmocka_unit_test(test_a_wake_wakes_as_many_as_it_says),
		cmocka_unit_test(test_a_wake_without_limit_wakes_all),
		cmocka_unit_test(test_no_wake_up_is_lost),
		cmocka_unit_test(test_a_word_can_lie_anywhere),
		cmocka_unit_test(test_words_do_not_disturb_each_other),
		cmocka_unit_test(test_a_gate_holds_all_until_it_opens),
		cmocka_unit_test(test_an_open_gate_stays_open),
		cmocka_unit_test(test_a_semaphore_never_exceeds_its_permits),
		cmocka_unit_test(test_a_semaphore_of_one_is_a_mutex),
		cmocka_unit_test(test_a_released_permit_wakes_a_waiter),
		cmocka_unit_test(test_a_deadlock_is_told),
		cmocka_unit_test(test_a_deadlock_is_told_in_a_sentence),
		cmocka_unit_test(test_a_wait_that_nobody_can_end_is_refused),
	};

	return cmocka_run_group_tests_name("waiting", tests, NULL, NULL);
}
