/* supervisor.c: see supervisor.h. */
#include "supervisor.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../coroutine/scheduler.h"
#include "../kernel/futex.h"
#include "../kernel/supervision.h"
#include "descriptors.h"
#include "place.h"
#include "words.h"

enum { PAUSE_US = 10000 }; /* before a worker that cannot be forked is tried again */

static struct {
	pid_t *workers; /* by place; the supervisor's */
	void (*worker)(void);
} supervisor;

static int start_worker(uint32_t place)
{
	pid_t parent = getpid(), worker = fork();

	if (worker < 0)
		return -errno;
	if (worker == 0) {
		supervision_die_with(parent);
		place_here = place;
		supervisor.worker();
	}
	supervisor.workers[place] = worker;
	return 0;
}

static int start_workers(void)
{
	int error = 0;

	supervisor.workers = calloc(ground->workers + 1, sizeof(*supervisor.workers));
	if (!supervisor.workers)
		return -ENOMEM;
	for (uint32_t place = 1; place <= ground->workers && error == 0; place++)
		error = start_worker(place);
	return error;
}

static void say_how(pid_t worker, int status)
{
	static const char rest[] = "; with it end all tasks that this worker had begun";

	if (WIFEXITED(status))
		fprintf(stderr, "process-coroutine: a task in worker %d exited with status %d instead of returning%s\n",
			(int)worker, WEXITSTATUS(status), rest);
	else
		fprintf(stderr, "process-coroutine: a task in worker %d was ended by signal %d (%s)%s\n", (int)worker,
			WTERMSIG(status), strsignal(WTERMSIG(status)), rest);
}

/* First what the dead one may have held locked, then what others wait for. */
static void bury_worker(uint32_t place, int status)
{
	pid_t worker = supervisor.workers[place];

	supervisor.workers[place] = 0;
	if (atomic_load(&ground->ending))
		return; /* it went home, in a deadlock with tasks that it had begun */
	if (place_is_busy(place))
		say_how(worker, status);  /* before the joiner knows */
	atomic_store(&ground->buried, 0); /* before the successor answers the census */
	words_bury(place);
	place_crash_jobs(place);
	descriptors_bury(place);
	while (!atomic_load(&ground->ending) && start_worker(place) < 0)
		usleep(PAUSE_US);
	atomic_fetch_add(&ground->deaths, 1);
	place_notify_all();
	atomic_store(&ground->buried, atomic_load(&ground->round));
}

static uint32_t place_of(pid_t worker)
{
	uint32_t place = 1;

	while (place <= ground->workers && supervisor.workers[place] != worker)
		place++;
	return place;
}

/* Until the last worker has ended. */
static void watch_workers(void)
{
	pid_t worker;
	int status;

	while ((worker = waitpid(-1, &status, 0)) > 0 || errno == EINTR) {
		uint32_t place = worker > 0 ? place_of(worker) : ground->workers + 1;

		if (place <= ground->workers)
			bury_worker(place, status);
	}
}

static void send_home(void)
{
	atomic_store(&ground->ending, 1);
	place_notify_all();
}

static void supervise(void)
{
	place_here = ground->workers + 1; /* nobody's: words.c tells it from theirs */
	coroutine_forked();
	descriptors_put_placeholders();
	ground->error = start_workers();
	if (ground->error < 0)
		send_home();
	atomic_store_explicit(&ground->started, 1, memory_order_release); /* pairs with supervisor_start() */
	futex_wake(&ground->started, 1, 0);
	watch_workers();
	_exit(EXIT_SUCCESS);
}

int supervisor_start(void (*worker)(void))
{
	int error;

	supervisor.worker = worker;
	error = supervision_fork(fork, supervise, &ground->ending);
	if (error < 0)
		return error;
	while (atomic_load_explicit(&ground->started, memory_order_acquire) == 0)
		futex_wait(&ground->started, 0, 0);
	if (ground->error < 0)
		supervision_await_end();
	return ground->error;
}

void supervisor_end(void)
{
	send_home();
	supervision_await_end();
}
