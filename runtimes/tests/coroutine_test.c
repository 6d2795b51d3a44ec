/* coroutine_test.c: what the coroutine runtime promises beyond the contract of the verbs, and enough of the contract to
 * show that it stands on another processor. Without cmocka, so that it can be compiled for any processor. */
#include "../check.h"
#include "../clock.h"
#include "../coroutine/stack.h"
#include "../runtime.h"
#include "../sync.h"
#include "../task.h"
#include "loopback.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { TASKS = 500, TURNS = 50, CONNECTIONS = 20, MESSAGES = 50, BYTES = 64 };

static int play(task_function *main)
{
	return task_run(main, NULL);
}

static char log_of_turns[64];

static void log_turn(char letter)
{
	size_t length = strlen(log_of_turns);

	CHECK(length + 1 < sizeof(log_of_turns), "the log is full");
	log_of_turns[length] = letter;
}

static void two_turns(void *argument)
{
	const char *letters = argument;

	log_turn(letters[0]);
	task_yield();
	log_turn(letters[1]);
}

/* A child starts at once, its parent goes on before anybody else, and turns go round. */
static void order_main(void *argument)
{
	struct task a, b;

	(void)argument;
	CHECK(task_spawn(&a, two_turns, (void *)"aA") == 0, "spawn");
	log_turn('1');
	CHECK(task_spawn(&b, two_turns, (void *)"bB") == 0, "spawn");
	log_turn('2');
	CHECK(task_join(b) == 0, "join");
	CHECK(task_join(a) == 0, "join");
	log_turn('3');
	CHECK(strcmp(log_of_turns, "a1b2AB3") == 0, "the order was %s", log_of_turns);
}

/* Integers and floating point live across switches, on many stacks at once. */
static void arithmetic(void *argument)
{
	uint64_t *result = argument, a = *result, b = a * 3, c = a * 5, d = a * 7;
	double x = (double)a, y = x / 7;

	for (int i = 0; i < TURNS; i++) {
		task_yield();
		a += b, b ^= c, c += d, d ^= a;
		x = x * 0.5 + y, y = y * 0.25 + 1;
	}
	*result = a ^ b ^ c ^ d ^ (uint64_t)(x * 1000) ^ (uint64_t)(y * 1000);
}

static void arithmetic_main(void *argument)
{
	static uint64_t results[TASKS], alone;
	static struct task tasks[TASKS];

	(void)argument;
	for (uint64_t i = 0; i < TASKS; i++) {
		results[i] = i;
		CHECK(task_spawn(&tasks[i], arithmetic, &results[i]) == 0, "spawn");
	}
	for (int i = 0; i < TASKS; i++)
		CHECK(task_join(tasks[i]) == 0, "join");
	for (uint64_t i = 0; i < TASKS; i++) {
		alone = i;
		arithmetic(&alone); /* nobody else is left: its yields return at once */
		CHECK(alone == results[i], "task %d computed something else beside others", (int)i);
	}
}

static void tree(void *argument)
{
	uint64_t *leaves = argument, share[4];
	struct task tasks[4];

	if (*leaves == 1)
		return;
	for (int i = 0; i < 4; i++) {
		share[i] = *leaves / 4;
		CHECK(task_spawn(&tasks[i], tree, &share[i]) == 0, "spawn");
	}
	*leaves = 0;
	for (int i = 0; i < 4; i++) {
		CHECK(task_join(tasks[i]) == 0, "join");
		*leaves += share[i];
	}
}

static void tree_main(void *argument)
{
	uint64_t leaves = 4096;

	(void)argument;
	tree(&leaves);
	CHECK(leaves == 4096, "the tree has %d leaves", (int)leaves);
}

static void sleep_a_little(void *argument)
{
	uint64_t until = clock_now() + NS_PER_MS + (uint64_t)(uintptr_t)argument % 7 * 300 * NS_PER_US;

	task_sleep_until(until);
	CHECK(clock_now() >= until, "a task woke early");
}

