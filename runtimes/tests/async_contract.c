/* async_contract.c: the contract of the async dialect (async.h), held against a runtime of it.
 *
 * What runs as a task reports by EXPECT(), since cmocka's own assertions jump and must not jump out of the runtime.
 * A wake-up that gets lost shows as a test that hangs until its time limit. Sockets are those of 127.0.0.1. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../async.h"
#include "../check.h"
#include "../clock.h"
#include "../runtime.h"
#include "loopback.h"

#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MANY = 1000, DEEP = 400000, BYTES = 4 << 20, CHUNK = 64 << 10 };

static int failed_line;

static void expect(bool condition, const char *text, int line)
{
	if (condition || failed_line)
		return;
	failed_line = line;
	fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, line, text);
}
#define EXPECT(condition) expect((condition), #condition, __LINE__)

static void play(struct async *frame, async_function *function)
{
	failed_line = 0;
	assert_int_equal(async_run(frame, function), 0);
	assert_true(async_ended(frame));
	assert_int_equal(failed_line, 0);
}

/* What was done, in its order. */
static char story[64];

static void tell(const char *what)
{
	strncat(story, what, sizeof(story) - strlen(story) - 1);
}

/* A first task with room for a few others. */
struct several {
	struct async async;
	struct async task[4];
	int i;
};

/* Two words a task, with the others in between. */
struct narrator {
	struct async async;
	const char *first, *second;
};

static enum async_state narrate(struct async *self)
{
	struct narrator *narrator = (struct narrator *)self;

	ASYNC_BEGIN;
	tell(narrator->first);
	AWAIT(async_yield(self));
	tell(narrator->second);
	ASYNC_END;
}

static struct narrator one = {.first = "a", .second = "A"}, two = {.first = "b", .second = "B"};

static enum async_state narrate_in_turns(struct async *self)
{
	ASYNC_BEGIN;
	async_spawn(&one.async, narrate);
	async_spawn(&two.async, narrate);
	AWAIT(async_join(self, &one.async));
	AWAIT(async_join(self, &two.async));
	AWAIT(async_join(self, &two.async)); /* an ended one does not wait */
	tell(".");
	ASYNC_END;
}

static void tasks_take_turns(void **state)
{
	struct async first;

	(void)state;
	for (int round = 0; round < 2; round++) { /* a runtime can be run again */
		story[0] = 0;
		play(&first, narrate_in_turns);
		assert_string_equal(story, "abAB.");
	}
}

static enum async_state yield_alone(struct async *self)
{
	struct several *several = (struct several *)self;

	ASYNC_BEGIN;
	for (several->i = 0; several->i < MANY; several->i++)
		AWAIT(async_yield(self));
	if (several->i == MANY)
		return ASYNC_DONE;
	EXPECT(!"an early return ends the function");
	ASYNC_END;
}

static void a_task_alone_yields_to_itself(void **state)
{
	struct several first;

	(void)state;
	play(&first.async, yield_alone);
	assert_int_equal(first.i, MANY);
}

/* A call inside a call, DEEP of them; each waits for the next one. The innermost suspends. */
struct link {
	struct async async;
	struct link *inner;
	int depth;
};

static enum async_state descend(struct async *self)
{
	struct link *link = (struct link *)self;

	ASYNC_BEGIN;
	if (link->depth > 0) {
		link->inner = malloc(sizeof(*link));
		CHECK(link->inner, "out of memory");
		link->inner->depth = link->depth - 1;
		AWAIT(async_call(self, &link->inner->async, descend));
		EXPECT(async_ended(&link->inner->async));
		free(link->inner);
	} else {
		AWAIT(async_sleep_until(self, clock_now() + NS_PER_MS));
	}
	link->depth = -1;
	ASYNC_END;
}

static void calls_go_as_deep_as_there_is_memory(void **state)
{
	struct link first = {.depth = DEEP};

	(void)state;
	play(&first.async, descend);
	assert_int_equal(first.depth, -1);
}

/* A chain of tasks, each spawned by the one before it. */
static struct async chain[DEEP];
static int started;

static enum async_state spawn_the_next(struct async *self)
{
	ASYNC_BEGIN;
	if (++started < DEEP)
		async_spawn(&chain[started], spawn_the_next);
	AWAIT(async_yield(self));
	ASYNC_END;
}

