/* stealing_test.c: what the work-stealing runtime promises beyond the contract of the verbs: the deque under thieves,
 * tasks that go on in another thread, and a hundred seeded plays in a row, on one core and on two with a hog beside, in
 * which a lost wake-up shows as a test that ends by its time limit. Without cmocka: tasks must not jump, and it is
 * compiled for another processor too. */
#include "../check.h"
#include "../clock.h"
#include "../coroutine/stack.h"
#include "../runtime.h"
#include "../task.h"
#include "../work_stealing/worker.h"

#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* ThreadSanitizer takes 0.1 ms to create a task. */
#if defined(__SANITIZE_THREAD__)
#define SANITIZED_THREADS 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define SANITIZED_THREADS 1
#endif
#endif
#ifndef SANITIZED_THREADS
#define SANITIZED_THREADS 0
#endif

enum { LEAVES = SANITIZED_THREADS ? 100 : 1000 };
enum { SEEDS = 100, ITEMS = 100000, THIEVES = 2, RING = 20, LAPS = 20, MESSAGES = 20 };

/* Each item is the address of its own flag. */
static _Atomic unsigned char taken[ITEMS];
static _Atomic int found;

static void take(void *item)
{
	CHECK(atomic_fetch_add((_Atomic unsigned char *)item, 1) == 0, "an item was taken twice");
	atomic_fetch_add(&found, 1);
}

static void *steal_all(void *argument)
{
	while (atomic_load(&found) < ITEMS) {
		void *item = deque_steal(argument);

		if (item)
			take(item);
		else
			sched_yield();
	}
	return NULL;
}

/* Pushes runs of up to 40 items and pops as many, more or less, so that it is nearly empty most of the time. */
static void own(struct deque *deque)
{
	unsigned random = 1;

	for (int pushed = 0; atomic_load(&found) < ITEMS;) {
		void *item;

		random = random * 1103515245 + 12345;
		for (unsigned i = random >> 16 & 31; i > 0 && pushed < ITEMS; i--)
			deque_push(deque, (void *)&taken[pushed++]);
		for (unsigned i = random >> 24 & 31; i > 0; i--)
			if ((item = random & 64 ? deque_pop(deque) : deque_take_oldest(deque)))
				take(item);
	}
}

static void test_deque(void)
{
	pthread_t thieves[THIEVES];
	struct deque deque;

	barrier_open();
	CHECK(deque_open(&deque, false) == 0, "deque");
	for (int i = 0; i < THIEVES; i++)
		CHECK(pthread_create(&thieves[i], NULL, steal_all, &deque) == 0, "thread");
	own(&deque);
	for (int i = 0; i < THIEVES; i++)
		pthread_join(thieves[i], NULL);
	CHECK(atomic_load(&found) == ITEMS && deque_empty(&deque), "%d items were found", atomic_load(&found));
	deque_close(&deque);
}

static __attribute__((noinline)) pthread_t this_thread(void)
{
	__asm__ volatile("" ::: "memory");
	return pthread_self();
}

static _Atomic int went_on;

/* Computes until its parent has gone on, which must then be in another thread. */
static void keep_the_worker(void *argument)
{
	(void)argument;
	while (!atomic_load(&went_on))
		;
}

static void migrate_main(void *argument)
{
	int ends[2], lost = 0;
	char byte;

	(void)argument;
	CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0 && task_adopt(ends[0]) == 0, "socketpair");
	for (int i = 0; i < 20; i++) {
		pthread_t before = this_thread();
		struct task child;

		CHECK(task_read(-1, &byte, 1) == -EBADF, "no descriptor");
		atomic_store(&went_on, 0);
		CHECK(task_spawn(&child, keep_the_worker, NULL) == 0, "spawn");
		lost += pthread_equal(before, this_thread()) == 0;
		/* Errors are of the thread that it is now. */
		CHECK(task_write(ends[0], NULL, 1) == -EFAULT, "an error of another thread");
		atomic_store(&went_on, 1);
		CHECK(task_join(child) == 0, "join");
	}
	CHECK(lost == 20, "a parent went on in the thread that its child kept busy");
	CHECK(task_close(ends[0]) == 0 && close(ends[1]) == 0, "close");
}

/* Turns enough that nobody goes by the hub, and so in another order, before the play is over. */
static void forbid_looks(void)
{
	struct worker *worker = worker_here();

	worker->granted = worker->allowance = 1000;
}

static _Atomic uint32_t go;
static _Atomic int joined;

/* Ends beside a task that did not spawn it, while a thief has a claim to that one. */
static void end_in_a_dispute(void *argument)
{
	(void)argument;
	CHECK(task_wait(&go, 0) == 0, "wait");
	struct deque *deque = &worker_here()->deque;
	int64_t top = atomic_load(&deque->top);

	CHECK(top % 2 == 0 && deque_bottom(deque) == top / 2 + 1, "the first task does not lie there alone");
	atomic_store(&deque->top, top + 1); /* as deque_steal() claims; this thief comes too late */
}

