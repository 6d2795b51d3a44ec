/* program.c: fork, exec and two pipes.
 *
 * Between fork and exec there is only one thread and no shared memory, so the child may call what it likes; it leaves
 * by exec or _exit and tells why through a pipe that exec closes. */
#include "program.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clean.h"
#include "record.h"

enum { PIPE_OUTPUT, PIPE_ERRORS, PIPE_REPORT, PIPES };

enum step { STEP_PREPARE, STEP_BIND, STEP_EXEC };

/* What the child says where it cannot become the program; smaller than PIPE_BUF, so it comes whole. */
struct report {
	enum step step;
	int error;
};

static const char *const step_texts[] = {
	[STEP_PREPARE] = "could not be prepared",
	[STEP_BIND] = "could not be bound to its cores",
	[STEP_EXEC] = "could not be started",
};

static void pipes_close(int pipes[PIPES][2])
{
	for (int i = 0; i < PIPES; i++)
		for (int end = 0; end < 2; end++)
			if (pipes[i][end] >= 0)
				close(pipes[i][end]);
}

static int pipes_open(int pipes[PIPES][2])
{
	memset(pipes, -1, sizeof(int[PIPES][2]));
	for (int i = 0; i < PIPES; i++) {
		if (pipe2(pipes[i], O_CLOEXEC) < 0) {
			int error = errno;

			pipes_close(pipes);
			return -error;
		}
	}
	return 0;
}

/* Ours from now on, and never waited for. */
static int keep_end(int *end)
{
	int kept = *end;

	fcntl(kept, F_SETFL, O_NONBLOCK);
	*end = -1;
	return kept;
}

static int bind_here(const struct program_place *place)
{
	if (!place->topology || !place->cores || !hwloc_topology_is_thissystem(place->topology))
		return 0;
	return hwloc_set_cpubind(place->topology, place->cores, HWLOC_CPUBIND_THREAD);
}

/* Own session, ended with the warden, streams in place; the warden has no other descriptor that outlives exec.
 * Negative, and errno, on failure. */
static int prepare(int pipes[PIPES][2], pid_t warden)
{
	if (setsid() < 0 || prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
		return -1;
	/* The warden may have died before the line above: then nobody is told any more. */
	if (getppid() != warden)
		_exit(EXIT_FAILURE);
	if (dup2(pipes[PIPE_OUTPUT][1], STDOUT_FILENO) < 0)
		return -1;
	return dup2(pipes[PIPE_ERRORS][1], STDERR_FILENO);
}

static _Noreturn void become(const char *const *argv, const struct program_place *place, int pipes[PIPES][2],
			     pid_t warden)
{
	struct report report = {.step = STEP_PREPARE};
	sigset_t none;

	sigemptyset(&none);
	if (prepare(pipes, warden) < 0)
		goto out;
	report.step = STEP_BIND;
	if (bind_here(place) < 0)
		goto out;
	report.step = STEP_EXEC;
	sigprocmask(SIG_SETMASK, &none, NULL);
	execv(argv[0], (char *const *)argv);
out:
	report.error = errno;
	if (write(pipes[PIPE_REPORT][1], &report, sizeof(report)) < 0)
		_exit(EXIT_FAILURE);
	_exit(EXIT_FAILURE);
}

/* Waits until the child has become the program or has said why not. */
static int confirm(int pipe, const char *path, char reason[PROGRAM_REASON_MAX])
{
	struct report report;
	ssize_t got;

	do {
		got = read(pipe, &report, sizeof(report));
	} while (got < 0 && errno == EINTR);
	if (got != sizeof(report))
		return 0;
	snprintf(reason, PROGRAM_REASON_MAX, "%s: %s: %s", step_texts[report.step], path, strerror(report.error));
	return -report.error;
}

int program_start(struct program *program, const char *const *argv, const struct program_place *place,
		  char reason[PROGRAM_REASON_MAX])
{
	pid_t warden = getpid(), pid;
	int pipes[PIPES][2];
	int error = pipes_open(pipes);

	if (error)
		goto out;
	pid = fork();
	if (pid == 0)
		become(argv, place, pipes, warden);
	error = pid < 0 ? -errno : 0;
	if (error)
		goto out_pipes;
	program->pid = pid;
	program->output = keep_end(&pipes[PIPE_OUTPUT][0]);
	program->errors = keep_end(&pipes[PIPE_ERRORS][0]);
	close(pipes[PIPE_REPORT][1]);
	pipes[PIPE_REPORT][1] = -1;
	error = confirm(pipes[PIPE_REPORT][0], argv[0], reason);
	pipes_close(pipes);
	return error;
out_pipes:
	pipes_close(pipes);
out:
	snprintf(reason, PROGRAM_REASON_MAX, "could not be started: %s: %s", argv[0], strerror(-error));
	return error;
}

static void tail_append(struct program *program, const char *bytes, size_t count)
{
	size_t keep = PROGRAM_TAIL_MAX - count;

	if (program->tail_length > keep) {
		memmove(program->tail, program->tail + program->tail_length - keep, keep);
		program->tail_length = keep;
	}
	memcpy(program->tail + program->tail_length, bytes, count);
	program->tail_length += count;
}

/* Closes the stream at its end. Bytes read, or 0 where there is nothing now. */
static size_t read_some(int *stream, void *into, size_t size)
{
	ssize_t got;

	if (*stream < 0)
		return 0;
	got = read(*stream, into, size);
	if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) {
		close(*stream);
		*stream = -1;
	}
	return got > 0 ? (size_t)got : 0;
}

