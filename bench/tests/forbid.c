/* forbid.c: forbid CALL ERROR PROGRAM [ARGUMENT...] runs a program for which a system call fails with that errno, as a
 * seccomp filter, a sysctl, an old kernel, a limit or want of memory makes it fail. The program's children inherit it.
 *
 * Exit status: the program's; 77: this machine has no such filters; 2: a wrong call. */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static int number_of(const char *name)
{
	for (int error = 1; error < 200; error++)
		if (strerrorname_np(error) && strcmp(strerrorname_np(error), name) == 0)
			return error;
	return 0;
}

static int call_of(const char *name)
{
	static const struct {
		const char *name;
		int number;
	} calls[] = {{"io_uring_setup", SYS_io_uring_setup}, {"accept4", SYS_accept4}, {"connect", SYS_connect}};

	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		if (strcmp(calls[i].name, name) == 0)
			return calls[i].number;
	return -1;
}

static int install(int call, int error)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)call, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (unsigned)error),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {.len = sizeof(filter) / sizeof(filter[0]), .filter = filter};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -errno;
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0 ? -errno : 0;
}

int main(int argc, char **argv)
{
	int call = argc > 3 ? call_of(argv[1]) : -1, error = argc > 3 ? number_of(argv[2]) : 0;

	if (call < 0 || error == 0) {
		fputs("usage: forbid CALL ERROR PROGRAM [ARGUMENT...], with CALL as accept4 and ERROR as EPERM\n", stderr);
		return 2;
	}
	error = install(call, error);
	if (error < 0) {
		fprintf(stderr, "no seccomp filter here: %s\n", strerror(-error));
		return 77;
	}
	execvp(argv[3], argv + 3);
	perror(argv[3]);
	return 2;
}
