/* warden.c: the process beside one play: starts, reads, watches the time, ends everything, judges, hands the result
 * back.
 *
 * All signals stay blocked; SIGCHLD and SIGTERM are read from a descriptor. The first decision stands. Nothing is
 * judged before every descendant has ended and the streams are empty, so a descriptor that somebody keeps open holds
 * nothing up. */
#include "warden.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../runtimes/clock.h"
#include "clean.h"
#include "descendants.h"
#include "program.h"
#include "record.h"

/* How long helpers of a player may take to notice its end (Python's resource tracker does), and a player to end of what
 * also made its load fail. */
#define LINGER_NS (100 * NS_PER_MS)
#define LINGER_STEP_NS (2 * NS_PER_MS)

enum { ARGUMENT_MAX = 24, REPORTED_PORT_MAX = 65535 };

struct warden {
	const struct invocation_plan *plan;
	int driver_socket, signals;
	pid_t driver;
	struct program player, load;
	uint64_t started, deadline;
	bool decided;
	const char *output, *load_output; /* lines that were accepted, within the programs' texts; NULL if none was */
	struct warden_frame frame;
};

/* Text of a line that was found to be one JSON object, as a string. */
static char *line_copy(const char *line, size_t length)
{
	return memchr(line, '\0', length) ? NULL : strndup(line, length);
}

__attribute__((format(printf, 3, 4))) static void decide(struct warden *warden, enum invocation_status status,
							 const char *format, ...)
{
	size_t size = sizeof(warden->frame.reason), length;
	va_list arguments;

	if (warden->decided)
		return;
	warden->decided = true;
	warden->frame.status = status;
	va_start(arguments, format);
	vsnprintf(warden->frame.reason, size, format, arguments);
	va_end(arguments);
	length = strlen(warden->frame.reason);
	text_clean(warden->frame.reason, length, true);
}

static void start(struct warden *warden, struct program *program, const char *const *argv, hwloc_const_cpuset_t cores)
{
	struct program_place place = {.topology = warden->plan->topology, .cores = cores};
	char reason[PROGRAM_REASON_MAX];

	if (program_start(program, argv, &place, reason))
		decide(warden, INVOCATION_FAILED, "%s%s", program->name, reason);
}

static void start_load(struct warden *warden, int port)
{
	const char *const *argv = warden->plan->load_argv;
	char port_argument[ARGUMENT_MAX], server_argument[ARGUMENT_MAX];
	const char **with_port;
	size_t count = 0;

	while (argv[count])
		count++;
	with_port = calloc(count + 3, sizeof(*with_port));
	if (!with_port) {
		decide(warden, INVOCATION_FAILED, "had no memory to start its load");
		return;
	}
	memcpy(with_port, argv, count * sizeof(*argv));
	snprintf(port_argument, sizeof(port_argument), "port=%d", port);
	with_port[count++] = port_argument;
	snprintf(server_argument, sizeof(server_argument), "server=%d", (int)warden->player.pid);
	if (warden->plan->load_reads_cpu)
		with_port[count] = server_argument;
	start(warden, &warden->load, with_port, warden->plan->load_cores);
	free(with_port);
}

/* A play that ends as it says that it listens is judged by how it ended: no load is started then. */
static void take_notice(struct warden *warden, json_int_t port)
{
	if (!warden->plan->load_argv)
		decide(warden, INVOCATION_FAILED, "says that it listens, but nothing was to be connected to it");
	else if (++warden->player.notices > 1)
		decide(warden, INVOCATION_FAILED, "said twice that it listens");
	else if (port < 1 || port > REPORTED_PORT_MAX)
		decide(warden, INVOCATION_FAILED, "says that it listens at port %lld, which cannot be",
		       (long long)port);
	else if (!warden->player.ended && !warden->decided)
		start_load(warden, (int)port);
}

/* true, and the port, if the line is a notice. */
static bool is_notice(const char *line, size_t length, json_int_t *port)
{
	char reason[REASON_MAX];
	char *text;
	json_t *json = NULL, *listening;

	if (!memmem(line, length, "\"listening\"", strlen("\"listening\"")))
		return false;
	text = line_copy(line, length);
	if (text && record_parse(text, &json, reason))
		json = NULL;
	free(text);
	listening = json_object_get(json, "listening");
	*port = json_is_integer(listening) ? json_integer_value(listening) : 0;
	json_decref(json);
	return listening != NULL;
}

