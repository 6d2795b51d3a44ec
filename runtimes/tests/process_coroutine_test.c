/* process_coroutine_test.c: the runtime process-coroutine beneath the verbs: who runs where, what a death leaves
 * behind, the ways of a connection, and the end of memory. A wake-up or a descriptor that gets lost shows as a test
 * that hangs. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../check.h"
#include "../clock.h"
#include "../coroutine/stack.h"
#include "../process_coroutine/place.h"
#include "../runtime.h"
#include "../sync.h"
#include "../task.h"

enum { TASKS = 20, DEATHS = 25, PAIRS = 4, CONNECTIONS = 350, FEW_NUMBERS = 64, CROWD = 4000 };

static struct task spawn(task_function *function, void *argument)
{
	struct task task;

	CHECK(task_spawn(&task, function, argument) == 0, "a task cannot be spawned");
	return task;
}

static void join(struct task task)
{
	CHECK(task_join(task) == 0, "a task did not end");
}

static void *shared(size_t bytes)
{
	void *memory = task_shared(bytes);

	CHECK(memory, "no shared memory");
	return memory;
}

static void run(unsigned workers, task_function *main)
{
	runtime_workers = workers;
	CHECK(task_run(main, NULL) == 0, "task_run() failed");
}

/* Who runs where. */

struct family {
	pid_t parent, child;
};

static void note_child(void *argument)
{
	((struct family *)argument)->child = getpid();
}

static void note_parent(void *argument)
{
	struct family *family = argument;

	family->parent = getpid();
	join(spawn(note_child, family));
}

static void deal(void *argument)
{
	struct family *families = shared(TASKS * sizeof(*families));
	struct task tasks[TASKS];

	(void)argument;
	for (int i = 0; i < TASKS; i++)
		tasks[i] = spawn(note_parent, &families[i]);
	for (int i = 0; i < TASKS; i++)
		join(tasks[i]);
	for (int i = 0; i < TASKS; i++) {
		CHECK(families[i].parent != getpid(), "a task ran in the first process");
		CHECK(families[i].child == families[i].parent, "a child left the worker of its parent");
		CHECK(families[i].parent == families[i % 3].parent, "tasks are not dealt in turn");
	}
	CHECK(families[0].parent != families[1].parent && families[1].parent != families[2].parent,
	      "fewer than 3 workers");
}

/* What a death leaves behind. */

struct queue {
	_Atomic uint32_t full, begun;
};

static void die(void)
{
	raise(SIGKILL);
}

static void die_when_the_queue_is_full(void *argument)
{
	struct queue *queue = argument;

	while (!atomic_load(&queue->full))
		; /* the worker begins nothing else meanwhile */
	die();
}

static void count_begin(void *argument)
{
	atomic_fetch_add(&((struct queue *)argument)->begun, 1);
}

static void leave_a_queue(void *argument)
{
	struct queue *queue = shared(sizeof(*queue));
	struct task dying = spawn(die_when_the_queue_is_full, queue), tasks[TASKS];

	(void)argument;
	for (int i = 0; i < TASKS; i++)
		tasks[i] = spawn(count_begin, queue);
	atomic_store(&queue->full, 1);
	CHECK(task_join(dying) == -ECHILD, "a task that was killed is not told");
	for (int i = 0; i < TASKS; i++)
		join(tasks[i]);
	CHECK(atomic_load(&queue->begun) == TASKS, "%u of %d tasks were begun", atomic_load(&queue->begun), TASKS);
}

/* Pairs of tasks hand a ball to and fro in one worker while tasks of another one, which wait for and wake the same
 * words all the time, are killed at any instant: with a lock in hand, or a wait that is out of the table already. */
struct court {
	_Atomic uint32_t stop, ended;
	_Atomic pid_t victim;
	struct side {
		struct court *court;
		_Atomic uint32_t *ball;
		uint32_t parity;
	} sides[2 * PAIRS];
	_Atomic uint32_t balls[PAIRS];
};

