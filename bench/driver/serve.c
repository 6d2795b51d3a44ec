/* serve.c: the verb `simul serve`: a runtime's echo server for anybody's client, until SIGTERM.
 *
 * The server is the player itself, in a process group of its own that ends with this process. A signal to us is one
 * SIGTERM to the player, which then accepts nobody any more; when the time to drain is over, its group gets more of
 * them, which cut connections off, and at last SIGKILL. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../runtimes/clock.h"
#include "command.h"
#include "core_list.h"
#include "driver.h"
#include "players.h"
#include "verbs.h"

enum { LINE_MAX_BYTES = 4096, LOOK_MS = 100, KILL_AFTER_MS = 2000, PLAYER_REFUSED = 3 };

struct serve_options {
	struct texts workload, cores;
	const char *runtime, *address;
	uint64_t port, drain_ns;
};

#define FIELD(name) offsetof(struct serve_options, name)

static int take_port(const char *text, void *field, char reason[REASON_MAX])
{
	uint64_t *port = field;

	snprintf(reason, REASON_MAX, "it takes a port from 1 to 65535");
	return count_parse(text, port) < 0 || *port < 1 || *port > 65535 ? -EINVAL : 0;
}

static int take_address(const char *text, void *field, char reason[REASON_MAX])
{
	struct in6_addr address; /* or the shorter one */

	snprintf(reason, REASON_MAX, "it takes an IPv4 or IPv6 address in numbers, such as 127.0.0.1 or ::1");
	if (inet_pton(AF_INET, text, &address) != 1 && inet_pton(AF_INET6, text, &address) != 1)
		return -EINVAL;
	return take_text(text, field, reason);
}

static const struct command_option serve_table[] = {
	{.name = "runtime",
	 .argument = "NAME",
	 .take = take_text,
	 .field = FIELD(runtime),
	 .help = "Whose server: thread, coroutine, ... (see simul list)"},
	{.name = "port",
	 .argument = "P",
	 .take = take_port,
	 .field = FIELD(port),
	 .help = "Where to listen (default: a free port)"},
	{.name = "address",
	 .argument = "A",
	 .take = take_address,
	 .field = FIELD(address),
	 .help = "An IPv4 or IPv6 address in numbers (default: 127.0.0.1). 0.0.0.0 and :: are all of this machine's: "
		 "then anybody who reaches it is answered"},
	{.name = "cores",
	 .argument = "LIST",
	 .take = take_list,
	 .field = FIELD(cores),
	 .help = "Cores that the server may use (default: all)"},
	{.name = "drain",
	 .argument = "DURATION",
	 .take = take_duration,
	 .field = FIELD(drain_ns),
	 .help = "How long clients may take to finish after SIGTERM, before they are cut off (default: 5s)"},
	{.name = NULL},
};

static const struct command serve_command = {
	.name = "simul serve",
	.arguments = "echo",
	.field = FIELD(workload),
	.help = "Runs the echo server of a runtime for anybody's clients. Whatever a connection sends comes back on "
		"it. "
		"Prints the port, once it listens, and a sentence about what was served at the end."
		"\v"
		"Examples:\n"
		"  simul serve echo --runtime=coroutine              until Ctrl-C\n"
		"  simul serve echo --runtime=thread --port=7000 &   then: simul load --to 7000\n"
		"  simul serve echo --runtime=process --cores=0    the client has the other cores\n"
		"  echo hello | nc -N 127.0.0.1 7000\n"
		"\n"
		"SIGTERM or Ctrl-C drains: nobody is accepted any more, and connections that are there are served "
		"until their clients close them, or --drain is over.\n"
		"\n"
		"Exit status: 0 drained; 1 the server failed; 2 the call was wrong; 3 this runtime cannot serve, or "
		"not there.",
	.options = serve_table,
};

struct service {
	pid_t pid;
	int output; /* our end of its standard output */
	char line[LINE_MAX_BYTES];
	size_t length;
	bool listening, refused, ended;
	uint64_t asked_ns, drain_ns; /* when it was asked to end; 0: not yet */
};

