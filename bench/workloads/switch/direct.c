/* direct.c: switch in the direct dialect. The reference for the other dialects.
 *
 * The clock is read by the task that arrives last and by the one that ends last (yield), or that takes the last step
 * (ring), so that no task reads it beside its turns. */
#include <errno.h>
#include <string.h>

#include "../../../runtimes/check.h"
#include "../../../runtimes/clock.h"
#include "../../../runtimes/runtime.h"
#include "../../../runtimes/sync.h"
#include "../../../runtimes/task.h"
#include "../../player/play.h"
#include "switch.h"

/* A task's place. In a ring `token` holds the number of the coming step, from 1 on, while the token lies here. */
struct seat {
	struct circle *circle;
	struct task task;
	_Atomic uint32_t token;
	uint64_t turns;
	uint64_t checksum;
} __attribute__((aligned(64))); /* neighbours may sit on different cores */

struct circle {
	struct gate gate; /* in yield mode only */
	uint64_t tasks, yields;
	_Atomic uint64_t absent; /* yielding: tasks that do not take turns yet */
	_Atomic uint32_t met;    /* yielding: nobody is absent */
	_Atomic uint64_t left;   /* tasks that have not ended */
	uint64_t begun_ns, ended_ns;
	struct seat seat[]; /* one a task, and the first task's own behind them */
};

static uint64_t share_of(const struct seat *seat)
{
	const struct circle *circle = seat->circle;

	return switch_share(circle->yields, circle->tasks, (uint64_t)(seat - circle->seat));
}

/* An open gate wakes tasks up, which takes the kernel longer than a fast model takes for all of its turns: so each
 * yields, untimed, until the last one is there. Whoever yielded before would yield to nobody. */
static void meet(struct circle *circle)
{
	/* Relaxed: task_join() orders the reading of begun_ns, and nothing else is handed over. */
	if (atomic_fetch_sub_explicit(&circle->absent, 1, memory_order_relaxed) == 1) {
		circle->begun_ns = clock_now();
		atomic_store_explicit(&circle->met, 1, memory_order_relaxed);
	}
	while (!atomic_load_explicit(&circle->met, memory_order_relaxed))
		task_yield();
}

static void yield_in_turn(void *argument)
{
	struct seat *seat = argument;
	struct circle *circle = seat->circle;
	uint64_t share = share_of(seat);

	gate_pass(&circle->gate, (uint32_t)circle->tasks);
	meet(circle);
	for (uint64_t turn = 0; turn < share; turn++)
		task_yield();
	seat->turns = share;
	/* Relaxed: task_join() orders everything, and the count itself is all that is read here. */
	if (atomic_fetch_sub_explicit(&circle->left, 1, memory_order_relaxed) == 1)
		circle->ended_ns = clock_now();
}

/* Acquire and release make a pair: what a task did before it gave the token is seen by the one that takes it. */
static void give_token(struct seat *seat, uint32_t step)
{
	atomic_store_explicit(&seat->token, step, memory_order_release);
	CHECK(task_wake(&seat->token, 1) >= 0, "switch: a task cannot be woken");
}

static uint32_t take_token(struct seat *seat)
{
	uint32_t step;

	while ((step = atomic_load_explicit(&seat->token, memory_order_acquire)) == 0)
		CHECK(task_wait(&seat->token, 0) >= 0, "switch: a task cannot wait for another one");
	atomic_store_explicit(&seat->token, 0,
			      memory_order_relaxed); /* the giver comes back only after it is passed on */
	return step;
}

/* The token makes one round that is not timed and ends at the first task's seat: then everybody sits and waits. */
static void pass_on(void *argument)
{
	struct seat *seat = argument;
	struct circle *circle = seat->circle;
	struct seat *next = seat + 1 == &circle->seat[circle->tasks] ? circle->seat : seat + 1;
	uint64_t share = share_of(seat);

	give_token(seat + 1, take_token(seat));
	for (; seat->turns < share; seat->turns++) {
		uint32_t step = take_token(seat);

		seat->checksum += step;
		if (step < circle->yields)
			give_token(next, step + 1);
		else
			circle->ended_ns = clock_now();
	}
}

static struct circle *set_up(struct play *play, task_function *body)
{
	uint64_t tasks = play_value(play, SWITCH_TASKS);
	struct circle *circle = task_shared(sizeof *circle + (tasks + 1) * sizeof circle->seat[0]);

	if (!circle)
		play_refuse(play, "memory", ENOMEM);
	circle->tasks = tasks;
	circle->yields = play_value(play, SWITCH_YIELDS);
	atomic_init(&circle->absent, tasks);
	atomic_init(&circle->left, tasks);
	for (uint64_t i = 0; i <= tasks; i++)
		circle->seat[i].circle = circle;
	for (uint64_t i = 0; i < tasks; i++) {
		int error = task_spawn(&circle->seat[i].task, body, &circle->seat[i]);

		if (error < 0)
			play_refuse_at(play, "tasks", -error, i);
	}
	return circle;
}

static void start_yielding(struct play *play, struct circle *circle)
{
	gate_await(&circle->gate, (uint32_t)circle->tasks);
	play_begin(play);
	gate_open(&circle->gate);
}

static void start_ring(struct play *play, struct circle *circle)
{
	give_token(circle->seat, 1);
	take_token(&circle->seat[circle->tasks]);
	circle->begun_ns = play_begin(play);
	give_token(circle->seat, 1);
}

static void switch_main(void *argument)
{
	struct play *play = argument;
	bool ring = play_value(play, SWITCH_MODE) == SWITCH_RING;
	struct circle *circle = set_up(play, ring ? pass_on : yield_in_turn);
	struct switch_sum sum = {0};

	if (ring)
		start_ring(play, circle);
	else
		start_yielding(play, circle);
	for (uint64_t i = 0; i < circle->tasks; i++) {
		sum.ended += task_join(circle->seat[i].task) >= 0;
		sum.turns += circle->seat[i].turns;
		sum.checksum += circle->seat[i].checksum;
	}
	switch_report(play, &sum, circle->begun_ns, circle->ended_ns);
}

const struct direct_body switch_direct = {.spec = &switch_spec, .main = switch_main};