static void take_lines(struct warden *warden, struct program *program, bool all)
{
	const char *line;
	size_t length;
	json_int_t port;

	while (program_next_line(program, all, &line, &length)) {
		if (program == &warden->player && is_notice(line, length, &port)) {
			take_notice(warden, port);
		} else if (program->lines++ == 0) {
			program->line = line;
			program->line_length = length;
		}
	}
}

/* With `all`, to the end: only when nobody is left to write. */
static void read_program(struct warden *warden, struct program *program, bool all)
{
	char reason[PROGRAM_REASON_MAX];
	int got;

	if (!program->pid)
		return;
	do {
		got = program_read(program, reason);
	} while (all && got > 0);
	if (got < 0)
		decide(warden, INVOCATION_FAILED, "%s", reason);
	take_lines(warden, program, all);
}

/* Orphans that have ended are reaped as they come, as init would; player and load are only noted. */
static void note_ends(struct warden *warden)
{
	program_note_end(&warden->load);
	while (!warden->player.ended) {
		siginfo_t info = {.si_pid = 0};

		if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) < 0 || !info.si_pid)
			return;
		if (info.si_pid == warden->player.pid)
			program_note_end(&warden->player);
		else if (info.si_pid == warden->load.pid)
			break;
		else
			waitpid(info.si_pid, NULL, 0);
	}
	/* A load that has ended hides those behind it. */
	program_note_end(&warden->player);
}

/* SIGTERM comes from the kernel when the driver has died, and from a stranger otherwise: that one does not count. */
static void take_signals(struct warden *warden)
{
	struct signalfd_siginfo signal;

	while (read(warden->signals, &signal, sizeof(signal)) == sizeof(signal))
		if (signal.ssi_signo == SIGTERM && getppid() != warden->driver)
			decide(warden, INVOCATION_INTERRUPTED, "was interrupted");
	note_ends(warden);
}

static void attend(struct warden *warden, uint64_t until)
{
	struct pollfd ready[] = {
		{.fd = warden->driver_socket, .events = POLLIN | POLLRDHUP},
		{.fd = warden->signals, .events = POLLIN},
		{.fd = warden->player.output, .events = POLLIN},
		{.fd = warden->player.errors, .events = POLLIN},
		{.fd = warden->load.output, .events = POLLIN},
		{.fd = warden->load.errors, .events = POLLIN},
	};
	uint64_t now = clock_now();
	struct timespec left = timespec_from_ns(until > now ? until - now : 0);

	if (ppoll(ready, sizeof(ready) / sizeof(ready[0]), &left, NULL) <= 0)
		return;
	if (ready[0].revents)
		decide(warden, INVOCATION_INTERRUPTED, "was interrupted");
	if (ready[1].revents)
		take_signals(warden);
	read_program(warden, &warden->player, false);
	read_program(warden, &warden->load, false);
}

static bool load_failed(const struct warden *warden)
{
	return warden->load.ended && !program_exited(&warden->load, EXIT_SUCCESS);
}

static bool is_over(const struct warden *warden)
{
	if (warden->decided)
		return true;
	if (!warden->player.ended)
		return false;
	return !warden->load.pid || warden->load.ended || !program_exited(&warden->player, EXIT_SUCCESS);
}

static void time_is_up(struct warden *warden)
{
	const struct program *late = warden->player.ended ? &warden->load : &warden->player;
	char limit[TEXT_DURATION_MAX];

	text_duration((double)warden->plan->timeout_ns, limit);
	decide(warden, INVOCATION_FAILED, "%sdid not end within %s", late->name, limit);
}

static void watch(struct warden *warden)
{
	uint64_t failed_at = 0;

	while (!is_over(warden)) {
		uint64_t until = warden->deadline, now;

		/* A server that crashes makes its load fail too, and may be seen to end after it: wait a little for the
		 * cause. */
		if (failed_at && failed_at + LINGER_NS < until)
			until = failed_at + LINGER_NS;
		attend(warden, until);
		now = clock_now();
		if (load_failed(warden) && !failed_at)
			failed_at = now;
		if (failed_at && now >= failed_at + LINGER_NS)
			return;
		if (now >= warden->deadline && !is_over(warden))
			time_is_up(warden);
	}
}