static enum async_state spawn_a_chain(struct async *self)
{
	struct several *several = (struct several *)self;

	ASYNC_BEGIN;
	async_spawn(&chain[0], spawn_the_next);
	while (started < DEEP)
		AWAIT(async_yield(self));
	for (several->i = 0; several->i < DEEP; several->i++)
		AWAIT(async_join(self, &chain[several->i]));
	ASYNC_END;
}

static void spawns_go_as_deep_as_there_is_memory(void **state)
{
	struct several first;

	(void)state;
	started = 0;
	play(&first.async, spawn_a_chain);
	assert_int_equal(started, DEEP);
}

struct sleeper {
	struct async async;
	uint64_t deadline, woke;
};

static enum async_state sleep_once(struct async *self)
{
	struct sleeper *sleeper = (struct sleeper *)self;

	ASYNC_BEGIN;
	AWAIT(async_sleep_until(self, sleeper->deadline));
	sleeper->woke = clock_now();
	ASYNC_END;
}

static struct sleeper sleepers[MANY];

static enum async_state sleep_all(struct async *self)
{
	struct several *several = (struct several *)self;

	ASYNC_BEGIN;
	for (int i = 0; i < MANY; i++) {
		sleepers[i].deadline = clock_now() + (uint64_t)(i * 7919 % 50) * NS_PER_MS;
		async_spawn(&sleepers[i].async, sleep_once);
	}
	for (several->i = 0; several->i < MANY; several->i++)
		AWAIT(async_join(self, &sleepers[several->i].async));
	ASYNC_END;
}

static void nobody_wakes_before_the_time(void **state)
{
	struct several first;

	(void)state;
	play(&first.async, sleep_all);
	for (int i = 0; i < MANY; i++)
		assert_true(sleepers[i].woke >= sleepers[i].deadline);
}

/* An event: a queue of those who wait, woken in their order. */
static struct async_event event;

struct waiter {
	struct async async;
	const char *name;
};

static enum async_state wait_and_tell(struct async *self)
{
	ASYNC_BEGIN;
	AWAIT(async_wait(self, &event));
	tell(((struct waiter *)self)->name);
	ASYNC_END;
}

static struct waiter waiters[3] = {{.name = "1"}, {.name = "2"}, {.name = "3"}};

static enum async_state wake_in_order(struct async *self)
{
	struct several *several = (struct several *)self;

	ASYNC_BEGIN;
	EXPECT(async_wake(&event, UINT_MAX) == 0);
	for (int i = 0; i < 3; i++)
		async_spawn(&waiters[i].async, wait_and_tell);
	AWAIT(async_yield(self));
	tell("w");
	EXPECT(async_wake(&event, 0) == 0);
	EXPECT(async_wake(&event, 1) == 1);
	tell("-"); /* the woken run later */
	AWAIT(async_join(self, &waiters[0].async));
	EXPECT(async_wake(&event, UINT_MAX) == 2);
	EXPECT(async_wake(&event, 1) == 0);
	for (several->i = 1; several->i < 3; several->i++)
		AWAIT(async_join(self, &waiters[several->i].async));
	ASYNC_END;
}

static void an_event_wakes_in_order(void **state)
{
	struct several first;

	(void)state;
	story[0] = 0;
	play(&first.async, wake_in_order);
	assert_string_equal(story, "w-123");
}

static struct async_gate gate;
static int passed;
static struct async crowd[MANY];

static enum async_state pass(struct async *self)
{
	ASYNC_BEGIN;
	AWAIT(async_gate_pass(self, &gate, MANY));
	EXPECT(gate.open);
	passed++;
	ASYNC_END;
}

static enum async_state open_the_gate(struct async *self)
{
	struct several *several = (struct several *)self;