static void hand_to_and_fro(void *argument)
{
	const struct side *side = argument;
	struct court *court = side->court;

	while (!atomic_load(&court->stop)) {
		uint32_t seen = atomic_load(side->ball);

		if (seen % 2 == side->parity) {
			task_wait(side->ball, seen);
			continue;
		}
		atomic_store(side->ball, seen + 1);
		task_wake(side->ball, UINT32_MAX); /* one wake-up might go to a task that is about to be killed */
	}
	atomic_fetch_add(&court->ended, 1);
}

/* One task that spawns the others, so that all are in one worker. */
static void play_fair(void *argument)
{
	struct court *court = argument;
	struct task tasks[2 * PAIRS];

	for (int i = 0; i < 2 * PAIRS; i++)
		tasks[i] = spawn(hand_to_and_fro, &court->sides[i]);
	for (int i = 0; i < 2 * PAIRS; i++)
		join(tasks[i]);
}

static void disturb(void *argument)
{
	const struct side *side = argument;

	while (!atomic_load(&side->court->stop)) {
		task_wake(side->ball, 1 + side->parity);
		if (side->parity)
			task_wait(side->ball, atomic_load(side->ball));
		else
			task_yield();
	}
}

static void disturb_all(void *argument)
{
	struct court *court = argument;
	struct task tasks[2 * PAIRS];

	for (int i = 0; i < 2 * PAIRS; i++)
		tasks[i] = spawn(disturb, &court->sides[i]);
	atomic_store(&court->victim, getpid());
	for (int i = 0; i < 2 * PAIRS; i++)
		join(tasks[i]);
}

static void await_rounds(const struct court *court, uint32_t rounds)
{
	for (int i = 0; i < PAIRS; i++)
		for (uint32_t begin = atomic_load(&court->balls[i]); atomic_load(&court->balls[i]) - begin < rounds;)
			task_sleep_until(clock_now() + NS_PER_MS / 10);
}

static void open_court(struct court *court)
{
	for (int i = 0; i < 2 * PAIRS; i++)
		court->sides[i] = (struct side){.court = court, .ball = &court->balls[i / 2], .parity = i % 2};
}

static void disturb_and_die(struct court *court, uint64_t after_ns)
{
	struct task disturbing;

	atomic_store(&court->victim, 0);
	disturbing = spawn(disturb_all, court);
	while (!atomic_load(&court->victim))
		task_sleep_until(clock_now() + NS_PER_MS / 10);
	task_sleep_until(clock_now() + after_ns);
	kill(atomic_load(&court->victim), SIGKILL);
	CHECK(task_join(disturbing) == -ECHILD, "a task that was killed is not told");
}

static void die_at_any_instant(void *argument)
{
	struct court *court = shared(sizeof(*court));
	struct family *family = shared(sizeof(*family));
	struct task fair;
	unsigned seed = 1;

	(void)argument;
	open_court(court);
	fair = spawn(play_fair, court);
	for (int death = 0; death < DEATHS; death++) {
		disturb_and_die(court, (uint64_t)rand_r(&seed) % NS_PER_MS);
		await_rounds(court, 100);
		join(spawn(note_child,
			   family)); /* the fair ones' turn, so that the next to die is the other worker again */
	}
	atomic_store(&court->stop, 1);
	while (atomic_load(&court->ended) < 2 * PAIRS) {
		for (int i = 0; i < PAIRS; i++)
			task_wake(&court->balls[i], UINT32_MAX);
		task_sleep_until(clock_now() + NS_PER_MS);
	}
	join(fair);
}

/* A waker that dies when it has taken a wait out of the table and not yet delivered it: its view of the places, where
 * mail is left, is made read-only. */
static void wait_once(void *argument)
{
	task_wait(argument, 0);
}

static void die_delivering(void *argument)
{
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE), mail = (uintptr_t)&ground->places[1].mail;

	signal(SIGSEGV, SIG_DFL); /* no report of a sanitizer's */
	CHECK(mprotect((void *)(mail / page * page), page, PROT_READ) == 0, "memory cannot be made read-only");
	while (task_wake(argument, 1) == 0)
		sched_yield(); /* not a task's: this worker's place is read-only, too */
	CHECK(0, "mail was delivered");
}