/* ---- Starting ---- */

static void bind_to(const struct core_list *cores)
{
	unsigned most = 0;
	cpu_set_t *set;
	size_t bytes;

	for (unsigned i = 0; i < cores->count; i++)
		most = cores->items[i] > most ? cores->items[i] : most;
	set = CPU_ALLOC(most + 1);
	bytes = CPU_ALLOC_SIZE(most + 1);
	if (!set)
		_exit(DRIVER_NOTHING_DONE);
	CPU_ZERO_S(bytes, set);
	for (unsigned i = 0; i < cores->count; i++)
		CPU_SET_S(cores->items[i], bytes, set);
	if (cores->count > 0 && sched_setaffinity(0, bytes, set) < 0)
		_exit(DRIVER_NOTHING_DONE);
}

static _Noreturn void become_player(const struct player *player, char *const argv[], const struct core_list *cores,
				    int output, pid_t parent)
{
	struct sigaction ordinary = {.sa_handler = SIG_DFL};

	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(DRIVER_NOTHING_DONE);
	sigaction(SIGPIPE, &ordinary, NULL);
	sigaction(SIGXFSZ, &ordinary, NULL);
	bind_to(cores);
	dup2(output, STDOUT_FILENO);
	execv(player->path, argv);
	fprintf(stderr, "simul: serve: %s cannot be started: %s\n", player->path, strerror(errno));
	_exit(DRIVER_NOTHING_DONE);
}

static int start(struct service *service, const struct player *player, const struct serve_options *options,
		 const struct core_list *cores)
{
	char address[128], port[16];
	char *argv[] = {player->path, "serve", "echo", port, options->address ? address : NULL, NULL};
	pid_t parent = getpid();
	int ends[2];

	snprintf(address, sizeof address, "address=%s", options->address ? options->address : "");
	snprintf(port, sizeof port, "port=%u", (unsigned)options->port);
	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	fflush(NULL);
	service->pid = fork();
	if (service->pid == 0)
		become_player(player, argv, cores, ends[1], parent);
	close(ends[1]);
	service->output = ends[0];
	if (service->pid < 0)
		return -errno;
	setpgid(service->pid, service->pid); /* whoever of us comes first */
	return 0;
}

/* ---- What it says ---- */

static json_int_t count_of(const json_t *served, const char *key)
{
	return json_integer_value(json_object_get(served, key));
}

static void tell_served(const json_t *served)
{
	say("served %" JSON_INTEGER_FORMAT " connections: %" JSON_INTEGER_FORMAT " bytes came, %" JSON_INTEGER_FORMAT
	    " went back; %" JSON_INTEGER_FORMAT " connections broke, %" JSON_INTEGER_FORMAT " were turned away",
	    count_of(served, "connections"), count_of(served, "received"), count_of(served, "echoed"),
	    count_of(served, "broken"), count_of(served, "turned_away"));
}

static void take_line(struct service *service, const char *text)
{
	json_t *line = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
	json_t *port = json_object_get(line, "listening"), *served = json_object_get(line, "served");

	if (port && !service->listening) {
		service->listening = true;
		printf("%" JSON_INTEGER_FORMAT "\n", json_integer_value(port));
		fflush(stdout);
	} else if (served) {
		service->ended = true;
		tell_served(served);
	} else if (json_object_get(line, "refused")) {
		service->refused = true; /* the player has told people why */
	}
	json_decref(line);
}

/* False at the end of what it prints. */
static bool read_lines(struct service *service)
{
	ssize_t got = read(service->output, service->line + service->length, LINE_MAX_BYTES - 1 - service->length);
	char *end;

	if (got <= 0)
		return got < 0 && errno == EINTR;
	service->length += (size_t)got;
	service->line[service->length] = '\0';
	while ((end = strchr(service->line, '\n'))) {
		*end = '\0';
		take_line(service, service->line);
		service->length -= (size_t)(end + 1 - service->line);
		memmove(service->line, end + 1, service->length + 1);
	}
	return service->length < LINE_MAX_BYTES - 1;
}

/* ---- Waiting, and ending ---- */