static void sleep_main(void *argument)
{
	static struct task tasks[TASKS];

	(void)argument;
	for (uintptr_t i = 0; i < TASKS; i++)
		CHECK(task_spawn(&tasks[i], sleep_a_little, (void *)i) == 0, "spawn");
	for (int i = 0; i < TASKS; i++)
		CHECK(task_join(tasks[i]) == 0, "join");
}

struct board {
	struct semaphore master;
	struct gate gate;
	long moves;
	int masters;
};

static void take_the_master(void *argument)
{
	struct board *board = argument;

	gate_pass(&board->gate, TASKS);
	for (int i = 0; i < 5; i++) {
		semaphore_acquire(&board->master);
		CHECK(++board->masters == 1, "two tasks hold one permit");
		task_yield();
		board->masters--;
		board->moves++;
		semaphore_release(&board->master);
	}
}

static void sync_main(void *argument)
{
	static struct task tasks[TASKS];
	struct board *board = task_shared(sizeof(*board));

	(void)argument;
	CHECK(board, "no shared memory");
	semaphore_init(&board->master, 1);
	for (int i = 0; i < TASKS; i++)
		CHECK(task_spawn(&tasks[i], take_the_master, board) == 0, "spawn");
	gate_await(&board->gate, TASKS);
	CHECK(board->moves == 0, "somebody passed a closed gate");
	gate_open(&board->gate);
	for (int i = 0; i < TASKS; i++)
		CHECK(task_join(tasks[i]) == 0, "join");
	CHECK(board->moves == 5 * TASKS, "%ld moves", board->moves);
}

static void wait_for_ever(void *argument)
{
	task_wait(argument, 0);
}

static _Atomic uint32_t never;

static void deadlock_main(void *argument)
{
	struct task tasks[3];

	(void)argument;
	for (int i = 0; i < 3; i++)
		CHECK(task_spawn(&tasks[i], wait_for_ever, (void *)&never) == 0, "spawn");
	task_join(tasks[1]);
	CHECK(0, "a deadlocked task was resumed");
}

static void deadlock_in_a_child(void *argument)
{
	struct task a, b;

	(void)argument;
	CHECK(task_spawn(&a, wait_for_ever, (void *)&never) == 0, "spawn");
	CHECK(task_spawn(&b, two_turns, (void *)"xy") == 0, "spawn");
	task_wait(&never, 0); /* b ends last, and finds nobody who could run */
	CHECK(0, "a deadlocked task was resumed");
}

static void read_fully(int fd, char *buffer, size_t bytes)
{
	for (size_t done = 0; done < bytes;) {
		ssize_t count = task_read(fd, buffer + done, bytes - done);

		CHECK(count > 0, "read: %s", strerror((int)-count));
		done += (size_t)count;
	}
}

static void write_fully(int fd, const char *buffer, size_t bytes)
{
	for (size_t done = 0; done < bytes;) {
		ssize_t count = task_write(fd, buffer + done, bytes - done);

		CHECK(count > 0, "write: %s", strerror((int)-count));
		done += (size_t)count;
	}
}

static void echo(void *argument)
{
	int fd = (int)(intptr_t)argument;
	char buffer[BYTES];
	ssize_t count;

	while ((count = task_read(fd, buffer, sizeof(buffer))) > 0)
		write_fully(fd, buffer, (size_t)count);
	CHECK(count == 0, "read: %s", strerror((int)-count));
	CHECK(task_close(fd) == 0, "close");
}

static struct sockaddr_in address;

static void client(void *argument)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char sent[BYTES], back[BYTES];

	CHECK(fd >= 0 && task_adopt(fd) == 0, "no socket");
	CHECK(task_connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0, "connect");
	for (int i = 0; i < MESSAGES; i++) {
		memset(sent, i + (int)(intptr_t)argument, sizeof(sent));
		write_fully(fd, sent, sizeof(sent));
		read_fully(fd, back, sizeof(back));
		CHECK(memcmp(sent, back, sizeof(sent)) == 0, "the echo differs");
	}
	CHECK(task_close(fd) == 0, "close");
}

static int open_listener(void)
{
	struct place place = place_open();

	address = place.address;
	CHECK(task_adopt(place.listener) == 0, "adopt");
	return place.listener;
}