static void leave_a_wait_undelivered(void *argument)
{
	_Atomic uint32_t *word = shared(sizeof(*word));
	struct task waiting = spawn(wait_once, word); /* at place 1 */

	(void)argument;
	CHECK(task_join(spawn(die_delivering, word)) == -ECHILD, "a task that crashed is not told");
	join(waiting);
}

static __attribute__((noinline)) int dive(int depth)
{
	volatile char frame[256] = {(char)depth};

	return depth == 0 ? 0 : dive(depth - 1) + frame[0];
}

static void dive_too_deep(void *argument)
{
	(void)argument;
	dive(1000000);
}

/* Names it as the first one that its worker began, whatever the runtime itself has spawned there. */
static void overflow(void *argument)
{
	int ends[2], saved = dup(STDERR_FILENO);
	char said[1024] = "";

	(void)argument;
	CHECK(saved >= 0 && pipe(ends) == 0 && dup2(ends[1], STDERR_FILENO) >= 0, "no pipe for standard error");
	CHECK(task_join(spawn(dive_too_deep, NULL)) == -ECHILD, "a task that overflowed is not told");
	CHECK(dup2(saved, STDERR_FILENO) >= 0 && read(ends[0], said, sizeof(said) - 1) > 0, "nothing was said");
	CHECK(strstr(said, "task 1 begun by worker 1 overflowed its stack of"), "said: %s", said);
	close(saved);
	close(ends[1]); /* the other end stays: the supervisor may still write */
}

/* Connections. */

static int listen_here(struct sockaddr_in *address)
{
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	socklen_t length = sizeof(*address);

	*address = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	CHECK(bind(listener, (struct sockaddr *)address, length) == 0 && listen(listener, CONNECTIONS) == 0 &&
		      getsockname(listener, (struct sockaddr *)address, &length) == 0 && task_adopt(listener) == 0,
	      "cannot listen: %s", strerror(errno));
	return listener;
}

static int connect_plainly(const struct sockaddr_in *address)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	CHECK(connect(fd, (const struct sockaddr *)address, sizeof(*address)) == 0, "cannot connect: %s",
	      strerror(errno));
	return fd;
}

static void expect_end(int fd)
{
	char byte;

	CHECK(read(fd, &byte, 1) <= 0, "a connection that is over brings a byte");
	close(fd);
}

struct doomed {
	int fd;
	uint32_t reads; /* before it dies */
};

static void read_and_die(void *argument)
{
	const struct doomed *doomed = argument;
	char byte;

	for (uint32_t i = 0; i < doomed->reads; i++)
		CHECK(task_read(doomed->fd, &byte, 1) == 1, "a connection is not there");
	die();
}

/* Of each two, one dies before it can take its connection, perhaps. More than there are numbers. */
static void die_with_connections(void *argument)
{
	struct doomed *doomed = shared(sizeof(*doomed));
	struct sockaddr_in address;
	int listener = listen_here(&address);

	(void)argument;
	for (uint32_t i = 0; i < FEW_NUMBERS; i++) {
		int client = connect_plainly(&address), fd = task_accept(listener);
		struct task task;

		CHECK(fd >= 0, "connection %u cannot be accepted: %s", i, strerror(-fd));
		*doomed = (struct doomed){.fd = fd, .reads = i % 2};
		task = spawn(read_and_die, doomed);
		task_hand_over(fd);
		CHECK(write(client, "c", 1) == 1, "cannot write");
		CHECK(task_join(task) == -ECHILD, "a task that was killed is not told");
		expect_end(client);
	}
	CHECK(task_close(listener) == 0, "cannot close");
}

static void die_with_a_connection(void *argument)
{
	struct rlimit before, few;

	getrlimit(RLIMIT_NOFILE, &before);
	few = (struct rlimit){.rlim_cur = FEW_NUMBERS, .rlim_max = before.rlim_max};
	setrlimit(RLIMIT_NOFILE, &few);
	die_with_connections(argument);
	setrlimit(RLIMIT_NOFILE, &before);
}