/* Descendants that outlive the player, its load aside, and the time that they are given. */
static void count_leftover(struct warden *warden)
{
	pid_t own[] = {warden->player.pid, warden->load.pid};
	const struct process_list spared = {.pids = own, .count = 2};
	uint64_t now = clock_now(), until = now + LINGER_NS;

	if (warden->decided || !warden->player.ended)
		return;
	while (descendants_remain(&spared)) {
		if (now >= until) {
			warden->frame.leftover = descendants_count(warden->load.pid);
			/* Somebody was there: whoever forks and ends faster than we look cannot be counted. */
			if (!warden->frame.leftover)
				warden->frame.leftover = 1;
			return;
		}
		attend(warden, now + LINGER_STEP_NS);
		now = clock_now();
	}
}

/* The groups first: one kill reaches all of a group at once, forking or not. Then whoever has left them. */
static void end_all(struct warden *warden)
{
	unsigned immortal;

	if (warden->player.pid)
		kill(-warden->player.pid, SIGKILL);
	if (warden->load.pid)
		kill(-warden->load.pid, SIGKILL);
	immortal = descendants_kill(NULL, clock_now() + WARDEN_KILL_NS);
	if (immortal)
		decide(warden, INVOCATION_FAILED, "left %u process%s behind that cannot be ended", immortal,
		       immortal == 1 ? "" : "es");
	read_program(warden, &warden->player, true);
	read_program(warden, &warden->load, true);
}

/* A new reference to what the program's only line says; NULL after a decision. */
static json_t *only_line(struct warden *warden, const struct program *program)
{
	char reason[REASON_MAX];
	json_t *json = NULL;
	char *text;

	if (program->lines != 1) {
		decide(warden, INVOCATION_FAILED,
		       program->lines ? "%sprinted %u lines where one was due" : "%sprinted no record", program->name,
		       program->lines);
		return NULL;
	}
	text = line_copy(program->line, program->line_length);
	if (!text)
		decide(warden, INVOCATION_FAILED, "%sprinted a zero byte", program->name);
	else if (record_parse(text, &json, reason))
		decide(warden, INVOCATION_FAILED, "%sprinted what is no record: %s", program->name, reason);
	free(text);
	return json;
}

/* Exit status 0 goes with a record, 3 with a refusal, and nothing else is either. */
static void judge_program(struct warden *warden, const struct program *program, const char **accepted)
{
	char reason[PROGRAM_REASON_MAX];
	const char *refusal;
	bool refuses = program_exited(program, 3) && program->lines;
	json_t *json;

	if (!refuses && !program_exited(program, EXIT_SUCCESS)) {
		program_describe_end(program, reason);
		decide(warden, INVOCATION_FAILED, "%s", reason);
		return;
	}
	json = only_line(warden, program);
	refusal = record_refusal(json);
	if (json)
		*accepted = program->line;
	if (refuses && refusal)
		decide(warden, INVOCATION_REFUSED, "%s%s", program->name, refusal);
	else if (refuses)
		decide(warden, INVOCATION_FAILED, "%sexited with status 3 but its line is no refusal", program->name);
	else if (refusal)
		decide(warden, INVOCATION_FAILED, "%srefused but exited with status 0", program->name);
	json_decref(json);
}

/* The player's own end first, since a load fails with its server; but a load that refused or failed ends a player that
 * had not. */
static void judge(struct warden *warden)
{
	unsigned leftover = warden->frame.leftover;

	if (warden->player.ended && !warden->decided)
		judge_program(warden, &warden->player, &warden->output);
	if (leftover && !warden->decided)
		decide(warden, INVOCATION_FAILED, "left %u process%s behind", leftover, leftover == 1 ? "" : "es");
	if (warden->load.ended && !warden->decided) {
		judge_program(warden, &warden->load, &warden->load_output);
		if (warden->decided && warden->frame.status == INVOCATION_REFUSED)
			warden->output = warden->load_output;
	}
	if (warden->plan->load_argv && !warden->load.pid && !warden->decided)
		decide(warden, INVOCATION_FAILED, "ended without waiting for its load");
}

static void send_all(const struct warden *warden, const void *from, size_t size)
{
	size_t done = 0;

	while (done < size) {
		ssize_t sent = send(warden->driver_socket, (const char *)from + done, size - done, MSG_NOSIGNAL);

		/* Nobody is there to be told any more. */
		if (sent < 0 && errno != EINTR)
			_exit(EXIT_FAILURE);
		done += sent > 0 ? (size_t)sent : 0;
	}
}

