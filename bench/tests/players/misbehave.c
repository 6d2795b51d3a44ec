/* misbehave.c: a player that does one wrong (or right) thing, named by its first argument. For invocation_test.
 *
 * Nothing here lives longer than a minute, even if the warden is broken. */
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LIFE_S = 60 };

static const char record[] = "{\"protocol\":1,\"runtime\":\"misbehave\"}";
static const char refusal[] =
	"{\"protocol\":1,\"refused\":{\"what\":\"threads\",\"error\":\"EAGAIN\",\"text\":\"no more threads\"}}";

static void say(const char *line)
{
	puts(line);
	fflush(stdout);
}

static int sleep_on(void)
{
	alarm(LIFE_S);
	return pause();
}

static void write_forever(int fd, size_t bytes)
{
	static char block[1 << 16];

	memset(block, 'x', sizeof(block));
	for (size_t done = 0; done < bytes; done += sizeof(block))
		if (write(fd, block, sizeof(block)) < 0)
			exit(EXIT_FAILURE);
}

/* A child that waits, in our session or in one of its own. */
static void leave_child(bool own_session)
{
	if (fork() == 0) {
		if (own_session)
			setsid();
		_exit(sleep_on());
	}
}

static int good(void)
{
	say(record);
	return 0;
}

static int good_without_newline(void)
{
	fputs(record, stdout);
	return 0;
}

static int good_among_blank_lines(void)
{
	printf("\n%s\r\n \n\n", record);
	return 0;
}

static int silent(void)
{
	return 0;
}

static int two_records(void)
{
	say(record);
	say(record);
	return 0;
}

static int record_then_rubbish(void)
{
	say(record);
	fputs("good bye", stdout);
	return 0;
}

static int binary(void)
{
	for (int i = 0; i < 5000; i++)
		putchar((i * 7919 + 1) & 0xff);
	return 0;
}

static int invalid_utf8(void)
{
	fputs("{\"protocol\":1,\"runtime\":\"\xff\xfe\"}", stdout);
	return 0;
}

static int zero_byte(void)
{
	fputs(record, stdout);
	putchar('\0');
	fputs("hidden", stdout);
	return 0;
}

static int not_an_object(void)
{
	say("[1, 2]");
	return 0;
}

static int other_protocol(void)
{
	say("{\"protocol\":2}");
	return 0;
}

/* Without a core file and without a sanitizer's handler. */
static int crash(void)
{
	setrlimit(RLIMIT_CORE, &(struct rlimit){0});
	signal(SIGSEGV, SIG_DFL);
	raise(SIGSEGV);
	return 0;
}

static int crash_after_record(void)
{
	say(record);
	return crash();
}

static int crash_leaving_child(void)
{
	leave_child(false);
	return crash();
}

static int exit_1(void)
{
	fputs("first\nthe checksum is \033[31mwrong\n\n", stderr);
	return 1;
}

static int exit_1_after_record(void)
{
	say(record);
	return 1;
}

static int exit_2(void)
{
	return 2;
}

static int exit_42(void)
{
	return 42;
}

static int refuse(void)
{
	say(refusal);
	return 3;
}

static int refuse_silently(void)
{
	return 3;
}

static int refuse_with_record(void)
{
	say(record);
	return 3;
}

static int refuse_with_0(void)
{
	say(refusal);
	return 0;
}

/* Deaf to everything that can be ignored. */
static int hang(void)
{
	for (int number = 1; number < NSIG; number++)
		signal(number, SIG_IGN);
	for (int seconds = 0; seconds < LIFE_S; seconds++)
		sleep(1);
	return 0;
}

static int stop_itself(void)
{
	say(record);
	raise(SIGSTOP);
	return 0;
}

static int hang_with_children(void)
{
	for (int i = 0; i < 3; i++)
		leave_child(i % 2);
	return hang();
}

static int flood_output(void)
{
	write_forever(STDOUT_FILENO, SIZE_MAX / 2);
	return 0;
}

static int flood_errors(void)
{
	write_forever(STDERR_FILENO, SIZE_MAX / 2);
	return 0;
}