static int lent[2];

static void read_lent(void *argument)
{
	char byte = 0;

	(void)argument;
	CHECK(task_read(lent[0], &byte, 1) == 1 && byte == 'a', "a borrowed descriptor does not read");
}

static void lend_and_close(void *argument)
{
	struct task task;

	(void)argument;
	CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, lent) == 0 && task_adopt(lent[0]) == 0, "no pair");
	task = spawn(read_lent, NULL);
	CHECK(write(lent[1], "a", 1) == 1, "cannot write");
	join(task);
	CHECK(task_close(lent[0]) == 0, "cannot close");
	expect_end(lent[1]);
}

/* More than a channel holds, for a worker that is busy at first. */
struct crowd {
	int fds[CONNECTIONS];
	_Atomic uint32_t served;
};

static void compute(void *argument)
{
	(void)argument;
	for (uint64_t end = clock_now() + 20 * NS_PER_MS; clock_now() < end;)
		;
}

static void answer(void *argument)
{
	const int *fd = argument;
	char byte;

	CHECK(task_read(*fd, &byte, 1) == 1 && task_write(*fd, &byte, 1) == 1, "a connection is not there");
	CHECK(task_close(*fd) == 0, "cannot close");
}

static void hand_over_many(void *argument)
{
	struct crowd *crowd = shared(sizeof(*crowd));
	struct sockaddr_in address;
	struct task tasks[CONNECTIONS], computing;
	int listener = listen_here(&address), clients[CONNECTIONS];

	(void)argument;
	computing = spawn(compute, NULL);
	for (int i = 0; i < CONNECTIONS; i++) {
		clients[i] = connect_plainly(&address);
		crowd->fds[i] = task_accept(listener);
		CHECK(crowd->fds[i] >= 0, "cannot accept: %s", strerror(-crowd->fds[i]));
		tasks[i] = spawn(answer, &crowd->fds[i]);
		task_hand_over(crowd->fds[i]);
	}
	for (int i = 0; i < CONNECTIONS; i++)
		CHECK(write(clients[i], "b", 1) == 1, "cannot write");
	join(computing);
	for (int i = 0; i < CONNECTIONS; i++) {
		char byte = 0;

		join(tasks[i]);
		CHECK(read(clients[i], &byte, 1) == 1 && byte == 'b', "a connection does not answer");
		expect_end(clients[i]);
	}
	CHECK(task_close(listener) == 0, "cannot close");
}

/* Longer than the census needs to find a deadlock: nobody runs, but a timer, a pipe or a peer outside is to come. */

enum { LONG_NS = 600 * NS_PER_MS };

struct outside {
	struct gate *gate;
	int pipe, peer; /* to be read by a task, to be echoed to */
};

static void sleep_long(void *argument)
{
	struct outside *outside = argument;

	task_sleep_until(clock_now() + LONG_NS);
	gate_open(outside->gate);
}

static void read_pipe(void *argument)
{
	struct outside *outside = argument;
	char byte = 0;

	CHECK(task_read(outside->pipe, &byte, 1) == 1 && byte == 'p', "the pipe brings nothing");
	gate_open(outside->gate);
}

static void echo_once(void *argument)
{
	struct outside *outside = argument;
	char byte = 0;

	CHECK(task_read(outside->peer, &byte, 1) == 1 && task_write(outside->peer, &byte, 1) == 1, "no echo");
	gate_open(outside->gate);
}

static void pass(void *argument)
{
	gate_pass(((struct outside *)argument)->gate, 1);
}

/* One worker waits for what comes from outside, and the other for that one. */
static void wait_long(struct outside *outside, task_function *function)
{
	struct task one, other;

	outside->gate = shared(sizeof(*outside->gate));
	one = spawn(function, outside);
	other = spawn(pass, outside);
	join(one);
	join(other);
}