static void join_who_disputes(void *argument)
{
	struct task task;

	CHECK(task_spawn(&task, end_in_a_dispute, argument) == 0, "spawn");
	atomic_store(&go, 1);
	CHECK(task_wake(&go, 1) == 1 && task_join(task) == 0, "join");
	atomic_store(&joined, 1);
}

/* The first task lies in the deque of a worker; its child waits for a grandchild. The end of that is told to the child,
 * and not to the first task, although that comes out of the deque, and out of a dispute. */
static void dispute_main(void *argument)
{
	pthread_t before = this_thread();
	struct task hog, child;

	atomic_store(&went_on, 0);
	CHECK(task_spawn(&hog, keep_the_worker, NULL) == 0, "spawn");
	CHECK(!pthread_equal(before, this_thread()), "nobody else is there to steal, and nobody is");
	forbid_looks();
	CHECK(task_spawn(&child, join_who_disputes, argument) == 0 && task_join(child) == 0, "child");
	CHECK(atomic_load(&joined) == 1, "a task was taken for the parent of one that ended");
	atomic_store(&went_on, 1);
	CHECK(task_join(hog) == 0, "join");
}

static struct sockaddr_in loopback = {.sin_family = AF_INET};

/* Two ends of a connection over TCP, which can be reset, as a socketpair cannot. */
static void connect_pair(int ends[2])
{
	socklen_t length = sizeof(loopback);
	int listener = socket(AF_INET, SOCK_STREAM, 0);

	loopback.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	ends[0] = socket(AF_INET, SOCK_STREAM, 0);
	CHECK(listener >= 0 && ends[0] >= 0, "socket");
	CHECK(bind(listener, (struct sockaddr *)&loopback, length) == 0 && listen(listener, 1) == 0, "listen");
	CHECK(getsockname(listener, (struct sockaddr *)&loopback, &length) == 0, "getsockname");
	CHECK(connect(ends[0], (struct sockaddr *)&loopback, length) == 0, "connect");
	ends[1] = accept(listener, NULL, NULL);
	CHECK(ends[1] >= 0 && close(listener) == 0, "accept");
}

static void reset(int fd)
{
	struct linger at_once = {.l_onoff = 1, .l_linger = 0};

	CHECK(setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once)) == 0 && close(fd) == 0, "reset");
}

static __attribute__((noinline)) void set_errno(int error)
{
	errno = error;
}

static _Atomic bool must_move;

/* Tries once in vain, in the first thread, and fails in the other one, after the wait within the same verb. */
static void read_until_reset(void *argument)
{
	pthread_t before = this_thread();
	char byte;
	ssize_t result = task_read(*(int *)argument, &byte, 1);

	CHECK(result == -ECONNRESET, "an error of another thread: %zd", result);
	CHECK(!atomic_load(&must_move) || !pthread_equal(before, this_thread()),
	      "the reader went on in a thread that was kept busy");
	atomic_store(&went_on, 1);
}

/* Returns whether the reader had to go on in another thread than it began in. */
static bool read_in_another_thread(void)
{
	pthread_t before;
	struct task task;
	int ends[2];
	char byte = 0;

	connect_pair(ends);
	CHECK(task_adopt(ends[0]) == 0 && write(ends[1], &byte, 1) == 1, "write");
	task_sleep_until(clock_now() + 2 * NS_PER_MS); /* somebody sees the edge ... */
	CHECK(read(ends[0], &byte, 1) == 1, "read");   /* ... and nothing is there */
	atomic_store(&went_on, 0);
	before = this_thread();
	CHECK(task_spawn(&task, read_until_reset, &ends[0]) == 0, "spawn");
	/* Otherwise it is this task that had to move. */
	atomic_store(&must_move, pthread_equal(before, this_thread()) != 0);
	set_errno(ENOTTY);
	reset(ends[1]);
	while (!atomic_load(&went_on))
		;
	CHECK(task_join(task) == 0 && task_close(ends[0]) == 0, "end");
	return atomic_load(&must_move);
}