	ASYNC_BEGIN;
	AWAIT(async_gate_await(self, &gate, 0));
	for (several->i = 0; several->i < MANY; several->i++) {
		async_spawn(&crowd[several->i], pass);
		if (several->i % 10 == 0)
			AWAIT(async_yield(self));
	}
	AWAIT(async_gate_await(self, &gate, MANY));
	EXPECT(passed == 0 && gate.arrived == MANY);
	async_gate_open(&gate);
	for (several->i = 0; several->i < MANY; several->i++)
		AWAIT(async_join(self, &crowd[several->i]));
	AWAIT(async_gate_pass(self, &gate, MANY)); /* open stays open */
	AWAIT(async_gate_await(self, &gate, MANY));
	ASYNC_END;
}

static void a_gate_holds_until_it_opens(void **state)
{
	struct several first;

	(void)state;
	gate = (struct async_gate){0};
	passed = 0;
	play(&first.async, open_the_gate);
	assert_int_equal(passed, MANY);
}

static enum async_state leave_a_task(struct async *self)
{
	ASYNC_BEGIN;
	async_spawn(&crowd[0], pass);
	ASYNC_END;
}

static void the_first_task_must_not_leave_others(void **state)
{
	const struct rlimit no_core = {0};
	struct async first;
	pid_t child;
	int status;

	(void)state;
	print_message("the next sentence is part of the test: ");
	child = fork();
	if (child == 0) {
		setrlimit(RLIMIT_CORE, &no_core);
		gate = (struct async_gate){0};
		async_run(&first, leave_a_task);
		_exit(0);
	}
	waitpid(child, &status, 0);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}

static struct async_semaphore semaphore;
static int inside, most, visits;

static enum async_state visit(struct async *self)
{
	ASYNC_BEGIN;
	AWAIT(async_semaphore_acquire(self, &semaphore));
	if (++inside > most)
		most = inside;
	AWAIT(async_yield(self));
	inside--;
	visits++;
	async_semaphore_release(&semaphore);
	ASYNC_END;
}

static enum async_state visit_all(struct async *self)
{
	struct several *several = (struct several *)self;

	ASYNC_BEGIN;
	for (int i = 0; i < MANY; i++)
		async_spawn(&crowd[i], visit);
	EXPECT(visits == 0); /* no permits yet */
	for (int i = 0; i < 3; i++)
		async_semaphore_release(&semaphore);
	for (several->i = 0; several->i < MANY; several->i++)
		AWAIT(async_join(self, &crowd[several->i]));
	ASYNC_END;
}

static void a_semaphore_keeps_to_its_permits(void **state)
{
	struct several first;

	(void)state;
	semaphore = (struct async_semaphore){0};
	inside = most = visits = 0;
	play(&first.async, visit_all);
	assert_int_equal(visits, MANY);
	assert_int_equal(most, 3);
	assert_int_equal(semaphore.permits, 3);
}

/* Generators. */
struct range {
	struct async async;
	uint64_t value, end;
};

static enum async_state count_up(struct async *self)
{
	struct range *range = (struct range *)self;

	ASYNC_BEGIN;
	for (range->value = 0; range->value < range->end; range->value++)
		ASYNC_YIELD;
	ASYNC_END;
}

static void generators_yield_to_their_end(void **state)
{
	uint64_t sum = 0;

	(void)state;
	for (uint64_t end = 0; end < 3; end++) {
		struct range range = {.end = end * MANY};

		sum = 0;
		async_generator(&range.async, count_up);
		while (async_next(&range.async))
			sum += range.value;
		assert_int_equal(sum, end * MANY * (end * MANY - (end > 0)) / 2);
		assert_true(async_ended(&range.async));
		assert_false(async_next(&range.async));
		assert_false(async_next(&range.async));
	}
}

/* Sockets. */
/* Sends a pattern and shuts its side; or echoes; or checks the pattern that comes back. */
struct peer {
	struct async async;
	int fd;
	size_t position;
	int got, done;
	unsigned char chunk[CHUNK];
};

static struct peer server, sender, receiver;
static struct place place;

static enum async_state send_pattern(struct async *self)
{
	struct peer *peer = (struct peer *)self;

	ASYNC_BEGIN;
	for (peer->position = 0; peer->position < BYTES; peer->position += (size_t)async_result(self)) {
		for (size_t i = 0; i < CHUNK; i++)
			peer->chunk[i] = pattern(peer->position + i);
		AWAIT(async_write(self, peer->fd, peer->chunk, CHUNK));
		EXPECT(async_result(self) > 0);
		if (async_result(self) <= 0)
			return ASYNC_DONE;
	}
	shutdown(peer->fd, SHUT_WR);
	ASYNC_END;
}

