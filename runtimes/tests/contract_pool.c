/* contract_pool.c: pooled runtimes with fewer workers than tasks.
 *
 * All other parts give a pool so many workers that it never has too few (CONTRACT_WORKERS); here it has one or two. */
#include "contract.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../check.h"
#include "loopback.h"

enum { TASKS = 200, LEVELS = 5, CRASHES = 6, OFTEN = 5000, CONNECTIONS = 100, STUCK = 6, MESSAGES_ALL = 8000 };

static const char no_pool[] = "every task has a place of its own";

static void play_with_workers_of(unsigned workers, task_function *main, void *argument)
{
	unsigned before = runtime_workers;

	needs(RUNTIME_POOLED, no_pool);
	runtime_workers = workers;
	play(main, argument);
	runtime_workers = before;
}

static void play_with_workers(unsigned workers, task_function *main)
{
	play_with_workers_of(workers, main, NULL);
}

struct crowd {
	_Atomic uint32_t inside, most, ended;
};

static void stay_a_while(void *argument)
{
	struct crowd *crowd = argument;
	uint32_t inside = atomic_fetch_add(&crowd->inside, 1) + 1, most = atomic_load(&crowd->most);

	while (most < inside && !atomic_compare_exchange_weak(&crowd->most, &most, inside))
		;
	task_sleep_until(clock_now() + NS_PER_MS / 10);
	atomic_fetch_sub(&crowd->inside, 1);
	atomic_fetch_add(&crowd->ended, 1);
}

static void crowd_two_workers(void *argument)
{
	struct crowd *crowd = shared(sizeof(*crowd));
	struct task tasks[TASKS];

	(void)argument;
	for (int i = 0; i < TASKS; i++)
		tasks[i] = spawn(stay_a_while, crowd);
	for (int i = 0; i < TASKS; i++)
		join(tasks[i]);
	EXPECT(atomic_load(&crowd->ended) == TASKS);
	EXPECT(atomic_load(&crowd->most) <= 2);
}

static void test_no_more_tasks_are_under_way_than_workers(void **state)
{
	(void)state;
	play_with_workers(2, crowd_two_workers);
}

struct list {
	_Atomic uint32_t length;
	uint32_t order[TASKS];
	struct entry {
		struct list *list;
		uint32_t number;
	} entry[TASKS];
};

static void write_down(void *argument)
{
	struct entry *entry = argument;

	entry->list->order[atomic_fetch_add(&entry->list->length, 1)] = entry->number;
}

static void list_by_one_worker(void *argument)
{
	struct list *list = shared(sizeof(*list));
	struct task tasks[TASKS];

	(void)argument;
	for (uint32_t i = 0; i < TASKS; i++) {
		list->entry[i] = (struct entry){.list = list, .number = i};
		tasks[i] = spawn(write_down, &list->entry[i]);
	}
	for (int i = TASKS; i-- > 0;)
		join(tasks[i]);
	for (uint32_t i = 0; i < TASKS; i++)
		EXPECT(list->order[i] == i);
}

static void test_one_worker_runs_tasks_in_the_order_of_spawning(void **state)
{
	(void)state;
	play_with_workers(1, list_by_one_worker);
}

struct tree {
	_Atomic uint32_t leaves;
	struct node {
		struct tree *tree;
		int level;
	} node[LEVELS];
};

static void grow(void *argument)
{
	const struct node *node = argument;
	struct task tasks[3];

	if (node->level == 0) {
		atomic_fetch_add(&node->tree->leaves, 1);
		return;
	}
	for (int i = 0; i < 3; i++)
		tasks[i] = spawn(grow, &node->tree->node[node->level - 1]);
	for (int i = 0; i < 3; i++)
		join(tasks[i]);
}