static void echo_main(void *argument)
{
	struct task clients[CONNECTIONS], servers[CONNECTIONS];
	int listener = open_listener();

	(void)argument;
	for (intptr_t i = 0; i < CONNECTIONS; i++)
		CHECK(task_spawn(&clients[i], client, (void *)i) == 0, "spawn");
	for (int i = 0; i < CONNECTIONS; i++) {
		int fd = task_accept(listener);

		CHECK(fd >= 0, "accept: %s", strerror(-fd));
		CHECK(task_spawn(&servers[i], echo, (void *)(intptr_t)fd) == 0, "spawn");
	}
	for (int i = 0; i < CONNECTIONS; i++)
		CHECK(task_join(clients[i]) == 0 && task_join(servers[i]) == 0, "join");
	CHECK(task_close(listener) == 0, "close");
}

/* More than the socket's buffers hold goes one way: the writer waits for the reader. */
static void flood(void *argument)
{
	static char block[1 << 16];

	for (int i = 0; i < 64; i++)
		write_fully(*(int *)argument, block, sizeof(block));
	CHECK(task_close(*(int *)argument) == 0, "close");
}

static void flood_main(void *argument)
{
	static char block[10000];
	int ends[2];
	struct task writer;
	ssize_t count;
	long total = 0;

	(void)argument;
	CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0, "socketpair");
	CHECK(task_adopt(ends[0]) == 0 && task_adopt(ends[1]) == 0, "adopt");
	CHECK(task_spawn(&writer, flood, &ends[1]) == 0, "spawn");
	while ((count = task_read(ends[0], block, sizeof(block))) > 0)
		total += count;
	CHECK(count == 0 && total == 64L << 16, "%ld bytes came through", total);
	CHECK(task_join(writer) == 0 && task_close(ends[0]) == 0, "join");
}

static void read_closed(void *argument)
{
	char byte;
	int count = (int)task_read(*(int *)argument, &byte, 1);

	CHECK(count == -EBADF, "a descriptor closed under its reader gave %d", count);
}

static void errors_main(void *argument)
{
	struct sockaddr_in nobody = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int ends[2], fd = socket(AF_INET, SOCK_STREAM, 0);
	struct task reader;
	char byte = 0;

	(void)argument;
	nobody.sin_port = htons(1);
	CHECK(task_adopt(fd) == 0, "adopt");
	CHECK(task_connect(fd, (struct sockaddr *)&nobody, sizeof(nobody)) == -ECONNREFUSED, "port 1 answers");
	CHECK(task_close(fd) == 0, "close");
	CHECK(task_read(fd, &byte, 1) == -EBADF && task_adopt(-1) == -EBADF, "no descriptor");
	CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0, "socketpair");
	CHECK(task_adopt(ends[0]) == 0, "adopt");
	CHECK(task_spawn(&reader, read_closed, &ends[0]) == 0, "spawn");
	CHECK(task_close(ends[0]) == 0 && close(ends[1]) == 0, "close");
	CHECK(task_join(reader) == 0, "join");
}

static unsigned dive(unsigned depth)
{
	volatile char frame[512];

	frame[0] = (char)depth;
	return depth ? dive(depth - 1) + (unsigned)frame[0] : 0;
}

static void dive_too_deep(void *argument)
{
	(void)argument;
	dive(1000000);
}

static void yield_once(void *argument)
{
	(void)argument;
	task_yield();
}

#if defined(LEAPS_ARE_TOLD)
/* Locals of two stacks: the first byte that is written lies beyond the guard page, in what may be another's. */
static __attribute__((noinline)) void leap(void *argument)
{
	volatile char room[2 * STACK_BYTES];

	(void)argument;
	room[0] = 1;
	CHECK(room[0] == 1, "a byte is lost");
}

static void leap_main(void *argument)
{
	struct task tasks[8];

	(void)argument;
	for (int i = 0; i < 7; i++)
		task_spawn(&tasks[i], yield_once, NULL);
	task_spawn(&tasks[7], leap, NULL);
}
#endif

static void overflow_main(void *argument)
{
	struct task task;

	(void)argument;
	task_spawn(&task, dive_too_deep, NULL);
}

