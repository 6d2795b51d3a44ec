/* bare.c: see bare.h. */
#include "bare.h"

#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>

int bare_adopt(int fd)
{
	(void)fd;
	return 0;
}

int bare_accept(struct play *play, int listener, int flags)
{
	int fd;

	do
		fd = accept4(listener, NULL, NULL, flags | SOCK_CLOEXEC);
	while (fd < 0 && (errno == EINTR || errno == ECONNABORTED));
	fd = fd < 0 ? -errno : fd;
	echo_accepted(play, fd);
	return fd;
}

static int admit_that_lasts(const struct values *values, struct stage stage, char reason[REASON_MAX])
{
	if (!values->value[ECHO_CHURN])
		return echo_spec.admit(values, stage, reason);
	snprintf(reason, REASON_MAX,
		 "churn=yes: this loop is the floor of connections that last, and accepts none later");
	return -ENOTSUP;
}

int bare_main(int argc, char **argv, int (*perform)(const struct player_body *body, struct play *play))
{
	struct workload_spec echo_that_lasts = echo_spec;
	const struct player_body bodies[] = {{.spec = &echo_that_lasts, .perform = perform}, {.spec = NULL}};

	echo_that_lasts.admit = admit_that_lasts;
	return player_main(argc, argv, &runtime, bodies);
}
