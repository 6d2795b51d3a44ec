/* supervision.c: see supervision.h. The handler calls only what is async-signal-safe. */
#include "supervision.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../check.h"

/* What the handler reads is written while SIGCHLD is blocked, or where there is no supervisor that was not sent home.
 */
static struct {
	const char *who;
	pid_t supervisor; /* 0: there is none */
	const _Atomic uint32_t *ending;
	struct sigaction before;
} supervision;

static void say(const char *text)
{
	(void)!write(STDERR_FILENO, text, strlen(text)); /* there is no other way to tell */
}

/* A child of this process has ended. */
static void on_child(int signal)
{
	siginfo_t info = {.si_pid = 0};
	int error = errno;

	(void)signal;
	if (supervision.supervisor && !atomic_load(supervision.ending) &&
	    waitid(P_PID, (id_t)supervision.supervisor, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid) {
		say(supervision.who);
		say(": the supervisor of the workers was ended, and they with it: the run ends\n");
		_exit(EXIT_FAILURE);
	}
	errno = error;
}

void supervision_open(const char *who)
{
	/* On the alternate stack, if there is one: that of a task may be a small one. */
	const struct sigaction watching = {.sa_handler = on_child, .sa_flags = SA_RESTART | SA_NOCLDSTOP | SA_ONSTACK};

	supervision.who = who;
	supervision.supervisor = 0;
	/* SIG_IGN, which a program inherits from its parent, would have the kernel reap the supervisor. */
	CHECK(sigaction(SIGCHLD, &watching, &supervision.before) == 0, "%s: cannot set SIGCHLD: %s", who,
	      strerror(errno));
}

void supervision_close(void)
{
	CHECK(sigaction(SIGCHLD, &supervision.before, NULL) == 0, "%s: cannot restore SIGCHLD: %s", supervision.who,
	      strerror(errno));
}

void supervision_die_with(pid_t parent)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(EXIT_FAILURE);
}

static void hold_sigchld(int how)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigprocmask(how, &set, NULL);
}

static _Noreturn void begin(pid_t parent, void (*supervise)(void))
{
	supervision_die_with(parent);
	signal(SIGCHLD, SIG_DFL);
	hold_sigchld(SIG_UNBLOCK);
	supervise();
	abort(); /* it does not return */
}

/* No stack of its own: as fork(). The order of the other arguments, all 0, differs between machines. */
pid_t supervision_fork_sharing_descriptors(void)
{
	return (pid_t)syscall(SYS_clone, CLONE_FILES | SIGCHLD, 0L, 0L, 0L, 0L);
}

int supervision_fork(pid_t (*forks)(void), void (*supervise)(void), const _Atomic uint32_t *ending)
{
	pid_t parent = getpid(), supervisor;
	int error;

	if (__fpending(stdout) > 0)
		fflush(stdout); /* or a task that prints and flushes would print it once more */
	supervision.ending = ending;
	hold_sigchld(SIG_BLOCK); /* until it is known whose end is told */
	supervisor = forks();
	if (supervisor == 0)
		begin(parent, supervise);
	error = supervisor < 0 ? -errno : 0;
	supervision.supervisor = error < 0 ? 0 : supervisor;
	hold_sigchld(SIG_UNBLOCK);
	return error;
}

void supervision_await_end(void)
{
	while (waitpid(supervision.supervisor, NULL, 0) < 0)
		CHECK(errno == EINTR, "%s: cannot wait for the supervisor: %s", supervision.who, strerror(errno));
	supervision.supervisor = 0;
}
