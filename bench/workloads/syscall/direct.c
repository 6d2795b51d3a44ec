/* direct.c: the bare calls, made by the first task alone, each kind in a loop of its own.
 *
 * A loop returns how many of its calls did what they should. Nothing is measured a call: reading the clock costs as
 * much as some of them. */
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../../runtimes/clock.h"
#include "../../../runtimes/task.h"
#include "../../player/play.h"
#include "syscall.h"

/* Opened before the clock starts. */
static struct {
	int epoll, event, pipe[2];
	_Atomic uint32_t word;
	pthread_mutex_t mutex;
} object = {.mutex = PTHREAD_MUTEX_INITIALIZER};

static uint64_t loop_atomic(uint64_t calls)
{
	for (uint64_t i = 0; i < calls; i++)
		atomic_fetch_add(&object.word, 1);
	return object.word == (uint32_t)calls ? calls : 0;
}

static uint64_t loop_mutex(uint64_t calls)
{
	uint64_t done = 0;

	for (uint64_t i = 0; i < calls; i++) {
		done += pthread_mutex_lock(&object.mutex) == 0;
		pthread_mutex_unlock(&object.mutex);
	}
	return done;
}

static uint64_t loop_clock_gettime(uint64_t calls)
{
	uint64_t done = 0;

	for (uint64_t i = 0; i < calls; i++)
		done += clock_now() > 0;
	return done;
}

static uint64_t loop_getppid(uint64_t calls)
{
	uint64_t done = 0;

	for (uint64_t i = 0; i < calls; i++)
		done += getppid() >= 0; /* 0: the parent is outside of this process's namespace */
	return done;
}

static uint64_t loop_sched_yield(uint64_t calls)
{
	uint64_t done = 0;

	for (uint64_t i = 0; i < calls; i++)
		done += sched_yield() == 0;
	return done;
}

static uint64_t loop_futex(uint64_t calls)
{
	uint64_t done = 0;

	for (uint64_t i = 0; i < calls; i++)
		done += syscall(SYS_futex, &object.word, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, 1, NULL, NULL, 0) == 0;
	return done;
}

static uint64_t loop_epoll_wait(uint64_t calls)
{
	struct epoll_event event;
	uint64_t done = 0;

	for (uint64_t i = 0; i < calls; i++)
		done += epoll_wait(object.epoll, &event, 1, 0) == 0;
	return done;
}

/* Writes a number and reads it back. */
static uint64_t loop_through(int in, int out, uint64_t calls)
{
	uint64_t done = 0, number = 1;

	for (uint64_t i = 0; i < calls; i++)
		done += write(in, &number, sizeof number) == sizeof number &&
			read(out, &number, sizeof number) == sizeof number;
	return done;
}

static uint64_t loop_eventfd(uint64_t calls)
{
	return loop_through(object.event, object.event, calls);
}

static uint64_t loop_pipe(uint64_t calls)
{
	return loop_through(object.pipe[1], object.pipe[0], calls);
}

static uint64_t loop_page(uint64_t calls)
{
	uint64_t done = 0;

	for (uint64_t i = 0; i < calls; i++) {
		volatile char *page = mmap(NULL, 1, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		if (page == MAP_FAILED)
			continue;
		*page = 1;
		done += munmap((void *)page, 1) == 0;
	}
	return done;
}

static void *nothing(void *argument)
{
	return argument;
}

static uint64_t loop_thread(uint64_t calls)
{
	uint64_t done = 0;
	pthread_t thread;

	for (uint64_t i = 0; i < calls; i++)
		done += pthread_create(&thread, NULL, nothing, NULL) == 0 && pthread_join(thread, NULL) == 0;
	return done;
}

static bool ended_well(pid_t child)
{
	int status;

	return child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static uint64_t loop_vfork(uint64_t calls)
{
	volatile uint64_t done = 0; /* the child shares this frame until it exits */

	for (volatile uint64_t i = 0; i < calls; i++) {
		pid_t child = vfork();

		if (child == 0)
			_exit(EXIT_SUCCESS);
		done += ended_well(child);
	}
	return done;
}

static uint64_t loop_fork(uint64_t calls)
{
	uint64_t done = 0;

	for (uint64_t i = 0; i < calls; i++) {
		pid_t child = fork();

		if (child == 0)
			_exit(EXIT_SUCCESS);
		done += ended_well(child);
	}
	return done;
}

static uint64_t (*const loops[SYSCALL_MODES])(uint64_t calls) = {
	[SYSCALL_ATOMIC] = loop_atomic,
	[SYSCALL_MUTEX] = loop_mutex,
	[SYSCALL_CLOCK_GETTIME] = loop_clock_gettime,
	[SYSCALL_GETPPID] = loop_getppid,
	[SYSCALL_SCHED_YIELD] = loop_sched_yield,
	[SYSCALL_FUTEX] = loop_futex,
	[SYSCALL_EPOLL_WAIT] = loop_epoll_wait,
	[SYSCALL_EVENTFD] = loop_eventfd,
	[SYSCALL_PIPE] = loop_pipe,
	[SYSCALL_PAGE] = loop_page,
	[SYSCALL_THREAD] = loop_thread,
	[SYSCALL_VFORK] = loop_vfork,
	[SYSCALL_FORK] = loop_fork,
};

static void set_up(struct play *play)
{
	object.epoll = epoll_create1(EPOLL_CLOEXEC);
	object.event = eventfd(0, EFD_CLOEXEC);
	if (object.epoll < 0 || object.event < 0 || pipe2(object.pipe, O_CLOEXEC) < 0)
		play_refuse(play, "descriptors", errno);
}

static void tear_down(void)
{
	close(object.epoll);
	close(object.event);
	close(object.pipe[0]);
	close(object.pipe[1]);
}

static void syscall_main(void *argument)
{
	struct play *play = argument;
	uint64_t calls = play_value(play, SYSCALL_CALLS), begun_ns, ended_ns, done;

	set_up(play);
	begun_ns = play_begin(play);
	done = loops[play_value(play, SYSCALL_MODE)](calls);
	ended_ns = clock_now();
	play_end(play, ended_ns);
	play_audit(play, 0, done, 0, 0);
	play_figure(play, "ns_per_call", (double)(ended_ns - begun_ns) / (double)calls);
	tear_down();
}

const struct direct_body syscall_direct = {.spec = &syscall_spec, .main = syscall_main};