static enum async_state echo_back(struct async *self)
{
	struct peer *peer = (struct peer *)self;

	ASYNC_BEGIN;
	AWAIT(async_accept(self, place.listener));
	peer->fd = async_result(self);
	EXPECT(peer->fd >= 0);
	for (;;) {
		AWAIT(async_read(self, peer->fd, peer->chunk, sizeof(peer->chunk)));
		peer->got = async_result(self);
		if (peer->got <= 0)
			break;
		for (peer->done = 0; peer->done < peer->got; peer->done += async_result(self)) {
			AWAIT(async_write(self, peer->fd, peer->chunk + peer->done, (size_t)(peer->got - peer->done)));
			EXPECT(async_result(self) > 0);
		}
	}
	EXPECT(peer->got == 0);
	EXPECT(async_close(peer->fd) == 0);
	ASYNC_END;
}

static enum async_state check_pattern(struct async *self)
{
	struct peer *peer = (struct peer *)self;

	ASYNC_BEGIN;
	AWAIT(async_sleep_until(self, clock_now() + 20 * NS_PER_MS)); /* the others fill the buffers meanwhile */
	do {
		AWAIT(async_read(self, peer->fd, peer->chunk, sizeof(peer->chunk)));
		peer->got = async_result(self);
		for (int i = 0; i < peer->got; i++, peer->position++)
			EXPECT(peer->chunk[i] == pattern(peer->position));
	} while (peer->got > 0);
	EXPECT(peer->got == 0 && peer->position >= BYTES);
	ASYNC_END;
}

static enum async_state exchange(struct async *self)
{
	struct several *several = (struct several *)self;

	ASYNC_BEGIN;
	EXPECT(async_adopt(place.listener) == 0);
	async_spawn(&server.async, echo_back);
	several->i = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	EXPECT(async_adopt(several->i) == 0);
	AWAIT(async_connect(self, several->i, (struct sockaddr *)&place.address, sizeof(place.address)));
	EXPECT(async_result(self) == 0);
	sender.fd = receiver.fd = several->i;
	receiver.position = 0;
	async_spawn(&sender.async, send_pattern);
	async_spawn(&receiver.async, check_pattern);
	AWAIT(async_join(self, &sender.async));
	AWAIT(async_join(self, &receiver.async));
	AWAIT(async_join(self, &server.async));
	EXPECT(async_close(several->i) == 0);
	EXPECT(async_close(place.listener) == 0);
	ASYNC_END;
}

static void bytes_go_there_and_back(void **state)
{
	struct several first;

	(void)state;
	place = place_open();
	play(&first.async, exchange);
}

static enum async_state connect_to_nobody(struct async *self)
{
	struct several *several = (struct several *)self;

	ASYNC_BEGIN;
	several->i = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	AWAIT(async_connect(self, several->i, (struct sockaddr *)&place.address, sizeof(place.address)));
	EXPECT(async_result(self) == -EBADF); /* not adopted */
	AWAIT(async_read(self, several->i, several->task, 1));
	EXPECT(async_result(self) == -EBADF);
	EXPECT(async_adopt(several->i) == 0);
	AWAIT(async_connect(self, several->i, (struct sockaddr *)&place.address, sizeof(place.address)));
	EXPECT(async_result(self) == -ECONNREFUSED);
	EXPECT(async_close(several->i) == 0);
	EXPECT(async_adopt(-1) < 0);
	EXPECT(async_close(several->i) < 0);
	ASYNC_END;
}

static void errors_are_told(void **state)
{
	struct several first;

	(void)state;
	place = place_open();
	close(place.listener);
	play(&first.async, connect_to_nobody);
}

static enum async_state accept_for_ever(struct async *self)
{
	ASYNC_BEGIN;
	AWAIT(async_accept(self, place.listener));
	EXPECT(async_result(self) == -EBADF);
	ASYNC_END;
}

/* The number is another socket's already when the waiter runs. */
static enum async_state close_under_a_waiter(struct async *self)
{
	struct several *several = (struct several *)self;