/* What a verb reads from errno after a wait is of the thread that made the call, whatever the compiler kept. */
static void errno_main(void *argument)
{
	int moved = 0;

	(void)argument;
	for (int i = 0; i < 1000 && moved < 5; i++)
		moved += read_in_another_thread();
	CHECK(moved == 5, "no reader had to move");
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

static void child_dives_main(void *argument)
{
	struct task task;

	CHECK(task_spawn(&task, dive_too_deep, argument) == 0 && task_join(task) == 0, "spawn");
}

static void do_nothing(void *argument)
{
	(void)argument;
}

/* The second that its worker begins, be it another one than began the first. */
static void second_child_dives_main(void *argument)
{
	pthread_t before = this_thread();
	struct task task;

	CHECK(task_spawn(&task, do_nothing, NULL) == 0 && task_join(task) == 0, "spawn");
	if (!pthread_equal(before, this_thread()))
		CHECK(task_spawn(&task, do_nothing, NULL) == 0 && task_join(task) == 0, "spawn");
	child_dives_main(argument);
}

/* The first task, in the thread that called task_run(), or in another one. */
static void first_dives_main(void *argument)
{
	pthread_t before = this_thread();

	while (argument && pthread_equal(before, this_thread())) {
		struct task child;

		atomic_store(&went_on, 0);
		CHECK(task_spawn(&child, keep_the_worker, NULL) == 0, "spawn");
		if (!pthread_equal(before, this_thread()))
			break; /* the child keeps the other one */
	}
	dive_too_deep(NULL);
}

/* A stack that overflows ends its program with a sentence and SIGSEGV. */
static void test_overflow(task_function *main, void *argument, const char *sentence)
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
		_exit(task_run(main, argument));
	}
	close(ends[1]);
	CHECK(read(ends[0], said, sizeof(said) - 1) > 0, "the overflow was not told");
	close(ends[0]);
	CHECK(waitpid(child, &status, 0) == child && WIFSIGNALED(status), "the program went on");
	CHECK(strstr(said, sentence), "said: %s", said);
}

/* Writes below the lower end of its stack, where nobody is. Not instrumented: it is no memory of the task's. */
static __attribute__((noinline, no_sanitize_address)) void overfill(size_t bytes)
{
	volatile char *room = __builtin_alloca(bytes);

	for (size_t i = 0; i < bytes; i++)
		room[i] = 1;
}

enum { SMALL = STACK_BYTES > 64 * 1024 ? 8192 : 2048 };

/* Returns to its parent, or has lost it before. */
static void overfill_and_end(void *argument)
{
	overfill(runtime_stack_bytes ? SMALL + SMALL / 2 : STACK_BYTES + 1024);
	if (argument)
		task_yield();
}

static void child_overfills_main(void *argument)
{
	struct task task;

	CHECK(task_spawn(&task, overfill_and_end, argument) == 0 && task_join(task) == 0, "spawn");
}

/* Of stacks without guards: by a mark when the task ends, or by the guard under all stacks. */
static void test_overflow_without_guards(void)
{
	static const char sentence[] = "task 1 begun by worker 1 overflowed its stack of";

	runtime_stack_bytes = SMALL;
	test_overflow(child_overfills_main, NULL, sentence);
	test_overflow(child_overfills_main, (void *)1, sentence);
	test_overflow(child_dives_main, NULL, sentence);
	runtime_stack_bytes = 0;
	runtime_stack_unguarded = true;
	test_overflow(child_overfills_main, NULL, sentence);
	runtime_stack_unguarded = false;
}

/* The timer lies with the worker that the hog keeps. */
static void sleep_beside_a_hog(void *argument)
{
	(void)argument;
	task_sleep_until(clock_now() + NS_PER_MS);
	atomic_store(&went_on, 1);
}

static void hog_main(void *argument)
{
	struct task sleeper, hog;

	(void)argument;
	atomic_store(&went_on, 0);
	CHECK(task_spawn(&sleeper, sleep_beside_a_hog, NULL) == 0, "spawn");
	CHECK(task_spawn(&hog, keep_the_worker, NULL) == 0, "spawn");
	CHECK(task_join(hog) == 0 && task_join(sleeper) == 0, "join");
}

struct node {
	long first, leaves, sum;
};

static void skynet(void *argument)
{
	struct node *node = argument, below[10];
	struct task tasks[10];

	node->sum = node->first;
	if (node->leaves == 1)
		return;
	node->sum = 0;
	for (int i = 0; i < 10; i++) {
		below[i] = (struct node){.first = node->first + i * (node->leaves / 10), .leaves = node->leaves / 10};
		CHECK(task_spawn(&tasks[i], skynet, &below[i]) == 0, "spawn");
	}
	for (int i = 0; i < 10; i++) {
		CHECK(task_join(tasks[i]) == 0, "join");
		node->sum += below[i].sum;
	}
}

static void skynet_main(void *argument)
{
	struct node root = {.leaves = LEAVES};

	(void)argument;
	skynet(&root);
	CHECK(root.sum == LEAVES * (LEAVES - 1L) / 2, "the sum is %ld", root.sum);
}

static _Atomic uint32_t token[RING];