static void ask_to_end(struct service *service)
{
	uint64_t now_ns = clock_now(), since_ns = now_ns - service->asked_ns;

	if (!stop_requested)
		return;
	if (service->asked_ns == 0) {
		service->asked_ns = now_ns;
		kill(service->pid, SIGTERM);
	} else if (since_ns > service->drain_ns + KILL_AFTER_MS * NS_PER_MS) {
		kill(-service->pid, SIGKILL);
	} else if (since_ns > service->drain_ns) {
		kill(-service->pid, SIGTERM);
	}
}

static int attend(struct service *service)
{
	struct pollfd output = {.fd = service->output, .events = POLLIN};
	int status = 0;

	for (;;) {
		ask_to_end(service);
		if (poll(&output, 1, LOOK_MS) > 0 && !read_lines(service))
			break;
	}
	while (waitpid(service->pid, &status, 0) < 0 && errno == EINTR)
		;
	return status;
}

static int conclude(const struct service *service, const struct player *player, int status)
{
	if (service->refused && WIFEXITED(status) && WEXITSTATUS(status) == PLAYER_REFUSED)
		return DRIVER_NOTHING_DONE;
	if (service->ended && WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return DRIVER_OK;
	if (!service->listening && WIFEXITED(status) && WEXITSTATUS(status) == DRIVER_USAGE) {
		say("serve: %s does not take this call", player->path);
		return DRIVER_USAGE;
	}
	if (WIFSIGNALED(status))
		say("serve: %s was ended by signal %d (%s)", player->path, WTERMSIG(status),
		    strsignal(WTERMSIG(status)));
	else if (!service->listening)
		say("serve: %s does not serve: it exited with status %d", player->path, WEXITSTATUS(status));
	else
		say("serve: %s exited with status %d", player->path, WEXITSTATUS(status));
	return service->listening ? DRIVER_CELL_FAILED : DRIVER_NOTHING_DONE;
}

static int serve(const struct player *player, const struct serve_options *options, const struct core_list *cores)
{
	struct service service = {.drain_ns = options->drain_ns > 0 ? options->drain_ns : 5 * NS_PER_S};
	int error = start(&service, player, options, cores), status;

	if (error < 0) {
		say("serve: cannot start a process: %s", strerror(-error));
		return DRIVER_NOTHING_DONE;
	}
	status = attend(&service);
	close(service.output);
	return conclude(&service, player, status);
}

/* ---- The verb ---- */

static int find_and_serve(const struct serve_options *options, const struct core_list *cores)
{
	char *libexec = home_path(SIMUL_LIBEXEC), *known;
	const struct player *player;
	struct players players;
	int status = DRIVER_USAGE;
	int error = players_discover(&players, libexec, getenv("PATH"));

	free(libexec);
	if (error < 0)
		return error == -EINTR ? DRIVER_INTERRUPTED : DRIVER_NOTHING_DONE;
	player = players_find(&players, options->runtime);
	known = players_names(&players);
	if (player)
		status = serve(player, options, cores);
	else
		say("serve: '%s' is no runtime; the runtimes are %s", options->runtime, known ? known : "many");
	free(known);
	players_clear(&players);
	return status;
}

static int check(const struct serve_options *options)
{
	if (options->workload.count != 1 || strcmp(options->workload.items[0], "echo") != 0)
		say("serve: say what: simul serve echo --runtime=NAME");
	else if (!options->runtime)
		say("serve: say whose server: --runtime=NAME (see simul list)");
	else
		return 0;
	return -EINVAL;
}

int serve_main(int argc, char **argv)
{
	struct serve_options options = {.port = 0};
	struct core_list cores = {.count = 0};
	int status = DRIVER_USAGE;

	stop_watch();
	if (command_parse(&serve_command, argc, argv, &options, NULL) == 0 && check(&options) == 0 &&
	    core_list_read(&cores, &options.cores, "serve") == 0)
		status = find_and_serve(&options, &cores);
	core_list_clear(&cores);
	texts_clear(&options.cores);
	texts_clear(&options.workload);
	return status;
}
