/* contract.c: main() of the contract test and what its parts share; see contract.h.
 *
 * The verdict lies in a mapping that forked tasks inherit, so that an EXPECT() that fails anywhere is seen. Only the
 * first failure is kept; each is printed as it happens. */
#include "contract.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../check.h"

enum { SKIPPED = 77 }; /* exit status */

static struct verdict {
	_Atomic int line; /* of the first EXPECT() that failed; 0 while there is none */
} * verdict;

bool expect(bool condition, const char *text, const char *file, int line)
{
	int none = 0;

	if (!condition && atomic_compare_exchange_strong(&verdict->line, &none, line))
		fprintf(stderr, "%s:%d: not so: %s\n", file, line, text);
	return condition;
}

int play_for_result(task_function *main, void *argument)
{
	int result, line;

	atomic_store(&verdict->line, 0);
	result = task_run(main, argument);
	line = atomic_load(&verdict->line);
	if (line != 0)
		fail_msg("an EXPECT() failed, the first in line %d", line);
	return result;
}

void play(task_function *main, void *argument)
{
	assert_int_equal(play_for_result(main, argument), 0);
}

void needs(unsigned capabilities, const char *reason)
{
	if (capable(capabilities))
		return;
	print_message("not for %s: %s\n", runtime.name, reason);
	skip();
}

void needs_lack_of(unsigned capability, const char *reason)
{
	if (!capable(capability))
		return;
	print_message("not for %s: %s\n", runtime.name, reason);
	skip();
}

struct task spawn(task_function *function, void *argument)
{
	struct task task;
	int error = task_spawn(&task, function, argument);

	CHECK(error == 0, "a task cannot be spawned: %s", strerror(-error));
	return task;
}

void join(struct task task)
{
	EXPECT(task_join(task) == 0);
}

void *shared(size_t bytes)
{
	void *memory = task_shared(bytes);

	CHECK(memory, "no shared memory of %zu bytes", bytes);
	return memory;
}

pid_t helper_start(void (*body)(void *), void *argument)
{
	pid_t helper;

	fflush(NULL);
	helper = fork();
	CHECK(helper >= 0, "cannot fork a helper: %s", strerror(errno));
	if (helper == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		body(argument);
		fflush(NULL);
		_exit(EXIT_SUCCESS);
	}
	return helper;
}

int helper_end(pid_t helper)
{
	int status;

	while (waitpid(helper, &status, 0) < 0)
		CHECK(errno == EINTR, "cannot wait for a helper: %s", strerror(errno));
	return status;
}

struct redirection {
	int fd;
	int pipe[2];
	void (*body)(void *);
	void *argument;
};

static void run_redirected(void *argument)
{
	struct redirection *redirection = argument;

	close(redirection->pipe[0]);
	dup2(redirection->pipe[1], redirection->fd);
	close(redirection->pipe[1]);
	redirection->body(redirection->argument);
}

static char *read_all(int fd)
{
	char *text = NULL;
	size_t length = 0;
	FILE *stream = open_memstream(&text, &length);
	char buffer[4096];
	ssize_t got;

	CHECK(stream, "out of memory");
	while ((got = read(fd, buffer, sizeof(buffer))) > 0)
		fwrite(buffer, 1, (size_t)got, stream);
	fclose(stream);
	return text;
}

char *output_of(int fd, void (*body)(void *), void *argument)
{
	struct redirection redirection = {.fd = fd, .body = body, .argument = argument};
	pid_t helper;
	char *text;

	CHECK(pipe(redirection.pipe) == 0, "cannot make a pipe: %s", strerror(errno));
	helper = helper_start(run_redirected, &redirection);
	close(redirection.pipe[1]);
	text = read_all(redirection.pipe[0]);
	close(redirection.pipe[0]);
	assert_int_equal(helper_end(helper), 0);
	return text;
}

/* contract [PATTERN]: skips the tests of that name, for a library that cannot do what they ask. */
static void do_nothing(void *argument)
{
	(void)argument;
}

/* Whether this machine lacks what the runtime needs, or forbids it. */
static bool cannot_run(void)
{
	if (task_run(do_nothing, NULL) == 0 || !runtime_obstacle[0])
		return false;
	print_message("%s cannot run on this machine: %s\n", runtime.name, runtime_obstacle);
	return true;
}

int main(int argc, char **argv)
{
	if (argc > 1)
		cmocka_set_skip_filter(argv[1]);
	setvbuf(stdout, NULL, _IOLBF, 0); /* the test that hangs has then been named */
	verdict = mmap(NULL, sizeof(*verdict), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CHECK(verdict != MAP_FAILED, "no memory for the verdict: %s", strerror(errno));
	if (capable(RUNTIME_POOLED))
		runtime_workers = CONTRACT_WORKERS; /* so many that no task waits for one that cannot begin */
	print_message("runtime %s: %s\n", runtime.name, runtime.model);
	if (cannot_run())
		return SKIPPED;
	return run_task_tests() + run_time_tests() + run_wait_tests() + run_limit_tests() + run_pool_tests() +
	       run_file_tests() + (capable(RUNTIME_NO_SOCKETS) ? 0 : run_socket_tests());
}