/* Waits for its word to become the lap, and hands it to the next one. */
static void pass(void *argument)
{
	uintptr_t place = (uintptr_t)argument;
	_Atomic uint32_t *own = &token[place], *next = &token[(place + 1) % RING];

	for (uint32_t lap = 1; lap <= LAPS; lap++) {
		while (atomic_load(own) < lap)
			CHECK(task_wait(own, lap - 1) == 0, "wait");
		atomic_store(next, place + 1 < RING ? lap : lap + 1);
		task_wake(next, 1);
	}
}

static void ring_main(void *argument)
{
	struct task tasks[RING];

	(void)argument;
	for (int i = 0; i < RING; i++)
		atomic_store(&token[i], 0);
	for (uintptr_t i = 0; i < RING; i++)
		CHECK(task_spawn(&tasks[i], pass, (void *)i) == 0, "spawn");
	atomic_store(&token[0], 1);
	task_wake(&token[0], 1);
	for (int i = 0; i < RING; i++)
		CHECK(task_join(tasks[i]) == 0, "join");
}

static void answer(void *argument)
{
	int fd = *(int *)argument;
	char byte;

	while (task_read(fd, &byte, 1) == 1)
		CHECK(task_write(fd, &byte, 1) == 1, "write");
	CHECK(task_close(fd) == 0, "close");
}

static void ask(void *argument)
{
	int ends[2];
	struct task other;

	(void)argument;
	CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0, "socketpair");
	CHECK(task_adopt(ends[0]) == 0 && task_adopt(ends[1]) == 0, "adopt");
	CHECK(task_spawn(&other, answer, &ends[1]) == 0, "spawn");
	for (char i = 0, byte; i < MESSAGES; i++)
		CHECK(task_write(ends[0], &i, 1) == 1 && task_read(ends[0], &byte, 1) == 1 && byte == i, "answer");
	CHECK(task_close(ends[0]) == 0 && task_join(other) == 0, "end");
}

static void ping_pong_main(void *argument)
{
	struct task tasks[4];

	for (int i = 0; i < 4; i++)
		CHECK(task_spawn(&tasks[i], ask, argument) == 0, "spawn");
	for (int i = 0; i < 4; i++)
		CHECK(task_join(tasks[i]) == 0, "join");
}

/* What the seed decides: how many workers, what is played, and the sleeps between, from which workers have to wake. */
static void mixed_main(void *argument)
{
	static task_function *const plays[] = {skynet_main, ring_main, ping_pong_main};
	unsigned seed = *(unsigned *)argument * 2654435761u;

	for (int i = 0; i < 3; i++, seed = seed * 1103515245 + 12345) {
		plays[(seed >> 16) % 3](NULL);
		if (seed >> 20 & 1)
			task_sleep_until(clock_now() + (seed >> 21) % 200 * NS_PER_US);
	}
}

static pid_t start_hog(void)
{
	pid_t hog = fork();

	CHECK(hog >= 0, "fork");
	if (hog == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (volatile unsigned long turns = 0;; turns = turns + 1)
			;
	}
	return hog;
}

static void stress(unsigned cores)
{
	cpu_set_t all, some;
	unsigned kept = 0;

	CHECK(sched_getaffinity(0, sizeof(all), &all) == 0, "affinity");
	CPU_ZERO(&some);
	for (int i = 0; i < CPU_SETSIZE && kept < cores; i++)
		if (CPU_ISSET(i, &all)) {
			CPU_SET(i, &some);
			kept++;
		}
	CHECK(sched_setaffinity(0, sizeof(some), &some) == 0, "affinity");
	pid_t hog = start_hog();

	for (unsigned seed = 0; seed < SEEDS / 2; seed++) {
		runtime_workers = 1 + seed % 4;
		CHECK(task_run(mixed_main, &seed) == 0, "seed %u", seed);
	}
	kill(hog, SIGKILL);
	waitpid(hog, NULL, 0);
	CHECK(sched_setaffinity(0, sizeof(all), &all) == 0, "affinity");
}

int main(void)
{
	runtime_workers = 2;
	test_deque();
	CHECK(task_run(migrate_main, NULL) == 0, "migration");
	CHECK(task_run(dispute_main, NULL) == 0, "dispute");
	CHECK(task_run(errno_main, NULL) == 0, "errno");
	CHECK(task_run(hog_main, NULL) == 0, "hog");
	test_overflow(child_dives_main, NULL, "task 1 begun by worker 1 overflowed its stack of");
	test_overflow(second_child_dives_main, NULL, "task 2 begun by worker ");
	test_overflow_without_guards();
	test_overflow(first_dives_main, NULL, "the first task overflowed its stack of 1024 KiB");
	test_overflow(first_dives_main, (void *)1, "the first task overflowed its stack of 1024 KiB");
	stress(1);
	stress(2);
	return 0;
}