	ASYNC_BEGIN;
	EXPECT(async_adopt(place.listener) == 0);
	async_spawn(&several->task[0], accept_for_ever);
	EXPECT(async_close(place.listener) == 0);
	EXPECT(place_open().listener == place.listener);
	EXPECT(async_adopt(place.listener) == 0);
	AWAIT(async_join(self, &several->task[0]));
	EXPECT(async_close(place.listener) == 0);
	ASYNC_END;
}

static void closing_wakes_the_waiter(void **state)
{
	struct several first;

	(void)state;
	place = place_open();
	play(&first.async, close_under_a_waiter);
}

/* A pair that never waits, beside a task that wants to run as well. */
static bool stop;

static enum async_state write_and_read(struct async *self)
{
	struct peer *peer = (struct peer *)self;

	ASYNC_BEGIN;
	for (peer->position = 0; !stop && peer->position < 1000 * MANY; peer->position++) {
		AWAIT(async_write(self, peer->fd, "x", 1));
		EXPECT(async_result(self) == 1);
		AWAIT(async_read(self, peer->done, peer->chunk, 1));
		EXPECT(async_result(self) == 1 && peer->chunk[0] == 'x');
	}
	ASYNC_END;
}

static enum async_state stop_them(struct async *self)
{
	ASYNC_BEGIN;
	AWAIT(async_sleep_until(self, clock_now() + NS_PER_MS));
	stop = true;
	ASYNC_END;
}

static enum async_state keep_busy(struct async *self)
{
	struct several *several = (struct several *)self;
	int ends[2];

	ASYNC_BEGIN;
	CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0, "no pair of sockets: %s", strerror(errno));
	EXPECT(async_adopt(ends[0]) == 0 && async_adopt(ends[1]) == 0);
	sender.fd = ends[0];
	sender.done = ends[1];
	async_spawn(&several->task[0], stop_them);
	async_spawn(&sender.async, write_and_read);
	AWAIT(async_join(self, &several->task[0]));
	AWAIT(async_join(self, &sender.async));
	EXPECT(sender.position < 1000 * MANY);
	async_close(sender.fd);
	async_close(sender.done);
	ASYNC_END;
}

static void the_always_ready_starve_nobody(void **state)
{
	struct several first;

	(void)state;
	stop = false;
	play(&first.async, keep_busy);
}

static enum async_state wait_for_nobody(struct async *self)
{
	struct several *several = (struct several *)self;

	ASYNC_BEGIN;
	async_spawn(&several->task[0], wait_and_tell);
	AWAIT(async_wait(self, &event));
	EXPECT(!"nobody wakes it");
	ASYNC_END;
}

static void a_deadlock_is_told(void **state)
{
	struct several first;

	(void)state;
	print_message("the next sentence is part of the test: ");
	event = (struct async_event){0};
	failed_line = 0;
	assert_int_equal(async_run(&first.async, wait_for_nobody), -EDEADLK);
	assert_int_equal(failed_line, 0);
	event = (struct async_event){0};
	play(&first.async, yield_alone); /* it can be run again */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tasks_take_turns),
		cmocka_unit_test(a_task_alone_yields_to_itself),
		cmocka_unit_test(calls_go_as_deep_as_there_is_memory),
		cmocka_unit_test(spawns_go_as_deep_as_there_is_memory),
		cmocka_unit_test(nobody_wakes_before_the_time),
		cmocka_unit_test(an_event_wakes_in_order),
		cmocka_unit_test(a_gate_holds_until_it_opens),
		cmocka_unit_test(the_first_task_must_not_leave_others),
		cmocka_unit_test(a_semaphore_keeps_to_its_permits),
		cmocka_unit_test(generators_yield_to_their_end),
		cmocka_unit_test(bytes_go_there_and_back),
		cmocka_unit_test(errors_are_told),
		cmocka_unit_test(closing_wakes_the_waiter),
		cmocka_unit_test(the_always_ready_starve_nobody),
		cmocka_unit_test(a_deadlock_is_told),
	};

	setvbuf(stdout, NULL, _IOLBF, 0); /* the test that hangs has then been named */
	print_message("runtime %s: %s\n", runtime.name, runtime.model);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