/* A process that is none of the runtime's. */
static pid_t start_outside(int pipe, int peer)
{
	const struct timespec wait = {.tv_nsec = LONG_NS};
	pid_t child = fork();
	char byte;

	if (child != 0)
		return child;
	nanosleep(&wait, NULL);
	nanosleep(&wait, NULL);
	if (write(pipe, "p", 1) != 1)
		_exit(EXIT_FAILURE);
	nanosleep(&wait, NULL);
	_exit(write(peer, "e", 1) == 1 && read(peer, &byte, 1) == 1 && byte == 'e' ? EXIT_SUCCESS : EXIT_FAILURE);
}

static void wait_for_the_outside(void *argument)
{
	struct outside *outside = shared(sizeof(*outside));
	int pipe_ends[2], peers[2], status;
	pid_t child;

	(void)argument;
	CHECK(pipe2(pipe_ends, O_NONBLOCK) == 0 && socketpair(AF_UNIX, SOCK_STREAM, 0, peers) == 0, "no pipes");
	CHECK(fcntl(peers[0], F_SETFL, O_NONBLOCK) == 0, "it cannot be made to return at once");
	outside->pipe = pipe_ends[0];
	outside->peer = peers[0];
	CHECK(task_adopt(outside->pipe) == 0 && task_adopt(outside->peer) == 0, "cannot adopt");
	child = start_outside(pipe_ends[1], peers[1]);
	wait_long(outside, sleep_long);
	wait_long(outside, read_pipe);
	wait_long(outside, echo_once);
	CHECK(waitpid(child, &status, 0) == child && status == 0, "the other side ended with wait status %d", status);
	CHECK(task_close(outside->pipe) == 0 && task_close(outside->peer) == 0, "cannot close");
	close(pipe_ends[1]);
	close(peers[1]);
}

/* Where memory for tasks ends: each worker gets 2 slabs of stacks, some more in an ordinary build, and a crowd is more.
 */

#define SLAB_BYTES ((size_t)512 * STACK_BYTES)

#if defined(__SANITIZE_THREAD__)
#define FIBERS_ARE_LARGE true /* ThreadSanitizer takes a megabyte for each, and ends the program at the limit */
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define FIBERS_ARE_LARGE true
#endif
#endif
#ifndef FIBERS_ARE_LARGE
#define FIBERS_ARE_LARGE false
#endif

/* RLIMIT_DATA, which unlike RLIMIT_AS can be just above what a sanitizer has reserved. */
static void limit_memory(void)
{
	FILE *status = fopen("/proc/self/status", "r");
	char line[200];
	size_t kib = 0;

	while (status && kib == 0 && fgets(line, sizeof(line), status))
		sscanf(line, "VmData: %zu kB", &kib);
	CHECK(kib > 0, "the size of this process is not known");
	fclose(status);

	size_t bytes = kib * 1024 + 2 * SLAB_BYTES + SLAB_BYTES / 2 + ((size_t)8 << 20);

	setrlimit(RLIMIT_DATA, &(struct rlimit){.rlim_cur = bytes, .rlim_max = bytes});
}

/* Runs main with two workers in a process of its own that has such a limit. What it says goes to text. */
static int status_at_the_limit(task_function *main, char *text, size_t room)
{
	size_t length = 0;
	ssize_t got;
	pid_t child;
	int ends[2], status;

	CHECK(pipe(ends) == 0, "no pipe");
	child = fork();
	if (child == 0) {
		dup2(ends[1], STDERR_FILENO);
		close(ends[0]);
		close(ends[1]);
		alarm(60); /* instead of hanging */
		limit_memory();
		run(2, main);
		_exit(EXIT_SUCCESS);
	}
	close(ends[1]);
	while (length < room - 1 && (got = read(ends[0], text + length, room - 1 - length)) > 0)
		length += (size_t)got;
	text[length] = '\0';
	close(ends[0]);
	CHECK(waitpid(child, &status, 0) == child, "a process is lost");
	return status;
}

static void spawn_crowd(struct task *tasks, task_function *function, void *argument)
{
	for (int i = 0; i < CROWD; i++)
		tasks[i] = spawn(function, argument);
}