/* Far more than a pipe holds, and still allowed. */
static int talkative(void)
{
	write_forever(STDERR_FILENO, 8 << 20);
	fputs("\nthe end", stderr);
	return good();
}

static int long_record(void)
{
	fputs("{\"protocol\":1,\"text\":\"", stdout);
	for (int i = 0; i < 1000000; i++)
		putchar('x');
	say("\"}");
	return 0;
}

static int leave_3(void)
{
	for (int i = 0; i < 3; i++)
		leave_child(false);
	return good();
}

/* The child of a child that has ended, in a session of its own: what a daemon does. */
static int leave_daemon(void)
{
	if (fork() == 0) {
		setsid();
		leave_child(true);
		_exit(0);
	}
	return good();
}

/* Below a living child, so not among the warden's own children. */
static int leave_grandchildren(void)
{
	if (fork() == 0) {
		setsid();
		leave_child(true);
		leave_child(true);
		_exit(sleep_on());
	}
	usleep(100000);
	return good();
}

/* A child that only outlives us by a moment is no fault. */
static int leave_briefly(void)
{
	if (fork() == 0) {
		usleep(1000);
		_exit(0);
	}
	return good();
}

/* Each lives only until it has forked the next: whoever looks for it finds it gone. */
static int hydra(void)
{
	if (fork() == 0) {
		for (int heads = 0; heads < 100000; heads++) {
			setsid();
			if (fork() != 0)
				_exit(0);
		}
		_exit(0);
	}
	return good();
}

static int close_output_early(void)
{
	close(STDOUT_FILENO);
	usleep(50000);
	return 0;
}

static int close_output_after_record(void)
{
	say(record);
	close(STDOUT_FILENO);
	close(STDERR_FILENO);
	usleep(50000);
	return 0;
}

static int kill_warden(void)
{
	leave_child(true);
	kill(getppid(), SIGKILL);
	return sleep_on();
}

static int stop_warden(void)
{
	leave_child(true);
	kill(getppid(), SIGSTOP);
	return sleep_on();
}

static int terminate_warden(void)
{
	kill(getppid(), SIGTERM);
	usleep(50000);
	return good();
}

/* Fails, with a sentence, if the process is not as invocation.h says that it is. */
static int inspect(void)
{
	struct stat input, null;
	struct sigaction action;
	sigset_t blocked;
	char byte;

	if (getsid(0) != getpid() || getpgrp() != getpid())
		return fputs("not the leader of its session", stderr), 1;
	if (fstat(STDIN_FILENO, &input) < 0 || stat("/dev/null", &null) < 0 || input.st_rdev != null.st_rdev ||
	    read(STDIN_FILENO, &byte, 1) != 0)
		return fputs("standard input is not /dev/null", stderr), 1;
	sigprocmask(SIG_BLOCK, NULL, &blocked);
	for (int number = 1; number < SIGRTMIN; number++)
		if (sigismember(&blocked, number) == 1 ||
		    (sigaction(number, NULL, &action) == 0 && action.sa_handler == SIG_IGN))
			return fprintf(stderr, "signal %d is blocked or ignored", number), 1;
	for (int fd = STDERR_FILENO + 1; fd < 1024; fd++)
		if (fcntl(fd, F_GETFD) >= 0)
			return fprintf(stderr, "descriptor %d is open", fd), 1;
	return good();
}

/* The core that it runs on, if there is exactly one. */
static int where(void)
{
	cpu_set_t set;

	if (sched_getaffinity(0, sizeof(set), &set) < 0)
		return 1;
	for (int core = 0; core < CPU_SETSIZE; core++)
		if (CPU_ISSET(core, &set))
			printf("%s%d", CPU_COUNT(&set) == 1 ? "{\"protocol\":1,\"core\":" : " ", core);
	return puts("}") < 0;
}

static int odd_messages(void)
{
	fputs("caf\xc3\xa9 \x80\xc3 \x1b[2J\a tab\there\r \xc2\x9b \xed\xa0\x80 end\n", stderr);
	return good();
}

