/* offload.c: see offload.h. A queue under a mutex; whoever submits wakes one thread.
 *
 * A process that was forked has none of its parent's threads: it starts its own. */
#include "offload.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "check.h"

static struct {
	pthread_mutex_t mutex;
	pthread_cond_t submitted;
	struct offload_channel *first, **last;
	pid_t process; /* whose threads they are */
	int threads;
} pool = {.mutex = PTHREAD_MUTEX_INITIALIZER, .submitted = PTHREAD_COND_INITIALIZER, .last = &pool.first};

static struct offload_channel *take(void)
{
	struct offload_channel *channel;

	pthread_mutex_lock(&pool.mutex);
	while (!pool.first)
		pthread_cond_wait(&pool.submitted, &pool.mutex);
	channel = pool.first;
	pool.first = channel->next;
	if (!pool.first)
		pool.last = &pool.first;
	pthread_mutex_unlock(&pool.mutex);
	return channel;
}

/* The channel may be gone once the byte is sent: nothing of it is looked at after that.
 * A bare call, since ThreadSanitizer would not see that the byte comes before the close() where io_uring receives it. */
static void *work(void *unused)
{
	for (;;) {
		struct offload_channel *channel = take();
		int other = channel->other;
		ssize_t sent;

		channel->function(channel->argument);
		atomic_store_explicit(&channel->done, true, memory_order_release); /* offload_done() */
		do
			sent = syscall(SYS_sendto, other, "", 1, MSG_NOSIGNAL, NULL, 0);
		while (sent < 0 && errno == EINTR);
	}
	return unused;
}

/* Without signals, which the threads inherit: those are for the runtime's own. And a handler may switch to another task
 * (thread-gil), which would then wait for the mutex with the interpreter's lock in hand: for an interval, and for ever
 * where ThreadSanitizer keeps the next signal back until the mutex is there. */
static void lock(sigset_t *before)
{
	sigset_t all;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, before);
	pthread_mutex_lock(&pool.mutex);
}

static void unlock(const sigset_t *before)
{
	pthread_mutex_unlock(&pool.mutex);
	pthread_sigmask(SIG_SETMASK, before, NULL);
}

/* Under lock(). 0 or -EAGAIN. */
static int start_threads(void)
{
	if (pool.process != getpid()) {
		pool.process = getpid();
		pool.threads = 0;
	}
	if (pool.threads == OFFLOAD_THREADS)
		return 0;
	while (pool.threads < OFFLOAD_THREADS) {
		pthread_t thread;

		if (pthread_create(&thread, NULL, work, NULL) != 0)
			break;
		pthread_detach(thread);
		pool.threads++;
	}
	return pool.threads > 0 ? 0 : -EAGAIN;
}

int offload_open(struct offload_channel *channel)
{
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
		return -errno;
	*channel = (struct offload_channel){.end = ends[0], .other = ends[1]};
	return 0;
}

int offload_submit(struct offload_channel *channel, void (*function)(void *argument), void *argument)
{
	sigset_t before;
	int error;

	channel->function = function;
	channel->argument = argument;
	channel->next = NULL;
	atomic_store_explicit(&channel->done, false, memory_order_relaxed); /* the mutex orders it */
	lock(&before);
	error = start_threads();
	if (error == 0) {
		*pool.last = channel;
		pool.last = &channel->next;
		pthread_cond_signal(&pool.submitted);
	}
	unlock(&before);
	return error;
}

void offload_close(struct offload_channel *channel)
{
	close(channel->other);
}