/* Writes below the lower end of its stack. Not instrumented: what lies there may be another task's. */
static __attribute__((noinline, no_sanitize_address)) void overfill(size_t bytes, bool yield)
{
	volatile char *room = __builtin_alloca(bytes);

	for (size_t i = 0; i < bytes; i++)
		room[i] = 1;
	if (yield)
		task_yield();
}

static size_t overflowing; /* bytes */

static void overfill_and_end(void *argument)
{
	(void)argument;
	overfill(overflowing, false);
}

static void overfill_and_yield(void *argument)
{
	(void)argument;
	overfill(overflowing, true);
}

/* The second task overflows into the stack of the first one, which waits. */
static void overflow_beside_main(void *argument)
{
	struct task tasks[2];

	(void)argument;
	task_spawn(&tasks[0], yield_once, NULL);
	task_spawn(&tasks[1], overfill_and_end, NULL);
}

/* The other one goes on first. */
static void overflow_of_another_main(void *argument)
{
	struct task tasks[2];

	(void)argument;
	task_spawn(&tasks[0], yield_once, NULL);
	task_spawn(&tasks[1], overfill_and_yield, NULL);
	task_join(tasks[0]);
}

/* A stack that overflows ends its program with a sentence and a signal. */
static void overflow_is_told(task_function *main, const char *sentence)
{
	struct rlimit no_core = {0, 0};
	char said[1024] = "";
	int ends[2], status = 0;

	CHECK(pipe(ends) == 0, "pipe");
	pid_t child = fork();

	CHECK(child >= 0, "fork");
	if (child == 0) {
		setrlimit(RLIMIT_CORE, &no_core);
		dup2(ends[1], STDERR_FILENO);
		_exit(play(main));
	}
	close(ends[1]);
	CHECK(read(ends[0], said, sizeof(said) - 1) > 0, "the overflow was not told");
	close(ends[0]);
	CHECK(waitpid(child, &status, 0) == child && WIFSIGNALED(status), "the program went on");
	CHECK(strstr(said, sentence), "said: %s", said);
}

/* Without guards: at the guard under all of them, or by a mark, when the task ends or another one faults. */
static void overflows_without_guards_are_told(void)
{
	enum { SANITIZED = STACK_BYTES > 64 * 1024, SMALL = SANITIZED ? 8192 : 2048 };

	runtime_stack_bytes = SMALL;
	overflow_is_told(overflow_main, "task 1 overflowed its stack of");
	overflowing = SMALL + SMALL / 2;
	overflow_is_told(overflow_beside_main, "task 2 overflowed its stack of");
	if (!SANITIZED) /* which may say first that something is wrong */
		overflow_is_told(overflow_of_another_main, "some task overflowed its stack of 2 KiB");
	runtime_stack_bytes = 0;
	runtime_stack_unguarded = true;
	overflow_is_told(overflow_main, "task 1 overflowed its stack of");
	overflowing = STACK_BYTES + 1024;
	overflow_is_told(overflow_beside_main, "task 2 overflowed its stack of");
	runtime_stack_unguarded = false;
}

int main(void)
{
	static task_function *const plays[] = {order_main, arithmetic_main, tree_main,  sleep_main,
					       sync_main,  echo_main,       flood_main, errors_main};

	for (size_t round = 0; round < 2; round++)
		for (size_t i = 0; i < sizeof(plays) / sizeof(plays[0]); i++) {
			memset(log_of_turns, 0, sizeof(log_of_turns));
			CHECK(play(plays[i]) == 0, "play %zu failed in round %zu", i, round);
		}
	CHECK(play(deadlock_main) == -EDEADLK, "no deadlock was told");
	CHECK(play(deadlock_in_a_child) == -EDEADLK, "no deadlock was told");
	overflow_is_told(overflow_main, "task 1 overflowed its stack");
#if defined(LEAPS_ARE_TOLD)
	overflow_is_told(leap_main, "task 8 overflowed its stack");
#endif
	overflow_is_told(dive_too_deep, "the first task overflowed its stack of");
	overflows_without_guards_are_told();
	CHECK(play(tree_main) == 0, "no play after a deadlock");
	printf("%s: all well\n", runtime.name);
	return 0;
}