static void grow_deep(void *argument)
{
	struct tree *tree = shared(sizeof(*tree));

	(void)argument;
	for (int i = 0; i < LEVELS; i++)
		tree->node[i] = (struct node){.tree = tree, .level = i};
	join(spawn(grow, &tree->node[LEVELS - 1]));
	EXPECT(atomic_load(&tree->leaves) == 81);
}

/* A task that joins what nobody has begun must run it: with one worker nobody else ever would. */
static void test_tasks_that_join_tasks_need_no_worker_more(void **state)
{
	(void)state;
	play_with_workers(1, grow_deep);
}

static void count_up(void *argument)
{
	atomic_fetch_add((_Atomic uint32_t *)argument, 1);
}

/* Idle workers and a full queue in turns: a wake-up that gets lost hangs the test. */
static void come_and_go(void *argument)
{
	_Atomic uint32_t *count = shared(sizeof(*count));
	struct task tasks[3];

	(void)argument;
	for (uint32_t round = 0; round < OFTEN; round++) {
		uint32_t batch = 1 + round % 3;

		for (uint32_t i = 0; i < batch; i++)
			tasks[i] = spawn(count_up, count);
		for (uint32_t i = 0; i < batch; i++)
			join(tasks[i]);
	}
	EXPECT(atomic_load(count) == OFTEN / 3 * 6 + OFTEN % 3 * (OFTEN % 3 + 1) / 2);
}

static void test_no_task_is_forgotten(void **state)
{
	(void)state;
	play_with_workers(2, come_and_go);
}

/* A client that has CONNECTIONS conversations at once and STUCK connections on which it sends and never reads. Whoever
 * was answered asks again, until all together had MESSAGES_ALL answers; then each must have had a share. */

static int connect_plainly(const struct place *place)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	CHECK(fd >= 0 && connect(fd, (const struct sockaddr *)&place->address, sizeof place->address) == 0,
	      "a helper cannot connect: %s", strerror(errno));
	return fd;
}

static void send_until_stuck(int fd)
{
	static const char bytes[64 << 10];
	struct pollfd writable = {.fd = fd, .events = POLLOUT};

	while (poll(&writable, 1, 20) > 0)
		CHECK(send(fd, bytes, sizeof bytes, MSG_DONTWAIT | MSG_NOSIGNAL) > 0 || errno == EAGAIN,
		      "a helper cannot send: %s", strerror(errno));
}

static void converse(struct pollfd talks[CONNECTIONS], int answers[CONNECTIONS])
{
	int all = 0;

	for (int i = 0; i < CONNECTIONS; i++)
		CHECK(write(talks[i].fd, "?", 1) == 1, "a helper cannot ask: %s", strerror(errno));
	while (all < MESSAGES_ALL) {
		CHECK(poll(talks, CONNECTIONS, 20000) > 0, "nobody of %d is answered", CONNECTIONS);
		for (int i = 0; i < CONNECTIONS; i++) {
			char byte;

			if (!talks[i].revents)
				continue;
			CHECK(read(talks[i].fd, &byte, 1) == 1 && write(talks[i].fd, "?", 1) == 1,
			      "connection %d broke after %d answers", i, answers[i]);
			answers[i]++;
			all++;
		}
	}
}

static void helper_crowd(void *argument)
{
	struct pollfd talks[CONNECTIONS];
	int stuck[STUCK], answers[CONNECTIONS] = {0};

	for (int i = 0; i < STUCK; i++)
		stuck[i] = connect_plainly(argument);
	for (int i = 0; i < CONNECTIONS; i++)
		talks[i] = (struct pollfd){.fd = connect_plainly(argument), .events = POLLIN};
	for (int i = 0; i < STUCK; i++)
		send_until_stuck(stuck[i]);
	converse(talks, answers);
	for (int i = 0; i < CONNECTIONS; i++)
		CHECK(answers[i] >= MESSAGES_ALL / CONNECTIONS / 2, "connection %d had %d answers of %d", i, answers[i],
		      MESSAGES_ALL);
}

