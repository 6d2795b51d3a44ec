/* invocation.c: the driver's side of an invocation: forks the warden, waits for its one frame, and believes nothing
 * else.
 *
 * If no whole frame comes, for whatever reason, the warden is killed; what it had started are then children of this
 * process, a subreaper too, and are killed as well. Every path ends with the warden reaped and the socket closed. */
#include "invocation.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../runtimes/clock.h"
#include "clean.h"
#include "descendants.h"
#include "record.h"
#include "warden.h"

/* How often *stop is looked at where no signal cuts the wait short. */
enum { STOP_POLL_MS = 50 };

/* What a warden may take beyond the time limit, or after it was told to stop, before it is taken for stuck itself. */
#define WARDEN_SLACK_NS (WARDEN_KILL_NS + NS_PER_S)

struct watch {
	const struct invocation_plan *plan;
	int socket;
	pid_t warden;
	uint64_t deadline;
	bool stopped;
};

static bool stop_asked(const struct invocation_plan *plan)
{
	return plan->stop && *plan->stop;
}

/* The warden takes the end of what we write for the order to end everything. */
static void tell_to_stop(struct watch *watch)
{
	shutdown(watch->socket, SHUT_WR);
	watch->stopped = true;
	watch->deadline = clock_now() + WARDEN_SLACK_NS;
}

/* 0, or -EPIPE where the warden ended early, or -ETIMEDOUT. */
static int receive(struct watch *watch, void *into, size_t size)
{
	size_t done = 0;

	while (done < size) {
		struct pollfd ready = {.fd = watch->socket, .events = POLLIN};
		ssize_t got;

		if (!watch->stopped && stop_asked(watch->plan))
			tell_to_stop(watch);
		if (clock_now() >= watch->deadline)
			return -ETIMEDOUT;
		if (poll(&ready, 1, STOP_POLL_MS) <= 0)
			continue;
		got = recv(watch->socket, (char *)into + done, size - done, MSG_DONTWAIT);
		if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR))
			return -EPIPE;
		done += got > 0 ? (size_t)got : 0;
	}
	return 0;
}

static int receive_text(struct watch *watch, uint32_t length, uint32_t most, char **text)
{
	if (length == WARDEN_ABSENT)
		return 0;
	if (length > most)
		return -EPROTO;
	free(*text);
	*text = calloc((size_t)length + 1, 1);
	return *text ? receive(watch, *text, length) : -ENOMEM;
}

static int receive_result(struct watch *watch, struct invocation_result *result)
{
	struct warden_frame frame;
	int error = receive(watch, &frame, sizeof(frame));

	if (error)
		return error;
	if (frame.magic != WARDEN_MAGIC || frame.status < INVOCATION_OK || frame.status > INVOCATION_INTERRUPTED)
		return -EPROTO;
	error = receive_text(watch, frame.lengths[WARDEN_OUTPUT], RECORD_BYTES_MAX, &result->output);
	if (!error)
		error = receive_text(watch, frame.lengths[WARDEN_LOAD_OUTPUT], RECORD_BYTES_MAX, &result->load_output);
	if (!error)
		error = receive_text(watch, frame.lengths[WARDEN_MESSAGES], WARDEN_MESSAGES_MAX, &result->messages);
	if (error)
		return error;
	result->status = (enum invocation_status)frame.status;
	result->exit_status = frame.exit_status;
	result->leftover = frame.leftover;
	result->elapsed_ns = frame.elapsed_ns;
	memcpy(result->reason, frame.reason, sizeof(result->reason));
	result->reason[sizeof(result->reason) - 1] = '\0';
	return 0;
}

/* The frame is complete or will never be: in both cases the warden's work is over. */
static void end_warden(const struct watch *watch)
{
	kill(watch->warden, SIGKILL);
	while (waitpid(watch->warden, NULL, 0) < 0 && errno == EINTR)
		;
}

static void result_lost(struct invocation_result *result, const struct watch *watch, uint64_t started, int error)
{
	free(result->output);
	free(result->load_output);
	result->output = result->load_output = NULL;
	result->status = watch->stopped ? INVOCATION_INTERRUPTED : INVOCATION_FAILED;
	result->elapsed_ns = clock_now() - started;
	snprintf(result->reason, sizeof(result->reason), "was ended, because its warden %s",
		 error == -ETIMEDOUT ? "did not answer any more" : "ended without a result");
}

static pid_t fork_warden(const struct invocation_plan *plan, int sockets[2])
{
	pid_t driver = getpid(), warden;
	sigset_t all, old;

	/* The caller's handlers must not run in the child: it keeps all signals blocked and reads its own from a
	 * signalfd. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	warden = fork();
	if (warden == 0) {
		close(sockets[0]);
		warden_main(plan, sockets[1], driver);
	}
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return warden;
}

static void attend(struct watch *watch, const struct process_list *before, struct invocation_result *result)
{
	uint64_t started = clock_now();
	int error;

	watch->deadline = started + watch->plan->timeout_ns + WARDEN_SLACK_NS;
	error = receive_result(watch, result);
	end_warden(watch);
	if (error) {
		result_lost(result, watch, started, error);
		descendants_kill(before, clock_now() + WARDEN_KILL_NS);
	}
}

int invocation_play(const struct invocation_plan *plan, struct invocation_result *result)
{
	struct process_list before = {0};
	struct watch watch = {.plan = plan};
	int sockets[2], error = 0;

	*result = (struct invocation_result){.status = INVOCATION_INTERRUPTED, .reason = "was interrupted"};
	result->messages = calloc(1, 1);
	if (!result->messages)
		return -ENOMEM;
	if (stop_asked(plan))
		return 0;
	if (prctl(PR_SET_CHILD_SUBREAPER, 1) < 0)
		return -errno;
	error = children_append(&before, getpid());
	if (error)
		goto out_list;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) < 0) {
		error = -errno;
		goto out_list;
	}
	watch.socket = sockets[0];
	watch.warden = fork_warden(plan, sockets);
	error = watch.warden < 0 ? -errno : 0;
	close(sockets[1]);
	if (!error)
		attend(&watch, &before, result);
	close(sockets[0]);
out_list:
	process_list_clear(&before);
	return error;
}

void invocation_clear(struct invocation_result *result)
{
	free(result->output);
	free(result->load_output);
	free(result->messages);
	result->output = result->load_output = result->messages = NULL;
}