static int read_errors(struct program *program, char reason[PROGRAM_REASON_MAX])
{
	char bytes[16 * PROGRAM_TAIL_MAX];
	size_t got = read_some(&program->errors, bytes, sizeof(bytes));
	size_t keep = got < PROGRAM_TAIL_MAX ? got : PROGRAM_TAIL_MAX;

	tail_append(program, bytes + got - keep, keep);
	program->errors_total += got;
	if (program->errors_total <= PROGRAM_ERRORS_MAX)
		return got > 0;
	snprintf(reason, PROGRAM_REASON_MAX, "%sflooded standard error: more than %d MiB", program->name,
		 PROGRAM_ERRORS_MAX >> 20);
	return -EFBIG;
}

/* One byte more than may be is asked for: it tells a full record from a flood. */
static int read_output(struct program *program, char reason[PROGRAM_REASON_MAX])
{
	size_t got =
		read_some(&program->output, program->text + program->length, RECORD_BYTES_MAX + 1 - program->length);

	program->length += got;
	if (program->length <= RECORD_BYTES_MAX)
		return got > 0;
	snprintf(reason, PROGRAM_REASON_MAX, "%sflooded its output: more than %d KiB", program->name,
		 RECORD_BYTES_MAX >> 10);
	return -EFBIG;
}

int program_read(struct program *program, char reason[PROGRAM_REASON_MAX])
{
	int output = read_output(program, reason), errors;

	if (output < 0)
		return output;
	errors = read_errors(program, reason);
	return errors < 0 ? errors : output || errors;
}

static bool is_blank(const char *line, size_t length)
{
	size_t i = 0;

	while (i < length && (line[i] == ' ' || line[i] == '\t' || line[i] == '\r'))
		i++;
	return i == length;
}

bool program_next_line(struct program *program, bool all, const char **line, size_t *length)
{
	while (program->taken < program->length) {
		const char *start = program->text + program->taken;
		size_t left = program->length - program->taken;
		const char *end = memchr(start, '\n', left);

		if (!end && !all)
			return false;
		*line = start;
		*length = end ? (size_t)(end - start) : left;
		program->taken += *length + (end != NULL);
		if (!is_blank(start, *length))
			return true;
	}
	return false;
}

void program_note_end(struct program *program)
{
	siginfo_t info = {.si_pid = 0};

	if (!program->pid || program->ended)
		return;
	if (waitid(P_PID, (id_t)program->pid, &info, WEXITED | WNOHANG | WNOWAIT) < 0 || !info.si_pid)
		return;
	program->ended = true;
	program->status = info.si_code == CLD_EXITED ? W_EXITCODE(info.si_status, 0) : W_EXITCODE(0, info.si_status);
	if (info.si_code == CLD_DUMPED)
		program->status |= WCOREFLAG;
}

bool program_exited(const struct program *program, int status)
{
	return program->ended && WIFEXITED(program->status) && WEXITSTATUS(program->status) == status;
}

/* The last line of standard error that says something; its length, 0 if there is none. */
static size_t last_message(const struct program *program, const char **line)
{
	size_t end = program->tail_length, start;

	for (;;) {
		while (end && program->tail[end - 1] == '\n')
			end--;
		for (start = end; start && program->tail[start - 1] != '\n';)
			start--;
		*line = program->tail + start;
		if (!end || !is_blank(*line, end - start))
			return end - start;
		end = start;
	}
}

static void describe_signal(const struct program *program, char reason[PROGRAM_REASON_MAX])
{
	const char *name = sigabbrev_np(WTERMSIG(program->status));
	const char *dumped = WCOREDUMP(program->status) ? " (core dumped)" : "";

	if (name)
		snprintf(reason, PROGRAM_REASON_MAX, "%swas killed by SIG%s%s", program->name, name, dumped);
	else
		snprintf(reason, PROGRAM_REASON_MAX, "%swas killed by signal %d%s", program->name,
			 WTERMSIG(program->status), dumped);
}

static void describe_exit(const struct program *program, char reason[PROGRAM_REASON_MAX])
{
	static const char *const meanings[] = {
		[0] = "",
		[1] = " (it failed or its result was wrong)",
		[2] = " (it was called wrongly)",
		[3] = " without a refusal",
	};
	unsigned status = WEXITSTATUS(program->status);

	snprintf(reason, PROGRAM_REASON_MAX, "%sexited with status %u%s", program->name, status,
		 status < sizeof(meanings) / sizeof(meanings[0]) ? meanings[status] : "");
}

void program_describe_end(const struct program *program, char reason[PROGRAM_REASON_MAX])
{
	const char *line;
	size_t length = last_message(program, &line), used;

	if (WIFSIGNALED(program->status))
		describe_signal(program, reason);
	else
		describe_exit(program, reason);
	used = strlen(reason);
	if (length)
		snprintf(reason + used, PROGRAM_REASON_MAX - used, ": %.*s", (int)length, line);
}