/* A listener, and who calls there. */
struct handed {
	struct place place;
	pid_t helper;
};

struct guest {
	int fd;
	size_t got, done;
	bool begun, ended;
	char buffer[4096];
};

/* What can be done without waiting. */
static void serve_guest(void *argument)
{
	struct guest *guest = argument;
	ssize_t moved = 1;

	if (guest->begun && guest->done == guest->got) {
		moved = task_read(guest->fd, guest->buffer, sizeof guest->buffer);
		guest->got = moved > 0 ? (size_t)moved : 0;
		guest->done = 0;
	}
	if (guest->done < guest->got)
		moved = task_write_now(guest->fd, guest->buffer + guest->done, guest->got - guest->done);
	guest->begun = true;
	guest->done += moved > 0 && guest->got > 0 ? (size_t)moved : 0;
	if (moved > 0 || moved == -EAGAIN) {
		task_requeue(guest->fd, guest->done < guest->got ? POLLOUT : POLLIN);
		return;
	}
	EXPECT(task_close(guest->fd) == 0);
	guest->ended = true;
}

static void serve_crowd(void *argument)
{
	enum { ALL = CONNECTIONS + STUCK };
	struct handed *handed = argument;
	struct guest *guests = shared(ALL * sizeof *guests);
	struct task tasks[ALL];

	EXPECT(task_adopt(handed->place.listener) == 0);
	for (int i = 0; i < ALL; i++) {
		guests[i].fd = task_accept(handed->place.listener);
		EXPECT(guests[i].fd >= 0);
		tasks[i] = spawn(serve_guest, &guests[i]);
		task_hand_over(guests[i].fd);
	}
	for (int i = 0; i < ALL; i++) {
		join(tasks[i]);
		EXPECT(guests[i].ended);
	}
	EXPECT(helper_end(handed->helper) == 0);
}

static void test_four_workers_serve_a_hundred_connections_and_none_starves(void **state)
{
	struct handed handed;

	(void)state;
	needs(RUNTIME_REQUEUES, "its tasks keep their workers");
	handed.place = place_open();
	handed.helper = helper_start(helper_crowd, &handed.place);
	play_with_workers_of(4, serve_crowd, &handed);
	close(handed.place.listener);
}

struct patient {
	_Atomic uint32_t calls;
	int fd;
};

/* Once more when its descriptor is ready. */
static void call_again(void *argument)
{
	struct patient *patient = argument;

	if (atomic_fetch_add(&patient->calls, 1) == 0)
		task_requeue(patient->fd, POLLIN);
}

static struct task spawn_patient(struct patient *patient, int fd)
{
	patient->fd = fd;
	return spawn(call_again, patient);
}

static void spawn_beside_a_patient(void *argument)
{
	struct patient *patient = shared(sizeof(*patient));
	_Atomic uint32_t *count = shared(sizeof(*count));
	int ends[2];

	(void)argument;
	EXPECT(pipe(ends) == 0);
	struct task waiting = spawn_patient(patient, ends[0]);

	AWAIT(atomic_load(&patient->calls) == 1);
	task_sleep_until(clock_now() + 5 * NS_PER_MS); /* by then the worker waits for the pipe */
	join(spawn(count_up, count));
	EXPECT(atomic_load(&patient->calls) == 1);
	EXPECT(write(ends[1], "", 1) == 1);
	join(waiting);
	EXPECT(atomic_load(&patient->calls) == 2 && atomic_load(count) == 1);
	close(ends[0]);
	close(ends[1]);
}

static void test_a_worker_that_waits_for_a_descriptor_hears_of_new_tasks(void **state)
{
	(void)state;
	needs(RUNTIME_REQUEUES, "its tasks keep their workers");
	play_with_workers(1, spawn_beside_a_patient);
}