/* Listens on 127.0.0.1 at any port and says so. */
static int listen_and_say(void)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t length = sizeof(address);
	int listener = socket(AF_INET, SOCK_STREAM, 0);

	if (bind(listener, (struct sockaddr *)&address, length) < 0 || listen(listener, 1) < 0 ||
	    getsockname(listener, (struct sockaddr *)&address, &length) < 0)
		exit(EXIT_FAILURE);
	printf("{\"protocol\":1,\"listening\":%d}\n", ntohs(address.sin_port));
	fflush(stdout);
	return listener;
}

/* Until the load has ended: it holds its connection as long as it lives. */
static void await_load(int listener)
{
	int connection = accept(listener, NULL, NULL);
	char byte;

	while (read(connection, &byte, 1) > 0)
		;
}

static int serve(void)
{
	await_load(listen_and_say());
	return good();
}

static int serve_and_hang(void)
{
	listen_and_say();
	return hang();
}

static int serve_and_crash(void)
{
	accept(listen_and_say(), NULL, NULL);
	return crash();
}

static int serve_and_leave(void)
{
	listen_and_say();
	return good();
}

static int serve_twice(void)
{
	listen_and_say();
	listen_and_say();
	return hang();
}

static int serve_nowhere(void)
{
	say("{\"protocol\":1,\"listening\":70000}");
	return hang();
}

static int load(void)
{
	say("{\"protocol\":1,\"load\":\"misbehave\"}");
	return 0;
}

static const struct {
	const char *name;
	int (*act)(void);
} acts[] = {
	{"good", good},
	{"good-without-newline", good_without_newline},
	{"good-among-blank-lines", good_among_blank_lines},
	{"silent", silent},
	{"two-records", two_records},
	{"record-then-rubbish", record_then_rubbish},
	{"binary", binary},
	{"invalid-utf8", invalid_utf8},
	{"zero-byte", zero_byte},
	{"not-an-object", not_an_object},
	{"other-protocol", other_protocol},
	{"crash", crash},
	{"crash-after-record", crash_after_record},
	{"crash-leaving-child", crash_leaving_child},
	{"exit-1", exit_1},
	{"exit-1-after-record", exit_1_after_record},
	{"exit-2", exit_2},
	{"exit-42", exit_42},
	{"refuse", refuse},
	{"refuse-silently", refuse_silently},
	{"refuse-with-record", refuse_with_record},
	{"refuse-with-0", refuse_with_0},
	{"hang", hang},
	{"stop-itself", stop_itself},
	{"hang-with-children", hang_with_children},
	{"flood-output", flood_output},
	{"flood-errors", flood_errors},
	{"talkative", talkative},
	{"long-record", long_record},
	{"leave-3", leave_3},
	{"leave-daemon", leave_daemon},
	{"leave-grandchildren", leave_grandchildren},
	{"leave-briefly", leave_briefly},
	{"hydra", hydra},
	{"close-output-early", close_output_early},
	{"close-output-after-record", close_output_after_record},
	{"kill-warden", kill_warden},
	{"stop-warden", stop_warden},
	{"terminate-warden", terminate_warden},
	{"inspect", inspect},
	{"where", where},
	{"odd-messages", odd_messages},
	{"serve", serve},
	{"serve-and-hang", serve_and_hang},
	{"serve-and-crash", serve_and_crash},
	{"serve-and-leave", serve_and_leave},
	{"serve-twice", serve_twice},
	{"serve-nowhere", serve_nowhere},
	{"load", load},
};

/* As a load: "misbehave ACT port=N" first connects to the server. */
static void connect_to(const char *argument)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};

	if (strncmp(argument, "port=", 5))
		exit(2);
	address.sin_port = htons((uint16_t)atoi(argument + 5));
	if (connect(socket(AF_INET, SOCK_STREAM, 0), (struct sockaddr *)&address, sizeof(address)) < 0)
		exit(EXIT_FAILURE);
}

int main(int argc, char **argv)
{
	if (argc > 2)
		connect_to(argv[2]);
	for (size_t i = 0; argc > 1 && i < sizeof(acts) / sizeof(acts[0]); i++)
		if (!strcmp(argv[1], acts[i].name))
			return acts[i].act();
	fprintf(stderr, "misbehave: no such act\n");
	return 2;
}