static void join_crowd(const struct task *tasks)
{
	for (int i = 0; i < CROWD; i++)
		join(tasks[i]);
}

static void arrive(void *argument)
{
	gate_pass(argument, CROWD);
}

static void wait_for_all(void *argument)
{
	static struct task tasks[CROWD];
	struct gate *gate = shared(sizeof(*gate));

	(void)argument;
	spawn_crowd(tasks, arrive, gate);
	gate_await(gate, CROWD);
	gate_open(gate);
	join_crowd(tasks);
}

static void open_late(void *argument)
{
	task_sleep_until(clock_now() + 400 * NS_PER_MS); /* several rounds of the census */
	gate_open(argument);
}

/* All wait, the first process for them, until one of them opens the gate. */
static void wait_for_one(void *argument)
{
	static struct task tasks[CROWD];
	struct gate *gate = shared(sizeof(*gate));
	struct task opening = spawn(open_late, gate);

	(void)argument;
	spawn_crowd(tasks, arrive, gate);
	join(opening);
	join_crowd(tasks);
}

static void meet_the_limit_of_memory(void)
{
	static char text[10000];
	int status;

	puts("who waits for tasks that no worker has memory for is told");
	fflush(stdout);
	status = status_at_the_limit(wait_for_all, text, sizeof(text));
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == EXIT_FAILURE, "it ended with wait status %d: %s", status,
	      text);
	CHECK(strstr(text, "process-coroutine: there is no memory"), "it said: %s", text);
	puts("tasks begin when others have made room");
	fflush(stdout);
	status = status_at_the_limit(wait_for_one, text, sizeof(text));
	CHECK(status == 0, "it ended with wait status %d: %s", status, text);
	CHECK(strstr(text, "no further stack"), "there was memory for all");
}

/* As a worker that dies after it has said that a job is begun, and before that is out of the ring. */
static void die_half_taken(void *argument)
{
	if (atomic_fetch_add((_Atomic uint32_t *)argument, 1) > 0)
		return;
	atomic_fetch_sub(&ground->places[place_here].first, 1);
	raise(SIGKILL);
}

static void count(void *argument)
{
	atomic_fetch_add((_Atomic uint32_t *)argument, 1);
}

/* The next task has the number of the one that crashed. */
static void take_half(void *argument)
{
	_Atomic uint32_t *begun = shared(2 * sizeof(*begun)), *counted = begun + 1;

	(void)argument;
	CHECK(task_join(spawn(die_half_taken, (void *)begun)) == -ECHILD, "a crash was not told");
	join(spawn(count, (void *)counted));
	join(spawn(note_child, shared(sizeof(struct family)))); /* after all that the successor finds */
	CHECK(atomic_load(begun) == 1 && atomic_load(counted) == 1, "tasks were begun twice");
}

int main(void)
{
	const struct rlimit no_core = {0};
	static const struct {
		const char *name;
		unsigned workers;
		task_function *main;
	} tests[] = {
		{"tasks are dealt in turn, and children stay", 3, deal},
		{"what a dead worker had not begun is its successor's", 1, leave_a_queue},
		{"what a dead worker had begun is begun once", 1, take_half},
		{"no wake-up is lost by a death", 2, die_at_any_instant},
		{"a wait that a dead waker had in hand goes on", 2, leave_a_wait_undelivered},
		{"a task that overflows its stack is named", 1, overflow},
		{"a connection ends with its task", 2, die_with_a_connection},
		{"what was lent is closed together", 2, lend_and_close},
		{"who waits for the outside is in no deadlock", 2, wait_for_the_outside},
		{"a full channel loses nothing", 1, hand_over_many},
	};

	setrlimit(RLIMIT_CORE, &no_core);
	puts("sentences about tasks that were ended by signals 9 and 11 are part of the tests");
	for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
		printf("%s\n", tests[i].name);
		fflush(stdout);
		run(tests[i].workers, tests[i].main);
	}
	if (!FIBERS_ARE_LARGE)
		meet_the_limit_of_memory();
	return EXIT_SUCCESS;
}