/* A descriptor that epoll does not take, as a file's. */
static void wait_for_a_file(void *argument)
{
	struct patient *patient = shared(sizeof(*patient));
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	(void)argument;
	join(spawn_patient(patient, fd));
	EXPECT(atomic_load(&patient->calls) == 2);
	close(fd);
}

static void test_what_cannot_be_waited_for_is_ready(void **state)
{
	(void)state;
	needs(RUNTIME_REQUEUES, "its tasks keep their workers");
	play_with_workers(1, wait_for_a_file);
}

static void crash(void *argument)
{
	const struct rlimit no_core = {0};

	(void)argument;
	setrlimit(RLIMIT_CORE, &no_core);
	raise(SIGKILL);
}

static void crash_more_than_there_are(void *argument)
{
	_Atomic uint32_t *count = shared(sizeof(*count));
	struct task crashing[CRASHES], counting[CRASHES];

	(void)argument;
	for (int i = 0; i < CRASHES; i++) {
		crashing[i] = spawn(crash, NULL);
		counting[i] = spawn(count_up, count);
	}
	for (int i = 0; i < CRASHES; i++) {
		EXPECT(task_join(crashing[i]) < 0);
		join(counting[i]);
	}
	EXPECT(atomic_load(count) == CRASHES);
}

static void test_a_worker_that_crashes_is_replaced(void **state)
{
	(void)state;
	needs_lack_of(RUNTIME_SHARES_MEMORY, "a crash ends all tasks of a process");
	needs(RUNTIME_POOLED, no_pool);
	print_message("the next %d sentences are part of the test\n", CRASHES);
	play_with_workers(2, crash_more_than_there_are);
}

static void kill_parent(void *argument)
{
	(void)argument;
	kill(getppid(), SIGKILL);
	pause();
}

static void join_who_kills_its_parent(void *argument)
{
	(void)argument;
	join(spawn(kill_parent, NULL));
}

static void run_without_supervisor(void *argument)
{
	(void)argument;
	runtime_workers = 2;
	(void)task_run(join_who_kills_its_parent, NULL);
}

static void expect_a_bad_end(void *argument)
{
	int status = helper_end(helper_start(run_without_supervisor, argument));

	CHECK(WIFEXITED(status) && WEXITSTATUS(status) != 0, "a pool whose parent was killed ends with wait status %#x",
	      (unsigned)status);
}

/* Or it would wait for ever for tasks that nobody runs. The output ends when no process is left that could write. */
static void test_a_pool_whose_workers_lose_their_parent_ends_with_a_sentence(void **state)
{
	char *text;

	(void)state;
	needs_lack_of(RUNTIME_SHARES_MEMORY, "its workers have no process of their own");
	needs(RUNTIME_WORKERS, "it has no workers");
	if (THREAD_SANITIZED)
		needs_lack_of(RUNTIME_POOLED,
			      "ThreadSanitizer holds signals back from a process that waits in futex(2)");
	text = output_of(STDERR_FILENO, expect_a_bad_end, NULL);
	assert_true(strlen(text) > 20);
	assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
	free(text);
}

int run_pool_tests(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_more_tasks_are_under_way_than_workers),
		cmocka_unit_test(test_one_worker_runs_tasks_in_the_order_of_spawning),
		cmocka_unit_test(test_tasks_that_join_tasks_need_no_worker_more),
		cmocka_unit_test(test_no_task_is_forgotten),
		cmocka_unit_test(test_four_workers_serve_a_hundred_connections_and_none_starves),
		cmocka_unit_test(test_a_worker_that_waits_for_a_descriptor_hears_of_new_tasks),
		cmocka_unit_test(test_what_cannot_be_waited_for_is_ready),
		cmocka_unit_test(test_a_worker_that_crashes_is_replaced),
		cmocka_unit_test(test_a_pool_whose_workers_lose_their_parent_ends_with_a_sentence),
	};

	return cmocka_run_group_tests_name("pools", tests, NULL, NULL);
}