static size_t messages_join(struct warden *warden, char messages[WARDEN_MESSAGES_MAX + 1])
{
	size_t length = warden->player.tail_length;

	memcpy(messages, warden->player.tail, length);
	memcpy(messages + length, warden->load.tail, warden->load.tail_length);
	return text_clean(messages, length + warden->load.tail_length, false);
}

static void send_result(struct warden *warden)
{
	char messages[WARDEN_MESSAGES_MAX + 1];
	const char *texts[WARDEN_TEXTS] = {warden->output, warden->load_output, messages};
	uint32_t *lengths = warden->frame.lengths;

	lengths[WARDEN_OUTPUT] = (uint32_t)warden->player.line_length;
	if (warden->output && warden->output == warden->load_output) {
		lengths[WARDEN_OUTPUT] = (uint32_t)warden->load.line_length;
		texts[WARDEN_LOAD_OUTPUT] = NULL;
	}
	lengths[WARDEN_LOAD_OUTPUT] = (uint32_t)warden->load.line_length;
	lengths[WARDEN_MESSAGES] = (uint32_t)messages_join(warden, messages);
	for (int i = 0; i < WARDEN_TEXTS; i++)
		if (!texts[i])
			lengths[i] = WARDEN_ABSENT;
	send_all(warden, &warden->frame, sizeof(warden->frame));
	for (int i = 0; i < WARDEN_TEXTS; i++)
		if (texts[i])
			send_all(warden, texts[i], lengths[i]);
}

/* Descriptors: /dev/null for input and output, standard error as it was, the socket. */
static int descriptors_set_up(int socket)
{
	int kept = fcntl(socket, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	int null = open("/dev/null", O_RDWR);

	if (kept < 0 || null < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(null, STDOUT_FILENO) < 0)
		return -1;
	if (fcntl(STDERR_FILENO, F_GETFD) < 0 && dup2(null, STDERR_FILENO) < 0)
		return -1;
	if (kept > STDERR_FILENO + 1)
		close_range(STDERR_FILENO + 1, (unsigned)kept - 1, 0);
	close_range((unsigned)kept + 1, ~0U, 0);
	return kept;
}

static int signals_open(void)
{
	sigset_t watched;

	for (int number = 1; number < NSIG; number++)
		signal(number, SIG_DFL);
	sigemptyset(&watched);
	sigaddset(&watched, SIGCHLD);
	sigaddset(&watched, SIGTERM);
	return signalfd(-1, &watched, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* Out of the driver's session and with its own way to learn of the driver's death. 0 or -1. */
static int set_up(struct warden *warden, int socket)
{
	setsid();
	warden->driver_socket = descriptors_set_up(socket);
	warden->signals = signals_open();
	warden->player.text = malloc(RECORD_BYTES_MAX + 1);
	warden->load.text = malloc(RECORD_BYTES_MAX + 1);
	if (warden->driver_socket < 0 || warden->signals < 0 || !warden->player.text || !warden->load.text)
		return -1;
	if (prctl(PR_SET_CHILD_SUBREAPER, 1) < 0 || prctl(PR_SET_PDEATHSIG, SIGTERM) < 0)
		return -1;
	/* The driver may have died before the line above. */
	return getppid() == warden->driver ? 0 : -1;
}

_Noreturn void warden_main(const struct invocation_plan *plan, int socket, pid_t driver)
{
	struct warden warden = {
		.plan = plan,
		.driver = driver,
		.player = {.name = "", .output = -1, .errors = -1},
		.load = {.name = "the load ", .output = -1, .errors = -1},
		.frame = {.magic = WARDEN_MAGIC, .status = INVOCATION_OK},
	};

	if (set_up(&warden, socket) < 0)
		_exit(EXIT_FAILURE);
	warden.started = clock_now();
	warden.deadline = warden.started + plan->timeout_ns;
	start(&warden, &warden.player, plan->argv, plan->cores);
	watch(&warden);
	warden.frame.elapsed_ns = clock_now() - warden.started;
	count_leftover(&warden);
	end_all(&warden);
	judge(&warden);
	warden.frame.exit_status = warden.player.ended ? warden.player.status : W_EXITCODE(0, SIGKILL);
	send_result(&warden);
	_exit(EXIT_SUCCESS);
}
